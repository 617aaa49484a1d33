"""The log of a run from scratch: a line of figures every few steps, and curves of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

_LOG = "log.jsonl"


class RunLog:
    """Averages of the figures, one line every `steps` steps, in each of which the network is shown `shown` samples."""

    NAMES = ("patches", "rows", "characters", "answer", "tokens", "answers")

    def __init__(self, out: Path, steps: int, shown: int, tell: Callable[[str], None]) -> None:
        self.path, self.steps, self.shown, self.tell = out / _LOG, steps, shown, tell
        self.kept: list[tuple[torch.Tensor, torch.Tensor, bool]] = []
        self.last = time.monotonic()

    def add(
        self,
        figures: torch.Tensor,
        norm: torch.Tensor,
        hinted: bool,
        progress: Mapping[str, float],
        drawn: Sequence[int],
        alone: bool,
    ) -> None:
        """Adds the figures of a step. `progress`: how far the run has come, with its rate; `drawn`: samples so far."""
        self.kept.append((figures, norm.detach(), hinted))
        if len(self.kept) < self.steps:
            return
        line: dict[str, Any] = {
            **progress,
            "rate": round(progress["rate"], 3),
            "seconds": round(progress["seconds"], 1),
        }
        values = torch.stack([one for one, _, _ in self.kept]).cpu()
        chosen = torch.tensor([hint for _, _, hint in self.kept])
        for number, name in enumerate(self.NAMES[: 3 if alone else 6]):
            if number < 3:
                line[name] = round(float(values[:, number].mean()), 4)
                continue
            for word, mask in (("hints", chosen), ("plain", ~chosen)):
                if mask.any():
                    line[f"{name} {word}"] = round(float(values[mask, number].mean()), 4)
        line["norm"] = round(float(torch.stack([norm for _, norm, _ in self.kept]).mean()), 2)
        now = time.monotonic()
        line["a second"] = round(len(self.kept) * self.shown / (now - self.last), 1)
        line["drawn"] = list(drawn)
        if torch.cuda.is_available():
            line["GB"] = round(torch.cuda.max_memory_allocated() / 1e9, 1)
        self.last, self.kept = now, []
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        self.tell(json.dumps(line))


def log_lines(out: Path) -> Iterator[dict[str, Any]]:
    """What has been logged in `out`, oldest first."""
    path = out / _LOG
    for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
        yield json.loads(line)


def draw(out: Path) -> None:
    """Draws what has been logged in `out` as `curves.png`: the losses, and what is right, over seconds of training."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    lines = list(log_lines(out))
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
    for axes, names in (
        (left, ("patches", "answer plain", "answer hints")),
        (right, ("characters", "tokens plain", "answers hints", "answers plain", "rate")),
    ):
        for name in names:
            if points := [(line["seconds"], line[name]) for line in lines if name in line]:
                axes.plot(*zip(*points, strict=True), label=name, linewidth=1)
        axes.set_xlabel("seconds of training")
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    left.set(title="loss", yscale="log")
    right.set(title="share right; rate of its peak", ylim=(0, 1.02))
    figure.savefig(out / "curves.png", dpi=100)
    pyplot.close(figure)
