"""JSON Schemas that strangers might send: good ones as tools publish them, with seeded damage.

`mutant(number)` is the same schema for the same number on every machine.
"""

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from extractor.schemas import SCHEMAS

TEXT = {"type": "string"}
_NULLABLE = {"anyOf": [TEXT, {"type": "null"}], "default": None, "title": "Text"}

#: What tools publish: Pydantic v2 and v1, zod, OpenAI's strict mode.
PUBLISHED: dict[str, dict[str, Any]] = {
    "pydantic 2": {
        "$defs": {
            "Holder": {"properties": {"surname": {"anyOf": [TEXT, {"type": "null"}], "default": None}}, "title": "H"},
            "Sex": {"enum": ["male", "female"], "title": "Sex", "type": "string"},
        },
        "properties": {
            "holder": {"$ref": "#/$defs/Holder"},
            "sex": {"anyOf": [{"$ref": "#/$defs/Sex"}, {"type": "null"}], "default": None},
            "birth_date": {"format": "date", "title": "Birth Date", "type": "string"},
            "mrz": {"maxItems": 2, "minItems": 2, "prefixItems": [TEXT, TEXT], "type": "array"},
        },
        "required": ["holder"],
        "title": "Passport",
        "type": "object",
    },
    "pydantic 1": {
        "title": "Passport",
        "type": "object",
        "properties": {
            "holder": {"title": "Holder", "allOf": [{"$ref": "#/definitions/Holder"}], "default": {}},
            "sex": {"$ref": "#/definitions/Sex"},
            "height": {"title": "Height", "exclusiveMinimum": 0, "type": "integer"},
        },
        "definitions": {
            "Holder": {"title": "Holder", "type": "object", "properties": {"surname": {"title": "S", **TEXT}}},
            "Sex": {"title": "Sex", "description": "An enumeration.", "enum": ["M", "F"], "type": "string"},
        },
    },
    "zod": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$ref": "#/definitions/passport",
        "definitions": {
            "passport": {
                "type": "object",
                "properties": {
                    "surname": {"type": ["string", "null"]},
                    "number": {"type": "string", "pattern": "^[A-Z0-9]+$", "minLength": 5},
                    "legs": {"type": "array", "items": {"type": "object", "properties": {"to": TEXT}}},
                    "type": {"type": "string", "const": "P"},
                },
                "required": ["surname"],
                "additionalProperties": False,
            }
        },
    },
    "openai": {
        "type": "object",
        "properties": {
            "steps": {
                "type": "array",
                "items": {"type": "object", "properties": {"text": TEXT}, "additionalProperties": False},
            },
            "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        },
        "required": ["steps", "next"],
        "additionalProperties": False,
    },
}


