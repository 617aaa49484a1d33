"""Tools of the benches: medians and percentiles, time per stage, memory over many pages."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from eval.running.machine import resident_memory
from extractor.errors import ExtractorError


class BenchError(ExtractorError):
    """Something that is measured does not work; the message says what."""


def quantile(values: Sequence[float], share: float) -> float:
    """The quantile by linear interpolation. Raises ValueError for nothing."""
    if not values:
        raise ValueError("there is nothing to take a quantile of")
    return float(np.quantile(values, share))


@dataclass
class Probe:
    """Wall time by stage, each second counted once: a stage inside another is taken out of it.

    `within` renames a stage that runs inside another: {("mrz", "recognition"): "second looks"}. Stages in `whole`
    count with all that is inside.
    """

    within: dict[tuple[str, str], str] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    seconds: dict[str, float] = field(default_factory=dict)
    _stack: list[str] = field(default_factory=list)
    _closed: bool = False
    _since: float = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Counts what happens here as `name`."""
        if self._closed:
            yield
            return
        self._turn()
        outer = self._stack[-1] if self._stack else ""
        self._stack.append(self.within.get((outer, name), name))
        self._closed = name in self.whole
        try:
            yield
        finally:
            self._closed = False
            self._turn()
            self._stack.pop()

    def shares(self) -> dict[str, float]:
        """Each stage's part of all that was counted, the largest first."""
        total = sum(self.seconds.values())
        return {name: spent / total for name, spent in sorted(self.seconds.items(), key=lambda pair: -pair[1])}

    def _turn(self) -> None:
        now = time.perf_counter()
        if self._stack:
            name = self._stack[-1]
            self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now


def command_seconds(command: Sequence[str], times: int, *, ends_with: Collection[int] = (0, 1)) -> list[float]:
    """Wall time of a command, run `times` times by this Python. Raises BenchError if its exit code is another."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, *command], capture_output=True, check=False)
        taken.append(time.perf_counter() - start)
        if done.returncode not in ends_with:
            raise BenchError(f"{' '.join(command[:3])} ended with exit code {done.returncode}")
    return taken


@dataclass(frozen=True)
class Growth:
    """Resident memory in MB over many pages: after the first tenth, at the end, the most, and how much a thousand
    pages add by the line through the last nine tenths."""

    pages: int
    settled: float
    end: float
    most: float
    per_thousand: float


def memory_growth(read: Callable[[int], None], pages: int, on_page: Callable[[], None] = lambda: None) -> Growth:
    """Memory while `read(number)` runs `pages` times."""
    sizes = []
    for number in range(pages):
        read(number)
        on_page()
        sizes.append(resident_memory())
    kept = list(enumerate(sizes))[pages // 10 :]
    return Growth(pages, kept[0][1], sizes[-1], max(sizes), 1000 * slope(kept))


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the line of least squares through the points; 0 for fewer than two."""
    if len(points) < 2:
        return 0.0
    xs, ys = zip(*points, strict=True)
    return float(np.polyfit(xs, ys, 1)[0])
