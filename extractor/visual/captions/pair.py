"""Ties captions to values by where they stand.

A value follows its caption in the same line, stands to the right of it, below it or, on some documents, above it.
Every possible pair is scored by distance and alignment, by how well the text fits the field's kind, by how surely the
caption names the field, and by the habit of the page: pairs whose kind leaves no doubt (dates, sexes) show whether this
document writes its values below or beside. The best pairs are taken first; a caption and a value serve once.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from extractor.schemas.dates import find_dates
from extractor.schemas.vocabulary import FieldSpec, Kind
from extractor.visual.captions.find import Caption
from extractor.visual.captions.lexicon import AFTER_THE_VALUE, TITLE
from extractor.visual.segments import Segment
from extractor.visual.values import Context, Value, is_doubtful, is_overprint, value_of

Placement = Literal["inline", "before", "right", "below", "above"]

#: How good a relation is before anything is known of the page.
_PRIOR: Mapping[Placement, float] = {"inline": 1.0, "before": 0.95, "right": 0.8, "below": 0.9, "above": 0.45}
#: Kinds recognisable by their format: their pairs show whether the page prints values below, beside or above captions.
_TELLING = frozenset({Kind.DATE, Kind.SEX, Kind.STATE, Kind.NUMBER})
#: Characters beside a date that make its line something else: an address whose house number looks like one.
_MORE_THAN_A_DATE = 6
_ORDINAL_SIGNS = str.maketrans("", "", "ºª")
#: Pairs below this are no evidence.
_LEAST = 0.18
#: Kinds that run over several lines, and how many at most.
_LINES = {Kind.ADDRESS: 5, Kind.TEXT: 3, Kind.NAME: 2}


@dataclass(frozen=True)
class Pair:
    """A field's value on the page: the caption that names it, the segments it is made of, and how sure that is."""

    field: str
    caption: Caption
    segments: tuple[Segment, ...]
    value: Value
    relation: Placement
    score: float


def pair(
    captions: Sequence[Caption],
    segments: Sequence[Segment],
    specs: Mapping[str, FieldSpec],
    context: Context,
) -> list[Pair]:
    """The best pairs, at most one for each caption and each segment, best first."""
    captions = _settled_names(captions)
    options = [one for one in _options(captions, segments, specs, context) if not _crosses_the_page(one)]
    habit = _habit(options, specs)
    options.sort(key=lambda option: -option.score * habit[option.relation])
    taken: set[tuple[int, bool]] = set()
    filled: set[str] = set()
    chosen: list[Pair] = []
    for option in options:
        if option.score * habit[option.relation] < _LEAST or option.field in filled:
            continue
        # One caption can name a date and a place (`Place and date of birth`), and one line can hold both.
        dated = option.field in specs and specs[option.field].kind is Kind.DATE
        keys = {(id(option.caption), dated), *((id(segment), dated) for segment in option.segments)}
        if keys & taken or (not dated and _is_date_only(option)):
            continue
        taken |= keys
        if not _names_both(option.caption, specs):
            taken |= {(key, not dated) for key, _ in keys}
        filled.add(option.field)
        chosen.append(option)
    taken_segments = {key for key, _ in taken}
    return [_extended(one, captions, segments, taken_segments, specs, context) for one in chosen]


def _crosses_the_page(option: Pair) -> bool:
    """Whether a value is the word that marks a specimen, large or askew; a specimen's bearer may be so named."""
    segment, caption = option.segments[0], option.caption.segment
    if not is_overprint(segment.text) or option.relation == "inline":
        return False
    dx, dy = segment.box[1] - segment.box[0]
    return abs(math.degrees(math.atan2(dy, dx))) > 5 or segment.height > 2.2 * caption.height or segment.score < 0.9


def _settled_names(captions: Sequence[Caption]) -> list[Caption]:
    """`Name` is the surname where the page has a caption for given names, and the whole name where it has none."""
    given = any(caption.fields.get("given_names", 0) > 0.75 and "surname" not in caption.fields for caption in captions)
    surname = any(caption.fields.get("surname", 0) > 0.75 and "name" not in caption.fields for caption in captions)
    settled = []
    for caption in captions:
        fields = dict(caption.fields)
        if {"name", "surname"} <= fields.keys():
            fields.pop("name" if given and not surname else "surname")
        settled.append(replace(caption, fields=fields))
    return settled


