"""The log of a run from scratch, a line of figures every few steps; and curves of any run's figures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

_LOG = "log.jsonl"
#: Points that each get a mark.
_FEW = 20


class RunLog:
    """Averages of the figures, one line every `steps` steps, in each of which the network is shown `shown` samples."""

    NAMES = ("patches", "rows", "characters", "answer", "tokens", "answers")

    def __init__(self, out: Path, steps: int, shown: int, report: Callable[[str], None]) -> None:
        self.path, self.steps, self.shown, self.report = out / _LOG, steps, shown, report
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
        self.report(json.dumps(line))


def log_lines(out: Path) -> Iterator[dict[str, Any]]:
    """What has been logged in `out`, oldest first."""
    path = out / _LOG
    for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
        yield json.loads(line)


@dataclass(frozen=True)
class Panel:
    """A diagram of curves: its title, the figures that are drawn, and what else its axes are set to."""

    title: str
    names: Sequence[str]
    axes: Mapping[str, Any] = field(default_factory=dict)


def draw(lines: Sequence[Mapping[str, Any]], over: str, panels: Sequence[Panel], picture: Path) -> None:
    """Draws logged figures over the one called `over`, panels beside each other, as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, row = pyplot.subplots(1, len(panels), figsize=(5 * len(panels), 3.4), layout="constrained")
    for axes, panel in zip(row, panels, strict=True):
        for name in panel.names:
            if points := [(line[over], line[name]) for line in lines if name in line]:
                axes.plot(*zip(*points, strict=True), "o-" if len(points) < _FEW else "-", label=name, linewidth=1)
        axes.set(title=panel.title, xlabel=over, **panel.axes)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    figure.savefig(picture, dpi=100)
    pyplot.close(figure)
