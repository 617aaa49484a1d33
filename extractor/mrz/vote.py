"""Several looks at one zone -> one reading.

A second look (enlarged, straightened, another threshold) rarely fails in the same places as the first. The looks are
put together before anything is decided: per place, what each look saw of each character is added up, and check
digits choose among the sums. So a letter that two looks half saw beats one that a single look saw clearly, a line
that only one look found is in the result, and a proof rests on all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from extractor.mrz.confusion import Array
from extractor.mrz.fit import LineFit
from extractor.mrz.formats import FORMATS, MrzFormat
from extractor.mrz.reading import LineEvidence, MrzReading
from extractor.mrz.repair import conclude

# Cap, in nats, on what a single look counts against a character.
_LOUDEST = 9.0


def vote(readings: Sequence[MrzReading], *, today: date | None = None) -> MrzReading | None:
    """The reading that all looks together give; None without any look.

    Looks that took the zone for another format than the best one did are left out. `line_boxes` are those of the
    best look; where it lacks a line, those of the look that has it.
    """
    if not readings:
        return None
    ranked = sorted(readings, key=lambda reading: (reading.valid, reading.proven, reading.score), reverse=True)
    best = ranked[0]
    if len(ranked) == 1:
        return best
    general = _general(best.layout)
    same = [reading for reading in ranked if _general(reading.layout) is general]
    lines = []
    for line in range(len(general.lengths)):
        seen = [reading.evidence[line] for reading in same]
        lines.append(_together([item for item in seen if item is not None]))
    together = conclude(general, [LineFit((item,), item.cost) if item else None for item in lines], today=today)
    if together is None or (best.valid and not together.valid):
        return best
    return replace(together, line_boxes=_boxes(same))


def _general(layout: MrzFormat) -> MrzFormat:
    """The entry of the table of formats that a layout (perhaps one with a long document number) belongs to."""
    return next(entry for entry in FORMATS if (entry.name, entry.openings) == (layout.name, layout.openings))


def _together(looks: list[LineEvidence]) -> LineEvidence | None:
    """One line's evidence from several looks at it."""
    if not looks:
        return None
    clearest = min(looks, key=lambda item: item.cost)
    if len(looks) == 1:
        return clearest
    loud = [np.minimum(item.costs - item.costs.min(axis=1, keepdims=True), _LOUDEST) for item in looks]
    # Looks at the same print share its faults, so that n of them count for the root of n.
    costs = np.sum(loud, axis=0) / np.sqrt(len(looks))
    # A look that reads another character doubts this one.
    sure = [np.where([a == b for a, b in zip(item.read, clearest.read, strict=True)], item.sure, 0.0) for item in looks]
    return replace(clearest, costs=costs, sure=np.mean(sure, axis=0))


def _boxes(looks: list[MrzReading]) -> tuple[tuple[Array, ...], ...]:
    by_line: dict[int, tuple[Array, ...]] = {}
    for reading in looks:
        present = [line for line, item in enumerate(reading.evidence) if item is not None]
        for line, boxes in zip(present, reading.line_boxes, strict=False):
            by_line.setdefault(line, boxes)
    return tuple(by_line[line] for line in sorted(by_line))
