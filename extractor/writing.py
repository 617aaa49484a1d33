"""Where the command's output goes: stdout, or a file that is replaced as a whole when everything is written.

Text is written as it comes. A file's new content grows beside it, so that the old content stays until the new one is
complete: a full disk or an interruption never leaves half of it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from typing import Protocol

from extractor.errors import UsageError

#: Names of standard output; its file is written to as it was opened, and never replaced.
_STDOUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


class OutputError(UsageError):
    """The output cannot be written."""


class Target(Protocol):
    """Takes text. One of `finish` and `abandon` is the last call."""

    def write(self, text: str) -> None: ...

    def finish(self) -> None: ...

    def abandon(self, *, keep: bool) -> str:
        """Ends before everything was written; `keep` what there is. Returns the file that holds it, or nothing."""
        ...


class Stdout:
    """Standard output, each text at once."""

    def write(self, text: str) -> None:
        if not text:
            return
        if sys.stdout is None:
            raise OutputError("stdout is closed")
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except (OSError, ValueError) as error:  # ValueError: the stream object is closed
            silence_stdout()
            reason = error.strerror if isinstance(error, OSError) else "it is closed"
            raise OutputError(f"stdout cannot be written: {reason}") from None

    def finish(self) -> None:
        pass

    def abandon(self, *, keep: bool) -> str:  # noqa: ARG002
        return ""


def silence_stdout() -> None:
    """What is still buffered for a stdout that takes nothing more is dropped, or Python would fail on it at its end."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class Direct:
    """A device, a pipe or another thing that cannot be replaced."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY)

    def write(self, text: str) -> None:
        _write(self._file, text, self._path)

    def finish(self) -> None:
        os.close(self._file)

    def abandon(self, *, keep: bool) -> str:  # noqa: ARG002
        os.close(self._file)
        return ""


class Replacement:
    """The new content of a file, which grows in `NAME.….partial` beside it."""

    def __init__(self, path: str) -> None:
        self._shown, self._path = path, os.path.realpath(path)
        with contextlib.suppress(FileNotFoundError):
            os.stat(self._path)  # such as a name that is too long
        folder, name = os.path.split(self._path)
        # A character takes up to four bytes, and a name 255.
        file, self._partial = tempfile.mkstemp(prefix=f"{name[:50]}.", suffix=".partial", dir=folder)
        self._file: int | None = file
        self._whole = 0  # bytes of whole texts

    def write(self, text: str) -> None:
        if self._file is not None:
            _write(self._file, text, self._shown)
            self._whole = os.lseek(self._file, 0, os.SEEK_CUR)

    def finish(self) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            with contextlib.suppress(OSError):  # some file systems have no permissions
                os.chmod(self._partial, self._permissions())
            try:
                os.fsync(file)
            finally:
                os.close(file)
            os.replace(self._partial, self._path)
        except OSError as error:
            raise OutputError(
                f"{self._shown} cannot be replaced: {error.strerror}; what was read is in {self._partial}"
            ) from None

    def abandon(self, *, keep: bool) -> str:
        file, self._file = self._file, None
        if file is None:
            return ""  # `finish` failed, and said where everything is
        kept = keep and self._whole > 0
        with contextlib.suppress(OSError):
            if kept:
                os.ftruncate(file, self._whole)
            else:
                os.unlink(self._partial)
        os.close(file)
        return self._partial if kept else ""

    def _permissions(self) -> int:
        """Those of the file that is replaced; of a new one, what a new file usually gets."""
        try:
            return stat.S_IMODE(os.stat(self._path).st_mode)
        except OSError:
            mask = os.umask(0)
            os.umask(mask)
            return 0o666 & ~mask


def _write(file: int, text: str, path: str) -> None:
    data = text.encode("utf-8", "backslashreplace")
    try:
        while data:
            data = data[os.write(file, data) :]
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from None


def check_apart(targets: Iterable[str | os.PathLike[str]], read: Iterable[str | os.PathLike[str]]) -> None:
    """Raises OutputError for a file to be written that is one of those that are `read`, also by another name."""
    known: dict[object, str | os.PathLike[str]] = {found: target for target in targets if (found := _identity(target))}
    # Most calls write new files, and then no input need be looked at.
    for one in read if known else ():
        if target := known.get(_identity(one)):
            raise OutputError(f"{os.fspath(target)} is read by this call, and would be lost; write to another file")


def _identity(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Which file a path leads to; None where there is none, or no ordinary one."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def is_stdout(path: str | None) -> bool:
    """Whether that output is standard output."""
    return path is None or path in _STDOUT


def open_target(path: str | None) -> Target:
    """Where output goes: to `path`, or to stdout without one or for `-`. Raises OutputError, before anything is
    read."""
    if path is None or is_stdout(path):
        return Stdout()
    if not path:
        raise OutputError("the name of the output is empty; is a variable unset?")
    try:
        if os.path.exists(path) and not os.path.isdir(path) and not os.path.isfile(path):
            return Direct(path)
        if os.path.isdir(path):
            raise OutputError(f"{path} cannot be written: it is a folder")
        return Replacement(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "this is not a file name"
        raise OutputError(f"{path} cannot be written: {reason}") from None
