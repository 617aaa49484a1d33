"""Where a source stands: corners on an upright page as a box in the picture as given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from extractor.evidence import PageEvidence
from extractor.extraction import Box
from extractor.imaging.geometry import apply


def box_of(corners: np.ndarray, page: PageEvidence) -> Box:
    """Corners (4, 2), or those of several boxes, as one box in the picture as given."""
    if len(corners) > 4:
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    mapped = apply(page.page.to_source, corners.astype(np.float64))
    a, b, c, d = ((round(float(x), 1), round(float(y), 1)) for x, y in mapped)
    return Box(page.page.index, (a, b, c, d))


def hull(boxes: Sequence[Box]) -> Box | None:
    """One box around several of one page."""
    if len(boxes) <= 1:
        return boxes[0] if boxes else None
    points = np.array([point for box in boxes for point in box.points])
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return Box(boxes[0].page, ((left, top), (right, top), (right, bottom), (left, bottom)))
