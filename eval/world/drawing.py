"""Prints a made page (`extractor.training.visual.sheet`) as a picture, in fonts that no network was trained on.

The layout reader is trained on pages of text and geometry. Here such a page is printed: every line in its box, in a
font of its script shaped by HarfBuzz (Pillow's raqm), the zone in OCR-B, on a background, with a face where there is
room.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from extractor.synthesis.backgrounds import background
from extractor.synthesis.canvas import Canvas, Colour, Lettering, TextRun, blend
from extractor.synthesis.fonts import FontFace, FontsMissingError, installed_fonts, single_font
from extractor.synthesis.ornaments import choose_face, portrait
from extractor.training.visual.sheet import Sheet, SheetLine

#: First and last code point of a script, and its fonts of Debian's fonts-noto-core: none is among those that the text
#: networks were trained on.
_SCRIPTS = (
    ("\u0590", "\u05ff", ("NotoSansHebrew-Regular.ttf", "NotoSerifHebrew-Regular.ttf", "NotoSansHebrew-Bold.ttf")),
    ("\u0900", "\u097f", ("NotoSansDevanagari-Regular.ttf", "NotoSerifDevanagari-Regular.ttf")),
    ("\u0e00", "\u0e7f", ("NotoSansThai-Regular.ttf", "NotoSerifThai-Regular.ttf", "NotoSansThai-Bold.ttf")),
)
#: What letters of Latin, Greek and Cyrillic are set in.
_OTHERS = ("NotoSans-Regular.ttf", "NotoSerif-Regular.ttf", "NotoSans-Bold.ttf", "NotoSansDisplay-Regular.ttf")
_PACKAGE = "fonts-noto-core"
_MARGIN = 3.0
#: Width and height of a face, millimetres; and of the steps in which a place for it is looked for.
_FACE, _STEP = (22.0, 28.0), 2.0


@dataclass(frozen=True)
class Picture:
    """`image` (h, w, 3) uint8 RGB, and the boxes (left, top, right, bottom), pixels, of the sheet's lines in order."""

    image: np.ndarray
    boxes: tuple[tuple[float, float, float, float], ...]


def print_sheet(sheet: Sheet, rng: random.Random) -> Picture:
    """The sheet on paper, 8 to 11 pixels a millimetre. Raises FontsMissingError."""
    left, top = (min(line.box[side] for line in sheet.lines) - _MARGIN for side in (0, 1))
    right, bottom = (max(line.box[side] for line in sheet.lines) + _MARGIN for side in (2, 3))
    scale = rng.uniform(8, 11)
    width, height = round((right - left) * scale), round((bottom - top) * scale)
    canvas = Canvas(background(rng, "evaluation", width, height), scale)
    moved = [(b[0] - left, b[1] - top, b[2] - left, b[3] - top) for b in (line.box for line in sheet.lines)]
    if place := _free_place(moved, ((right - left), (bottom - top)), rng):
        portrait(canvas, "evaluation", choose_face(rng), (*place, *_FACE), grey=rng.random() < 0.4)
    faces = _fonts(rng)
    level = rng.randint(5, 60)
    ink = (level, level, min(255, level + rng.randint(0, 40)))
    for line, box in zip(sheet.lines, moved, strict=True):
        if is_of_zone(line.text):
            _print_zone(canvas, line, box, rng)
        else:
            _print_line(canvas, line.text, box, faces, ink)
    return Picture(canvas.image, tuple(tuple(edge * scale for edge in box) for box in moved))  # type: ignore[misc]


def _free_place(
    boxes: Sequence[tuple[float, float, float, float]], size: tuple[float, float], rng: random.Random
) -> tuple[float, float] | None:
    """Where a face covers no line: its left and top, millimetres; None where there is no room."""
    wide, high = _FACE
    free = [
        (x, y)
        for x in np.arange(1, size[0] - wide - 1, _STEP)
        for y in np.arange(1, size[1] - high - 1, _STEP)
        if not any(x < b[2] and b[0] < x + wide and y < b[3] and b[1] < y + high for b in boxes)
    ]
    return rng.choice(free) if free else None


