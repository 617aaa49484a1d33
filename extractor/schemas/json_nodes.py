"""Reading a JSON Schema: limits, references and `allOf` resolved, every keyword either understood or refused.

Nothing of a schema's text is ever evaluated, imported, opened or fetched; the text is compared, counted and copied.
`docs/schemas.md` has the table of what is supported. Whatever is refused is refused by the name of the keyword and the
JSON pointer (RFC 6901) of the schema it stands in.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extractor.errors import SchemaError
from extractor.schemas.vocabulary import VOCABULARY, Kind

#: Limits of one schema: levels of its JSON, bytes of its JSON, subschemas once all references are followed, members of
#: an enum, characters of a pattern and of a property's name.
MOST_LEVELS, MOST_BYTES, MOST_NODES, MOST_VALUES, MOST_PATTERN, MOST_NAME = 60, 2**20, 2000, 5000, 500, 200
#: A definition may stand inside itself so often, counting the outermost; what is nested deeper is null.
RECURSION = 1
#: Subschemas that may be followed inside one another: through references and allOf, and through arrays and objects.
MOST_STEPS = 60
#: The largest number a bound may name: beyond it floating point has no whole numbers.
LARGEST = 2**53

TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")

_TEXTS = frozenset({"title", "description", "x-description-zh", "format", "pattern", "$ref"})
_COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems"})
_BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
#: Counted repetitions of each pattern, multiplied, and summed over all: what their automata take in memory.
MOST_REPEATED = 20_000
_REPETITION = re.compile(r"\{(\d{1,9}),?(\d{0,9})")

#: Constraints that cannot be kept, and would be broken without a word if they were ignored.
REFUSED = frozenset(
    "not if then else dependentRequired dependentSchemas dependencies patternProperties propertyNames contains"
    " minContains maxContains minProperties maxProperties unevaluatedItems additionalItems $dynamicRef $recursiveRef"
    " contentSchema".split()
)
#: How a bound of two schemas that both hold is combined.
_TIGHTER = {"minLength": max, "minItems": max, "minimum": max, "exclusiveMinimum": max}
_TIGHTER |= {"maxLength": min, "maxItems": min, "maximum": min, "exclusiveMaximum": min}


@dataclass(frozen=True)
class Place:
    """One subschema where it stands: its JSON, its pointer, and the references followed on the way to it."""

    schema: Any
    at: str
    trail: tuple[str, ...] = ()

    def child(self, schema: Any, *steps: str | int) -> Place:
        """A subschema inside this one."""
        return Place(schema, self.at + "".join(f"/{escape(str(step))}" for step in steps), self.trail)


#: Subschemas that hold together, as those of an `allOf` do.
Places = tuple[Place, ...]


@dataclass(frozen=True)
class Node:
    """A resolved subschema. `types` is empty where every type is allowed; `properties` keep the schema's order.

    `rules` has the keywords for strings, numbers and arrays, `notes` the annotations of Field.
    """

    at: str
    types: tuple[str, ...] = ()
    values: tuple[Any, ...] | None = None
    rules: Mapping[str, Any] | None = None
    notes: Mapping[str, Any] | None = None
    properties: Mapping[str, Places] | None = None
    additional: Places | bool | None = None
    items: Places | None = None
    prefix: tuple[Places, ...] | None = None
    choices: tuple[Places, ...] | None = None

    @property
    def says_nothing(self) -> bool:
        """Whether it allows everything, so that it adds nothing to what it is combined with."""
        own = (self.types, self.rules, self.properties, self.prefix, self.choices)
        return not any(own) and self.values is None and self.items is None and self.additional in (None, True)


def refuse(keyword: str, at: str, why: str) -> SchemaError:
    """The error for one keyword of the schema at a pointer."""
    return SchemaError(f"{keyword} at {pointer(at)} {why}")


def pointer(at: str) -> str:
    """A JSON pointer as one short printable line."""
    shown = at if len(at) <= MOST_NAME else f"{at[:MOST_NAME]}..."
    return "#" + (shown if shown.isprintable() else repr(shown)[1:-1])


def repetitions(pattern: str) -> int:
    """An upper bound of how often a pattern's counted repetitions copy what they repeat."""
    return math.prod(max(int(least), int(most or 0), 1) for least, most in _REPETITION.findall(pattern))


def escape(step: str) -> str:
    """One step of a JSON pointer (RFC 6901, 3)."""
    return step.replace("~", "~0").replace("/", "~1")


