"""An engine's process, seen from the service: its queue, its time limit, its restarts.

One process an engine, one document at a time in it. Requests wait in order; files of jobs wait behind all of them.
A process that dies or takes too long is ended and replaced, and only the document it was reading gets an error.
"""

from __future__ import annotations

import asyncio
import json
import math
import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from extractor.ending import place
from extractor.server import worker
from extractor.server.logs import get_logger
from extractor.server.metrics import Metrics
from extractor.server.problems import KINDS, Problem
from extractor.server.settings import EngineOptions, Settings

#: A page's time where the settings name none: many times what it takes on two slow cores.
_PAGE_SECONDS = {"embedded": 60.0, "phi3v": 900.0, "openai": 360.0}
#: An answer is never larger: ten pages as JPEG and all that was read from them.
_ANSWER_BYTES = 256 * 1024 * 1024
#: Pauses after a process that did not even start, seconds.
_PAUSES = (0.0, 1.0, 5.0, 15.0, 60.0)


@dataclass
class Task:
    """One document for an engine. `is_wanted` is asked before it is begun: its caller may have gone."""

    request: Mapping[str, Any]
    files: Sequence[bytes]
    answer: asyncio.Future[Any]
    is_wanted: Callable[[], bool] = field(default=lambda: True)


def _page_seconds(engine: str, options: EngineOptions) -> float:
    """A page's time where the settings name none: a server's own, and what reading the page takes here."""
    if engine == "openai" and options.timeout is not None:
        return _PAGE_SECONDS["embedded"] + options.timeout
    return _PAGE_SECONDS.get(engine, 60.0)


