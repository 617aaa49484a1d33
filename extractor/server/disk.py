"""Failures of the disk or of a folder as problems: storage-full (507), storage-unavailable or -damaged (503)."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from extractor.server.problems import Problem

#: With less room than this SQLite cannot even begin to write.
_LEAST_FREE = 256 * 1024


@contextmanager
def as_problems(folder: Path) -> Iterator[None]:
    """Failures of the disk or the folder as problems; SQLite has rolled back what was not complete."""
    try:
        yield
    except sqlite3.OperationalError as error:
        # Where the index of the log cannot grow, SQLite says so of its own file and not of the disk.
        full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL or _is_full(folder)
        raise Problem("storage-full" if full else "storage-unavailable", headers={"Retry-After": "30"}) from error
    except sqlite3.DatabaseError as error:
        raise Problem("storage-damaged", "the file of the jobs is damaged") from error
    except OSError as error:
        raise storage_problem(error) from error


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _LEAST_FREE
    except OSError:
        return False


def storage_problem(error: OSError) -> Problem:
    """A failure of the file system as a problem: 507 where there is no room, else 503."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return Problem("storage-full" if full else "storage-unavailable", headers={"Retry-After": "30"})
