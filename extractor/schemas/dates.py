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
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from extractor.schemas.calendars import FOREIGN_YEARS, calendar_of, to_gregorian
from extractor.schemas.months import month_of

Order = Literal["dmy", "mdy"]
DateMeaning = Literal["birth", "issue", "expiry"]

#: Year before the first one of each era (Japan's Era Name Act; the Republic of China counts from 1912).
_ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018, "民國": 1911, "民国": 1911}
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
_SEPARATOR = r"\s*[-./·,\s]\s*"
# Japanese licences print the year twice: `2024年(令和06年)06月01日`.
_YEAR_AGAIN = rf"(?:[(（]\s*(?:{'|'.join(_ERAS)})?\s*(?:元|\d{{1,4}})\s*年?\s*[)）]\s*)?"
_CJK = re.compile(
    rf"({'|'.join(_ERAS)})?\s*(元|\d{{1,4}})\s*[年년]\s*{_YEAR_AGAIN}(\d{{1,2}})\s*[月월](?:\s*(\d{{1,2}})\s*[日일号號]?)?"
)
# Passports of China and Korea: `12 8月/AUG 1974`, `16 2월/FEB 2017`.
_DAY_CJK_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})[\s.\-/]+(\d{1,2})\s*"
    r"(?:[月월](?:\s*[/|\\]?\s*[A-Za-z]{3,9}\.?)?|[/|\\]\s*[A-Za-z]{3,9}\.?)\s*(\d{4}|\d{2})(?!\d)"
)
# Told before the year-first ones: in the period `01.01.2004-01.01.2009`, `2004-01.01` is no date.
_DAY_FIRST = re.compile(r"(?<!\d)(?<!\d[./\-])(\d{1,2})([./\-])(\d{1,2})\2(\d{4})(?!\d)")
_YEAR_FIRST = re.compile(rf"(?<!\d)(\d{{4}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{1,2}})(?!\d)")
# A month word: letters and their marks of any script, the digits that OCR makes of letters, and dots (`ม.ค.`).
_LETTER = r"[^\s\d/|\\,.:;()<>_\-'’]"
_WORD = rf"[0158]?{_LETTER}(?:{_LETTER}|[0158](?=[^\d\s])|\.(?={_LETTER}))*\.?"
_NAME = rf"{_WORD}(?:\s*[/|\\]\s*{_WORD})*"
_DAY_NAME_YEAR = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|º|er)?[\s.\-/,]*(?:(?:de|of)\s+)?({_NAME})"
    rf"[\s.\-/,']*(?:del?\s+|พ\.?\s?ศ\.?\s*)?(\d{{4}}|\d{{2}})(?!\d)",
    re.I,
)
# Israel's passports: `29 SEP/09 1987`.
_DAY_NAME_NUMBER_YEAR = re.compile(
    rf"(?<!\d)(\d{{1,2}})[\s.]*({_WORD})\s*[/|\\]\s*(\d{{1,2}})[\s./]+(\d{{4}})(?!\d)", re.I
)
# Irish and Levantine Arabic have months of two words: `3 Meán Fómhair 1979`.
_DAY_TWO_WORDS_YEAR = re.compile(rf"(?<!\d)(\d{{1,2}})[\s.]*({_WORD}\s{_WORD})[\s.,]*(\d{{4}})(?!\d)", re.I)
# A bilingual month without its stroke, which OCR loses: `12 AUG AOUT 74`.
_DAY_MONTH_TWICE_YEAR = re.compile(
    rf"(?<!\d)(\d{{1,2}})[\s.]*({_WORD})\s+({_WORD})[\s.,]*(\d{{4}}|\d{{2}})(?!\d)", re.I
)
# `12 tháng 8 năm 1990`; OCR loses the marks.
_VIETNAMESE = re.compile(r"(?<!\d)(\d{1,2})\s*th[aá]ng\s*(\d{1,2})\s*n[aă]m\s*(\d{4})(?!\d)", re.I)
# `1974 AUG 12`, `1974. augusztus 12.`, `1990 m. kovo 11 d.`
_YEAR_NAME_DAY = re.compile(rf"(?<!\d)(\d{{4}})(?:\s*m\.)?[\s.\-/,]*({_NAME})[\s.\-/]*(\d{{1,2}})(?!\d)", re.I)
_NAME_DAY_YEAR = re.compile(
    rf"(?<!{_LETTER})({_NAME})[\s.\-/]*(\d{{1,2}})(?:st|nd|rd|th)?[\s.,\-/]+(?:del?\s+)?(\d{{4}})(?!\d)",
    re.I,
)
# OCR loses dots and spaces: `12 071984` is a date as long as one separator is left.
_RUN_TOGETHER = re.compile(r"(?<!\d)(\d{2})(?:[. ](\d{2})|(\d{2})[. ])(\d{4})(?!\d)")
# `12-IX-1975`; OCR writes strokes as 1 or l.
_ROMAN = re.compile(rf"(?<!\w)(\d{{1,2}}){_SEPARATOR}([IVXl1|]{{1,4}}){_SEPARATOR}(\d{{4}}|\d{{2}})(?!\d)")
_ROMAN_MONTHS = {roman: number for number, roman in enumerate("I II III IV V VI VII VIII IX X XI XII".split(), start=1)}
# Letters that OCR writes for digits of a date; what has the form of a date with them is one.
_DIGITS_IN_LETTERS = str.maketrans("lI|OoSB", "1110058")
_SPOILED_PART = r"(?:\d[\dlI|OoSB]?|[lI|OoSB]\d)"
_SPOILED = re.compile(rf"(?<!\w){_SPOILED_PART}([./\-]){_SPOILED_PART}\1(?=\w{{0,2}}\d)[\dlI|OoSB]{{4}}(?!\w)")
# A dot read as a colon: `12.05:2019`.
_COLON = re.compile(r"(?<=\d[./]\d\d):(?=(?:19|20)\d\d)")
# What is printed as day, month and year, whether or not there is such a day. Zeros stand for what is not known.
_PART = r"0?[1-9]\d?"
_FULL = re.compile(
    rf"(?<!\d)(?:{_PART}{_SEPARATOR}{_PART}{_SEPARATOR}\d{{4}}|\d{{4}}{_SEPARATOR}{_PART}{_SEPARATOR}{_PART})(?!\d)"
)
#: Patterns with a month in letters, and which of their groups are day, name and year.
_NAMED = (
    (_DAY_NAME_YEAR, 1, 2, 3),
    (_NAME_DAY_YEAR, 2, 1, 3),
    (_DAY_TWO_WORDS_YEAR, 1, 2, 3),
    (_YEAR_NAME_DAY, 3, 2, 1),
)
_NUMERIC = re.compile(rf"(?<!\d)(\d{{1,2}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{4}}|\d{{2}})(?!\d)")
_NAME_YEAR = re.compile(rf"(?<!{_LETTER})({_NAME})[\s.\-/]*(\d{{4}})(?!\d)", re.I)
_MONTH_YEAR = re.compile(r"(?<!\d)(\d{1,2})\s*[-./]\s*(\d{4})(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(\d{8})(?!\d)")


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
    plain = _with_ascii_digits(text)
    now = today or date.today()
    found: list[PrintedDate] = []
    for candidate in (*_of_other_calendars(plain, issuer, now), *_candidates(plain, order, meaning, now, issuer)):
        settled = _born(candidate, plain, now) if meaning == "birth" else candidate
        if settled is None or _is_foreign(settled, plain, issuer, now):
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
    plain = _with_ascii_digits(text)
    if _is_full(plain):
        return None
    if match := _COMPACT.search(plain):
        digits = match[1]
        for year, month, day in (
            (int(digits[:4]), int(digits[4:6]), int(digits[6:])),
            (int(digits[4:]), int(digits[2:4]), int(digits[:2])),
        ):
            if _plausible(year, now) and (iso := _iso(year, month, day)):
                return PrintedDate(iso, match.start(), match.end())
    if (match := _NAME_YEAR.search(plain)) and (named := month_of(match[1], issuer)):
        return PrintedDate(f"{_gregorian(int(match[2])):04d}-{named:02d}", match.start(), match.end())
    if (match := _MONTH_YEAR.search(plain)) and 1 <= int(match[1]) <= 12:
        return PrintedDate(f"{_gregorian(int(match[2])):04d}-{int(match[1]):02d}", match.start(), match.end())
    if match := _YEAR.search(plain):
        return PrintedDate(match[1], match.start(), match.end())
    return None


