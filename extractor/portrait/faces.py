"""Faces on a picture, by MediaPipe's BlazeFace (Bazarevsky et al., 2019), which ships with the package.

The network looks at squares of 256 pixels. A document is looked at as a whole, and in overlapping squares at twice that
size, where small and pale faces (ghost portraits) are large enough to be seen.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

_SIDE = 256
#: Columns of the network's two grids, and candidates in each of their cells.
_GRIDS = ((16, 2), (8, 6))
#: Boxes that share more than this are one face.
_SAME = 0.3
_LOADING = threading.Lock()


@dataclass(frozen=True)
class Face:
    """A face: left, top, right, bottom in pixels from brow to chin; `score` in 0..1; `eyes` (2, 2), left one first."""

    box: tuple[float, float, float, float]
    score: float
    eyes: np.ndarray

    @property
    def size(self) -> float:
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])


def find_faces(image: np.ndarray, *, least: float = 0.5, levels: Sequence[int] = (1, 2)) -> list[Face]:
    """Faces on an upright RGB picture, largest first. `levels`: 2 looks at squares of half its longer side."""
    found = [face for level in levels for face in _at_level(image, level, least)]
    kept: list[Face] = []
    for face in sorted(found, key=lambda face: -face.score):
        if all(_shared(face.box, other.box) < _SAME for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda face: -face.size)


def _at_level(image: np.ndarray, level: int, least: float) -> Iterator[Face]:
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
            for face in _in_square(square, least):
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


def _shared(one: Sequence[float], other: Sequence[float]) -> float:
    """What two boxes share of the smaller one."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return float(width * height / max(min(areas), 1e-6))


def _network() -> Any:
    with _LOADING:
        return _load()


@cache
def _load() -> Any:
    from extractor.networks import session

    return session(Path(__file__).with_name("networks") / "faces.onnx", 1)
