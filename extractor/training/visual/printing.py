"""Prints a made page (`sheet`) as a picture.

The layout reader is trained on pages of text and geometry. Here such a page is printed: every line in its box, in a
font of its script shaped by HarfBuzz (Pillow's raqm), the zone in OCR-B, on a background, with a face where there is
room. Fonts, paper and faces are of one pool: the evaluation's are those that no network was trained on.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from extractor.synthesis.backgrounds import background
from extractor.synthesis.canvas import Canvas, Colour, Lettering, TextRun, blend
from extractor.synthesis.fonts import FontFace, FontsMissingError, font_files, installed_fonts, packed_name, single_font
from extractor.synthesis.ornaments import choose_face, portrait
from extractor.synthesis.pools import Pool
from extractor.training.visual.labelled import Sheet, SheetLine

#: Scripts, each with its first and last code point and its fonts.
_Fonts = tuple[tuple[str, str, tuple[str, ...]], ...]
#: By pool; the evaluation pool's fonts are of Debian's fonts-noto-core.
_SCRIPTS: Mapping[Pool, _Fonts] = {
    "evaluation": (
        ("\u0590", "\u05ff", ("NotoSansHebrew-Regular.ttf", "NotoSerifHebrew-Regular.ttf", "NotoSansHebrew-Bold.ttf")),
        ("\u0900", "\u097f", ("NotoSansDevanagari-Regular.ttf", "NotoSerifDevanagari-Regular.ttf")),
        ("\u0e00", "\u0e7f", ("NotoSansThai-Regular.ttf", "NotoSerifThai-Regular.ttf", "NotoSansThai-Bold.ttf")),
    ),
    "training": (
        ("\u0530", "\u058f", ("FreeSerif.ttf", "FreeSans.ttf")),
        ("\u0590", "\u05ff", ("FreeSans.ttf", "FreeSerif.ttf")),
        ("\u0600", "\u06ff", ("Amiri-Regular.ttf", "Amiri-Bold.ttf", "KacstBook.ttf")),
        ("\u0900", "\u097f", ("FreeSerif.ttf", "FreeSans.ttf")),
        ("\u0e00", "\u0e7f", ("FreeSerif.ttf",)),
        ("\u10a0", "\u10ff", ("FreeSerif.ttf", "FreeSans.ttf")),
        ("\u3040", "\u30ff", ("ipag.ttf", "ipam.ttf", "BIZUDGothic-Regular.ttf")),
        ("\u3400", "\u9fff", ("wqy-microhei.ttc", "wqy-zenhei.ttc", "LXGWWenKai-Regular.ttf")),
        ("\uac00", "\ud7a3", ("NanumGothic.ttf", "NanumMyeongjo.ttf", "UnDotum.ttf")),
    ),
}
#: What letters of Latin, Greek and Cyrillic are set in.
_OTHERS: Mapping[Pool, tuple[str, ...]] = {
    "evaluation": ("NotoSans-Regular.ttf", "NotoSerif-Regular.ttf", "NotoSans-Bold.ttf", "NotoSansDisplay-Regular.ttf"),
    "training": (
        "LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf", "LiberationSansNarrow-Regular.ttf",
        "LiberationSerif-Regular.ttf", "LiberationMono-Regular.ttf", "Roboto-Regular.ttf", "Roboto-Medium.ttf",
        "RobotoCondensed-Regular.ttf", "RobotoCondensed-Bold.ttf", "FreeSans.ttf", "FreeSansBold.ttf", "FreeSerif.ttf",
    ),
}  # fmt: skip
_LEFTWARDS = frozenset(map(chr, range(0x590, 0x700)))
_MARGIN = 3.0
#: Width and height of a face, millimetres; and of the steps in which a place for it is looked for.
_FACE, _STEP = (22.0, 28.0), 2.0


@dataclass(frozen=True)
class Picture:
    """`image` (h, w, 3) uint8 RGB, and the boxes (left, top, right, bottom), pixels, of the sheet's lines in order,
    as wide as they were printed. `centres` (n, 2) float32 are where each of `characters` stands."""

    image: np.ndarray
    boxes: tuple[tuple[float, float, float, float], ...]
    characters: tuple[str, ...]
    centres: np.ndarray


def print_sheet(sheet: Sheet, rng: random.Random, pool: Pool = "evaluation") -> Picture:
    """The sheet on paper, 8 to 11 pixels a millimetre. Raises FontsMissingError."""
    left, top = (min(line.box[side] for line in sheet.lines) - _MARGIN for side in (0, 1))
    right, bottom = (max(line.box[side] for line in sheet.lines) + _MARGIN for side in (2, 3))
    scale = rng.uniform(8, 11)
    width, height = round((right - left) * scale), round((bottom - top) * scale)
    canvas = Canvas(background(rng, pool, width, height), scale)
    moved = [(b[0] - left, b[1] - top, b[2] - left, b[3] - top) for b in (line.box for line in sheet.lines)]
    if place := _free_place(moved, ((right - left), (bottom - top)), rng):
        portrait(canvas, pool, choose_face(rng), (*place, *_FACE), grey=rng.random() < 0.4)
    faces = _fonts(rng, pool, {letter for line in sheet.lines for letter in line.text})
    level = rng.randint(5, 60)
    ink = (level, level, min(255, level + rng.randint(0, 40)))
    boxes = []
    for line, box in zip(sheet.lines, moved, strict=True):
        left, top, right, bottom = (edge * scale for edge in box)
        if is_of_zone(line.text):
            _print_zone(canvas, line, box, rng, pool)
        else:
            right = left + _print_line(canvas, line.text, box, faces, ink)
        boxes.append((left, top, right, bottom))
    centres = np.asarray(canvas.centres, np.float32).reshape(-1, 2)
    return Picture(canvas.image, tuple(boxes), tuple(canvas.characters), centres)


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


def has_letters(text: str, pool: Pool = "evaluation") -> bool:
    """Whether the fonts of a pool have all letters of a text."""
    blocks = [(first, last) for first, last, _ in _SCRIPTS[pool]] + [("\0", "\u052f"), ("\u1e00", "\u206f")]
    return all(any(first <= c <= last for first, last in blocks) or not c.isalnum() for c in text)


def _fonts(rng: random.Random, pool: Pool, letters: set[str]) -> _Fonts:
    """One font a script, for all of a document; the last one's for what is of none. Where some fonts lack some of the
    document's letters, as many lack those of Kazakh or Vietnamese, one of the others is taken."""
    chosen: list[tuple[str, str, tuple[str, ...]]] = []
    for first, last, names in (*_SCRIPTS[pool], ("\0", "\U0010ffff", _OTHERS[pool])):
        own = {letter for letter in letters if first <= letter <= last and not letter.isspace()}
        letters = letters - own
        whole = [name for name in names if all(_has(name, letter) for letter in own)]
        chosen.append((first, last, (rng.choice(whole or names),)))
    return tuple(chosen)


