"""Printed dates of every language, era and layout become ISO 8601, in the precision they are printed with."""

import calendar
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.schemas.dates import (
    DateMeaning,
    Order,
    find_dates,
    full_year,
    iso_date,
    numeric_order,
    parse_date,
    unusable_dates,
)

from ...tables import each

TODAY = date(2026, 3, 1)


def iso(text: str, order: Order | None = None, meaning: DateMeaning | None = None) -> str | None:
    found = parse_date(text, order=order, meaning=meaning, today=TODAY)
    return found.iso if found else None


@each(
    ("text", "expected"),
    [
        ("1974年8月12日", "1974-08-12"),
        ("1974 年 8 月 12 日", "1974-08-12"),
        ("1974年08月12号", "1974-08-12"),
        ("１９７４年８月１２日", "1974-08-12"),
        ("1974년 8월 12일", "1974-08-12"),
        ("明治45年7月29日", "1912-07-29"),
        ("大正元年7月30日", "1912-07-30"),
        ("昭和49年8月12日", "1974-08-12"),
        ("昭和64年1月7日", "1989-01-07"),
        ("平成元年1月8日", "1989-01-08"),
        ("平成31年4月30日", "2019-04-30"),
        ("令和元年5月1日", "2019-05-01"),
        ("令和8年3月1日", "2026-03-01"),
        ("民國63年8月12日", "1974-08-12"),
        ("民國 100 年 10 月 10 日", "2011-10-10"),
        ("民国元年1月1日", "1912-01-01"),
        ("2517年8月12日", "1974-08-12"),
    ],
)
def test_eras_and_east_asian_dates(text: str, expected: str) -> None:
    assert [one.iso for one in find_dates(text, today=TODAY)] == [expected]


@each(
    ("text", "day"),
    [("29 SEP/09 1987", "1987-09-29"), ("29 SEP/09", "2009-09-29"), ("5 DEC / 12 1991", "1991-12-05")],
)
def test_a_month_with_its_number_is_one_month(text: str, day: str) -> None:
    assert iso(text) == day


@each("text", ["2517-08-12", "12/08/2517", "12.08.2517", "12 ส.ค. 2517", "12 AUG 2517"])
def test_buddhist_years_count_from_543_before(text: str) -> None:
    assert iso(text) == "1974-08-12"


def test_the_year_of_documents_that_never_expire_is_no_buddhist_one() -> None:
    assert iso("01 01 9999", meaning="expiry") == "9999-01-01"


@each(
    ("text", "expected"),
    [
        ("1974-08-12", "1974-08-12"),
        ("1974/08/12", "1974-08-12"),
        ("1974.08.12", "1974-08-12"),
        ("1974. 08. 12.", "1974-08-12"),
        ("1974 08 12", "1974-08-12"),
        ("25.12.1974", "1974-12-25"),
        ("25/12/1974", "1974-12-25"),
        ("25-12-1974", "1974-12-25"),
        ("25 12 1974", "1974-12-25"),
        ("25·12·1974", "1974-12-25"),
        ("25. 12. 1974", "1974-12-25"),
        ("12/25/1974", "1974-12-25"),
        ("5.1.1974", "1974-01-05"),
        # Separators that the reader lost
        ("25 121974", "1974-12-25"),
        ("2512 1974", "1974-12-25"),
        ("25121974", "1974-12-25"),
        ("19741225", "1974-12-25"),
        # Arabic-Indic and Thai digits
        ("٢٥/١٢/١٩٧٤", "1974-12-25"),
        ("๒๕/๑๒/๒๕๑๗", "1974-12-25"),
    ],
)
def test_numeric_dates(text: str, expected: str) -> None:
    assert iso(text) == expected


@each(
    ("text", "expected"),
    [
        ("1974", "1974"),
        ("00/00/1974", "1974"),
        ("08/1974", "1974-08"),
        ("00.08.1974", "1974-08"),
        ("AUG 1974", "1974-08"),
        ("00 AUG 1974", "1974-08"),
        ("AUG/AOÛT 1974", "1974-08"),
    ],
)
def test_precision_is_kept(text: str, expected: str) -> None:
    assert find_dates(text, today=TODAY) == []
    assert iso(text) == expected