def _names_both(caption: Caption, specs: Mapping[str, FieldSpec]) -> bool:
    """Whether a caption names a date and something else of equal right."""
    best = max(caption.fields.values())
    kinds = {
        specs[name].kind is Kind.DATE for name, fit in caption.fields.items() if name in specs and fit > 0.9 * best
    }
    return len(kinds) > 1


def _is_date_only(option: Pair) -> bool:
    text = option.segments[0].text
    dates = find_dates(text)
    rest = len(text) - sum(printed.end - printed.start for printed in dates)
    return bool(dates) and option.value.text == text and rest < _MORE_THAN_A_DATE


def _options(
    captions: Sequence[Caption], segments: Sequence[Segment], specs: Mapping[str, FieldSpec], context: Context
) -> list[Pair]:
    found = []
    for caption in captions:
        for segment in segments:
            relation, nearness = _relation(caption, segment, captions)
            if relation is None:
                continue
            for name, certainty in caption.fields.items():
                kind = specs[name].kind if name in specs else Kind.TEXT
                value = value_of(name, kind, segment.text, context)
                if value is None or is_doubtful(kind, segment.text):
                    continue
                # A title has no value; it only keeps what belongs to nothing else (a card's motto) from other captions.
                title = 0.6 if name == TITLE else 1.0
                unsure = caption.weak and relation != "inline" and kind not in _TELLING and not caption.numbered
                score = (
                    min(certainty, 1.0)
                    * title
                    * (0.6 if unsure else 1.0)
                    * nearness
                    * value.fit
                    * _PRIOR[relation]
                    * _looks_printed(segment)
                )
                if score > 0.5 * _LEAST:
                    found.append(Pair(name, caption, (segment,), value, relation, score))
    return found


def _looks_printed(segment: Segment) -> float:
    """Small print that could not be read is more often a caption than a value."""
    return 1.0 if segment.score > 0.85 else 0.8 if segment.score > 0.7 else 0.5


def _relation(caption: Caption, segment: Segment, captions: Sequence[Caption]) -> tuple[Placement | None, float]:
    """How `segment` stands to `caption`, and how near (0..1)."""
    if segment is caption.follower:
        return "inline", 1.0
    own = caption.segment
    unit = max(own.height, 0.8 * segment.height, 1.0)
    gap_x, level = segment.left - own.right, abs(segment.middle - own.middle)
    if _follows_its_value(caption) and level < 0.5 * unit and abs(own.left - segment.right) < 1.5 * unit:
        return "before", 1.0
    # Boxes of words that stand close may overlap by the detector's margin.
    after = segment.left > (own.left + own.right) / 2
    if level < 0.55 * max(own.height, segment.height) and -0.8 * unit < gap_x < 14 * unit and after:
        if caption.follower is not None:
            return None, 0.0
        return "right", math.exp(-max(gap_x, 0.0) / (9 * unit)) * (1 - 0.4 * level / unit)
    overlap = min(own.right, segment.right) - max(own.left, segment.left)
    align = min(
        abs(segment.left - own.left),
        abs((segment.left + segment.right) - (own.left + own.right)) / 2,
        abs(segment.right - own.right),
    )
    if overlap < -1.0 * unit:
        return None, 0.0
    beside = math.exp(-align / (6 * unit))
    below, above = segment.top - own.bottom, own.top - segment.bottom
    if -0.6 * unit < below < 2.6 * unit and segment.middle > own.middle + 0.4 * unit:
        if _caption_between(own, segment, captions):
            return None, 0.0
        return "below", math.exp(-max(below, 0.0) / (2.2 * unit)) * beside
    if -0.6 * unit < above < 1.5 * unit and segment.middle < own.middle - 0.4 * unit:
        if _caption_between(segment, own, captions):
            return None, 0.0
        return "above", math.exp(-max(above, 0.0) / (1.5 * unit)) * beside
    return None, 0.0


def _follows_its_value(caption: Caption) -> bool:
    """Japanese writes `born` and `valid until` after the date: 平成元年3月31日生, 2025年3月31日まで有効."""
    return caption.follower is None and caption.segment.text in AFTER_THE_VALUE


