"""What runs in an engine's process: it receives requests, lets a reader answer them, and can be killed at any time.

    parent -> worker    {"op": ..., "files": 2, ...} as JSON, then each file's bytes
    worker -> parent    any number of {"pages": 3} while it reads, then {"result": ...} or {"problem": kind, "detail"}

Both sides speak JSON and bytes, never pickle: a worker that a hostile file has taken over can say something wrong to
its parent, but not make it run anything. A reader is what `module:function` makes: a callable that takes a request,
its files and a function that reports progress, and returns the answer's `result`; what it raises becomes a problem.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

from extractor.ending import place
from extractor.errors import (
    CheckpointError,
    DeviceError,
    ExtractorError,
    MissingExtraError,
    NoDocumentError,
    RedactionError,
    SchemaError,
    ServerError,
    UnreadableInputError,
    UsageError,
)
from extractor.server.problems import Problem

Report = Callable[[Mapping[str, Any]], None]
Answering = Callable[[Mapping[str, Any], Sequence[bytes], Report], Any]

#: Most specific first.
_PROBLEMS: tuple[tuple[type[ExtractorError], str], ...] = (
    (NoDocumentError, "no-document"),
    (RedactionError, "not-redacted"),
    (SchemaError, "invalid-schema"),
    (MissingExtraError, "engine-unavailable"),
    (CheckpointError, "engine-unavailable"),
    (DeviceError, "engine-unavailable"),
    (ServerError, "model-server"),
    (UsageError, "invalid-parameter"),
    (UnreadableInputError, "unreadable-file"),
    (ExtractorError, "unreadable-file"),
)


def run(connection: Connection, reader: str, options: Mapping[str, Any], memory: int) -> None:
    """Serves `connection` until its other end is closed.

    `memory` bounds this process's own, in bytes, unless the reader says that it is not `bounded`: weights and the
    address space of a GPU are as large as they are.
    """
    # An interrupt at the terminal reaches every process; when this one ends, the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ending = _Ending()
    signal.signal(signal.SIGTERM, ending.asked)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _limit("RLIMIT_CORE", 0)  # a core dump would hold a document
    try:
        read = _load(reader)(options)
    except Exception as error:
        _send(connection, {"failed": True, **_problem(error)})
        return
    if getattr(read, "bounded", True):
        _limit("RLIMIT_AS", memory)
    _keep_quiet()
    _send(
        connection,
        {"ready": True, "engine": getattr(read, "engine", ""), "details": dict(getattr(read, "details", {}))},
    )
    with contextlib.suppress(EOFError, OSError):
        while True:
            request = json.loads(connection.recv_bytes())
            files = [connection.recv_bytes() for _ in range(request["files"])]
            with ending.put_off():
                answer = _answer(read, request, files, lambda progress: _send(connection, progress))
                del files
                gc.collect()
                _send(connection, answer | {"bytes": resident_bytes()})


class _Ending:
    """A request to end (SIGTERM, which a service manager sends to every process at once) waits for the document."""

    def __init__(self) -> None:
        self._reading = self._wanted = False

    def asked(self, *_signal: object) -> None:
        self._wanted = True
        if not self._reading:
            os._exit(0)

    @contextlib.contextmanager
    def put_off(self) -> Iterator[None]:
        self._reading = True
        try:
            yield
        finally:
            self._reading = False
        if self._wanted:
            os._exit(0)


def _answer(read: Answering, request: Mapping[str, Any], files: Sequence[bytes], report: Report) -> dict[str, Any]:
    try:
        return {"result": read(request, files, report)}
    except (EOFError, BrokenPipeError):
        raise
    except Exception as error:
        return _problem(error)


def _problem(error: Exception) -> dict[str, Any]:
    """What can be said of an exception; texts of those that are not our own may quote a document."""
    if isinstance(error, Problem):
        return {"problem": error.kind, "detail": error.detail}
    if isinstance(error, MemoryError):
        return {"problem": "unreadable-file", "detail": "it needs more memory than there is for one document"}
    for kind, name in _PROBLEMS:
        if isinstance(error, kind):
            return {"problem": name, "detail": str(error)}
    return {"problem": "internal-error", "error": type(error).__name__, "place": place(error.__traceback__)}


def _send(connection: Connection, message: Mapping[str, Any]) -> None:
    connection.send_bytes(json.dumps(message, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace"))


def _load(reference: str) -> Callable[[Mapping[str, Any]], Answering]:
    import importlib

    module, _, name = reference.partition(":")
    made: Callable[[Mapping[str, Any]], Answering] = getattr(importlib.import_module(module), name)
    return made


def _end_with(parent: int) -> None:
    """Ends this process when its parent is gone, however that ended; nobody waits for a page in progress."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def _limit(name: str, value: int) -> None:
    """Sets one of this process's limits, where the system has any."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(getattr(resource, name), (value, value))


def _keep_quiet() -> None:
    """Native libraries write about the files they read; nobody may see it."""
    sys.stdout.flush()
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def resident_bytes() -> int:
    """Memory this process holds now; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as numbers:
            return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
