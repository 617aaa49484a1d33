"""Values whose captions could not be read, by where they must stand.

A passport's visual zone keeps one order (ICAO Doc 9303-4, 4.1.1): names, nationality, date of birth, sex and place of
birth, then dates of issue and expiry with the authority. Where the machine-readable zone has confirmed the neighbours,
the one value left between them is known by its place. Only a single candidate counts; of two, neither is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from extractor.schemas.dates import find_dates
from extractor.visual.captions.pair import join_lines
from extractor.visual.segments import Segment
from extractor.visual.values import Context, Value, clean_name, is_overprint, is_rest_of_caption

#: Values are printed in one size; captions are smaller, titles and signatures larger.
_SMALLEST, _LARGEST = 0.72, 1.6
#: Days by which an expiry may miss the anniversary of the issue.
_ANNIVERSARY_SLACK = 3
#: No document with a date of expiry is issued for longer, in years.
_LONGEST = 30


@dataclass(frozen=True)
class Placed:
    """A value inferred from its place: the segments it is made of and in what words its place is told."""

    field: str
    value: Value
    segments: tuple[Segment, ...]
    basis: str


def infer_issue_date(
    segments: Sequence[Segment], birth: str | None, expiry: str | None, context: Context
) -> Placed | None:
    """The one date whole years before the expiry; or the one date between birth and an expiry within a year, as of a
    visa. Any other date may be of something else."""
    if not expiry or len(expiry) < 10:
        return None
    today = (context.today or date.today()).isoformat()
    earliest = max(birth or "", f"{int(expiry[:4]) - _LONGEST:04}{expiry[4:]}")
    candidates: dict[str, tuple[Segment, str]] = {}
    for segment in segments:
        if segment.text.count("<") > 1:
            continue
        for printed in find_dates(segment.text, order=context.order, meaning="issue", today=context.today):
            if earliest < printed.iso < min(expiry, today):
                candidates.setdefault(printed.iso, (segment, segment.text[printed.start : printed.end]))
    lasting = [iso for iso in candidates if _whole_years(iso, expiry)]
    alone = next(iter(candidates)) if birth and len(candidates) == 1 else None
    if alone and not lasting and date.fromisoformat(expiry) - date.fromisoformat(alone) > timedelta(days=366):
        return None
    chosen = lasting[0] if len(lasting) == 1 else alone
    if chosen is None:
        return None
    segment, text = candidates[chosen]
    basis = "whole years before the expiry" if lasting else "the one date between birth and expiry"
    return Placed("issue_date", Value(chosen, text, 1.0), (segment,), basis)


def _whole_years(issue: str, expiry: str) -> bool:
    """Whether a document issued then would expire on an anniversary, give or take a few days."""
    start, end = date.fromisoformat(issue), date.fromisoformat(expiry)
    years = round((end - start).days / 365.25)
    return 1 <= years <= 15 and abs((end - start).days - years * 365.25) <= _ANNIVERSARY_SLACK + 1


def infer_passport_texts(
    segments: Sequence[Segment], anchored: Mapping[str, Segment], used: set[int], bottom: float | None
) -> list[Placed]:
    """Place of birth and authority of a passport, from the places of the fields that are `anchored`.

    `used` holds ids of segments that are values already; `bottom` is the top of the MRZ in page pixels.
    """
    birth, issue, expiry = (anchored.get(name) for name in ("birth_date", "issue_date", "expiry_date"))
    sex = anchored.get("sex")
    person = [anchored[name] for name in ("given_names", "surname", "birth_date") if name in anchored]
    if not person or (issue is None and expiry is None):
        return []
    unit = float(np.median([segment.height for segment in anchored.values()]))
    left = min(segment.left for segment in anchored.values())
    free = [s for s in segments if id(s) not in used and _is_value(s, unit) and s.left > left - 2 * unit]
    first_validity = min((s for s in (issue, expiry) if s), key=lambda s: s.middle)
    start = birth.middle - 0.6 * unit if birth else 0.0
    placed = []
    if "place_of_birth" not in anchored and birth is not None:
        upper = [s for s in free if start < s.middle < first_validity.middle - 0.6 * unit]
        in_row = [s for s in upper if sex is not None and abs(s.middle - sex.middle) < 0.6 * unit]
        if chosen := _single(in_row, unit) or _single(upper, unit):
            placed.append(_placed("place_of_birth", chosen, "between birth and issue"))
    if "authority" not in anchored:
        lower = [
            s
            for s in free
            if s.middle > first_validity.middle - 0.6 * unit and (bottom is None or s.bottom < bottom + 0.3 * unit)
        ]
        if chosen := _single(lower, unit):
            placed.append(_placed("authority", chosen, "beside the dates of issue and expiry"))
    return placed


def _is_value(segment: Segment, unit: float) -> bool:
    text = segment.text
    letters = sum(c.isalpha() for c in text)
    if letters < 3 or letters < 0.5 * len(text.replace(" ", "")) or text.count("<") > 1:
        return False
    if segment.score < 0.8 or not _SMALLEST * unit < segment.height < _LARGEST * unit or find_dates(text):
        return False
    return not is_overprint(text) and not is_rest_of_caption(text)


def _single(candidates: Sequence[Segment], unit: float) -> tuple[Segment, ...] | None:
    """The candidates if they are one value: a single segment, or lines under one another."""
    ordered = sorted(candidates, key=lambda segment: segment.middle)
    for upper, lower in pairwise(ordered):
        if abs(upper.left - lower.left) > 1.5 * unit or not 0.5 * unit < lower.middle - upper.middle < 2.2 * unit:
            return None
    return tuple(ordered) if 1 <= len(ordered) <= 3 else None


def _placed(name: str, chosen: tuple[Segment, ...], where: str) -> Placed:
    text = clean_name(join_lines([segment.text for segment in chosen]))
    return Placed(name, Value(text, text, 1.0), chosen, f"by its place {where} (Doc 9303-4)")
