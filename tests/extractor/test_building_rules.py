"""Validators of a user's schema, and what becomes of values that fit no form."""

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    computed_field,
    field_validator,
    model_validator,
)

from extractor.extraction import Extraction
from extractor.schemas.json_schema import model_from_json_schema
from extractor.schemas.plan import plan_of

from ..tables import each
from .answers import codes, read


class TestValidators:
    def test_what_a_field_s_validator_rejects_is_told_and_stays_in_the_fields(self) -> None:
        class Own(BaseModel):
            surname: str | None = None
            birth_date: date | None = None

            @field_validator("surname")
            @classmethod
            def check(cls, value: str | None, info: ValidationInfo) -> str | None:
                raise ValueError(f"secret {value}")

        document, values, fields, warnings = read(Own)
        assert (document.surname, document.birth_date) == (None, date(1990, 3, 30))
        assert (fields["surname"].value, values["surname"]) == ("UNDERHILL", "UNDERHILL")
        assert codes(warnings) == ["invalid_value:surname"]
        assert "value_error" in warnings[0].message
        assert "UNDERHILL" not in warnings[0].message

    def test_a_required_field_that_is_rejected_is_not_called_missing(self) -> None:
        class Own(BaseModel):
            surname: Annotated[str, AfterValidator(int)]

        document, _, fields, warnings = read(Own)
        assert document is None
        assert fields["surname"].value == "UNDERHILL"
        assert codes(warnings) == ["invalid_value:surname"]

    def test_a_failing_model_validator_gives_no_document_and_says_why(self) -> None:
        class Own(BaseModel):
            surname: str | None = None

            @model_validator(mode="after")
            def check(self) -> "Own":
                raise ValueError("no")

        document, values, _, warnings = read(Own)
        assert (document, values) == (None, {"surname": "UNDERHILL"})
        assert codes(warnings) == ["check_failed"]

    def test_that_of_a_nested_model_that_may_be_null_leaves_it_out(self) -> None:
        class Inner(BaseModel):
            surname: str | None = None

            @model_validator(mode="after")
            def check(self) -> "Inner":
                raise AssertionError

        class Own(BaseModel):
            holder: Inner | None = None
            sex: str | None = None

        document, _, _, warnings = read(Own)
        assert (document.holder, document.sex) == (None, "M")
        assert codes(warnings) == ["check_failed:holder"]

    def test_one_that_breaks_is_told_by_its_error_s_class(self) -> None:
        class Own(BaseModel):
            surname: str | None = None

            @model_validator(mode="before")
            @classmethod
            def check(cls, data: Any) -> Any:
                raise ZeroDivisionError

        document, _, _, warnings = read(Own)
        assert document is None
        assert "ZeroDivisionError" in warnings[0].message

    def test_one_that_returns_nothing_is_told(self) -> None:
        class Own(BaseModel):
            surname: str | None = None

            @model_validator(mode="after")
            def check(self) -> None:
                pass

        document, values, _, warnings = read(Own)
        assert (document, values) == (None, {"surname": "UNDERHILL"})
        assert codes(warnings) == ["check_failed"]

    @pytest.mark.parametrize(
        "error", [KeyError("UNDERHILL"), TypeError, StopIteration, RecursionError, AttributeError, SystemExit(1)]
    )
    def test_a_field_s_own_that_breaks_loses_that_field_alone(self, error: Any) -> None:
        class Own(BaseModel):
            surname: str | None = None
            birth_date: date | None = None

            @field_validator("surname")
            @classmethod
            def check(cls, value: str | None) -> str | None:
                raise error

        document, _, fields, warnings = read(Own)
        assert (document.surname, document.birth_date) == (None, date(1990, 3, 30))
        assert fields["surname"].value == "UNDERHILL"
        assert codes(warnings) == ["invalid_value:surname"]
        assert "UNDERHILL" not in warnings[0].message

    @pytest.mark.parametrize("error", [KeyError("UNDERHILL"), SystemExit(1)])
    def test_a_computed_field_that_breaks_is_told_and_the_values_are_written(self, error: BaseException) -> None:
        class Own(BaseModel):
            surname: str

            @computed_field
            def initial(self) -> str:
                raise error

        document, values, fields, warnings = read(Own)
        result = Extraction(Own, document, values, fields, tuple(warnings))
        assert codes(warnings) == ["check_failed"]
        assert result.to_dict() == {"surname": "UNDERHILL"}

    def test_values_are_given_as_they_would_be_written(self) -> None:
        def parse(text: str) -> date:
            return date.fromisoformat(text)

        class Own(BaseModel):
            birth_date: Annotated[date, BeforeValidator(parse)]

        assert read(Own)[0].birth_date == date(1990, 3, 30)


