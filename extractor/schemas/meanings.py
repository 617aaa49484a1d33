"""What a field of a user's schema means: which field of the vocabulary, or which part of one.

In this order: what the field says itself (`x-field`), its name or alias, its captions, its description. Names are
compared without case, underscores and diacritics with the synonyms of `synonyms.json` (twelve languages) and with the
printed captions, then without words that say nothing (`holder_birth_date_iso`). A name inside a nested object is
looked up together with the object's (`birth: {date, place}`) first; inside an object about somebody or something else
(`father`, `employer`) alone it means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from extractor.schemas.captions import CAPTIONS
from extractor.schemas.data import load_table
from extractor.schemas.text import fold, squash
from extractor.schemas.vocabulary import VOCABULARY

#: Words of a description that are compared together, and letters that a single one must have.
_LONGEST_PHRASE, _TELLING_WORD = 6, 6
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True)
class Meaning:
    """A field of the vocabulary, or a `part` of it (`year` of birth_date), and `by` what it was found."""

    field: str
    part: str | None = None
    by: str = "name"


@dataclass(frozen=True)
class Words:
    """What a field says about itself. `inside` are the names of the objects around it, the outermost first."""

    name: str
    inside: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    description: str = ""
    stated: str | None = None


def meaning_of(words: Words) -> Meaning | None:
    """The meaning of a field, or None where nothing in the vocabulary is meant."""
    if words.stated is not None:
        return Meaning(words.stated, by="x-field")
    for by, name in [("name", words.name), *(("alias", alias) for alias in words.aliases)]:
        if found := _by_name(name, words.inside, bool(words.captions)):
            return Meaning(*found, by=by)
    if is_about_another(words.inside):
        return None
    if found := _agreed(_lookup(caption) for caption in words.captions):
        return Meaning(*found, by="captions")
    if found := _in_description(words.description):
        return Meaning(*found, by="description")
    return None


def is_about_another(names: Iterable[str]) -> bool:
    """Whether an object's name says that it is about another person or thing than the document and its holder."""
    return any(word in _table().others for name in names for word in split_words(name))


def is_whole(name: str) -> bool:
    """Whether the member of an object is the whole of it, as `address.full` is."""
    return squash(name) in _table().whole


def split_words(name: str) -> list[str]:
    """The words of a name in snake_case, camelCase or prose, folded."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return fold(parted).split()


def sex_of_word(word: str) -> str | None:
    """M, F or X for a word that means it in one of the languages of the synonyms."""
    return _table().sexes.get(squash(word))


_Found = tuple[str, str | None]


def _by_name(name: str, inside: Sequence[str], has_captions: bool) -> _Found | None:
    for start in range(len(inside)):
        around = " ".join(inside[start:])
        for joined in (f"{around} {name}", f"{name} {around}"):
            if found := _lookup(joined, cut=False):
                return found
        if is_whole(name) and (found := _lookup(inside[-1])):
            return found
    if is_about_another(inside):
        return None
    # A name like `number`, beside captions of its own, is what those say.
    vague = has_captions and name not in VOCABULARY and squash(name) in _table().generic
    return None if vague else _lookup(name)


def _lookup(name: str, *, cut: bool = True) -> _Found | None:
    table, words = _table(), split_words(name)
    if name in VOCABULARY:
        return name, None
    tries = [words]
    if cut:
        kept = [word for word in words if word not in table.noise and not word.isdigit()]
        tries += [kept, [word for word in words if not word.isdigit()]]
    for tried in tries:
        key = "".join(tried)
        if found := table.names.get(key) or table.captions.get(key) or table.orders.get(_sorted(tried)):
            return found
    return None


def _agreed(found: Iterable[_Found | None]) -> _Found | None:
    """The one meaning that all that have one agree on."""
    meant = {one for one in found if one}
    return meant.pop() if len(meant) == 1 else None


def _in_description(text: str) -> _Found | None:
    """The meaning of the longest phrase of a description that is a name of a field."""
    table, words = _table(), fold(text).split()
    if not words or any(word in table.others for word in words):
        return None
    for length in range(min(_LONGEST_PHRASE, len(words)), 0, -1):
        phrases = ["".join(words[i : i + length]) for i in range(len(words) - length + 1)]
        if length == 1:
            phrases = [word for word in phrases if len(word) >= _TELLING_WORD and word not in table.generic]
        if found := _agreed(table.names.get(phrase) for phrase in phrases):
            return found
    whole = squash(text)
    return _agreed(found for key, found in table.ideographs.items() if key in whole)


@dataclass(frozen=True)
class _Table:
    names: Mapping[str, _Found]
    captions: Mapping[str, _Found]
    #: names by their words in alphabetical order: `birth_place` is `place_of_birth`
    orders: Mapping[str, _Found]
    ideographs: Mapping[str, _Found]
    generic: frozenset[str]
    noise: frozenset[str]
    others: frozenset[str]
    whole: frozenset[str]
    sexes: Mapping[str, str]


@cache
def _table() -> _Table:
    data = load_table("synonyms")
    names: dict[str, _Found] = {squash(name): (name, None) for name in VOCABULARY}
    orders: dict[str, _Found] = {}
    noise = frozenset(map(fold, data["noise"]))
    for name, found in _pairs(data):
        names.setdefault(squash(name), found)
        orders.setdefault(_sorted([word for word in split_words(name) if word not in noise]), found)
    # Parts are more particular than the fields they are of.
    names |= {squash(name): found for name, found in _pairs({"fields": {}, "parts": data["parts"]})}
    meant: dict[str, set[str]] = {}
    for field, by_language in CAPTIONS.items():
        for phrases in by_language.values():
            for phrase in phrases:
                meant.setdefault(squash(phrase), set()).add(field)
    captions: dict[str, _Found] = {
        key: (next(iter(fields)), None)
        for key, fields in meant.items()
        if len(fields) == 1 and len(key) > 1 and fields <= VOCABULARY.keys()
    }
    return _Table(
        names,
        captions,
        {key: found for key, found in orders.items() if key},
        {key: found for key, found in names.items() if len(key) > 1 and "\u2e80" <= key[0] <= "\u9fff"},
        frozenset(map(squash, data["generic"])),
        noise,
        frozenset(map(fold, data["others"])),
        frozenset(map(squash, data["whole"])),
        {squash(word): sex for sex, words in data["sexes"].items() for word in words},
    )


def _pairs(data: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[tuple[str, _Found]]:
    for meaning, synonyms in [*data["fields"].items(), *data["parts"].items()]:
        field, _, part = meaning.partition(":")
        for name in synonyms:
            # German umlauts are also written without them.
            for written in dict.fromkeys((name, name.translate(_UMLAUTS))):
                yield written, (field, part or None)


def _sorted(words: Sequence[str]) -> str:
    return " ".join(sorted(words))
