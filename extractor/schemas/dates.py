"""Dates as documents print them, to ISO 8601.

Knows the month names of every language that is official somewhere (CLDR, see `cldr`; `months.json` adds what documents
print besides), bilingual months (`12 AUG/AOUT 74`), Roman months (`12-IX-1975`), two-digit years, the Japanese eras,
the years of the Republic of China (民國) and the Buddhist era; other calendars are in `calendars`. Precision is kept, a
year alone stays a year. What is printed as a full date but is impossible (`31.02.1990`, a birth in the future) is no
date, not half of one: `unusable_dates` finds it. A date with two readings is resolved by the caller's `order`, else by
what the calendar allows, else day first, and says that it was ambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from extractor.schemas.calendars import FOREIGN_YEARS, Calendar, calendar_of, month_elsewhere, to_gregorian
from extractor.schemas.date_patterns import (
    CJK,
    COMPACT,
    DAY_CJK_MONTH,
    DAY_FIRST,
    DAY_MONTH_TWICE_YEAR,
    DAY_NAME_NUMBER_YEAR,
    ERA_LETTERS,
    ERAS,
    FULL,
    LETTER_OF_ERA,
    MONTH_YEAR,
    NAME_YEAR,
    NAMED,
    NUMERIC,
    ROMAN,
    ROMAN_MONTHS,
    RUN_TOGETHER,
    VIETNAMESE,
    YEAR,
    YEAR_FIRST,
    YEAR_MONTH,
    with_ascii_digits,
)
from extractor.schemas.months import month_of

Order = Literal["dmy", "mdy"]
DateMeaning = Literal["birth", "issue", "expiry"]

_BUDDHIST_OFFSET = 543
#: No Gregorian year on a document in use lies this far ahead, so a larger one counts in the Buddhist era.
_FIRST_BUDDHIST_YEAR = 2400
#: Nor does any in the Buddhist era lie as far ahead as this; 9999 on a document means that it does not expire.
_LAST_BUDDHIST_YEAR = 2699
#: A two-digit expiry this many years ahead or less is in this century; documents rarely last longer.
_EXPIRY_HORIZON = 35

#: No living bearer is older: in `07.04.1074`, `1074` is a misread `1974`. (Specimens of people of old, and ISO dates,
#: put the year first.)
_FIRST_YEAR = 1850
#: `0012-05-05` is a misread date of no century.
_FIRST_OF_FOUR = 1000


@dataclass(frozen=True)
class PrintedDate:
    """A date found in text: ISO 8601 (YYYY, YYYY-MM or YYYY-MM-DD), its span, and whether another reading exists."""

    iso: str
    start: int
    end: int
    ambiguous: bool = False


def iso_date(text: str) -> str:
    """`text` itself if it is a calendar date of the form YYYY-MM-DD, YYYY-MM or YYYY; else ValueError."""
    match = re.fullmatch(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", text)
    if not match:
        raise ValueError("not an ISO 8601 date (YYYY-MM-DD, YYYY-MM or YYYY)")
    year, month, day = (int(part) if part else 1 for part in match.groups())
    date(year, month, day)
    return text


def find_dates(
    text: str,
    *,
    order: Order | None = None,
    meaning: DateMeaning | None = None,
    today: date | None = None,
    issuer: str | None = None,
) -> list[PrintedDate]:
    """Every complete date in `text`, in reading order.

    `order` is the order of all-numeric dates on this document where it is known; `meaning` resolves two-digit years and
    rules out births in the future; `issuer` (alpha-3) tells in which calendar a state counts.
    """
    plain = with_ascii_digits(text)
    now = today or date.today()
    # Also where there is no such day: `1990-01.03` is no date in the period `30.02.1990-01.03.2000`.
    whole = [match.span() for match in (*DAY_FIRST.finditer(plain), *_in_characters(plain, issuer))]
    found: list[PrintedDate] = []
    for candidate in (*_of_other_calendars(plain, issuer, now), *_candidates(plain, order, meaning, now, issuer)):
        settled = _born(candidate, plain, now) if meaning == "birth" else candidate
        if settled is None or _is_foreign(settled, plain, issuer, now):
            continue
        if any(start < settled.start < end for start, end in whole):
            continue
        if all(settled.end <= other.start or settled.start >= other.end for other in found):
            found.append(settled)
    return sorted(found, key=lambda printed: printed.start)


def parse_date(
    text: str,
    *,
    order: Order | None = None,
    meaning: DateMeaning | None = None,
    today: date | None = None,
    issuer: str | None = None,
) -> PrintedDate | None:
    """The one date that `text` is, also of reduced precision (`1988`, `05/1988`) or run together (`12081974`)."""
    now = today or date.today()
    if found := find_dates(text, order=order, meaning=meaning, today=now, issuer=issuer):
        return found[0]
    plain = with_ascii_digits(text)
    if _is_full(plain):
        return None
    if match := COMPACT.search(plain):
        digits = match[1]
        for year, month, day in (
            (int(digits[:4]), int(digits[4:6]), int(digits[6:])),
            (int(digits[4:]), int(digits[2:4]), int(digits[:2])),
        ):
            if _plausible(year, now) and (iso := _iso(year, month, day)):
                return PrintedDate(iso, match.start(), match.end())
    for reduced in _reduced(plain, issuer):
        rest = plain[: reduced.start] + plain[reduced.end :]
        year = int(reduced.iso[:4])
        if any(c.isdigit() and c != "0" for c in rest) or (meaning == "birth" and year > now.year):
            return None  # numbers that were not understood: nobody could tell that this is half of a date
        return None if calendar_of(plain, year, issuer, now) else reduced
    return None


def _reduced(text: str, issuer: str | None) -> Iterator[PrintedDate]:
    """Months and years in a text without a whole date, the more precise first."""
    found: list[tuple[re.Match[str], int, int | None]] = []
    for match in CJK.finditer(text):
        year, month, _ = _of_era(match)
        found += [(match, year, month)] if year >= _FIRST_YEAR else []
    for match in NAME_YEAR.finditer(text):
        found.append((match, int(match[2]), month_of(match[1], issuer)))
    found += [(match, int(match[2]), int(match[1])) for match in MONTH_YEAR.finditer(text)]
    found += [(match, int(match[1]), int(match[2])) for match in YEAR_MONTH.finditer(text)]
    for match, year, of_year in found:
        if of_year in range(1, 13):
            yield PrintedDate(f"{_gregorian(year):04d}-{of_year:02d}", *match.span())
    if alone := YEAR.search(text):
        yield PrintedDate(alone[1], *alone.span())


def full_year(two_digits: int, meaning: DateMeaning | None, today: date) -> int:
    """The year that `two_digits` stands for: births and issues are past, expiries at most some decades ahead."""
    ahead = {"birth": 0, "issue": 0, "expiry": _EXPIRY_HORIZON, None: 15}[meaning]
    year = today.year // 100 * 100 + two_digits
    return year if year <= today.year + ahead else year - 100


def _candidates(
    text: str, order: Order | None, meaning: DateMeaning | None, now: date, issuer: str | None
) -> Iterator[PrintedDate]:
    for match in _matches(LETTER_OF_ERA, text) if issuer in (None, "JPN") else ():
        if iso := _iso(ERA_LETTERS[match[1]] + int(match[2]), int(match[4]), int(match[5])):
            yield PrintedDate(iso, match.start(), match.end())
    for match in _matches(CJK, text):
        start_year, in_year, day_of_month = _of_era(match)
        if day_of_month and (iso := _iso(_gregorian(start_year), in_year, day_of_month)):
            yield PrintedDate(iso, match.start(), match.end())
    for match in (*_matches(DAY_CJK_MONTH, text), *_matches(VIETNAMESE, text)):
        if iso := _iso(_year(match[3], meaning, now), int(match[2]), int(match[1])):
            yield PrintedDate(iso, match.start(), match.end())
    for match in _matches(DAY_FIRST, text):
        yield from _numeric(match.span(), int(match[1]), int(match[3]), _year(match[4], meaning, now), order)
    for match in _matches(YEAR_FIRST, text):
        if iso := _iso(_gregorian(int(match[1])), int(match[2]), int(match[3])):
            yield PrintedDate(iso, match.start(), match.end())
    for match in _matches(DAY_NAME_NUMBER_YEAR, text):
        month = month_of(match[2], issuer)
        if month == int(match[3]) and (iso := _iso(_year(match[4], meaning, now), month, int(match[1]))):
            yield PrintedDate(iso, match.start(), match.end())
    for pattern, day, name, of_year in NAMED:
        for match in _matches(pattern, text):
            year = _year(match[of_year], meaning, now)
            month = None if month_elsewhere(match[name], year, issuer) else month_of(match[name], issuer)
            if month and (iso := _iso(year, month, int(match[day]))):
                yield PrintedDate(iso, match.start(), match.end())
    for match in _matches(DAY_MONTH_TWICE_YEAR, text):
        month = month_of(match[2], issuer)
        same = month is not None and month == month_of(match[3], issuer)
        if same and (iso := _iso(_year(match[4], meaning, now), month or 0, int(match[1]))):
            yield PrintedDate(iso, match.start(), match.end())
    for match in _matches(ROMAN, text):
        month = _roman_month(match[2])
        if month and (iso := _iso(_year(match[3], meaning, now), month, int(match[1]))):
            yield PrintedDate(iso, match.start(), match.end())
    for match in _matches(NUMERIC, text):
        yield from _numeric(match.span(), int(match[1]), int(match[2]), _year(match[3], meaning, now), order)
    for match in _matches(RUN_TOGETHER, text):
        year = _gregorian(int(match[4]))
        if _plausible(year, now) and (iso := _iso(year, int(match[2] or match[3]), int(match[1]))):
            yield PrintedDate(iso, match.start(), match.end())


def _of_era(match: re.Match[str]) -> tuple[int, int, int | None]:
    """Year, month and day (None where it is not printed) of a date that East Asia writes in characters."""
    era, year, month, day = match.groups()
    number = 1 if year == "元" else int(year)
    return (ERAS[era] + number if era else number), int(month), int(day) if day else None


def _roman_month(printed: str) -> int | None:
    """The month of a Roman number; ones alone are a number of ours."""
    return None if printed.isdigit() else ROMAN_MONTHS.get(printed.translate(str.maketrans("l1|", "III")))


def _numeric(span: tuple[int, int], first: int, second: int, year: int, order: Order | None) -> Iterator[PrintedDate]:
    """The date that two numbers and a year are, in the order that is known or, of two that are possible, day first."""
    if year < _FIRST_YEAR:
        return
    by_day, by_month = _iso(year, second, first), _iso(year, first, second)
    preferred, other = (by_month, by_day) if order == "mdy" else (by_day, by_month)
    if iso := preferred or other:
        ambiguous = order is None and by_day is not None and by_month is not None and by_day != by_month
        yield PrintedDate(iso, *span, ambiguous)


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Every match, also one that begins inside another: what only looks like a date must not hide the one it meets
    (`10, born 12 AUG 1974`)."""
    start = 0
    while match := pattern.search(text, start):
        yield match
        start = match.start() + 1


