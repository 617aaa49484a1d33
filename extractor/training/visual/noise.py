"""Simulated errors of photographs and recognition: characters misread, lines lost, cut and joined, boxes moved.

How bad a page is varies far more between pages than between lines, so rates are drawn once a page. Captions are small
and are misread up to ten times as often as values. Pages with true errors are made by `printed`.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from extractor.training.visual.labelled import Sheet, SheetLine
from extractor.training.visual.strays import strays
from extractor.visual.tags import NOTHING, is_value

_LOOKALIKES = {
    "a": "aeoâ", "e": "eco", "i": "il1j", "l": "li1I", "o": "o0ce", "n": "nmr", "m": "mnrn", "r": "rnt", "t": "tfr",
    "s": "sz5", "u": "uvi", "v": "vuy", "c": "ceo", "d": "dcl", "b": "bh6", "g": "gq9", "h": "hb", "y": "yv",
    "0": "0OD", "1": "1lI", "5": "5S", "8": "8B", "2": "2Z", "6": "6G", "/": "/l1I", "é": "ée", "è": "èe", "ç": "çc",
    "q": "qg",
}  # fmt: skip
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_MOST_LINES = 120


def disturb(sheet: Sheet, rng: random.Random) -> Sheet:
    """The page as recognition would leave it. The holder of every line is kept."""
    lines = [line.copy() for line in sheet.lines]
    lines = _lost(cut_off(lines, rng), rng)
    rates, spread, unspaced = _rates(rng), rng.choice((0.002, 0.005, 0.012, 0.04)), rng.choice((0.0, 0.03, 0.1, 0.4))
    lines = [_unspaced(_misread(line, rng, rates(line), spread), rng, unspaced) for line in lines]
    lines = [line for line in lines if line.text.strip()]
    lines = _cut(lines, rng)
    lines = _joined(lines, rng)
    lines += strays(lines, rng)
    lines = _moved(lines, rng)
    return replace(sheet, lines=in_order(lines)[:_MOST_LINES])


def cut_off(lines: list[SheetLine], rng: random.Random) -> list[SheetLine]:
    """Without what lies beyond an edge of the picture, now and then."""
    if rng.random() >= 0.06 or len(lines) < 6:
        return lines
    side = rng.randrange(4)
    ends = sorted(line.box[side] for line in lines)
    edge = ends[rng.randrange(len(ends) // 4)] if side < 2 else ends[-1 - rng.randrange(len(ends) // 4)]
    return [line for line in lines if (line.box[side] >= edge if side < 2 else line.box[side] <= edge)]


def _has_value(line: SheetLine) -> bool:
    return any(map(is_value, line.tags))


def _lost(lines: list[SheetLine], rng: random.Random) -> list[SheetLine]:
    """Without the captions and lines that were too small or too faint to be found."""
    chance = rng.random()
    captions = 1.0 if chance < 0.08 else rng.uniform(0.2, 0.9) if chance < 0.2 else 0.03
    anything = rng.choice((0.0, 0.01, 0.03))
    kept = []
    for line in lines:
        own = captions if not _has_value(line) and any(tag != NOTHING for tag in line.tags) else 0.0
        if rng.random() >= max(own, anything):
            kept.append(line)
    return kept


def _rates(rng: random.Random) -> Callable[[SheetLine], float]:
    chance = rng.random()
    captions = 0.0 if chance < 0.3 else rng.uniform(0, 0.12) if chance < 0.65 else rng.uniform(0.1, 0.4)
    values = 0.0 if rng.random() < 0.5 else rng.uniform(0, 0.05)
    return lambda line: values if _has_value(line) else captions * rng.uniform(0.3, 1.5)


def _misread(line: SheetLine, rng: random.Random, rate: float, spread: float) -> SheetLine:
    """The line with a share `rate` of its characters misread; `spread`: how far scores of good lines lie below 1."""
    text, tags, owners = [], [], []
    strip = rng.random() < 0.1
    for character, tag, owner in zip(line.text, line.tags, line.owners, strict=True):
        shown = unicodedata.normalize("NFD", character)[0] if strip else character
        own = rate * (1.0 if character < "\u0250" else 0.6)
        if rng.random() < own:
            kind = rng.random()
            if kind < 0.2:
                continue
            shown = _other(character, rng) if kind < 0.85 else shown + rng.choice(_LATIN + "/.-1")
        for one in shown:
            text.append(one)
            tags.append(tag)
            owners.append(owner)
    doubt = rng.uniform(0.1, 0.7) if rng.random() < 0.02 else abs(rng.gauss(0, spread))
    score = max(0.2, 1.0 - rate * rng.uniform(0.2, 1.0) - doubt)
    return replace(line, text="".join(text), tags=tags, owners=owners, score=score)


def _unspaced(line: SheetLine, rng: random.Random, chance: float) -> SheetLine:
    """The line with its spaces lost, or some of them, as narrow print is read."""
    if " " not in line.text or len(line.text) < 5 or rng.random() >= chance:
        return line
    lost = rng.choice((0.4, 1.0))
    keep = [i for i, c in enumerate(line.text) if c != " " or rng.random() >= lost]
    return line.only(keep)


def _other(character: str, rng: random.Random) -> str:
    small = character.lower()
    if small in _LOOKALIKES or character.isascii():
        shown = rng.choice(_LOOKALIKES.get(small, _LATIN)) if rng.random() < 0.75 else rng.choice(_LATIN)
        return shown.upper() if character.isupper() else shown
    # A neighbour in its block is of the same script.
    return chr(max(0x20, ord(character) + rng.choice((-3, -2, -1, 1, 2, 3))))


def _cut(lines: list[SheetLine], rng: random.Random) -> list[SheetLine]:
    """Lines cut at spaces, as the detector cuts where letters stand wide."""
    chance = rng.choice((0.02, 0.08, 0.25))
    found = []
    for line in lines:
        spaces = [i for i, c in enumerate(line.text) if c == " " and 0 < i < len(line.text) - 1]
        if spaces and rng.random() < chance:
            at = rng.choice(spaces)
            found += [line.part(range(at)), line.part(range(at + 1, len(line.text)))]
        else:
            found.append(line)
    return [line for line in found if line.text.strip()]


def _joined(lines: list[SheetLine], rng: random.Random) -> list[SheetLine]:
    """Neighbours in a row joined, as the detector joins what stands close."""
    chance, reach = rng.choice(((0.1, 0.8), (0.5, 1.2), (0.85, 1.8)))
    waiting = sorted(lines, key=lambda line: line.box[0])
    found: list[SheetLine] = []
    while waiting:
        line = waiting.pop(0)
        again = True
        while again:
            again = False
            height = line.box[3] - line.box[1]
            for other in waiting:
                gap = other.box[0] - line.box[2]
                own = min(height, other.box[3] - other.box[1])
                level = abs((other.box[1] + other.box[3]) - (line.box[1] + line.box[3])) < 0.7 * own
                if level and -0.3 * own < gap < reach * own and rng.random() < chance and line.holder == other.holder:
                    line = _together(line, other, spaced=gap > 0.15 * own and rng.random() < 0.9)
                    waiting.remove(other)
                    again = True
                    break
                if gap > reach * height:
                    break
        found.append(line)
    return found


def _together(line: SheetLine, other: SheetLine, *, spaced: bool) -> SheetLine:
    space = [NOTHING] if spaced else []
    box = [line.box[0], min(line.box[1], other.box[1]), other.box[2], max(line.box[3], other.box[3])]
    text = line.text + (" " if spaced else "") + other.text
    score = min(line.score, other.score)
    return SheetLine(text, line.tags + space + other.tags, line.owners + space + other.owners, box, line.holder, score)


def _moved(lines: list[SheetLine], rng: random.Random) -> list[SheetLine]:
    """A slant, a stretch and a shear of the page, and boxes a little off. The detector's boxes stand out over the
    letters by a share of their height and by some pixels, so that boxes of close lines overlap."""
    turn, shear = rng.gauss(0, 0.008), rng.gauss(0, 0.01)
    wide, high = rng.uniform(0.85, 1.2), rng.uniform(0.85, 1.2)
    heights = sorted(line.box[3] - line.box[1] for line in lines)
    share, more = rng.uniform(0.05, 0.45), rng.uniform(0, 0.25) * (heights[len(heights) // 2] if heights else 0.0)
    for line in lines:
        height = line.box[3] - line.box[1]
        margin = (share + rng.gauss(0, 0.06)) * height + more
        x, y = (line.box[0] + line.box[2]) / 2, (line.box[1] + line.box[3]) / 2
        dx, dy = (shear - turn) * y, turn * x
        near = [rng.gauss(0, 0.07) * height for _ in range(4)]
        line.box = [
            (line.box[0] + near[0] - margin / 2 + dx) * wide,
            (line.box[1] + near[1] - margin / 2 + dy) * high,
            (line.box[2] + near[2] + margin / 2 + dx) * wide,
            (line.box[3] + near[3] + margin / 2 + dy) * high,
        ]
    return lines


def in_order(lines: list[SheetLine]) -> list[SheetLine]:
    """Reading order, as `extractor.text.page.reading_order` has it: rows from the top, in each from the left."""
    rows: list[list[SheetLine]] = []
    for line in sorted(lines, key=lambda line: line.box[1] + line.box[3]):
        middle = (line.box[1] + line.box[3]) / 2
        if rows:
            last = rows[-1][-1]
            height = min(last.box[3] - last.box[1], line.box[3] - line.box[1])
            if abs(middle - (last.box[1] + last.box[3]) / 2) < 0.5 * height:
                rows[-1].append(line)
                continue
        rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.box[0])]
