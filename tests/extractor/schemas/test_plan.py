"""How a schema is read: what its fields are understood as beside one another, and the flat schema engines get."""

from datetime import date
from typing import Any, Optional

import pytest
from pydantic import BaseModel, Field, create_model

from extractor.errors import SchemaError
from extractor.schemas import SCHEMAS, Kind, Passport, field_specs, schema_name
from extractor.schemas.plan import MOST_FIELDS, plan_of

from ...tables import each


def mapping(**fields: Any) -> dict[str, str]:
    """`field:part` of each field's meaning, "" where there is none."""
    model = create_model("Own", **{name: (Optional[str], info) for name, info in fields.items()})  # noqa: UP045
    meant = plan_of(model).mapping
    return {name: f"{one.field or ''}{f':{one.part}' if one.part else ''}" for name, one in meant.items()}


@each("name", SCHEMAS)
def test_built_in_schemas_are_read_as_they_are(name: str) -> None:
    plan = plan_of(SCHEMAS[name])
    assert plan.reading is SCHEMAS[name]
    assert plan.reading_of("visa") is SCHEMAS[name]
    assert all((one.field, one.part) == (field, None) for field, one in plan.mapping.items())


def test_names_are_understood_beside_one_another() -> None:
    alone = mapping(passport_number=None, name=None, first_name=None)
    assert alone == {"passport_number": "document_number", "name": "name:full", "first_name": "given_names"}
    assert mapping(passport_number=None, visa_number=None)["passport_number"] == "passport_number"
    assert mapping(passport_number=None, entries=None)["passport_number"] == "passport_number"
    assert mapping(passport_no=None, visa_no=None)["passport_no"] == "passport_number"
    assert mapping(name=None, surname=None)["name"] == "given_names"
    assert mapping(name=None, surname=None, first_name=None)["name"] == "name:full"
    assert mapping(id_number=None)["id_number"] == "document_number"
    assert mapping(id_number=None, card_number=None)["id_number"] == "personal_number"
    assert mapping(name=None, birth_date=None)["name"] == "name:full"
    with_middle = mapping(first_name=None, middle_name=None)
    assert with_middle == {"first_name": "given_names:first", "middle_name": "given_names:rest"}


def test_a_field_s_own_words_go_into_the_flat_schema() -> None:
    own = {"x-kind": "number", "x-captions": {"en": ["Membership no"]}}
    plan = plan_of(create_model("Own", card=(str, Field(json_schema_extra=own)), surname=(str, ...), toes=(int, ...)))
    specs = field_specs(plan.reading)
    assert (specs["card"].kind, specs["card"].captions) == (Kind.NUMBER, {"en": ("Membership no",)})
    assert specs["surname"] == field_specs(Passport)["surname"]
    assert specs["toes"].captions == {"und": ("toes",)}
    assert {name: one.readable for name, one in plan.mapping.items()} == {"card": True, "surname": True, "toes": False}


def test_own_captions_of_a_known_field_are_added_to_its_own() -> None:
    own = Field(None, json_schema_extra={"x-captions": {"en": ["Called"], "xx": ["Zyx"]}})
    plan = plan_of(create_model("Own", surname=(str, own)))
    captions = field_specs(plan.reading)["surname"].captions
    assert captions["en"][:2] == ("Called", "surname")
    assert captions["xx"] == ("Zyx",)
    assert field_specs(plan.reading_of("passport"))["surname"].captions == captions


def test_a_document_of_a_known_kind_is_read_with_all_its_fields() -> None:
    plan = plan_of(create_model("Own", last_name=(str, ...), toes=(int, ...)))
    reading = plan.reading_of("passport")
    assert list(reading.model_fields) == [*Passport.model_fields, "toes"]
    assert (schema_name(reading), schema_name(plan.reading)) == ("passport", "Own")
    assert plan.reading_of(None) is plan.reading
    assert plan.reading_of("passport") is reading


def test_fields_that_are_a_part_of_a_date_are_not_taken_for_the_date() -> None:
    plan = plan_of(create_model("Own", expiry_month=(int, ...), until=(date, Field(alias="expiry_date"))))
    assert plan.wholes == {"expiry_date": "until"}
    assert plan_of(create_model("Own", expiry_month=(int, ...))).wholes == {}


def test_what_cannot_hold_a_value_of_that_meaning_does_not_mean_it() -> None:
    plan = plan_of(create_model("Own", surname=(int, ...), birth_date=(bool, ...), height=(int, ...), sex=(date, ...)))
    assert [one.field for one in plan.mapping.values()] == [None, None, "height", None]


@each(
    ("extra", "part"),
    [
        ({"x-field": "zebra"}, "x-field of a"),
        ({"x-kind": "zebra"}, "x-kind of a"),
        ({"x-captions": ["a"]}, "x-captions of a"),
        ({"x-captions": {"en": "a"}}, "x-captions of a"),
        ({"x-captions": {"en": [5]}}, "x-captions of a"),
        ({"x-field": ["surname"]}, "x-field of a"),
        ({"x-captions": {"en": ["a" * 201]}}, "x-captions of a"),
        ({"x-captions": {"en": ["a"] * 5001}}, "x-captions of a"),
    ],
)
def test_what_a_field_says_wrongly_is_refused_when_the_schema_is_loaded(extra: dict[str, Any], part: str) -> None:
    with pytest.raises(SchemaError, match=part):
        plan_of(create_model("Own", a=(str, Field(json_schema_extra=extra))))


def test_schemas_without_fields_or_with_too_many_are_refused() -> None:
    with pytest.raises(SchemaError, match="has no fields"):
        plan_of(create_model("Own"))
    with pytest.raises(SchemaError, match=f"{MOST_FIELDS} fields"):
        plan_of(create_model("Own", **{f"f{n}": (str, None) for n in range(MOST_FIELDS + 1)}))


def test_types_that_cannot_be_found_are_named() -> None:
    class Own(BaseModel):
        surname: "NoSuchType"  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(SchemaError, match=r"Own is not complete.*NoSuchType"):
        plan_of(Own)
