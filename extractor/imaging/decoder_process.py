"""What runs in the decoder's process: files come in on stdin, pixels go out on stdout.

    request   length (4 bytes, big endian), {"bytes": n, "pages": [1] or null, "limits": {...}} as JSON, n bytes
    answers   any number of: length, {"page": [height, width]}, its RGB pixels
              then length, {"done": true} or {"refused": name of the error, "message": one line}

A limit that is passed ends the process: by the system's own means, since a decoder that is busy hears no Python.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from typing import IO, Any

import numpy as np

from extractor.errors import ExtractorError
from extractor.imaging.limits import CLOCK, Limits


def serve() -> None:
    """Decodes file after file until stdin ends."""
    source = sys.stdin.buffer
    target = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries write about the files they read
    for name in ("SIGINT", "SIGHUP"):
        # An interrupt at the terminal reaches every process; when this one ends, its parent decides.
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    _limit("RLIMIT_CORE", 0)  # a core dump would hold a document
    _limit("RLIMIT_FSIZE", 0)
    with contextlib.suppress(BrokenPipeError, OSError):
        while head := source.read(4):
            request = json.loads(source.read(*struct.unpack(">I", head)))
            data = source.read(request["bytes"])
            if len(data) < request["bytes"]:
                return
            if not _answer(target, data, request["pages"], Limits(**request["limits"])):
                return


def _answer(target: IO[bytes], data: bytes, pages: Sequence[int] | None, limits: Limits) -> bool:
    """Writes the answers to one file; whether this process is fit for another."""
    clock = _Clock(limits)
    try:
        _import_for(data)
        _limit("RLIMIT_AS", _address_space() + limits.memory * 2**20)
        clock.next_page()
        for page in _pages(data, pages, limits):
            _say(target, {"page": page.shape[:2]}, np.ascontiguousarray(page).data.cast("B"))
            clock.next_page()
        _say(target, {"done": True})
    except ExtractorError as error:
        _say(target, {"refused": type(error).__name__, "message": str(error)})
    except Exception:
        return False  # memory ran out, most likely; the parent says so
    finally:
        clock.stop()
    return True


def _import_for(data: bytes) -> None:
    """Loads the libraries that a file needs, which do not count against its memory."""
    from extractor.imaging.load import is_pdf
    from extractor.imaging.pictures import import_formats

    if is_pdf(data):
        import pypdfium2  # noqa: F401
    else:
        import_formats()


def _pages(data: bytes, pages: Sequence[int] | None, limits: Limits) -> Iterator[np.ndarray]:
    from extractor.imaging.load import is_pdf
    from extractor.imaging.pdf import pdf_pages
    from extractor.imaging.pictures import picture_pages

    return pdf_pages(data, pages, limits) if is_pdf(data) else picture_pages(data, pages, limits)


def _say(target: IO[bytes], message: dict[str, Any], content: memoryview | None = None) -> None:
    text = json.dumps(message).encode()
    target.write(struct.pack(">I", len(text)) + text)
    if content is not None:
        target.write(content)
    target.flush()


class _Clock:
    """Ends this process when a page, or the file, takes longer than it may."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._start, self._cpu = limits, time.monotonic(), time.process_time()
        for name in ("SIGALRM", "SIGPROF"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_DFL)

    def next_page(self) -> None:
        page, file = self._limits.seconds, self._limits.file_seconds
        cpu = min(page, file - (time.process_time() - self._cpu))
        wall = CLOCK * min(page, file - (time.monotonic() - self._start) / CLOCK)
        self._set(max(0.001, cpu), max(0.001, wall))

    def stop(self) -> None:
        self._set(0, 0)

    def _set(self, cpu: float, wall: float) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, cpu)
            signal.setitimer(signal.ITIMER_REAL, wall)


def _limit(name: str, value: int) -> None:
    """Sets one of this process's own limits, never above what it was given; does nothing where the system has none."""
    try:
        import resource
    except ImportError:  # Windows
        return
    kind = getattr(resource, name)
    _, most = resource.getrlimit(kind)
    with contextlib.suppress(ValueError, OSError):  # macOS knows some limits and refuses to set them
        resource.setrlimit(kind, (value if most == resource.RLIM_INFINITY else min(value, most), most))


def _address_space() -> int:
    """Bytes of address space that this process has now; without /proc, what the libraries usually take."""
    try:
        with open("/proc/self/statm", encoding="ascii") as numbers:
            return int(numbers.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 512 * 2**20
