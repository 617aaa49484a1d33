"""Years that are not Gregorian: which calendar a document counts in, and the Gregorian day where that is certain.

ISO 8601 is Gregorian. A calendar is recognised by a mark beside the date, by the name of its month (`calendars.json`),
or by the issuer together with a year that no Gregorian date on a document has. Days are converted only for calendars of
which a kept library knows every month (`hijridate`: the Umm al-Qura calendar of Saudi Arabia, 1343 to 1500;
`jdatetime`: the Solar Hijri calendar of Iran); the Japanese, Taiwanese and Thai years, which count the same months, are
converted in `dates`. All others are left as printed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache

from extractor.schemas.data import load_table
from extractor.schemas.text import spell


class Calendar(StrEnum):
    """Calendars whose months or new year are not the Gregorian ones."""

    HIJRI = "hijri"
    SOLAR_HIJRI = "solar hijri"
    BIKRAM_SAMBAT = "bikram sambat"
    HEBREW = "hebrew"
    ETHIOPIAN = "ethiopian"


#: Marks beside a date that name its calendar.
_MARKS: Mapping[Calendar, re.Pattern[str]] = {
    Calendar.SOLAR_HIJRI: re.compile(r"ه\.?\s?ش|هجری\s*شمسی|\bS\.?H\.?\b(?!\w)|\bsolar hijri\b", re.I),
    Calendar.HIJRI: re.compile(r"هـ|ھ|هجري|\bA\.?H\.?\b|\bhijri\b|(?<=\d)\s?H\b", re.I),
    Calendar.BIKRAM_SAMBAT: re.compile(r"\bB\.?\s?S\.?(?=\W|$)|वि\.?\s?सं|बि\.?\s?सं|bikram", re.I),
    Calendar.ETHIOPIAN: re.compile(r"\bE\.\s?C\b|(?<=\d )EC\b|ዓ\.?\s?ም", re.I),
    Calendar.HEBREW: re.compile(r"ה?תש[א-ת]?[\"״׳'][א-ת]"),
}
#: Calendars that states print on documents, and the years that cannot be Gregorian ones there.
_OF_ISSUERS: Mapping[str, Calendar] = {
    **dict.fromkeys("SAU KWT YEM OMN".split(), Calendar.HIJRI),
    **dict.fromkeys("IRN AFG".split(), Calendar.SOLAR_HIJRI),
    "NPL": Calendar.BIKRAM_SAMBAT,
    "ISR": Calendar.HEBREW,
}
_YEARS: Mapping[Calendar, range] = {
    Calendar.HIJRI: range(1300, 1500),
    Calendar.SOLAR_HIJRI: range(1250, 1460),
    Calendar.BIKRAM_SAMBAT: range(1970, 2110),
    Calendar.HEBREW: range(5650, 5830),
    Calendar.ETHIOPIAN: range(1890, 2060),
}
#: States that write the names of Ethiopian months for the Gregorian ones.
_GREGORIAN = frozenset({"ERI"})
#: A year in this range was never printed as a Gregorian one.
FOREIGN_YEARS = range(1250, 1500)
#: A year of the Bikram Sambat is 56 or 57 ahead: so far ahead of today no Gregorian one is printed.
_FURTHEST = 20


def calendar_of(text: str, year: int, issuer: str | None, today: date) -> Calendar | None:
    """The calendar in which `text`, on a document of `issuer` (alpha-3), counts a year; None for the Gregorian one."""
    for calendar, mark in _MARKS.items():
        if year in _YEARS[calendar] and mark.search(text):
            return calendar
    own = _OF_ISSUERS.get(issuer or "")
    if own is Calendar.BIKRAM_SAMBAT:
        return own if today.year + _FURTHEST < year in _YEARS[own] else None
    return own if own and year in _YEARS[own] else None


def month_elsewhere(name: str, year: int, issuer: str | None) -> tuple[Calendar, int] | None:
    """The calendar of which a printed word, or pair of words, is a month, and its number there; None where no calendar
    has both such a month and the year."""
    if issuer in _GREGORIAN:
        return None
    found = _months().get(spell(name), ())
    return next(((calendar, month) for calendar, month in found if year in _YEARS[calendar]), None)


@cache
def _months() -> Mapping[str, tuple[tuple[Calendar, int], ...]]:
    """Spelled name of a month -> the calendars that have it, each with its number."""
    names: dict[str, tuple[tuple[Calendar, int], ...]] = {}
    for calendar, months in load_table("calendars").items():
        for number, words in enumerate(months, start=1):
            for word in words.split():
                names[spell(word)] = (*names.get(spell(word), ()), (Calendar(calendar), number))
    return names


def to_gregorian(calendar: Calendar, year: int, month: int, day: int) -> str | None:
    """The day as ISO 8601, or None where it cannot be converted with certainty, or does not exist."""
    try:
        if calendar is Calendar.HIJRI:
            from hijridate import Hijri

            return str(Hijri(year, month, day).to_gregorian().isoformat())
        if calendar is Calendar.SOLAR_HIJRI:
            import jdatetime

            return str(jdatetime.date(year, month, day).togregorian().isoformat())
    except (ValueError, OverflowError):
        return None
    return None
