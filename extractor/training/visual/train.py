"""Training the layout reader, from scratch or from saved weights, within a limit of time.

The schedule follows the clock: a run that may take 500 seconds warms up, falls along a cosine and ends after 500
seconds, on whatever machine. Weights are saved every minute and at the end; the averaged weights are the result.
"""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from extractor.training.visual.batches import Mixture
from extractor.training.visual.export import start_weights
from extractor.training.visual.network import LayoutNetwork
from extractor.training.visual.pool import BatchPool, filled, moved, widened
from extractor.training.visual.samples import ANY
from extractor.visual.tags import CAPTION_TAGS, VALUE_TAGS

#: Weights of the losses beside that of the tags.
_BEFORE, _CAPTION, _HOLDER, _KIND = 0.5, 0.3, 0.3, 0.2
#: Seconds from which a run is worth compiling for, which takes one or two minutes.
_COMPILED = 1200
#: Share of the averaged weights that is kept each step.
_AVERAGE = 0.999


@dataclass(frozen=True)
class LayoutPlan:
    """How a run trains: its seconds, peak rate, pages a batch, worker processes, seed, device, on how many
    devices at once, each with a batch and `workers` of its own, and the network's dropout."""

    seconds: float
    rate: float = 1.2e-3
    pages: int = 224
    workers: int = 14
    seed: int = 0
    device: str = "cuda"
    devices: int = 1
    dropout: float = 0.0


