"""The dark shape of a head and shoulders where no face can be seen: silhouettes, drawings, faces blurred on purpose."""

from __future__ import annotations

import numpy as np

from extractor.portrait.frame import Rectangle

#: Pixels of the longer side at which shapes are looked for; heights of the portraits around them, in these pixels.
_SEEN = 300
_HEIGHTS = (48, 58, 70, 84, 100, 120, 144)
#: Least likeness to the shape, and least contrast in grey levels: emblems and patterns have less of both.
_ALIKE, _CONTRAST = 0.62, 40.0
#: Of shapes that are about as alike the largest is the portrait; a ghost is smaller.
_AS_ALIKE = 0.06


def find_figure(image: np.ndarray, printed: np.ndarray) -> tuple[Rectangle, float] | None:
    """The portrait around the shape on an upright RGB document that is like head and shoulders, and how alike they are
    (0..1), or None. `printed` (n, 4, 2) is print, which is left out."""
    import cv2

    scale = _SEEN / max(image.shape[:2])
    size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    small = cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    print_ = np.zeros_like(small)
    for box in printed:
        cv2.fillPoly(print_, [np.round(box * scale).astype(np.int32)], 255)
    paper = cv2.inpaint(small, cv2.dilate(print_, np.ones((3, 3), np.uint8)), 3, cv2.INPAINT_TELEA)
    dark = 255 - cv2.GaussianBlur(paper, (0, 0), 1.5).astype(np.float32)
    found: list[tuple[Rectangle, float]] = []
    for height in _HEIGHTS:
        shape = _head_and_shoulders(height)
        if shape.shape[0] > dark.shape[0] or shape.shape[1] > dark.shape[1]:
            continue
        _, alike, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(dark, shape, cv2.TM_CCOEFF_NORMED))
        if alike >= _ALIKE and dark[y : y + height, x : x + shape.shape[1]].std() >= _CONTRAST:
            box = (x / scale, y / scale, (x + shape.shape[1]) / scale, (y + height) / scale)
            found.append((box, float(alike)))
    best = max((alike for _, alike in found), default=0.0)
    return max(
        (one for one in found if one[1] >= best - _AS_ALIKE), key=lambda one: one[0][3] - one[0][1], default=None
    )


def _head_and_shoulders(height: int) -> np.ndarray:
    """The shape in a portrait of 7 to 9, (height, width) float32: 1 where the person is, 0 around."""
    import cv2

    width = round(0.78 * height)
    shape = np.zeros((height, width), np.float32)
    for middle, radii in (((0.5, 0.4), (0.25, 0.27)), ((0.5, 1.05), (0.46, 0.32))):
        at = (round(middle[0] * width), round(middle[1] * height))
        cv2.ellipse(shape, at, (round(radii[0] * width), round(radii[1] * height)), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    cv2.rectangle(shape, (round(0.38 * width), round(0.55 * height)), (round(0.62 * width), height), 1.0, -1)
    return shape
