"""Lines on the device, which training takes batches from: drawn ones, which processes draw meanwhile and a thread takes
in, and those that the product cut out of drawn pages."""

from __future__ import annotations

import multiprocessing
import queue
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from extractor.training.augment import captured
from extractor.training.text import lines, pictures

#: Lines that travel together from a process that draws.
CHUNK = 32
_LONGEST = 96
#: With more lines than this, at most 120 chunks a second are taken in: training needs the CPU.
_PLENTY = 200_000
#: Lines of one width that are kept at most.
_MOST = 400_000
#: One page, and one cut line, in this many is kept from training and used for checks.
HELD_OUT = 12
#: Pictures are seen as they were captured, or in more light, blur and noise, by this chance.
_CAPTURED_AGAIN = 0.5


@dataclass(frozen=True)
class Drawing:
    """What lines are drawn with: files of words and a folder of fonts, by how many processes, in how many bytes the
    masks are kept, and for whom."""

    words: Path
    fonts: Path
    workers: int
    seed: str
    room: float
    target: lines.Target = lines.SCRIPTS


def _draws(drawing: Drawing, number: int, given: Any) -> None:
    """A process: draws lines, and hands over chunks of one width."""
    import cv2

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    material = lines.load(drawing.words, drawing.fonts, drawing.target)
    classes = {character: place for place, character in enumerate(drawing.target.characters, 1)}
    scripts_of = list(drawing.target.shares)
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
            labels, lengths = np.zeros((CHUNK, _LONGEST), np.int16), np.zeros(CHUNK, np.int16)
            for row, one in enumerate(same):
                if one.script in drawing.target.labelled:
                    labels[row, : len(one.visual)] = [classes[c] for c in one.visual]
                    lengths[row] = len(one.visual)
            scripts = np.array([scripts_of.index(one.script) for one in same], np.int8)
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
                share = self.drawing.room / len(lines.WIDTHS)
                room = max(CHUNK, min(_MOST, int(share / (width * lines.HEIGHT))) // CHUNK * CHUNK)
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
                time.sleep(1 / 120)

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
        """Lines of one width, `width_in_all` pixels together: masks, labels, lengths (0 where the line has no label),
        scripts. Every line is as likely as any other."""
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


class CutLines:
    """Lines that the product cut out of drawn pages (`pictures`): without labels; a teacher says what they read."""

    def __init__(self, data: Path, device: torch.device, rng: np.random.Generator) -> None:
        self.device, self.rng = device, rng
        _, cut = pictures.read(data)
        self.held_out = {width: torch.from_numpy(np.stack(each[::HELD_OUT])) for width, each in cut.items()}
        self._take(
            {
                width: torch.from_numpy(np.stack([one for place, one in enumerate(each) if place % HELD_OUT]))
                for width, each in cut.items()
                if len(each) > 1
            }
        )

    def _take(self, by_width: dict[int, torch.Tensor]) -> None:
        self.by_width = {width: own.to(self.device) for width, own in sorted(by_width.items()) if len(own)}
        # Widths by how many pixels they have in all, so that every line is seen as often.
        sizes = np.array([width * len(own) for width, own in self.by_width.items()], np.float64)
        self.chances = sizes / sizes.sum()

    @torch.no_grad()
    def keep(self, wanted: Callable[[torch.Tensor], torch.Tensor]) -> None:
        """Leaves out all lines but those `wanted`, which says so (B,) of pictures (B, 3, 48, w)."""
        chosen = {
            width: own[torch.cat([wanted(seen(some)) for some in own.split(64)])]
            for width, own in self.by_width.items()
        }
        self._take(chosen)

    def some(self, count: int) -> Iterator[torch.Tensor]:
        """`count` lines as the network takes them, (1, 3, 48, w) each."""
        for width in self.rng.choice(list(self.by_width), count, p=self.chances).tolist():
            own = self.by_width[width]
            yield seen(own[self.rng.integers(len(own))][None])

    def batch(self, width_in_all: int) -> torch.Tensor:
        """Lines of one width as the network takes them, `width_in_all` pixels together."""
        width = int(self.rng.choice(list(self.by_width), p=self.chances))
        own = self.by_width[width]
        chosen = torch.from_numpy(self.rng.integers(len(own), size=max(1, width_in_all // width)))
        return recaptured(seen(own[chosen.to(self.device)]), self.rng)


def seen(images: np.ndarray | torch.Tensor) -> torch.Tensor:
    """RGB pictures (B, h, w, 3) uint8 as the networks take them: (B, 3, h, w), BGR, in -1..1."""
    return (torch.as_tensor(images).permute(0, 3, 1, 2).float() / 127.5 - 1).flip(1)


def recaptured(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """`x` (B, 3, h, w) in -1..1, now and then captured once more."""
    return captured((x + 1) / 2) * 2 - 1 if rng.random() < _CAPTURED_AGAIN else x
