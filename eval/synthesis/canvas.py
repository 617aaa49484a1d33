"""The page being drawn: millimetres in, pixels out, and a record of every value's box and every character's place.

A line of text is composed from cached glyph masks into one mask and blended into the page once. Values are told from
captions by the field that a run names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from eval.synthesis.fonts import Face, FontFile, Glyph, placed_glyph, rounded_size
from eval.synthesis.shaping import visual

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Run:
    """A piece of a line: its text, and the field whose value it is (None for captions and other print)."""

    text: str
    field: str | None = None


@dataclass
class Canvas:
    """An RGB page of `image.shape` pixels at `scale` pixels a millimetre.

    `boxes` maps a field to the (left, top, right, bottom) of each printed piece of its value, pixels, and `texts` to what
    each piece says; `characters` and `centres` say which character stands where.
    """

    image: np.ndarray
    scale: float
    boxes: dict[str, list[tuple[float, float, float, float]]] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    characters: list[str] = field(default_factory=list)
    centres: list[tuple[float, float]] = field(default_factory=list)

    def width_of(self, text: str, face: Face, size: float, tracking: float = 0.0) -> float:
        """Width of `text` in millimetres at `size` millimetres."""
        pixels = rounded_size(size * self.scale)
        advances = (placed_glyph(face.font(shown), shown, pixels, 0.0)[0].advance for shown, _ in visual(text))
        return sum(advances) / self.scale + tracking * len(text)

    def line(
        self,
        x: float,
        y: float,
        runs: Sequence[Run],
        face: Face,
        size: float,
        colour: Colour,
        *,
        tracking: float = 0.0,
        align: str = "left",
        squeeze: float = 1.0,
        opacity: float = 1.0,
        record: bool = True,
    ) -> float:
        """Sets `runs` on the baseline `y` from `x` (their right end if `align` is "right", their middle if "centre").

        All lengths in millimetres; `size` is the em, `tracking` is added after each character, `squeeze` narrows the
        letters. Text that reads from right to left is laid out that way as a whole. Returns the width.
        """
        pixels = rounded_size(size * self.scale)
        pieces = [(shown, source, run.field) for run in runs for shown, source in visual(run.text)]
        glyphs: list[tuple[FontFile, str, str, str | None, float]] = []
        pen = 0.0
        for shown, source, name in pieces:
            font = face.font(shown)
            glyphs.append((font, shown, source, name, pen))
            pen += placed_glyph(font, shown, pixels, 0.0)[0].advance * squeeze + tracking * self.scale
        start = x * self.scale - {"left": 0.0, "centre": pen / 2, "right": pen}[align]
        self._compose(glyphs, start, y * self.scale, pixels, squeeze, colour, opacity, record)
        for run in runs:
            if record and run.field and run.text:
                self.texts.setdefault(run.field, []).append(run.text)
        return pen / self.scale

    def pitched(
        self, x: float, y: float, text: str, font: FontFile, size: float, pitch: float, colour: Colour, name: str
    ) -> None:
        """Sets `text` one character every `pitch` millimetres, as machine-readable zones are."""
        pixels = rounded_size(size * self.scale)
        glyphs: list[tuple[FontFile, str, str, str | None, float]] = []
        for i, character in enumerate(text):
            advance = placed_glyph(font, character, pixels, 0.0)[0].advance
            glyphs.append((font, character, character, name, (i + 0.5) * pitch * self.scale - advance / 2))
        self._compose(glyphs, x * self.scale, y * self.scale, pixels, 1.0, colour, 1.0, True)
        self.texts.setdefault(name, []).append(text)

    def _compose(
        self,
        glyphs: Sequence[tuple[FontFile, str, str, str | None, float]],
        x: float,
        y: float,
        size: float,
        squeeze: float,
        colour: Colour,
        opacity: float,
        record: bool,
    ) -> None:
        baseline = round(y)
        placed: list[tuple[Glyph, int, str, str | None, float]] = []
        for font, shown, source, name, pen in glyphs:
            cut, whole = placed_glyph(font, shown, size, x + pen)
            mask = cut.mask if squeeze == 1.0 or not cut.mask.size else _narrowed(cut.mask, squeeze)
            cut = cut if mask is cut.mask else Glyph(mask, round(cut.left * squeeze), cut.top, cut.advance * squeeze)
            placed.append((cut, whole, source, name, x + pen))
        inked = [(cut, whole + cut.left, baseline + cut.top) for cut, whole, *_ in placed if cut.mask.size]
        if inked:
            self._blend(inked, colour, opacity)
        if not record:
            return
        # A character without height of its own (a dash) is centred where the line's letters are.
        middle = y - 0.35 * size
        extents: dict[str, list[float]] = {}
        for cut, whole, source, name, pen in placed:
            if cut.mask.size:
                left, top = whole + cut.left, baseline + cut.top
                right, bottom = left + cut.mask.shape[1], top + cut.mask.shape[0]
                for i, character in enumerate(reversed(source)):
                    self.characters.append(character)
                    self.centres.append((pen + cut.advance * (i + 0.5) / len(source), middle))
                if name is not None:
                    box = extents.setdefault(name, [left, top, right, bottom])
                    box[:] = min(box[0], left), min(box[1], top), max(box[2], right), max(box[3], bottom)
        for name, (left, top, right, bottom) in extents.items():
            self.boxes.setdefault(name, []).append((left, top, right, bottom))

    def _blend(self, inked: Sequence[tuple[Glyph, int, int]], colour: Colour, opacity: float) -> None:
        height, width = self.image.shape[:2]
        x0 = max(0, min(left for _, left, _ in inked))
        y0 = max(0, min(top for _, _, top in inked))
        x1 = min(width, max(left + cut.mask.shape[1] for cut, left, _ in inked))
        y1 = min(height, max(top + cut.mask.shape[0] for cut, _, top in inked))
        if x1 <= x0 or y1 <= y0:
            return
        cover = np.zeros((y1 - y0, x1 - x0), np.uint8)
        for cut, left, top in inked:
            h, w = cut.mask.shape
            a, b, c, d = max(left, x0), max(top, y0), min(left + w, x1), min(top + h, y1)
            if c > a and d > b:
                spot = cover[b - y0 : d - y0, a - x0 : c - x0]
                np.maximum(spot, cut.mask[b - top : d - top, a - left : c - left], out=spot)
        blend(self.image[y0:y1, x0:x1], cover, colour, opacity)

    def pixels(self, *lengths: float) -> tuple[int, ...]:
        """Millimetres as whole pixels."""
        return tuple(round(length * self.scale) for length in lengths)


def blend(region: np.ndarray, cover: np.ndarray, colour: Colour, opacity: float = 1.0) -> None:
    """Lays `colour` over `region` (h, w, 3) uint8 in place where `cover` (h, w) uint8 says how much."""
    share = (cover.astype(np.uint16) if opacity >= 1.0 else (cover * opacity).astype(np.uint16))[..., None]
    paint = np.asarray(colour, np.uint16)
    region[:] = ((region * (255 - share) + paint * share + 127) // 255).astype(np.uint8)


def _narrowed(mask: np.ndarray, squeeze: float) -> np.ndarray:
    import cv2

    width = max(1, round(mask.shape[1] * squeeze))
    return cv2.resize(mask, (width, mask.shape[0]), interpolation=cv2.INTER_AREA)
