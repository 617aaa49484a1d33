"""What a type allows: the fields of models, dataclasses and TypedDicts, through the many ways to write a type."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typing_extensions
from pydantic import AliasChoices, AliasPath, BaseModel, RootModel
from pydantic.fields import FieldInfo

from extractor.errors import SchemaError
from extractor.schemas.forms import LISTS, bare


def annotated(info: FieldInfo) -> Any:
    """A field's type together with its constraints and validators, which Pydantic keeps apart."""
    return Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation


def alternatives(annotation: Any) -> list[Any]:
    """The types of a union without None, or the one type."""
    annotation = bare(annotation)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [inner for one in typing.get_args(annotation) for inner in alternatives(one)]
    return [] if annotation in (None, type(None)) else [annotation]


def is_nullable(annotation: Any) -> bool:
    """Whether a field takes None."""
    annotation = bare(annotation)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return any(is_nullable(one) for one in typing.get_args(annotation))
    if typing.get_origin(annotation) is Literal:
        return None in typing.get_args(annotation)
    return annotation in (None, type(None), Any, object)


def only_value(annotation: Any) -> Any:
    """The one value that a Literal allows, or None."""
    inner = alternatives(annotation)
    if len(inner) == 1 and typing.get_origin(inner[0]) is Literal:
        values = typing.get_args(inner[0])
        return values[0] if len(values) == 1 else None
    return None


def is_object(kind: Any) -> bool:
    """Whether a type has fields of its own: a model, a dataclass, a TypedDict or a named tuple."""
    kind = typing.get_origin(kind) or kind
    if not isinstance(kind, type):
        return False
    if issubclass(kind, BaseModel):
        return not issubclass(kind, RootModel) and kind is not BaseModel
    is_named_tuple = issubclass(kind, tuple) and hasattr(kind, "_fields")
    return is_named_tuple or dataclasses.is_dataclass(kind) or typing_extensions.is_typeddict(kind)


def item_object(inner: list[Any]) -> Any:
    """The type of a list's items where they are objects."""
    for one in inner:
        arguments = [argument for argument in typing.get_args(one) if argument is not ...]
        if typing.get_origin(one) in LISTS and len(arguments) == 1:
            items = [item for item in alternatives(arguments[0]) if is_object(item)]
            if items:
                return items[0]
    return None


def fields_of(kind: Any) -> Mapping[str, tuple[FieldInfo, bool]]:
    """The fields of an object's type, each with whether it is required. Raises SchemaError."""
    origin = typing.get_origin(kind) or kind
    if issubclass(origin, BaseModel):
        return {name: (info, info.is_required()) for name, info in _complete(kind).model_fields.items()}
    try:
        hints = typing_extensions.get_type_hints(origin, include_extras=True)
    except NameError as error:
        raise SchemaError(f"schema {origin.__name__}: the type {error.name} cannot be found") from None
    own = dict(zip(getattr(origin, "__parameters__", ()), typing.get_args(kind), strict=False))
    hints = {name: own.get(hint, hint) if isinstance(hint, typing.TypeVar) else hint for name, hint in hints.items()}
    if dataclasses.is_dataclass(origin):
        return dict(_dataclass_fields(origin, hints))
    if typing_extensions.is_typeddict(origin):
        required = origin.__required_keys__
        return {name: (FieldInfo.from_annotation(bare_key(hint)), name in required) for name, hint in hints.items()}
    defaults = origin._field_defaults
    return {name: (FieldInfo.from_annotation(hint), name not in defaults) for name, hint in hints.items()}


def bare_key(hint: Any) -> Any:
    """A TypedDict's type of a key without what says whether it is required."""
    while typing.get_origin(hint) in (typing.Required, typing.NotRequired, typing_extensions.ReadOnly):
        hint = typing.get_args(hint)[0]
    return hint


def _complete(model: type[BaseModel]) -> type[BaseModel]:
    if not model.__pydantic_complete__:
        try:
            model.model_rebuild()
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            raise SchemaError(f"schema {model.__name__} is not complete: {reason}") from None
    return model


def _dataclass_fields(kind: Any, hints: Mapping[str, Any]) -> typing.Iterator[tuple[str, tuple[FieldInfo, bool]]]:
    known: Mapping[str, FieldInfo] = getattr(kind, "__pydantic_fields__", {})
    for one in dataclasses.fields(kind):
        if not one.init:
            continue
        if one.name in known:
            info = known[one.name]
            yield one.name, (info, info.is_required())
            continue
        given = isinstance(one.default, FieldInfo)
        hint = hints[one.name]
        info = FieldInfo.from_annotated_attribute(hint, one.default) if given else FieldInfo.from_annotation(hint)
        has_default = one.default is not dataclasses.MISSING or one.default_factory is not dataclasses.MISSING
        yield one.name, (info, info.is_required() if given else not has_default)


def input_of(kind: Any, name: str, info: FieldInfo) -> tuple[tuple[str | int, ...], tuple[str, ...]]:
    """Where a field's value goes in the object's input, and all names that are its aliases."""
    alias = info.validation_alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [] if alias is None else [alias]
    ways = [tuple(one.path) if isinstance(one, AliasPath) else (one,) for one in choices]
    texts = [" ".join(step for step in way if isinstance(step, str)) for way in ways]
    texts += [step for way in ways for step in reversed(way) if isinstance(step, str) and len(way) > 1]
    aliases = dict.fromkeys([*texts, *(one for one in (info.alias, info.serialization_alias) if one)])
    config = getattr(kind, "model_config", None) or getattr(kind, "__pydantic_config__", None) or {}
    by_alias = not isinstance(config, dict) or config.get("validate_by_alias", True)
    return (ways[0] if ways and by_alias else (name,)), tuple(one for one in aliases if one != name)
