"""The JSON Schema an answer is held to: strict, nullable, and never against a true value."""

import datetime
import enum
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from extractor.decoding.form import LONGEST, MOST_ITEMS, answer_schema
from extractor.errors import SchemaError
from extractor.mrz.formats import FORMATS
from extractor.schemas import SCHEMAS, Passport
from extractor.schemas.base import IsoDate

from ...tables import each


def field(schema: type[BaseModel], name: str) -> dict[str, Any]:
    """What a field can be, beside null."""
    alternatives = answer_schema(schema)["properties"][name]["anyOf"]
    assert alternatives[-1] == {"type": "null"}
    return alternatives[0]


def takes(pattern: str, text: str) -> bool:
    return re.search(pattern, text) is not None


@each("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
def test_every_field_is_there_in_order_and_may_be_null_and_nothing_else_is(schema):
    form = answer_schema(schema)
    assert list(form["properties"]) == form["required"] == list(schema.model_fields)
    assert form["additionalProperties"] is False
    assert all({"type": "null"} in node["anyOf"] for node in form["properties"].values())
    assert "x-" not in json.dumps(form)
    assert "description" not in json.dumps(form)


class Required(BaseModel):
    surname: str
    born: datetime.date = Field(alias="dateOfBirth")


def test_what_a_schema_requires_may_still_be_null_because_it_may_not_be_on_the_document():
    assert answer_schema(Required)["required"] == ["surname", "born"]
    assert {"type": "null"} in answer_schema(Required)["properties"]["surname"]["anyOf"]


def test_fields_go_by_their_names_and_members_of_nested_objects_by_their_aliases():
    class Outer(BaseModel):
        person: Required = Field(alias="holder")

    form = answer_schema(Outer)
    assert list(form["properties"]) == ["person"]
    assert list(form["$defs"]["Required"]["properties"]) == ["surname", "dateOfBirth"]


# --- dates


DATE = field(Passport, "birth_date")["pattern"]


@given(st.dates(min_value=datetime.date(1000, 1, 1)))
def test_every_date_can_be_written_whole_or_as_far_as_it_is_printed(date):
    for text in (date.isoformat(), date.isoformat()[:7], date.isoformat()[:4]):
        assert takes(DATE, text)


@given(st.integers(0, 9999), st.integers(0, 99), st.integers(0, 99))
def test_a_date_that_can_be_written_is_one(year, month, day):
    text = f"{year:04}-{month:02}-{day:02}"
    try:
        TypeAdapter(IsoDate).validate_python(text)
        real = year >= 1000
    except ValueError:
        real = False
    assert takes(DATE, text) is real


def test_leap_days_follow_the_calendar():
    written = [year for year in (1900, 2000, 2023, 2024, 2100, 2400) if takes(DATE, f"{year}-02-29")]
    assert written == [2000, 2024, 2400]


@given(st.datetimes(min_value=datetime.datetime(1000, 1, 1)))
def test_python_dates_and_times_have_their_own_forms(moment):
    class Moments(BaseModel):
        at: datetime.datetime
        on: datetime.date
        time: datetime.time

    text = moment.replace(microsecond=0).isoformat()
    assert takes(field(Moments, "at")["pattern"], text)
    assert takes(field(Moments, "on")["pattern"], text[:10])
    assert takes(field(Moments, "time")["pattern"], text[11:])
    assert not takes(field(Moments, "on")["pattern"], text[:7])


# --- other rules of documents


def test_state_codes_are_three_letters_and_germanys_is_one():
    pattern = field(Passport, "nationality")["pattern"]
    assert [code for code in ("GBR", "D", "UTO", "GB", "gbr", "GBRX") if takes(pattern, code)] == ["GBR", "D", "UTO"]


def test_mrz_lines_have_the_length_of_a_format():
    pattern = field(Passport, "mrz")["items"]["pattern"]
    lengths = {length for layout in FORMATS for length in layout.lengths}
    assert {length for length in range(60) if takes(pattern, "<" * length)} == lengths
    assert not takes(pattern, "P" * 43 + "a")


def test_sexes_are_letters():
    assert field(Passport, "sex") == {"enum": ["M", "F", "X"]}


def test_a_chinese_number_has_its_shape_and_no_more_is_asked_of_it():
    pattern = field(SCHEMAS["chinese_id_card"], "document_number")["pattern"]
    # The number on a well-known specimen holds a birth date of 1654; another's checksum may be wrong.
    assert takes(pattern, "11204416541220243X")
    assert takes(pattern, "123456789012345")
    assert not takes(pattern, "1120441654122024X")


# --- text


class Texts(BaseModel):
    free: str
    name: str | None = None
    short: str = Field(min_length=3, max_length=5)
    code: str = Field(pattern="^[a-z]{2}$")
    stripped: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2)]


