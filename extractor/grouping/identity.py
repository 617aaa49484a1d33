"""What a part of a page says of its holder and its document, and whether two parts can be one document.

Numbers, names and dates of the MRZ and of the visual zone are compared, each with what it is worth. A misread
character must neither part a card's front from its back nor join two people: what is nearly equal says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import cache

from extractor.mrz import Mrz
from extractor.schemas import SCHEMAS, field_specs
from extractor.schemas.text import fold, squash
from extractor.schemas.vocabulary import FieldSpec
from extractor.text.ocr import Line
from extractor.visual.candidates import find_candidates
from extractor.visual.classify import classify, kind_of
from extractor.visual.features import zone_facts
from extractor.visual.reader import read_layout
from extractor.visual.values import Context

_NUMBERS = ("document_number", "personal_number", "passport_number")
_NAMES = ("surname", "given_names", "name")
_DATES = ("birth_date", "expiry_date", "issue_date")
#: A value of the visual zone counts from this score on.
_LEAST_SCORE = 0.4
#: Numbers with fewer characters, or fewer digits, are on too many documents.
_LONG, _DIGITS = 6, 4
#: Similarity (rapidfuzz ratio, 0..100) from which two numbers may be one misread, and up to which names differ.
_NEARLY, _OTHER_NAME, _SAME_NAME = 75.0, 60.0, 85.0
#: What agreement and contradiction are worth, and from where on they decide.
_AGREES = {"number": 3.0, "name": 2.0, "birth_date": 1.5, "expiry_date": 1.0, "issue_date": 0.5}
_DIFFERS = {"number": 1.5, "name": 2.0, "birth_date": 2.0, "expiry_date": 1.0, "issue_date": 0.5}
_DECIDES = 2.0
#: What it is worth that a date stands on both, as another one on each: of a part without captions the layout reader
#: takes the only date for any.
_SHARED_DATE = 0.5


class Relation(Enum):
    """Whether two parts are of one document."""

    SAME = "same"
    DIFFERENT = "different"
    #: More agrees than differs, but it is little.
    LIKELY = "likely"
    UNLIKELY = "unlikely"
    #: There is nothing that both say.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Identity:
    """`values` are a part's values by field: all readings, of the MRZ and the visual zone; `scores` the best of each
    field, 0..1, 1 where there is none. `kind` is its kind of document or None, `sure` how sure that is, 0..1."""

    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    zone: Mrz | None = None
    kind: str | None = None
    sure: float = 0.0
    scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_anonymous(self) -> bool:
        """Whether nothing here says whose document it is."""
        return not any(self.values.get(name) for name in (*_NUMBERS, *_NAMES, "birth_date"))

    @property
    def weight(self) -> int:
        """How much there is to compare."""
        return sum(bool(found) for found in self.values.values()) + 3 * (self.zone is not None)


@cache
def _specs() -> Mapping[str, FieldSpec]:
    every = {**field_specs(SCHEMAS["visa"]), **field_specs(SCHEMAS["id_card"])}
    return {name: every[name] for name in (*_NUMBERS, *_NAMES, *_DATES)}


def identity_of(lines: Sequence[Line], zone: Mrz | None, *, today: date | None = None) -> Identity:
    """What lines that may be a document's say of it; `zone` is the MRZ among them."""
    layout = read_layout(lines, zone_facts(zone) if zone else None)
    found: dict[str, set[str]] = {}
    scores: dict[str, float] = {}
    context = Context(issuer=zone.issuing_state if zone else None, today=today)
    for one in find_candidates(layout, lines, _specs(), context):
        if one.score >= _LEAST_SCORE:
            found.setdefault(one.field, set()).add(str(one.value.value))
            scores[one.field] = max(scores.get(one.field, 0.0), one.score)
    for name in (*_NUMBERS, *_NAMES, *_DATES):
        if value := getattr(zone, name, None):
            found.setdefault(name, set()).add(str(value))
            scores[name] = 1.0
    kinds = classify(lines, zone, [layout])
    kind = kind_of(kinds)
    values = {name: frozenset(texts) for name, texts in found.items()}
    return Identity(values, zone, kind, kinds[kind] if kind else 0.0, scores)


