"""Numbers: which a printed text is, of what type, and that none of them is a time."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Optional

from pydantic import AwareDatetime, Field, create_model

from ..tables import each
from .answers import read


@each(
    ("text", "whole", "decimal"),
    [
        ("1,250.50", None, Decimal("1250.50")),
        ("1.234,56 EUR", None, Decimal("1234.56")),
        ("$12.50", None, Decimal("12.50")),
        ("1 234,5", None, Decimal("1234.5")),
        ("1,250", 1250, Decimal(1250)),
        ("1,234,567", 1234567, Decimal(1234567)),
        ("756.1234.5678.97", 7561234567897, Decimal(7561234567897)),
        ("12.345.678-9", 123456789, Decimal(123456789)),
        ("5'10\"", None, None),
        ("007", None, None),
        ("١٦٥", 165, Decimal(165)),
        ("१,२५०", 1250, Decimal(1250)),
        ("１２．５０", None, Decimal("12.50")),
        ("٢٬٥٠٠", 2500, Decimal(2500)),
        ("٢٫٥", None, Decimal("2.5")),
        ("๐๐๗", None, None),
        ("12E5", None, None),
        ("1.2e-3", None, None),
        ("9E999", None, None),
        ("NaN", None, None),
        ("-Infinity", None, None),
    ],
)
def test_a_number_is_the_one_that_is_printed(text: str, whole: int | None, decimal: Decimal | None) -> None:
    said = Field(None, json_schema_extra={"x-captions": {"en": ["Amount"]}})
    for kind, value in ((int, whole), (float, decimal and float(decimal)), (Decimal, decimal)):
        document, *_ = read(create_model("Own", amount=(Optional[kind], said)), amount=text)  # noqa: UP045
        assert document.amount == value


@each(
    ("text", "kind", "value"),
    [
        ("90 DAYS", int, 90),
        ("030 JOURS", float, 30.0),
        ("90天", int, 90),
        ("90 DAYS", timedelta, timedelta(days=90)),
        ("90", timedelta, None),
        ("90 DAYS", str, "90 DAYS"),
        ("C1", int, None),
        ("90 D", int, None),
    ],
)
def test_days_of_stay_are_counted(text: str, kind: Any, value: Any) -> None:
    document, *_ = read(create_model("Own", duration_of_stay=(Optional[kind], None)), duration_of_stay=text)  # noqa: UP045
    assert document.duration_of_stay == value


@each("kind", [date, datetime, time, timedelta, AwareDatetime, datetime | None])
@each("text", ["123456", "90", "1.5", "٩٠"])
def test_a_number_is_no_time(kind: Any, text: str) -> None:
    said = Field(None, json_schema_extra={"x-kind": "number", "x-captions": {"en": ["Card no"]}})
    document, *_ = read(create_model("Own", card=(Optional[kind], said)), card=text)  # noqa: UP045
    assert document.card is None