def full_year(two_digits: int, meaning: DateMeaning | None, today: date) -> int:
    """The year that `two_digits` stands for: births and issues are past, expiries at most some decades ahead."""
    ahead = {"birth": 0, "issue": 0, "expiry": _EXPIRY_HORIZON, None: 15}[meaning]
    year = today.year // 100 * 100 + two_digits
    return year if year <= today.year + ahead else year - 100


def _with_ascii_digits(text: str) -> str:
    """Any script's digits as 0-9 and full-width characters as half-width, character for character."""

    def plain(character: str) -> str:
        if character.isdigit() and not character.isascii():
            return str(unicodedata.digit(character, character))
        half = unicodedata.normalize("NFKC", character)
        return half if len(half) == 1 and half.isascii() else character

    text = text if text.isascii() else "".join(map(plain, text))
    text = _COLON.sub(".", text)
    return _SPOILED.sub(lambda match: match[0].translate(_DIGITS_IN_LETTERS), text)


def _candidates(
    text: str, order: Order | None, meaning: DateMeaning | None, now: date, issuer: str | None
) -> Iterator[PrintedDate]:
    for match in _matches(_CJK, text):
        era, year, month, day = match.groups()
        number = 1 if year == "元" else int(year)
        start_year = _ERAS[era] + number if era else number
        if day and start_year >= 1000 and (iso := _iso(_gregorian(start_year), int(month), int(day))):
            yield PrintedDate(iso, match.start(), match.end())
    for match in (*_matches(_DAY_CJK_MONTH, text), *_matches(_VIETNAMESE, text)):
        if iso := _iso(_year(match[3], meaning, now), int(match[2]), int(match[1])):
            yield PrintedDate(iso, match.start(), match.end())
    for match in _matches(_DAY_FIRST, text):
        yield from _numeric(match.span(), int(match[1]), int(match[3]), _year(match[4], meaning, now), order)
    for match in _matches(_YEAR_FIRST, text):
        if iso := _iso(_gregorian(int(match[1])), int(match[2]), int(match[3])):
            yield PrintedDate(iso, match.start(), match.end())
    for match in _matches(_DAY_NAME_NUMBER_YEAR, text):
        month = month_of(match[2], issuer)
        if month == int(match[3]) and (iso := _iso(_year(match[4], meaning, now), month, int(match[1]))):
            yield PrintedDate(iso, match.start(), match.end())
    for pattern, day, name, of_year in _NAMED:
        for match in _matches(pattern, text):
            month = month_of(match[name], issuer)
            if month and (iso := _iso(_year(match[of_year], meaning, now), month, int(match[day]))):
                yield PrintedDate(iso, match.start(), match.end())
    for match in _matches(_DAY_MONTH_TWICE_YEAR, text):
        month = month_of(match[2], issuer)
        same = month is not None and month == month_of(match[3], issuer)
        if same and (iso := _iso(_year(match[4], meaning, now), month or 0, int(match[1]))):
            yield PrintedDate(iso, match.start(), match.end())
    for match in _matches(_ROMAN, text):
        month = _roman_month(match[2])
        if month and (iso := _iso(_year(match[3], meaning, now), month, int(match[1]))):
            yield PrintedDate(iso, match.start(), match.end())
    for match in _matches(_NUMERIC, text):
        yield from _numeric(match.span(), int(match[1]), int(match[2]), _year(match[3], meaning, now), order)
    for match in _matches(_RUN_TOGETHER, text):
        year = _gregorian(int(match[4]))
        if _plausible(year, now) and (iso := _iso(year, int(match[2] or match[3]), int(match[1]))):
            yield PrintedDate(iso, match.start(), match.end())