def is_of_zone(text: str) -> bool:
    """Whether a made line is one of a machine-readable zone: these are all that have as many characters and fillers."""
    return len(text) in (30, 36, 44) and "<" in text and " " not in text


def has_letters(text: str) -> bool:
    """Whether the fonts have all letters of a text."""
    blocks = [(first, last) for first, last, _ in _SCRIPTS] + [("\0", "\u052f"), ("\u1e00", "\u206f")]
    return all(any(first <= c <= last for first, last in blocks) or not c.isalnum() for c in text)


def _fonts(rng: random.Random) -> tuple[str, ...]:
    """One font a script, for all of a document."""
    return (*(rng.choice(names) for _, _, names in _SCRIPTS), rng.choice(_OTHERS))


def _font_of(character: str, faces: Sequence[str]) -> str | None:
    """The font of a letter; None for what goes with its neighbours (spaces, digits, marks)."""
    for (first, last, _), name in zip(_SCRIPTS, faces, strict=False):
        if first <= character <= last:
            return name
    return faces[-1] if character.isalnum() or not character.isspace() else None


def _runs(text: str, faces: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pieces of a line, each of one font, in the order they are set in from the left."""
    pieces: list[list[str]] = []
    for character in text:
        name = _font_of(character, faces)
        if pieces and name in (None, pieces[-1][0]):
            pieces[-1][1] += character
        else:
            pieces.append([name or faces[-1], character])
    leftwards = next((c for c in text if c.isalpha()), "") in map(chr, range(0x590, 0x600))
    for name, piece in reversed(pieces) if leftwards else pieces:
        yield name, piece


@lru_cache(maxsize=256)
def _loaded(name: str, pixels: int):  # type: ignore[no-untyped-def]  # Pillow's FreeTypeFont, which is imported late
    from PIL import ImageFont

    path = installed_fonts().get(name)
    if path is None:
        raise FontsMissingError([_PACKAGE])
    return ImageFont.truetype(path, pixels, layout_engine=ImageFont.Layout.RAQM)


def _print_line(
    canvas: Canvas, text: str, box: tuple[float, float, float, float], faces: Sequence[str], ink: Colour
) -> None:
    from PIL import Image, ImageDraw

    left, top, right, bottom = (edge * canvas.scale for edge in box)
    pixels = max(6, round(1.05 * (bottom - top)))
    pieces = [(_loaded(name, pixels), piece) for name, piece in _runs(text, faces)]
    wide = sum(font.getlength(piece) for font, piece in pieces)
    mask = Image.new("L", (round(wide) + 2 * pixels, 3 * pixels))
    pen, draw = float(pixels), ImageDraw.Draw(mask)
    for font, piece in pieces:
        draw.text((pen, 2 * pixels), piece, fill=255, font=font, anchor="ls")
        pen += font.getlength(piece)
    # As wide as the page has room for; narrower letters are condensed as print is, never stretched.
    room = max(1.0, right - left)
    squeeze = min(1.0, room / max(wide, 1.0))
    mask = mask.resize((max(1, round(mask.width * squeeze)), mask.height), Image.Resampling.BOX)
    x, y = round(left - pixels * squeeze), round(top + 0.86 * (bottom - top) - 2 * pixels)
    _lay(canvas.image, np.asarray(mask), x, y, ink)


def _lay(image: np.ndarray, mask: np.ndarray, x: int, y: int, ink: Colour) -> None:
    """Blends a mask whose top left corner is at (x, y), which may lie outside the page."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = max(0, x), max(0, y), min(width, x + mask.shape[1]), min(height, y + mask.shape[0])
    if x1 > x0 and y1 > y0:
        blend(image[y0:y1, x0:x1], mask[y0 - y : y1 - y, x0 - x : x1 - x], ink)


def _print_zone(canvas: Canvas, line: SheetLine, box: tuple[float, float, float, float], rng: random.Random) -> None:
    font = single_font(rng, "evaluation", "mrz")
    left, _, right, bottom = box
    pitch = (right - left) / len(line.text)
    lettering = Lettering(FontFace(font, font), 1.55 * pitch, (20, 20, 25))
    canvas.pitched(left, bottom - 0.3, TextRun(line.text), lettering, pitch)
