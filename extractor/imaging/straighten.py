"""A document cut out of its picture and laid flat at 300 pixels an inch, in its format's size by ISO/IEC 7810."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extractor.imaging.geometry import crop_quad, quad_matrix, quad_size
from extractor.imaging.outline import Outline, size_of

DPI = 300
_MILLIMETRES = 25.4


@dataclass(frozen=True)
class Straightened:
    """The flat picture (h, w, 3) RGB and its pixels an inch, None where the document's size is not known."""

    image: np.ndarray
    dpi: int | None


def straighten(picture: np.ndarray, outline: Outline) -> Straightened:
    """The document inside `outline`. One whose shape no format has keeps the picture's own pixels."""
    import cv2

    if outline.format is None:
        return Straightened(crop_quad(picture, outline.corners), None)
    size = pixels_of(outline.format)
    shrink = max(quad_size(outline.corners)) / max(size)
    if shrink > 1.5:
        # Shrinking by much needs averaging, or thin strokes are lost between the samples.
        flat = crop_quad(picture, outline.corners)
        return Straightened(np.asarray(cv2.resize(flat, size, interpolation=cv2.INTER_AREA)), DPI)
    matrix = quad_matrix(outline.corners, *size)
    flat = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return Straightened(np.asarray(flat), DPI)


def pixels_of(name: str) -> tuple[int, int]:
    """Width and height in pixels of a format at 300 pixels an inch."""
    width, height = (round(side * DPI / _MILLIMETRES) for side in size_of(name))
    return width, height