def _caption_between(upper: Segment, lower: Segment, captions: Sequence[Caption]) -> bool:
    """Whether a caption of something else stands between two segments, one above the other."""
    return any(
        caption.segment is not upper
        and caption.segment is not lower
        and not caption.weak
        and upper.middle < caption.segment.middle < lower.middle - 0.3 * lower.height
        and caption.segment.middle - upper.middle > 0.5 * upper.height
        and min(caption.segment.right, lower.right) - max(caption.segment.left, lower.left) > 0
        for caption in captions
    )


def _habit(options: Sequence[Pair], specs: Mapping[str, FieldSpec]) -> Mapping[Placement, float]:
    """Factors by which the page's own habit favours a relation, from its telling pairs."""
    counts: Counter[Placement] = Counter()
    best: dict[int, Pair] = {}
    for option in options:
        spec = specs.get(option.field)
        if spec and spec.kind in _TELLING and option.relation != "inline" and option.value.fit >= 0.9:
            known = best.get(id(option.caption))
            if known is None or option.score > known.score:
                best[id(option.caption)] = option
    counts.update(option.relation for option in best.values())
    total = sum(counts.values())
    factors: dict[Placement, float] = {"inline": 1.0, "before": 1.0}
    for relation in ("right", "below", "above"):
        share = (counts[relation] + 1) / (total + 3)
        factors[relation] = 0.55 + 0.9 * share if total >= 2 else 1.0
    return factors


def _extended(
    one: Pair,
    captions: Sequence[Caption],
    segments: Sequence[Segment],
    taken: set[int],
    specs: Mapping[str, FieldSpec],
    context: Context,
) -> Pair:
    """A pair with the further lines of its value: same left edge, same size, no caption, close below."""
    spec = specs.get(one.field)
    kind = spec.kind if spec else Kind.TEXT
    parts = list(one.segments)
    most = 2 if one.field == "place_of_birth" else _LINES.get(kind, 1)
    while len(parts) < most:
        last = parts[-1]
        following = [
            segment
            for segment in segments
            if id(segment) not in taken
            and _is_in_column(kind, segment, parts[0])
            and 0.3 * last.height < segment.middle - last.middle < 1.9 * last.height
            and 0.65 < segment.height / max(last.height, 1.0) < 1.5
            and segment.score > 0.6
            and not _caption_between(last, segment, captions)
            and _in_capitals(segment.text) == _in_capitals(last.text)
            and _continues(kind, segment, context)
        ]
        if not following:
            break
        parts.append(min(following, key=lambda segment: segment.middle))
        taken.add(id(parts[-1]))
    if len(parts) == 1:
        return one
    text = join_lines([part.text for part in parts])
    value = value_of(one.field, kind, text, context) or one.value
    return replace(one, segments=tuple(parts), value=value)


def _in_capitals(text: str) -> bool:
    """Whether all letters are capitals; ordinal indicators (`ESC. 43 3º D`) do not count."""
    return text.translate(_ORDINAL_SIGNS).isupper()


def _is_in_column(kind: Kind, segment: Segment, first: Segment) -> bool:
    """Whether a line begins where the first one does, or (town below street) under an address's first line."""
    if kind is Kind.ADDRESS and first.left < segment.left < first.right:
        return True
    return abs(segment.left - first.left) < 1.2 * first.height


def _continues(kind: Kind, segment: Segment, context: Context) -> bool:
    """Whether a line can be the next line of a value of this kind."""
    if value_of("birth_date", Kind.DATE, segment.text, context) and kind is not Kind.ADDRESS:
        return False
    if kind is Kind.NAME and any(c.isdigit() for c in segment.text):
        return False
    if is_doubtful(kind, segment.text):
        return False
    return value_of("", kind, segment.text, context) is not None


def join_lines(lines: Sequence[str]) -> str:
    """Lines of one value as one string: without a space between ideographs, with one elsewhere."""
    joined = lines[0]
    for line in lines[1:]:
        glue = "" if joined[-1:] >= "\u2e80" and line[:1] >= "\u2e80" else " "
        if joined[-1:] >= "\u2e80" and line[:1].isdigit():
            glue = ""
        joined += glue + line
    return joined
