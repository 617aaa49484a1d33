"""The database of the jobs: its tables, how it is opened, and whether its values can be read with the data key."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from extractor.server.sealing import Sealer, SealError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    created REAL NOT NULL,
    finished REAL,
    request BLOB NOT NULL,
    slot INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
    job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    slot INTEGER,
    name BLOB NOT NULL,
    picture BLOB,
    answer BLOB,
    PRIMARY KEY (job, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hooks (
    job INTEGER PRIMARY KEY REFERENCES jobs (number) ON DELETE CASCADE,
    asked BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL,
    delivered REAL,
    reason TEXT
);
CREATE INDEX IF NOT EXISTS waiting ON files (job, seq) WHERE answer IS NULL;
"""
_CHECK = b"id-document-extractor"
#: Incremented with every change of a table. A new table, which an older version leaves alone, does not count.
_VERSION = 2
_NO_KEY = bytes(32)


def open_database(path: Path, sealer: Sealer) -> sqlite3.Connection:
    """The database at `path`, made if it is not there. Raises UsageError for another version's or another data key's,
    OSError and sqlite3.Error as they come."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Readable by its owner only, whatever the umask.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)
    try:
        _prepare(connection, path.name, sealer)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, name: str, sealer: Sealer) -> None:
    for pragma in (
        "auto_vacuum = INCREMENTAL",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'jobs'").fetchone()
    if known and connection.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
        raise UsageError(
            f"the data folder holds jobs of another version of this program; let that one finish them and delete"
            f" {name}, or name another folder by --data"
        )
    connection.executescript(f"{_SCHEMA} PRAGMA user_version = {_VERSION}")
    _check_data_key(connection, sealer)


def _check_data_key(connection: sqlite3.Connection, sealer: Sealer) -> None:
    """Raises UsageError where jobs were stored with another data key than there is now, or without one.

    They are never taken over: values that somebody put there without the key would be taken over as well.
    """
    row = connection.execute("SELECT value FROM meta WHERE name = 'seal'").fetchone()
    if row is not None and _opens(sealer, row[0]):
        return
    if row is not None:
        jobs = connection.execute("SELECT 1 FROM jobs LIMIT 1").fetchone()
        if jobs or not _opens(Sealer(None), row[0]):
            raise UsageError(
                "the data folder holds jobs that were stored with another data key or without one; start with that"
                " one until they are deleted, or name another folder by --data"
            )
    sealed = sealer.seal(_CHECK, "meta/seal", _NO_KEY)
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('seal', ?)", (sealed,))


def _opens(sealer: Sealer, sealed: Any) -> bool:
    try:
        sealer.open(sealed, "meta/seal", _NO_KEY)
    except SealError:
        return False
    return True
