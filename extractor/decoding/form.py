"""From a Pydantic model to the form its answer must have: a strict JSON Schema, made for writing and not for checking.

What a model writes under this schema is compact JSON with every field present, in the schema's order, and nothing
else. It differs from what Pydantic publishes in these points, each of which keeps the promise that a rule never makes
a true value impossible:

- every field of the document may be null, whatever the schema requires of a finished one: what cannot be read must
  be able to come out as null. Inside a nested object the schema's own rules hold; the object as a whole may be null;
- absence has one spelling: a string or list that may be null is never empty, and no string begins with white space;
- dates are dates of the calendar, state codes are `D` or three letters, MRZ lines have the length of a known format;
- strings, lists and numbers have an end, far beyond what documents print, so that no answer runs on for ever;
- annotations and `uniqueItems` are dropped: they guide readers, and Pydantic makes sets of lists by itself.

Needs nothing but Pydantic, so that engines without torch (a server that takes a JSON Schema) can use it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticUserError
from pydantic.json_schema import GenerateJsonSchema

from extractor.errors import SchemaError
from extractor.mrz.formats import FORMATS
from extractor.schemas import field_specs, schema_name
from extractor.schemas.base import IsoDate, MrzLine, StateCode
from extractor.schemas.vocabulary import Kind

#: Characters a string may have at most, by the kind of its field; all other strings end at LONGEST.
LONGEST = 1000
_LONGEST: Mapping[Kind, int] = {Kind.NAME: 200, Kind.ADDRESS: 500, Kind.NUMBER: 100, Kind.CODE: 100, Kind.LIST: 200}
#: Entries a list may have at most, where the schema sets no bound.
MOST_ITEMS = 64
#: No number on a document is larger; a whole number without an end could not even be parsed.
_LARGEST = 10**18

_ANNOTATIONS = frozenset(
    "title description default examples deprecated readOnly writeOnly discriminator contentMediaType contentEncoding"
    " uniqueItems $comment".split()
)
_STRING_RULES = frozenset({"pattern", "minLength", "maxLength", "format"})

# Strings are read by people and written into JSON: no control characters. The first character is no white space,
# since Pydantic may strip it and find nothing left.
_EDGE, _BODY, _LINES = r"[^\s\x00-\x1f]", r"[^\x00-\x1f]", r"[^\x00-\x09\x0b-\x1f]"

# The Gregorian calendar, from the year 1000 (ISO 8601 with four digits): months of 31 and of 30 days, February, leap
# years. Of reduced precision: the year, or the year and the month.
_YEAR = r"[1-9]\d{3}"
_LEAP_YEAR = r"([1-9]\d(0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)"
_FULL_DATE = (
    rf"({_YEAR}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))"
    rf"|{_LEAP_YEAR}-02-29)"
)
_MONTH = rf"{_YEAR}-(0[1-9]|1[0-2])"
_TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_MRZ_LENGTHS = sorted({length for layout in FORMATS for length in layout.lengths})

#: Types of the house -> what their values can be. ICAO's codes have three letters (Doc 9303-3, 5), Germany's has one.
_RULES: tuple[tuple[Any, str], ...] = (
    (IsoDate, rf"^({_FULL_DATE}|{_MONTH}|{_YEAR})$"),
    (StateCode, r"^(D|[A-Z]{3})$"),
    (MrzLine, rf"^({'|'.join(f'[A-Z0-9<]{{{length}}}' for length in _MRZ_LENGTHS)})$"),
)
_SHARPER: Mapping[str, str] = {TypeAdapter(known).json_schema()["pattern"]: rule for known, rule in _RULES}
#: Formats of JSON Schema that Pydantic's own types have; of any other format a string is free.
_FORMATS: Mapping[str, str] = {
    "date": rf"^{_FULL_DATE}$",
    "date-time": rf"^{_FULL_DATE}T{_TIME}(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?$",
    "time": rf"^{_TIME}$",
    "uuid": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
}


class _Published(GenerateJsonSchema):
    """Pydantic's JSON Schema, but for decimals: they are published as a number or any string, and written as one."""

    def decimal_schema(self, schema: Any) -> dict[str, Any]:
        published = super().decimal_schema(schema)
        return next((b for b in published.get("anyOf", ()) if b.get("type") == "number"), published)


@lru_cache(maxsize=128)
def answer_schema(schema: type[BaseModel], longest: int = LONGEST) -> dict[str, Any]:
    """The JSON Schema an answer for `schema` is held to. Treat it as read-only: it is kept.

    No string that the schema leaves free is longer than `longest` characters.
    Raises SchemaError for a model that has no JSON Schema, or no fields.
    """
    try:
        published = schema.model_json_schema(schema_generator=_Published)
    except (PydanticInvalidForJsonSchema, PydanticUserError) as error:
        reason = str(error).partition("\n")[0]
        raise SchemaError(f"schema {schema_name(schema)} cannot be put as JSON Schema: {reason}") from error
    specs = field_specs(schema)
    # Nested models are read by alias, but the document's own fields are known by name everywhere in this program.
    if "$ref" in published:  # a model that contains itself
        published = {**published["$defs"][published["$ref"].rpartition("/")[2]], "$defs": published["$defs"]}
    own = published.get("properties", {})
    if not own or len(own) != len(specs):
        raise SchemaError(f"schema {schema_name(schema)} has no fields of its own to read")
    fields = {
        name: _nullable(node, _LONGEST.get(spec.kind, LONGEST), longest, spec.kind in (Kind.TEXT, Kind.ADDRESS))
        for (name, spec), node in zip(specs.items(), own.values(), strict=True)
    }
    made = _object(published, fields, list(fields))
    if "$defs" in published:
        made["$defs"] = {name: _Writer(longest).write(node) for name, node in published["$defs"].items()}
    return made


