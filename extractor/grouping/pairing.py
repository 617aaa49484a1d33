"""Which of many files are sides of the same document, by what each says of its holder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from extractor.grouping.identity import Identity, Relation, relation
from extractor.mrz import Mrz, parse
from extractor.schemas.text import squash

#: Fields of which readings are compared; `mrz` holds the lines of a zone.
COMPARED = (
    "document_number", "personal_number", "passport_number", "surname", "given_names", "name",
    "birth_date", "expiry_date", "issue_date", "mrz",
)  # fmt: skip

#: Kinds of which one page says everything: what was not recognised is no other side of them.
_ONE_SIDED = ("passport", "visa")
#: What two sides have at least one of in common; only files that share one are compared.
_SHARED = ("document_number", "personal_number", "passport_number", "birth_date", "surname", "name")


def paired_sides(files: Sequence[Identity | None]) -> list[list[int]]:
    """Numbers of files in groups, each group one document, in the order of their first files. A file that nothing is
    known of (None) stays by itself, and so does one that fits two documents."""
    groups: list[list[int]] = []
    by_value: dict[str, set[int]] = {}
    for number, identity in enumerate(files):
        values = set(_values(identity)) if identity else set()
        near = sorted(set().union(*(by_value.get(value, ()) for value in values)))
        fitting = [group for group in near if identity and _fits(identity, [files[one] for one in groups[group]])]
        if len(fitting) == 1:
            group = fitting[0]
            groups[group].append(number)
        else:
            group = len(groups)
            groups.append([number])
        for value in values:
            by_value.setdefault(value, set()).add(group)
    return groups


def _values(identity: Identity) -> Iterator[str]:
    for name in _SHARED:
        kind = "number" if name.endswith("_number") else name
        for value in identity.values.get(name, ()):
            yield f"{kind} {squash(value)}"


def _fits(identity: Identity, others: Sequence[Identity | None]) -> bool:
    relations = {relation(identity, other) for other in others if other}
    return Relation.SAME in relations and Relation.DIFFERENT not in relations


def identity_of_values(schema: str | None, fields: Mapping[str, Sequence[str]]) -> Identity:
    """What the readings of one side say: `fields` of COMPARED with all that was read of each, dates in ISO form, and
    the lines of its MRZ under `mrz`. `schema` is its kind; None where no document was recognised on it."""
    values = {name: frozenset(texts) for name, texts in fields.items() if name != "mrz" and texts}
    return Identity(values, _zone(fields.get("mrz", ())), schema, 1.0 if schema else 0.0)


def _zone(lines: Sequence[str]) -> Mrz | None:
    """The lines as a zone; None if they are not one."""
    try:
        return parse(lines) if lines else None
    except ValueError:
        return None


def sides_to_offer(sides: Sequence[Identity]) -> list[list[int]]:
    """Numbers of sides in groups to offer to a person, in the order of their first.

    Beyond `paired_sides`, a side that says nothing of its holder goes with the only other side of its kind that says
    something, one that was not recognised with the only card; where two sides could go with it, neither does.
    """
    groups = paired_sides(sides)
    lone = {group[0] for group in groups if len(group) == 1 and sides[group[0]].is_anonymous}
    candidates = {number: list(_fronts(sides[number], groups, sides)) for number in sorted(lone)}
    wanted = [fronts[0] for fronts in candidates.values() if len(fronts) == 1]
    for number, fronts in candidates.items():
        if len(fronts) == 1 and wanted.count(fronts[0]) == 1:
            groups.remove([number])
            fronts[0].append(number)
            fronts[0].sort()
    return sorted(groups)


def _fronts(side: Identity, groups: Sequence[list[int]], sides: Sequence[Identity]) -> Iterator[list[int]]:
    """Groups of one side that a side which says nothing of its holder can be the other side of."""
    for group in groups:
        front: Any = sides[group[0]]
        fits = side.kind == front.kind or (side.kind is None and front.kind not in _ONE_SIDED)
        if len(group) == 1 and not front.is_anonymous and fits:
            yield group
