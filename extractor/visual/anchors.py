"""Finds on the page what the machine-readable zone says.

A value of the MRZ that also stands in the visual zone is confirmed by it, in the printed form: with its diacritics,
its hyphens, its small letters. And what is explained by the MRZ cannot be the value of another field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from extractor.mrz import Mrz, agreement
from extractor.schemas.dates import Meaning, find_dates
from extractor.schemas.text import scripts, squash
from extractor.schemas.vocabulary import FieldSpec, Kind
from extractor.visual.merge import merge
from extractor.visual.segments import Segment
from extractor.visual.segments import part_of as part_between
from extractor.visual.values import Context, Value, clean_name, value_of

_DATES: Mapping[str, Meaning] = {"birth_date": "birth", "expiry_date": "expiry", "issue_date": "issue"}
#: A printed name this like the MRZ's is the same name with a letter misread by one of the two.
_NEARLY = 0.75
#: Agreement of values that say where a field stands but that other fields could have as well.
WEAK = 0.6


@dataclass(frozen=True)
class Anchor:
    """A field's value found on the page because the MRZ has it. `agreement` 1.0 is letter for letter."""

    field: str
    segment: Segment
    value: Value
    agreement: float


def find_anchors(
    mrz: Mrz, segments: Sequence[Segment], specs: Mapping[str, FieldSpec], context: Context
) -> list[Anchor]:
    """Where the values of `mrz` stand among `segments`, best agreement first."""
    found: list[Anchor] = []
    for segment in segments:
        if segment.text.count("<") > 1:
            continue
        found += _names(mrz, segment)
        for name in _DATES:
            found += _date(name, getattr(mrz, name), segment, context)
        for name in ("document_number", "personal_number"):
            if name in specs:
                found += _number(name, getattr(mrz, name), segment)
        found += _weak(mrz, segment, context)
    return sorted(found, key=lambda anchor: -anchor.agreement)


def _date(name: str, expected: str | None, segment: Segment, context: Context) -> Iterator[Anchor]:
    """The same day, the century as printed; or, a little less sure, a date with one digit misread."""
    if not expected or len(expected) < 10:
        return
    best: Anchor | None = None
    for order in ("dmy", "mdy"):
        for printed in find_dates(segment.text, order=order, meaning=_DATES[name], today=context.today):
            text = segment.text[printed.start : printed.end]
            if printed.iso[2:] == expected[2:]:
                # Four printed digits know the century better than the MRZ's two.
                four = printed.iso[:4] in text or printed.iso[:4] == expected[:4]
                yield Anchor(name, segment, Value(printed.iso if four else expected, text, 1.0), 1.0)
                return
            if printed.iso[:4] == expected[:4] and segment.weakest < 0.95 and _one_digit(printed.iso, expected):
                best = Anchor(name, segment, Value(printed.iso, text, 1.0), 0.85)
    if best:
        yield best


def _one_digit(a: str, b: str) -> bool:
    return len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) == 1


def _number(name: str, expected: str | None, segment: Segment) -> Iterator[Anchor]:
    if not expected or len(expected) < 5:
        return
    wanted = squash(expected)
    words = segment.text.split()
    # The number is the whole segment, or some of its words (`No. 98765432`, `SERIA HD NR 198025`).
    for first in range(len(words)):
        for last in range(first, min(first + 5, len(words))):
            text = " ".join(words[first : last + 1]).strip(".:,;#№")
            plain = squash(text)
            if _alike(plain) == _alike(wanted):
                corrected = text if plain == wanted else merge(expected, text)
                yield Anchor(name, segment, Value(corrected, text, 1.0), 1.0 if plain == wanted else 0.95)
                return


def _alike(text: str) -> str:
    """Letters and digits that look alike made one, so that `0O` and `1I` compare equal."""
    return text.translate(str.maketrans("oqilzsbg", "00112586"))


def _weak(mrz: Mrz, segment: Segment, context: Context) -> Iterator[Anchor]:
    """Nationality and sex: where they stand helps, though the same word can mean something else."""
    if mrz.nationality and len(segment.text) >= 3:
        value = value_of("nationality", Kind.STATE, segment.text, context)
        if value and value.value == mrz.nationality:
            yield Anchor("nationality", segment, value, WEAK)
    if mrz.sex and len(segment.text) <= 9:
        value = value_of("sex", Kind.SEX, segment.text, context)
        if value and value.value == mrz.sex and value.fit == 1.0:
            yield Anchor("sex", segment, value, WEAK)


def _names(mrz: Mrz, segment: Segment) -> Iterator[Anchor]:
    """A segment that is the surname, the given names, or both in either order."""
    text = clean_name(segment.text)
    letters = sum(c.isalpha() for c in text)
    if letters < 2 or sum(c.isdigit() for c in text) > 1:
        return
    cut = mrz.names_truncated
    for name, expected, may_be_cut in (
        ("surname", mrz.surname, cut and not mrz.given_names),
        ("given_names", mrz.given_names, cut),
    ):
        if expected:
            part, score = _best_part(expected, text, truncated=may_be_cut)
            if score >= _NEARLY:
                merged = merge(expected, part, truncated=may_be_cut)
                yield Anchor(name, segment, Value(merged, part, 1.0), score)
    if mrz.surname and mrz.given_names:
        yield from _both_names(mrz, segment, text)


def _best_part(expected: str, text: str, *, truncated: bool) -> tuple[str, float]:
    """The words of `text` that agree best: a number or a scrap of caption may stand before or after the name."""
    if "/" in text:
        # The name in two scripts: ICAO has the Latin form follow the native one (Doc 9303-4, 4.1.1.1).
        parts = [part.strip() for part in text.split("/")]
        scored = [(agreement(expected, part, truncated=truncated), scripts(part) == {"LATIN"}, part) for part in parts]
        score, _, part = max(scored)
        if score >= _NEARLY:
            return part, score
    best, best_score = text, agreement(expected, text, truncated=truncated)
    words = text.split()
    for first, last in ((1, len(words)), (2, len(words)), (0, len(words) - 1), (1, len(words) - 1)):
        part = " ".join(words[first:last])
        if part and best_score < 1.0 and (score := agreement(expected, part, truncated=truncated)) > best_score:
            best, best_score = part, score
    return best, best_score


def _both_names(mrz: Mrz, segment: Segment, text: str) -> Iterator[Anchor]:
    words = text.replace(",", " , ").split()
    best: tuple[float, str, str] | None = None
    for cut in range(1, len(words)):
        before, after = (" ".join(part).replace(" ,", ",").strip(" ,") for part in (words[:cut], words[cut:]))
        for surname, given in ((before, after), (after, before)):
            if not surname or not given:
                continue
            score = min(
                agreement(mrz.surname or "", surname),
                agreement(mrz.given_names or "", given, truncated=mrz.names_truncated),
            )
            if score >= _NEARLY and (best is None or score > best[0]):
                best = score, surname, given
    if best:
        score, surname, given = best
        yield Anchor("surname", segment, Value(merge(mrz.surname or "", surname), surname, 1.0), score)
        merged = merge(mrz.given_names or "", given, truncated=mrz.names_truncated)
        yield Anchor("given_names", segment, Value(merged, given, 1.0), score)
        yield Anchor("name", segment, Value(text, text, 1.0), score)


def part_of(segment: Segment, text: str) -> Segment:
    """The part of `segment` that holds `text`, by the share of its characters."""
    start = segment.text.find(text)
    return segment if start < 0 else part_between(segment, start, start + len(text))
