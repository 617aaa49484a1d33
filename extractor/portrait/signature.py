"""The holder's signature: connected strokes of ink that are no print, below or beside a caption for it, or alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from extractor.portrait.frame import Rectangle

#: Width of the picture on which strokes are looked for, and its greatest height; a signature's width and height as
#: shares of a document's.
_SEEN, _HIGHEST = 1000, 4000
_WIDTHS, _HEIGHTS = (0.07, 0.5), (0.025, 0.22)
#: Share of a signature's box that is ink, and the least that its largest stroke spans of its width.
_INK, _LONGEST = (0.015, 0.34), 0.22
#: The most of a signature's box that its loops enclose: emblems and chips are made of closed shapes.
_ENCLOSED = 0.25
#: Without a caption, what the largest stroke spans of the width, and the height as a share of the document's width.
_ALONE = (0.55, 0.035)
#: How far from its caption a signature stands, as a share of the document's width.
_NEAR = 0.2
#: Strokes are narrower than this, in pixels of the picture looked at, and darker than both sides by so much (0..255).
_PEN, _DARKER = 15, 40
#: Gaps that are closed between strokes, height and width in pixels; and between those of one stroke, so that one is
#: told from what stands close to it.
_GAPS = ((7, 19), (3, 5))


def find_signature(
    image: np.ndarray, printed: np.ndarray, pictures: Sequence[Rectangle], captions: Sequence[np.ndarray]
) -> tuple[Rectangle, float] | None:
    """The signature on an upright RGB document, or None; and how sure it is (0..1).

    `printed` (n, 4, 2) is print that reads well, `pictures` are portraits and the zone, `captions` (4, 2) each name a
    signature; all in the document's pixels. Without a caption, only strokes that are long and apart are believed.
    """
    import cv2

    scale = min(_SEEN / image.shape[1], _HIGHEST / image.shape[0])  # a strip is not enlarged without end
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ink = _ink(grey)
    for box in printed:
        cv2.fillPoly(ink, [np.round(box * scale).astype(np.int32)], 0)
    for left, top, right, bottom in pictures:
        cv2.rectangle(ink, (int(left * scale), int(top * scale)), (int(right * scale), int(bottom * scale)), 0, -1)
    middles = [caption.mean(axis=0) * scale for caption in captions]
    found = [one for gap in _GAPS for one in _strokes(ink, gap, middles)]
    if not found:
        return None
    (left, top, right, bottom), score = max(found, key=lambda one: one[1])
    return (left / scale, top / scale, right / scale, bottom / scale), score


def _ink(grey: np.ndarray) -> np.ndarray:
    """Thin strokes that are clearly darker than what lies on both sides: a dark surface has an edge, and is none."""
    import cv2

    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_PEN, _PEN))
    return (cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, pen) > _DARKER).astype(np.uint8) * 255


def _strokes(
    ink: np.ndarray, gap: tuple[int, int], captions: Sequence[np.ndarray]
) -> Iterator[tuple[Rectangle, float]]:
    """Groups of strokes that may be a signature."""
    import cv2

    height, width = ink.shape
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones(gap, np.uint8))
    _, labels, groups, _ = cv2.connectedComponentsWithStats(joined)
    for number, (left, top, wide, high, _) in enumerate(groups[1:], 1):
        if not (_WIDTHS[0] * width < wide < _WIDTHS[1] * width and _HEIGHTS[0] * width < high < _HEIGHTS[1] * width):
            continue
        if left <= 2 or top <= 2 or left + wide >= width - 2 or top + high >= height - 2 or wide < 1.1 * high:
            continue
        place = np.s_[top : top + high, left : left + wide]
        part = np.where(labels[place] == number, ink[place], 0).astype(np.uint8)
        _, _, pieces, _ = cv2.connectedComponentsWithStats(part)
        longest = pieces[1:, cv2.CC_STAT_WIDTH].max() / wide if len(pieces) > 1 else 0.0
        density = float((part > 0).mean())
        if not _INK[0] < density < _INK[1] or longest < _LONGEST or _enclosed(part) > _ENCLOSED:
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
        if captions or (longest > _ALONE[0] and high > _ALONE[1] * width):
            yield box, float(np.clip(score, 0, 1))


def _enclosed(ink: np.ndarray) -> float:
    """The share of a picture that its strokes enclose."""
    import cv2

    outlines, _ = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(ink), outlines, -1, 255, -1)
    return float(((filled > 0) & (ink == 0)).mean())


def _distance(box: Rectangle, point: np.ndarray) -> float:
    """From a point to the nearest place of a box."""
    x, y = float(point[0]), float(point[1])
    return float(np.hypot(max(box[0] - x, 0, x - box[2]), max(box[1] - y, 0, y - box[3])))
