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
from urllib.parse import unquote

from extractor.errors import SchemaError
from extractor.schemas.json_keywords import check_values, notes_of, pointer, refuse, rules_of, types_of, values_of

#: Limits of one schema: levels of its JSON, bytes of its JSON, subschemas once all references are followed.
MOST_LEVELS, MOST_BYTES, MOST_NODES = 60, 2**20, 2000
#: A definition may stand inside itself so often, counting the outermost; what is nested deeper is null.
RECURSION = 1
#: Subschemas that may be followed inside one another: through references and allOf, and through arrays and objects.
MOST_STEPS = 60
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
class Subschema:
    """One subschema where it stands: its JSON, its pointer, and the references followed on the way to it."""

    schema: Any
    at: str
    trail: tuple[str, ...] = ()

    def child(self, schema: Any, *steps: str | int) -> Subschema:
        """A subschema inside this one."""
        return Subschema(schema, self.at + "".join(f"/{escape(str(step))}" for step in steps), self.trail)


#: Subschemas that hold together, as those of an `allOf` do.
Subschemas = tuple[Subschema, ...]


@dataclass(frozen=True)
class Resolved:
    """A resolved subschema. `types` is empty where every type is allowed; `properties` keep the schema's order.

    `rules` has the keywords for strings, numbers and arrays, `notes` the annotations of Field.
    """

    at: str
    types: tuple[str, ...] = ()
    values: tuple[Any, ...] | None = None
    rules: Mapping[str, Any] | None = None
    notes: Mapping[str, Any] | None = None
    properties: Mapping[str, Subschemas] | None = None
    additional: Subschemas | bool | None = None
    items: Subschemas | None = None
    prefix: tuple[Subschemas, ...] | None = None
    choices: tuple[Subschemas, ...] | None = None

    @property
    def says_nothing(self) -> bool:
        """Whether it allows everything, so that it adds nothing to what it is combined with."""
        own = (self.types, self.rules, self.properties, self.prefix, self.choices)
        return not any(own) and self.values is None and self.items is None and self.additional in (None, True)


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
    def root(self) -> Subschemas:
        """The schema as a whole."""
        return (Subschema(self.definition, "", ("#",)),)

    def resolve(self, places: Subschemas) -> Resolved:
        """What subschemas that hold together say. Raises SchemaError."""
        node = self._one(places[0], frozenset())
        for place in places[1:]:
            node = _both(node, self._one(place, frozenset()))
        return node

    def combine(self, base: Resolved, places: Subschemas) -> Resolved:
        """A branch of an anyOf together with what stands beside the anyOf."""
        return _both(base, self.resolve(places))

    def _one(self, place: Subschema, seen: frozenset[str]) -> Resolved:
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

    def _resolved(self, place: Subschema, seen: frozenset[str]) -> Resolved:
        schema = place.schema
        if schema is True:
            return Resolved(place.at)
        if schema is False:
            return Resolved(place.at, ("null",))
        if not isinstance(schema, Mapping):
            raise SchemaError(f"the schema at {pointer(place.at)} is neither an object nor true or false")
        node = _own(place)
        self._left -= _cost(node)
        if "$ref" in schema:
            node = _both(node, self._referenced(place, seen))
        for number, part in enumerate(_list(schema, "allOf", place.at)):
            node = _both(node, self._one(place.child(part, "allOf", number), seen))
        return node

    def _referenced(self, place: Subschema, seen: frozenset[str]) -> Resolved:
        reference = place.schema["$ref"]
        if not (reference == "#" or reference.startswith("#/")):
            raise refuse("$ref", place.at, "leads out of the schema; it must begin with #/")
        if reference in seen:
            raise refuse("$ref", place.at, "leads back to itself")
        if place.trail.count(reference) >= RECURSION:
            return Resolved(place.at, ("null",))
        target = Subschema(self._target(reference, place.at), reference[1:], (*place.trail, reference))
        return self._one(target, seen | {reference})

    def _target(self, reference: str, at: str) -> Any:
        found: Any = self.definition
        for step in reference.split("/")[1:]:
            for key in (step, unquote(step)):
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


def _cost(node: Resolved) -> int:
    """What a subschema costs beside itself, in subschemas: long lists that references repeat take time too."""
    captions = (node.notes or {}).get("x-captions", {})
    return (len(node.values or ()) + sum(map(len, captions.values()))) // 50


def _own(place: Subschema) -> Resolved:
    """What a subschema says by itself, its references and allOf aside."""
    schema, at = place.schema, place.at
    for keyword in schema:
        if keyword in REFUSED:
            raise refuse(keyword, at, "is not supported")
    check_values(schema, at)
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
    return Resolved(
        at,
        types_of(schema, at),
        values_of(schema, at),
        rules_of(schema, at),
        notes_of(schema, at),
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


def _items(place: Subschema) -> tuple[Subschemas | None, tuple[Subschemas, ...] | None]:
    """`items` and `prefixItems`; before draft 2020-12 a list of `items` meant the latter."""
    schema = place.schema
    keyword = "items" if isinstance(schema.get("items"), list) else "prefixItems"
    prefix = tuple((place.child(one, keyword, n),) for n, one in enumerate(_list(schema, keyword, place.at)))
    items = schema.get("items")
    if items is None or isinstance(items, list) or (items is False and prefix):
        return None, prefix or None
    return (place.child(items, "items"),), prefix or None


def _both(one: Resolved, two: Resolved) -> Resolved:
    """Two schemas that hold together; the annotations of the first win."""
    if one.choices and two.choices:
        raise refuse("anyOf", two.at, "inside allOf or $ref beside another one is not supported")
    if one.prefix and two.prefix:
        raise refuse("prefixItems", two.at, "beside another prefixItems is not supported")
    properties: dict[str, Subschemas] = dict(one.properties or {})
    for name, places in (two.properties or {}).items():
        properties[name] = properties.get(name, ()) + places
    return Resolved(
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


def _common_types(one: Resolved, two: Resolved) -> tuple[str, ...]:
    if not one.types or not two.types:
        return one.types or two.types
    common = [kind for kind in one.types if kind in two.types or (kind == "integer" and "number" in two.types)]
    common += [kind for kind in two.types if kind == "integer" and "number" in one.types and kind not in common]
    if not common:
        raise refuse("type", two.at, "contradicts that of the schema it is combined with")
    return tuple(common)


def _common_values(one: Resolved, two: Resolved) -> tuple[Any, ...] | None:
    if one.values is None or two.values is None:
        return two.values if one.values is None else one.values
    others = {(type(value), value) for value in two.values}  # true is not 1
    common = tuple(value for value in one.values if (type(value), value) in others)
    if not common:
        raise refuse("enum", two.at, "contradicts that of the schema it is combined with")
    return common


def _common_rules(one: Resolved, two: Resolved) -> dict[str, Any]:
    rules = dict(one.rules or {})
    for key, value in (two.rules or {}).items():
        if key not in rules or key in _TIGHTER:
            rules[key] = _TIGHTER[key](rules[key], value) if key in rules else value
        elif rules[key] != value:
            raise refuse(key, two.at, "differs from that of the schema it is combined with")
    return rules


def _common_additional(one: Subschemas | bool | None, two: Subschemas | bool | None) -> Subschemas | bool | None:
    if isinstance(one, tuple) and isinstance(two, tuple):
        return one + two
    if one is False or two is False:
        return False
    return one if isinstance(one, tuple) or two is None else two


def distinct(values: Iterable[Any]) -> Sequence[Any]:
    """Values in order, each once; true and 1 are two."""
    return list({(type(value), value): value for value in values}.values())
