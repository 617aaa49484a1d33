"""What the visual zone says of each field: the layout reader's candidates, weighed against what the MRZ says.

The network says which words are which field's value. What remains is code's: of several candidates, one that the MRZ
says too is taken, and its letters are mended by the zone's (`merge`); a candidate whose score is too low is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from extractor.mrz import Mrz, agreement
from extractor.schemas.text import squash
from extractor.schemas.vocabulary import VOCABULARY, FieldSpec, Kind
from extractor.text.ocr import Line
from extractor.visual.candidates import Candidate, find_candidates
from extractor.visual.chains import has_caption
from extractor.visual.features import zone_facts
from extractor.visual.merge import differences, merge
from extractor.visual.reader import Layout
from extractor.visual.segments import Segment, segment_of
from extractor.visual.values import Context, Value
from extractor.visual.zone_names import as_in_zone, spaced

#: A candidate with a lower score is no value: the field is null rather than guessed. Dates are few on a page, and what
#: nearly every document prints is likely to be there; what many documents lack must be surer, above all where no
#: caption names it: of such values below this score, more were wrong than right on issuers that were left out.
_LEAST_SCORE, _LEAST_DATE, _LEAST_OPTIONAL, _LEAST_UNNAMED = 0.4, 0.15, 0.75, 0.9
#: Fields that at least four in five documents of the catalogue print, where their kind has them at all.
_NEARLY_ALWAYS = frozenset(
    ("surname", "given_names", "name", "document_number", "sex", "nationality", "issuing_country")
)
#: A printed name this like the MRZ's is the same name with a letter misread by one of the two.
_NEARLY = 0.75
#: A letter that was read with this probability is what is printed.
_CLEARLY = 0.95


@dataclass(frozen=True)
class ReadPage:
    """A page's lines, and what the network says of their words."""

    lines: Sequence[Line]
    layout: Layout


@dataclass(frozen=True)
class Found:
    """A value on a page: what it is, where it stands, how it was found, and the score of its assignment (0..1)."""

    field: str
    value: Value
    segments: tuple[Segment, ...]
    basis: str
    score: float


def read_fields(page: ReadPage, specs: Mapping[str, FieldSpec], context: Context, mrz: Mrz | None) -> list[Found]:
    """The visual zone's value of each field, at most one a field."""
    layout, lines = page.layout, page.lines
    zone = zone_facts(mrz) if mrz else {}
    found: dict[str, Found] = {}
    by_field: dict[str, list[Candidate]] = {}
    for one in find_candidates(layout, lines, specs, context):
        by_field.setdefault(one.field, []).append(one)
    for name, candidates in by_field.items():
        truncated = bool(mrz and mrz.names_truncated)
        own = candidates
        if specs[name].kind is Kind.NUMBER and not zone.get(name):
            own = [one for one in own if not _is_repeated(layout, one, by_field, specs)]
        if specs[name].kind is Kind.NAME and zone.get(name) and not truncated:
            own = [as_in_zone(layout, lines, one, zone[name]) for one in candidates]
        chosen, value = _confirmed(page, specs[name].kind, own, zone.get(name), truncated=truncated)
        if chosen:
            basis = "read in its place on the page, as the MRZ says"
            found[name] = Found(name, value or chosen.value, _segments(layout, lines, chosen), basis, chosen.score)
        elif own and own[0].score >= _least(own[0], specs[name].kind, named=has_caption(layout, own[0].words)):
            basis = "read in its place on the page"
            found[name] = Found(name, own[0].value, _segments(layout, lines, own[0]), basis, own[0].score)
    return list(found.values())


def _is_repeated(
    layout: Layout, one: Candidate, by_field: Mapping[str, Sequence[Candidate]], specs: Mapping[str, FieldSpec]
) -> bool:
    """Whether a number without a caption of its own is surer as another field's: documents print their number again,
    small along an edge or beside a ghost portrait."""
    value = squash(str(one.value.value))
    return not has_caption(layout, one.words) and any(
        squash(str(other.value.value)) == value and other.score > one.score
        for name, others in by_field.items()
        if name != one.field and specs[name].kind is Kind.NUMBER
        for other in others
    )


def _least(one: Candidate, kind: Kind, *, named: bool) -> float:
    """The score that a field's candidate must have; `named` says whether a caption is beside it."""
    if kind is Kind.DATE:
        return _LEAST_DATE
    # The caption of what is not in the vocabulary is on the page, else it has no candidate.
    if one.own or one.field in _NEARLY_ALWAYS or one.field not in VOCABULARY:
        return _LEAST_SCORE
    return _LEAST_OPTIONAL if named else _LEAST_UNNAMED


def _confirmed(
    page: ReadPage, kind: Kind, own: Sequence[Candidate], expected: str | None, *, truncated: bool
) -> tuple[Candidate | None, Value | None]:
    """The candidate that the MRZ says too, and its value with the letters that the zone knows better; without those
    where the page clearly prints others."""
    if not expected:
        return None, None
    if kind is not Kind.NAME:
        same = [one for one in own if squash(str(one.value.value)) == squash(expected)]
        return (same[0], None) if same else (None, None)
    scored = [(agreement(expected, str(one.value.value), truncated=truncated), one.score, one) for one in own]
    likeness, _, best = max(scored, key=lambda row: row[:2])
    if likeness < _NEARLY:
        return None, None
    if not truncated and _is_clearly_another(page, best, expected):
        return best, None
    merged = merge(expected, str(best.value.value), truncated=truncated)
    if not truncated:
        merged = spaced(expected, merged)
    return best, replace(best.value, value=merged)


def _is_clearly_another(page: ReadPage, one: Candidate, expected: str) -> bool:
    """Whether a printed name differs from the MRZ's in a letter that was read without doubt."""
    printed, sure = str(one.value.value), _probabilities(page, one.words)
    letters = [place for place, character in enumerate(printed) if character.isalnum()]
    if len(letters) != len(sure):
        return False  # letters were taken away or mended
    by_place = dict(zip(letters, sure, strict=True))
    return any(by_place.get(place, 0.0) >= _CLEARLY for place in differences(expected, printed))


def _probabilities(page: ReadPage, words: Sequence[int]) -> list[float]:
    """The recogniser's probability of each letter and digit of some words; nothing where it gave none."""
    found: list[float] = []
    for word in (page.layout.words[index] for index in words):
        line = page.lines[word.line]
        if len(line.probabilities) == len(line.text):
            places = range(word.start, word.end)
            found += [float(line.probabilities[place]) for place in places if line.text[place].isalnum()]
    return found


def _segments(layout: Layout, lines: Sequence[Line], one: Candidate) -> tuple[Segment, ...]:
    """Where a candidate stands: a segment for every run of words in a line."""
    runs: list[list[int]] = []
    for index in one.words:
        word = layout.words[index]
        if runs and runs[-1][0] == word.line and word.start >= runs[-1][1]:
            runs[-1][2] = word.end
        else:
            runs.append([word.line, word.start, word.end])
    return tuple(segment_of(lines[line], line, start, end) for line, start, end in runs)
