"""Dates as states print them are read back by the reader's own rules."""

from datetime import date

from extractor.schemas.dates import parse_date
from extractor.synthesis.dates import print_date, years_later
from extractor.synthesis.people import TODAY
from extractor.synthesis.templates import documents

from ...tables import each

STYLES = sorted({(d.option(key), d.state == "USA") for d in documents() for key in ("date", "expiry") if d.option(key)})


@each(
    ("style", "printed"),
    [
        ("{dd} {en}/{fr} {yy}", "12 AUG/AOÛT 74"),
        ("{dd} {m}.", "12 8."),
        ("{era}年{m}月{d}日", "昭和49年8月12日"),
        ("{dd} {zh}/{en} {yyyy}", "12 8月/AUG 1974"),
        ("٠{yyyy}/{mm}/{dd}", "١٩٧٤/٠٨/١٢"),
        ("{dd}.{mm}.{yyyy}", "12.08.1974"),
    ],
)
def test_styles(style: str, printed: str) -> None:
    assert print_date(date(1974, 8, 12), style) == printed


@each(
    ("day", "year"),
    [
        (date(2019, 4, 30), "平成31"),
        (date(2019, 5, 1), "令和元"),
        (date(1989, 1, 7), "昭和64"),
        (date(1926, 12, 24), "大正15"),
    ],
)
def test_japanese_years_begin_with_their_emperors(day: date, year: str) -> None:
    assert print_date(day, "{era}") == year


@each(("style", "american"), STYLES)
def test_every_style_in_use_is_read_back(style: str, american: bool) -> None:
    for day in (date(1958, 1, 2), date(1999, 12, 31), date(2004, 2, 29), date(2021, 7, 9), date(2019, 11, 11)):
        printed = print_date(day, style)
        order = "mdy" if american and style.startswith("{mm}") else "dmy"
        found = parse_date(printed, order=order, meaning="birth", today=TODAY)
        assert found is not None, printed
        assert found.iso == day.isoformat(), printed


def test_years_later_on_a_leap_day() -> None:
    assert years_later(date(2020, 2, 29), 10) == date(2030, 2, 28)
    assert years_later(date(2020, 2, 28), 10) == date(2030, 2, 28)
