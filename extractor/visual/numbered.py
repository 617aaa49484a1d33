"""European licences (Directive 2006/126/EC, annex I) whose small field numbers OCR lost or glued to the values.

The fields stand in the order of their numbers. Between two numbers that were read, a line can only be a field whose
number lies between, and what it holds (a date, a number, letters, vehicle classes) tells which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from extractor.schemas.captions import LICENCE_NUMBERS
from extractor.schemas.dates import find_dates
from extractor.schemas.vocabulary import FieldSpec, Kind
from extractor.visual.captions.find import Caption
from extractor.visual.layout import Placed
from extractor.visual.segments import Segment, part_of
from extractor.visual.values import Context, value_of

_ORDER = tuple(LICENCE_NUMBERS)
#: Fields that a state may leave out (annex I, 3): where a line could be one of these or another, it is the other.
_OPTIONAL = frozenset(LICENCE_NUMBERS["4d"] + LICENCE_NUMBERS["8"])
#: What OCR leaves of a field's number before its value: `4 19.07.2016`, `310.10.1960`, `830, RUE`.
_LEFTOVER = re.compile(r"^\d[a-d]?[.,]?\s*(?=\S)")
_CLASSES = re.compile(r"^(?:(?:AM|A[12]?|B[1E]?|C[1E]{0,2}|D[1E]{0,2}|BE|T|L|M)[\s/,.-]*)+$")


def infer_numbered(
    segments: Sequence[Segment],
    captions: Sequence[Caption],
    found: Mapping[str, int],
    specs: Mapping[str, FieldSpec],
    context: Context,
) -> Iterator[Placed]:
    """Fields of a numbered licence that no caption led to. Needs two numbers that were read.

    `found` gives the line of each field that is known already."""
    anchors = sorted(
        ((caption.segment.middle, _number_of(caption)) for caption in captions if caption.numbered),
        key=lambda anchor: anchor[0],
    )
    places = [_ORDER.index(number) for _, number in anchors]
    # North American cards bear the same numbers in another order (AAMVA DL/ID Card Design Standard, annex A).
    if len(anchors) < 2 or places != sorted(places) or context.issuer in ("USA", "CAN"):
        return
    unit = max(captions, key=lambda caption: caption.numbered).segment.height
    left = min(caption.segment.left for caption in captions if caption.numbered)
    taken = set(found.values())
    done: set[str] = set()
    for segment in sorted(segments, key=lambda segment: segment.middle):
        if segment.line in taken or not left - 2 * unit < segment.left < left + 5 * unit or segment.score < 0.75:
            continue
        above = [number for middle, number in anchors if middle < segment.middle - 0.5 * unit]
        below = [number for middle, number in anchors if middle > segment.middle + 0.5 * unit]
        first = max((_ORDER.index(number) for number in above), default=-1) + 1
        last = min((_ORDER.index(number) for number in below), default=len(_ORDER))
        open_names = [
            name
            for number in _ORDER[first:last]
            for name in LICENCE_NUMBERS[number]
            if name in specs and name not in found and name not in done
        ]
        if not above and not find_dates(segment.text):
            continue  # a heading
        open_names.sort(key=_OPTIONAL.__contains__)
        if placed := _placed(segment, open_names, specs, context):
            done.add(placed.field)
            yield placed


def _number_of(caption: Caption) -> str:
    names = set(caption.fields)
    return next(number for number in _ORDER if names <= set(LICENCE_NUMBERS[number]))


def _placed(segment: Segment, names: Sequence[str], specs: Mapping[str, FieldSpec], context: Context) -> Placed | None:
    """The first of `names` that the line's content can be."""
    rest = _without_number(segment)
    for name in names:
        kind = specs[name].kind
        if not _could_be(kind, rest.text):
            continue
        value = value_of(name, kind, rest.text, context)
        if value and value.fit >= 0.6:
            return Placed(name, value, (rest,), "by its place among the numbered fields (Directive 2006/126/EC)")
    return None


def _without_number(segment: Segment) -> Segment:
    match = _LEFTOVER.match(segment.text)
    if match is None:
        return segment
    rest = segment.text[match.end() :]
    whole_date = [d for d in find_dates(rest) if d.start == 0 and d.end == len(rest)]
    is_number = "." in match[0] and sum(c.isdigit() for c in rest) >= 5
    reads_better = bool(whole_date) or is_number or sum(c.isalpha() for c in rest) > 2
    return part_of(segment, match.end(), len(segment.text)) if reads_better else segment


def _could_be(kind: Kind, text: str) -> bool:
    dates, classes = bool(find_dates(text)), bool(_CLASSES.match(text.strip()))
    digits, letters = sum(c.isdigit() for c in text), sum(c.isalpha() for c in text)
    if kind is Kind.DATE:
        return dates
    if dates:
        return False
    if kind is Kind.LIST:
        return classes
    if kind is Kind.NUMBER:
        return digits >= 5 and digits >= letters and not classes
    if kind is Kind.ADDRESS:
        return digits > 0 and letters > 3 and not classes
    return letters >= 2 and digits == 0 and not classes
