"""Warnings about a document's dates, and the age of its holder."""

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from extractor.checks import age_of, date_warnings, zone_warnings
from extractor.extraction import FieldEvidence, Source, SourceKind, Verdict
from extractor.mrz import read_mrz
from extractor.schemas.days import age_on
from extractor.visual.values import Context

from .printed import line

TODAY = date(2026, 3, 1)


def codes(minimum_age: int | None = None, **values: str) -> list[tuple[str, str | None]]:
    fields = {name: FieldEvidence(value, Verdict.SINGLE, 0.9) for name, value in values.items()}
    warnings = date_warnings(fields, {}, today=TODAY, minimum_age=minimum_age)
    return [(warning.code, warning.field) for warning in warnings]


@pytest.mark.parametrize(
    ("expiry", "code"),
    [
        ("2026-02-28", "expired"),
        ("2026-02", "expired"),
        ("2025", "expired"),
        ("2026-03-01", "expires_soon"),
        ("2026-03", "expires_soon"),
        ("2026-05-30", "expires_soon"),
        ("2026-05-31", None),
        ("2026", None),
        ("9999-01-01", None),
    ],
)
def test_a_document_is_valid_to_the_end_of_what_is_printed(expiry: str, code: str | None) -> None:
    assert codes(expiry_date=expiry) == ([(code, "expiry_date")] if code else [])


def test_a_document_is_not_valid_before_it_begins() -> None:
    assert codes(issue_date="2026-03-03") == [("not_yet_valid", "issue_date")]
    assert codes(issue_date="2026-03-02", valid_from="2026-04-01") == [("not_yet_valid", "valid_from")]
    assert codes(issue_date="2026-03-02") == []


def test_no_day_is_too_late_to_look_at_a_document() -> None:
    fields = {"issue_date": FieldEvidence("2023-01-10", Verdict.SINGLE, 0.9)}
    assert date_warnings(fields, {}, today=date.max) == []


@pytest.mark.parametrize(
    ("birth", "expected"),
    [("2008-03-01", False), ("2008-03-02", True), ("2008", True), ("2007", False), ("1980", False)],
)
def test_younger_holders_are_told_of_where_an_age_is_asked_for(birth: str, expected: bool) -> None:
    assert codes(18, birth_date=birth) == ([("under_age", "birth_date")] if expected else [])
    assert codes(birth_date=birth) == []


def test_dates_that_contradict_each_other() -> None:
    assert codes(issue_date="2020-05-01", expiry_date="2019-05-01") == [
        ("expired", "expiry_date"),
        ("issue_after_expiry", "issue_date"),
    ]
    assert codes(birth_date="2021-01-01", issue_date="2020-05-01") == [("birth_after_issue", "birth_date")]
    assert codes(birth_date="2020", issue_date="2020-05-01") == []


def test_age() -> None:
    assert age_on("1990-03-01", TODAY) == 36
    assert age_on("1990-03-02", TODAY) == 35
    assert age_on("2030-01-01", TODAY) is None
    born = FieldEvidence("1990-03-02", Verdict.SINGLE, 0.9)
    assert age_of({"geboren": born}, {"birth_date": "geboren"}, TODAY) == 35
    assert age_of({}, {}, TODAY) is None


@pytest.mark.parametrize("value", [date(2020, 1, 2), datetime(2020, 1, 2), "02.01.2020", {"y": 2020}])
def test_a_date_counts_in_whatever_form_the_schema_gives_it(value: Any) -> None:
    source = Source(SourceKind.VISUAL, "2020-01-02", "02.01.2020", 0.9)
    fields = {"until": FieldEvidence(value, Verdict.SINGLE, 0.9, (source,))}
    found = date_warnings(fields, {"expiry_date": "until"}, today=TODAY)
    assert [warning.code for warning in found] == ["expired"]


ERIKSSON = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
BERG = ["P<UTOBERG<<PER<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<", "P123456789UTO9002155M3011205<<<<<<<<<<<<<<<2"]


@pytest.mark.parametrize(("below", "told"), [(BERG, True), (ERIKSSON, False), ([], False)])
def test_zones_of_two_holders_on_one_page_are_told(below: list[str], told: bool) -> None:
    lines = [line(text, 0, 40 * row, height=20) for row, text in enumerate([*ERIKSSON, *below])]
    zone = read_mrz(lines, today=TODAY)
    page: Any = SimpleNamespace(zone=zone, page=SimpleNamespace(lines=lines))
    evidence: Any = SimpleNamespace(zone=zone, pages=(page,), context=Context(today=TODAY))
    assert [one.field for one in zone_warnings(evidence, {}) if one.code == "conflict"] == (["mrz"] if told else [])
