"""The page being drawn: millimetres in, pixels out, and a record of every value's box and every character's place.

A line of text is composed from cached glyph masks into one mask and blended into the page once. The field that a run
names tells a value from a caption.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from extractor.synthesis.fonts import FontFace, FontFile, advance, placed_glyph, rounded_size
from extractor.synthesis.shaping import visual

Colour = tuple[int, int, int]
#: What a line says, and its (left, top, right, bottom), pixels.
PrintedLine = tuple[str, tuple[float, float, float, float]]


@dataclass(frozen=True)
class Lettering:
    """How text is set: a face, the em's size in millimetres, a colour."""

    face: FontFace
    size: float
    colour: Colour

    def resized(self, size: float) -> Lettering:
        return replace(self, size=size)


@dataclass(frozen=True)
class TextRun:
    """A piece of a line: its text, and the field whose value it is (None for captions and other print)."""

    text: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class _Placed:
    """A glyph of a line: the character whose shape is drawn, what it stands for, and its pen and advance, pixels."""

    font: FontFile
    shown: str
    source: str
    field: str | None
    pen: float
    advance: float


@dataclass
class Canvas:
    """An RGB page of `image.shape` pixels at `scale` pixels a millimetre.

    `boxes` maps a field to the (left, top, right, bottom) of each printed piece of its value, pixels, and `texts` to
    what each piece says; `characters` and `centres` say which character stands where; `lines` holds what each printed
    line says, captions and headings too, with its box.
    """

    image: np.ndarray
    scale: float
    boxes: dict[str, list[tuple[float, float, float, float]]] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    characters: list[str] = field(default_factory=list)
    centres: list[tuple[float, float]] = field(default_factory=list)
    lines: list[PrintedLine] = field(default_factory=list)

    def width_of(self, text: str, lettering: Lettering) -> float:
        """Width of `text` in millimetres."""
        pixels = rounded_size(lettering.size * self.scale)
        return sum(advance(lettering.face.font(shown), shown, pixels) for shown, _ in visual(text)) / self.scale

    def line(
        self,
        x: float,
        y: float,
        runs: Sequence[TextRun],
        lettering: Lettering,
        *,
        tracking: float = 0.0,
        align: str = "left",
        squeeze: float = 1.0,
        record: bool = True,
    ) -> float:
        """Sets `runs` on the baseline `y` from `x` (their right end if `align` is "right", their middle if "centre").

        All lengths in millimetres; `tracking` is added after each character, `squeeze` narrows the letters. Returns
        the width. What is not to be recorded is neither a value nor a character.
        """
        pixels = rounded_size(lettering.size * self.scale)
        placed: list[_Placed] = []
        pen = 0.0
        for run in runs:
            for shown, source in visual(run.text):
                font = lettering.face.font(shown)
                wide = advance(font, shown, pixels) * squeeze
                placed.append(_Placed(font, shown, source, run.field, pen, wide))
                pen += wide + tracking * self.scale
            if record and run.field and run.text:
                self.texts.setdefault(run.field, []).append(run.text)
        start = x * self.scale - {"left": 0.0, "centre": pen / 2, "right": pen}[align]
        self._compose(placed, (start, y * self.scale), pixels, lettering.colour, squeeze=squeeze, record=record)
        if record and placed:
            top, bottom = y * self.scale - 0.8 * pixels, y * self.scale + 0.2 * pixels
            self.lines.append(("".join(run.text for run in runs), (start, top, start + pen, bottom)))
        return pen / self.scale

    def pitched(self, x: float, y: float, run: TextRun, lettering: Lettering, pitch: float) -> None:
        """Sets `run` one character every `pitch` millimetres, as machine-readable zones are."""
        pixels = rounded_size(lettering.size * self.scale)
        placed: list[_Placed] = []
        for i, character in enumerate(run.text):
            font = lettering.face.font(character)
            wide = advance(font, character, pixels)
            pen = (i + 0.5) * pitch * self.scale - wide / 2
            placed.append(_Placed(font, character, character, run.field, pen, wide))
        self._compose(placed, (x * self.scale, y * self.scale), pixels, lettering.colour)
        left, baseline, wide = x * self.scale, y * self.scale, len(run.text) * pitch * self.scale
        self.lines.append((run.text, (left, baseline - 0.8 * pixels, left + wide, baseline + 0.2 * pixels)))
        if run.field:
            self.texts.setdefault(run.field, []).append(run.text)

    def _compose(
        self,
        placed: Sequence[_Placed],
        origin: tuple[float, float],
        size: float,
        colour: Colour,
        *,
        squeeze: float = 1.0,
        record: bool = True,
    ) -> None:
        """Draws the glyphs of a line whose pen starts at `origin`, pixels, and takes note of them."""
        x, y = origin
        baseline = round(y)
        # Where a letter is recorded: the height at which a line's letters have their middle.
        middle = y - 0.35 * size
        inked: list[tuple[np.ndarray, int, int]] = []
        extents: dict[str, list[int]] = {}
        for item in placed:
            cut, whole = placed_glyph(item.font, item.shown, size, x + item.pen)
            if not cut.mask.size:
                continue
            mask, left, top = cut.mask, whole + cut.left, baseline + cut.top
            if squeeze < 1.0:
                mask, left = _narrowed(mask, squeeze), whole + round(cut.left * squeeze)
            inked.append((mask, left, top))
            if not record:
                continue
            for i, character in enumerate(reversed(item.source)):
                self.characters.append(character)
                self.centres.append((x + item.pen + item.advance * (i + 0.5) / len(item.source), middle))
            if item.field is not None:
                right, bottom = left + mask.shape[1], top + mask.shape[0]
                box = extents.setdefault(item.field, [left, top, right, bottom])
                box[:] = min(box[0], left), min(box[1], top), max(box[2], right), max(box[3], bottom)
        if inked:
            self._blend(inked, colour)
        for name, (left, top, right, bottom) in extents.items():
            self.boxes.setdefault(name, []).append((left, top, right, bottom))

    def _blend(self, inked: Sequence[tuple[np.ndarray, int, int]], colour: Colour) -> None:
        height, width = self.image.shape[:2]
        x0 = max(0, min(left for _, left, _ in inked))
        y0 = max(0, min(top for _, _, top in inked))
        x1 = min(width, max(left + mask.shape[1] for mask, left, _ in inked))
        y1 = min(height, max(top + mask.shape[0] for mask, _, top in inked))
        if x1 <= x0 or y1 <= y0:
            return
        cover = np.zeros((y1 - y0, x1 - x0), np.uint8)
        for mask, left, top in inked:
            a, b = left - x0, top - y0
            seen = mask
            if a < 0 or b < 0 or left + mask.shape[1] > x1 or top + mask.shape[0] > y1:
                seen = mask[max(0, -b) : max(0, y1 - top), max(0, -a) : max(0, x1 - left)]
                a, b = max(0, a), max(0, b)
            h, w = seen.shape
            spot = cover[b : b + h, a : a + w]
            if seen.size and spot.shape == seen.shape:
                np.maximum(spot, seen, out=spot)
        blend(self.image[y0:y1, x0:x1], cover, colour)

    def pixels(self, *lengths: float) -> tuple[int, ...]:
        """Millimetres as whole pixels."""
        return tuple(round(length * self.scale) for length in lengths)


def blend(region: np.ndarray, cover: np.ndarray, colour: Colour) -> None:
    """Lays `colour` over `region` (h, w, 3) uint8 in place where `cover` (h, w) uint8 says how much."""
    # In 128ths, so that products fit 16 bits and a shift divides; what covers fully (255) becomes 128.
    share = (cover >> 1).astype(np.int16)
    share += cover >> 7
    change = np.array(colour, np.int16) - region
    change *= share[..., None]
    change >>= 7
    np.add(region, change, out=region, casting="unsafe")


def _narrowed(mask: np.ndarray, squeeze: float) -> np.ndarray:
    import cv2

    width = max(1, round(mask.shape[1] * squeeze))
    return cv2.resize(mask, (width, mask.shape[0]), interpolation=cv2.INTER_AREA)
