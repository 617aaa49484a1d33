"""What a field of a user's schema means: which field of the vocabulary, or which part of one.

In this order: what the field says itself (`x-field`), its name, alias or title, its captions, its description. Names
are compared without case, underscores and diacritics with the synonyms of `synonyms.json` (twelve languages) and with
the printed captions, then without words that say nothing (`holder_birth_date_iso`). A name inside a nested object is
looked up together with the object's (`birth: {date, place}`) first; inside an object that is a field itself it is that
field or nothing (`nationality: {code, name}`, `address: {country}`); inside one about somebody or something else
(`father`, `employer`) alone it means nothing. A name that can mean two things (`issued_at`) means the one that the
field's type can hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from extractor.schemas.captions import CAPTIONS
from extractor.schemas.data import load_table
from extractor.schemas.text import fold, squash
from extractor.schemas.vocabulary import VOCABULARY, Kind

#: Words of a description that are compared together, and letters that a single one must have.
_LONGEST_PHRASE, _TELLING_WORD = 6, 6
_ACCOUNTS = frozenset({"customer", "client", "user", "applicant", "owner", "person"})
_ENTRY_PARTS = {
    "issue_date": "since",
    "valid_from": "since",
    "expiry_date": "until",
    "restrictions": "restrictions",
}
#: Names of wholes that say of what kind they are.
_WHOLE_OF = {"address": Kind.ADDRESS, "fulladdress": Kind.ADDRESS, "date": Kind.DATE, "valuedate": Kind.DATE}
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True)
class Meaning:
    """A field of the vocabulary, or a `part` of it (`year` of birth_date), and `by` what it was found. `only` is the
    kind of document that alone has it, where a schema has fields of several (`passport_number`, `licence_number`)."""

    field: str
    part: str | None = None
    by: str = "name"
    only: str | None = None


@dataclass(frozen=True)
class Words:
    """What a field says about itself. `inside` are the names of the objects around it, the outermost first."""

    name: str
    inside: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    description: str = ""
    stated: str | None = None
    title: str | None = None


def meaning_of(words: Words, fits: Callable[[Meaning], bool] = lambda _: True) -> Meaning | None:
    """The first meaning of a field that `fits` it, or None where nothing in the vocabulary is meant."""
    return next(filter(fits, _meanings_of(words)), None)


def _meanings_of(words: Words) -> Iterator[Meaning]:
    if words.stated is not None:
        yield Meaning(words.stated, by="x-field")
        return
    names = [("name", words.name), *(("alias", alias) for alias in words.aliases)]
    names += [("title", words.title)] if words.title else []
    # `number` with the alias `passportNumber` is what the alias says.
    for by, name in sorted(names, key=lambda one: squash(one[1]) in _table().generic):
        for found in _by_name(name, words.inside, bool(words.captions)):
            yield Meaning(*found, by=by)
    if is_about_another(words.inside):
        return
    if agreed := _agreed(next(_lookup(caption), None) for caption in words.captions):
        yield Meaning(*agreed, by="captions")
    if described := _in_description(words.description):
        yield Meaning(*described, by="description")


def is_about_another(names: Iterable[str]) -> bool:
    """Whether an object's name says that it is about another person or thing than the document and its holder."""
    return any(word in _table().others for name in names for word in split_words(name))


def is_whole(name: str, kind: Kind) -> bool:
    """Whether the member of an object of a kind is the whole of it, as `address.full` is; `father.address` is not."""
    word = squash(name)
    return word in _table().whole and _WHOLE_OF.get(word, kind) is kind