def _nullable(node: Mapping[str, Any], most: int, longest: int, lines: bool) -> dict[str, Any]:
    """One of the document's fields: what it is, or null."""
    writer = _Writer(min(most, longest), lines)
    branches = [writer.write(branch, empty=False) for branch in _branches(node) if branch.get("type") != "null"]
    return {"anyOf": [*branches, {"type": "null"}]}


def _branches(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The alternatives a node is made of, nested ones taken apart."""
    for key in ("anyOf", "oneOf"):
        if key in node:
            return [branch for alternative in node[key] for branch in _branches(alternative)]
    if isinstance(node.get("type"), list):
        return [{**node, "type": kind} for kind in node["type"]]
    if len(node.get("allOf", ())) == 1:
        return _branches(node["allOf"][0])
    return [node]


def _object(node: Mapping[str, Any], properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    """An object of these properties and no others, under whatever other rules its node has."""
    rest = {key: value for key, value in _bare(node).items() if key != "$defs"}
    own = {"type": "object", "properties": dict(properties), "required": required, "additionalProperties": False}
    return {**rest, **own}


class _Writer:
    """Rewrites the nodes of one field; `most` characters end its strings, which may have `lines`."""

    def __init__(self, most: int, lines: bool = True) -> None:
        self.most, self.body = most, _LINES if lines else _BODY

    def write(self, node: Mapping[str, Any], *, empty: bool = True) -> dict[str, Any]:
        """`node` as it is written; `empty` says whether an empty string or list may stand there."""
        branches = _branches(node)
        if len(branches) > 1:
            return self._alternatives(branches)
        node = branches[0]
        if "$ref" in node:
            return {"$ref": node["$ref"]}
        if "enum" in node or "const" in node:
            return {key: node[key] for key in ("enum", "const") if key in node}
        match node.get("type"):
            case "string":
                return self._string(node, empty)
            case "array":
                return self._array(node, empty)
            case "object":
                return self._properties(node)
            case "integer" | "number":
                return _number(node)
        return _bare(node)

    def _alternatives(self, branches: list[Mapping[str, Any]]) -> dict[str, Any]:
        """Alternatives in their order; beside a null nothing is empty."""
        nullable = any(branch.get("type") == "null" for branch in branches)
        return {"anyOf": [self.write(branch, empty=not nullable) for branch in branches]}

    def _string(self, node: Mapping[str, Any], empty: bool) -> dict[str, Any]:
        # What is not known here stays, so that it is refused and not ignored.
        made = {key: value for key, value in _bare(node).items() if key not in _STRING_RULES}
        pattern: str | None = node.get("pattern")
        if pattern in _SHARPER or node.get("format") in _FORMATS:
            return {**made, "pattern": _SHARPER.get(pattern or "") or _FORMATS[node["format"]]}
        if pattern is not None:
            return {**made, **{key: node[key] for key in ("pattern", "minLength", "maxLength") if key in node}}
        least = max(int(node.get("minLength", 0)), 0 if empty else 1)
        most = int(node.get("maxLength", max(self.most, least)))
        if most < least:
            return {**made, "minLength": least, "maxLength": most}
        if least > 1:
            middle = f"{self.body}{{{least - 2},{most - 2}}}"
            return {**made, "pattern": f"^{_EDGE}{middle}{_EDGE}$"}
        text = f"{_EDGE}{self.body}{{0,{most - 1}}}"
        return {**made, "pattern": f"^{text}$" if least else f"^({text})?$"}

    def _array(self, node: Mapping[str, Any], empty: bool) -> dict[str, Any]:
        made = _bare(node)
        least = max(int(node.get("minItems", 0)), 0 if empty else 1)
        if "prefixItems" in node:
            made["prefixItems"] = [self.write(item) for item in node["prefixItems"]]
        else:
            made.setdefault("maxItems", max(MOST_ITEMS, least))
        if isinstance(node.get("items"), Mapping):
            made["items"] = self.write(node["items"], empty=False)
        return {**made, "minItems": least} if least else made

    def _properties(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """A nested object: every key in order, but one that has a default and cannot be null, which may be left out."""
        if "properties" not in node:
            made = _bare(node)
            if isinstance(node.get("additionalProperties"), Mapping):
                made["additionalProperties"] = self.write(node["additionalProperties"])
            return made
        required = set(node.get("required", ()))
        written = {key: self.write(value) for key, value in node["properties"].items()}
        present = [
            key
            for key, value in node["properties"].items()
            if key in required or any(branch.get("type") == "null" for branch in _branches(value))
        ]
        return _object(node, written, present)


def _number(node: Mapping[str, Any]) -> dict[str, Any]:
    made = _bare(node)
    if "exclusiveMinimum" not in made:
        made.setdefault("minimum", -_LARGEST)
    if "exclusiveMaximum" not in made:
        made.setdefault("maximum", _LARGEST)
    return made


def _bare(node: Mapping[str, Any]) -> dict[str, Any]:
    """A node without what only guides its reader; what remains is the grammar's to take or to refuse."""
    return {key: value for key, value in node.items() if key not in _ANNOTATIONS and not key.startswith("x-")}