@lru_cache(maxsize=200_000)
def _has(name: str, letter: str) -> bool:
    """Whether a font has a glyph for a letter, and not the box that stands for every missing one."""
    font = _loaded(name, 16)
    return bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))


def _font_of(character: str, faces: _Fonts) -> str | None:
    """The font of a character; None for a space, which goes with its neighbours."""
    if character.isspace():
        return None
    return next(names[0] for first, last, names in faces if first <= character <= last)


def _runs(text: str, faces: _Fonts) -> Iterator[tuple[str, str]]:
    """Pieces of a line, each of one font, in the order they are set in from the left."""
    pieces: list[list[str]] = []
    for character in text:
        name = _font_of(character, faces)
        if pieces and name in (None, pieces[-1][0]):
            pieces[-1][1] += character
        else:
            pieces.append([name or faces[-1][2][0], character])
    for name, piece in reversed(pieces) if runs_leftwards(text) else pieces:
        yield name, piece


def runs_leftwards(text: str) -> bool:
    """Whether the first letter of a line is of a script that is written from right to left."""
    return next((c for c in text if c.isalpha()), "") in _LEFTWARDS


def _package(name: str) -> str:
    """Debian's package of a font."""
    return next((font.package for font in font_files() if font.file == name), "fonts-noto-core")


