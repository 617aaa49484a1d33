"""Where on the page to look again.

A detector that works on a whole page loses lines of the zone, or their ends, that it finds on an enlarged crop of
the zone. The crop must then hold what was not found, too: lines that the format has above or below, and characters
beyond the ends of the boxes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractor.mrz.reading import MrzReading
from extractor.mrz.rows import TextLine, find_rows, likeness

Array = NDArray[np.float64]

# Margin around a zone, and the room for a line that was not found, in text heights.
_MARGIN, _MISSING = 0.8, 2.2
# Distance of two lines of a zone in heights of their boxes, which fit the text more or less tightly.
_STEPS = (1.2, 1.5, 1.8)
# How much higher than a box the box of a line that was not found is made.
_LOOSE = 1.25
# A row that looks like this much of a zone is worth a look even where nothing could be read.
_WORTH_A_LOOK = 0.45


def zone_region(reading: MrzReading) -> Array:
    """The (4, 2) corners, clockwise from top left in page pixels, of the area that holds the whole zone.

    Raises ValueError for a reading without boxes (one that was not found on a page).
    """
    boxes = [box for line in reading.line_boxes for box in line]
    if not boxes:
        raise ValueError("this reading has no boxes")
    present = [line for line, item in enumerate(reading.evidence) if item is not None]
    above, below = present[0], len(reading.evidence) - 1 - present[-1]
    beyond = 0.0
    for line, found, text in zip(present, reading.line_boxes, reading.raw_lines, strict=True):
        wanting = reading.layout.lengths[line] - len(text)
        beyond = max(beyond, wanting * _width(found) / max(len(text), 1))
    return _around(boxes, above=_MISSING * above, below=_MISSING * below, beyond=beyond)


def missing_line_boxes(reading: MrzReading) -> tuple[tuple[Array, ...], ...]:
    """Guesses where the lines are that no detector found; each guess is one (4, 2) box per missing line, top to bottom.

    A recogniser reads such a box even where the detector saw nothing in it. Where two lines were found, their distance
    leaves one guess; where one was, there are several. Empty when no line is missing.

    Raises ValueError for a reading without boxes.
    """
    present = [line for line, item in enumerate(reading.evidence) if item is not None]
    missing = [line for line, item in enumerate(reading.evidence) if item is None]
    if not all(reading.line_boxes) or len(reading.line_boxes) != len(present):
        raise ValueError("this reading has no boxes")
    if not missing:
        return ()
    lines = [_around(boxes, above=-_MARGIN, below=-_MARGIN, beyond=0.0, ends=0.0) for boxes in reading.line_boxes]
    first = lines[0]
    down = (first[3] - first[0] + first[2] - first[1]) / 2
    if len(present) > 1:
        steps = [(lines[-1].mean(axis=0) - first.mean(axis=0)) / (present[-1] - present[0])]
    else:
        steps = [down * step for step in _STEPS]
    loose = down * (_LOOSE - 1) / 2
    taller = first + np.array([-loose, -loose, loose, loose])
    return tuple(tuple(taller + step * (line - present[0]) for line in missing) for step in steps)


def likely_region(lines: Sequence[TextLine]) -> Array | None:
    """The area to look at again when no zone could be read: around the rows that look like one, if there are any."""
    rows = [row for row in find_rows(lines) if likeness("".join(piece.text for piece in row.pieces)) > _WORTH_A_LOOK]
    boxes = [box for row in rows for box in row.boxes if row.right - row.left > 6 * row.height]
    return _around(boxes, above=_MISSING, below=_MISSING, beyond=0.0) if boxes else None


def _width(boxes: Sequence[Array]) -> float:
    return float(sum(np.hypot(*(box[1] - box[0])) for box in boxes))


def _around(boxes: Sequence[Array], *, above: float, below: float, beyond: float, ends: float = 1.0) -> Array:
    """The rectangle in the text's direction that holds the boxes and a margin.

    above, below, ends: what to add in text heights; beyond: pixels to add at either end.
    """
    ways = [box[1] - box[0] for box in boxes]
    along = np.sum(ways, axis=0)
    along = along / max(float(np.hypot(*along)), 1e-9)
    down = np.array([-along[1], along[0]])
    corners = np.concatenate(boxes)
    height = float(np.median([np.hypot(*(box[3] - box[0])) for box in boxes]))
    x, y = corners @ along, corners @ down
    left, right = x.min() - beyond - ends * height, x.max() + beyond + ends * height
    top, bottom = y.min() - (above + _MARGIN) * height, y.max() + (below + _MARGIN) * height
    sides = ((left, top), (right, top), (right, bottom), (left, bottom))
    return np.array([x * along + y * down for x, y in sides])