def check_size(definition: Any) -> None:
    """Refuses JSON that is too deep, too large or no Unicode text. Without recursion, since that is what it guards."""
    level, depth = [definition], 0
    while level:
        depth += 1
        if depth > MOST_LEVELS:
            raise SchemaError(f"the schema is nested more than {MOST_LEVELS} levels deep")
        inner: list[Any] = []
        for one in level:
            if isinstance(one, Mapping):
                if not all(isinstance(key, str) for key in one):
                    raise SchemaError("a key of the schema is not a string")
                inner += one.values()
            elif isinstance(one, list | tuple):
                inner += one
            elif isinstance(one, float) and not math.isfinite(one):
                raise SchemaError("a number of the schema is not finite")
        level = inner
    try:
        size = len(json.dumps(definition, ensure_ascii=False).encode())
    except (TypeError, ValueError) as error:  # no JSON value, or half of a surrogate pair
        raise SchemaError(f"the schema is not JSON: {type(error).__name__}") from None
    if size > MOST_BYTES:
        raise SchemaError(f"the schema has more than {MOST_BYTES // 1024} KiB")


class Resolver:
    """Resolves the subschemas of one document, each when it is asked for."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        check_size(definition)
        self.definition = definition
        self._left, self._steps = MOST_NODES, 0

    @property
    def root(self) -> Places:
        """The schema as a whole."""
        return (Place(self.definition, "", ("#",)),)

    def resolve(self, places: Places) -> Node:
        """What subschemas that hold together say. Raises SchemaError."""
        node = self._one(places[0], frozenset())
        for place in places[1:]:
            node = _both(node, self._one(place, frozenset()))
        return node

    def combine(self, base: Node, places: Places) -> Node:
        """A branch of an anyOf together with what stands beside the anyOf."""
        return _both(base, self.resolve(places))

    def _one(self, place: Place, seen: frozenset[str]) -> Node:
        self._left -= 1
        if self._left < 0:
            raise SchemaError(f"the schema has more than {MOST_NODES} subschemas once its $refs are followed")
        if self._steps >= MOST_STEPS:
            raise SchemaError(f"the schema has more than {MOST_STEPS} $refs and allOf inside one another")
        self._steps += 1
        try:
            return self._resolved(place, seen)
        finally:
            self._steps -= 1

    def _resolved(self, place: Place, seen: frozenset[str]) -> Node:
        schema = place.schema
        if schema is True:
            return Node(place.at)
        if schema is False:
            return Node(place.at, ("null",))
        if not isinstance(schema, Mapping):
            raise SchemaError(f"the schema at {pointer(place.at)} is neither an object nor true or false")
        node = _own(place)
        self._left -= _cost(node)
        if "$ref" in schema:
            node = _both(node, self._referenced(place, seen))
        for number, part in enumerate(_list(schema, "allOf", place.at)):
            node = _both(node, self._one(place.child(part, "allOf", number), seen))
        return node

    def _referenced(self, place: Place, seen: frozenset[str]) -> Node:
        reference = place.schema["$ref"]
        if not (reference == "#" or reference.startswith("#/")):
            raise refuse("$ref", place.at, "leads out of the schema; it must begin with #/")
        if reference in seen:
            raise refuse("$ref", place.at, "leads back to itself")
        if place.trail.count(reference) >= RECURSION:
            return Node(place.at, ("null",))
        target = Place(self._target(reference, place.at), reference[1:], (*place.trail, reference))
        return self._one(target, seen | {reference})

    def _target(self, reference: str, at: str) -> Any:
        found: Any = self.definition
        for step in reference.split("/")[1:]:
            for key in (step, _unquote(step)):
                name = key.replace("~1", "/").replace("~0", "~")
                if isinstance(found, Mapping) and name in found:
                    found = found[name]
                    break
                if isinstance(found, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(found):
                    found = found[int(name[:9])]
                    break
            else:
                raise refuse("$ref", at, "leads nowhere")
        return found


def _cost(node: Node) -> int:
    """What a subschema costs beside itself, in subschemas: long lists that references repeat take time too."""
    captions = (node.notes or {}).get("x-captions", {})
    return (len(node.values or ()) + sum(map(len, captions.values()))) // 50


def _unquote(step: str) -> str:
    from urllib.parse import unquote

    return unquote(step)


def _own(place: Place) -> Node:
    """What a subschema says by itself, its references and allOf aside."""
    schema, at = place.schema, place.at
    for keyword in schema:
        if keyword in REFUSED:
            raise refuse(keyword, at, "is not supported")
    _check_values(schema, at)
    choices = [(key, _list(schema, key, at)) for key in ("anyOf", "oneOf") if key in schema]
    if len(choices) > 1:
        raise refuse("oneOf", at, "beside anyOf is not supported")
    items, prefix = _items(place)
    properties = schema.get("properties")
    if properties is not None and not isinstance(properties, Mapping):
        raise refuse("properties", at, "must be an object")
    additional = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
    if additional is not None and not isinstance(additional, bool | Mapping):
        raise refuse("additionalProperties", at, "must be a schema")
    return Node(
        at,
        _types(schema, at),
        _values(schema, at),
        _rules(schema, at),
        _notes(schema, at),
        {name: (place.child(one, "properties", name),) for name, one in properties.items()} if properties else None,
        (place.child(additional, "additionalProperties"),) if isinstance(additional, Mapping) else additional,
        items,
        prefix,
        tuple((place.child(one, key, number),) for key, group in choices for number, one in enumerate(group)) or None,
    )


def _list(schema: Mapping[str, Any], keyword: str, at: str) -> list[Any]:
    value = schema.get(keyword)
    if keyword in schema and (not isinstance(value, list) or not value):
        raise refuse(keyword, at, "must be a list of schemas")
    return value or []


def _check_values(schema: Mapping[str, Any], at: str) -> None:
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


def _types(schema: Mapping[str, Any], at: str) -> tuple[str, ...]:
    declared = schema.get("type", [])
    types = declared if isinstance(declared, list) else [declared]
    for one in types:
        if not isinstance(one, str) or one not in TYPES:
            raise refuse("type", at, f"must be of {', '.join(TYPES)}")
    if types and schema.get("nullable") is True:  # OpenAPI 3.0
        types = [*types, "null"]
    return tuple(dict.fromkeys(types))


def _values(schema: Mapping[str, Any], at: str) -> tuple[Any, ...] | None:
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


def _rules(schema: Mapping[str, Any], at: str) -> dict[str, Any]:
    rules = {key: schema[key] for key in ("pattern", "format", *_COUNTS, *_BOUNDS) if key in schema}
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(rules.get(exclusive), bool) and rules.pop(exclusive):
            if bound not in rules:
                raise refuse(exclusive, at, f"is true without a {bound}")
            rules[exclusive] = rules.pop(bound)
    return {key: int(value) if key in _COUNTS else value for key, value in rules.items()}


def _notes(schema: Mapping[str, Any], at: str) -> dict[str, Any]:
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


def _items(place: Place) -> tuple[Places | None, tuple[Places, ...] | None]:
    """`items` and `prefixItems`; before draft 2020-12 a list of `items` meant the latter."""
    schema = place.schema
    keyword = "items" if isinstance(schema.get("items"), list) else "prefixItems"
    prefix = tuple((place.child(one, keyword, n),) for n, one in enumerate(_list(schema, keyword, place.at)))
    items = schema.get("items")
    if items is None or isinstance(items, list) or (items is False and prefix):
        return None, prefix or None
    return (place.child(items, "items"),), prefix or None


def _both(one: Node, two: Node) -> Node:
    """Two schemas that hold together; the annotations of the first win."""
    if one.choices and two.choices:
        raise refuse("anyOf", two.at, "inside allOf or $ref beside another one is not supported")
    if one.prefix and two.prefix:
        raise refuse("prefixItems", two.at, "beside another prefixItems is not supported")
    properties: dict[str, Places] = dict(one.properties or {})
    for name, places in (two.properties or {}).items():
        properties[name] = properties.get(name, ()) + places
    return Node(
        one.at,
        _common_types(one, two),
        _common_values(one, two),
        _common_rules(one, two),
        {**(two.notes or {}), **(one.notes or {})},
        properties or None,
        _common_additional(one.additional, two.additional),
        one.items + two.items if one.items and two.items else one.items or two.items,
        one.prefix or two.prefix,
        one.choices or two.choices,
    )


def _common_types(one: Node, two: Node) -> tuple[str, ...]:
    if not one.types or not two.types:
        return one.types or two.types
    common = [kind for kind in one.types if kind in two.types or (kind == "integer" and "number" in two.types)]
    common += [kind for kind in two.types if kind == "integer" and "number" in one.types and kind not in common]
    if not common:
        raise refuse("type", two.at, "contradicts that of the schema it is combined with")
    return tuple(common)


def _common_values(one: Node, two: Node) -> tuple[Any, ...] | None:
    if one.values is None or two.values is None:
        return two.values if one.values is None else one.values
    others = {(type(value), value) for value in two.values}  # true is not 1
    common = tuple(value for value in one.values if (type(value), value) in others)
    if not common:
        raise refuse("enum", two.at, "contradicts that of the schema it is combined with")
    return common


def _common_rules(one: Node, two: Node) -> dict[str, Any]:
    rules = dict(one.rules or {})
    for key, value in (two.rules or {}).items():
        if key not in rules or key in _TIGHTER:
            rules[key] = _TIGHTER[key](rules[key], value) if key in rules else value
        elif rules[key] != value:
            raise refuse(key, two.at, "differs from that of the schema it is combined with")
    return rules


def _common_additional(one: Places | bool | None, two: Places | bool | None) -> Places | bool | None:
    if isinstance(one, tuple) and isinstance(two, tuple):
        return one + two
    if one is False or two is False:
        return False
    return one if isinstance(one, tuple) or two is None else two


def distinct(values: Iterable[Any]) -> Sequence[Any]:
    """Values in order, each once; true and 1 are two."""
    return list({(type(value), value): value for value in values}.values())