def _roman_month(printed: str) -> int | None:
    """The month of a Roman number; ones alone are a number of ours."""
    return None if printed.isdigit() else _ROMAN_MONTHS.get(printed.translate(str.maketrans("l1|", "III")))


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
        for match in _NUMERIC.finditer(_YEAR_FIRST.sub("|", _with_ascii_digits(text))):
            first, second = int(match[1]), int(match[2])
            votes += (first > 12 >= second) - (second > 12 >= first)
    return None if votes == 0 else "dmy" if votes > 0 else "mdy"


def _year(printed: str, meaning: DateMeaning | None, now: date) -> int:
    return _gregorian(int(printed)) if len(printed) == 4 else full_year(int(printed), meaning, now)


def _gregorian(year: int) -> int:
    return year - _BUDDHIST_OFFSET if _FIRST_BUDDHIST_YEAR <= year <= _LAST_BUDDHIST_YEAR else year


def _plausible(year: int, now: date) -> bool:
    """Whether a year can be meant where digits without separators could be anything."""
    return _FIRST_YEAR <= year <= now.year + 60


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def unusable_dates(text: str, issuer: str | None, today: date) -> list[str]:
    """What is printed in `text` as a full date and is not given as one: `impossible_date` for a day that does not
    exist, `other_calendar` for one of another calendar that cannot be converted."""
    plain = _with_ascii_digits(text)
    usable = find_dates(text, today=today, issuer=issuer)
    problems = []
    for match in (*_FULL.finditer(plain), *_in_words(plain, issuer)):
        if any(printed.start < match.end() and match.start() < printed.end for printed in usable):
            continue
        year = int(max(re.findall(r"\d+", match[0]), key=len))
        foreign = calendar_of(plain, year, issuer, today) is not None or year in FOREIGN_YEARS
        problems.append("other_calendar" if foreign else "impossible_date")
    return problems


