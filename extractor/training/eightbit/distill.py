"""Training a rounded network to answer as the exact one does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from extractor.evidence.ocr import at_detection_size
from extractor.training.eightbit import pictures, rounding
from extractor.training.eightbit.graph import Network, initializers, write_back
from extractor.training.light import captured

#: Lines whose widths add up to this many pixels are a batch; pages are seen through this many windows of this size.
_BATCH_WIDTH, _WINDOWS, _WINDOW = 24_000, 8, 640
#: One picture in so many is kept from training, and tells how far it has come.
_HELD_OUT = 12
#: Pictures are seen as they were captured, or in more light, blur and noise, by this chance.
_CAPTURED_AGAIN = 0.5
_CALIBRATING = 64
_SURE = 0.9


@dataclass(frozen=True)
class Plan:
    """What is trained, how long (seconds), on what, and how fast weights and steps move."""

    network: rounding.NetworkName
    data: Path
    out: Path
    seconds: float
    seed: int = 0
    rate: float = 2e-4
    step_rate: float = 2e-3
    activation: str = "Gelu"
    batch: float = 1.0


def train(plan: Plan, tell: Callable[[str], None]) -> Path:
    """Trains for the time planned; returns the file of the rounded network."""
    torch.manual_seed(plan.seed)
    rng = np.random.default_rng(plan.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    task = (_Lines if plan.network == "recogniser" else _Pages)(plan, device, rng)
    exact = rounding.exact(plan.network)
    changed = rounding.with_activation(exact, plan.activation) if plan.activation != "Gelu" else exact
    model = rounding.rounded(changed, task.calibration())
    teacher = Network(exact).to(device).eval().requires_grad_(False)
    student = Network(model, initializers(changed)).to(device)
    steps = list(student.steps.parameters())
    groups = [
        {"params": list(student.weights.parameters()), "lr": plan.rate},
        {"params": steps, "lr": plan.step_rate},
    ]
    mover = torch.optim.AdamW(groups, weight_decay=0.0, betas=(0.9, 0.99))
    base = [group["lr"] for group in mover.param_groups]
    plan.out.mkdir(parents=True, exist_ok=True)
    tell(json.dumps({"seconds": 0, **task.check(teacher, student)}))
    started, count, told = time.monotonic(), 0, 0.0
    while (done := (time.monotonic() - started) / plan.seconds) < 1:
        for group, own in zip(mover.param_groups, base, strict=True):
            group["lr"] = own * min(1.0, count / 50, 1.02 - done)
        loss = task.loss(teacher, student)
        mover.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        mover.step()
        count += 1
        if time.monotonic() - told > 20:
            told = time.monotonic()
            tell(json.dumps({"seconds": round(told - started), "steps": count, "loss": round(loss.item(), 5)}))
    tell(json.dumps({"seconds": round(time.monotonic() - started), "steps": count, **task.check(teacher, student)}))
    return save(student, model, plan.out / f"{plan.network}.onnx")


def save(student: Network, model: Any, path: Path) -> Path:
    """Writes the trained network."""
    import onnx

    write_back(student, model)
    onnx.save(model, path)
    return path


def normalised(images: np.ndarray | torch.Tensor) -> torch.Tensor:
    """RGB pictures (B, h, w, 3) uint8 as the networks take them: (B, 3, h, w), BGR, in -1..1."""
    return torch.as_tensor(images).permute(0, 3, 1, 2).float() / 127.5 - 1


def _again(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """`x` (B, 3, h, w) in -1..1, now and then captured once more; red and blue change places."""
    if rng.random() < _CAPTURED_AGAIN:
        x = captured((x + 1) / 2) * 2 - 1
    return x.flip(1)


class _Lines:
    """The recogniser's task."""

    def __init__(self, plan: Plan, device: torch.device, rng: np.random.Generator) -> None:
        self.device, self.rng, self.scale = device, rng, plan.batch
        _, lines = pictures.read(plan.data)
        self.kept = {width: torch.from_numpy(np.stack(each[::_HELD_OUT])) for width, each in lines.items()}
        self.lines = {
            width: torch.from_numpy(np.stack([one for place, one in enumerate(each) if place % _HELD_OUT])).to(device)
            for width, each in lines.items()
            if len(each) > 1
        }
        # Widths by how many pixels they have in all, so that every line is seen as often.
        self.widths = sorted(self.lines)
        sizes = np.array([width * len(self.lines[width]) for width in self.widths], np.float64)
        self.chances = sizes / sizes.sum()

    def calibration(self) -> list[np.ndarray]:
        """Inputs to calibrate on, (1, 3, 48, w) each."""
        chosen = self.rng.choice(self.widths, _CALIBRATING, p=self.chances)
        return [
            normalised(self.lines[width][self.rng.integers(len(self.lines[width]))][None].cpu()).flip(1).numpy()
            for width in chosen.tolist()
        ]

    def loss(self, teacher: Network, student: Network) -> torch.Tensor:
        """Kullback-Leibler distance of the signs' probabilities, a mean over frames."""
        width = int(self.rng.choice(self.widths, p=self.chances))
        own = self.lines[width]
        count = max(1, int(_BATCH_WIDTH * self.scale) // width)
        chosen = torch.from_numpy(self.rng.integers(len(own), size=count)).to(self.device)
        x = _again(normalised(own[chosen]), self.rng)
        scores = teacher.nodes[-1].inputs[0]
        with torch.no_grad():
            wanted, _ = teacher(x, scores)
        _, found = student(x, student.nodes[-1].inputs[0])
        distance = functional.kl_div(found.log_softmax(-1), wanted.clamp(min=1e-12), reduction="none").sum(-1)
        return distance.mean()

    @torch.no_grad()
    def check(self, teacher: Network, student: Network) -> dict[str, float]:
        """Of the lines kept apart that the teacher reads surely: the share read otherwise."""
        sure = other = 0
        for lines in self.kept.values():
            for some in lines.split(32):
                x = normalised(some.to(self.device)).flip(1)
                wanted, found = teacher(x), student(x)
                for one, two in zip(wanted, found, strict=True):
                    text, chances = _greedy(one)
                    if len(text) and float(chances.mean()) > _SURE:
                        sure += 1
                        other += not torch.equal(text, _greedy(two)[0])
        return {"sure": sure, "otherwise": round(other / max(1, sure), 4)}


def _greedy(probabilities: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    chances, best = probabilities.max(-1)
    before = torch.cat([best.new_full((1,), -1), best[:-1]])
    keep = (best != 0) & (best != before)
    return best[keep], chances[keep]


class _Pages:
    """The detector's task."""

    def __init__(self, plan: Plan, device: torch.device, rng: np.random.Generator) -> None:
        self.device, self.rng = device, rng
        self.count = max(1, int(_WINDOWS * plan.batch))
        pages, _ = pictures.read(plan.data)
        fitting = [at_detection_size(page) for page in pages]
        self.kept = [torch.from_numpy(page) for page in fitting[::_HELD_OUT]]
        self.pages = [torch.from_numpy(page).to(device) for place, page in enumerate(fitting) if place % _HELD_OUT]

    def calibration(self) -> list[np.ndarray]:
        """Inputs to calibrate on, (1, 3, h, w) each."""
        chosen = self.rng.permutation(len(self.pages))[: _CALIBRATING // 8]
        return [normalised(self.pages[place][None].cpu()).flip(1).numpy() for place in chosen]

    def _windows(self) -> Iterator[torch.Tensor]:
        for place in self.rng.integers(len(self.pages), size=self.count).tolist():
            page = self.pages[place]
            side = [min(_WINDOW, length // 32 * 32) for length in page.shape[:2]]
            top, left = (int(self.rng.integers(page.shape[axis] - side[axis] + 1)) for axis in (0, 1))
            window = page[top : top + side[0], left : left + side[1]]
            yield functional.pad(window, (0, 0, 0, _WINDOW - side[1], 0, _WINDOW - side[0]), value=127)

    def loss(self, teacher: Network, student: Network) -> torch.Tensor:
        """Cross entropy with the teacher's map, less the least it can be; where there is text it counts more."""
        x = _again(normalised(torch.stack(list(self._windows()))), self.rng)
        with torch.no_grad():
            wanted = teacher(x)
        _, scores = student(x, student.nodes[-1].inputs[0])
        least = functional.binary_cross_entropy(wanted, wanted, reduction="none")
        distance = functional.binary_cross_entropy_with_logits(scores, wanted, reduction="none") - least
        return (distance * (1 + 4 * (wanted > 0.05))).mean()

    @torch.no_grad()
    def check(self, teacher: Network, student: Network) -> dict[str, float]:
        """Of the pages kept apart: how far what both take for text agrees (intersection over union)."""
        both = either = 0
        for page in self.kept:
            x = normalised(page[None].to(self.device)).flip(1)
            one, two = teacher(x) > 0.3, student(x) > 0.3
            both += int((one & two).sum())
            either += int((one | two).sum())
        return {"pages": len(self.kept), "overlap": round(both / max(1, either), 4)}
