"""What names of a user's fields mean beside one another: `name` beside `surname` is the given names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from extractor.schemas.document_kinds import kind_in
from extractor.schemas.nodes import Leaf
from extractor.schemas.text import squash

_ID_NUMBERS = frozenset({"idnumber", "idno", "idnum", "identificationnumber", "identitynumber"})
#: What is the given names where a surname stands beside it.
_GIVEN_BESIDE_SURNAME = frozenset({"name", "names", "naam", "nom", "nombre", "nome"})
_OF_VISAS = frozenset({"visa_class", "entries", "duration_of_stay"})
#: Fields that other documents than those they are named after print too.
_OF_ANY_KIND = _OF_VISAS | {"passport_number", "personal_number"}


def settle(together: Sequence[Sequence[Leaf]]) -> None:
    """Settles what the fields of a schema mean beside one another: changes their meanings in place. `together`: see
    `nodes.together_below`."""
    for leaves in together:
        _settle(leaves)
    every = [leaf for leaves in together for leaf in leaves]
    kinds = {kind for leaf in every if leaf.meaning and (kind := kind_in(leaf.key))}
    for leaf in every:
        if leaf.meaning and len(kinds) > 1 and leaf.meaning.field not in _OF_ANY_KIND:
            leaf.meaning = replace(leaf.meaning, only=kind_in(leaf.key))


def _settle(leaves: Sequence[Leaf]) -> None:
    def named(field: str) -> list[Leaf]:
        return [leaf for leaf in leaves if leaf.meaning and leaf.meaning.field == field]

    def take(leaf: Leaf, field: str, part: str | None = None) -> None:
        assert leaf.meaning
        leaf.meaning = replace(leaf.meaning, field=field, part=part)

    fields = {leaf.meaning.field for leaf in leaves if leaf.meaning}
    numbers = named("document_number")
    of_visa = fields & _OF_VISAS or any(kind_in(leaf.key) == "visa" for leaf in numbers)
    if not of_visa and all(kind_in(leaf.key) for leaf in numbers):
        # The number of a passport is the document's own, but on a visa and beside the document's.
        for leaf in named("passport_number"):
            take(leaf, "document_number")
    for leaf in numbers:
        if of_visa and kind_in(leaf.key) == "passport":
            take(leaf, "passport_number")
    numbers = named("document_number")
    ids = [leaf for leaf in numbers if squash(leaf.key.rpartition(".")[2]) in _ID_NUMBERS]
    if len(ids) < len(numbers) and "personal_number" not in fields:
        for leaf in ids:
            take(leaf, "personal_number")
    _settle_names(named, take)


def _settle_names(named: Callable[[str], list[Leaf]], take: Callable[..., None]) -> None:
    """Names beside one another: `name` is the whole one, beside a surname alone the given names."""
    surname, given = named("surname"), named("given_names")
    for leaf in named("name"):
        is_given = squash(leaf.key.rpartition(".")[2]) in _GIVEN_BESIDE_SURNAME
        if (surname or given) and (leaf.captions or (leaf.meaning and leaf.meaning.by == "x-field")):
            continue  # the vocabulary's own: the name as it is printed in one piece
        take(leaf, *(("given_names",) if surname and not given and is_given else ("name", "full")))
    for field in ("given_names", "surname"):
        own = named(field)
        if any(leaf.meaning and leaf.meaning.part == "rest" for leaf in own):
            for leaf in own:
                if leaf.meaning and leaf.meaning.part is None:
                    take(leaf, field, "first")