@lru_cache(maxsize=256)
def _loaded(name: str, pixels: int):  # type: ignore[no-untyped-def]  # Pillow's FreeTypeFont, which is imported late
    from PIL import ImageFont

    present = installed_fonts()
    path = present.get(name) or present.get(packed_name(name, 0))
    if path is None:
        raise FontsMissingError([_package(name)])
    return ImageFont.truetype(path, pixels, layout_engine=ImageFont.Layout.RAQM)


@lru_cache(maxsize=65536)
def _advance(name: str, pixels: int, character: str) -> float:
    return float(_loaded(name, pixels).getlength(character))


def _print_line(canvas: Canvas, text: str, box: tuple[float, float, float, float], faces: _Fonts, ink: Colour) -> float:
    """Prints a line from the left of its box, and notes its characters; returns its width in pixels."""
    from PIL import Image, ImageDraw

    left, top, right, bottom = (edge * canvas.scale for edge in box)
    pixels = max(6, round(1.05 * (bottom - top)))
    pieces = [(name, piece, _loaded(name, pixels).getlength(piece)) for name, piece in _runs(text, faces)]
    wide = sum(length for _, _, length in pieces)
    mask = Image.new("L", (round(wide) + 2 * pixels, 3 * pixels))
    pen, draw = float(pixels), ImageDraw.Draw(mask)
    middles: list[float] = []
    for name, piece, length in pieces:
        draw.text((pen, 2 * pixels), piece, fill=255, font=_loaded(name, pixels), anchor="ls")
        # Shaping kerns and joins letters: advances of single ones, made to fit the piece.
        ends = np.cumsum([_advance(name, pixels, character) for character in piece])
        middles += (pen - pixels + (ends - np.diff(ends, prepend=0) / 2) * length / max(ends[-1], 1.0)).tolist()
        pen += length
    # As wide as the page has room for; narrower letters are condensed as print is, never stretched.
    room = max(1.0, right - left)
    squeeze = min(1.0, room / max(wide, 1.0))
    mask = mask.resize((max(1, round(mask.width * squeeze)), mask.height), Image.Resampling.BOX)
    baseline = round(top + 0.86 * (bottom - top))
    canvas.characters += [character for _, piece, _ in pieces for character in piece]
    canvas.centres += [(left + middle * squeeze, baseline - 0.35 * pixels) for middle in middles]
    x, y = round(left - pixels * squeeze), baseline - 2 * pixels
    _lay(canvas.image, np.asarray(mask), x, y, ink)
    return float(wide * squeeze)


def _lay(image: np.ndarray, mask: np.ndarray, x: int, y: int, ink: Colour) -> None:
    """Blends a mask whose top left corner is at (x, y), which may lie outside the page."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = max(0, x), max(0, y), min(width, x + mask.shape[1]), min(height, y + mask.shape[0])
    if x1 > x0 and y1 > y0:
        blend(image[y0:y1, x0:x1], mask[y0 - y : y1 - y, x0 - x : x1 - x], ink)


def _print_zone(
    canvas: Canvas, line: SheetLine, box: tuple[float, float, float, float], rng: random.Random, pool: Pool
) -> None:
    font = single_font(rng, pool, "mrz")
    left, _, right, bottom = box
    pitch = (right - left) / len(line.text)
    lettering = Lettering(FontFace(font, font), 1.55 * pitch, (20, 20, 25))
    canvas.pitched(left, bottom - 0.3, TextRun(line.text), lettering, pitch)