@each("text", ["02/03/04", "01.02.2003", "3-4-1999", "05 06 1990"])
def test_either_order_is_said_to_be_ambiguous_and_read_day_first(text: str) -> None:
    assert parse_date(text, today=TODAY).ambiguous
    by_day, by_month = iso(text, order="dmy"), iso(text, order="mdy")
    assert iso(text) == by_day != by_month
    assert by_day[:4] + by_day[8:] + by_day[5:7] == by_month[:4] + by_month[5:7] + by_month[8:]
    for order in ("dmy", "mdy"):
        assert not parse_date(text, order=order, today=TODAY).ambiguous


@pytest.mark.parametrize("text", ["25/12/1974", "12/25/1974", "11.11.2011"])
def test_what_the_calendar_decides_is_not_ambiguous(text: str) -> None:
    assert not parse_date(text, today=TODAY).ambiguous
    assert iso(text, order="dmy") == iso(text, order="mdy") == iso(text)


@each(
    "text",
    [
        "31.02.1974", "30 FEB 1974", "29.02.2023", "29/02/1900", "32.01.1974", "31 APR 2000", "1974-13-01",
        "1974-02-30", "1974年2月30日", "民國63年13月1日", "12 OF 1974", "123456789", "A1974-08-129", "1974", "",
        "no date", "12:30:45", "+49 30 123456", "12 LISTOPAD 1974",
        "07.04.1074",
    ],
)  # fmt: skip
def test_what_is_no_date_is_not_found(text: str) -> None:
    assert find_dates(text, today=TODAY) == []


@each(
    ("two_digits", "meaning", "expected"),
    [
        (25, "birth", 2025),
        (26, "birth", 2026),
        (27, "birth", 1927),
        (74, "birth", 1974),
        (26, "issue", 2026),
        (27, "issue", 1927),
        (36, "expiry", 2036),
        (61, "expiry", 2061),
        (62, "expiry", 1962),
        (99, "expiry", 1999),
        (41, None, 2041),
        (42, None, 1942),
    ],
)
def test_two_digit_years_by_what_they_mean(two_digits: int, meaning: DateMeaning | None, expected: int) -> None:
    assert full_year(two_digits, meaning, TODAY) == expected
    assert iso(f"25.02.{two_digits:02}", meaning=meaning) == f"{expected}-02-25"
    assert iso(f"25 FEB {two_digits:02}", meaning=meaning) == f"{expected}-02-25"


@pytest.mark.parametrize("first", ["{d}.{m}.{y}", "{d}/{m}/{y}", "{d}-{m}-{y}", "{y}.{m}.{d}", "{y}-{m}-{d}"])
@pytest.mark.parametrize("between", ["-", " - ", "/", " "])
def test_a_period_is_two_dates(first: str, between: str) -> None:
    text = between.join(first.format(d="14", m="02", y=year) for year in ("2004", "2009"))
    assert [printed.iso for printed in find_dates(text)] == ["2004-02-14", "2009-02-14"]


def test_all_dates_of_a_text_in_reading_order_with_their_places() -> None:
    text = "Valid 2015.07.10-2035.07.10, born 12 AUG 1974"
    found = find_dates(text, today=TODAY)
    assert [one.iso for one in found] == ["2015-07-10", "2035-07-10", "1974-08-12"]
    assert [text[one.start : one.end] for one in found] == ["2015.07.10", "2035.07.10", "12 AUG 1974"]


@each(
    ("texts", "expected"),
    [
        ([], None),
        (["01/02/2003", "AUG 1974"], None),
        (["25/12/1974", "01/02/2003"], "dmy"),
        (["12/25/1974"], "mdy"),
        (["12/25/1974", "25/12/1974"], None),
        (["12/25/1974", "12/26/1974", "25/12/1974"], "mdy"),
        (["2013.09.15-2033.09.15", "2013.09.15 2033.09.15"], None),  # .09.15-2033 is no date
        (["2013.09.15-2033.09.15", "25/12/1974"], "dmy"),
    ],
)
def test_the_order_that_a_page_proves(texts: list[str], expected: Order | None) -> None:
    assert numeric_order(texts) == expected


@pytest.mark.parametrize("text", ["2024-02-29", "1974-08", "1974"])
def test_iso_dates_pass(text: str) -> None:
    assert iso_date(text) == text


@each(
    "text",
    ["2023-02-29", "1974-13", "0000", "74-08-12", "1974-8-12", "1974-08-12 ", "1974-08-", "", "１９７４-08-12", "١٩٧٤"],
)
def test_what_is_not_iso_8601_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"ISO 8601|must be in|range"):
        iso_date(text)


