"""Any JSON Schema: understood, or refused by keyword and pointer; never run."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from extractor.decoding.form import answer_schema
from extractor.errors import SchemaError
from extractor.schemas import field_specs
from extractor.schemas.json_keywords import MOST_VALUES
from extractor.schemas.json_nodes import MOST_LEVELS, RECURSION
from extractor.schemas.json_schema import MOST_NESTED, model_from_json_schema

from ...tables import each
from .mutants import MARK, PUBLISHED, TEXT, mutant


def of(properties: dict[str, Any], **rest: Any) -> type[BaseModel]:
    return model_from_json_schema({"type": "object", "properties": properties, **rest})


def takes(node: Any, value: Any, **rest: Any) -> bool:
    """Whether a property of that schema takes the value."""
    try:
        of({"a": node}, **rest).model_validate({"a": value})
    except ValidationError:
        return False
    return True


#: A subschema, values that it takes, and values that it refuses: the table of docs/schemas.md.
UNDERSTOOD: list[tuple[Any, list[Any], list[Any]]] = [
    (TEXT, ["x", None], [1, []]),
    ({"type": "string", "minLength": 2, "maxLength": 3}, ["ab"], ["a", "abcd"]),
    ({"type": "string", "pattern": "^[A-Z]+$"}, ["AB"], ["ab"]),
    ({"type": "string", "format": "date"}, ["2026-03-01"], ["first of March"]),
    ({"type": "string", "format": "date-time"}, ["2026-03-01T10:00:00Z"], ["noon"]),
    ({"type": "string", "format": "time"}, ["10:00:00"], ["noon"]),
    ({"type": "string", "format": "uuid"}, ["6f1c9e0e-7a3b-4b52-9a55-2f4c9f3e8a11"], ["x"]),
    ({"type": "string", "format": "no-such-format"}, ["x"], [1]),
    ({"type": "string", "minimum": 5, "multipleOf": 2, "minItems": 3}, ["x"], [1]),
    ({"type": "integer", "minimum": 1, "maximum": 3}, [1, 3], [0, 4, 1.5]),
    ({"type": "integer", "minimum": 0.5, "maximum": 3.5}, [1, 3], [0, 4]),
    ({"type": "integer", "exclusiveMinimum": 0.5, "exclusiveMaximum": 3.5}, [1, 3], [0, 4]),
    ({"type": "integer", "exclusiveMinimum": 1.0, "multipleOf": 2.0}, [2], [1, 3]),
    ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, [0.5], [0, 1]),
    ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, [0.5], [0]),
    ({"type": "integer", "multipleOf": 5}, [10], [11]),
    ({"type": "boolean"}, [True], ["maybe"]),
    ({"type": "null"}, [None], ["x"]),
    ({"type": ["string", "null"]}, ["x", None], [1]),
    ({"type": ["integer", "string"]}, [1, "x"], [[]]),
    ({"type": "string", "nullable": True}, ["x", None], [1]),
    ({"enum": ["M", "F", 1, True, None]}, ["M", 1, True, None], ["X", 2]),
    ({"type": "string", "enum": ["M", 1]}, ["M"], [1]),
    ({"const": "P"}, ["P"], ["V"]),
    ({"anyOf": [TEXT, {"type": "null"}]}, ["x", None], [1]),
    ({"oneOf": [{"type": "integer"}, {"enum": ["none"]}]}, [1, "none"], ["x"]),
    ({"type": "string", "anyOf": [{"minLength": 2}, {"enum": [""]}]}, ["ab", ""], ["a"]),
    ({"allOf": [TEXT]}, ["x"], [1]),
    ({"allOf": [{"type": "number", "minimum": 0}, {"type": "integer", "minimum": 2}]}, [2], [1, 2.5]),
    ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, ["b"], ["a", "c"]),
    ({"type": "array", "items": TEXT, "minItems": 1, "maxItems": 2}, [["a"]], [[], ["a", "b", "c"], [1]]),
    ({"type": "array"}, [["a", 1]], ["a"]),
    ({"type": "array", "items": False}, [[]], [["a"]]),
    ({"type": "array", "prefixItems": [TEXT, {"type": "integer"}]}, [["a", 1]], [["a"], ["a", "b"]]),
    ({"type": "array", "items": [TEXT, TEXT]}, [["a", "b"]], [["a"]]),
    ({"properties": {"b": TEXT}}, [{"b": "x"}, {}, {"c": 1}], ["x", {"b": 1}]),
    ({"properties": {"b": TEXT}, "additionalProperties": False}, [{"b": "x"}], [{"c": 1}]),
    ({"type": "object", "additionalProperties": {"type": "integer"}}, [{"x": 1}], [{"x": "y"}]),
    ({"allOf": [{"properties": {"b": TEXT}}, {"properties": {"c": TEXT}}]}, [{"b": "x", "c": "y"}], [{"c": 1}]),
    (True, ["x", 1, ["x"], None], []),
    ({}, ["x", 1, ["x"], None], []),
    (False, [None], ["x", 1]),
    ({"format": "date"}, ["2026-03-01"], ["x"]),
    ({"minimum": 3}, [3], [2]),
    ({"items": TEXT}, [["a"]], ["a", [1]]),
    ({"$ref": "#/$defs/T"}, ["x"], [1]),
    ({"$ref": "#/$defs/T", "minLength": 2}, ["xy"], ["x"]),
    ({"$ref": "#/$defs/a~1b%20c~0"}, ["x"], [1]),
    ({"allOf": [{"$ref": "#/$defs/T"}], "description": "as Pydantic v1 writes it"}, ["x"], [1]),
    ({"type": "array", "items": {"properties": {"b": {"$ref": "#/$defs/T"}}}}, [[{"b": "x"}]], [[{"b": 1}], ["x"]]),
    ({"x-unknown": 1, "examples": [1], "$comment": "c", "readOnly": True, "default": 7, **TEXT}, ["x"], [1]),
]
DEFINITIONS = {"T": TEXT, "a/b c~": TEXT}


@each(("node", "good", "bad"), UNDERSTOOD, ids=lambda one: json.dumps(one)[:60])
def test_what_is_understood(node: Any, good: list[Any], bad: list[Any]) -> None:
    rest = {"$defs": DEFINITIONS}
    assert [value for value in good if not takes(node, value, **rest)] == []
    assert [value for value in bad if takes(node, value, **rest)] == []


LEVELS: Any = {"type": "string"}
for _ in range(MOST_LEVELS):
    LEVELS = {"anyOf": [LEVELS]}
NESTED: Any = TEXT
for _ in range(MOST_NESTED + 1):
    NESTED = {"properties": {"a": NESTED}}

REFUSED: list[tuple[Any, str]] = [
    ({"not": TEXT}, "not at #/properties/a is not supported"),
    ({"if": TEXT, "then": TEXT}, "if at #/properties/a is not supported"),
    ({"patternProperties": {"(a+)+$": TEXT}}, "patternProperties at"),
    ({"$dynamicRef": "#x"}, "$dynamicRef at"),
    ({"type": "array", "contains": TEXT}, "contains at"),
    ({"type": "strin"}, "type at #/properties/a must be of string, "),
    ({"type": {}}, "type at"),
    ({"type": [["string"]]}, "type at"),
    ({"$ref": "#/nowhere"}, "$ref at #/properties/a leads nowhere"),
    ({"$ref": "http://example.com/x.json"}, "$ref at #/properties/a leads out of the schema"),
    ({"$ref": "file:///etc/passwd"}, "leads out of the schema"),
    ({"$ref": 7}, "$ref at #/properties/a must be a string"),
    ({"$ref": "#/properties/a"}, "$ref at #/properties/a leads back to itself"),
    ({"allOf": []}, "allOf at"),
    ({"anyOf": {}}, "anyOf at"),
    ({"anyOf": [TEXT], "oneOf": [TEXT]}, "oneOf at"),
    ({"allOf": [TEXT, {"type": "integer"}]}, "type at #/properties/a/allOf/1 contradicts"),
    ({"allOf": [{"pattern": "a"}, {"pattern": "b"}]}, "pattern at #/properties/a/allOf/1 differs"),
    ({"allOf": [{"enum": ["a"]}, {"const": "b"}]}, "enum at #/properties/a/allOf/1 contradicts"),
    ({"enum": []}, "enum at"),
    ({"enum": [{}]}, "enum at"),
    ({"enum": [1.5]}, "enum at"),
    ({"enum": list(range(MOST_VALUES + 1))}, f"enum at #/properties/a has more than {MOST_VALUES} values"),
    ({"type": "string", "enum": [1]}, "enum at #/properties/a has no value of its type"),
    ({"type": "string", "pattern": "("}, "pattern at #/properties/a is no regular expression of linear time"),
    ({"type": "string", "pattern": "(?=a)b"}, "pattern at"),
    ({"type": "string", "pattern": "(a)\\1"}, "pattern at"),
    ({"type": "string", "pattern": "((a{1000}){1000}){1000}"}, "pattern at #/properties/a repeats too much"),
    ({"properties": {f"p{n}": {"pattern": "\\w{9999}"} for n in range(9)}}, "pattern at #/properties/a/properties/p"),
    ({"type": "string", "pattern": "a" * 501}, "pattern at #/properties/a is longer than"),
    ({"type": "string", "minLength": -1}, "minLength at"),
    ({"type": "string", "minLength": 1.5}, "minLength at"),
    ({"type": "string", "minLength": 3, "maxLength": 2}, "minLength at"),
    ({"type": "integer", "minimum": "1"}, "minimum at"),
    ({"type": "integer", "multipleOf": 0.5}, "multipleOf at"),
    ({"type": "integer", "minimum": 10**400}, "minimum at"),
    ({"type": "integer", "multipleOf": 0}, "multipleOf at"),
    ({"type": "integer", "exclusiveMinimum": True}, "exclusiveMinimum at"),
    ({"type": "number", "minimum": float("nan")}, "not finite"),
    ({"properties": []}, "properties at"),
    ({"properties": {"_b": TEXT}}, "no property can be called '_b', as at #/properties/a/properties"),
    ({"properties": {"model_dump": TEXT}}, "no property can be called 'model_dump'"),
    ({"title": 7}, "title at #/properties/a must be a string"),
    ({"x-kind": "zebra"}, "x-kind at #/properties/a must be one of name, "),
    ({"x-field": "zebra"}, "x-field at #/properties/a must be a field of the vocabulary"),
    ({"x-captions": ["a"]}, "x-captions at"),
    ({"x-captions": {"en": [""]}}, "x-captions at"),
    (7, "the schema at #/properties/a is neither"),
    (TEXT | {"description": "\ud800"}, "the schema is not JSON"),
    (LEVELS, f"more than {MOST_LEVELS} levels"),
    (NESTED, f"or {MOST_NESTED} inside one another"),
    ({"description": "x" * 2**20}, "KiB"),
]


@each(("node", "part"), REFUSED, ids=[part for _, part in REFUSED])
def test_what_is_refused(node: Any, part: str) -> None:
    with pytest.raises(SchemaError) as caught:
        of({"a": node})
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_stands_at_the_root() -> None:
    person = {"type": "object", "properties": {"surname": TEXT}}
    for root in (
        {"$ref": "#/$defs/Person", "$defs": {"Person": person}},
        {"$ref": "#/definitions/Person", "definitions": {"Person": person}},
        {"allOf": [{"$ref": "#/$defs/Person"}], "$defs": {"Person": person}},
        {"anyOf": [person, {"type": "null"}]},
        {"properties": {"surname": TEXT}},
        {"type": ["object", "null"], "properties": {"surname": TEXT}},
    ):
        assert list(model_from_json_schema(root).model_fields) == ["surname"]
    for root in ([], "x", {}, {"type": "array"}, {"type": "object", "properties": {}}, {"anyOf": [person, person]}):
        with pytest.raises(SchemaError):
            model_from_json_schema(root)


def test_a_definition_may_contain_itself_so_many_times() -> None:
    person = {"properties": {"surname": TEXT, "parent": {"anyOf": [{"$ref": "#/$defs/P"}, {"type": "null"}]}}}
    model = model_from_json_schema({"$ref": "#/$defs/P", "$defs": {"P": person}})
    value: dict[str, Any] = {"surname": "A"}
    for _ in range(RECURSION - 1):
        value = {"surname": "A", "parent": value}
    model.model_validate(value)
    with pytest.raises(ValidationError):
        model.model_validate({"surname": "A", "parent": value})


def test_references_cannot_multiply_without_end() -> None:
    double = {f"D{n}": {"properties": {k: {"$ref": f"#/$defs/D{n + 1}"} for k in "abcd"}} for n in range(9)}
    before = time.process_time()
    with pytest.raises(SchemaError, match=r"once its \$refs are followed"):
        of({"a": {"$ref": "#/$defs/D0"}}, **{"$defs": {**double, "D9": TEXT}})
    assert time.process_time() - before < 5


def test_long_enums_cannot_be_repeated_without_end() -> None:
    many = {"enum": [f"value {n}" for n in range(MOST_VALUES)]}
    same = {"allOf": [{"$ref": "#/$defs/Many"}, {"$ref": "#/$defs/Many"}]}
    assert of({"a": same}, **{"$defs": {"Many": many}})
    before = time.process_time()
    with pytest.raises(SchemaError, match=r"once its \$refs are followed"):
        of({f"p{n}": same for n in range(500)}, **{"$defs": {"Many": many}})
    assert time.process_time() - before < 5


def test_no_default_and_no_requirement_fills_in_what_is_not_on_the_document() -> None:
    node = {"type": "object", "required": ["b"], "properties": {"b": {**TEXT, "default": "made up"}}}
    model = of({"a": node, "c": {"const": "P", "default": "P"}}, required=["a", "c"])
    assert model().model_dump() == {"a": None, "c": None}
    assert model(a={}).model_dump() == {"a": {"b": None}, "c": None}


def test_annotations_are_kept() -> None:
    info = of({"a": {"title": "T", "description": "D", "x-kind": "date", "x-captions": {"en": ["c"]}}}).model_fields[
        "a"
    ]
    assert (info.title, info.description) == ("T", "D")
    assert info.json_schema_extra == {"x-kind": "date", "x-captions": {"en": ["c"]}}


@each("tool", PUBLISHED)
def test_what_tools_publish(tool: str) -> None:
    model = model_from_json_schema(PUBLISHED[tool])
    assert model().model_dump().keys() == model.model_fields.keys()
    assert answer_schema(model)["properties"].keys() == model.model_fields.keys()


@contextmanager
def nothing_run() -> Iterator[list[str]]:
    """Collects what is compiled, executed or opened meanwhile, where a hostile text shows in it."""
    seen: list[str] = []
    active = [True]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if active and event in ("compile", "exec", "import", "open", "os.system", "subprocess.Popen"):
            shown = " ".join(repr(one)[:400] for one in arguments)
            seen.extend(f"{event}: {text}" for text in (MARK, "passwd", "__globals__") if text in shown)

    sys.addaudithook(hook)
    try:
        yield seen
    finally:
        active.clear()


def test_a_thousand_damaged_schemas_are_a_model_or_one_line() -> None:
    usable = 0
    with nothing_run() as run:
        for seed in range(1000):
            message = ""
            try:
                model = model_from_json_schema(mutant(seed, list(PUBLISHED.values())))
                field_specs(model)
                answer_schema(model)
                model().model_dump_json()
                usable += 1
            except SchemaError as error:
                message = str(error)
            except Exception as error:
                pytest.fail(f"seed {seed}: {type(error).__name__}: {error}")
            assert "\n" not in message, seed
    assert run == []
    assert 100 < usable < 950


def test_a_pattern_takes_linear_time() -> None:
    model = of({"a": {"type": "string", "pattern": "^(a+)+$"}})
    before = time.process_time()
    with pytest.raises(ValidationError):
        model.model_validate({"a": "a" * 50_000 + "b"})
    assert time.process_time() - before < 2
