"""Simulated OCR of a drawn page: its lines, with the mistakes that such readers make.

Recognition costs a second a page and training looks at hundreds a second. The mistakes are modelled on what PP-OCR
does to captured training pages: neighbours grow together, marks fall off letters, small captions lose letters, single
letters are not found, Cyrillic comes out as Latin look-alikes, and the machine-readable zone, read under its own
rules, is nearly always right. Hints are then laid out by the same code as in use (`extractor.prompting`).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from extractor.prompting import HINT_BYTES, Hints, page_hints
from extractor.schemas.text import strip_marks
from extractor.synthesis.canvas import PrintedLine
from extractor.synthesis.draw import DrawnPage
from extractor.synthesis.ornaments import SPECIMEN_WORDS
from extractor.text.ocr import Line

#: Chance that a character is misread: in values, and in captions, whose print is smaller; on a bad picture, times so.
_MISREAD, _MISREAD_CAPTION, _BAD = 0.004, 0.03, 6.0
_BAD_PICTURES = 0.15
#: Chance that a line is not found at all; lines of one letter are missed more often.
_LOST, _LOST_LETTER = 0.012, 0.1
#: Texts closer than this share of their height are found as one line; ideographs stand wider.
_TOUCHING, _TOUCHING_IDEOGRAPHS = 0.6, 1.4
_ZONE_FOUND, _ZONE_RIGHT = 0.93, 0.95
#: Share of pages in Cyrillic that are read by a reader that knows it.
_KNOWS_CYRILLIC = 0.5

_ALIKE: Mapping[str, str] = {
    "0": "OD8", "O": "0QD", "1": "I7l", "I": "1l", "5": "S6", "S": "5", "8": "B3", "B": "8E", "2": "Z7", "Z": "2",
    "6": "G8", "G": "6C", "7": "1T", "9": "g4", "4": "A9", "3": "8", "C": "G", "D": "O0", "E": "F", "F": "EP",
    "M": "N", "N": "M", "U": "V", "V": "U", "W": "VV", "K": "X", "X": "K", "Y": "V", "P": "F", "R": "P", "T": "7",
    "a": "eo", "e": "ao", "i": "l", "l": "i", "n": "r", "r": "", "m": "n", "t": "", "c": "e", "o": "0a", "s": "5",
    "h": "b", "d": "o", "u": "n", ".": ",", ",": ".", "-": "", "/": "l", "'": "", "<": "K", "日": "曰", "己": "已",
    "未": "末", "土": "士", "人": "入", "干": "千", "王": "玉", "大": "太", "日月": "明", "汪": "江", "侯": "候",
}  # fmt: skip
_LATIN_FOR_CYRILLIC = str.maketrans(
    "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя",
    "A6BTAEEX3NNKJMHONPCTYOXU4WWbbb3IRa6BraeX3nnknmHonpcTyoxu4wwbbb3IR",
)


def simulated_hints(page: DrawnPage, rng: random.Random, most: int = HINT_BYTES) -> Hints:
    """Hints of at most `most` bytes for a drawn page."""
    bad = _BAD if rng.random() < _BAD_PICTURES else 1.0
    cyrillic = rng.random() < _KNOWS_CYRILLIC
    values = {piece for text in page.printed.values() for piece in text.split("\n")}
    zone = page.fields.get("mrz")
    zone = [str(line) for line in zone] if zone and rng.random() < _ZONE_FOUND else None
    lines = []
    for text, box in _grown_together([line for line in page.lines if line[0].strip()], rng):
        if zone and text in zone:
            continue
        rate = bad * (_MISREAD if any(piece in text for piece in values) else _MISREAD_CAPTION)
        if rng.random() < bad * (_LOST_LETTER if len(text.strip()) == 1 else _LOST):
            continue
        seen = text if cyrillic else text.translate(_LATIN_FOR_CYRILLIC)
        lines.append(_line(misread(seen, rate, rng), box, rng))
    if rng.random() < 0.3:
        at = rng.choice(lines).box + np.float32(rng.uniform(20, 60)) if lines else np.zeros((4, 2), np.float32)
        lines.append(Line(SPECIMEN_WORDS.get(page.language, "SPECIMEN"), 0.8, at))
    return as_hints(lines, [_zone_line(line, bad, rng) for line in zone] if zone else None, most)


def as_hints(lines: Sequence[Line], zone: Sequence[str] | None, most: int = HINT_BYTES) -> Hints:
    """Lines of one page, and those of its zone, as the engine would put them into a prompt."""
    evidence: Any = SimpleNamespace(
        zone=SimpleNamespace(lines=tuple(zone)) if zone else None,
        pages=[SimpleNamespace(page=SimpleNamespace(lines=lines))],
    )
    return page_hints(evidence, most)


def _grown_together(lines: Sequence[PrintedLine], rng: random.Random) -> list[PrintedLine]:
    """Lines with those that nearly touch made one, as a detector sees them."""
    made: list[PrintedLine] = []
    for text, box in lines:
        if made:
            before, (left, top, right, bottom) = made[-1]
            height = min(box[3] - box[1], bottom - top)
            touching = (_TOUCHING_IDEOGRAPHS if text[0] >= "\u2e80" else _TOUCHING) * rng.uniform(0.6, 1.4)
            same_row = abs((box[1] + box[3]) - (top + bottom)) < 0.6 * height
            if same_row and -0.5 * height < box[0] - right < touching * height:
                joint = rng.choice(("", "", " ")) if text[0] < "\u2e80" else ""
                made[-1] = (before + joint + text, (left, min(top, box[1]), box[2], max(bottom, box[3])))
                continue
        made.append((text, box))
    return made


def misread(text: str, rate: float, rng: random.Random) -> str:
    """`text` with characters taken for others, dropped, or stripped of diacritics, at `rate` a character."""
    if rng.random() < 0.25 and "/" in text:
        text = text.replace(" / ", rng.choice(("/", " /", "/ ")))
    found = []
    for character in text:
        if rng.random() >= rate * (3 if character > "\x7f" and character < "\u2e80" else 1):
            found.append(character)
        elif strip_marks(character) != character and rng.random() < 0.7:
            found.append(strip_marks(character))
        elif (alike := _ALIKE.get(character)) and rng.random() < 0.8:
            found.append(rng.choice(alike))
        elif rng.random() < 0.4:
            continue
        else:
            found.append(rng.choice("abceilnorstEFIKLNORST0123456789"))
    return "".join(found)


def _zone_line(line: str, bad: float, rng: random.Random) -> str:
    """A line of a zone as the zone's own reader gives it: of its own alphabet and length, nearly always right."""
    if rng.random() < (_ZONE_RIGHT if bad == 1.0 else 0.8):
        return line
    characters = list(line)
    for _ in range(rng.choice((1, 1, 2, 3))):
        at = rng.randrange(len(characters))
        alike = [c for c in _ALIKE.get(characters[at], "") if c.isascii() and (c.isdigit() or c.isupper())]
        characters[at] = rng.choice(alike or list("ABCEKLMN0123456789<"))
    return "".join(characters)


def _line(text: str, box: tuple[float, float, float, float], rng: random.Random) -> Line:
    left, top, right, bottom = box
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    return Line(text, min(0.999, rng.gauss(0.95, 0.05)), corners)