def test_absence_has_one_spelling_and_no_text_begins_with_white_space():
    pattern = field(Texts, "free")["pattern"]
    assert takes(pattern, "Müller")
    assert takes(pattern, "张三")
    assert [text for text in ("", " a", "\ta", "\u3000a", "\u00a0a", "\n") if takes(pattern, text)] == []


def test_texts_have_an_end_and_bounds_of_their_own_hold():
    assert takes(field(Texts, "free")["pattern"], "x" * LONGEST)
    assert not takes(field(Texts, "free")["pattern"], "x" * (LONGEST + 1))
    accepted = [n for n in range(8) if takes(field(Texts, "short")["pattern"], "x" * n)]
    assert accepted == [3, 4, 5]
    assert field(Texts, "code")["pattern"] == "^[a-z]{2}$"
    assert takes(answer_schema(Texts, 12)["properties"]["free"]["anyOf"][0]["pattern"], "x" * 12)
    assert not takes(answer_schema(Texts, 12)["properties"]["free"]["anyOf"][0]["pattern"], "x" * 13)


@given(st.text(max_size=6))
def test_a_text_that_can_be_written_is_still_there_when_pydantic_has_stripped_it(text):
    if takes(field(Texts, "stripped")["pattern"], text):
        TypeAdapter(Texts.model_fields["stripped"].annotation).validate_python(text)


def test_texts_that_may_not_be_null_may_be_empty_inside_of_an_object():
    class Inner(BaseModel):
        street: str
        floor: str | None
        town: str = "?"

    class Outer(BaseModel):
        home: Inner

    inner = answer_schema(Outer)["$defs"]["Inner"]
    assert takes(inner["properties"]["street"]["pattern"], "")
    assert not takes(inner["properties"]["floor"]["anyOf"][0]["pattern"], "")
    # What has a default and cannot be null may be left out: the default is not on the document.
    assert inner["required"] == ["street", "floor"]


# --- other types


class Colour(enum.Enum):
    RED = "rot"
    BLUE = "蓝"


class Mixed(BaseModel):
    colour: Colour
    either: Literal["a", 3] | None
    amount: Decimal
    count: int
    small: int = Field(ge=3, lt=9)
    some: set[str]
    many: list[int] = Field(max_length=100)
    pair: tuple[int, str]


def test_numbers_have_bounds_and_decimals_are_numbers():
    assert field(Mixed, "amount")["type"] == "number"
    assert field(Mixed, "count")["maximum"] == 10**18
    small = field(Mixed, "small")
    assert (small["minimum"], small["exclusiveMaximum"], "maximum" in small) == (3, 9, False)


def test_lists_have_an_end_and_are_not_empty():
    assert (field(Mixed, "some")["maxItems"], field(Mixed, "some")["minItems"]) == (MOST_ITEMS, 1)
    assert "uniqueItems" not in field(Mixed, "some")
    assert field(Mixed, "many")["maxItems"] == 100
    assert len(field(Mixed, "pair")["prefixItems"]) == 2


def test_codes_keep_their_values():
    assert field(Mixed, "either") == {"enum": ["a", 3]}
    assert answer_schema(Mixed)["$defs"]["Colour"]["enum"] == ["rot", "蓝"]


# --- what cannot be


def test_rules_that_are_not_known_stay_so_that_the_grammar_refuses_them():
    class Odd(BaseModel):
        model_config = ConfigDict(json_schema_extra={"dependentRequired": {"a": ["b"]}})
        a: str = Field(json_schema_extra={"not": {"const": "x"}})

    assert field(Odd, "a")["not"] == {"const": "x"}
    assert "dependentRequired" in answer_schema(Odd)


def test_models_that_have_no_json_schema_or_no_fields_are_one_line():
    class Calls(BaseModel):
        made: Callable[[], int]

    class Nothing(BaseModel):
        pass

    with pytest.raises(SchemaError, match=r"^schema Calls cannot be put as JSON Schema: .+$"):
        answer_schema(Calls)
    with pytest.raises(SchemaError, match="no fields"):
        answer_schema(Nothing)
