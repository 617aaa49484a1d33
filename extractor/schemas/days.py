"""Days of ISO 8601 dates, which may be of reduced precision, and ages."""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def age_on(birth: str, day: date) -> int | None:
    """Full years on a day; of a birth date of reduced precision the least that they can be."""
    born = last_day(birth)
    if born is None or born > day:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def first_day(iso: str) -> date | None:
    """The first day that a date can be."""
    return _day(iso, last=False)


def last_day(iso: str) -> date | None:
    """The last day that a date can be."""
    return _day(iso, last=True)


def _day(iso: str, *, last: bool) -> date | None:
    """The first or last day of an ISO 8601 date, which may be a month or a year."""
    try:
        parts = [int(part) for part in iso.split("-")]
        year, month, day = (*parts, 0, 0)[:3]
        month = month or (12 if last else 1)
        return date(year, month, day or (monthrange(year, month)[1] if last else 1))
    except ValueError:
        return None
