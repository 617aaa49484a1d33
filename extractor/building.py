"""From what was read to an instance of the user's schema.

What the engines read, by the vocabulary's names, fills the tree of the schema's fields (`extractor.schemas.plan`), each
value in the form that its field takes. Then the schema validates the whole. What its validators reject is warned of
and left out, where it may be left out; so is a nested object that lacks what it requires. Nothing is ever made up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from extractor.errors import FROM_OWN_CODE
from extractor.extraction import FieldEvidence, ReadingWarning, Source, SourceKind, Verdict
from extractor.schemas.days import age_on
from extractor.schemas.document_kinds import is_kind, kind_called, kind_in
from extractor.schemas.forms import forms, members_of, part_of
from extractor.schemas.nodes import ChoiceNode, GroupNode, Items, Leaf, Member, Node, Nothing, leaves_below
from extractor.schemas.plan import Plan
from extractor.schemas.text import scripts, squash
from extractor.schemas.vocabulary import Kind
from extractor.slots import Slot, input_of, leaf_slots, located, shown

_NUMBER = re.compile(r"[+-]?\d*\.?\d*")
#: Errors that a validator of the schema raises, and not a type.
_REJECTIONS = frozenset({"value_error", "assertion_error"})
_ABSENT = FieldEvidence(None, Verdict.ABSENT, 0.9)
#: Nothing was looked for, so that null says nothing about the document.
UNREAD = FieldEvidence(None, Verdict.ABSENT, 0.0, note="nothing says where this field stands on a document")


@dataclass(frozen=True)
class Built:
    """A document (None where the schema cannot be satisfied), the values in its shape, and the fields by their path."""

    document: Any
    values: Any
    fields: dict[str, FieldEvidence]
    warnings: list[ReadingWarning]


def build(
    plan: Plan,
    read: Mapping[str, FieldEvidence],
    *,
    kind: str | None = None,
    today: date | None = None,
    classes: Sequence[Any] = (),
) -> Built:
    """The document that a schema makes of what was read, by the names of its flat schema. `kind`: which of the built-in
    kinds the document is, where that is known; `classes`: the rows of a licence's table of vehicle classes."""
    filler = _Filler(plan, read, kind, today or date.today(), classes)
    root = filler.fill(plan.root, None)
    document = _validated(plan, root, filler)
    return Built(document, shown(root, filler.fields), filler.fields, filler.warnings)


