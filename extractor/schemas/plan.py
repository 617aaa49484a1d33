"""How a user's schema is read: a tree of its fields, each with what it means, and a flat schema that engines read.

    plan = plan_of(Customer)
    plan.reading      a flat Pydantic model: fields of the vocabulary, and own fields with their captions
    plan.mapping      how each field of the user's was understood
    plan.root         the tree that `extractor.building` fills from what was read

Engines never see nested models, aliases or lists of models; what they read by the vocabulary's names is put where the
user's schema wants it.
"""

from __future__ import annotations

import typing
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, cached_property, lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, RootModel, TypeAdapter, create_model
from pydantic.fields import FieldInfo

from extractor.errors import SchemaError
from extractor.schemas.base import IsoDate, MrzLine, StateCode, Text, described
from extractor.schemas.document_kinds import kind_called, names_kinds
from extractor.schemas.documents import BUILT_IN, READS_AS
from extractor.schemas.forms import NUMBERS, TIMES, members_of, plain_types
from extractor.schemas.meanings import Meaning, Words, entry_part, meaning_of
from extractor.schemas.nodes import (
    ChoiceNode,
    GroupNode,
    Items,
    Leaf,
    Mapped,
    Member,
    Node,
    Nothing,
    extra_of,
    leaves_below,
    together_below,
    wholes_below,
)
from extractor.schemas.settling import settle
from extractor.schemas.sexes import Sex
from extractor.schemas.typed import (
    alternatives,
    annotated,
    fields_of,
    input_of,
    is_nullable,
    is_object,
    item_object,
    only_value,
)
from extractor.schemas.vocabulary import VOCABULARY, Kind

#: Models may be nested so deeply. A model inside itself is about somebody else, of whom nothing is read: it is null.
DEEPEST = 12
#: Fields of a schema, those of nested models included.
MOST_FIELDS = 500
#: Captions of a schema's own, and characters of one: each is looked for on every page. Built-in schemas have 2,400.
MOST_CAPTIONS, MOST_CAPTION = 5000, 200

_TYPES: Mapping[Kind, Any] = {
    Kind.DATE: IsoDate,
    Kind.SEX: Sex,
    Kind.STATE: StateCode,
    Kind.LIST: list[Text],
    Kind.FLAG: bool,
    Kind.MRZ: list[MrzLine],
}
#: Kinds of values that are several: entries, lines, or the words of a name.
_LISTED = frozenset({Kind.LIST, Kind.MRZ, Kind.NAME})
#: Kinds of values that fields of these types cannot hold; what else a field can hold is seen when it is filled.
_MISFITS: Mapping[Any, frozenset[Kind]] = {
    bool: frozenset(Kind) - {Kind.FLAG},
    date: frozenset(Kind) - {Kind.DATE},
    datetime: frozenset(Kind) - {Kind.DATE},
    int: frozenset({Kind.NAME, Kind.DATE, Kind.STATE, Kind.ADDRESS, Kind.SEX, Kind.MRZ, Kind.LIST, Kind.FLAG}),
}
_ANY_TYPE = ConfigDict(arbitrary_types_allowed=True)


@dataclass(frozen=True, eq=False)
class Plan:
    """How a schema is read; `built_in` schemas are read as they are."""

    schema: Any
    root: Node
    reading: type[BaseModel]
    built_in: bool

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """Every field with a plain value, in order."""
        return tuple(leaves_below(self.root))

    @cached_property
    def keys(self) -> dict[str, str]:
        """The schema's first field for each name of the flat schema; one that is a part where there is no whole."""
        firsts = dict(self.wholes)
        for leaf in self.leaves:
            firsts.setdefault(leaf.reading, leaf.key)
        return firsts

    @cached_property
    def wholes(self) -> dict[str, str]:
        """The schema's first field for each name of the flat schema, without those that take only a part of it."""
        firsts: dict[str, str] = {}
        for leaf in self.leaves:
            if leaf.meaning is None or leaf.meaning.part is None:
                firsts.setdefault(leaf.reading, leaf.key)
        return firsts

    @cached_property
    def mapping(self) -> dict[str, Mapped]:
        """How each field was understood, by its path; lists of objects are written `persons[]`."""
        return {leaf.key: _mapped(leaf) for leaf in self.leaves}

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """Validates a whole document."""
        return TypeAdapter(self.schema)

    @lru_cache(maxsize=8)  # noqa: B019  (plans are few and kept themselves)
    def reading_of(self, kind: str | None) -> type[BaseModel]:
        """The flat schema for the visual zone of a document of a known kind: as for the built-in schema of that kind,
        whose fields compete for what is printed, with the fields of this one added."""
        if self.built_in or kind is None:
            return self.reading
        known = BUILT_IN[kind]
        added: dict[str, Any] = {
            name: (annotated(info), info)
            for name, info in self.reading.model_fields.items()
            if name not in known.model_fields or "x-own-captions" in extra_of(info)
        }
        # Types that Pydantic does not know are in a user's model by that model's own leave.
        meta: Any = type(known)
        any_type = meta(known.__name__, (known,), {"model_config": _ANY_TYPE, "__module__": known.__module__})
        model = _made(known.__name__, added, __base__=any_type)
        setattr(model, READS_AS, kind)
        return model


