"""The tree of a schema's fields that `extractor.schemas.plan` makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ConfigDict, PydanticSchemaGenerationError, TypeAdapter
from pydantic.fields import FieldInfo

from extractor.schemas.base import kind_of_type
from extractor.schemas.meanings import Meaning
from extractor.schemas.vocabulary import VOCABULARY, Kind

#: Options of a model that change what its fields take.
_OF_TEXTS = ("str_to_lower", "str_to_upper", "str_strip_whitespace", "coerce_numbers_to_str")


@dataclass(frozen=True)
class Mapped:
    """How one field was understood: as a field of the vocabulary (or a `part` of one), `by` what; `field` is None where
    it is only looked for beside its own captions, and `readable` False where nothing can fill it."""

    field: str | None
    part: str | None = None
    by: str | None = None
    readable: bool = True

    def __str__(self) -> str:
        if self.field is None:
            return "read beside its captions" if self.readable else "not understood"
        return f"{self.field}{f', its {self.part}' if self.part else ''} (by its {self.by})"


@dataclass(eq=False)
class Leaf:
    """A field with a plain value. `key` is its path (`holder.surname`); `captions` are its own."""

    key: str
    annotation: Any
    info: FieldInfo
    meaning: Meaning | None
    captions: Mapping[str, tuple[str, ...]]
    #: The model that it is a field of, whose configuration says how texts are taken.
    owner: Any = None

    @property
    def reading(self) -> str:
        """Its name in the flat schema."""
        return self.meaning.field if self.meaning else self.key

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """Validates one value of the field."""
        stated = getattr(self.owner, "model_config", {})
        config: Any = {option: stated[option] for option in _OF_TEXTS if option in stated}
        try:
            return TypeAdapter(self.annotation, config=config or None)
        except PydanticSchemaGenerationError:  # a class that Pydantic does not know, which its model allows
            return TypeAdapter(self.annotation, config=ConfigDict(arbitrary_types_allowed=True))

    @property
    def is_strict(self) -> bool:
        """Whether its model takes nothing but values of the very types of its fields."""
        return bool(getattr(self.owner, "model_config", {}).get("strict"))

    @property
    def kind(self) -> Kind:
        """What its value is: as the field says, as its meaning has it, or as its type has it."""
        extra = extra_of(self.info)
        if "x-kind" in extra:
            return Kind(extra["x-kind"])
        return VOCABULARY[self.meaning.field].kind if self.meaning else kind_of_type(self.annotation)


@dataclass(frozen=True, eq=False)
class GroupNode:
    """A nested object: a model, a dataclass or a TypedDict."""

    key: str
    type: Any
    members: tuple[Member, ...]


@dataclass(frozen=True, eq=False)
class Items:
    """A list of objects. `of` is what each item is filled from: the entries of a field that is a list
    (`vehicle_classes`), or the document as a whole, which makes one item. A model may write the list as a whole."""

    key: str
    item: GroupNode
    of: str | None
    whole: Leaf


@dataclass(frozen=True, eq=False)
class ChoiceNode:
    """One of several objects: whichever the values fit."""

    key: str
    options: tuple[GroupNode, ...]


@dataclass(frozen=True, eq=False)
class Nothing:
    """A field that nothing is read for: a model inside itself too often, or one that can hold only one `value`."""

    key: str
    value: Any = None


Node = Leaf | GroupNode | Items | ChoiceNode | Nothing


@dataclass(frozen=True, eq=False)
class Member:
    """One field of an object: where its value goes in the object's input, and whether it may be left out or null."""

    name: str
    into: tuple[str | int, ...]
    node: Node
    required: bool
    nullable: bool


def extra_of(info: FieldInfo) -> Mapping[str, Any]:
    """What a field says about itself for its readers: `x-field`, `x-kind`, `x-captions`, `x-description-zh`."""
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}


def leaves_below(node: Node) -> Iterator[Leaf]:
    """The fields with plain values of a tree, in order; those that several alternatives share once."""
    seen: set[str] = set()
    for leaf in _all_leaves(node):
        if leaf.key not in seen:
            yield leaf
        seen.add(leaf.key)


def _all_leaves(node: Node) -> Iterator[Leaf]:
    match node:
        case Leaf():
            yield node
        case GroupNode():
            for member in node.members:
                yield from _all_leaves(member.node)
        case Items():
            yield from _all_leaves(node.item)
        case ChoiceNode():
            for option in node.options:
                yield from _all_leaves(option)


def together_below(node: Node) -> list[list[Leaf]]:
    """The fields that one document can have beside one another: of alternatives those of one, with what is in none."""
    common: list[Leaf] = []
    options: list[list[Leaf]] = []

    def walk(here: Node) -> None:
        match here:
            case Leaf():
                common.append(here)
            case GroupNode():
                for member in here.members:
                    walk(member.node)
            case Items():
                walk(here.item)
            case ChoiceNode():
                options.extend(list(_all_leaves(option)) for option in here.options)

    walk(node)
    return [[*common, *own] for own in options] or [common]


def wholes_below(node: Node) -> Iterator[Leaf]:
    """The lists of objects of a tree, each as one field."""
    match node:
        case Items():
            yield node.whole
        case GroupNode():
            for member in node.members:
                yield from wholes_below(member.node)
        case ChoiceNode():
            for option in node.options:
                yield from wholes_below(option)
