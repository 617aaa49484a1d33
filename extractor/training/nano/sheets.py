"""A drawn page as the model will see it: held before a camera, set upright, cut to its text, laid on the sheet.

What the product does with a picture (`text.page` sets it upright, `imaging.framing` cuts and widens it, the
processor scales it onto a sheet of tiles) is one projective map from the drawn page to the sheet, so the page is
warped once. Light, blur and noise come later, where they cost least (`training.augment`).

A sheet is kept as one landscape array; a portrait sheet lies in it transposed, as the processor itself lays it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from extractor.imaging.framing import canvas_for
from extractor.phi3v.image_processing import TILE, sheet_size
from extractor.synthesis.canvas import PrintedLine
from extractor.synthesis.capture import desk

#: Tiles of the array that holds any sheet, (rows, columns).
GRID = (2, 3)
HEIGHT, WIDTH = GRID[0] * TILE, GRID[1] * TILE
_WHITE = 255
#: Below this scale a warp would skip pixels: the page is reduced first.
_REDUCED = 0.8
#: How much wider or narrower a page is drawn than its fonts are.
_STRETCH = 0.08
#: Share of pages that are captured coarsely.
_COARSE = 0.22


@dataclass(frozen=True)
class TiledSheet:
    """`image` (HEIGHT, WIDTH, 3) uint8 RGB, of which the first `rows` x `columns` tiles are the sheet as it lies;
    `portrait` says that the true sheet is its transpose. `margin` rows of pixels at its top and at its bottom are
    blank. `centres` (n, 2) float32 are where the page's characters stand on the image."""

    image: np.ndarray
    rows: int
    columns: int
    portrait: bool
    margin: int
    centres: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Rows, columns, whether it lies transposed, and its margin."""
        return self.rows, self.columns, int(self.portrait), self.margin

    @property
    def true_tiles(self) -> tuple[int, int]:
        """(rows, columns) of the sheet as the model sees it."""
        return (self.columns, self.rows) if self.portrait else (self.rows, self.columns)


def lay(
    image: np.ndarray, lines: Sequence[PrintedLine], centres: np.ndarray, rng: random.Random, num_crops: int
) -> TiledSheet | None:
    """A page (h, w, 3) uint8 with its printed lines and characters on a sheet; None for a shape GRID cannot hold."""
    height, width = image.shape[:2]
    camera = _camera(width, height, rng)
    left, top, right, bottom = _region(camera, (width, height), lines, rng)
    wide, high = canvas_for(math.ceil(right - left), math.ceil(bottom - top), num_crops)
    rows, columns = sheet_size(wide, high, num_crops)
    portrait = high > wide
    laid_rows, laid_columns = (columns, rows) if portrait else (rows, columns)
    if laid_rows > GRID[0] or laid_columns > GRID[1]:
        return None
    scale = TILE * laid_columns / max(wide, high)
    x, y = (left + right - wide) / 2, (top + bottom - high) / 2
    to_sheet = np.array([[scale, 0, -scale * x], [0, scale, -scale * y], [0, 0, 1.0]])
    if portrait:
        to_sheet = to_sheet[[1, 0, 2]]
    used = (laid_rows * TILE, int(min(wide, high) * scale))
    margin = (used[0] - used[1]) // 2
    matrix = np.array([[1, 0, 0], [0, 1, margin], [0, 0, 1.0]]) @ to_sheet @ camera
    canvas = np.full((HEIGHT, WIDTH, 3), _WHITE, np.uint8)
    picture = canvas[margin : margin + used[1], : laid_columns * TILE]
    picture[:] = _ground(rng, picture.shape[0], picture.shape[1])
    reduced = scale if scale < _REDUCED else 1.0
    if rng.random() < _COARSE:
        reduced = min(reduced, rng.uniform(0.48, 0.8))
    _warp(image, np.array([[1, 0, 0], [0, 1, -margin], [0, 0, 1.0]]) @ matrix, picture, reduced)
    return TiledSheet(canvas, laid_rows, laid_columns, portrait, margin, _through(matrix, centres))


def _camera(width: int, height: int, rng: random.Random) -> np.ndarray:
    """The map (3, 3) from the page to the upright picture: what tilt and perspective are left in it."""
    photograph = rng.random() < 0.5
    angle = math.radians(rng.gauss(0, 0.5 if photograph else 0.35))
    slant = rng.uniform(0.0, 0.06) if photograph else 0.0
    reach = slant * math.hypot(width, height)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    # Letters of other proportions than the fonts have.
    stretched = corners * [rng.uniform(1 - _STRETCH, 1 + _STRETCH), 1.0]
    moved = stretched @ turn + [[rng.uniform(-reach, reach), rng.uniform(-reach, reach)] for _ in range(4)]
    return np.asarray(cv2.getPerspectiveTransform(corners.astype(np.float32), moved.astype(np.float32)))


def _region(
    camera: np.ndarray, size: tuple[int, int], lines: Sequence[PrintedLine], rng: random.Random
) -> tuple[float, float, float, float]:
    """What the product would cut out: the text's extent with a margin, sometimes the page or more of it."""
    boxes = np.array([box for _, box in lines], np.float64).reshape(-1, 4)
    if not len(boxes) or rng.random() < 0.12:
        width, height = size
        corners = _through(camera, np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64))
        (left, top), (right, bottom) = corners.min(0), corners.max(0)
        more = rng.uniform(0.0, 0.1) * (right - left)
        return left - more, top - more, right + more, bottom + more
    corners = _through(camera, boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2))
    (left, top), (right, bottom) = corners.min(0), corners.max(0)
    line = float(np.median(boxes[:, 3] - boxes[:, 1]))
    margin = max(0.025 * max(right - left, bottom - top), 0.8 * line) * rng.uniform(0.7, 1.8)
    edges = [-margin, -margin, margin, margin]
    if rng.random() < 0.12:  # something beside the page was taken for text
        edges[rng.randrange(4)] *= rng.uniform(2, 5)
    return left + edges[0], top + edges[1], right + edges[2], bottom + edges[3]


def _ground(rng: random.Random, height: int, width: int) -> np.ndarray | int:
    """What lies round the page."""
    if rng.random() < 0.35:
        return desk("training", rng)(height, width)
    return rng.choice((255, 250, 238, 225, 205, 120, 60, 35))


def _warp(image: np.ndarray, matrix: np.ndarray, picture: np.ndarray, reduced: float) -> None:
    """Warps a page into `picture` (h, w, 3) in place; first it is `reduced`, as far as the warp or the capture does."""
    if reduced < 1.0:
        small = cv2.resize(image, None, fx=reduced, fy=reduced, interpolation=cv2.INTER_AREA)
        fx, fy = small.shape[1] / image.shape[1], small.shape[0] / image.shape[0]
        # Pixel centres: the page's pixel x is the reduced one's (x + 0.5) * f - 0.5.
        back = np.array([[1 / fx, 0, 0.5 / fx - 0.5], [0, 1 / fy, 0.5 / fy - 0.5], [0, 0, 1.0]])
        image, matrix = small, matrix @ back
    size = (picture.shape[1], picture.shape[0])
    target = np.ascontiguousarray(picture)
    cv2.warpPerspective(image, matrix, size, dst=target, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
    picture[:] = target


def _through(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (n, 2) through a projective map, float32."""
    mapped = np.c_[points.astype(np.float64), np.ones(len(points))] @ matrix.T
    return (mapped[:, :2] / mapped[:, 2:]).astype(np.float32)
