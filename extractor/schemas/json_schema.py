"""From a JSON Schema to a Pydantic model.

The model is built of ready types: no text of the schema becomes code, an annotation to be evaluated, an import or a
file name, and a pattern is run by Pydantic's own engine, which takes time in proportion to the text. What is not on a
document is null: every property, at any level, may be null, whatever `required` says, and defaults fill in nothing.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, create_model
from pydantic_core import SchemaError as PatternError

from extractor.errors import SchemaError
from extractor.schemas.json_keywords import MOST_NAME, pointer, refuse
from extractor.schemas.json_nodes import (
    MOST_REPEATED,
    MOST_STEPS,
    Resolved,
    Resolver,
    Subschemas,
    distinct,
    repetitions,
)

#: Formats that have a type of their own; any other is a string that is not checked.
_FORMATS: Mapping[str, Any] = {"date": date, "date-time": datetime, "time": time, "uuid": UUID}
_BOUNDS = {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"}
_BOUNDS |= {"multipleOf": "multiple_of"}
#: Models made for one schema, and objects inside one another.
MOST_OBJECTS, MOST_NESTED = 200, 12


def model_from_json_schema(definition: Any, *, name: str = "Document") -> type[BaseModel]:
    """A Pydantic model for a JSON Schema of an object, called by its title or else `name`.

    Raises SchemaError, with the keyword and its JSON pointer, for what is not supported.
    """
    if not isinstance(definition, Mapping):
        raise SchemaError('it must be an object schema: {"type": "object", "properties": {...}}')
    try:
        name, definition = _unwrapped(definition, name)
        return _Builder(Resolver(definition)).document(name)
    except RecursionError:  # of Pydantic, where a caller's own stack is deep already
        raise SchemaError("the schema is nested too deeply") from None


def _unwrapped(definition: Mapping[str, Any], name: str) -> tuple[str, Mapping[str, Any]]:
    """A schema out of what it is sent to a model in, with the name it has there: OpenAI's `response_format`, a function
    to call (also Anthropic's), or the object with `name` and `schema` that these hold."""
    while not _SCHEMA_KEYWORDS & definition.keys():
        inner = next((definition[key] for key in _WRAPPERS if isinstance(definition.get(key), Mapping)), None)
        if inner is None:
            break
        given = definition.get("name")
        name, definition = (given if isinstance(given, str) and given.isidentifier() else name), inner
    return name, definition


#: What a schema is sent in, and what only a schema has.
_WRAPPERS = ("json_schema", "function", "schema", "parameters", "input_schema")
_SCHEMA_KEYWORDS = frozenset({"properties", "$ref", "allOf", "anyOf", "oneOf"})


class _Builder:
    """Makes the types for one schema."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._objects = 0
        self._steps = 0
        self._repeated = 0

    def document(self, name: str) -> type[BaseModel]:
        node = self._only_object(self.resolver.resolve(self.resolver.root))
        if node.types and "object" not in node.types:
            raise SchemaError('it must be an object schema: {"type": "object", "properties": {...}}')
        if not node.properties:
            raise SchemaError('it must have properties: {"type": "object", "properties": {...}}')
        return self._model(node, name, 0)

    def _only_object(self, node: Resolved) -> Resolved:
        """The root's one alternative that is an object: a nullable root is written as anyOf."""
        if not node.choices:
            return node
        base = _without_choices(node)
        branches = [self.resolver.combine(base, places) for places in node.choices]
        objects = [branch for branch in branches if branch.types != ("null",)]
        if len(objects) != 1:
            raise refuse("anyOf", node.at, "at the root must leave one object")
        return self._only_object(objects[0])

    def type_of(self, places: Subschemas, name: str, depth: int) -> tuple[Any, Resolved]:
        """The type of a subschema, and what it was resolved to."""
        node = self.resolver.resolve(places)
        return self._type(node, name, depth), node

    def _type(self, node: Resolved, name: str, depth: int) -> Any:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise SchemaError(f"the schema has more than {MOST_STEPS} subschemas inside one another")
        try:
            return self._type_of_node(node, name, depth)
        finally:
            self._steps -= 1

    def _type_of_node(self, node: Resolved, name: str, depth: int) -> Any:
        if node.choices:
            base = _without_choices(node)
            branches = [self.resolver.combine(base, places) for places in node.choices]
            given = [branch for branch in branches if not branch.says_nothing] or branches[:1]
            return _union([self._type(branch, name, depth) for branch in given])
        if node.values is not None:
            return _literal(node)
        types = node.types or _implied(node)
        if not types:
            return Any
        return _union([self._plain(kind, node, name, depth) for kind in types])

    def _plain(self, kind: str, node: Resolved, name: str, depth: int) -> Any:
        rules = node.rules or {}
        match kind:
            case "string":
                self._repeated += repetitions(rules.get("pattern", ""))
                if self._repeated > MOST_REPEATED:
                    raise refuse("pattern", node.at, "repeats too much, by itself or together with those before it")
                return _string(rules, node.at)
            case "integer":
                return _bounded(int, rules, node.at)
            case "number":
                return _bounded(float, rules, node.at)
            case "boolean":
                return bool
            case "array":
                return self._array(node, name, depth)
            case "object":
                return self._object(node, name, depth)
        return None

    def _array(self, node: Resolved, name: str, depth: int) -> Any:
        if node.prefix:
            members = [self.type_of(places, name, depth)[0] for places in node.prefix]
            return tuple[tuple(_nullable(member) for member in members)]  # type: ignore[misc]
        member: Any = self.type_of(node.items, name, depth)[0] if node.items else Any
        rules = node.rules or {}
        least, most = rules.get("minItems"), rules.get("maxItems")
        if least is not None and most is not None and least > most:
            raise refuse("minItems", node.at, "is larger than maxItems")
        bounds = {"min_length": least, "max_length": most}
        return _annotated(list[member], {key: value for key, value in bounds.items() if value is not None})

    def _object(self, node: Resolved, name: str, depth: int) -> Any:
        if node.properties:
            return self._model(node, name, depth + 1)
        if isinstance(node.additional, tuple):
            return dict[str, self.type_of(node.additional, name, depth + 1)[0]]  # type: ignore[misc]
        return dict[str, Any]

    def _model(self, node: Resolved, name: str, depth: int) -> type[BaseModel]:
        self._objects += 1
        if self._objects > MOST_OBJECTS or depth > MOST_NESTED:
            raise SchemaError(
                f"the schema has more than {MOST_OBJECTS} objects, or {MOST_NESTED} inside one another, once its $refs"
                " are followed"
            )
        fields: dict[str, Any] = {}
        for key, places in (node.properties or {}).items():
            _check_name(key, node.at)
            kind, inner = self.type_of(places, key, depth)
            fields[key] = (_nullable(kind), _field(inner))
        extra: Literal["forbid", "ignore"] = "forbid" if depth == 0 or node.additional is False else "ignore"
        config = ConfigDict(extra=extra, protected_namespaces=(), defer_build=False)
        with warnings.catch_warnings():
            # A property may be called `json` or `copy`, as methods of every model are.
            warnings.simplefilter("ignore", UserWarning)
            return create_model(_class_name((node.notes or {}).get("title") or name), __config__=config, **fields)


def _without_choices(node: Resolved) -> Resolved:
    return replace(node, choices=None)


def _check_name(key: str, at: str) -> None:
    if not key or key.startswith("_") or not key.isprintable() or len(key) > MOST_NAME or _is_taken(key):
        shown = repr(key) if len(key) <= MOST_NAME else "so long a name"
        raise SchemaError(f"no property can be called {shown}, as at {pointer(at)}/properties")


def _is_taken(key: str) -> bool:
    """Whether a field of that name would take the place of what every model needs."""
    return key.startswith("model_") and hasattr(BaseModel, key)


def _class_name(title: str) -> str:
    """A class name from a title: letters, digits and underscores, not too many."""
    return re.sub(r"\W+", "_", title)[:60].strip("_") or "Document"


def _field(node: Resolved) -> Any:
    notes = node.notes or {}
    extra = {key: value for key, value in notes.items() if key.startswith("x-")}
    if node.values and len(node.values) == 1:
        extra["x-constant"] = True  # the field may be null here, as all may; its schema has no other value for it
    return Field(
        default=None,
        title=notes.get("title"),
        description=notes.get("description"),
        json_schema_extra=extra or None,
    )


def _implied(node: Resolved) -> tuple[str, ...]:
    """The type that a schema without one must mean: the keywords of one type say nothing about the others."""
    rules = set(node.rules or {})
    if node.properties or node.additional is not None:
        return ("object",)
    if node.items or node.prefix or rules & {"minItems", "maxItems"}:
        return ("array",)
    if rules & {"pattern", "format", "minLength", "maxLength"}:
        return ("string",)
    return ("number",) if rules & _BOUNDS.keys() else ()


def _literal(node: Resolved) -> Any:
    """One of the enum's values, of those that have the type that stands beside it."""
    values = [value for value in node.values or () if not node.types or _is_of(value, node.types)]
    if not values:
        raise refuse("enum", node.at, "has no value of its type")
    kept = distinct(value for value in values if value is not None)
    if not kept:
        return None
    choice = Literal[tuple(kept)]  # type: ignore[valid-type]
    return choice | None if None in values else choice


def _is_of(value: Any, types: tuple[str, ...]) -> bool:
    if value is None:
        return "null" in types
    if isinstance(value, bool):
        return "boolean" in types
    if isinstance(value, int):
        return "integer" in types or "number" in types
    return "string" in types


def _string(rules: Mapping[str, Any], at: str) -> Any:
    if rules.get("format") in _FORMATS and "pattern" not in rules:
        return _FORMATS[rules["format"]]
    least, most, pattern = (rules.get(key) for key in ("minLength", "maxLength", "pattern"))
    if least is not None and most is not None and least > most:
        raise refuse("minLength", at, "is larger than maxLength")
    if least is None and most is None and pattern is None:
        return str
    kind = Annotated[str, StringConstraints(min_length=least, max_length=most, pattern=pattern)]
    if pattern is not None:
        try:
            TypeAdapter(kind)
        except PatternError:
            why = "is no regular expression of linear time (no look-around, no back-references)"
            raise refuse("pattern", at, why) from None
    return kind


def _bounded(kind: type[int] | type[float], rules: Mapping[str, Any], at: str) -> Any:
    bounds = {_BOUNDS[key]: value for key, value in rules.items() if key in _BOUNDS}
    if kind is int:
        if int(bounds.get("multiple_of", 1)) != bounds.get("multiple_of", 1):
            raise refuse("multipleOf", at, "must be a whole number, as the type is integer")
        # Of whole numbers, those from 0.5 on are those from 1 on.
        bounds = {key: math.ceil(value) if key in ("ge", "lt") else math.floor(value) for key, value in bounds.items()}
    return _annotated(kind, bounds)


def _annotated(kind: Any, bounds: Mapping[str, Any]) -> Any:
    return Annotated[kind, Field(**bounds)] if bounds else kind


def _union(kinds: list[Any]) -> Any:
    """Alternatives in their order; null is the last, as Optional writes it."""
    given = [kind for kind in kinds if kind is not None]
    if not given:
        return None
    return reduce(or_, given) if len(given) == len(kinds) else _nullable(reduce(or_, given))


def _nullable(kind: Any) -> Any:
    return None if kind is None else kind | None if kind is not Any else Any