STYLES = {
    "iso": lambda d: d.isoformat(),
    "dotted": lambda d: f"{d:%d.%m.%Y}",
    "short numbers": lambda d: f"{d.day}/{d.month}/{d.year}",
    "spaced": lambda d: f"{d:%d %m %Y}",
    "english": lambda d: f"{d.day} {calendar.month_name[d.month]} {d.year}",
    "month first": lambda d: f"{calendar.month_name[d.month]} {d.day}, {d.year}",
    "passport": lambda d: f"{d:%d} {calendar.month_abbr[d.month].upper()} {d.year}",
    "glued": lambda d: f"{d:%d}{calendar.month_abbr[d.month].upper()}{d.year}",
    "bilingual": lambda d: f"{d:%d} {FRENCH[d.month]}/{calendar.month_abbr[d.month].upper()} {d.year}",
    "russian": lambda d: f"{d.day} {RUSSIAN[d.month]} {d.year}",
    "chinese": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "korean": lambda d: f"{d.year}년 {d.month}월 {d.day}일",
    "chinese passport": lambda d: f"{d:%d} {d.month}月/{calendar.month_abbr[d.month].upper()} {d.year}",
    "buddhist": lambda d: f"{d:%d/%m}/{d.year + 543}",
    "republic": lambda d: f"民國{d.year - 1911}年{d.month}月{d.day}日",
}
FRENCH = " JAN FÉV MARS AVR MAI JUIN JUIL AOÛT SEPT OCT NOV DÉC".split(" ")
RUSSIAN = " января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split(" ")


@pytest.mark.parametrize("style", STYLES)
@given(day=st.dates(date(1912, 1, 1), date(2080, 12, 31)))
def test_every_day_comes_back_from_every_style(style: str, day: date) -> None:
    text = STYLES[style](day)
    found = find_dates(text, order="dmy", today=TODAY)
    assert [(one.iso, one.start, one.end) for one in found] == [(day.isoformat(), 0, len(text))]


@given(st.text(max_size=60))
def test_any_text_is_read_without_error_and_every_date_is_one(text: str) -> None:
    for found in find_dates(text, today=TODAY):
        assert len(found.iso) == 10
        assert iso_date(found.iso) == found.iso
        assert 0 <= found.start < found.end <= len(text)
    single = parse_date(text, today=TODAY)
    assert single is None or iso_date(single.iso) == single.iso


@given(st.text(alphabet="0123456789./- AUGOCTjan年月日", max_size=40))
def test_dates_found_do_not_overlap(text: str) -> None:
    found = find_dates(text, today=TODAY)
    assert all(one.end <= other.start for one, other in pairwise(found))


@each(
    ("text", "expected"),
    [
        ("12-IX-1975", "1975-09-12"),
        ("03-II-2031", "2031-02-03"),
        ("3 XII 88", "1988-12-03"),
        ("12.1V.1990", "1990-04-12"),
        ("Mayo 12 de 1990", "1990-05-12"),
        ("12 Mei 1990", "1990-05-12"),
        ("12 Juni 1990", "1990-06-12"),
        ("5 Oktoba 2001", "2001-10-05"),  # Swahili
        ("5 oktabr 2001", "2001-10-05"),  # Uzbek
        ("5 қазан 2001", "2001-10-05"),  # Kazakh
        ("5 ოქტომბერი 2001", "2001-10-05"),  # Georgian
        ("5 अक्तूबर 2001", "2001-10-05"),  # Hindi
        ("12 मई 1990", "1990-05-12"),
        ("12 जून 1990", "1990-06-12"),
        ("১২ মে ১৯৯০", "1990-05-12"),  # Bengali
        ("12 มี.ค. 2533", "1990-03-12"),
        ("12 d’octubre de 1990", "1990-10-12"),  # Catalan
        ("1990. gada 12. maijs", "1990-05-12"),  # Latvian
        ("1990 оны 05 сарын 12", "1990-05-12"),  # Mongolian
        ("H30.05.06", "2018-05-06"),
        ("12–05–1990", "1990-05-12"),
        ("12•05•1990", "1990-05-12"),
        ("12|05|1990", "1990-05-12"),
        ("12 MAY 19 90", "1990-05-12"),
        ("12.05.19 90", "1990-05-12"),
        ("1990-05", "1990-05"),
        ("1990年5月", "1990-05"),
        ("l2.05.1990", "1990-05-12"),
        ("1O.05.199O", "1990-05-10"),
    ],
)
def test_roman_months_languages_of_the_world_and_letters_for_digits(text: str, expected: str) -> None:
    assert iso(text) == expected