def split_words(name: str) -> list[str]:
    """The words of a name in snake_case, camelCase or prose, folded."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return fold(parted).split()


def entry_part(*names: str | None) -> str | None:
    """What a field of one class of vehicles is beside its code: the day `since` or `until` which it may be driven, or
    `restrictions`."""
    for name in filter(None, names):
        if part := _table().entries.get(squash(name)):
            return part
        found = next(_lookup(name), None)
        if found and (part := _ENTRY_PARTS.get(found[0])):
            return part
    return None


_Meant = tuple[str, str | None]


def _by_name(name: str, inside: Sequence[str], has_captions: bool) -> Iterator[_Meant]:
    outer = _field_called(inside[-1]) if inside else None
    if outer and VOCABULARY[outer[0]].kind is Kind.ADDRESS and squash(name) in _table().particular:
        return  # its street or city, which an address is not taken apart into
    if outer and outer[0] == "name":
        # `name: {surname, given}`: the parts of a name, which together with it would be the whole.
        yield from (found for found in _lookup(name, cut=False) if found[0] != "name")
    of_date = _table().dates.get(squash(name))
    for start in range(len(inside)):
        around = " ".join(inside[start:])
        # `birth: {day, month, year}`
        whole = _field_called(f"{around} date") if of_date else None
        if whole and whole[1] is None and VOCABULARY[whole[0]].kind is Kind.DATE:
            yield whole[0], of_date
        for joined in (f"{around} {name}", f"{name} {around}"):
            yield from _lookup(joined, cut=False)
    if outer:
        if part := _part_of_field(name, outer):
            yield part
        if squash(name) in _table().particular:
            return  # the country of an address is not the issuing one
    if is_about_another(inside):
        return
    # A name like `number`, beside captions of its own, is what those say.
    if not (has_captions and name not in VOCABULARY and squash(name) in _table().generic):
        yield from _lookup(name)


def _field_called(name: str) -> _Meant | None:
    """The field that an object's name is a name of; captions (`issue`) are too short to say so."""
    words = split_words(name)
    for tried in (words, [word for word in words if word not in _table().noise]):
        if found := _table().names.get("".join(tried)) or _table().orders.get(_sorted(tried)):
            return found[0]
    return None


def _part_of_field(name: str, outer: _Meant) -> _Meant | None:
    """What a member of an object is that is a field itself: the whole of it, or a part of its date."""
    table, word, (field, part) = _table(), squash(name), outer
    kind = VOCABULARY[field].kind
    if kind is Kind.DATE and part is None and word in table.dates:
        return field, table.dates[word]
    if kind is Kind.STATE and part is None and word in table.states:
        return field, table.states[word]
    coded = kind in (Kind.STATE, Kind.SEX, Kind.CODE, Kind.LIST) and word in table.codes
    coded |= kind is Kind.NUMBER and ("document_number", None) in table.names.get(word, ())
    placed = field in ("authority", "place_of_birth", "place_of_issue") and word in table.places
    return outer if coded or placed or is_whole(name, kind) else None


def _lookup(name: str, *, cut: bool = True) -> Iterator[_Meant]:
    table = _table()
    if name in VOCABULARY:
        yield name, None
        return
    words = [table.abbreviations.get(word, word) for word in split_words(name)]
    tries = [split_words(name), words]
    if cut:
        kept = [word for word in words if word not in table.noise and not word.isdigit()]
        tries += [kept, [word for word in words if not word.isdigit()]]
    for tried in tries:
        if (found := _entry(tried)) and not _is_of_account(words, tried):
            yield from found
            return
    # Words that say only what form a value has, such as `iso3` of a nationality, where what they leave is of that kind.
    for kind, weak in table.weak.items() if cut else ():
        rest = [word for word in words if word not in weak]
        if len(rest) == len(words) or not (found := _entry(rest) or _entry([w for w in rest if w not in table.noise])):
            continue
        if any(VOCABULARY[field].kind is kind for field, _ in found):
            yield from found
            return


def _is_of_account(words: Sequence[str], kept: Sequence[str]) -> bool:
    """Whether a name such as `customer_number` leaves nothing but `number`: a program's own, on no document."""
    own = "".join(kept) in _table().generic and ("document_number", None) in _table().names.get("".join(kept), ())
    return own and not _ACCOUNTS.isdisjoint(words)


def _entry(words: Sequence[str]) -> tuple[_Meant, ...] | None:
    table, key = _table(), "".join(words)
    return (table.names.get(key) or table.captions.get(key) or table.orders.get(_sorted(words))) if words else None


def _agreed(found: Iterable[_Meant | None]) -> _Meant | None:
    """The one meaning that all that have one agree on."""
    meant = {one for one in found if one}
    return meant.pop() if len(meant) == 1 else None


