"""Values as other collections state them, brought into the form of our schemas, or left unlabelled."""

from typing import Any

import pytest

from extractor.labels.values import UnstatedError, fields_of, normalised
from extractor.schemas.dates import Order

from ...tables import each

ZONE = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"


@each(
    ("name", "text", "expected"),
    [
        ("surname", "  Müller   Lüdenscheidt ", "Müller Lüdenscheidt"),
        ("place_of_birth", ["Paris", " 12e "], "Paris 12e"),
        ("birth_date", "12.08.1974", "1974-08-12"),
        ("birth_date", "1974", "1974"),
        ("nationality", "UKRAINE", "UKR"),
        ("nationality", "УКРАЇНА/UKRAINE", "UKR"),
        ("sex", "Ж/F", "F"),
        ("sex", "männlich", "M"),
        ("sex", "男", "M"),
        ("mrz", ["P<UTO ERIKSSON", "l898"], ["P<UTOERIKSSON", "L898"]),
        ("mrz", f"{ZONE}\n{ZONE}", [ZONE, ZONE]),
    ],
)
def test_values_are_brought_into_the_schemas_form(name: str, text: Any, expected: Any) -> None:
    assert normalised("passport", name, text) == expected


def test_a_list_is_parted() -> None:
    assert normalised("driving_licence", "vehicle_classes", "AM, B/BE") == ["AM", "B", "BE"]


@each(
    ("name", "text"),
    [("nationality", "Ruritanian"), ("sex", "?"), ("birth_date", "soon"), ("surname", "   "), ("mrz", "")],
)
def test_what_does_not_say_is_not_guessed(name: str, text: str) -> None:
    with pytest.raises(UnstatedError, match=name):
        normalised("passport", name, text)


@pytest.mark.parametrize(("order", "expected"), [("dmy", "1980-03-02"), ("mdy", "1980-02-03")])
def test_the_order_of_a_date_is_the_collections(order: Order, expected: str) -> None:
    assert normalised("passport", "birth_date", "02/03/1980", order=order) == expected


def test_null_is_a_label_and_an_unknown_name_is_none() -> None:
    fields, printed = fields_of(
        "passport", {"surname": "A", "address": None, "nationality": "Ruritanian", "shoe_size": "44", "mrz": [ZONE]}
    )
    assert fields == {"surname": "A", "address": None, "mrz": [ZONE]}
    assert printed == {"surname": "A", "nationality": "Ruritanian", "mrz": ZONE}
