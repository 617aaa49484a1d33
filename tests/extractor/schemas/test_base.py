"""What every schema is made of: types, fields that carry their meaning, and the same view of a user's own model."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, NewType

import pytest
from pydantic import BaseModel, Field, PastDate, TypeAdapter, ValidationError

from extractor.schemas import VOCABULARY, IdentityDocument, Kind, described, field_specs
from extractor.schemas.base import IsoDate, MrzLine, StateCode, Text, kind_of_type
from extractor.schemas.sexes import Sex

from ...tables import each


@each(
    ("kind", "value", "kept"),
    [
        (Text, " Müller ", "Müller"),
        (IsoDate, "2024-02-29", "2024-02-29"),
        (IsoDate, "2024-02", "2024-02"),
        (IsoDate, "2024", "2024"),
        (StateCode, "FRA", "FRA"),
        (StateCode, "D", "D"),
        (Sex, "X", "X"),
        (MrzLine, "P<UTO", "P<UTO"),
        (MrzLine, "<" * 44, "<" * 44),
    ],
)
def test_values_that_fit(kind: Any, value: str, kept: str) -> None:
    assert TypeAdapter(kind).validate_python(value) == kept


@each(
    ("kind", "value"),
    [
        (Text, ""),
        (Text, "  "),
        (Text, 3),
        (IsoDate, "2023-02-29"),
        (IsoDate, "2024-13"),
        (IsoDate, "24-01-01"),
        (IsoDate, "01.01.2024"),
        (IsoDate, "2024-01-01T00:00"),
        (IsoDate, "２０２４"),
        (IsoDate, "2024-01-01\n"),
        (StateCode, "fra"),
        (StateCode, "FRAN"),
        (StateCode, ""),
        (Sex, "m"),
        (Sex, "W"),
        (MrzLine, "P<UTÖ"),
        (MrzLine, "<" * 45),
        (MrzLine, ""),
        (MrzLine, "p<uto"),
    ],
)
def test_values_that_do_not(kind: Any, value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


class Card(IdentityDocument):
    surname: Text | None = described("surname")
    number: Text | None = described("document_number", description="number of the card", title="Card number")
    birth_date: IsoDate | None = described("birth_date")
    issue_date: IsoDate | None = described("issue_date")
    expiry_date: IsoDate | None = described("expiry_date")


def test_a_described_field_carries_kind_description_and_captions() -> None:
    properties = Card.model_json_schema()["properties"]
    surname = properties["surname"]
    assert surname["default"] is None
    assert surname["description"] == VOCABULARY["surname"].en
    assert surname["x-kind"] == "name"
    assert surname["x-description-zh"] == "姓"
    assert surname["x-captions"]["de"] == list(VOCABULARY["surname"].captions["de"])
    assert (properties["number"]["description"], properties["number"]["title"]) == ("number of the card", "Card number")


def test_nothing_beyond_the_fields_is_taken_and_assignments_are_checked() -> None:
    with pytest.raises(ValidationError):
        Card(colour="red")
    card = Card(surname="x")
    with pytest.raises(ValidationError):
        card.birth_date = "yesterday"


@each(
    ("dates", "failed"),
    [
        ({}, set()),
        ({"birth_date": "1974-08-12", "issue_date": "2020-01-01", "expiry_date": "2030-01-01"}, set()),
        ({"birth_date": "2020-01-01", "issue_date": "2020-01-01", "expiry_date": "2020-01-01"}, set()),
        ({"birth_date": "2021-01-01", "issue_date": "2020-01-01"}, {"birth_before_issue"}),
        ({"issue_date": "2030-01-01", "expiry_date": "2020-01-01"}, {"issue_before_expiry"}),
        ({"birth_date": "2030-01-01", "expiry_date": "2020-01-01"}, {"birth_before_expiry"}),
        # Of reduced precision only what both say is compared.
        ({"birth_date": "1988-05-01", "issue_date": "1988"}, set()),
        ({"birth_date": "1988", "issue_date": "1988-05-01"}, set()),
        ({"birth_date": "1988-06", "issue_date": "1988-05-01"}, {"birth_before_issue"}),
        ({"birth_date": "1989", "issue_date": "1988-05-01"}, {"birth_before_issue"}),
    ],
)
def test_dates_are_in_order(dates: dict[str, str], failed: set[str]) -> None:
    checks = Card(**dates).checks()
    assert {check.code for check in checks if check.passed is False} == failed
    for check in checks:
        absent = any(name not in dates for name in check.fields)
        assert (check.passed is None) == absent
        assert not any(value in check.message for value in dates.values())


class Ticket(BaseModel):
    number: str = Field(
        json_schema_extra={"x-kind": "number", "x-captions": {"de": ["Fahrkarte Nr."]}, "x-description-zh": "票号"}
    )
    birth_date: date | None = None
    seat_class: str | None = Field(None, title="Class")
    remark: str | None = Field(None, description="anything else")


def test_a_users_own_annotations_come_first() -> None:
    number = field_specs(Ticket)["number"]
    assert (number.kind, number.captions, number.zh) == (Kind.NUMBER, {"de": ("Fahrkarte Nr.",)}, "票号")


def test_a_known_name_has_the_vocabulary_s_meaning() -> None:
    birth, known = field_specs(Ticket)["birth_date"], VOCABULARY["birth_date"]
    assert (birth.kind, birth.captions, birth.en, birth.zh) == (Kind.DATE, known.captions, known.en, known.zh)


def test_an_unknown_name_is_captioned_by_itself_and_its_title() -> None:
    specs = field_specs(Ticket)
    assert specs["seat_class"].captions == {"und": ("seat class", "Class")}
    assert specs["seat_class"].en == "seat class"
    assert (specs["remark"].en, specs["remark"].zh) == ("anything else", "anything else")


def test_fields_keep_their_order() -> None:
    assert list(field_specs(Ticket)) == ["number", "birth_date", "seat_class", "remark"]


class Colour(Enum):
    RED = "r"


@each(
    ("annotation", "kind"),
    [
        (str, Kind.TEXT),
        (str | None, Kind.TEXT),
        (date, Kind.DATE),
        (date | None, Kind.DATE),
        (datetime | str, Kind.DATE),
        (PastDate, Kind.DATE),
        (Annotated[date | None, Field()], Kind.DATE),
        (bool | None, Kind.FLAG),
        (int, Kind.NUMBER),
        (int | float | None, Kind.NUMBER),
        (NewType("Number", int) | None, Kind.NUMBER),
        (bool | int, Kind.TEXT),
        (Literal["a", "b"], Kind.TEXT),
        (Literal[1, 2], Kind.NUMBER),
        (Colour | None, Kind.CODE),
        (list[str], Kind.LIST),
        (list[str] | None, Kind.LIST),
        (tuple[str, ...], Kind.LIST),
        (Sequence[str], Kind.LIST),
        (Ticket, Kind.TEXT),
        (Any, Kind.TEXT),
        (None, Kind.TEXT),
    ],
)
def test_kinds_of_types(annotation: Any, kind: Kind) -> None:
    assert kind_of_type(annotation) is kind
