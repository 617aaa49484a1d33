"""Six digits of a machine-readable zone -> an ISO 8601 date, with the century its meaning implies.

ICAO Doc 9303-3, 4.8: dates are YYMMDD; an unknown part of a birth date is filled with `<` (some states print `00`).
The century is not printed. A birth date lies not after today and not after the document's expiry; an expiry or
issue date lies in the hundred years around today. Where the visual zone prints the same day with another century, its
year counts (`is_same_day`). An impossible date is None; the printed digits stay in the lines.
"""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, date

from extractor.mrz.checkdigit import FILLER

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _split(digits: str) -> tuple[int, int | None, int | None] | None:
    """Year within its century, month and day (None: unknown), or None when these are no date."""
    year, month, day = digits[:2], digits[2:4], digits[4:6]
    if len(digits) != 6 or not digits.isascii() or not year.isdigit() or not digits.strip("0"):
        return None
    unknown = {FILLER * 2, "00"}
    if month in unknown:
        return (int(year), None, None) if day in unknown else None
    if not month.isdigit() or not 1 <= int(month) <= 12:
        return None
    if day in unknown:
        return int(year), int(month), None
    if not day.isdigit() or not 1 <= int(day) <= _DAYS[int(month) - 1]:
        return None
    return int(year), int(month), int(day)


def _iso(year: int, month: int | None, day: int | None) -> str | None:
    if not MINYEAR <= year <= MAXYEAR:
        return None
    if month is None:
        return f"{year:04d}"
    if day is None:
        return f"{year:04d}-{month:02d}"
    if (month, day) == (2, 29) and (year % 4 or (year % 100 == 0 and year % 400)):
        return None
    return f"{year:04d}-{month:02d}-{day:02d}"


def near_date(digits: str, today: date) -> str | None:
    """An expiry date, in the century that brings it nearest to `today`; ISO 8601, of reduced precision if need be."""
    parts = _split(digits)
    if parts is None:
        return None
    year, month, day = parts
    century = today.year - today.year % 100
    nearest = min((century - 100 + year, century + year, century + 100 + year), key=lambda y: abs(y - today.year))
    return _iso(nearest, month, day)


def birth_date(digits: str, today: date, expiry: str | None = None) -> str | None:
    """A birth date: the latest century in which it lies neither after `today` nor after `expiry` (ISO 8601)."""
    parts = _split(digits)
    if parts is None:
        return None
    year, month, day = parts
    century = today.year - today.year % 100
    limit = min(today.isoformat(), expiry) if expiry else today.isoformat()
    for start in (century, century - 100, century - 200):
        found = _iso(start + year, month, day)
        if found is not None and found <= limit[: len(found)]:
            return found
    return None


def issue_date(digits: str, today: date) -> str | None:
    """A date of issue: the latest such day that is not after `today`."""
    return birth_date(digits, today)


def issue_month(digits: str, today: date) -> str | None:
    """The French card's YYMM of issue: the latest such month that is not after `today`."""
    return birth_date(f"{digits}00", today) if len(digits) == 4 else None


def is_same_day(digits: str, iso: str) -> bool:
    """Whether a full ISO 8601 date is what the six digits say, whatever its century."""
    return len(iso) == 10 and digits == iso[2:4] + iso[5:7] + iso[8:]