def _in_words(text: str, issuer: str | None) -> Iterator[re.Match[str]]:
    """What is printed as a day, a month in letters and a year of four digits."""
    for pattern, _, name, year in _NAMED:
        for match in pattern.finditer(text):
            if len(match[year]) == 4 and month_of(match[name], issuer):
                yield match
    yield from (match for match in _ROMAN.finditer(text) if len(match[3]) == 4 and _roman_month(match[2]))


def _is_full(text: str) -> bool:
    """Whether a text is printed as day, month and year."""
    named = ((match[name], match[day]) for pattern, day, name, _ in _NAMED for match in _matches(pattern, text))
    roman = any(_roman_month(match[2]) for match in _ROMAN.finditer(text))
    if roman or _FULL.search(text) or any(day.strip("0") and month_of(name) for name, day in named):
        return True
    # A day, a word that names no month or several, and a year: that it was read as half of a date, nobody could tell.
    alone = (pattern.fullmatch(text.strip(" .,:;")) for pattern, *_ in _NAMED)
    return any(match and match[1].strip("0") for match in alone)


def _of_other_calendars(text: str, issuer: str | None, now: date) -> Iterator[PrintedDate]:
    """Days of other calendars that can be converted."""
    for match in _FULL.finditer(text):
        parts = [int(part) for part in re.findall(r"\d+", match[0])]
        year, month, day = parts if parts[0] > 31 else reversed(parts)
        calendar = calendar_of(text, year, issuer, now)
        if calendar and (iso := to_gregorian(calendar, year, month, day)):
            yield PrintedDate(iso, match.start(), match.end())


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