class _Filler:
    """Fills the slots of one document."""

    def __init__(
        self, plan: Plan, read: Mapping[str, FieldEvidence], kind: str | None, today: date, classes: Sequence[Any]
    ) -> None:
        self.plan, self.read, self.kind, self.today = plan, read, kind, today
        self.classes = {row.code: row for row in classes}
        self.fields: dict[str, FieldEvidence] = {}
        self.warnings: list[ReadingWarning] = []
        self._indices: list[int] = []
        self._entry: tuple[str, Any] | None = None

    def warn(self, code: str, message: str, key: str | None = None) -> None:
        warning = ReadingWarning(code, message, key)
        if warning not in self.warnings:
            self.warnings.append(warning)

    def fill(self, node: Node, member: Member | None) -> Slot:
        slot = Slot(node, self._key(node.key), member)
        match node:
            case Leaf():
                self._leaf(node, slot)
            case GroupNode():
                slot.children = [self.fill(one.node, one) for one in node.members]
            case Items():
                self._items(node, slot)
            case ChoiceNode():
                slot.children = [self._best_of(node)]
            case Nothing():
                slot.value = node.value
        return slot

    def _key(self, key: str) -> str:
        for index in self._indices:
            key = key.replace("[]", f".{index}", 1)
        return key

    def _leaf(self, leaf: Leaf, slot: Slot) -> None:
        evidence = self._evidence(leaf)
        if evidence.value is None:
            asked = any(source.kind is SourceKind.MODEL for source in evidence.sources)
            if not self.plan.mapping[leaf.key].readable and not asked:
                evidence = UNREAD
            self.fields[slot.key] = evidence
            return
        part = leaf.meaning.part if leaf.meaning else None
        kind = leaf.kind if not part else Kind.DATE if part in ("since", "until") else Kind.CODE
        accepted, rejected = _fitting(leaf, kind, evidence.value)
        if accepted:
            slot.value, slot.typed = accepted
            self.fields[slot.key] = replace(evidence, value=slot.typed)
            return
        if rejected and not self.plan.built_in:
            slot.rejected = True
            self.fields[slot.key] = evidence
            self.warn("invalid_value", f"the schema's validator of {slot.key} rejects what was read", slot.key)
            return
        self.fields[slot.key] = replace(evidence, value=None, confidence=0.0)
        message = f"what was read for {slot.key} does not fit the field's type; it is kept in the evidence"
        self.warn("invalid_value", message, slot.key)

    def _evidence(self, leaf: Leaf) -> FieldEvidence:
        evidence = self.read.get(leaf.reading, _ABSENT)
        if self._entry and leaf.reading == self._entry[0]:
            part = leaf.meaning.part if leaf.meaning else None
            return self._of_class(str(self._entry[1]), part) if part else replace(evidence, value=self._entry[1])
        if leaf.meaning is None:
            return evidence
        if leaf.meaning.only and self.kind and not is_kind(leaf.meaning.only, self.kind):
            return _ABSENT  # the number of a licence is not on a passport
        if leaf.reading == "valid_from" and evidence.value is None and self.kind == "chinese_id_card":
            evidence = self.read.get("issue_date", evidence)  # these print a period, which begins with the issue
        match leaf.meaning.part:
            case None:
                return evidence
            case "full":
                return _full_name(evidence, self.read)
            case "kind":
                return self._kind_of_document(leaf, evidence)
            case "age":
                age = age_on(str(evidence.value), self.today) if evidence.value else None
                return replace(evidence, value=age)
        return replace(evidence, value=part_of(evidence.value, leaf.meaning.part))

    def _of_class(self, code: str, part: str) -> FieldEvidence:
        """A date or the codes of one class of vehicles, from the licence's table."""
        row = self.classes.get(code)
        value = getattr(row, part, None)
        if row is None or value is None:
            return _ABSENT
        source = Source(SourceKind.VISUAL, value, str(value), row.score, basis="table of vehicle classes")
        return FieldEvidence(value, Verdict.SINGLE, row.score, (source,))

    def _kind_of_document(self, leaf: Leaf, printed: FieldEvidence) -> FieldEvidence:
        """Which member of an enum of kinds the document is: the one that it prints, else what it was recognised as."""
        members = members_of(leaf.annotation)
        if self.kind is None or any(squash(word) == squash(str(printed.value)) for word, _ in members):
            return printed
        kinds = {word: kind_called(word) for word, _ in members}
        found = next((word for word, one in kinds.items() if one and is_kind(one, self.kind)), None)
        found = found or next((word for word in kinds if squash(word) in ("other", "unknown")), None)
        if found is None:
            return replace(printed, value=None)
        source = Source(SourceKind.DERIVED, found, "", 0.9, basis="the kind of document")
        return FieldEvidence(found, Verdict.SINGLE, 0.9, (source,))

    def _best_of(self, node: ChoiceNode) -> Slot:
        """The alternative that fits best; of the others only the readings of fields that it has not are kept."""
        fields, warned = self.fields, self.warnings
        filled = []
        for one in node.options:
            self.fields, self.warnings = {}, [*warned]
            filled.append((self.fill(one, None), self.fields, self.warnings))
        best, own, self.warnings = max(filled, key=lambda one: self._fit_of(one[0]))
        self.fields = fields
        for _, others, _ in filled:
            self.fields |= others
        self.fields |= own
        return best

    def _fit_of(self, slot: Slot) -> tuple[bool, bool, int]:
        """How well an alternative fits: whether its type takes what was read, whether it is for such documents, and how
        many of its fields are filled."""
        assert isinstance(slot.node, GroupNode)
        filled = sum(not one.empty for one in leaf_slots(slot))
        tags = [str(child.value) for child in slot.children if isinstance(child.node, Nothing) and child.value]
        named = [*tags, getattr(slot.node.type, "__name__", "")]
        kind = next((kind for name in named if (kind := kind_in(name))), None)
        is_other = kind is not None and self.kind is not None and not is_kind(kind, self.kind)
        try:
            TypeAdapter(slot.node.type).validate_python(input_of(slot))
        except FROM_OWN_CODE:
            return False, not is_other, filled
        return True, not is_other, filled

    def _items(self, node: Items, slot: Slot) -> None:
        whole = self.read.get(node.whole.reading, _ABSENT)
        accepted, _ = _fitting(node.whole, Kind.LIST, whole.value) if whole.value else (None, False)
        if accepted:
            slot.value, slot.typed = accepted
            self.fields[slot.key] = replace(whole, value=slot.typed)
            return
        entries = _entries(self.read.get(node.of, _ABSENT).value) if node.of else [None]
        if node.of == "vehicle_classes":
            entries = [*dict.fromkeys([*entries, *self.classes])]
        for index, entry in enumerate(entries):
            self._indices.append(index)
            self._entry = (node.of, entry) if node.of else None
            slot.children.append(self.fill(node.item, None))
            self._entry = None
            self._indices.pop()
        if slot.empty:
            slot.children = []
            self.fields[slot.key] = self.read.get(node.of, _ABSENT) if node.of else whole
            if node.of is None and not any(self.plan.mapping[leaf.key].field for leaf in leaves_below(node.item)):
                self._unread_list(slot)

    def _unread_list(self, slot: Slot) -> None:
        for key in [key for key in self.fields if key.startswith(f"{slot.key}.")]:
            del self.fields[key]
        if not any(source.kind is SourceKind.MODEL for source in self.fields[slot.key].sources):
            self.fields[slot.key] = UNREAD


def _entries(value: Any) -> Sequence[Any]:
    """What a list of objects is filled from: the entries of a list, or the words of a name."""
    return str(value).split() if isinstance(value, str) else value or []


