"""Turning, straightening and cropping. Points are (x, y) pixels, matrices 3x3 homographies on such points."""

from __future__ import annotations

import math

import numpy as np


def turn_matrix(rotation: int, width: int, height: int) -> np.ndarray:
    """Maps points of a `width` x `height` picture to where they lie after it is turned `rotation` degrees clockwise."""
    return {
        0: np.eye(3),
        90: np.array([[0, -1, height], [1, 0, 0], [0, 0, 1.0]]),
        180: np.array([[-1, 0, width], [0, -1, height], [0, 0, 1.0]]),
        270: np.array([[0, 1, 0], [-1, 0, width], [0, 0, 1.0]]),
    }[rotation]


def turn(image: np.ndarray, rotation: int) -> np.ndarray:
    """`image` turned clockwise by 0, 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(image, k=-(rotation // 90))) if rotation else image


def apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (..., 2) through a homography."""
    flat = points.reshape(-1, 2)
    mapped = np.c_[flat, np.ones(len(flat))] @ matrix.T
    return (mapped[:, :2] / mapped[:, 2:3]).reshape(points.shape)


def tilt_matrix(angle: float, width: int, height: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Turns by `angle` degrees (clockwise positive) about the middle, on a canvas that keeps every corner.

    Returns the matrix and the new (width, height).
    """
    radians = np.deg2rad(angle)
    cos, sin = np.cos(radians), np.sin(radians)
    new_width = int(np.ceil(abs(width * cos) + abs(height * sin)))
    new_height = int(np.ceil(abs(width * sin) + abs(height * cos)))
    to_middle = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    rotate = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    back = np.array([[1, 0, new_width / 2], [0, 1, new_height / 2], [0, 0, 1]])
    return back @ rotate @ to_middle, (new_width, new_height)


def warp(image: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """`image` through `matrix` onto a canvas of `size` (width, height), edges repeated."""
    import cv2

    return cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def quad_matrix(quad: np.ndarray, width: float, height: float) -> np.ndarray:
    """The homography that lays a quadrilateral (4, 2; clockwise from top left) flat onto 0, 0, width, height."""
    import cv2

    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return cv2.getPerspectiveTransform(quad.astype(np.float32), target).astype(np.float64)


def quad_size(quad: np.ndarray) -> tuple[float, float]:
    """Width and height of a quadrilateral: the longer of each pair of opposite sides."""
    # Plain numbers: numpy's overhead on four points was a sixth of the time outside the networks.
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad.tolist()
    top, right = math.hypot(bx - ax, by - ay), math.hypot(cx - bx, cy - by)
    bottom, left = math.hypot(dx - cx, dy - cy), math.hypot(ax - dx, ay - dy)
    return max(top, bottom), max(left, right)


def is_inside(point: np.ndarray, quad: np.ndarray) -> bool:
    """Whether a point lies in a quadrilateral or on its edge."""
    import cv2

    x, y = (float(place) for place in point)
    return bool(cv2.pointPolygonTest(quad.astype(np.float32), (x, y), False) >= 0)


def crop_quad(image: np.ndarray, quad: np.ndarray, *, height: int | None = None) -> np.ndarray:
    """The picture inside `quad`, laid flat; scaled to `height` pixels where given."""
    import cv2

    width_px, height_px = quad_size(quad)
    scale = height / height_px if height else 1.0
    size = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    matrix = quad_matrix(quad, *size)
    return cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
