"""What single keywords of a JSON Schema say: each is understood, or refused by its name and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extractor.errors import SchemaError
from extractor.schemas.vocabulary import VOCABULARY, Kind

#: Members of an enum, characters of a pattern, and of a property's name in a message.
MOST_VALUES, MOST_PATTERN, MOST_NAME = 5000, 500, 200
#: The largest number a bound may name: beyond it floating point has no whole numbers.
LARGEST = 2**53

TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")

_TEXTS = frozenset({"title", "description", "x-description-zh", "format", "pattern", "$ref"})
_COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems"})
_BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})


def refuse(keyword: str, at: str, why: str) -> SchemaError:
    """The error for one keyword of the schema at a pointer."""
    return SchemaError(f"{keyword} at {pointer(at)} {why}")


def pointer(at: str) -> str:
    """A JSON pointer as one short printable line."""
    shown = at if len(at) <= MOST_NAME else f"{at[:MOST_NAME]}..."
    return "#" + (shown if shown.isprintable() else repr(shown)[1:-1])


def check_values(schema: Mapping[str, Any], at: str) -> None:
    """Raises SchemaError for a keyword whose value is not of its kind, or too large."""
    for keyword in _TEXTS & schema.keys():
        if not isinstance(schema[keyword], str):
            raise refuse(keyword, at, "must be a string")
    for keyword in _COUNTS & schema.keys():
        value = schema[keyword]
        whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
        if not whole or not 0 <= value <= LARGEST:
            raise refuse(keyword, at, "must be a whole number, 0 or more")
    for keyword in _BOUNDS & schema.keys():
        value = schema[keyword]
        if isinstance(value, bool) and keyword.startswith("exclusive"):
            continue  # as draft 4 and OpenAPI 3.0 write it
        if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > LARGEST:
            raise refuse(keyword, at, f"must be a number of at most {LARGEST}")
        if keyword == "multipleOf" and value <= 0:
            raise refuse(keyword, at, "must be larger than 0")
    if len(schema.get("pattern", "")) > MOST_PATTERN:
        raise refuse("pattern", at, f"is longer than {MOST_PATTERN} characters")


def types_of(schema: Mapping[str, Any], at: str) -> tuple[str, ...]:
    """The types that are allowed, null among them where OpenAPI's `nullable` says so."""
    declared = schema.get("type", [])
    types = declared if isinstance(declared, list) else [declared]
    for one in types:
        if not isinstance(one, str) or one not in TYPES:
            raise refuse("type", at, f"must be of {', '.join(TYPES)}")
    if types and schema.get("nullable") is True:  # OpenAPI 3.0
        types = [*types, "null"]
    return tuple(dict.fromkeys(types))


def values_of(schema: Mapping[str, Any], at: str) -> tuple[Any, ...] | None:
    """The values of `const` or `enum`; None without either."""
    if "const" in schema:
        keyword, values = "const", [schema["const"]]
    elif "enum" in schema:
        keyword, values = "enum", schema["enum"]
    else:
        return None
    if not isinstance(values, list) or not values:
        raise refuse(keyword, at, "must be a list of values")
    if len(values) > MOST_VALUES:
        raise refuse(keyword, at, f"has more than {MOST_VALUES} values")
    for value in values:
        if value is not None and not isinstance(value, str | int):
            raise refuse(keyword, at, "may hold strings, whole numbers, true, false and null")
        if isinstance(value, int) and abs(value) > LARGEST:
            raise refuse(keyword, at, f"may hold numbers of at most {LARGEST}")
    if schema.get("nullable") is True:
        values = [*values, None]
    return tuple(values)


def rules_of(schema: Mapping[str, Any], at: str) -> dict[str, Any]:
    """The keywords for strings, numbers and arrays; draft 4's boolean bounds as today's."""
    rules = {key: schema[key] for key in ("pattern", "format", *_COUNTS, *_BOUNDS) if key in schema}
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(rules.get(exclusive), bool) and rules.pop(exclusive):
            if bound not in rules:
                raise refuse(exclusive, at, f"is true without a {bound}")
            rules[exclusive] = rules.pop(bound)
    return {key: int(value) if key in _COUNTS else value for key, value in rules.items()}


def notes_of(schema: Mapping[str, Any], at: str) -> dict[str, Any]:
    """What guides whoever fills the field: title, description, and the words of this program."""
    kind, meaning, captions = (schema.get(key) for key in ("x-kind", "x-field", "x-captions"))
    if kind is not None and kind not in [one.value for one in Kind]:
        raise refuse("x-kind", at, f"must be one of {', '.join(Kind)}")
    if meaning is not None and (not isinstance(meaning, str) or meaning not in VOCABULARY):
        raise refuse("x-field", at, "must be a field of the vocabulary")
    if captions is not None and not _are_captions(captions):
        raise refuse("x-captions", at, "must be lists of captions by language")
    notes = ("title", "description", "x-description-zh", "x-kind", "x-field", "x-captions")
    return {key: schema[key] for key in notes if schema.get(key) is not None}


def _are_captions(value: Any) -> bool:
    lists = isinstance(value, Mapping) and all(isinstance(phrases, list) for phrases in value.values())
    return lists and all(isinstance(one, str) and one.strip() for phrases in value.values() for one in phrases)