def _in_description(text: str) -> _Meant | None:
    """The meaning of the longest phrase of a description that is a name of a field."""
    table, words = _table(), fold(text).split()
    if not words or any(word in table.others for word in words):
        return None
    kept = "".join(word for word in words if word not in table.noise)
    if kept not in table.generic and (short := table.names.get(kept)):
        return short[0]  # "Sex of the holder"
    for length in range(min(_LONGEST_PHRASE, len(words)), 0, -1):
        phrases = ["".join(words[i : i + length]) for i in range(len(words) - length + 1)]
        if length == 1:
            phrases = [word for word in phrases if _is_telling(word)]
        if found := _agreed(_first(table.names.get(phrase)) for phrase in phrases):
            return found
    whole = squash(text)
    return _agreed(found[0] for key, found in table.ideographs.items() if key in whole)


def _is_telling(word: str) -> bool:
    """Whether one word of a description says what a field is."""
    return (len(word) >= _TELLING_WORD and word not in _table().generic) or word in _table().telling


def _first(found: Sequence[_Meant] | None) -> _Meant | None:
    return found[0] if found else None


@dataclass(frozen=True)
class _MeaningTable:
    #: by name what it means, what it means most often first
    names: Mapping[str, tuple[_Meant, ...]]
    captions: Mapping[str, tuple[_Meant, ...]]
    #: names by their words in alphabetical order: `birth_place` is `place_of_birth`
    orders: Mapping[str, tuple[_Meant, ...]]
    ideographs: Mapping[str, tuple[_Meant, ...]]
    generic: frozenset[str]
    abbreviations: Mapping[str, str]
    #: by kind, words of a name that say only what form a value of that kind has
    weak: Mapping[Kind, frozenset[str]]
    #: short words that tell a field in a description
    telling: frozenset[str]
    #: members of objects that are fields: parts of a date, ways to write a code, what a place or an authority is
    dates: Mapping[str, str]
    states: Mapping[str, str]
    #: columns of a licence's table of classes
    entries: Mapping[str, str]
    codes: frozenset[str]
    places: frozenset[str]
    #: names that mean something else inside an object that is a field
    particular: frozenset[str]
    noise: frozenset[str]
    others: frozenset[str]
    whole: frozenset[str]


@cache
def _table() -> _MeaningTable:
    data = load_table("synonyms")
    names: dict[str, tuple[_Meant, ...]] = {squash(name): ((name, None),) for name in VOCABULARY}
    orders: dict[str, tuple[_Meant, ...]] = {}
    noise = frozenset(map(fold, data["noise"]))
    # Parts are more particular than the fields they are of.
    for name, found in _pairs({"fields": data["parts"], "parts": data["fields"]}):
        key, words = squash(name), split_words(name)
        names[key] = (*names.get(key, ()), found)
        orders.setdefault(_sorted([word for word in words if word not in noise]), (found,))
    meant: dict[str, set[str]] = {}
    for field, by_language in CAPTIONS.items():
        for phrases in by_language.values():
            for phrase in phrases:
                meant.setdefault(squash(phrase), set()).add(field)
    captions: dict[str, tuple[_Meant, ...]] = {
        key: ((next(iter(fields)), None),)
        for key, fields in meant.items()
        if len(fields) == 1 and len(key) > 1 and fields <= VOCABULARY.keys()
    }
    return _MeaningTable(
        names,
        captions,
        {key: found for key, found in orders.items() if key},
        {key: found for key, found in names.items() if len(key) > 1 and "\u2e80" <= key[0] <= "\u9fff"},
        frozenset(map(squash, data["generic"])),
        data["abbreviations"],
        {Kind(kind): frozenset(map(fold, words)) for kind, words in data["weak"].items()},
        frozenset(map(squash, data["telling"])),
        {squash(word): part for part, words in data["dates"].items() for word in words},
        {squash(word): part for part, words in data["states"].items() for word in words},
        {squash(word): part for part, words in data["entries"].items() for word in words},
        frozenset(map(squash, data["codes"])),
        frozenset(map(squash, data["places"])),
        frozenset(map(squash, [*data["particular"], *data["codes"], *data["places"], *data["generic"]])),
        noise,
        frozenset(map(fold, data["others"])),
        frozenset(map(squash, data["whole"])),
    )


def _pairs(data: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[tuple[str, _Meant]]:
    for meaning, synonyms in [*data["fields"].items(), *data["parts"].items()]:
        field, _, part = meaning.partition(":")
        for name in synonyms:
            # German umlauts are also written without them.
            for written in dict.fromkeys((name, name.translate(_UMLAUTS))):
                yield written, (field, part or None)


def _sorted(words: Sequence[str]) -> str:
    return " ".join(sorted(words))