def numeric_order(texts: list[str]) -> Order | None:
    """The order that most all-numeric dates in `texts` prove (a part above 12 is a day), or None."""
    votes = 0
    for text in texts:
        # The end of `2013.09.15` and the start of what follows are no date of their own.
        for match in NUMERIC.finditer(YEAR_FIRST.sub("|", with_ascii_digits(text))):
            first, second = int(match[1]), int(match[2])
            votes += (first > 12 >= second) - (second > 12 >= first)
    return None if votes == 0 else "dmy" if votes > 0 else "mdy"


def _year(printed: str, meaning: DateMeaning | None, now: date) -> int:
    digits = printed.replace(" ", "")
    return _gregorian(int(digits)) if len(digits) == 4 else full_year(int(digits), meaning, now)


def _gregorian(year: int) -> int:
    return year - _BUDDHIST_OFFSET if _FIRST_BUDDHIST_YEAR <= year <= _LAST_BUDDHIST_YEAR else year


def _plausible(year: int, now: date) -> bool:
    """Whether a year can be meant where digits without separators could be anything."""
    return _FIRST_YEAR <= year <= now.year + 60


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat() if year >= _FIRST_OF_FOUR else None
    except ValueError:
        return None


def unusable_dates(text: str, issuer: str | None, today: date) -> list[str]:
    """What is printed in `text` as a full date and is not given as one: `impossible_date` for a day that does not
    exist, `other_calendar` for one of another calendar that cannot be converted."""
    plain = with_ascii_digits(text)
    usable = find_dates(text, today=today, issuer=issuer)
    problems = []
    named = {match.span() for match, *_ in _in_words_elsewhere(plain, issuer)}
    for match in (*FULL.finditer(plain), *_in_words(plain, issuer), *_in_characters(plain, issuer)):
        if any(printed.start < match.end() and match.start() < printed.end for printed in usable):
            continue
        year = int(max(re.findall(r"\d+", match[0]), key=len))
        foreign = match.span() in named or calendar_of(plain, year, issuer, today) is not None or year in FOREIGN_YEARS
        problems.append("other_calendar" if foreign else "impossible_date")
    return problems


