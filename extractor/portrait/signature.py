"""The holder's signature: connected strokes of ink that are no print, below or beside a caption for it, or alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from extractor.portrait.frame import Rectangle

#: Width of the picture on which strokes are looked for, and its greatest height; a signature's width and height as
#: shares of a document's.
_SEEN, _HIGHEST = 1000, 4000
_WIDTHS, _HEIGHTS = (0.07, 0.5), (0.025, 0.22)
#: Share of a signature's box that is ink, and the least that its largest stroke spans of its width.
_INK, _LONGEST = (0.015, 0.34), 0.22
#: How far from its caption a signature stands, as a share of the document's width.
_NEAR = 0.2


def find_signature(
    image: np.ndarray, printed: np.ndarray, pictures: Sequence[Rectangle], captions: Sequence[np.ndarray]
) -> tuple[Rectangle, float] | None:
    """The signature on an upright RGB document, or None; and how sure it is (0..1).

    `printed` (n, 4, 2) is print that reads well, `pictures` are portraits and the zone, `captions` (4, 2) each name a
    signature; all in the document's pixels. Without a caption, only strokes that are long and apart are believed.
    """
    scale = min(_SEEN / image.shape[1], _HIGHEST / image.shape[0])  # a strip is not enlarged without end
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ink = _ink(grey)
    for box in printed:
        cv2.fillPoly(ink, [np.round(box * scale).astype(np.int32)], 0)
    for left, top, right, bottom in pictures:
        cv2.rectangle(ink, (int(left * scale), int(top * scale)), (int(right * scale), int(bottom * scale)), 0, -1)
    found = list(_strokes(ink, [caption.mean(axis=0) * scale for caption in captions]))
    if not found:
        return None
    (left, top, right, bottom), score = max(found, key=lambda one: one[1])
    return (left / scale, top / scale, right / scale, bottom / scale), score


def _ink(grey: np.ndarray) -> np.ndarray:
    """What is clearly darker than its surroundings."""
    paper = cv2.medianBlur(cv2.dilate(grey, np.ones((9, 9), np.uint8)), 31)
    return ((paper.astype(np.int16) - grey) > 55).astype(np.uint8) * 255


def _strokes(ink: np.ndarray, captions: Sequence[np.ndarray]) -> Iterator[tuple[Rectangle, float]]:
    """Groups of strokes that may be a signature."""
    height, width = ink.shape
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((7, 19), np.uint8))
    _, _, groups, _ = cv2.connectedComponentsWithStats(joined)
    for left, top, wide, high, _ in groups[1:]:
        if not (_WIDTHS[0] * width < wide < _WIDTHS[1] * width and _HEIGHTS[0] * width < high < _HEIGHTS[1] * width):
            continue
        if left <= 2 or top <= 2 or left + wide >= width - 2 or top + high >= height - 2 or wide < 1.1 * high:
            continue
        part = ink[top : top + high, left : left + wide]
        _, _, pieces, _ = cv2.connectedComponentsWithStats(part)
        longest = pieces[1:, cv2.CC_STAT_WIDTH].max() / wide if len(pieces) > 1 else 0.0
        density = float((part > 0).mean())
        if not _INK[0] < density < _INK[1] or longest < _LONGEST:
            continue
        box = (float(left), float(top), float(left + wide), float(top + high))
        near = min((_distance(box, caption) for caption in captions), default=width) / width
        if captions and near > _NEAR:
            continue
        score = (
            0.4 * bool(captions)
            + 0.3 * min(1.0, longest)
            + 0.3 * min(1.0, wide / (0.2 * width))
            - 0.5 * (near if captions else 0.0)
        )
        if captions or (longest > 0.55 and high > 0.04 * width):
            yield box, float(np.clip(score, 0, 1))


def _distance(box: Rectangle, point: np.ndarray) -> float:
    """From a point to the nearest place of a box."""
    x, y = float(point[0]), float(point[1])
    return float(np.hypot(max(box[0] - x, 0, x - box[2]), max(box[1] - y, 0, y - box[3])))
