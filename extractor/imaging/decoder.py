"""Decoding in a process of its own, which the system ends when a limit of memory or time is passed.

One process serves one file after the other, because starting it takes a third of a second; it is replaced when a file
was too much for it. It gets a file as bytes and gives pixels or a refusal back, never pickle: a decoder that a hostile
file has taken over can give wrong pixels, but cannot make this process run anything.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from multiprocessing.spawn import get_executable
from typing import IO, Any

import numpy as np

from extractor.errors import ExtractorError, TooManyPagesError, UnreadableInputError, UsageError
from extractor.imaging.limits import CLOCK, Limits

#: Files that a process serves before it is replaced, so that what its libraries leave behind does not add up.
_FILES = 64
#: Seconds after the limits when a process that did not end itself is ended; starting it is part of them.
_GRACE = 10.0
#: Seconds that a process which closed its pipe has to end.
_LAST_MOMENT = 0.2
#: A refusal is never longer, and a page never larger.
_MESSAGE_BYTES = 10_000
_PAGE_BYTES = 200_000_000
_REFUSALS: dict[str, type[ExtractorError]] = {
    cls.__name__: cls for cls in (UnreadableInputError, TooManyPagesError, UsageError)
}
_CODE = "import sys; sys.path[:] = sys.argv[1:]; from extractor.imaging.decoder_process import serve; serve()"


def decode(data: bytes, pages: Sequence[int] | None, limits: Limits) -> list[np.ndarray]:
    """The chosen pages of a picture or PDF, within `limits`. Raises UnreadableInputError or UsageError."""
    with _state.lock:
        process = _state.running()
        timer = threading.Timer(CLOCK * limits.file_seconds + _GRACE, process.kill)
        timer.daemon = True
        timer.start()
        try:
            return _exchange(process, data, pages, limits)
        except ExtractorError:
            raise
        except _BrokenError:
            raise _died(_state.close(_LAST_MOMENT), limits) from None
        except BaseException:
            # Stopped half way: what the process still writes belongs to no later file.
            _state.close()
            raise
        finally:
            timer.cancel()


class _BrokenError(Exception):
    """The process ended, or said something that it never says."""


def _exchange(process: Any, data: bytes, pages: Sequence[int] | None, limits: Limits) -> list[np.ndarray]:
    request = {"bytes": len(data), "pages": None if pages is None else list(pages), "limits": asdict(limits)}
    try:
        for part in (_framed(request), data):
            process.stdin.write(part)
        process.stdin.flush()
        found: list[np.ndarray] = []
        while "page" in (answer := _message(process.stdout)):
            found.append(_pixels(process.stdout, answer["page"]))
        refusal = _REFUSALS[answer["refused"]] if "refused" in answer else None
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        raise _BrokenError from None
    if refusal is not None:
        raise refusal(" ".join(str(answer.get("message")).split()))
    if not found or len(found) > limits.pages:
        raise _BrokenError
    return found


def _framed(value: Any) -> bytes:
    text = json.dumps(value).encode()
    return struct.pack(">I", len(text)) + text


def _message(stream: IO[bytes]) -> dict[str, Any]:
    (length,) = struct.unpack(">I", _exactly(stream, 4))
    if length > _MESSAGE_BYTES:
        raise _BrokenError
    message = json.loads(_exactly(stream, length))
    if not isinstance(message, dict):
        raise _BrokenError
    return message


def _pixels(stream: IO[bytes], size: Sequence[int]) -> np.ndarray:
    height, width = size
    if not (height > 0 and width > 0 and height * width * 3 <= _PAGE_BYTES):
        raise _BrokenError
    page = np.empty((height, width, 3), np.uint8)
    view, place = page.data.cast("B"), 0
    while place < len(view):
        read = stream.readinto(view[place:])  # type: ignore[attr-defined]
        if not read:
            raise _BrokenError
        place += read
    return page


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) != length:
        raise _BrokenError
    return data


def _died(code: int, limits: Limits) -> UnreadableInputError:
    import signal

    if os.name == "posix" and code in (-signal.SIGALRM, -signal.SIGPROF):
        return UnreadableInputError(f"the file takes more than {limits.seconds:g} seconds to decode; export it again")
    return UnreadableInputError(
        f"the file is damaged or takes more than {limits.memory} MiB to decode; export it again"
    )


class _State:
    """The process of this interpreter, or none."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.files = 0
        self.of_parents: list[Any] = []

    def running(self) -> subprocess.Popen[bytes]:
        """A process that waits for a file. Raises UnreadableInputError if the system gives none."""
        if self.process is not None and (self.process.poll() is not None or self.files >= _FILES):
            self.close()
        if self.process is None:
            try:
                self.process = _start()
            except OSError as error:
                raise UnreadableInputError(f"its decoder cannot be started: {error.strerror}") from None
            self.files = 0
        self.files += 1
        return self.process

    def close(self, patience: float = 0.0) -> int:
        """Waits `patience` seconds for the process to end, then kills it; its exit code, -n for signal n."""
        process, self.process = self.process, None
        if process is None:
            return 0
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)  # one that is ending says why
        process.kill()
        code = process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        return code

    def forget(self) -> None:
        """In a forked child: the process is the parent's, and so are its pipes."""
        self.lock = threading.Lock()
        if self.process is not None:
            self.process.returncode = 0  # there is nothing to wait for
            self.of_parents.append(self.process)
            self.process = None


def _start() -> subprocess.Popen[bytes]:
    executable = os.fsdecode(get_executable() or sys.executable)
    # One thread: a decoder needs no algebra, and the buffers of many threads count against its memory.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [executable, "-c", _CODE, *map(str, sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )


_state = _State()
atexit.register(_state.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_state.forget)


def start() -> None:
    """Starts the process ahead of the first file that needs it."""
    with _state.lock, contextlib.suppress(ExtractorError):
        _state.running()
        _state.files -= 1