def _in_words(text: str, issuer: str | None) -> Iterator[re.Match[str]]:
    """What is printed as a day, a month in letters and a year of four digits."""
    for pattern, _, name, year in NAMED:
        for match in pattern.finditer(text):
            known = month_of(match[name], issuer) or month_elsewhere(match[name], int(match[year][:4]), issuer)
            if len(match[year]) == 4 and known:
                yield match
    yield from (match for match in ROMAN.finditer(text) if len(match[3]) == 4 and _roman_month(match[2]))


def _in_characters(text: str, issuer: str | None) -> Iterator[re.Match[str]]:
    """What is printed as day, month and year in numbers with words between them: `1990年2月30日`, `31 SEP/09 1987`."""
    yield from (match for match in CJK.finditer(text) if (match[4] or "").strip("0"))
    yield from DAY_CJK_MONTH.finditer(text)
    yield from VIETNAMESE.finditer(text)
    yield from (match for match in DAY_NAME_NUMBER_YEAR.finditer(text) if month_of(match[2], issuer) == int(match[3]))


def _is_full(text: str) -> bool:
    """Whether a text is printed as day, month and year."""
    named = ((match[name], match[day]) for pattern, day, name, _ in NAMED for match in _matches(pattern, text))
    roman = any(_roman_month(match[2]) for match in ROMAN.finditer(text))
    if (
        roman
        or FULL.search(text)
        or any(_in_characters(text, None))
        or any(day.strip("0") and month_of(name) for name, day in named)
    ):
        return True
    # A day, a word that names no month or several, and a year: that it was read as half of a date, nobody could tell.
    alone = (pattern.fullmatch(text.strip(" .,:;")) for pattern, *_ in NAMED)
    return any(match and match[1].strip("0") for match in alone)


