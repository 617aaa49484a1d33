"""Works through the stored jobs, file by file, in order, behind every request that somebody waits for.

The queue lives only in the store, so a service that was killed continues where it was. A file whose reading ended its
process is tried once more; after that its answer is the problem. So is the answer of a file whose stored bytes are
damaged: no file keeps another one from being read.
"""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from extractor.ending import place
from extractor.server.answers import as_body
from extractor.server.hosts import Hosts
from extractor.server.intake import too_large
from extractor.server.logs import get_logger
from extractor.server.metrics import Metrics
from extractor.server.problems import Problem, details
from extractor.server.settings import ServiceLimits, Settings
from extractor.server.store import JobStore, QueuedFile, Waiting
from extractor.server.uploads import File, clean_name, sniff

T = TypeVar("T")

#: Failed readings of a file from which the file is held to be the cause.
_ATTEMPTS = 2
#: Problems that pass; the file waits.
_PASSING = frozenset({"engine-unavailable", "shutting-down", "storage-full", "storage-unavailable"})
_PAUSE = 5.0
_SWEEP_SECONDS = 60.0
#: A thousand entries with long names fit into this.
_DIRECTORY_BYTES = 1024 * 1024


class Jobs:
    """The store behind one thread of its own, and the task that works through it."""

    def __init__(self, store: JobStore, hosts: Hosts, settings: Settings, metrics: Metrics) -> None:
        self._store, self._hosts, self._settings, self._metrics = store, hosts, settings, metrics
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._new = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._freed = asyncio.Event()
        #: Set with every answer that is stored; a job may be done.
        self.answered = asyncio.Event()
        #: A job's body is taken apart in memory; one at a time.
        self.unpacking = asyncio.Lock()

    async def call(self, action: Callable[[JobStore], T]) -> T:
        """Does something with the store, in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, action, self._store)

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._work()), loop.create_task(self._sweep())]

    def wake(self) -> None:
        """Says that there is a new job."""
        self._new.set()

    def tidy(self) -> None:
        """Says that there is room to give back to the disk."""
        self._freed.set()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.call(JobStore.close)
        self._thread.shutdown()

    async def _work(self) -> None:
        while True:
            queued: QueuedFile | None = None
            try:
                self._new.clear()
                queued = await self.call(JobStore.next_waiting)
                self._metrics.job_files(await self.call(JobStore.counts))
                if queued is None:
                    self.tidy()
                    await self._new.wait()
                else:
                    await self._read(queued)
            except Problem as problem:
                get_logger().warning("jobs wait", problem=problem.kind)
                if queued is not None and problem.kind == "storage-damaged":
                    await self.call(partial(JobStore.skip, queued=queued))
                else:
                    await asyncio.sleep(_PAUSE)
            except Exception as error:
                # Whatever it was, the jobs behind this one must not wait for a restart.
                get_logger().error("jobs wait", error=type(error).__name__, place=place(error.__traceback__))
                await asyncio.sleep(_PAUSE)

    async def _read(self, queued: QueuedFile) -> None:
        """Reads one file and stores its answer. Raises a Problem that will pass, or storage-damaged."""
        try:
            waiting = await self.call(lambda store: store.load(queued))
        except Problem as problem:
            if problem.kind == "unknown-job":
                return  # deleted in this moment
            if problem.kind != "storage-damaged":
                raise
            await self._keep_answer(queued, {"problem": details(problem)})
            return
        try:
            answer: dict[str, Any] = {"result": await self._result(waiting)}
        except Problem as problem:
            if problem.kind in _PASSING and not (problem.kind == "engine-unavailable" and self._is_chosen(waiting)):
                raise
            if problem.kind == "worker-crashed" and queued.attempts + 1 < _ATTEMPTS:
                await self.call(lambda store: store.count_attempt(queued))
                return
            answer = {"problem": details(problem)}
        except Exception as error:
            get_logger().error("reading failed", error=type(error).__name__, place=place(error.__traceback__))
            answer = {"problem": details(Problem("internal-error"))}
        await self._keep_answer(queued, answer)

    def _is_chosen(self, waiting: Waiting) -> bool:
        """Whether the caller chose another engine than the default one: jobs of others do not wait for it."""
        default = self._hosts.default
        return waiting.request["engine"] not in ("auto", default.options.engine, default.engine)

    async def _keep_answer(self, queued: QueuedFile, answer: Mapping[str, Any]) -> None:
        """Stores an answer. A full disk must not cost the reading of it, so that is waited for."""
        while True:
            try:
                await self.call(lambda store: store.answer(queued, answer))
                self.answered.set()
                return
            except Problem as problem:
                if problem.kind == "storage-damaged":
                    raise
                get_logger().warning("jobs wait", problem=problem.kind)
                await asyncio.sleep(_PAUSE)

    async def _result(self, waiting: Waiting) -> dict[str, Any]:
        asked = waiting.request
        host = await self._hosts.get(asked["engine"])
        answer: dict[str, Any] = await host.ask({**asked, "op": "extract"}, [waiting.picture], urgent=False)
        self._metrics.answered(host.name, answer)
        return as_body(asked, answer)

    async def _sweep(self) -> None:
        """Deletes what is past its time, and gives the room back to the disk."""
        while True:
            self._freed.clear()
            try:
                if count := await self.call(self._delete_old):
                    get_logger().info("jobs deleted", count=count)
                while await self.call(JobStore.shrink):
                    pass
            except Problem as problem:
                get_logger().warning("jobs not swept", problem=problem.kind)
            with suppress(TimeoutError):
                async with asyncio.timeout(min(_SWEEP_SECONDS, self._settings.limits.keep_seconds)):
                    await self._freed.wait()

    def _delete_old(self, store: JobStore) -> int:
        return store.delete_finished_before(time.time() - self._settings.limits.keep_seconds)


def unpack(files: Sequence[File], limits: ServiceLimits) -> list[File]:
    """The files of a job, those of zip archives among them, in order. Raises a Problem.

    Archives are opened one level deep, and no entry's declared size is trusted.
    """
    taken: list[File] = []
    size = 0
    for file in files:
        for one in _entries(file, limits) if sniff(file.data) == "zip" else (file,):
            size += len(one.data)
            if size > limits.job_bytes:
                raise too_large(limits.job_bytes)
            taken.append(one)
            if len(taken) > limits.job_files:
                raise Problem("too-many-files", f"a job may have {limits.job_files}")
    if not taken:
        raise Problem("unreadable-file", "the archive holds no file")
    return taken


def _entries(archive: File, limits: ServiceLimits) -> Iterator[File]:
    _check_directory(archive.data)
    try:
        with zipfile.ZipFile(io.BytesIO(archive.data)) as opened:
            for entry in opened.infolist():
                name = entry.filename.rpartition("/")[2]
                # Files that operating systems add to archives.
                if entry.is_dir() or name.startswith(".") or entry.filename.startswith("__MACOSX/"):
                    continue
                if entry.flag_bits & 1:
                    raise Problem("unreadable-file", "the archive is locked by a password")
                with opened.open(entry) as content:
                    data = content.read(limits.body_bytes + 1)
                if len(data) > limits.body_bytes:
                    raise too_large(limits.body_bytes)
                yield File(clean_name(entry.filename), data)
    except Problem:
        raise
    except Exception as error:
        # Damaged archives end in nearly any exception, zlib's and struct's among them.
        raise Problem("unreadable-file", "the archive is damaged") from error


def _check_directory(data: bytes) -> None:
    """Raises a Problem for an archive whose list of entries alone would fill the memory.

    By the end record (APPNOTE 4.3.16), and by the absence of its 64-bit form, which no archive of this size needs.
    """
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 22 - 0xFFFF))
    if end < 0 or len(data) < end + 22:
        raise Problem("unreadable-file", "the archive is damaged")
    if (
        int.from_bytes(data[end + 12 : end + 16], "little") > _DIRECTORY_BYTES
        or data[end - 20 : end - 16] == b"PK\x06\x07"
    ):
        raise Problem("too-many-files", "the archive's list of entries is too long")