@cache
def _good() -> Sequence[dict[str, Any]]:
    """What tools publish, and what people write."""
    return (
        SCHEMAS["passport"].model_json_schema(),
        *(_without_captions(schema.model_json_schema()) for schema in SCHEMAS.values()),
        *PUBLISHED.values(),
        {"type": "object", "properties": {name: {"type": ["string", "null"]} for name in ("surname", "birth_date")}},
        {
            "$ref": "#/$defs/Holder",
            "$defs": {
                "Holder": {"type": "object", "properties": {"name": _NULLABLE, "child": {"$ref": "#/$defs/Holder"}}},
            },
        },
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {
                "surname": {"type": "string", "minLength": 1, "maxLength": 40, "pattern": "^[A-Z' -]+$"},
                "birth_date": {"type": "string", "format": "date"},
                "height": {"type": "number", "minimum": 0, "maximum": 3, "multipleOf": 0.01},
                "classes": {"type": "array", "items": {"type": "string"}, "minItems": 0, "maxItems": 9},
                "place": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
                "kind": {"const": "P"},
                "more": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "required": ["surname", "birth_date"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {
                "card_number": {"type": ["string", "null"], "x-kind": "number", "x-captions": {"en": ["Card no"]}},
                "surname": {"type": "string", "x-field": "surname", "description": "family name as printed"},
            },
        },
    )


def _without_captions(value: Any) -> Any:
    """A built-in schema is mostly captions, which would get most of the damage."""
    if isinstance(value, dict):
        return {key: _without_captions(inner) for key, inner in value.items() if key != "x-captions"}
    return [_without_captions(inner) for inner in value] if isinstance(value, list) else value


_KEYWORDS = (
    "type properties items prefixItems required enum const anyOf oneOf allOf not $ref $defs definitions title default"
    " description format pattern minimum maximum exclusiveMinimum multipleOf minLength maxLength minItems maxItems"
    " uniqueItems additionalProperties patternProperties propertyNames if then else dependentSchemas contains"
    " unevaluatedProperties $id $anchor $dynamicRef nullable x-kind x-captions x-field examples readOnly deprecated"
).split()
#: Shows in what is run if one of these texts is evaluated, formatted, looked up or imported.
MARK = "schema_text_was_run"
_HOSTILE = (
    f"(__import__('os').environ.update({MARK}='1'),int)[1]", f"__import__('os').environ.update({MARK}='1')",
    "typing.Any", "BaseModel", "{0.__class__.__init__.__globals__}", "%s%n", "../../etc/passwd", "(a+)+$", "a\x00b",
    "\u202e\n", "__base__", "__init_subclass__",
)  # fmt: skip
_NAMES = (
    *_HOSTILE,
    "", " ", "a b", "__class__", "__init__", "_private", "model_config", "model_fields", "self", "class", "schema",
    "json", "copy", "dict", "validate", "int", "list[int]", "x" * 3000, "名前", "\x00",
    "\ud800", "fields", "evidence", "../../x", "$ref", "#",
)  # fmt: skip
_REFERENCES = (
    *(f"#/$defs/{text}" for text in _HOSTILE),
    "#", "#/", "#/$defs/Nothing", "#/$defs/Holder", "#/properties/surname", "#/definitions/Sex", "http://evil.example/x",
    "file:///etc/passwd", "other.json#/x", "#/%24defs/~0~1", "#anchor", "", 5, None,
)  # fmt: skip
_PATTERNS = (
    "(a+)+$", "[", "(?P<x>", "\\", "a{99999}", "(?=x)", "\\1", "(" * 200, "^(([a-z])+.)+[A-Z]([a-z])+$", "\x00", "",
)  # fmt: skip
_TYPES = (
    "string", "integer", "number", "boolean", "null", "array", "object", "any", "", ["string", "null"], [], ["x"], 3,
)  # fmt: skip
_JUNK = (
    *_HOSTILE,
    None, True, False, 0, -1, 1, 1.5, 1e308, -1e-308, 10**40, "", "x", "x" * 2000, [], {}, [[]], [{}], {"": {}},
    [None] * 50, list(range(3000)), {"a": {"b": {"c": {"d": []}}}},
)  # fmt: skip


def _nodes(value: Any) -> Iterator[dict[str, Any] | list[Any]]:
    """Every object and array of a schema."""
    if isinstance(value, dict | list) and value:
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _nodes(inner)


def _member(node: dict[str, Any] | list[Any], chance: random.Random) -> Any:
    return chance.choice(list(node)) if isinstance(node, dict) else chance.randrange(len(node))


def _replace(root: dict[str, Any], node: Any, chance: random.Random) -> None:
    node[_member(node, chance)] = copy.deepcopy(chance.choice(_JUNK))


def _delete(root: dict[str, Any], node: Any, chance: random.Random) -> None:
    del node[_member(node, chance)]


def _rename(root: dict[str, Any], node: Any, chance: random.Random) -> None:
    if isinstance(node, dict):
        node[chance.choice((*_NAMES, *_KEYWORDS))] = node.pop(_member(node, chance))


def _insert(root: dict[str, Any], node: Any, chance: random.Random) -> None:
    if isinstance(node, dict):
        node[chance.choice(_KEYWORDS)] = copy.deepcopy(chance.choice(_JUNK))


def _retype(root: dict[str, Any], node: Any, chance: random.Random) -> None:
    if isinstance(node, dict):
        node["type"] = chance.choice(_TYPES)


def _refer(root: dict[str, Any], node: Any, chance: random.Random) -> None:
    node[_member(node, chance)] = {"$ref": chance.choice(_REFERENCES)}


def _restrict(root: dict[str, Any], node: Any, chance: random.Random) -> None:
    node[_member(node, chance)] = {"type": "string", "pattern": chance.choice(_PATTERNS)}


def _wrap(root: dict[str, Any], node: Any, chance: random.Random) -> None:
    place = _member(node, chance)
    for _ in range(chance.choice((1, 2, 5, 12))):
        word = chance.choice(("anyOf", "oneOf", "allOf", "items", "not", "properties", "additionalProperties"))
        inner = node[place]
        node[place] = {
            word: [inner, {"type": "null"}] if word.endswith("Of") else {"a": inner} if word == "properties" else inner
        }


def _graft(root: dict[str, Any], node: Any, chance: random.Random) -> None:
    """A part of the schema stands in another place as well."""
    node[_member(node, chance)] = copy.deepcopy(chance.choice(list(_nodes(root))))


def _multiply(root: dict[str, Any], node: Any, chance: random.Random) -> None:
    if isinstance(node, dict):
        inner = node[_member(node, chance)]
        for number in range(chance.choice((3, 30, 150))):
            node[f"f{number}"] = inner


_MUTATIONS: Sequence[Callable[[dict[str, Any], Any, random.Random], None]] = (
    _replace, _replace, _delete, _rename, _rename, _insert, _insert, _retype, _refer, _restrict, _wrap, _graft,
    _multiply,
)  # fmt: skip


def mutant(number: int, good: Sequence[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The schema with this number, with one to six mutations, mostly one; of all good ones, or of those."""
    chance = random.Random(number)
    root = copy.deepcopy(chance.choice(good or _good()))
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 6))):
        nodes = list(_nodes(root))
        if nodes:
            chance.choice(_MUTATIONS)(root, chance.choice(nodes), chance)
    return root
