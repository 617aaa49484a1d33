"""Lines of text in every script, drawn as masks: training data of both recognisers.

A line (`texts` says what it reads) is drawn in one font of its script (harfbuzz shapes it), at the recogniser's
height, stretched to the nearest of a few widths; paper, ink and camera are added where it is trained (`disturb`).
Right-to-left stretches are drawn by themselves, in the order that `extractor.text.writing` has them.
"""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from extractor.text.writing import CHARACTERS, runs, visual
from extractor.training.text.texts import MRZ, WordLists, wording, zone_line

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

HEIGHT = 48
#: Lines are stretched to the nearest of these widths, pixels; the longest are those of a passport's MRZ.
WIDTHS = (64, 96, 128, 176, 240, 320, 432, 576, 768, 1056, 1536)
_RIGHT_TO_LEFT = ("ARABIC", "HEBREW")
_SIZE = 38


#: A font is one of a script's if it has all of these.
ASKED = {
    "LATIN": "AZazßéŁőŞğžĐ0", "VIETNAMESE": "AzĐđƯơẾặỹ0", "CYRILLIC": "АБЯжщў", "GREEK": "ΑΩάώς", "HANGUL": "가한국",
    "THAI": "กฮำ้็", "ARABIC": "ابتجهيءأىلا", "HEBREW": "אבתםץ", "DEVANAGARI": "कहज्ञ", "BENGALI": "কহজ্ঞ",
    "ARMENIAN": "ԱՖաֆ", "GEORGIAN": "აჰქ",
}  # fmt: skip


@dataclass(frozen=True)
class Target:
    """What a network is to read: its classes from 1 on (0 is CTC's blank), how many pixels a frame is wide, and how
    often a line's script is which."""

    characters: Sequence[str]
    frame: int
    shares: Mapping[str, float]
    #: Scripts that it learns to read. Of others the network that training began with says what it makes of them.
    labelled: frozenset[str]
    #: Share of Latin lines that are plain capitals, as most states print names: else letters with marks are as many as
    #: without, and the network sees marks in dirt.
    plain: float


#: The recogniser of other scripts.
SCRIPTS = Target(
    CHARACTERS,
    4,
    {
        "LATIN": 0.17, "VIETNAMESE": 0.06, "CYRILLIC": 0.13, "ARABIC": 0.16, "HANGUL": 0.09, "THAI": 0.12,
        "DEVANAGARI": 0.07, "GREEK": 0.07, "BENGALI": 0.04, "GEORGIAN": 0.025, "HEBREW": 0.07, "ARMENIAN": 0.03,
        "MRZ": 0.04,
    },
    frozenset(ASKED | {"MRZ": ""}),
    0.3,
)  # fmt: skip


def target_of(characters: Sequence[str]) -> Target:
    """What the network with this alphabet is to read: other scripts, or PP-OCRv6's own one Latin lines and zones.
    What that makes of scripts that it does not know tells the product to ask the other network: it is to stay so."""
    if tuple(characters) == CHARACTERS:
        return SCRIPTS
    shares = {
        "LATIN": 0.72, "MRZ": 0.07, "CYRILLIC": 0.05, "GREEK": 0.04, "ARABIC": 0.025, "HANGUL": 0.02, "THAI": 0.02,
        "HEBREW": 0.015, "DEVANAGARI": 0.015, "BENGALI": 0.01, "GEORGIAN": 0.005, "ARMENIAN": 0.01,
    }  # fmt: skip
    return Target(characters, 8, shares, frozenset(("LATIN", "MRZ")), 0.5)


@dataclass(frozen=True)
class Material:
    """Words by script and language, font files with what each can write, and what is to be read."""

    words: WordLists
    fonts: Mapping[str, frozenset[str]]
    by_script: Mapping[str, Sequence[str]]
    target: Target = SCRIPTS


@dataclass(frozen=True)
class DrawnLine:
    """A mask (48, w) uint8 of ink, and what it says: text in logical order, and its script."""

    mask: np.ndarray
    text: str
    #: as CTC reads it, left to right
    visual: str
    script: str


def load(words: Path, fonts: Path, target: Target = SCRIPTS) -> Material:
    """Reads the word lists (a JSON object of objects of lists: script, language, words) and looks into a folder of
    fonts."""
    from fontTools.ttLib import TTFont

    table = json.loads(words.read_text("utf-8"))
    has: dict[str, frozenset[str]] = {}
    for path in sorted(fonts.iterdir()):
        with TTFont(path, lazy=True, fontNumber=0) as font:
            has[str(path)] = frozenset(map(chr, font.getBestCmap() or {}))
    by_script = {script: [path for path, own in has.items() if set(asked) <= own] for script, asked in ASKED.items()}
    by_script["OCR"] = [path for path in has if "OCR" in path] or by_script["LATIN"]
    by_script["MRZ"] = [path for path in has if "OCRB" in path] or [path for path in has if "Mono" in path]
    listed = {script: [list(own) for own in languages.values()] for script, languages in table.items()}
    # Latin, but with more marks than all other languages together: it has lines of its own.
    listed["VIETNAMESE"] = [list(table.get("LATIN", {}).get("vi", ()))]
    return Material(listed, has, by_script, target)