class EngineHost:
    """Runs one engine. `start` begins its process in the background; `ask` waits for an answer."""

    def __init__(self, options: EngineOptions, settings: Settings, metrics: Metrics) -> None:
        self.options, self.settings, self.metrics = options, settings, metrics
        #: What the process says it is, once it is ready.
        self.engine: str | None = None
        self.details: Mapping[str, str] = {}
        self.failure: Problem | None = None
        self.admitted = 0
        self._seconds = 2.0  # a document's usual time, as lately seen
        self._urgent: deque[Task] = deque()
        self._patient: deque[Task] = deque()
        self._work = asyncio.Event()
        self._started = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="engine")
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._failures = 0
        self._not_before = 0.0
        self._loop_task: asyncio.Task[None] | None = None
        self._closing = False

    # Called by the service

    def start(self) -> None:
        """Begins; returns at once."""
        if self._loop_task is None:
            self.metrics.watch_queue(self.options.engine, lambda: self.admitted + len(self._patient))
            self._loop_task = asyncio.get_running_loop().create_task(self._serve())

    @property
    def name(self) -> str:
        return self.engine or self.options.engine

    @property
    def ready(self) -> bool:
        return self._process is not None and self._process.is_alive() and self._connection is not None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def started(self) -> None:
        """Waits until the process is ready. Raises the Problem that kept it from that."""
        self.start()
        await self._started.wait()
        if self.failure is not None and not self.ready:
            raise self.failure

    def check_room(self) -> None:
        """Raises queue-full, with a time to come back, where no request would be taken now."""
        if self._closing:
            raise Problem("shutting-down", headers={"Retry-After": "5"})
        if self.admitted >= self.settings.limits.queue:
            wait = max(1, min(120, math.ceil(self._seconds * self.admitted / 2)))
            raise Problem("queue-full", headers={"Retry-After": str(wait)})

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place in the queue. Raises queue-full."""
        self.check_room()
        self.admitted += 1
        try:
            yield
        finally:
            self.admitted -= 1

    async def ask(
        self,
        request: Mapping[str, Any],
        files: Sequence[bytes],
        *,
        urgent: bool = True,
        is_wanted: Callable[[], bool] | None = None,
    ) -> Any:
        """The reader's answer to a request. Raises the Problem it ends with."""
        self.start()
        if self._closing:
            raise Problem("shutting-down", headers={"Retry-After": "5"})
        task = Task(request, files, asyncio.get_running_loop().create_future())
        if is_wanted is not None:
            task.is_wanted = is_wanted
        (self._urgent if urgent else self._patient).append(task)
        self._work.set()
        return await task.answer

    async def stop(self) -> None:
        """Ends the process. Tasks that still wait get shutting-down."""
        self._closing = True
        if self._loop_task:
            self._loop_task.cancel()
            await asyncio.gather(self._loop_task, return_exceptions=True)
        for task in (*self._urgent, *self._patient):
            if not task.answer.done():
                task.answer.set_exception(Problem("shutting-down", headers={"Retry-After": "5"}))
        # In the host's own thread, after its current call, which ends within half a second now.
        await asyncio.get_running_loop().run_in_executor(self._thread, self._end_process, 2.0)
        self._thread.shutdown(wait=False)

    # The loop that works through the queue

    async def _serve(self) -> None:
        await self._ensure_process("start")
        while True:
            task = await self._next()
            if task.answer.done() or not task.is_wanted():
                task.answer.cancel()
                continue
            start = time.perf_counter()
            try:
                answer = await self._answer(task)
            except Problem as problem:
                self.metrics.reading(self.name, problem.kind, time.perf_counter() - start)
                if not task.answer.done():
                    task.answer.set_exception(problem)
            except asyncio.CancelledError:
                if not task.answer.done():
                    task.answer.set_exception(Problem("shutting-down", headers={"Retry-After": "5"}))
                raise
            except Exception as error:
                # Such as a system that has no process left to give; the queue continues.
                get_logger().error("asking failed", error=type(error).__name__, place=place(error.__traceback__))
                await asyncio.get_running_loop().run_in_executor(self._thread, self._end_process, 0.0)
                if not task.answer.done():
                    task.answer.set_exception(Problem("internal-error"))
            else:
                seconds = time.perf_counter() - start
                self._seconds += 0.2 * (seconds - self._seconds)
                self.metrics.reading(self.name, "read", seconds)
                if not task.answer.done():
                    task.answer.set_result(answer)
            if not self.ready:
                await self._ensure_process("replace")

    async def _next(self) -> Task:
        while not self._urgent and not self._patient:
            self._work.clear()
            await self._work.wait()
        return (self._urgent or self._patient).popleft()

    async def _answer(self, task: Task) -> Any:
        # No request was lost with a process that died while it was idle.
        await self._ensure_process("died-idle")
        if self.failure is not None:
            raise self.failure
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._thread, self._exchange, task)
        if answer.get("is_begun") is False:
            await self._ensure_process("died-idle")
            answer = await loop.run_in_executor(self._thread, self._exchange, task)
        if answer.get("bytes", 0) > self.settings.limits.worker_bytes / 2 and self.engine == "embedded":
            await loop.run_in_executor(self._thread, self._end_process, 2.0)
        if "problem" in answer:
            raise self._as_problem(answer)
        return answer["result"]

    async def _ensure_process(self, reason: str) -> None:
        if self.ready:
            return
        loop = asyncio.get_running_loop()
        if self.failure is not None and loop.time() < self._not_before:
            return
        self.failure = await loop.run_in_executor(self._thread, self._start_process, reason)
        if self.failure is None:
            self._failures = 0
        else:
            self._failures += 1
            self._not_before = loop.time() + _PAUSES[min(self._failures, len(_PAUSES) - 1)]
        self._started.set()

    # Runs in the host's own thread, which may block

    def _start_process(self, reason: str) -> Problem | None:
        self._end_process(patience=0.0)
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        limits = self.settings.limits
        self._process = context.Process(
            target=worker.run,
            args=(theirs, self.settings.reader, asdict(self.options), limits.worker_bytes),
            name=f"engine-{self.options.engine}",
            daemon=True,
        )
        try:
            self._process.start()
        except OSError as error:
            ours.close()
            self._process = None
            get_logger().error("engine failed", engine=self.name, reason=reason, error=type(error).__name__)
            return Problem("engine-unavailable", "the system has no process left to give")
        finally:
            theirs.close()
        message = self._hear(ours, time.monotonic() + limits.start_seconds)
        if message is None or "ready" not in message:
            ours.close()
            self._end_process(patience=0.0)
            get_logger().error("engine failed", engine=self.name, reason=reason)
            if message and message.get("problem") in KINDS and message["problem"] != "internal-error":
                return Problem("engine-unavailable", str(message.get("detail", "")))
            return Problem("engine-unavailable", "its process ended before it was ready")
        self._connection, self.engine, self.details = ours, message["engine"], message["details"]
        self.metrics.worker_started(self.name, reason)
        get_logger().info("engine ready", engine=self.engine, pid=self._process.pid, reason=reason)
        return None

    def _exchange(self, task: Task) -> dict[str, Any]:
        connection = self._connection
        seconds = self.settings.limits.page_seconds or _page_seconds(self.engine or "", self.options)
        deadline = time.monotonic() + seconds
        if connection is None:
            return {"problem": "worker-crashed"}
        try:
            connection.send_bytes(json.dumps({**task.request, "files": len(task.files)}).encode())
            for data in task.files:
                connection.send_bytes(data)
        except OSError:
            return self._crashed()
        while True:
            message = self._hear(connection, deadline)
            if message is None:
                return self._crashed() if time.monotonic() < deadline else self._too_slow(seconds)
            if "result" in message or "problem" in message:
                return message
            deadline = time.monotonic() + seconds * max(1, int(message.get("pages", 1)))

    def _hear(self, connection: Connection, deadline: float) -> dict[str, Any] | None:
        """The process's next message; None if it ends or the time is up before."""
        try:
            while not connection.poll(max(0.0, min(0.5, deadline - time.monotonic()))):
                if time.monotonic() >= deadline or self._closing:
                    return None
            message = json.loads(connection.recv_bytes(_ANSWER_BYTES))
        except (EOFError, OSError, ValueError):
            return None
        return message if isinstance(message, dict) else None

    def _crashed(self) -> dict[str, Any]:
        process = self._process
        if process is not None:
            process.join(1.0)
        # A worker that got SIGTERM while it was idle has not begun what was sent in the same moment.
        is_begun = process is None or process.exitcode != 0
        self._end_process(patience=0.0)
        if self._closing:
            return {"problem": "shutting-down"}
        if not is_begun:
            return {"problem": "worker-crashed", "is_begun": False}
        get_logger().error("engine died", engine=self.name)
        return {"problem": "worker-crashed"}

    def _too_slow(self, seconds: float) -> dict[str, Any]:
        self._end_process(patience=0.0)
        get_logger().error("engine too slow", engine=self.name, seconds=seconds)
        return {"problem": "page-timeout", "detail": f"a page may take {seconds:g} seconds"}

    def _end_process(self, patience: float) -> None:
        """Ends the process, first by closing its pipe, then by SIGKILL. It has nothing to save."""
        connection, self._connection = self._connection, None
        process, self._process = self._process, None
        if connection is not None:
            connection.close()
        if process is None or process.pid is None:
            return
        process.join(patience)
        if process.is_alive():
            process.kill()
            process.join(5.0)

    def _as_problem(self, answer: Mapping[str, Any]) -> Problem:
        kind = answer["problem"] if answer["problem"] in KINDS else "internal-error"
        if kind == "internal-error":
            get_logger().error("reading failed", error=str(answer.get("error", "")), place=str(answer.get("place", "")))
        return Problem(kind, str(answer.get("detail", "")))


class Hosts:
    """The engines of a service: the default one from the start, another one once it is asked for by name."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self.default = EngineHost(settings.engines, settings, metrics)
        self._others: dict[str, EngineHost] = {}

    async def get(self, name: str) -> EngineHost:
        """The host of the engine called `name`; "auto" is the default one."""
        if name in ("auto", self._settings.engines.engine):
            return self.default
        if self.default.engine is None and self.default.failure is None:
            await self.default.started()
        if name == self.default.engine:
            return self.default
        if name not in self._others:
            options = replace(self._settings.engines, engine=name)
            if name == "embedded":
                options = EngineOptions(engine="embedded")
            self._others[name] = EngineHost(options, self._settings, self._metrics)
            self._others[name].start()
        return self._others[name]

    def all(self) -> list[EngineHost]:
        return [self.default, *self._others.values()]

    async def stop(self) -> None:
        await asyncio.gather(*(host.stop() for host in self.all()))
