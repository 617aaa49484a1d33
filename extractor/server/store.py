"""Jobs in SQLite: what was asked, each file until it is read, each answer until it is fetched or too old.

Write-ahead logging with full synchronisation: a job that was acknowledged survives the process being killed and the
power going. A file's picture is deleted in the transaction that stores its answer, so that a file is answered once or
still waits, and never neither nor both.

No value is written in the clear. A picture has a key of its own (`keyring`), the names, answers and request of a job
another one; the key is overwritten as soon as the picture was read or the job deleted, which erases every copy of the
value that SQLite or the file system may still hold.

All calls come from one thread at a time (`extractor.server.jobs`). Every failure of the folder or disk is a Problem:
storage-full (507), storage-unavailable or storage-damaged (503).
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractor.server.database import open_database
from extractor.server.disk import as_problems
from extractor.server.keyring import KeyRing
from extractor.server.problems import Problem, details
from extractor.server.sealing import Sealer, SealError
from extractor.server.uploads import File

#: Free pages (of 4 KiB) that one call gives back to the disk: a fraction of a second of work.
_PAGES_A_STEP = 4096


@dataclass(frozen=True)
class JobState:
    """How far a job is. Times are seconds since 1970."""

    id: str
    created: float
    finished: float | None
    total: int
    done: int


@dataclass(frozen=True)
class QueuedFile:
    """A file that waits: where it is stored, and how often reading it was begun."""

    job: int
    job_id: str
    seq: int
    attempts: int


@dataclass(frozen=True)
class Waiting:
    """A file to read, and its job's request."""

    queued: QueuedFile
    request: Mapping[str, Any]
    picture: bytes


