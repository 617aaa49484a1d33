"""Words for the kinds of documents, as users name fields, types and the members of enums (`driverLicense`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from extractor.schemas.data import load_table
from extractor.schemas.meanings import split_words
from extractor.schemas.text import squash

#: Kinds that users name alike.
_SAME: Mapping[str, str] = {"chinese_id_card": "id_card"}
#: Words that say nothing about the kind inside a longer name: `id_type`, `customer_id`.
_VAGUE = frozenset({"id", "identity", "iddocument", "pass"})


def kind_in(name: str) -> str | None:
    """The one kind of document that a name speaks of, or None where it names none or several."""
    words = split_words(name)
    found = {
        kind
        for kind, phrases in _phrases().items()
        for length in (1, 2, 3)
        for start in range(len(words) - length + 1)
        if "".join(words[start : start + length]) in phrases - _VAGUE
    }
    return found.pop() if len(found) == 1 else None


def kind_called(name: str) -> str | None:
    """The kind of document that a name is a name of, nothing less and nothing more."""
    key = squash(name)
    return next((kind for kind, phrases in _phrases().items() if key in phrases), None)


def is_kind(kind: str, other: str) -> bool:
    """Whether two built-in kinds are one to a user."""
    return _SAME.get(kind, kind) == _SAME.get(other, other)


def names_kinds(words: Iterable[str]) -> bool:
    """Whether the members of an enum are kinds of documents: two of them, or one beside others like `other`."""
    return len({kind for word in words if (kind := kind_called(word))}) > 1


@cache
def _phrases() -> Mapping[str, frozenset[str]]:
    kinds: Mapping[str, list[str]] = load_table("synonyms")["kinds"]
    return {kind: frozenset(map(squash, phrases)) for kind, phrases in kinds.items()}
