"""A page as it was read, kept with the result: text with places, zone, and the transform back to the source image.

Pictures made of a document later (straightened, redacted, the portrait) start from it, and need nothing read again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from extractor.imaging.geometry import apply, warp
from extractor.imaging.outline import Outline, Zone, find_outlines


@dataclass(frozen=True)
class SeenLine:
    """One line of text: `corners` (4, 2) on the upright page, and where along it each character stands (0..1)."""

    text: str
    score: float
    corners: np.ndarray
    places: np.ndarray


@dataclass(frozen=True)
class SeenPage:
    """One upright page, or a part of a picture that lay another way: which picture it is on, its size (width, height),
    and `to_source` (3, 3), which maps its pixels to those of the picture as given. `boxes` (n, 4, 2) is everything that
    was taken for text, read or not; `rows` are the zone's, `captions` what is printed on every document of the kind.
    """

    index: int
    size: tuple[int, int]
    to_source: np.ndarray
    lines: tuple[SeenLine, ...]
    boxes: np.ndarray
    zone: Zone | None = None
    rows: tuple[np.ndarray, ...] = field(default=())
    captions: tuple[np.ndarray, ...] = field(default=())

    def upright(self, picture: np.ndarray) -> np.ndarray:
        """The page as it was read, out of the picture as given."""
        return warp(picture, np.linalg.inv(self.to_source), self.size)

    def outlines(self, picture: np.ndarray, *, passport: bool = False) -> list[Outline]:
        """The documents' edges on the picture as given; corners clockwise from a document's own top left."""
        found = find_outlines(self.upright(picture), self.boxes, self.zone, passport=passport)
        return [Outline(apply(self.to_source, one.corners), one.format, one.seen) for one in found]