def _of_other_calendars(text: str, issuer: str | None, now: date) -> Iterator[PrintedDate]:
    """Days of other calendars that can be converted."""
    for match in FULL.finditer(text):
        parts = [int(part) for part in re.findall(r"\d+", match[0])]
        year, month, day = parts if parts[0] > 31 else reversed(parts)
        calendar = calendar_of(text, year, issuer, now)
        if calendar and (iso := to_gregorian(calendar, year, month, day)):
            yield PrintedDate(iso, match.start(), match.end())
    for match, calendar, *parts in _in_words_elsewhere(text, issuer):
        if iso := to_gregorian(calendar, *parts):
            yield PrintedDate(iso, match.start(), match.end())


def _in_words_elsewhere(text: str, issuer: str | None) -> Iterator[tuple[re.Match[str], Calendar, int, int, int]]:
    """Days whose month is named as another calendar has it: the calendar, year, month and day."""
    for pattern, day, name, of_year in NAMED:
        for match in pattern.finditer(text):
            year = int(match[of_year].replace(" ", ""))
            if found := month_elsewhere(match[name], year, issuer):
                yield match, found[0], year, found[1], int(match[day])


def _prints_its_year(candidate: PrintedDate, text: str) -> bool:
    return candidate.iso[:4] in text[candidate.start : candidate.end]


def _born(candidate: PrintedDate, text: str, now: date) -> PrintedDate | None:
    """A date as one of birth: a year of two digits that would be in the future is of the century before."""
    if candidate.iso <= now.isoformat():
        return candidate
    if _prints_its_year(candidate, text):
        return None
    return replace(candidate, iso=f"{int(candidate.iso[:4]) - 100}{candidate.iso[4:]}")


def _is_foreign(candidate: PrintedDate, text: str, issuer: str | None, now: date) -> bool:
    """Whether the printed year of a date that was taken for a Gregorian one is of another calendar."""
    year = int(candidate.iso[:4])
    foreign = year in FOREIGN_YEARS or calendar_of(text, year, issuer, now) is not None
    return foreign and _prints_its_year(candidate, text)