def draw(rng: random.Random, material: Material, script: str | None = None) -> DrawnLine | None:
    """One line; None where no words or fonts serve its script, or it would be too dense to be read."""
    target = material.target
    script = script or rng.choices(list(target.shares), list(target.shares.values()))[0]
    if script != "MRZ" and not any(material.words.get(script, ())):
        return None
    text = zone_line(rng, material.words) if script == "MRZ" else wording(rng, material.words, script, target.plain)
    text = unicodedata.normalize("NFC", text)
    right = script in _RIGHT_TO_LEFT and rng.random() < 0.85
    wanted = visual(text, right_to_left=right)
    if not wanted.strip() or (script in target.labelled and not set(wanted) <= _known(target.characters)):
        return None
    mask = _drawn(rng, material, text, script, right)
    if mask is None:
        return None
    mask = _fitted(rng, mask, script)
    repeats = sum(one == two for one, two in pairwise(wanted))
    if len(wanted) + repeats > 0.85 * (mask.shape[1] // target.frame - 1):
        return None
    return DrawnLine(mask, text, wanted, script)


@lru_cache(maxsize=2)
def _known(characters: Sequence[str]) -> frozenset[str]:
    return frozenset(characters)


@lru_cache(maxsize=600)
def _font(path: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.RAQM)


@dataclass(frozen=True)
class _FontRun:
    """A stretch of a line in one font: whether it runs to the left, its size in pixels, and how black it is (0..1)."""

    text: str
    font: str
    left: bool
    size: int
    ink: float = 1.0


def _pieces(rng: random.Random, material: Material, text: str, script: str, right: bool) -> list[_FontRun] | None:
    """Stretches from left to right."""
    fonts = material.by_script[script]
    if script == "LATIN" and rng.random() < 0.15 and set(text) <= set(MRZ) | set(" -./:"):
        fonts = material.by_script["OCR"]
    if not fonts:
        return None
    size = rng.choice((30, 34, _SIZE, 42))
    own = rng.choice(fonts)
    for _ in range(3):
        if set(text) - {" "} <= material.fonts[own]:
            break
        own = rng.choice(fonts)
    fallback = rng.choice(material.by_script["LATIN"])
    pieces: list[_FontRun] = []
    for stretch, left in runs(text, right):
        part, font = "", own
        for c in stretch:
            chosen = font if c == " " else own if c in material.fonts[own] else fallback
            if c not in material.fonts[chosen] and c != " ":
                return None
            if chosen != font and part:
                pieces.append(_FontRun(part, font, left, size))
                part = ""
            part, font = part + c, chosen
        if left and pieces and part != stretch:
            return None  # a stretch that runs to the left in two fonts would have to be turned round
        pieces.append(_FontRun(part, font, left, size))
    return _in_two_styles(rng, material, pieces, fonts) if rng.random() < 0.3 else pieces


def _in_two_styles(
    rng: random.Random, material: Material, pieces: Sequence[_FontRun], fonts: Sequence[str]
) -> list[_FontRun]:
    """A caption and its value, as documents print them: what stands before or behind one of the spaces is smaller, in
    another font, or paler."""
    if any(piece.left for piece in pieces) or not any(" " in piece.text[1:-1] for piece in pieces):
        return list(pieces)
    place = rng.choice([i for i, piece in enumerate(pieces) if " " in piece.text[1:-1]])
    one = pieces[place]
    cut = rng.choice([i for i, c in enumerate(one.text) if c == " " and 0 < i < len(one.text) - 1])
    halves = (
        [*pieces[:place], replace(one, text=one.text[:cut])],
        [replace(one, text=one.text[cut:]), *pieces[place + 1 :]],
    )
    chosen = 0 if rng.random() < 0.7 else 1
    size, font = round(one.size * rng.uniform(0.5, 0.95)), rng.choice(fonts)
    ink = rng.choice((1.0, 1.0, rng.uniform(0.5, 1.0)))
    for at, piece in enumerate(halves[chosen]):
        known = set(piece.text) - {" "} <= material.fonts[font]
        halves[chosen][at] = replace(piece, size=size, ink=ink, font=font if known else piece.font)
    return [*halves[0], *halves[1]]


def _drawn(rng: random.Random, material: Material, text: str, script: str, right: bool) -> np.ndarray | None:
    """The ink of a line: (h, w) uint8, cut to its extent."""
    from PIL import Image, ImageDraw

    pieces = _pieces(rng, material, text, script, right)
    if pieces is None:
        return None
    size = max(piece.size for piece in pieces)
    spread = rng.choice((1, 2, 3, 5, 8, 12)) if rng.random() < 0.16 and script in _SEPARABLE else 0
    lengths = [
        _font(piece.font, piece.size).getlength(piece.text, direction="rtl" if piece.left else "ltr")
        + spread * len(piece.text)
        for piece in pieces
    ]
    image = Image.new("L", (int(sum(lengths)) + 2 * size, 3 * size))
    pen, x = ImageDraw.Draw(image), float(size)
    for piece, length in zip(pieces, lengths, strict=True):
        font, fill = _font(piece.font, piece.size), round(255 * piece.ink)
        if spread:
            place = x
            for c in piece.text:
                pen.text((place, 2 * size), c, fill=fill, font=font, anchor="ls")
                place += font.getlength(c) + spread
        else:
            direction = "rtl" if piece.left else "ltr"
            pen.text((x, 2 * size), piece.text, fill=fill, font=font, anchor="ls", direction=direction)
        x += length
    mask = np.asarray(image)
    rows, columns = np.flatnonzero(mask.max(1) > 40), np.flatnonzero(mask.max(0) > 40)
    if len(rows) < 3 or len(columns) < 3:
        return None
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


_SEPARABLE = ("LATIN", "VIETNAMESE", "CYRILLIC", "GREEK", "ARMENIAN", "GEORGIAN", "HEBREW", "HANGUL", "MRZ")


def _fitted(rng: random.Random, mask: np.ndarray, script: str) -> np.ndarray:
    """The mask with margins as the detector leaves them, at the recogniser's height and one of WIDTHS."""
    import cv2

    high, wide = mask.shape
    # A line of low letters alone is not as high as its font: the detector leaves more around it.
    full = max(high, 0.5 * _SIZE)
    top, bottom = (rng.uniform(-0.03, 0.28) * full for _ in range(2))
    left, right = (rng.uniform(-0.02, 0.5) * full for _ in range(2))
    canvas = np.zeros((max(4, int(high + top + bottom)), max(4, int(wide + left + right))), np.uint8)
    y, x = int(max(0, top)), int(max(0, left))
    cut_y, cut_x = int(max(0, -top)), int(max(0, -left))
    part = mask[cut_y : cut_y + canvas.shape[0] - y, cut_x : cut_x + canvas.shape[1] - x]
    canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
    if rng.random() < 0.12:
        _ruled(rng, canvas)
    if rng.random() < 0.2:
        canvas = np.asarray(
            (cv2.dilate if rng.random() < 0.6 else cv2.erode)(canvas, np.ones((2, 2), np.uint8)), np.uint8
        )
    elif script in ("LATIN", "CYRILLIC", "MRZ", "GREEK") and rng.random() < 0.04:
        canvas = canvas * ((np.arange(canvas.shape[0])[:, None] % 4 < 3) & (np.arange(canvas.shape[1]) % 4 < 3))
    aspect = rng.uniform(0.92, 1.08) if rng.random() < 0.6 else rng.uniform(0.68, 1.2)
    natural = canvas.shape[1] * HEIGHT / canvas.shape[0] * aspect
    width = min(WIDTHS, key=lambda one: abs(np.log(one / natural)))
    if natural < WIDTHS[0] * 0.9:  # narrow lines are padded in the product, too
        canvas = np.pad(canvas, ((0, 0), (0, int(canvas.shape[1] * (WIDTHS[0] / natural - 1)))))
    shrinks = width < canvas.shape[1]
    return cv2.resize(
        canvas.astype(np.uint8), (width, HEIGHT), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )


def _ruled(rng: random.Random, canvas: np.ndarray) -> None:
    """Rules of forms, and what the crop shows of the lines above and below."""
    high, wide = canvas.shape
    kind = rng.random()
    if kind < 0.4:
        y = rng.choice((rng.randint(0, 3), high - 1 - rng.randint(0, 3)))
        canvas[y : y + rng.randint(1, 3)] = rng.randint(90, 255)
    elif kind < 0.6:
        x = rng.choice((rng.randint(0, 4), max(0, wide - 1 - rng.randint(0, 4))))
        canvas[:, x : x + rng.randint(1, 2)] = rng.randint(90, 255)
    else:
        part = rng.randint(2, max(3, high // 8))
        shift = rng.randint(0, wide)
        strip = np.roll(canvas[high // 3 : high // 3 + part], shift, 1)
        if rng.random() < 0.5:
            canvas[:part] = np.maximum(canvas[:part], strip)
        else:
            canvas[-part:] = np.maximum(canvas[-part:], strip)
