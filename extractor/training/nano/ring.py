"""Samples drawn by many processes while the device trains, and kept in a ring on the device.

Workers draw into shared memory; a thread carries what is ready to the device in packets; the trainer takes the packets
in between two steps and samples its batches from the ring, where each sample is met about as often as there is time
to draw new ones. Nothing waits for anything: drawing slower only means meeting a page more often, each time in other
light.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from extractor.training.nano.network import SampleBatch
from extractor.training.nano.samples import ANSWER, CHARACTERS, HINTED, PLAIN, SampleMaker
from extractor.training.nano.sheets import HEIGHT, WIDTH

__all__ = ["ANSWER", "RECORD", "Ring", "SampleFeed", "sample_feed"]

#: A sample as bytes.
RECORD = np.dtype(
    [
        ("image", np.uint8, (HEIGHT, WIDTH, 3)),
        ("shape", np.int16, (4,)),
        ("glyphs", np.int16, (CHARACTERS, 4)),
        ("plain", np.int16, (PLAIN,)),
        ("hinted", np.int16, (HINTED,)),
        ("spans", np.int16, (2, 2)),
    ]
)
#: Samples carried to the device at once; slots in shared memory for each worker.
_PACKET, _SLOTS = 8, 4
#: Kinds of samples.
DOCUMENT, TEXT = 0, 1
#: In place of a share of text: no more samples are wanted. Seconds that a worker has to notice.
_ENOUGH, _PATIENCE = -1.0, 20.0


class Ring:
    """The last `size` samples of one kind, as bytes on the device."""

    def __init__(self, size: int, device: torch.device) -> None:
        self.rows = torch.zeros(size, RECORD.itemsize, dtype=torch.uint8, device=device)
        self.made = 0

    @property
    def filled(self) -> int:
        return min(self.made, len(self.rows))

    def put(self, packet: torch.Tensor) -> None:
        """Takes samples (n, bytes) in, over the oldest."""
        places = (torch.arange(len(packet), device=self.rows.device) + self.made) % len(self.rows)
        self.rows[places] = packet
        self.made += len(packet)

    def batch(self, count: int, *, hinted: bool | None) -> SampleBatch:
        """`count` samples at random; with or without hints, or (None) without a text to learn."""
        chosen = self.rows[torch.randint(0, max(1, self.filled), (count,), device=self.rows.device)]
        images = _part(chosen, "image")
        shapes, glyphs = _part(chosen, "shape").long(), _part(chosen, "glyphs").long()
        if hinted is None:
            return SampleBatch(images, shapes, glyphs)
        ids = _part(chosen, "hinted" if hinted else "plain").long()
        return SampleBatch(images, shapes, glyphs, ids, _part(chosen, "spans")[:, int(hinted)].long())


def _part(rows: torch.Tensor, name: str) -> torch.Tensor:
    """A field of samples (n, bytes) as a tensor of its own type and shape."""
    kind, offset = RECORD.fields[name][:2]  # type: ignore[index]
    flat = rows[:, offset : offset + kind.itemsize].contiguous()
    typed = flat.view(torch.int16) if kind.base == np.int16 else flat
    return typed.view(len(rows), *kind.shape)


@dataclass
class SampleFeed:
    """The workers, and what they have made so far. `text_share` is the share of pages of text among new samples, and
    `failures` what workers said that can draw no more: the others go on."""

    rings: tuple[Ring, Ring]
    text_share: Any
    arrived: deque[tuple[int, torch.Tensor, Any]]
    failures: list[str]
    workers: int

    def absorb(self) -> None:
        """Moves what has arrived on the device into the rings. Raises RuntimeError if no worker is left."""
        if len(self.failures) >= self.workers:
            raise RuntimeError(f"no worker can draw samples: {self.failures[0]}")
        while self.arrived:
            kind, packet, done = self.arrived.popleft()
            if done is not None:
                torch.cuda.current_stream().wait_event(done)
            self.rings[kind].put(packet)
            if done is not None:
                packet.record_stream(torch.cuda.current_stream())


@contextmanager
def sample_feed(
    maker: SampleMaker, workers: int, sizes: tuple[int, int], device: torch.device, seed: int, text_share: float
) -> Iterator[SampleFeed]:
    """Workers that draw for as long as the context lasts; `sizes` are the samples each ring keeps (documents, text)."""
    context = multiprocessing.get_context("spawn")
    slots = _slots(workers)
    memory = SharedMemory(create=True, size=slots * RECORD.itemsize)
    free, ready = context.SimpleQueue(), context.SimpleQueue()
    share = context.Value("d", text_share)
    for slot in range(slots):
        free.put(slot)
    processes = [
        context.Process(
            target=_work, args=(maker, memory.name, slots, free, ready, share, seed + 7919 * number), daemon=True
        )
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    made = SampleFeed((Ring(sizes[0], device), Ring(max(1, sizes[1]), device)), share, deque(), [], workers)
    carrier = threading.Thread(target=_carry, args=(made, memory, slots, free, ready, device), daemon=True)
    carrier.start()
    try:
        yield made
    finally:
        _close(processes, share, free)
        ready.put(None)
        carrier.join()
        memory.close()
        memory.unlink()


def _slots(workers: int) -> int:
    """Slots of shared memory: fewer where it is small, since what is written beyond its end kills the writer."""
    shared = Path("/dev/shm")
    if not shared.is_dir():
        return workers * _SLOTS
    # Other trainers of this machine take theirs at the same time.
    room = shutil.disk_usage(shared).free * 0.8 / int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return max(1, min(workers * _SLOTS, int(room / RECORD.itemsize)))


def _close(processes: Sequence[Any], share: Any, free: Any) -> None:
    """Ends the workers. Each is asked to: one that is killed while it writes would keep a queue's lock for ever."""
    share.value = _ENOUGH
    for _ in processes:
        free.put(0)  # wakes one that waits for a slot
    for process in processes:
        process.join(_PATIENCE)
    for process in processes:
        if process.is_alive():
            process.kill()
            process.join()