class JobStore:
    """The jobs of one data folder. Opened on first use, so that a folder that cannot be used stops only jobs."""

    def __init__(self, folder: Path, sealer: Sealer, stored_bytes: int) -> None:
        self.path, self._keys_path = folder / "jobs.sqlite3", folder / "jobs.keys"
        self._sealer, self._most = sealer, stored_bytes
        self._connection: sqlite3.Connection | None = None
        self._keys: KeyRing | None = None
        self._to_erase: set[int] = set()
        self._skipped: set[tuple[int, int]] = set()

    def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()
        if self._keys is not None:
            keys, self._keys = self._keys, None
            keys.close()

    def check(self) -> None:
        """Raises a Problem unless the folder can be written to, UsageError for a wrong data key."""
        with self.transaction() as run:
            run("INSERT OR REPLACE INTO meta VALUES ('checked', ?)", (str(int(time.time())),))

    def create(
        self, owner: str, request: Mapping[str, Any], files: Sequence[File], hook: Mapping[str, Any] | None = None
    ) -> str:
        """Keeps a new job, and the `hook` that is to be called when it is done; its id. Raises a Problem if there is no
        room."""
        job_id = secrets.token_urlsafe(16)
        if sum(len(file.data) for file in files) + self.stored_bytes() > self._most:
            raise Problem("storage-full", f"jobs may hold {self._most // 1024**2} MiB together")
        with self._new_keys(1 + len(files)) as ((slot, key), *pictures), self.transaction() as run:
            sealed = self._sealer.seal(_json(request), f"{job_id}/request", key)
            number = run(
                "INSERT INTO jobs (id, owner, created, request, slot) VALUES (?, ?, ?, ?, ?)",
                (job_id, owner, time.time(), sealed, slot),
            ).lastrowid
            for seq, (file, (own_slot, own_key)) in enumerate(zip(files, pictures, strict=True), start=1):
                name = self._sealer.seal(file.name.encode(), f"{job_id}/{seq}/name", key)
                picture = self._sealer.seal(file.data, f"{job_id}/{seq}/picture", own_key)
                run(
                    "INSERT INTO files (job, seq, name, picture, slot) VALUES (?, ?, ?, ?, ?)",
                    (number, seq, name, picture, own_slot),
                )
            if hook is not None:
                asked = self._sealer.seal(_json(hook), f"{job_id}/webhook", key)
                run("INSERT INTO hooks (job, asked, due) VALUES (?, ?, 0)", (number, asked))
        return job_id

    def state(self, job_id: str, owner: str) -> JobState:
        """Raises unknown-job, also for another owner's."""
        with self.reading() as run:
            row = run(
                "SELECT id, CAST(created AS REAL), CAST(finished AS REAL), COUNT(seq), COUNT(answer)"
                " FROM jobs JOIN files ON job = number"
                " WHERE id = ? AND owner = ? GROUP BY number",
                (job_id, owner),
            ).fetchone()
        if row is None:
            raise Problem("unknown-job")
        return JobState(*row)

    def answers(self, job_id: str, owner: str, after: int = 0, most: int = 50) -> list[tuple[int, dict[str, Any]]]:
        """Up to `most` answers of a job behind file number `after`, in order. Raises unknown-job."""
        self.state(job_id, owner)
        with self.reading() as run:
            rows = run(
                "SELECT files.seq, name, answer, jobs.slot FROM files JOIN jobs ON job = number"
                " WHERE id = ? AND seq > ? AND answer IS NOT NULL ORDER BY seq LIMIT ?",
                (job_id, after, most),
            ).fetchall()
            return [(seq, self._line(job_id, seq, *stored)) for seq, *stored in rows]

    def _line(self, job_id: str, seq: int, name: Any, answer: Any, slot: Any) -> dict[str, Any]:
        key = self._ring().key(slot)
        try:
            shown = self._sealer.open(name, f"{job_id}/{seq}/name", key).decode()
        except SealError:
            shown = "unnamed"
        try:
            content = json.loads(self._sealer.open(answer, f"{job_id}/{seq}/answer", key))
        except SealError:
            content = {"problem": details(Problem("storage-damaged", "the stored result cannot be opened"))}
        return {"seq": seq, "file": shown, **content}

    def opened(self, stored: Any, place: str, slot: Any) -> bytes:
        """A value that was sealed for `place` with the key in `slot`. Raises SealError."""
        return self._sealer.open(stored, place, self._ring().key(slot))

    def next_waiting(self) -> QueuedFile | None:
        """The first file without an answer of the oldest job that has one; those that were skipped aside."""
        with self.reading() as run:
            rows = run(
                "SELECT job, id, seq, CAST(attempts AS INTEGER) FROM files JOIN jobs ON job = number"
                " WHERE answer IS NULL ORDER BY job, seq"
            )
            return next((QueuedFile(*row) for row in rows if (row[0], row[2]) not in self._skipped), None)

    def load(self, queued: QueuedFile) -> Waiting:
        """What is stored of a file that waits. Raises storage-damaged if it cannot be opened."""
        with self.reading() as run:
            row = run(
                "SELECT request, jobs.slot, picture, files.slot FROM files JOIN jobs ON job = number"
                " WHERE job = ? AND seq = ?",
                (queued.job, queued.seq),
            ).fetchone()
            if row is None:
                raise Problem("unknown-job")
            request, slot, picture, own_slot = row
            try:
                asked = self._sealer.open(request, f"{queued.job_id}/request", self._ring().key(slot))
                name = f"{queued.job_id}/{queued.seq}/picture"
                shown = self._sealer.open(picture, name, self._ring().key(own_slot))
            except SealError:
                raise Problem("storage-damaged", "the stored file cannot be opened") from None
        return Waiting(queued, json.loads(asked), shown)

    def skip(self, queued: QueuedFile) -> None:
        """Leaves a file aside, whose answer cannot be stored, until the service is started again."""
        self._skipped.add((queued.job, queued.seq))

    def count_attempt(self, queued: QueuedFile) -> None:
        with self.transaction() as run:
            run(
                "UPDATE files SET attempts = CAST(attempts AS INTEGER) + 1 WHERE job = ? AND seq = ?",
                (queued.job, queued.seq),
            )

    def answer(self, queued: QueuedFile, content: Mapping[str, Any]) -> bool:
        """Stores a file's answer and erases its picture. False if the job was deleted or the file has its answer."""
        with self.transaction() as run:
            row = run(
                "SELECT jobs.slot, files.slot FROM files JOIN jobs ON job = number"
                " WHERE job = ? AND seq = ? AND answer IS NULL",
                (queued.job, queued.seq),
            ).fetchone()
            if row is None:
                return False
            key = self._ring().key(row[0])
            # Without its key nothing of the job can be opened again, and `answers` says so.
            sealed = self._sealer.seal(_json(content), f"{queued.job_id}/{queued.seq}/answer", key) if key else b""
            run(
                "UPDATE files SET answer = ?, picture = NULL, slot = NULL WHERE job = ? AND seq = ?",
                (sealed, queued.job, queued.seq),
            )
            run(
                "UPDATE jobs SET finished = ? WHERE number = ?"
                " AND NOT EXISTS (SELECT 1 FROM files WHERE job = number AND answer IS NULL)",
                (time.time(), queued.job),
            )
        self._erase(row[1:])
        return True

    def delete(self, job_id: str, owner: str) -> None:
        """Deletes a job and erases all that belongs to it, now. Raises unknown-job."""
        if not self._delete("id = ? AND owner = ?", (job_id, owner)):
            raise Problem("unknown-job")

    def delete_finished_before(self, moment: float) -> int:
        """Deletes the jobs that were finished before `moment`; how many."""
        return self._delete("finished < ?", (moment,))

    def _delete(self, which: str, values: tuple[Any, ...]) -> int:
        with self.transaction() as run:
            slots = run(f"SELECT slot FROM jobs WHERE {which}", values).fetchall()
            slots += run(
                f"SELECT files.slot FROM files JOIN jobs ON job = number WHERE files.slot IS NOT NULL AND {which}",
                values,
            ).fetchall()
            count = run(f"DELETE FROM jobs WHERE {which}", values).rowcount
        self._erase(slot for (slot,) in slots)
        return count

    def counts(self) -> dict[str, int]:
        """How many files wait and how many have their answer."""
        with self.reading() as run:
            queued, done = run("SELECT COUNT(*) - COUNT(answer), COUNT(answer) FROM files").fetchone()
        return {"queued": queued, "done": done}

    def stored_bytes(self) -> int:
        """Bytes that the jobs take on disk, free pages aside."""
        with self.reading() as run:
            pages, free, size = (
                run(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
            )
        return int((pages - free) * size)

    def shrink(self) -> bool:
        """Gives a part of the room that was freed back to the disk; whether there is more."""
        with as_problems(self.path.parent):
            connection = self._opened()
            self._erase(())
            # As a script: of a single statement sqlite3 runs only the first step, which frees one page.
            connection.executescript(f"PRAGMA incremental_vacuum({_PAGES_A_STEP})")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return bool(connection.execute("PRAGMA freelist_count").fetchone()[0])

    def _erase(self, slots: Iterable[Any]) -> None:
        """Erases keys. What the disk does not let it erase now is tried again by `shrink`, and at the next start."""
        self._to_erase |= {slot for slot in slots if isinstance(slot, int)}
        with suppress(OSError):
            self._ring().erase(self._to_erase)
            self._to_erase = set()

    @contextmanager
    def _new_keys(self, count: int) -> Iterator[list[tuple[int, bytes]]]:
        """Slots with new keys, which are erased again if what they are for fails."""
        with as_problems(self.path.parent):
            self._opened()
            made = self._ring().new(count)
        try:
            yield made
        except BaseException:
            self._erase(slot for slot, _ in made)
            raise

    def _ring(self) -> KeyRing:
        assert self._keys is not None, "opened with the database"
        return self._keys

    @contextmanager
    def reading(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        with as_problems(self.path.parent):
            yield self._opened().execute

    @contextmanager
    def transaction(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        with as_problems(self.path.parent):
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
            connection = open_database(self.path, self._sealer)
            try:
                self._keys = self._opened_keys(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _opened_keys(self, connection: sqlite3.Connection) -> KeyRing:
        """The keys, without those that nothing is sealed with any more."""
        try:
            keys = KeyRing(self._keys_path)
        except BlockingIOError:
            detail = "another extract-server uses the data folder; name another one by --data"
            raise Problem("storage-unavailable", detail, headers={"Retry-After": "30"}) from None
        try:
            # Where the tables are damaged, nobody knows which keys are needed.
            with suppress(sqlite3.DatabaseError):
                rows = connection.execute("SELECT slot FROM jobs UNION SELECT slot FROM files").fetchall()
                keys.keep_only({slot for (slot,) in rows})
        except BaseException:
            keys.close()
            raise
        return keys


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