@lru_cache(maxsize=128)
def plan_of(schema: Any) -> Plan:
    """The plan of a schema, made once. Raises SchemaError for what no document can be read into."""
    root = _Walker().node(schema, FieldInfo(annotation=schema), _FieldPath("", "", (), (), ()))
    if any(schema is known for known in BUILT_IN.values()):
        return Plan(schema, root, schema, True)
    name, leaves = getattr(schema, "__name__", None) or "Document", list(leaves_below(root))
    if not leaves:
        raise SchemaError(f"schema {name} has no fields to read")
    settle(together_below(root))
    return Plan(schema, root, _reading(name, [*leaves, *wholes_below(root)]), False)


def _reading(name: str, leaves: Sequence[Leaf]) -> type[BaseModel]:
    """The flat schema: each field of the vocabulary that is meant, and each own field."""
    fields: dict[str, Any] = {}
    for leaf in leaves:
        if "[]" in leaf.key and not leaf.meaning and not leaf.captions:
            continue  # its list as a whole is asked for
        for field in (leaf.reading, *_companions(leaf)):
            known = fields.get(field)
            if field in VOCABULARY and (leaf.meaning or known):
                fields[field] = _vocabulary_field(field, leaf if field == leaf.reading else None, known)
            else:
                fields[field] = (typing.Optional[leaf.annotation], _own_field(leaf))  # noqa: UP045  (the annotation may be of any form)
    return _made(name, fields, __config__=ConfigDict(protected_namespaces=(), **_ANY_TYPE))


def _made(name: str, fields: Mapping[str, Any], **options: Any) -> type[BaseModel]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a field may be called as a method of every model is
        return create_model(name, **options, **fields)


def _companions(leaf: Leaf) -> tuple[str, ...]:
    """What is read beside a field, to fill it where the document does not print it in one piece or calls it so."""
    if leaf.meaning and (leaf.meaning.field, leaf.meaning.part) == ("name", "full"):
        return ("surname", "given_names")
    return ("issue_date",) if leaf.meaning and leaf.meaning.field == "valid_from" else ()


def _vocabulary_field(field: str, leaf: Leaf | None, known: Any) -> Any:
    kind = VOCABULARY[field].kind
    info = known[1] if known else described(field)
    if leaf is None or not (leaf.captions or "x-kind" in extra_of(leaf.info)):
        return known or (_types().get(field, _TYPES.get(kind, Text)) | None, info)
    extra = dict(extra_of(info))
    captions = {language: list(phrases) for language, phrases in extra["x-captions"].items()}
    for language, phrases in leaf.captions.items():
        captions[language] = [*phrases, *captions.get(language, ())]
    stated = extra_of(leaf.info).get("x-kind", extra["x-kind"])
    extra |= {"x-captions": captions, "x-kind": stated, "x-own-captions": dict(leaf.captions)}
    kind = Kind(stated)
    annotation = _types().get(field) if kind is VOCABULARY[field].kind else None
    info = Field(default=None, description=info.description, json_schema_extra=extra)
    return ((annotation or _TYPES.get(kind, Text)) | None, info)