def test_a_value_that_fits_no_form_is_null_and_kept_in_the_sources() -> None:
    class Own(BaseModel):
        surname: Annotated[str, Field(max_length=3)] | None = None
        nationality: Literal["FR"] | None = None

    document, _, fields, warnings = read(Own)
    assert document == Own()
    assert (fields["nationality"].value, fields["nationality"].sources[0].value) == (None, "GBR")
    assert codes(warnings) == ["invalid_value:surname", "invalid_value:nationality"]


class _French(BaseModel):
    issuing_country: Literal["France"]
    surname: str


class _German(BaseModel):
    issuing_country: Literal["Germany"]
    surname: str


def test_the_only_value_that_a_field_takes_is_given_only_where_the_document_says_it() -> None:
    assert read(_German)[0] == _German(issuing_country="Germany", surname="UNDERHILL")
    document, _, _, warnings = read(_French)
    assert (document, codes(warnings)[0]) == (None, "invalid_value:issuing_country")


def test_alternatives_that_were_not_taken_leave_no_warnings() -> None:
    class Own(BaseModel):
        holder: Annotated[_German | _French, Field(discriminator="issuing_country")]

    document, _, fields, warnings = read(Own)
    assert (document.holder.issuing_country, fields["holder.issuing_country"].value) == ("Germany", "Germany")
    assert codes(warnings) == []


def test_constants_of_a_json_schema() -> None:
    def filled(of: str, **properties: Any) -> tuple[dict[str, Any], list[str]]:
        document, _, _, warnings = read(model_from_json_schema({"properties": properties}), kind=of)
        return document.model_dump(exclude_none=True), codes(warnings)

    a, b, text = {"const": "a"}, {"const": "b"}, {"type": "string"}
    forms = [{"type": "object", "properties": own} for own in ({"t": a, "surname": text}, {"t": b, "hobby": text})]
    passport: Any = {"kind": {"const": "passport"}, "surname": text}
    name = {"surname": "UNDERHILL"}
    assert filled("passport", form={"oneOf": forms}) == ({"form": {"t": "a", **name}}, [])
    assert filled("passport", version={"const": "1.0"}, surname=text) == ({"version": "1.0", **name}, [])
    assert filled("passport", **passport) == ({"kind": "passport", **name}, [])
    assert filled("id_card", **passport) == (name, [])
    assert filled("passport", surname={"const": "SMITH"}) == ({}, ["invalid_value:surname"])
    assert filled("passport", given_names={"type": "null"}, surname=text) == (name, [])


def test_null_of_a_field_that_nothing_fills_is_not_sure() -> None:
    class Own(BaseModel):
        shoe_size: int | None = None
        surname: str | None = None

    _, _, fields, _ = read(Own, surname=None)
    assert fields["shoe_size"].confidence == 0.0
    assert fields["surname"].confidence > 0.5


class PassportForm(BaseModel):
    kind: Literal["passport"]
    passport_number: str
    surname: str | None = None


class LicenceForm(BaseModel):
    kind: Literal["driver_license"]
    licence_number: str
    categories: list[str] | None = None


class AnyForm(BaseModel):
    form: Annotated[PassportForm | LicenceForm, Field(discriminator="kind")]


class SeveralNumbers(BaseModel):
    passport_number: str | None = None
    licence_number: str | None = None
    document_type: Literal["passport", "id_card", "driver_license"] | None = None


@each(
    ("kind", "form", "numbers"),
    [
        ("passport", "passport", ("359 970-521", None, "passport")),
        ("driving_licence", "driver_license", (None, "359 970-521", "driver_license")),
    ],
)
def test_a_document_fills_what_is_for_documents_of_its_kind(kind: str, form: str, numbers: Any) -> None:
    assert read(AnyForm, kind=kind, document_type=None)[0].form.kind == form
    document = read(SeveralNumbers, kind=kind, document_type=None)[0]
    assert (document.passport_number, document.licence_number, document.document_type) == numbers


class _Passport(BaseModel):
    kind: Literal["passport"] = "passport"
    surname: str


class _Card(BaseModel):
    kind: Literal["id_card"] = "id_card"
    surname: str


class _Blood(BaseModel):
    kind: Literal["blood"] = "blood"
    group: str | None = None


class TestAlternatives:
    def test_the_tag_of_a_union_is_given_though_it_has_a_default(self) -> None:
        class Own(BaseModel):
            paper: Annotated[_Card | _Passport, Field(discriminator="kind")]

        document, *_ = read(Own)
        assert document.paper == _Passport(surname="UNDERHILL")

    def test_a_tag_alone_makes_no_object(self) -> None:
        class Own(BaseModel):
            surname: str
            blood: _Blood | None = None

        document, values, _, _ = read(Own)
        assert (document.blood, values["blood"]) == (None, None)


def test_a_class_that_pydantic_does_not_know_is_null_where_its_model_allows_it() -> None:
    class Own(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        surname: str
        thing: _Thing | None = None

    assert plan_of(Own).reading_of("passport").model_fields["thing"].annotation == _Thing | None
    document, *_ = read(Own)
    assert (document.surname, document.thing) == ("UNDERHILL", None)


class _Thing:
    pass
