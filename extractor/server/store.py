"""Jobs in SQLite: what was asked, each file until it is read, each answer until it is fetched or too old.

Write-ahead logging with full synchronisation: whatever a caller was told is there survives the process being killed
and the power going. A file's picture is deleted in the transaction that stores its answer, so that a file is answered
once or still waits, and never neither nor both. Deleted content is overwritten (`secure_delete`), also in the log.

All calls come from one thread at a time (`extractor.server.jobs`). Every OSError-like failure of the folder or disk is
a Problem: storage-full (507) or storage-unavailable (503).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from extractor.server.problems import Problem
from extractor.server.sealing import Sealer, SealError
from extractor.server.uploads import File

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    created REAL NOT NULL,
    finished REAL,
    request BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
    job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    name BLOB NOT NULL,
    picture BLOB,
    answer BLOB,
    attempts INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job, seq)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waiting ON files (job, seq) WHERE answer IS NULL;
"""
_CHECK = b"id-document-extractor"
#: With less room than this SQLite cannot even begin to write.
_LEAST_FREE = 256 * 1024


@dataclass(frozen=True)
class JobState:
    """How far a job is. Times are seconds since 1970."""

    id: str
    created: float
    finished: float | None
    total: int
    done: int


@dataclass(frozen=True)
class Waiting:
    """The next file to read: its job's request, and how often reading it was begun."""

    job: int
    job_id: str
    seq: int
    request: Mapping[str, Any]
    picture: bytes
    attempts: int


