"""Drawn lines on the device: processes draw them, a thread takes them in, and training takes batches out."""

from __future__ import annotations

import multiprocessing
import queue
import random
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from extractor.text.writing import CHARACTERS
from extractor.training.text import lines

#: A character's class; 0 is CTC's blank.
CLASS = {character: place for place, character in enumerate(CHARACTERS, 1)}
#: Lines that travel together from a process that draws.
CHUNK = 32
_LONGEST = 96
#: With more lines than this, at most one chunk a hundredth of a second is taken in: training needs the CPU.
_PLENTY = 1_000_000
#: Lines of one width that are kept at most.
_MOST = 400_000


@dataclass(frozen=True)
class Drawing:
    """What lines are drawn with: files of words and a folder of fonts, by how many processes, and in how many bytes
    the masks are kept."""

    words: Path
    fonts: Path
    workers: int
    seed: str
    room: float


def _draws(drawing: Drawing, number: int, given: Any) -> None:
    """A process: draws lines, and hands over chunks of one width."""
    import cv2

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    material = lines.load(drawing.words, drawing.fonts)
    rng = random.Random(f"{drawing.seed} {number}")
    waiting: dict[int, list[lines.DrawnLine]] = defaultdict(list)
    while True:
        try:
            line = lines.draw(rng, material)
        except (OSError, ValueError):  # a font that cannot set one of the texts
            continue
        if line is None or len(line.visual) > _LONGEST:
            continue
        same = waiting[line.mask.shape[1]]
        same.append(line)
        if len(same) == CHUNK:
            labels = np.zeros((CHUNK, _LONGEST), np.int16)
            for row, one in enumerate(same):
                labels[row, : len(one.visual)] = [CLASS[c] for c in one.visual]
            lengths = np.array([len(one.visual) for one in same], np.int16)
            scripts = np.array([list(lines.SHARES).index(one.script) for one in same], np.int8)
            given.put((np.stack([one.mask for one in same]), labels, lengths, scripts))
            same.clear()


@dataclass
class _LineRing:
    """A ring buffer of the pool's lines of one width; `drawn` counts all that were ever written."""

    masks: torch.Tensor
    labels: np.ndarray
    lengths: np.ndarray
    scripts: np.ndarray
    drawn: int = 0

    @property
    def filled(self) -> int:
        return min(self.drawn, len(self.masks))


@dataclass
class LinePool:
    """Drawn lines on the device, filled by a thread while others are learned from."""

    drawing: Drawing
    device: torch.device
    by_width: dict[int, _LineRing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.queue: Any = context.Queue(maxsize=64)
        self.processes = [
            context.Process(target=_draws, args=(self.drawing, number, self.queue), daemon=True)
            for number in range(self.drawing.workers)
        ]
        for process in self.processes:
            process.start()
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self._fill, daemon=True)
        self.thread.start()

    def _fill(self) -> None:
        while not self.closing.is_set():
            try:
                masks, labels, lengths, scripts = self.queue.get(timeout=1)
            except queue.Empty:
                continue
            width = masks.shape[2]
            ring = self.by_width.get(width)
            if ring is None:
                room = min(_MOST, int(self.drawing.room / len(lines.WIDTHS) / (width * lines.HEIGHT))) // CHUNK * CHUNK
                ring = _LineRing(
                    torch.empty((room, lines.HEIGHT, width), dtype=torch.uint8, device=self.device),
                    np.zeros((room, _LONGEST), np.int16), np.zeros(room, np.int16), np.zeros(room, np.int8),
                )  # fmt: skip
            at = ring.drawn % len(ring.masks)
            ring.masks[at : at + len(masks)] = torch.from_numpy(masks).to(self.device)
            ring.labels[at : at + len(masks)], ring.lengths[at : at + len(masks)] = labels, lengths
            ring.scripts[at : at + len(masks)] = scripts
            ring.drawn += len(masks)
            self.by_width[width] = ring
            if self.drawn > _PLENTY:
                time.sleep(0.01)

    @property
    def drawn(self) -> int:
        return sum(ring.drawn for ring in list(self.by_width.values()))

    def wait(self, count: int) -> None:
        """Waits until `count` lines are there. Raises RuntimeError when the processes that draw have died."""
        while self.drawn < count:
            if not any(process.is_alive() for process in self.processes):
                raise RuntimeError("the processes that draw lines have died; what they printed says why")
            time.sleep(0.2)

    def batch(
        self, rng: np.random.Generator, width_in_all: int
    ) -> tuple[torch.Tensor, np.ndarray, np.ndarray, np.ndarray]:
        """Lines of one width, `width_in_all` pixels together: masks, labels, lengths, scripts. Every line is as
        likely as any other."""
        by_width = dict(self.by_width)
        weights = np.array([width * ring.drawn for width, ring in by_width.items()], float)
        width = int(rng.choice(list(by_width), p=weights / weights.sum()))
        ring = by_width[width]
        count = max(1, width_in_all // width)
        chosen = rng.integers(ring.filled, size=count)
        masks = ring.masks[torch.from_numpy(chosen).to(self.device)]
        return masks, ring.labels[chosen], ring.lengths[chosen], ring.scripts[chosen]

    def close(self) -> None:
        self.closing.set()
        for process in self.processes:
            process.terminate()
