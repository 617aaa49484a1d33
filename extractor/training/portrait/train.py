"""`python -m extractor.training.portrait`: trains the network on sheets that are drawn while it learns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import binary_cross_entropy_with_logits

from extractor.portrait.frame import Rectangle
from extractor.portrait.shown import KINDS, SIDE, STEP
from extractor.training.commands import weights_of
from extractor.training.portrait.network import PortraitNetwork
from extractor.training.portrait.sheets import PortraitSheet, sheet

_CELLS = SIDE // STEP
#: Cells in this middle part of a box, of each side's length, are the box's own; those around are nobody's.
_MIDDLE = 0.45
#: How much a cell that is far from certain counts (Lin et al., 2017, focal loss).
_FOCUS = 2.0
#: Steps between two reports, at which the network is kept as well; times that a sheet is shown, and sheets kept for
#: that.
_REPORTED, _SHOWN, _POOL = 50, 3, 500


@dataclass(frozen=True)
class PortraitPlan:
    """Steps, sheets a step, the highest learning rate, processes that draw, and a folder of weights to start from."""

    steps: int = 1200
    batch: int = 32
    rate: float = 4e-3
    workers: int = 1
    seed: int = 0
    device: str = "cpu"
    start: Path | None = None


PortraitBatch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class _Sheets(torch.utils.data.IterableDataset[PortraitBatch]):
    """Sheets without end, each shown a few times: mirrored, and in other light."""

    def __init__(self, plan: PortraitPlan) -> None:
        self.plan = plan

    def __iter__(self) -> Iterator[PortraitBatch]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.plan.seed, worker.id if worker else 0])
        kept: list[PortraitSheet] = []
        while True:
            if len(kept) < _POOL or rng.random() < 1 / _SHOWN:
                kept.append(sheet(int(rng.integers(1 << 60))))
                kept = kept[-_POOL:]
            one = kept[int(rng.integers(len(kept)))]
            image, boxes = one.image, [one.portrait, one.ghost]
            if rng.random() < 0.5:
                image = image[:, ::-1]
                boxes = [box and (SIDE - box[2], box[1], SIDE - box[0], box[3]) for box in boxes]
            light = rng.uniform(0.85, 1.15, 3).astype(np.float32)
            image = np.clip(image * light, 0, 255).astype(np.uint8)
            yield (torch.from_numpy(image), *_wanted(boxes))


def _wanted(boxes: list[Rectangle | None]) -> tuple[torch.Tensor, torch.Tensor]:
    """For each kind and cell 1, 0, or -1 where nothing is asked (2, cells, cells), and distances (4, cells, cells)."""
    chances = np.zeros((len(KINDS), _CELLS, _CELLS), np.float32)
    distances = np.zeros((4, _CELLS, _CELLS), np.float32)
    at = (np.arange(_CELLS, dtype=np.float32) + 0.5) * STEP
    for kind, box in enumerate(boxes):
        if box is None:
            continue
        left, top, right, bottom = box
        across, down = np.abs(2 * at - left - right) / (right - left), np.abs(2 * at - top - bottom) / (bottom - top)
        furthest = np.maximum(across[None, :], down[:, None])
        inside = furthest < max(_MIDDLE, 1.01 * STEP / min(right - left, bottom - top))
        chances[:, (furthest < 1) & ~inside] = -1
        chances[kind, inside] = 1
        sides = np.stack(
            np.broadcast_arrays(at[None] - left, at[:, None] - top, right - at[None], bottom - at[:, None])
        )
        distances[:, inside] = sides[:, inside]
    return torch.from_numpy(chances), torch.from_numpy(distances)


def loss_of(chances: torch.Tensor, sides: torch.Tensor, wanted: torch.Tensor, distances: torch.Tensor) -> torch.Tensor:
    """How far answers (n, ...) are from what is wanted."""
    asked, right = wanted >= 0, wanted.clamp(min=0)
    unsure = (torch.sigmoid(chances) - right).abs() ** _FOCUS
    each = binary_cross_entropy_with_logits(chances, right, reduction="none") * unsure * asked
    own = (wanted == 1).any(dim=1)
    said, true = sides.permute(0, 2, 3, 1)[own].clamp(min=0.01), distances.permute(0, 2, 3, 1)[own].clamp(min=0.01)
    low, high = torch.minimum(said, true), torch.maximum(said, true)
    shared, around = ((one[:, 0] + one[:, 2]) * (one[:, 1] + one[:, 3]) for one in (low, high))
    areas = sum((one[:, 0] + one[:, 2]) * (one[:, 1] + one[:, 3]) for one in (said, true))
    union = areas - shared
    boxes = 2 - shared / union - union / around  # GIoU (Rezatofighi et al., 2019)
    return each.sum() / own.sum().clamp(min=1) + boxes.mean() if len(boxes) else each.sum()


def train(plan: PortraitPlan, out: Path, report: Callable[[str, int, int], None]) -> None:
    """Trains and writes `network.safetensors` into folder `out`."""
    torch.manual_seed(plan.seed)
    network = PortraitNetwork()
    if plan.start:
        with weights_of(plan.start):
            network.load_state_dict(load_file(plan.start / "network.safetensors"))
    network = network.to(plan.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    losses = 0.0
    out.mkdir(parents=True, exist_ok=True)
    for step, (images, wanted, distances) in zip(range(plan.steps), _batches(plan), strict=False):
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * min(1.0, (step + 1) / 60) * (1 + np.cos(np.pi * step / plan.steps)) / 2
        chances, sides = network(images.to(plan.device).permute(0, 3, 1, 2).float() / 255)
        loss = loss_of(chances, sides, wanted.to(plan.device), distances.to(plan.device))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses += float(loss.detach())
        if (step + 1) % _REPORTED == 0:
            report(f"loss {losses / _REPORTED:.3f}", step + 1, plan.steps)
            losses = 0.0
            save_file(
                {name: value.cpu().contiguous() for name, value in network.state_dict().items()},
                out / "network.safetensors",
            )


def _batches(plan: PortraitPlan) -> Iterator[PortraitBatch]:
    return iter(torch.utils.data.DataLoader(_Sheets(plan), plan.batch, num_workers=plan.workers, worker_init_fn=_quiet))


def _quiet(_: int) -> None:
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
