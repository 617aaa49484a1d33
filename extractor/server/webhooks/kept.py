"""What the store knows of webhooks: where each goes, how often it was tried, when it is due again.

The address is sealed with its job's key, since it may hold a secret of its own, and goes with the job.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from extractor.server.sealing import SealError
from extractor.server.store import JobStore


@dataclass(frozen=True)
class Due:
    """A webhook of a job that is done. `asked` has its `url` and whether `results` go along; None: it cannot be
    opened any more."""

    job: int
    job_id: str
    owner: str
    attempts: int
    asked: Mapping[str, Any] | None = field(repr=False)


def due(store: JobStore, most: int) -> list[Due]:
    """Up to `most` webhooks whose time has come."""
    with store.reading() as run:
        rows = run(
            "SELECT number, id, owner, CAST(attempts AS INTEGER), asked, slot FROM hooks JOIN jobs ON job = number"
            " WHERE finished IS NOT NULL AND due <= ? ORDER BY due LIMIT ?",
            (time.time(), most),
        ).fetchall()
    return [
        Due(job, job_id, owner, attempts, _opened(store, job_id, asked, slot))
        for job, job_id, owner, attempts, asked, slot in rows
    ]


def seconds_to_next(store: JobStore) -> float | None:
    """How long until another one is due; None where none waits."""
    with store.reading() as run:
        (moment,) = run(
            "SELECT MIN(CAST(due AS REAL)) FROM hooks JOIN jobs ON job = number WHERE finished IS NOT NULL"
        ).fetchone()
    return None if moment is None else max(0.0, moment - time.time())


def tried(store: JobStore, one: Due, *, reason: str | None, again: float | None = None) -> None:
    """Notes an attempt: why it failed, None where it did not, and in how many seconds the next one is due, if ever."""
    now = time.time()
    with store.transaction() as run:
        run(
            "UPDATE hooks SET attempts = CAST(attempts AS INTEGER) + 1, due = ?, delivered = ?, reason = ?"
            " WHERE job = ?",
            (None if again is None else now + again, now if reason is None else None, reason, one.job),
        )


def shown(store: JobStore, job_id: str) -> dict[str, Any] | None:
    """How the webhook of a job stands, as a caller sees it; None where it has none."""
    with store.reading() as run:
        row = run(
            "SELECT CAST(attempts AS INTEGER), CAST(due AS REAL), CAST(delivered AS REAL), CAST(reason AS TEXT),"
            " finished IS NOT NULL FROM hooks JOIN jobs ON job = number WHERE id = ?",
            (job_id,),
        ).fetchone()
    if row is None:
        return None
    attempts, moment, delivered, reason, is_done = row
    state = "delivered" if delivered is not None else "given-up" if moment is None else "waiting"
    next_at = round(moment, 3) if state == "waiting" and is_done else None
    return {"state": state, "attempts": attempts, "reason": reason, "next_at": next_at}


def _opened(store: JobStore, job_id: str, asked: Any, slot: Any) -> Mapping[str, Any] | None:
    try:
        found = json.loads(store.opened(asked, f"{job_id}/webhook", slot))
    except SealError:
        return None
    return dict(found)
