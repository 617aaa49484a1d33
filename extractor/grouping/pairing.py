"""Which of many files are sides of the same document, by what each says of its holder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from extractor.grouping.identity import Identity, Relation, relation
from extractor.schemas.text import squash

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
