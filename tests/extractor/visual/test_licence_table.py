"""Dates of vehicle classes, as the backs of licences print them."""

from datetime import date

import pytest
from pydantic import BaseModel, Field

from extractor.reconcile import reconcile
from extractor.visual.licence_table import VehicleClass, read_table
from extractor.visual.values import Context
from tests.extractor.printed import joined, line

CONTEXT = Context(order="dmy", issuer="D", today=date(2026, 3, 1))


def test_a_row_is_a_class_with_its_dates_and_codes() -> None:
    lines = [
        line("9.", 40, 10),
        joined(("10.", 150), ("11.", 300), ("12.", 450), top=10),
        line("AM", 40, 50),
        line("19.01.13", 150, 52),
        line("18.01.28", 300, 50),
        joined(("B", 40), ("01.05.2010", 150), ("18.01.2028", 300), ("01.06,70", 460), top=90),
        line("C1", 40, 130),
        line("BE", 40, 170),
        line("18.01.28", 300, 170),
    ]
    rows = [(row.code, row.since, row.until, row.restrictions) for row in read_table(lines, CONTEXT)]
    assert rows == [
        ("AM", "2013-01-19", "2028-01-18", None),
        ("B", "2010-05-01", "2028-01-18", "01.06,70"),
        ("BE", None, "2028-01-18", None),
    ]


@pytest.mark.parametrize(
    ("printed", "expected"), [("01.05.2010", ("2010-05-01", None)), ("01.05.2030", (None, "2030-05-01"))]
)
def test_the_day_of_reading_tells_what_a_single_column_is(
    printed: str, expected: tuple[str | None, str | None]
) -> None:
    (row,) = read_table([line("B", 40, 50), line(printed, 150, 50)], CONTEXT)
    assert (row.since, row.until) == expected


def test_a_page_without_such_rows_has_no_table() -> None:
    assert read_table([line("B", 40, 50), line("MUSTER", 150, 50), line("01.05.2010", 150, 90)], CONTEXT) == []


class Category(BaseModel):
    code: str
    issued: date | None = None
    valid_until: date | None = Field(None, alias="expires")
    restrictions: str | None = None


class Licence(BaseModel):
    categories: list[Category]


def test_a_list_of_models_gets_the_rows() -> None:
    rows = [VehicleClass("AM", "2013-01-19", None, None, 0.9), VehicleClass("B", "2010-05-01", "2028-01-18", "70", 0.9)]
    document, *_ = reconcile(Licence, {}, kind="driving_licence", classes=rows)
    assert document == Licence(
        categories=[
            Category(code="AM", issued=date(2013, 1, 19)),
            Category(code="B", issued=date(2010, 5, 1), expires=date(2028, 1, 18), restrictions="70"),
        ]
    )