class JobStore:
    """The jobs of one data folder. Opened on first use, so that a folder that cannot be used stops only jobs."""

    def __init__(self, folder: Path, sealer: Sealer, stored_bytes: int) -> None:
        self.path = folder / "jobs.sqlite3"
        self._sealer, self._most = sealer, stored_bytes
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()

    def check(self) -> None:
        """Raises a Problem unless the folder can be written to, UsageError for a wrong data key."""
        with self._transaction() as run:
            run("INSERT OR REPLACE INTO meta VALUES ('checked', ?)", (str(int(time.time())),))

    def create(self, owner: str, request: Mapping[str, Any], files: Sequence[File]) -> str:
        """Keeps a new job; its id. Raises a Problem if there is no room."""
        job_id = secrets.token_urlsafe(16)
        if sum(len(file.data) for file in files) + self.stored_bytes() > self._most:
            raise Problem("storage-full", f"jobs may hold {self._most // 1024**2} MiB together")
        with self._transaction() as run:
            sealed = self._sealer.seal(_json(request), f"{job_id}/request")
            number = run(
                "INSERT INTO jobs (id, owner, created, request) VALUES (?, ?, ?, ?)",
                (job_id, owner, time.time(), sealed),
            ).lastrowid
            for seq, file in enumerate(files, start=1):
                name = self._sealer.seal(file.name.encode(), f"{job_id}/{seq}/name")
                picture = self._sealer.seal(file.data, f"{job_id}/{seq}/picture")
                run("INSERT INTO files (job, seq, name, picture) VALUES (?, ?, ?, ?)", (number, seq, name, picture))
        return job_id

    def state(self, job_id: str, owner: str) -> JobState:
        """Raises unknown-job, also for another owner's."""
        with self._reading() as run:
            row = run(
                "SELECT id, created, finished, COUNT(seq), COUNT(answer) FROM jobs JOIN files ON job = number"
                " WHERE id = ? AND owner = ? GROUP BY number",
                (job_id, owner),
            ).fetchone()
        if row is None:
            raise Problem("unknown-job")
        return JobState(*row)

    def answers(self, job_id: str, owner: str, after: int = 0, most: int = 50) -> list[tuple[int, dict[str, Any]]]:
        """Up to `most` answers of a job behind file number `after`, in order. Raises unknown-job."""
        self.state(job_id, owner)
        with self._reading() as run:
            rows = run(
                "SELECT seq, name, answer FROM files JOIN jobs ON job = number"
                " WHERE id = ? AND seq > ? AND answer IS NOT NULL ORDER BY seq LIMIT ?",
                (job_id, after, most),
            ).fetchall()
        return [(seq, self._line(job_id, seq, name, answer)) for seq, name, answer in rows]

    def _line(self, job_id: str, seq: int, name: bytes, answer: bytes) -> dict[str, Any]:
        told = json.loads(self._open(answer, f"{job_id}/{seq}/answer"))
        return {"seq": seq, "file": self._open(name, f"{job_id}/{seq}/name").decode(), **told}

    def next_waiting(self) -> Waiting | None:
        """The first file without an answer of the oldest job that has one."""
        with self._reading() as run:
            row = run(
                "SELECT job, id, seq, request, picture, attempts FROM files JOIN jobs ON job = number"
                " WHERE answer IS NULL ORDER BY job, seq LIMIT 1"
            ).fetchone()
        if row is None:
            return None
        job, job_id, seq, request, picture, attempts = row
        asked = json.loads(self._open(request, f"{job_id}/request"))
        return Waiting(job, job_id, seq, asked, self._open(picture, f"{job_id}/{seq}/picture"), attempts)

    def count_attempt(self, waiting: Waiting) -> None:
        with self._transaction() as run:
            run("UPDATE files SET attempts = attempts + 1 WHERE job = ? AND seq = ?", (waiting.job, waiting.seq))

    def answer(self, waiting: Waiting, told: Mapping[str, Any]) -> bool:
        """Stores a file's answer and deletes its picture. False if the job was deleted or the file has its answer."""
        sealed = self._sealer.seal(_json(told), f"{waiting.job_id}/{waiting.seq}/answer")
        with self._transaction() as run:
            stored = run(
                "UPDATE files SET answer = ?, picture = NULL WHERE job = ? AND seq = ? AND answer IS NULL",
                (sealed, waiting.job, waiting.seq),
            ).rowcount
            run(
                "UPDATE jobs SET finished = ? WHERE number = ?"
                " AND NOT EXISTS (SELECT 1 FROM files WHERE job = number AND answer IS NULL)",
                (time.time(), waiting.job),
            )
        return stored == 1

    def delete(self, job_id: str, owner: str) -> None:
        """Deletes a job and all that belongs to it, now. Raises unknown-job."""
        with self._transaction() as run:
            if run("DELETE FROM jobs WHERE id = ? AND owner = ?", (job_id, owner)).rowcount == 0:
                raise Problem("unknown-job")
        self._forget()

    def delete_finished_before(self, moment: float) -> int:
        """Deletes the jobs that were finished before `moment`; how many."""
        with self._transaction() as run:
            count = run("DELETE FROM jobs WHERE finished < ?", (moment,)).rowcount
        if count:
            self._forget()
        return count

    def counts(self) -> dict[str, int]:
        """How many files wait and how many have their answer."""
        with self._reading() as run:
            queued, done = run("SELECT COUNT(*) - COUNT(answer), COUNT(answer) FROM files").fetchone()
        return {"queued": queued, "done": done}

    def stored_bytes(self) -> int:
        """Bytes that the jobs take on disk, free pages aside."""
        with self._reading() as run:
            pages, free, size = (
                run(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
            )
        return int((pages - free) * size)

    def _forget(self) -> None:
        """Takes deleted content out of the log as well, and gives the room back to the disk."""
        with _as_problems(self.path.parent):
            connection = self._opened()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute("PRAGMA incremental_vacuum").fetchall()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _open(self, stored: bytes, place: str) -> bytes:
        try:
            return self._sealer.open(stored, place)
        except SealError as error:
            raise Problem("storage-unavailable", str(error)) from None

    @contextmanager
    def _reading(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        with _as_problems(self.path.parent):
            yield self._opened().execute

    @contextmanager
    def _transaction(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        with _as_problems(self.path.parent):
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection.execute
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Nobody else's business, whatever the umask says.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10.0)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        for pragma in (
            "auto_vacuum = INCREMENTAL",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.executescript(_SCHEMA)
        row = connection.execute("SELECT value FROM meta WHERE name = 'seal'").fetchone()
        if row is None:
            connection.execute("INSERT INTO meta VALUES ('seal', ?)", (self._sealer.seal(_CHECK, "meta/seal"),))
            return
        try:
            plain = row[0][:1] == b"\x00"
            self._sealer.open(row[0], "meta/seal")
        except SealError as error:
            raise UsageError(f"the data folder holds encrypted jobs: {error}; check the data key") from None
        if plain and self._sealer.encrypts:
            # From now on everything that is stored is encrypted; what is there already goes as it is fetched or ages.
            sealed = self._sealer.seal(_CHECK, "meta/seal")
            connection.execute("UPDATE meta SET value = ? WHERE name = 'seal'", (sealed,))


@contextmanager
def _as_problems(folder: Path) -> Iterator[None]:
    """Failures of the disk or the folder as problems; SQLite has rolled back what was not complete."""
    try:
        yield
    except sqlite3.OperationalError as error:
        # Where the index of the log cannot grow, SQLite says so of its own file and not of the disk.
        full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL or _is_full(folder)
        raise Problem("storage-full" if full else "storage-unavailable", headers={"Retry-After": "30"}) from error
    except sqlite3.DatabaseError as error:
        raise Problem("storage-unavailable", "the file of the jobs is damaged") from error
    except OSError as error:
        raise storage_problem(error) from error


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _LEAST_FREE
    except OSError:
        return False


def storage_problem(error: OSError) -> Problem:
    """A failure of the file system as a problem: 507 where there is no room, else 503."""
    import errno

    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return Problem("storage-full" if full else "storage-unavailable", headers={"Retry-After": "30"})


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