@each(
    "text",
    [
        "31.02.1990",
        "31 FEB 1990",
        "1990-13-12",
        "45.05.1990",
        "31/04/2001",
        "1990年2月30日",
        "昭和60年2月31日",
        "1990年13月5日",
        "1990년 2월 30일",
        "30 2月/FEB 2017",
        "31 tháng 2 năm 1990",
        "31 SEP/09 1987",
        "0012-05-05",
    ],
)
def test_impossible_dates_are_not_halved(text: str) -> None:
    assert parse_date(text, today=TODAY) is None
    assert "impossible_date" in unusable_dates(text, None, TODAY)


def test_a_date_that_begins_inside_an_impossible_one_is_none() -> None:
    found = find_dates("30.02.1990-01.03.2000", today=TODAY)
    assert [one.iso for one in found] == ["2000-03-01"]


def test_nobody_is_born_in_the_future() -> None:
    assert iso("12.05.2090", meaning="birth") is None
    assert iso("2090", meaning="birth") is None
    assert iso("12.05.2090", meaning="expiry") == "2090-05-12"
    assert iso("25.12.26", meaning="birth") == "1926-12-25"


@each(
    ("text", "issuer", "expected"),
    [
        ("1410/05/12", "SAU", "1989-12-10"),
        ("12/05/1410", "SAU", "1989-12-10"),
        ("1410/05/12 هـ", None, "1989-12-10"),
        ("1370/05/12", "IRN", "1991-08-03"),
        ("1410/05/12", None, None),
        ("1410/05/12", "FRA", None),
        ("2047-05-12", "NPL", None),
        ("2047-05-12 B.S.", None, None),
        ("1990-08-28", "NPL", "1990-08-28"),
        ("2031-05-12", "NPL", "2031-05-12"),
        ("1989/12/10", "SAU", "1989-12-10"),
        ("1370/13/12", "IRN", None),
        ("17 شوال 1410", None, "1990-05-12"),
        ("29 ذو القعدة 1410", None, "1990-06-22"),
        ("12 Bahman 1369", None, "1991-02-01"),
        ("12 Nisan 1990", "TUR", "1990-04-12"),
        ("5 Iyar 5750", None, None),
        ("12 Meskerem 1982", None, None),
        ("12 መስከረም 1982", "ERI", "1982-09-12"),
        ("12 Magh 2047", "NPL", None),
        ("1982 E.C.", None, None),
    ],
)
def test_other_calendars(text: str, issuer: str | None, expected: str | None) -> None:
    found = parse_date(text, today=TODAY, issuer=issuer)
    assert (found.iso if found else None) == expected


def test_what_is_printed_as_a_date_and_is_none_is_found() -> None:
    assert unusable_dates("31.02.1990", None, TODAY) == ["impossible_date"]
    assert unusable_dates("1410/05/12 and 2047-05-12 B.S.", None, TODAY) == ["other_calendar", "other_calendar"]
    assert unusable_dates("5 Iyar 5750, 12 Magh 2047", None, TODAY) == ["other_calendar", "other_calendar"]
    assert unusable_dates("12.05.1990, 1410/05/12", "SAU", TODAY) == []


@each(
    "text", ["21 listopada 1990", "12 Qwzzt 1974", "1974 Qwzzt 12", "112.05.1990", "12 (05) MAY 1990", "12 ม.ค. 2533"]
)
def test_of_a_day_and_a_month_that_are_not_understood_no_year_is_left(text: str) -> None:
    assert parse_date(text, today=TODAY) is None


@each(
    "text",
    [
        "12 tháng 8 năm 1974",
        "Ngày 12 thang 08 nam 1974",
        "ngày/date 12 tháng/month 08 năm/year 1974",
        "12 באוגוסט 1974",
    ],
)
def test_dates_that_say_what_is_day_and_month_in_words(text: str) -> None:
    assert iso(text) == "1974-08-12"


@each("text", ["29 Feb 1999", "born 31 JUN 1990", "1974 AUG 32", "30-II-1990"])
def test_a_day_that_does_not_exist_is_told_also_with_its_month_in_letters(text: str) -> None:
    assert parse_date(text, today=TODAY) is None
    assert unusable_dates(text, None, TODAY) == ["impossible_date"]


@each("text", ["12 AUG 1974", "12 août 1974 - 12 août 1984", "12-II-1990", "12 AUG 74", "PARIS 12 1974"])
def test_days_that_exist_are_not_told(text: str) -> None:
    assert unusable_dates(text, None, TODAY) == []
