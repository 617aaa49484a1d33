"""The tree of a schema's fields with what fills each, and the input that the schema validates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extractor.extraction import FieldEvidence
from extractor.schemas.nodes import ChoiceNode, GroupNode, Items, Leaf, Member, Node, Nothing


@dataclass(eq=False)
class Slot:
    """One node with what fills it. `value` goes into the schema's input; `typed` is it in the field's own type."""

    node: Node
    key: str
    member: Member | None = None
    children: list[Slot] = field(default_factory=list)
    value: Any = None
    typed: Any = None
    left_out: bool = False
    rejected: bool = False

    @property
    def empty(self) -> bool:
        if self.left_out or isinstance(self.node, Nothing):
            return True
        if isinstance(self.node, Leaf) or self.value is not None:
            return self.value is None
        return all(child.empty for child in self.children)

    @property
    def may_go(self) -> bool:
        """Whether the schema can do without it: it has a default, may be null, or is one of a list."""
        return self.member is None or not self.member.required or self.member.nullable


def leaf_slots(slot: Slot) -> Iterator[Slot]:
    """The slots of single values below a slot, or it itself."""
    for child in slot.children:
        yield from leaf_slots(child)
    if isinstance(slot.node, Leaf):
        yield slot


def input_of(slot: Slot) -> Any:
    """What goes into the schema for a slot."""
    match slot.node:
        case GroupNode():
            data: dict[str, Any] = {}
            for child in slot.children:
                _put_member(data, child)
            return data
        case Items() if slot.value is None:
            return [input_of(child) for child in slot.children if not child.empty]
        case ChoiceNode():
            return input_of(slot.children[0])
    return slot.value


def _put_member(data: dict[str, Any], slot: Slot) -> None:
    member = slot.member
    assert member is not None
    # A nested object that is required is given empty, so that its own defaults hold or what it lacks is named.
    wanted = member.required and not member.nullable and not slot.left_out and not isinstance(slot.node, Leaf | Nothing)
    # What distinguishes the alternatives of a union is given whatever was read.
    tags = isinstance(slot.node, Nothing) and slot.value is not None
    if wanted or tags or not slot.empty:
        _put(data, member.into, input_of(slot))
    elif member.required and member.nullable:
        _put(data, member.into, None)


def _put(data: Any, into: Sequence[str | int], value: Any) -> None:
    """Puts a value where an alias says, which can be a path (`AliasPath`)."""
    for step, following in zip(into, [*into[1:], None], strict=True):
        inner: Any = value if following is None else [] if isinstance(following, int) else {}
        if isinstance(data, list):
            assert isinstance(step, int)
            data.extend([None] * (step + 1 - len(data)))
            data[:0] = [None] * (-step - len(data))  # -1 is the last
            data[step] = inner if following is None or data[step] is None else data[step]
        else:
            data[step] = inner if following is None else data.get(step, inner)
        data = data[step]


def located(root: Slot, loc: Sequence[str | int]) -> tuple[list[Slot], str | int | None]:
    """The slots from the root to the one that an error is about, and the last step that leads to no slot. Steps that
    Pydantic adds for unions and validators lead nowhere and are passed over."""
    way, last = [root], None
    for step in loc:
        here = way[-1]
        while isinstance(here.node, ChoiceNode):
            here = here.children[0]
            way.append(here)
        found = None
        if isinstance(here.node, Items) and isinstance(step, int):
            kept = [child for child in here.children if not child.empty]
            found = kept[step] if step < len(kept) else None
        elif isinstance(here.node, GroupNode):
            named = (
                child for child in here.children if child.member and step in (child.member.into[0], child.member.name)
            )
            found = next(named, None)
        if found is None or (isinstance(found.node, Leaf) and found.empty):
            last = step
        if found is not None:
            way.append(found)
    if last is not None and len(way) > 1 and isinstance(way[-1].node, Leaf) and way[-1].empty:
        way.pop()
    return way, last


def shown(slot: Slot, fields: Mapping[str, FieldEvidence]) -> Any:
    """The values in the schema's shape, by its names, also those that a validator rejects."""
    match slot.node:
        case Leaf():
            return fields[slot.key].value
        case GroupNode():
            values = [shown(child, fields) for child in slot.children if not isinstance(child.node, Nothing)]
            if slot.member and all(value is None for value in values):
                return None
            return {child.member.name: shown(child, fields) for child in slot.children if child.member}
        case Items():
            return slot.typed if slot.value is not None else [shown(child, fields) for child in slot.children] or None
        case ChoiceNode():
            return shown(slot.children[0], fields)
    return slot.value