def _work(maker: SampleMaker, memory_name: str, slots: int, free: Any, ready: Any, share: Any, seed: int) -> None:
    """Worker loop: draws samples into free slots of the shared memory."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    os.nice(5)  # the trainer's own thread must never wait for a core
    memory = SharedMemory(name=memory_name)
    records = np.ndarray(slots, RECORD, buffer=memory.buf)
    rng = random.Random(seed)
    try:
        while True:
            slot = free.get()
            if share.value == _ENOUGH:
                return
            kind = TEXT if rng.random() < share.value else DOCUMENT
            sample = _made(maker, kind, rng)
            for name in RECORD.names or ():
                records[slot][name] = getattr(sample, name)
            ready.put((slot, kind))
    except Exception as error:  # it would die unseen, and the trainer wait for ever
        ready.put(f"{type(error).__name__}: {error}")


def _made(maker: SampleMaker, kind: int, rng: random.Random, tries: int = 20) -> Any:
    """A sample. A made-up design that cannot be drawn, which happens once in thousands, is made up again."""
    for left in reversed(range(tries)):
        try:
            return maker.text(rng) if kind == TEXT else maker.document(rng)
        except (ArithmeticError, LookupError, ValueError):
            if not left:
                raise
    raise AssertionError("no try was made")


def _carry(made: SampleFeed, memory: SharedMemory, slots: int, free: Any, ready: Any, device: torch.device) -> None:
    """Collects samples of a kind into packets and sends them to the device, on a stream of their own."""
    records = np.ndarray((slots, RECORD.itemsize), np.uint8, buffer=memory.buf)
    cuda = device.type == "cuda"
    stream = torch.cuda.Stream(device) if cuda else None
    staged = [torch.empty(_PACKET, RECORD.itemsize, dtype=torch.uint8, pin_memory=cuda) for _ in (DOCUMENT, TEXT)]
    counts = [0, 0]
    while (message := ready.get()) is not None:
        if isinstance(message, str):
            made.failures.append(message)
            continue
        slot, kind = message
        staged[kind][counts[kind]] = torch.from_numpy(records[slot])
        free.put(slot)
        counts[kind] += 1
        if counts[kind] < _PACKET:
            continue
        counts[kind] = 0
        if stream is None:
            made.arrived.append((kind, staged[kind].clone(), None))
            continue
        with torch.cuda.stream(stream):
            packet = staged[kind].to(device, non_blocking=True)
            done = torch.cuda.Event()
            done.record(stream)
        stream.synchronize()  # the staging memory is written again next
        made.arrived.append((kind, packet, done))
    del records