def losses(answers: tuple[Tensor, ...], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each head's loss of a batch."""
    tags, before, caption, holder, kind = (answer.float() for answer in answers)
    target = batch["tags"].long()
    found = {"tags": _tag_loss(tags, target, batch["allowed"])}
    for name, logits in (("before", before), ("caption", caption)):
        found[name] = functional.cross_entropy(logits.flatten(0, 1), batch[name].long().flatten(), ignore_index=ANY)
        # A batch without a single target has no mean.
        found[name] = torch.nan_to_num(found[name])
    present = ~batch["padding"]
    pairs = present[:, :, None] & present[:, None, :]
    same = (batch["holders"][:, :, None] == batch["holders"][:, None, :]).float()
    each = functional.binary_cross_entropy_with_logits(holder, same, reduction="none")
    # Pairs of words of two documents are few, and are what is to be learned.
    weight = torch.where(same > 0, 1.0, 8.0) * pairs
    found["holder"] = (each * weight).sum() / weight.sum().clamp(min=1)
    found["kind"] = functional.cross_entropy(kind, batch["kind"])
    return found


def _tag_loss(logits: Tensor, target: Tensor, allowed: Tensor) -> Tensor:
    """Cross entropy; of words without a tag, of the classes that such a word may have on this page together."""
    chances = logits.log_softmax(-1)
    exact = chances.gather(-1, target.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    free = chances.masked_fill(~allowed[:, None, :], -1e9).logsumexp(-1)
    likelihood = torch.where(target == 0, free, exact)
    return -(likelihood * (target != ANY)).sum() / (target != ANY).sum().clamp(min=1)


def train(
    plan: LayoutPlan,
    mixture: Mixture,
    out: Path,
    start: Path | None = None,
    held_out: list[dict[str, Tensor]] | None = None,
) -> Path:
    """Runs the plan and writes `network.safetensors` into `out`. Prints a line every twenty seconds."""
    out.mkdir(parents=True, exist_ok=True)
    if plan.devices == 1:
        _train(0, plan, mixture, out, start, held_out, "")
        return out
    with tempfile.TemporaryDirectory() as folder:
        meeting = f"file://{folder}/meeting"
        arguments = (plan, mixture, out, start, held_out, meeting)
        torch.multiprocessing.spawn(_train, arguments, plan.devices)
    return out


def _train(
    rank: int, plan: LayoutPlan, mixture: Mixture, out: Path, start: Path | None, held_out: Any, meeting: str
) -> None:
    """One device's part of a run; on several each has batches of its own, and gradients are everybody's mean."""
    cuda, several = plan.device.startswith("cuda"), plan.devices > 1
    plan = replace(plan, device=f"cuda:{rank}") if cuda and several else plan
    with filled(mixture, plan.workers, plan.seed + 100_000 * rank, plan.pages, plan.device) as pool:
        if several:
            if cuda:
                torch.cuda.set_device(rank)
            torch.distributed.init_process_group(
                "nccl" if cuda else "gloo", meeting, rank=rank, world_size=plan.devices
            )
        torch.manual_seed(plan.seed)
        network, average, step = _run(plan, pool, out, start, shown=rank == 0)
        if several:
            torch.distributed.destroy_process_group()
    if rank:
        return
    _save(average, out, step)
    facts = {**asdict(plan), "steps": step, "pages_made": pool.pages * plan.devices}
    (out / "plan.json").write_text(json.dumps(facts) + "\n", "utf-8")
    if held_out:
        network.load_state_dict(average)
        print("held out:", check(network, held_out, plan.device), flush=True)  # noqa: T201


@torch.no_grad()
def _agreed(network: LayoutNetwork, share: float) -> float:
    """Makes gradients, and the share of the time that is over, the mean of all devices'; returns that share."""
    own = [p.grad if p.grad is not None else torch.zeros_like(p) for p in network.parameters()]
    flat = torch.cat([*(grad.flatten() for grad in own), own[0].new_tensor([share])])
    torch.distributed.all_reduce(flat)
    flat /= torch.distributed.get_world_size()
    for parameter, grad in zip(network.parameters(), flat.split([g.numel() for g in own] + [1]), strict=False):
        parameter.grad = grad.view_as(parameter)
    return float(flat[-1])


def _run(
    plan: LayoutPlan, pool: BatchPool, out: Path, start: Path | None, *, shown: bool = True
) -> tuple[LayoutNetwork, dict[str, Tensor], int]:
    """Steps until the time is over: the network, its averaged weights and the number of steps."""
    network = LayoutNetwork(dropout=plan.dropout)
    if start is not None:
        network.load_state_dict(start_weights(start))
    network.to(plan.device)
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    cuda = plan.device.startswith("cuda")
    run = torch.compile(network, dynamic=False) if cuda and plan.seconds >= _COMPILED else network
    optimiser = torch.optim.AdamW(_groups(network), lr=plan.rate, betas=(0.9, 0.98))
    began, reported, saved, step, pages, share = time.time(), time.time(), time.time(), 0, 0, 0.0
    while share < 1:
        batch = pool.take()
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * min(1.0, (step + 1) / 200) * (0.5 * (1 + math.cos(math.pi * share)) * 0.98 + 0.02)
        with torch.autocast("cuda" if cuda else "cpu", torch.bfloat16, enabled=cuda):
            answers = run(batch["characters"], batch["numbers"], batch["places"], batch["padding"])
        found = losses(answers, batch)
        total = (
            found["tags"]
            + _BEFORE * found["before"]
            + _CAPTION * found["caption"]
            + _HOLDER * found["holder"]
            + _KIND * found["kind"]
        )
        optimiser.zero_grad(set_to_none=True)
        total.backward()
        share = (time.time() - began) / plan.seconds
        if plan.devices > 1:
            share = _agreed(network, share)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step, pages = step + 1, pages + len(batch["kind"])
        _averaged(average, network, min(_AVERAGE, 1 - 1 / (step + 1)))
        if shown and time.time() - reported > 20:
            reported = time.time()
            begin = f"{share:4.0%} step {step}"
            print(_progress(begin, pages, pool.pages, reported - began, found, answers, batch), flush=True)  # noqa: T201
        if shown and time.time() - saved > 60:
            saved = time.time()
            _save(average, out, step)
    return network, average, step


def _groups(network: LayoutNetwork) -> list[dict[str, Any]]:
    decayed = [p for p in network.parameters() if p.ndim > 1]
    return [
        {"params": decayed, "weight_decay": 0.05},
        {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]


@torch.no_grad()
def _averaged(average: dict[str, Tensor], network: LayoutNetwork, keep: float) -> None:
    state = network.state_dict()
    floats = [name for name, value in state.items() if value.is_floating_point()]
    torch._foreach_lerp_([average[name] for name in floats], [state[name] for name in floats], 1 - keep)


def _save(average: Mapping[str, Tensor], out: Path, step: int) -> None:
    unfinished = out / "network.part"
    # Half precision is more than the shipped network keeps, and half of what has to be carried about.
    tensors = {name: value.detach().half().cpu().contiguous() for name, value in average.items()}
    save_file(tensors, unfinished, metadata={"step": str(step)})
    unfinished.replace(out / "network.safetensors")


@torch.no_grad()
def _rates(answers: tuple[Tensor, ...], batch: Mapping[str, Tensor]) -> dict[str, tuple[int, int]]:
    """Right answers and questions, by what is asked."""
    tags, before, caption, holder, kind = answers
    target, said = batch["tags"], tags.argmax(-1)
    values = (target >= VALUE_TAGS.start) & (target < VALUE_TAGS.stop)
    names = (target >= CAPTION_TAGS.start) & (target < CAPTION_TAGS.stop)
    claimed = (said >= VALUE_TAGS.start) & (said < VALUE_TAGS.stop) & (target == 0)
    found = {
        "values": (int((said == target)[values].sum()), int(values.sum())),
        "captions": (int((said == target)[names].sum()), int(names.sum())),
        "claimed": (int(claimed.sum()), int((target == 0).sum())),
        "kind": (int((kind.argmax(-1) == batch["kind"]).sum()), len(batch["kind"])),
    }
    for name, logits in (("before", before), ("caption", caption)):
        asked = batch[name] != ANY
        found[name] = (int((logits.argmax(-1) == batch[name])[asked].sum()), int(asked.sum()))
    pairs = (~batch["padding"])[:, :, None] & (~batch["padding"])[:, None, :]
    other = pairs & (batch["holders"][:, :, None] != batch["holders"][:, None, :])
    found["apart"] = (int((holder < 0)[other].sum()), int(other.sum()))
    return found


def _progress(
    begin: str, pages: int, made: int, seconds: float, found: Mapping[str, Tensor], answers: Any, batch: Any
) -> str:
    rates = " ".join(f"{n} {a / max(b, 1):.4f}" for n, (a, b) in _rates(answers, batch).items())
    parts = " ".join(f"{name} {value.item():.4f}" for name, value in found.items())
    return f"{begin} {pages / seconds:.0f} pages/s, {made / seconds:.0f} made | loss {parts} | right {rates}"


@torch.no_grad()
def check(network: LayoutNetwork, held_out: list[dict[str, Tensor]], device: str) -> dict[str, float]:
    """Share of right answers on batches that are not trained on."""
    totals: dict[str, list[int]] = {}
    network.eval()
    for batch in held_out:
        own = widened({name: moved(value, device) for name, value in batch.items()})
        answers = network(own["characters"], own["numbers"], own["places"], own["padding"])
        for name, (right, asked) in _rates(answers, own).items():
            total = totals.setdefault(name, [0, 0])
            total[0] += right
            total[1] += asked
    network.train()
    return {name: round(right / max(asked, 1), 4) for name, (right, asked) in totals.items()}
