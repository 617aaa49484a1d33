"""From a face to the portrait around it, and from a portrait to its pale copy elsewhere on the document."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from extractor.portrait.faces import Face

Rectangle = tuple[float, float, float, float]

#: A portrait's sides from the middle of the face, in sizes of the face: left, up, right, down (ISO/IEC 19794-5 photos).
_AROUND = (0.85, 1.2, 0.85, 1.0)
#: A side is moved to the frame's edge if one lies this near, in sizes of the face, and is this much stronger than what
#: is usual there.
_NEAR, _STRONGER = 0.25, 3.0
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


def find_copies(
    image: np.ndarray, portrait: np.ndarray, length: int, printed: np.ndarray, own: Rectangle | None = None
) -> list[tuple[Rectangle, float]]:
    """Smaller copies of a portrait on a side of its document, however pale, each with how alike the two are (0..1),
    most alike first.

    image, portrait: RGB, upright; `length` is the longer side, in pixels, of the side that the portrait was cut from.
    Copies do not lie on print that reads well, `printed` (n, 4, 2), nor on the portrait's `own` place on the image.
    """
    import cv2

    def grey(picture: np.ndarray, scale: float) -> np.ndarray:
        size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
        return np.asarray(cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA))

    scale = _SEEN / max(image.shape[:2])
    page, model = grey(image, scale), grey(portrait, _SEEN / length)
    if min(model.shape, default=0) < 24:
        return []
    # The head alone: what is behind it is often another colour on the copy.
    model = model[: round(0.92 * model.shape[0]), round(0.08 * model.shape[1]) : round(0.92 * model.shape[1])]
    taken = _around(printed * scale)
    if own is not None:
        left, top, right, bottom = (round(side * scale) for side in own)
        taken.append((left, top, right, bottom))
    found: list[tuple[Rectangle, float]] = []
    for size in _GHOST_SIZES:
        small = cv2.resize(model, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
        if min(small.shape) < 10 or small.shape[0] > page.shape[0] or small.shape[1] > page.shape[1]:
            continue
        alike = cv2.matchTemplate(page, small, cv2.TM_CCOEFF_NORMED)
        _, best, _, (x, y) = cv2.minMaxLoc(_without(alike, small.shape, taken))
        # Nothing at all is like anything.
        if best >= _ALIKE and page[y : y + small.shape[0], x : x + small.shape[1]].std() > _PALEST:
            margin = 0.1 * small.shape[1]
            box = (x - margin, y, x + small.shape[1] + margin, y + small.shape[0] * 1.09)
            found.append(((box[0] / scale, box[1] / scale, box[2] / scale, box[3] / scale), float(best)))
    return sorted(found, key=lambda one: -one[1])


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