def _full_name(name: FieldEvidence, read: Mapping[str, FieldEvidence]) -> FieldEvidence:
    """The name as the document has it in one piece, else put together from its parts."""
    given, surname = read.get("given_names", _ABSENT), read.get("surname", _ABSENT)
    parts = [one for one in (given, surname) if one.value is not None]
    in_parts = len(parts) == 2 and len(str(name.value or "").split()) == 1 and not _is_unspaced(str(name.value))
    if not parts or (name.value is not None and not in_parts):
        return name
    joined = [str(one.value) for one in parts]
    text = "".join(reversed(joined)) if _is_unspaced("".join(joined)) else " ".join(joined)
    confidence = min(one.confidence for one in parts)
    source = Source(SourceKind.DERIVED, text, text, confidence, basis="given_names and surname")
    verdict = parts[0].verdict if len({one.verdict for one in parts}) == 1 else Verdict.SINGLE
    return FieldEvidence(text, verdict, confidence, (*name.sources, source), parts[-1].box)


def _is_unspaced(name: str) -> bool:
    """Whether a name is of a script that puts no space between surname and given names."""
    return bool(scripts(name) & {"CJK", "HANGUL", "HIRAGANA", "KATAKANA"})


def _fitting(leaf: Leaf, kind: Kind, value: Any) -> tuple[tuple[Any, Any] | None, bool]:
    """The first form of a value that a field takes, as given and in the field's own type; or whether a validator (and
    not the type) rejects it."""
    rejected = False
    for form in forms(value, kind, leaf.annotation):
        try:
            typed = leaf.adapter.validate_python(form)
            if isinstance(typed, date | time | timedelta) and _NUMBER.fullmatch(str(form)):
                continue  # Pydantic takes a number for seconds, since 1970 or since midnight
            return (typed if leaf.is_strict else form, typed), False
        except ValidationError as error:
            rejected |= any(
                problem["type"] in _REJECTIONS for problem in error.errors(include_url=False, include_input=False)
            )
        except FROM_OWN_CODE:
            rejected = True  # a validator of the user's that cannot deal with it
    return None, rejected


def _validated(plan: Plan, root: Slot, filler: _Filler) -> Any:
    """The document, or None: then the warnings say why."""
    while True:
        try:
            document = plan.adapter.validate_python(input_of(root))
            if document is None:
                message = "the schema's own check of the whole document returned None instead of the document"
                filler.warn("check_failed", message)
            _check_writing(plan, document, filler)
            return document
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False, include_context=False)
            gone = [_dealt_with(root, problem["loc"], problem["type"], filler) for problem in problems]
            if not any(gone):
                return None
        except FROM_OWN_CODE as error:
            if not _without_culprit(plan, root, type(error).__name__, filler):
                return None


def _check_writing(plan: Plan, document: Any, filler: _Filler) -> None:
    """Warns where the schema's own code (a computed field, a serializer) fails on what it accepts."""
    try:
        plan.adapter.dump_python(document, warnings=False)
    except FROM_OWN_CODE as error:
        filler.warn("check_failed", f"the schema's own code failed with {type(error).__name__} writing the document")


def _without_culprit(plan: Plan, root: Slot, error: str, filler: _Filler) -> bool:
    """Leaves out the field whose validator broke, with an error of a class that no validator should raise, and warns of
    it; False if it is no one field's or cannot be left out."""
    for slot in leaf_slots(root):
        if slot.empty:
            continue
        slot.left_out = True
        try:
            plan.adapter.validate_python(input_of(root))
        except ValidationError:
            pass
        except FROM_OWN_CODE:
            slot.left_out = False
            continue
        slot.rejected = True
        filler.warn("invalid_value", f"the schema's validator of {slot.key} failed with {error}", slot.key)
        return slot.may_go
    filler.warn("check_failed", f"the schema's own code failed with {error}")
    return False


def _dealt_with(root: Slot, loc: Sequence[str | int], kind: str, filler: _Filler) -> bool:
    """Warns of one error of the schema and leaves out what it is about; False if that cannot be left out."""
    way, missing = located(root, loc)
    slot = way[-1]
    if kind == "missing":
        lacking = next((one for one in slot.children if one.member and one.member.into[0] == missing), slot)
        if not lacking.rejected:
            message = f"the schema requires {lacking.key}, which is not on the document or could not be read"
            filler.warn("required_field_missing", message, lacking.key)
    elif isinstance(slot.node, Leaf) and not slot.empty:
        if slot.typed is not None and slot.value is not slot.typed:
            slot.value = slot.typed  # a strict schema takes nothing but the type itself
            return True
        slot.rejected = slot.left_out = True
        message = f"the schema's validator of {slot.key} rejects what was read ({kind})"
        filler.warn("invalid_value", message, slot.key)
        return True
    elif slot is root:
        filler.warn("check_failed", f"the schema's own check of the whole document failed ({kind})")
    else:
        filler.warn("check_failed", f"the schema's own check of {slot.key} failed ({kind})", slot.key)
    for one in reversed(way[1:]):
        if one.may_go and not one.left_out:
            one.left_out = True
            return True
    return False
