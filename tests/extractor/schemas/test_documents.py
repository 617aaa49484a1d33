"""The built-in schemas: their fields in order, what their JSON Schema says, and their checks."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from extractor.schemas import SCHEMAS, VOCABULARY, ChineseIdCard, Kind, Passport, field_specs

from ...tables import each

FIELDS = {
    "passport": "document_type issuing_country document_number surname given_names name nationality birth_date sex"
    " place_of_birth personal_number issue_date expiry_date authority address endorsements mrz",
    "id_card": "document_type issuing_country document_number surname given_names name nationality birth_date sex"
    " place_of_birth personal_number issue_date expiry_date permanent authority address ethnicity card_access_number"
    " endorsements mrz",
    "chinese_id_card": "issuing_country name sex ethnicity birth_date address document_number authority issue_date"
    " expiry_date permanent",
    "driving_licence": "document_type issuing_country document_number surname given_names name nationality birth_date"
    " sex place_of_birth personal_number issue_date expiry_date authority address vehicle_classes restrictions"
    " endorsements mrz",
    "residence_permit": "document_type issuing_country document_number surname given_names name nationality birth_date"
    " sex place_of_birth personal_number category issue_date valid_from expiry_date permanent place_of_issue authority"
    " address endorsements mrz",
    "visa": "document_type issuing_country document_number passport_number surname given_names name nationality"
    " birth_date sex personal_number visa_class entries duration_of_stay issue_date valid_from expiry_date"
    " place_of_issue authority endorsements mrz",
}
#: A value that fits each kind, and one that does not.
FITTING: dict[Kind, tuple[Any, Any]] = {
    Kind.DATE: ("2024-02-29", "2023-02-29"),
    Kind.SEX: ("F", "female"),
    Kind.STATE: ("FRA", "France"),
    Kind.LIST: (["B"], "B"),
    Kind.FLAG: (True, "perhaps"),
    Kind.MRZ: (["P<UTO"], ["p<uto"]),
}

schemas = pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)


def test_there_are_six() -> None:
    assert list(SCHEMAS) == list(FIELDS)


@each("name", FIELDS)
def test_fields_in_reading_order(name: str) -> None:
    assert list(SCHEMAS[name].model_fields) == FIELDS[name].split()
    assert list(SCHEMAS[name].model_json_schema()["properties"]) == FIELDS[name].split()


@schemas
def test_everything_is_optional_nullable_and_null_by_default(schema: type[BaseModel]) -> None:
    assert set(schema().model_dump().values()) == {None}
    definition = schema.model_json_schema()
    assert definition["additionalProperties"] is False
    assert "required" not in definition
    for field in definition["properties"].values():
        assert field["default"] is None
        assert {"type": "null"} in field["anyOf"]


@schemas
def test_the_json_schema_says_what_each_field_is(schema: type[BaseModel]) -> None:
    definition = json.loads(json.dumps(schema.model_json_schema()))
    for name, field in definition["properties"].items():
        assert field["description"]
        assert field["x-description-zh"]
        assert Kind(field["x-kind"]) is VOCABULARY[name].kind
        assert field["x-captions"] == {tag: list(listed) for tag, listed in VOCABULARY[name].captions.items()}


@schemas
def test_nothing_beyond_the_fields_is_taken(schema: type[BaseModel]) -> None:
    with pytest.raises(ValidationError):
        schema(favourite_colour="blue")


@schemas
def test_values_of_each_kind(schema: type[BaseModel]) -> None:
    for name, spec in field_specs(schema).items():
        if name == "document_number" and schema is ChineseIdCard:
            continue
        fitting, wrong = FITTING.get(spec.kind, ("text", ""))
        assert schema(**{name: fitting}).model_dump()[name] == fitting
        with pytest.raises(ValidationError):
            schema(**{name: wrong})


@schemas
def test_a_document_goes_through_json_and_back(schema: type[BaseModel]) -> None:
    document = schema(
        **{
            name: FITTING.get(spec.kind, ("text", ""))[0]
            for name, spec in field_specs(schema).items()
            if name != "document_number"
        }
    )
    assert schema.model_validate_json(document.model_dump_json()) == document


def test_a_visa_and_a_chinese_card_say_what_their_number_is() -> None:
    assert "visa itself" in field_specs(SCHEMAS["visa"])["document_number"].en
    assert "citizen identity number" in field_specs(ChineseIdCard)["document_number"].en


@pytest.mark.parametrize("number", ["11010519491231002X", "110105194912310029", "110105491231002"])
def test_citizen_numbers_of_eighteen_and_fifteen(number: str) -> None:
    assert ChineseIdCard(document_number=number).document_number == number


@each("number", ["11010519491231002x", "1101051949123100", "１" * 18, "X" * 18, " 110105491231002"])
def test_what_is_no_citizen_number(number: str) -> None:
    with pytest.raises(ValidationError):
        ChineseIdCard(document_number=number)


def outcome(**values: str) -> dict[str, bool | None]:
    return {check.code: check.passed for check in ChineseIdCard(**values).checks()}


def test_a_card_whose_number_is_right_passes_every_check() -> None:
    passed = outcome(
        document_number="11010519491231002X",
        birth_date="1949-12-31",
        sex="F",
        issue_date="2010-01-01",
        expiry_date="2030-01-01",
    )
    assert set(passed.values()) == {True}
    assert {"id_number_checksum", "id_number_birth_date", "id_number_sex"} <= set(passed)


@each(
    ("values", "failed"),
    [
        ({"document_number": "110105194912310021"}, "id_number_checksum"),
        ({"document_number": "11010519491231002X", "birth_date": "1949-12-30"}, "id_number_birth_date"),
        ({"document_number": "11010519491231002X", "sex": "M"}, "id_number_sex"),
        ({"document_number": "110105491231002", "sex": "M"}, "id_number_sex"),
        ({"document_number": "110105194913310023", "birth_date": "1949-12-31"}, "id_number_birth_date"),
    ],
)
def test_what_contradicts_the_number_fails_its_own_check(values: dict[str, str], failed: str) -> None:
    checks = {check.code: check for check in ChineseIdCard(**values).checks()}
    assert checks[failed].passed is False
    assert not any(value in check.message for check in checks.values() for value in values.values() if len(value) > 1)


def test_what_is_absent_is_not_checked() -> None:
    assert set(outcome().values()) == {None}
    assert outcome(birth_date="1949-12-31", sex="F")["id_number_sex"] is None
    # The old number of fifteen digits has no check character.
    assert outcome(document_number="110105491231002")["id_number_checksum"] is None


def test_other_documents_are_held_to_the_order_of_their_dates() -> None:
    checks = Passport(birth_date="2020-01-01", issue_date="2019-01-01").checks()
    assert [check.code for check in checks if check.passed is False] == ["birth_before_issue"]
