"""From a face to the portrait around it, and from a portrait to its pale copy elsewhere on the document."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from extractor.portrait.faces import Face

Rectangle = tuple[float, float, float, float]

#: A portrait's sides from the middle of the face, in sizes of the face: left, up, right, down (ISO/IEC 19794-5 photos).
_AROUND = (1.02, 1.22, 1.02, 1.38)
#: A side is moved to the frame's edge if one lies this near, in sizes of the face, and is this much stronger than what
#: is usual there.
_NEAR, _STRONGER = 0.42, 2.2
#: Sizes of a ghost portrait against the main one, and how alike the two must be.
_GHOST_SIZES = (0.28, 0.34, 0.4, 0.47, 0.55, 0.64, 0.75)
_ALIKE = 0.6
#: Contrast of the palest copy, in grey levels.
_PALEST = 5.0
#: Width in pixels at which copies are looked for.
_SEEN = 420


def frame_of(image: np.ndarray, face: Face) -> Rectangle:
    """The portrait around a face on an upright RGB picture: to the edges of its frame, where they can be seen."""
    import cv2

    height, width = image.shape[:2]
    left, top, right, bottom = face.box
    x, y, size = (left + right) / 2, (top + bottom) / 2, face.size
    sides = [x - _AROUND[0] * size, y - _AROUND[1] * size, x + _AROUND[2] * size, y + _AROUND[3] * size]
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), 1.0).astype(np.float32)
    across, down = np.abs(np.diff(grey, axis=1)), np.abs(np.diff(grey, axis=0))
    rows = slice(max(0, int(y - size)), max(1, int(y + size)))
    columns = slice(max(0, int(x - 0.8 * size)), max(1, int(x + 0.8 * size)))
    profiles = (across[rows].mean(axis=0), down[:, columns].mean(axis=1))
    for number in range(4):
        sides[number] = _snapped(profiles[number % 2], sides[number], _NEAR * size)
    return max(0.0, sides[0]), max(0.0, sides[1]), min(float(width), sides[2]), min(float(height), sides[3])


def _snapped(profile: np.ndarray, place: float, reach: float) -> float:
    """`place`, or the strongest edge within `reach` of it."""
    low, high = max(0, int(place - reach)), min(len(profile), int(place + reach) + 1)
    part = profile[low:high]
    if len(part) < 4:
        return place
    best = int(part.argmax())
    return float(low + best) if part[best] > _STRONGER * float(np.median(part)) + 2 else place


def find_copy(image: np.ndarray, portrait: Rectangle, printed: np.ndarray) -> tuple[Rectangle, float] | None:
    """The smaller copy of a portrait elsewhere on the picture, however pale, and how alike the two are (0..1); None
    without one. It does not lie on print that reads well, `printed` (n, 4, 2)."""
    import cv2

    scale = _SEEN / image.shape[1]
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    left, top, right, bottom = (round(side * scale) for side in portrait)
    model = grey[top:bottom, left:right]
    if min(model.shape, default=0) < 24:
        return None
    # The head alone: what is behind it is often another colour on the copy.
    model = model[: round(0.92 * model.shape[0]), round(0.08 * model.shape[1]) : round(0.92 * model.shape[1])]
    found: list[tuple[Rectangle, float]] = []
    for size in _GHOST_SIZES:
        small = cv2.resize(model, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
        if min(small.shape) < 10:
            continue
        alike = cv2.matchTemplate(grey, small, cv2.TM_CCOEFF_NORMED)
        taken = [(left, top, right, bottom), *_around(printed * scale)]
        _, best, _, (x, y) = cv2.minMaxLoc(_without(alike, small.shape, taken))
        # Nothing at all is like anything.
        if best >= _ALIKE and grey[y : y + small.shape[0], x : x + small.shape[1]].std() > _PALEST:
            margin = 0.1 * small.shape[1]
            box = (x - margin, y, x + small.shape[1] + margin, y + small.shape[0] * 1.09)
            found.append(((box[0] / scale, box[1] / scale, box[2] / scale, box[3] / scale), float(best)))
    return max(found, key=lambda one: one[1], default=None)


def _around(boxes: np.ndarray) -> list[tuple[int, int, int, int]]:
    """The middles of boxes of text: a copy may touch a line's end, and not lie on one."""
    found = []
    for box in boxes:
        (left, top), (right, bottom) = box.min(axis=0).tolist(), box.max(axis=0).tolist()
        thin = 0.3 * (bottom - top)
        found.append((round(left + thin), round(top + thin), round(right - thin), round(bottom - thin)))
    return found


def _without(alike: np.ndarray, shape: tuple[int, ...], boxes: Sequence[tuple[int, int, int, int]]) -> np.ndarray:
    """Likeness with nothing where a copy would touch one of `boxes`."""
    for left, top, right, bottom in boxes:
        alike[max(0, top - shape[0]) : bottom, max(0, left - shape[1]) : right] = -1
    return alike
