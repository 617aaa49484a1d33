"""Centuries by meaning, unknown parts, and invalid dates."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from extractor.mrz.dates import birth_date, issue_month, near_date

from ...tables import each

TODAY = date(2026, 3, 1)


@each(
    ("digits", "expiry", "expected"),
    [
        ("740812", None, "1974-08-12"),
        ("250101", None, "2025-01-01"),
        ("260401", None, "1926-04-01"),  # would lie in the future
        ("110101", "2010-05-05", "1911-01-01"),  # would lie after the document's expiry
        ("7408<<", None, "1974-08"),
        ("740800", None, "1974-08"),
        ("74<<<<", None, "1974"),
        ("740000", None, "1974"),
        ("<<<<<<", None, None),
        ("000000", None, None),
        ("741301", None, None),
        ("740230", None, None),
        ("123456", None, None),
        ("7408", None, None),
        ("7A0812", None, None),
        ("74<<12", None, None),
        ("000229", None, "2000-02-29"),
        ("010229", None, None),
    ],
)
def test_birth_dates(digits: str, expiry: str | None, expected: str | None) -> None:
    assert birth_date(digits, TODAY, expiry) == expected


@each(
    ("digits", "expected"),
    [("120415", "2012-04-15"), ("961210", "1996-12-10"), ("351231", "2035-12-31"), ("750101", "2075-01-01")],
)
def test_expiry_dates_lie_in_the_hundred_years_around_today(digits: str, expected: str) -> None:
    assert near_date(digits, TODAY) == expected


def test_issue_months_are_past() -> None:
    assert issue_month("1906", TODAY) == "2019-06"
    assert issue_month("8806", TODAY) == "1988-06"
    assert issue_month("881", TODAY) is None


@given(st.dates(date(1926, 3, 2), TODAY))
def test_any_birth_date_of_the_last_hundred_years_comes_back(day: date) -> None:
    assert birth_date(day.strftime("%y%m%d"), TODAY) == day.isoformat()


@given(st.text(alphabet="0123456789<AZ", max_size=8))
def test_nothing_raises(digits: str) -> None:
    for found in (birth_date(digits, TODAY), near_date(digits, TODAY)):
        assert found is None or len(found) in {4, 7, 10}


def test_there_is_no_year_before_the_first_or_behind_the_last() -> None:
    assert near_date("000101", date.min) is None
    assert birth_date("991231", date(50, 1, 1)) is None
    assert near_date("000101", date.max) is None


def test_digits_of_other_scripts_are_no_digits() -> None:
    assert near_date("²²0101", TODAY) is None