def relation(one: Identity, other: Identity) -> Relation:
    """Whether two parts are of the same document, by what both say."""
    said = _compared(one, other)
    if _are_two(one, other, said):
        return Relation.DIFFERENT
    score = sum(_AGREES[name] for name, same in said.items() if same)
    score -= sum(_DIFFERS[name] * _surely(one, other, name) for name, same in said.items() if same is False)
    if not any(said[name] for name in _DATES) and _all_dates(one) & _all_dates(other):
        score += _SHARED_DATE
    if score >= _DECIDES:
        return Relation.SAME
    if score <= -_DECIDES:
        return Relation.DIFFERENT
    if score > 0:
        return Relation.LIKELY
    return Relation.UNKNOWN if all(same is None for same in said.values()) else Relation.UNLIKELY


def _compared(one: Identity, other: Identity) -> dict[str, bool | None]:
    """What two parts agree (True) or differ (False) in."""
    dates = {name: _dates(one.values.get(name), other.values.get(name)) for name in _DATES}
    shared = _all_dates(one) & _all_dates(other)
    for name in _DATES:
        if dates[name] is False and shared & (one.values[name] | other.values[name]):
            dates[name] = None
    return {"number": _numbers(one, other), "name": _names(one, other), **dates}


def _all_dates(part: Identity) -> frozenset[str]:
    return frozenset().union(*(part.values.get(name, frozenset()) for name in _DATES))


def _surely(one: Identity, other: Identity, name: str) -> float:
    """How sure both parts are of what they differ in, 0..1."""
    fields = {"number": _NUMBERS, "name": _NAMES}.get(name, (name,))
    return min(
        max((part.scores.get(known, 1.0) for known in fields if part.values.get(known)), default=1.0)
        for part in (one, other)
    )


def contradictions(one: Identity, other: Identity) -> list[str]:
    """In what two parts contradict each other: "number", "name", "birth date"."""
    named = ("number", "name", "birth_date")
    return [name.replace("_", " ") for name, same in _compared(one, other).items() if same is False and name in named]


def _are_two(one: Identity, other: Identity, said: Mapping[str, bool | None]) -> bool:
    """Whether two parts are two documents even of one holder: a passport and a visa, an old card and a new one."""
    if one.zone and other.zone:
        if _is_visa(one.zone) != _is_visa(other.zone):
            return True
        if said["number"] is False:
            return True
    ends = [part.values.get("expiry_date", frozenset()) for part in (one, other)]
    kinds = one.kind != other.kind and min(one.sure, other.sure) >= 0.8
    return said["number"] is False and ((all(ends) and ends[0].isdisjoint(ends[1])) or kinds)


def _is_visa(zone: Mrz) -> bool:
    return zone.format.startswith("MRV")


def _numbers(one: Identity, other: Identity) -> bool | None:
    """Whether two parts have a number in common; None where nothing can be said."""
    from rapidfuzz import fuzz

    mine, others = (
        {name: {squash(text) for text in part.values.get(name, ()) if _is_telling(text)} for name in _NUMBERS}
        for part in (one, other)
    )
    if set().union(*mine.values()) & set().union(*others.values()):
        return True
    pairs = [(a, b) for name in _NUMBERS[:2] for a in mine[name] for b in others[name]]
    return False if pairs and all(fuzz.ratio(a, b) < _NEARLY for a, b in pairs) else None


def _is_telling(text: str) -> bool:
    return len(squash(text)) >= _LONG and len(re.findall(r"\d", text)) >= _DIGITS


def _names(one: Identity, other: Identity) -> bool | None:
    """Whether two parts name the same person; None where a name is missing or the scripts differ."""
    from rapidfuzz import fuzz

    scores = [
        fuzz.token_sort_ratio(mine, others)
        for mine in _full_names(one)
        for others in _full_names(other)
        if _is_latin(mine) == _is_latin(others)
    ]
    if not scores:
        return None
    best = max(scores)
    return True if best >= _SAME_NAME else False if best < _OTHER_NAME else None


def _full_names(part: Identity) -> set[str]:
    """Surname and given names together, in every reading; of the surname alone nothing is concluded."""
    given = part.values.get("given_names", frozenset())
    whole = {f"{first} {last}" for last in part.values.get("surname", ()) for first in given}
    return {fold(text) for text in (*whole, *part.values.get("name", ()))} - {""}


def _is_latin(text: str) -> bool:
    return text.replace(" ", "").isascii()


def _dates(mine: Iterable[str] | None, others: Iterable[str] | None) -> bool | None:
    """Whether two parts have the same day; None where one has none, or one character may be misread."""
    mine, others = set(mine or ()), set(others or ())
    if not mine or not others:
        return None
    if any(a.startswith(b) or b.startswith(a) for a in mine for b in others):
        return True
    near = any(sum(x != y for x, y in zip(a, b, strict=False)) <= 1 for a in mine for b in others)
    return None if near else False