def _own_field(leaf: Leaf) -> Any:
    extra = dict(extra_of(leaf.info))
    extra |= {"x-captions": {language: list(phrases) for language, phrases in leaf.captions.items()}}
    extra["x-kind"] = leaf.kind.value
    return Field(default=None, description=leaf.info.description, json_schema_extra=extra)


@cache
def _types() -> Mapping[str, Any]:
    """The types of the vocabulary's fields, as the built-in schemas have them."""
    types: dict[str, Any] = {}
    for known in BUILT_IN.values():
        for name, info in known.model_fields.items():
            types.setdefault(name, annotated(info))
    return types


def _mapped(leaf: Leaf) -> Mapped:
    if leaf.meaning:
        return Mapped(leaf.meaning.field, leaf.meaning.part, leaf.meaning.by)
    if "x-captions" in extra_of(leaf.info):
        return Mapped(None, by="captions", readable=_holds_text(leaf.annotation))
    return Mapped(None, readable=False)


def _holds_text(annotation: Any) -> bool:
    """Whether a printed text can be a value of the type."""
    return not plain_types(annotation) <= {bytes, dict, bool}


@dataclass(frozen=True)
class _FieldPath:
    """Where a field stands: its path, its name, the names of the objects around it, their types, its aliases."""

    key: str
    name: str
    inside: tuple[str, ...]
    within: tuple[Any, ...]
    aliases: tuple[str, ...]


class _Walker:
    """Walks through the types of one schema."""

    def __init__(self) -> None:
        self._fields = self._captions = 0

    def node(self, annotation: Any, info: FieldInfo, place: _FieldPath) -> Node:
        inner = alternatives(annotation)
        objects = [one for one in inner if is_object(one)]
        if len(inner) == 1 and isinstance(inner[0], type) and issubclass(inner[0], RootModel):
            root = inner[0].model_fields["root"]
            return self.node(annotated(root), root, place)
        if objects:
            groups = tuple(
                self.group(one, place.key, (*place.inside, place.name) if place.name else (), place.within)
                for one in objects
                if one not in place.within and len(place.within) < DEEPEST
            )
            if not groups:
                return Nothing(place.key)
            return groups[0] if len(groups) == 1 else ChoiceNode(place.key, groups)
        item = item_object(inner)
        if item is not None and item not in place.within and len(place.within) < DEEPEST:
            return self._items(annotation, info, item, place)
        if place.key and not inner:
            return Nothing(place.key)  # can only be null
        if place.key and (only := only_value(annotation)) is not None and not _is_read(only, annotation, info, place):
            # What can only be one value says nothing about the document: it distinguishes alternatives.
            given = not is_nullable(annotation) or extra_of(info).get("x-constant")
            return Nothing(place.key, only if given else None)
        return self._leaf(annotation, info, place)

    def group(self, kind: Any, key: str, inside: tuple[str, ...], within: tuple[Any, ...]) -> GroupNode:
        members = []
        for name, (info, required) in fields_of(kind).items():
            self._fields += 1
            if self._fields > MOST_FIELDS:
                raise SchemaError(f"a schema may have {MOST_FIELDS} fields, those of nested models included")
            into, aliases = input_of(kind, name, info)
            path = f"{key}.{name}" if key else name
            place = _FieldPath(path, name, inside, (*within, kind), aliases)
            annotation = annotated(info)
            node = self.node(annotation, info, place)
            members.append(Member(name, into, node, required, is_nullable(annotation)))
        return GroupNode(key, kind, tuple(members))

    def _items(self, annotation: Any, info: FieldInfo, item: Any, place: _FieldPath) -> Items:
        meaning = _meaning(info, place)
        of = meaning.field if meaning and meaning.part is None and VOCABULARY[meaning.field].kind in _LISTED else None
        group = self.group(item, f"{place.key}[]", (*place.inside, place.name), place.within)
        if of:
            group = _entries(group, of)
        whole = Leaf(place.key, annotation, info, None, {})
        return Items(place.key, group, of, whole)

    def _leaf(self, annotation: Any, info: FieldInfo, place: _FieldPath) -> Leaf:
        meaning = _meaning(info, place, annotation)
        own = extra_of(info).get("x-captions", {})
        captions = {language: tuple(phrases) for language, phrases in own.items()}
        self._count(captions, place)
        words = [word for word, _ in members_of(annotation)]
        is_one = meaning and meaning.field == "document_type" and len(words) == 1 and kind_called(words[0])
        if (names_kinds(words) or is_one) and (not meaning or meaning.by != "x-field"):
            by = meaning.by if meaning and meaning.field == "document_type" else "values"
            meaning = Meaning("document_type", "kind", by)
        if not captions and not meaning and "[]" not in place.key:
            called = dict.fromkeys([place.name.replace("_", " "), *([info.title] if info.title else [])])
            captions = {"und": tuple(called)}
        leaf = Leaf(place.key, annotation, info, meaning, captions, place.within[-1] if place.within else None)
        try:
            leaf.kind  # noqa: B018
        except ValueError as error:
            raise SchemaError(f"x-kind of {place.key}: {error}; it is one of {', '.join(Kind)}") from None
        return leaf

    def _count(self, captions: Mapping[str, tuple[str, ...]], place: _FieldPath) -> None:
        lengths = [len(phrase) for phrases in captions.values() for phrase in phrases]
        self._captions += len(lengths)
        if self._captions > MOST_CAPTIONS or max(lengths, default=0) > MOST_CAPTION:
            raise SchemaError(
                f"x-captions of {place.key}: a schema may have {MOST_CAPTIONS}, of at most {MOST_CAPTION} characters"
            )


