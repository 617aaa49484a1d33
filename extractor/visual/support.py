"""Does a value stand on the document? What a language model claims is looked for in what was read from the pages.

Values are compared by their kind: a date by what it means, a state and a sex by their printed forms, a name also in
the MRZ's transliteration, anything else by its letters and digits. Captions do not count: a model that answers with
the word beside a value has read no value. OCR errs, so a text of five letters or more counts from a likeness of
`LIKENESS` on (rapidfuzz's partial ratio: one wrong character in seven passes, two do not); shorter ones, and short
words of Han characters, must be there exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from extractor.evidence import DocumentEvidence, PageEvidence
from extractor.mrz import Mrz, agreement
from extractor.schemas.dates import DateMeaning, Order, find_dates, parse_date
from extractor.schemas.states import same_state
from extractor.schemas.text import fold, scripts, squash
from extractor.schemas.vocabulary import Kind
from extractor.visual.segments import Segment
from extractor.visual.values import Context, value_of

#: How alike a value and the page's text must be, 0..100, where they may differ at all.
LIKENESS = 85.0
#: Letters and digits from which on a value may differ a little.
_LONG = 5
#: Share of an address's or a text's words that must be on the page when its lines are not together.
_MOST_WORDS = 0.8
#: Fields that the MRZ has under other names.
_IN_MRZ = {"document_type": "document_code", "passport_number": "document_number"}
_IDEOGRAPHIC = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL"}


@dataclass(frozen=True)
class Support:
    """Whether a value stands on the document, in words that hold no value, and where: corners (n, 2) on a page."""

    found: bool
    basis: str
    page: PageEvidence | None = None
    corners: np.ndarray | None = None


def find_support(name: str, kind: Kind, value: Any, evidence: DocumentEvidence) -> Support:
    """Looks for the value of field `name` in the MRZ and on the pages."""
    if value is None or value is False:  # which is what a document says by saying nothing
        return Support(True, "nothing to be found")
    if isinstance(value, dict):
        value = list(_leaves(value))
    if isinstance(value, list) and kind is not Kind.MRZ:
        return _all_of(name, kind, value, evidence)
    if evidence.zone and _in_zone(name, kind, value, evidence.zone.mrz):
        return Support(True, "stands in the MRZ")
    for page in evidence.pages:
        segments = _on_page(name, kind, value, page, evidence.context)
        if segments is not None:
            corners = np.concatenate([segment.box for segment in segments]) if segments else None
            return Support(True, "stands on the page", page, corners)
    needle = squash(str(value))
    if needle and any(needle == squash(c.segment.text) for page in evidence.pages for c in page.captions):
        return Support(False, "stands on the page only as a caption")
    return Support(False, "found nowhere on the page")


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    elif value is not None and value is not False:
        yield value


def _all_of(name: str, kind: Kind, values: Sequence[Any], evidence: DocumentEvidence) -> Support:
    inner = Kind.TEXT if kind is Kind.LIST else kind
    found = [find_support(name, inner, value, evidence) for value in _leaves(list(values))]
    missing = next((support for support in found if not support.found), None)
    return missing or (found[0] if found else Support(True, "nothing to be found"))


def _in_zone(name: str, kind: Kind, value: Any, mrz: Mrz) -> bool:
    if kind is Kind.MRZ:
        return "".join(value if isinstance(value, list) else [str(value)]) == "".join(mrz.lines)
    if kind is Kind.DATE:
        return any(date is not None and date.startswith(str(value)) for date in (mrz.birth_date, mrz.expiry_date))
    if kind is Kind.STATE:
        return any(same_state(state, str(value)) for state in (mrz.issuing_state, mrz.nationality) if state)
    if kind is Kind.SEX:
        return bool(mrz.sex == value)
    if kind is Kind.NAME:
        names = [part for part in (mrz.surname, mrz.given_names) if part]
        whole = [*names, " ".join(names), " ".join(reversed(names))]
        return any(agreement(part, str(value)) == 1.0 for part in whole if part)
    own = getattr(mrz, _IN_MRZ.get(name, name), None)
    if isinstance(own, str) and squash(own) == squash(str(value)):
        return True
    needle = squash(str(value))
    return kind is Kind.NUMBER and len(needle) >= _LONG and needle in squash("".join(mrz.lines))


def _on_page(name: str, kind: Kind, value: Any, page: PageEvidence, context: Context) -> list[Segment] | None:
    """The segments of a page that the value stands in; None if it is not there."""
    if kind is Kind.STATE:
        headings = [heading.segment for heading in (page.heading, page.only_issuer) if heading]
        everywhere = [*headings, *page.segments, *(caption.segment for caption in page.captions)]
        return _first(segment for segment in everywhere if same_state(segment.text, str(value)))
    if kind is Kind.DATE:
        return _first(segment for segment in page.segments if _says_date(segment.text, str(value), name, context))
    if kind in (Kind.SEX, Kind.FLAG):
        read = ((segment, value_of(name, kind, segment.text, context)) for segment in page.segments)
        return _first(segment for segment, found in read if found and found.value == value)
    text = "".join(value) if isinstance(value, list) else str(value)
    return _spelled(text, page.segments, by_words=kind in (Kind.ADDRESS, Kind.TEXT))


def _first(segments: Iterable[Segment]) -> list[Segment] | None:
    segment = next(iter(segments), None)
    return [segment] if segment else None


def _says_date(text: str, value: str, name: str, context: Context) -> bool:
    """Whether a text holds a date, read in either order where it is ambiguous, that `value` is or begins."""
    meaning: DateMeaning | None = "birth" if name == "birth_date" else "expiry" if name == "expiry_date" else None
    orders: tuple[Order, ...] = ("dmy", "mdy")
    dates = [
        printed.iso
        for order in orders
        for printed in find_dates(text, order=order, meaning=meaning, today=context.today, issuer=context.issuer)
    ]
    partial = None if dates else parse_date(text, meaning=meaning, today=context.today, issuer=context.issuer)
    if partial:
        dates = [partial.iso]
    return any(date.startswith(value) for date in dates)


def _spelled(value: str, segments: Sequence[Segment], *, by_words: bool) -> list[Segment] | None:
    """The segments that spell a text, alone or one after the other."""
    from rapidfuzz import fuzz

    needle = squash(value)
    if not needle:  # no letter or digit, such as a blood group's
        return _first(segment for segment in segments if value.strip() and value.strip() in segment.text)
    texts = [squash(segment.text) for segment in segments]
    pairs = list(zip(segments, texts, strict=True))
    if len(needle) < _LONG:
        return _first(segment for segment, text in pairs if _holds_exactly(segment.text, text, needle))
    for segment, text in pairs:
        if len(text) >= len(needle) and fuzz.partial_ratio(needle, text) >= LIKENESS:
            return [segment]
    parts = [segment for segment, text in pairs if len(text) > 1 and text in needle]
    page = "".join(texts)
    if len(page) >= len(needle) and fuzz.partial_ratio(needle, page) >= LIKENESS:
        return parts
    return _by_words(value, pairs, page) if by_words else None


def _holds_exactly(text: str, squashed: str, needle: str) -> bool:
    """Whether a short value is a text or one of its words; Han, kana and hangul are written without spaces."""
    inside = bool(scripts(needle) & _IDEOGRAPHIC) and needle in squashed
    return inside or needle == squashed or needle in fold(text).split()


def _by_words(value: str, pairs: Sequence[tuple[Segment, str]], page: str) -> list[Segment] | None:
    """The segments that hold most words of a text, whatever order its lines were read in."""
    words = [word for word in fold(value).split() if len(word) > 1 or not word.isascii()]
    there = [word for word in words if word in page]
    if len(words) < 2 or len(there) < _MOST_WORDS * len(words):
        return None
    return [segment for segment, text in pairs if any(word in text for word in there if len(word) > 2)]
