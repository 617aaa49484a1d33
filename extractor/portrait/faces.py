"""Faces on a picture, by MediaPipe's BlazeFace (Bazarevsky et al., 2019), which ships with the package.

The network looks at squares of 256 pixels. A document is looked at as a whole, and in overlapping squares at twice that
size, where small and pale faces (ghost portraits) are large enough to be seen. Patterns and emblems look like faces at
one size only: each candidate is looked at again, with its surroundings, at two sizes and mirrored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

_SIDE = 256
#: Pixels of the longer side that a picture is reduced to at first: what is smaller is not seen anyway.
_SEEN = 1024
#: From this score on it is a face.
SURE = 0.6
#: Columns of the network's two grids, and candidates in each of their cells.
_GRIDS = ((16, 2), (8, 6))
#: Boxes that share more than this are one face.
_SAME = 0.3
#: Least chance of a candidate, and how many are looked at again; sides of squares around them, in sizes of the face.
_CANDIDATE, _MOST, _SURROUNDINGS = 0.3, 8, (3.8, 5.0)
#: A face that is seen again lies this near, and its size differs by this factor at most.
_NEAR, _AS_LARGE = 0.35, 1.6
#: Pixels of a square that a face is wide at least; the network also answers with boxes of no size.
_SMALLEST = 8
#: Pixels of the longer side of a picture of what is around each place.
_SMOOTH = 250


@dataclass(frozen=True)
class Face:
    """A face: left, top, right, bottom in pixels from brow to chin; `score` in 0..1; `eyes` (2, 2), left one first."""

    box: tuple[float, float, float, float]
    score: float
    eyes: np.ndarray

    @property
    def size(self) -> float:
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])

    @property
    def middle(self) -> np.ndarray:
        return np.array([self.box[0] + self.box[2], self.box[1] + self.box[3]]) / 2


def find_faces(image: np.ndarray, *, least: float = SURE) -> list[Face]:
    """Faces on an upright RGB picture with at least this score, largest first.

    The score is the geometric mean of the chance at first sight and the mean chance when looked at again. On pictures
    of documents that nothing was trained on, faces had 0.62 and more, everything else 0.57 and less.
    """
    import cv2

    scale = min(1.0, _SEEN / max(image.shape[:2]))
    size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    small = image if scale == 1.0 else np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    kept: list[Face] = []
    for face in sorted((one for level in (1, 2) for one in _at_level(small, level)), key=lambda face: -face.score):
        if len(kept) < _MOST and all(shared(face.box, other.box) < _SAME for other in kept):
            kept.append(face)
    judged = [(face, (face.score * _looked_at_again(small, face, least**2 / face.score)) ** 0.5) for face in kept]
    found = [_enlarged(face, 1 / scale, score) for face, score in judged if score >= least]
    return sorted(found, key=lambda face: -face.size)


def brought_out(image: np.ndarray, gain: float, blur: float) -> np.ndarray:
    """A grey picture (h, w, 3) of what differs from its surroundings, `gain` times as much: pale faces are seen on it.

    `blur` is in thousandths of the picture's longer side, and takes away lines of a pattern as wide as that.
    """
    import cv2

    unit = max(image.shape[:2]) / 1000
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), blur * unit)
    # What is as smooth as this needs few pixels: in full size it was the dearest step of hiding a face.
    size = [max(1, round(side * _SMOOTH / max(image.shape[:2]))) for side in image.shape[1::-1]]
    small = cv2.GaussianBlur(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), (0, 0), 40 * _SMOOTH / 1000)
    around = cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.repeat(np.clip(128 + gain * (grey - around), 0, 255).astype(np.uint8)[..., None], 3, 2)


def _enlarged(face: Face, factor: float, score: float) -> Face:
    left, top, right, bottom = (side * factor for side in face.box)
    return Face((left, top, right, bottom), score, face.eyes * factor)


def _looked_at_again(image: np.ndarray, face: Face, enough: float) -> float:
    """The mean chance that the network sees the same face in squares around it; 0 once it cannot reach `enough`."""
    import cv2

    chances: list[float] = []
    left = 2 * len(_SURROUNDINGS)
    for sides in _SURROUNDINGS:
        scale = _SIDE / (sides * face.size)
        x, y = _SIDE / 2 - scale * face.middle
        square = cv2.warpAffine(image, np.array([[scale, 0, x], [0, scale, y]]), (_SIDE, _SIDE))
        for view in (square, np.ascontiguousarray(square[:, ::-1])):
            seen = (one for one in _in_square(view, 0.05) if _is_same(one, _SIDE / sides))
            chances.append(max((one.score for one in seen), default=0.0))
            left -= 1
            if sum(chances) + left < enough * (len(chances) + left):
                return 0.0
    return float(np.mean(chances))


def _is_same(face: Face, size: float) -> bool:
    """Whether a face lies in the middle of a square, in the size that is expected."""
    away = np.abs(face.middle - _SIDE / 2).max()
    return bool(away < _NEAR * size and max(face.size / size, size / face.size) < _AS_LARGE)


def _at_level(image: np.ndarray, level: int) -> Iterator[Face]:
    import cv2

    height, width = image.shape[:2]
    scale = level * _SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    for top in _starts(size[1]):
        for left in _starts(size[0]):
            square = np.zeros((_SIDE, _SIDE, 3), np.uint8)
            part = small[top : top + _SIDE, left : left + _SIDE]
            square[: part.shape[0], : part.shape[1]] = part
            for face in _in_square(square, _CANDIDATE):
                shift = np.array([left, top])
                low, high = ((np.array(pair) + shift) / scale for pair in (face.box[:2], face.box[2:]))
                box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
                yield Face(box, face.score, (face.eyes + shift) / scale)


def _starts(length: int) -> list[int]:
    """Where overlapping squares begin along a side."""
    if length <= _SIDE:
        return [0]
    count = -(-(length - _SIDE) // (_SIDE // 2))
    return [round(number * (length - _SIDE) / count) for number in range(count + 1)]


def _in_square(square: np.ndarray, least: float) -> Iterator[Face]:
    boxes, scores = _network().run(["boxes", "scores"], {"input": (square.astype(np.float32) / 127.5 - 1.0)[None]})
    chances = 1 / (1 + np.exp(-scores[0, :, 0].clip(-80, 80)))
    points = boxes[0].reshape(-1, 8, 2)
    anchors = _anchors()
    for number in np.flatnonzero(chances >= least):
        x, y = points[number, 0] + anchors[number]
        width, height = points[number, 1]
        if min(width, height) < _SMALLEST:
            continue
        eyes = points[number, 2:4] + anchors[number]
        box = (float(x - width / 2), float(y - height / 2), float(x + width / 2), float(y + height / 2))
        yield Face(box, float(chances[number]), eyes.astype(np.float64))


@cache
def _anchors() -> np.ndarray:
    """The middle of each candidate's cell, (896, 2) pixels."""
    middles: list[tuple[float, float]] = []
    for cells, repeats in _GRIDS:
        step = _SIDE / cells
        for row in range(cells):
            for column in range(cells):
                middles += [((column + 0.5) * step, (row + 0.5) * step)] * repeats
    return np.array(middles)


def shared(one: Sequence[float], other: Sequence[float]) -> float:
    """What two boxes share of the smaller one."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return float(width * height / max(min(areas), 1e-6))


def _network() -> Any:
    from extractor.networks import kept_session

    return kept_session(Path(__file__).with_name("networks") / "faces.onnx", 1)
