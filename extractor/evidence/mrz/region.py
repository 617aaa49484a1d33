"""Where on the page to look again.

A detector that works on a whole page loses lines of the zone, or their ends, that it finds on an enlarged crop of
the zone. The crop must then hold what was not found, too: lines that the format has above or below, and characters
beyond the ends of the boxes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractor.evidence.mrz.reading import MrzReading
from extractor.evidence.mrz.rows import TextLine, find_rows, likeness

Array = NDArray[np.float64]

# Margin around a zone, and the room for a line that was not found, in text heights.
_MARGIN, _MISSING = 0.8, 2.2
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


def likely_region(lines: Sequence[TextLine]) -> Array | None:
    """The area to look at again when no zone could be read: around the rows that look like one, if there are any."""
    rows = [row for row in find_rows(lines) if likeness("".join(piece.text for piece in row.pieces)) > _WORTH_A_LOOK]
    boxes = [box for row in rows for box in row.boxes if row.right - row.left > 6 * row.height]
    return _around(boxes, above=_MISSING, below=_MISSING, beyond=0.0) if boxes else None


def _width(boxes: Sequence[Array]) -> float:
    return float(sum(np.hypot(*(box[1] - box[0])) for box in boxes))


def _around(boxes: Sequence[Array], *, above: float, below: float, beyond: float) -> Array:
    """The upright rectangle of the text's direction that holds the boxes; `beyond`: pixels to add at either end."""
    ways = [box[1] - box[0] for box in boxes]
    along = np.sum(ways, axis=0)
    along = along / max(float(np.hypot(*along)), 1e-9)
    down = np.array([-along[1], along[0]])
    corners = np.concatenate(boxes)
    height = float(np.median([np.hypot(*(box[3] - box[0])) for box in boxes]))
    x, y = corners @ along, corners @ down
    left, right = x.min() - beyond - height, x.max() + beyond + height
    top, bottom = y.min() - (above + _MARGIN) * height, y.max() + (below + _MARGIN) * height
    sides = ((left, top), (right, top), (right, bottom), (left, bottom))
    return np.array([x * along + y * down for x, y in sides])
