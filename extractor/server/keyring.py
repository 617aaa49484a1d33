"""Keys of stored values in slots of one file: overwriting a slot erases what its key has sealed (crypto-shredding).

SQLite cannot promise that a deleted value is gone: copies stay in the write-ahead log, in unused parts of pages and in
blocks that the file system took back. So no value is ever written in the clear, and erasing one means overwriting
32 bytes in place.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

_KEY_BYTES = 32
_ERASED = bytes(_KEY_BYTES)


class KeyRing:
    """The keys of one file. Every method may raise OSError; what it has returned from is on the disk.

    Raises BlockingIOError where another process holds them.
    """

    def __init__(self, path: Path) -> None:
        self._file = open(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600), "r+b", buffering=0)  # noqa: SIM115
        with suppress(OSError):  # not every system can sync a folder, in which the file's name stands
            _sync_folder(path.parent)
        try:
            _lock(self._file.fileno())
        except BlockingIOError:
            self._file.close()
            raise
        self._slots = os.fstat(self._file.fileno()).st_size // _KEY_BYTES
        self._free: set[int] = set()

    def close(self) -> None:
        self._file.close()

    def keep_only(self, used: Collection[object]) -> None:
        """Erases all keys but those in the slots `used`: a process that was killed may have left some."""
        self.erase(slot for slot in range(self._slots) if slot not in used)

    def new(self, count: int) -> list[tuple[int, bytes]]:
        """Slots with new keys."""
        missing = max(0, count - len(self._free))
        self._free |= set(range(self._slots, self._slots + missing))
        self._slots += missing
        taken = [(slot, secrets.token_bytes(_KEY_BYTES)) for slot in sorted(self._free)[:count]]
        for slot, key in taken:
            self._write(slot, key)
        os.fsync(self._file.fileno())
        self._free -= {slot for slot, _ in taken}
        return taken

    def key(self, slot: object) -> bytes | None:
        """The key in a slot; None where there is none, or `slot` is not a slot."""
        if not isinstance(slot, int) or not 0 <= slot < self._slots:
            return None
        self._file.seek(slot * _KEY_BYTES)
        key = self._file.read(_KEY_BYTES)
        return key if len(key) == _KEY_BYTES and key != _ERASED else None

    def erase(self, slots: Iterable[int]) -> None:
        """Overwrites the keys in `slots`, which are free from then on."""
        erased = {slot for slot in slots if 0 <= slot < self._slots}
        for slot in erased:
            if self.key(slot) is not None:
                self._write(slot, _ERASED)
        os.fsync(self._file.fileno())
        self._free |= erased

    def _write(self, slot: int, key: bytes) -> None:
        self._file.seek(slot * _KEY_BYTES)
        if self._file.write(key) != _KEY_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _lock(file: int) -> None:
    """Keeps other processes off: two that wrote keys into the same slots would erase each other's jobs."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # not every file system has locks
        return


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