def _meaning(info: FieldInfo, place: _FieldPath, annotation: Any = Any) -> Meaning | None:
    extra = extra_of(info)
    stated, captions = extra.get("x-field"), extra.get("x-captions", {})
    if stated is not None and not (isinstance(stated, str) and stated in VOCABULARY):
        raise SchemaError(f"x-field of {place.key}: there is no field {stated!r} in the vocabulary")
    lists = list(captions.values()) if isinstance(captions, Mapping) else [None]
    if not all(isinstance(one, list | tuple) and all(isinstance(phrase, str) for phrase in one) for one in lists):
        raise SchemaError(f"x-captions of {place.key} are lists of captions by language")
    phrases = tuple(phrase for phrases in captions.values() for phrase in phrases)
    description = info.description or ""
    words = Words(place.name, place.inside, place.aliases, phrases, description, stated, info.title)
    return meaning_of(words, lambda one: one.by == "x-field" or not _misfits(one, annotation))


def _is_read(value: Any, annotation: Any, info: FieldInfo, place: _FieldPath) -> bool:
    """Whether the one value that a field can have is one that documents may say or not, such as `Literal["P"]` of a
    document's type. A kind of documents in words is that where the field may be null, else what tells alternatives."""
    meaning = None if info.get_default() == value else _meaning(info, place, annotation)
    if meaning is None or meaning.field != "document_type":
        return meaning is not None
    return len(str(value)) <= 3 or (is_nullable(annotation) and kind_called(str(value)) is not None)


def _misfits(meaning: Meaning, annotation: Any) -> bool:
    """Whether no value of that meaning can be one of the type."""
    kind, accepted = VOCABULARY[meaning.field].kind, plain_types(annotation)
    if meaning.part in ("year", "month", "day", "age"):
        return bool(accepted) and accepted <= {bool, *TIMES}
    if kind is Kind.SEX and members_of(annotation):
        return False  # 1 and 2, as ISO/IEC 5218 has them
    return bool(accepted) and all(kind in _MISFITS.get(int if one in NUMBERS else one, ()) for one in accepted)


def _entries(group: GroupNode, of: str) -> GroupNode:
    """The item of a list whose entries are read: its first text field takes the entry; of a vehicle class others take
    its dates and codes; the rest stays null."""
    members, taken = [], False
    for member in group.members:
        node = member.node
        if isinstance(node, Leaf):
            part = entry_part(member.name, node.info.alias) if of == "vehicle_classes" else None
            is_date = bool(plain_types(node.annotation) & {bool, int, float, *TIMES})
            fits = part is None and not taken and not is_date
            taken = taken or fits
            node = replace(node, meaning=Meaning(of, part)) if fits or part else Nothing(node.key)
        members.append(replace(member, node=node))
    return replace(group, members=tuple(members))
