"""Batches in files, from worker processes to the device, where each is used several times.

A network of this size learns faster than any number of cores makes pages, and tensors that pass through queues of
processes hold both up. So workers write batches into a folder (in memory, where there is one), and the trainer moves
each to its device once and keeps it: a step takes a new batch where one has come, else one of those it has, in a
variation of its own.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from extractor.training.visual.batches import Mixture, batches
from extractor.visual.features import ZONE

#: A worker waits while this many of its batches are not taken.
_AHEAD = 8
#: Batches that are kept on the device: 2 MB each.
_MOST = 12_000
#: Seconds between two looks into the folder.
_LOOK = 0.5


def fill(folder: Path, mixture: Mixture, seed: int, size: int) -> None:
    """Writes batches into `folder` until the process is ended."""
    torch.set_num_threads(1)
    for number, batch in enumerate(batches(mixture, seed, size)):
        unfinished = folder / f"{seed}-{number}.part"
        save_file(batch, unfinished)
        unfinished.replace(unfinished.with_suffix(".batch"))
        while len(list(folder.glob(f"{seed}-*.batch"))) >= _AHEAD:
            time.sleep(0.05)


class BatchPool:
    """The batches that have come so far, on a device."""

    def __init__(self, folder: Path, device: str, seed: int = 0, most: int = _MOST) -> None:
        self.folder, self.device, self.most = folder, device, most
        self.rng = random.Random(seed)
        self.new: deque[dict[str, Tensor]] = deque()
        self.kept: list[dict[str, Tensor]] = []
        self.pages = 0
        self.looked = 0.0

    def look(self) -> None:
        """Takes what has come into the folder."""
        self.looked = time.monotonic()
        for file in sorted(self.folder.glob("*.batch")):
            batch = load_file(file)
            file.unlink()
            self.pages += len(batch["kind"])
            self.new.append({name: moved(value, self.device) for name, value in batch.items()})

    def take(self) -> dict[str, Tensor]:
        """A batch that was not used yet, or a variation of one that was. Waits for the first."""
        if time.monotonic() - self.looked > _LOOK:
            self.look()
        while not self.new and not self.kept:
            time.sleep(0.1)
            self.look()
        if not self.new:
            return varied(widened(self.rng.choice(self.kept)))
        batch = self.new.popleft()
        if len(self.kept) < self.most:
            self.kept.append(batch)
        else:
            self.kept[self.rng.randrange(self.most)] = batch
        return widened(batch)


def moved(value: Tensor, device: str) -> Tensor:
    """`value` on the device, as small as it came."""
    return value.to(device, non_blocking=True)


def widened(batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The batch in the types that the network takes."""
    return {
        name: value.float() if value.dtype is torch.float16 else value.long() if value.dtype is torch.int16 else value
        for name, value in batch.items()
    }


@torch.no_grad()
def varied(batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The batch with other characters misread, other parts of the zone unknown, other places a little off, and pages
    stretched: how far things stand apart, in line heights, depends on how high the detector draws its boxes."""
    characters, numbers, places = batch["characters"], batch["numbers"], batch["places"]
    misread = (torch.rand_like(characters, dtype=torch.float32) < 0.02) & (characters > 0)
    others = torch.randint_like(characters, 0x41, 0x7B)
    unknown = (torch.rand(len(numbers), 1, 1, device=numbers.device) < 0.25).float()
    changed = numbers.clone()
    changed[..., ZONE] = changed[..., ZONE] * (1 - unknown)
    changed[..., :3] += 0.004 * torch.randn_like(changed[..., :3])
    across, down = (torch.exp(0.1 * torch.randn(len(places), 1, 1, device=places.device)) for _ in range(2))
    stretched = places * torch.cat([across, down, across], -1)
    return {
        **batch,
        "characters": torch.where(misread, others, characters),
        "numbers": changed,
        "places": stretched + 0.08 * torch.randn_like(places),
    }


@contextmanager
def filled(mixture: Mixture, workers: int, seed: int, size: int, device: str) -> Iterator[BatchPool]:
    """A pool that `workers` processes fill; without any, it holds what one batch of each width has."""
    import multiprocessing

    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as name:
        folder = Path(name)
        # What is loaded here once is not loaded by every worker. They are forked before the device is touched.
        made = batches(mixture, seed, size)
        first = next(made)
        context = multiprocessing.get_context("fork")
        processes = [
            context.Process(target=fill, args=(folder, mixture, seed + 1000 + index, size), daemon=True)
            for index in range(workers)
        ]
        for process in processes:
            process.start()
        save_file(first, folder / "first.batch")
        try:
            yield BatchPool(folder, device, seed)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.join()
