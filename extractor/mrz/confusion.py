"""Confusions of optical readers: probabilities for the 37 characters of a machine-readable zone.

Two questions are answered here. `glyph` folds any character a recogniser can output (lower case, guillemets,
look-alikes of other scripts) into the 37; `confusions` says how probable it is that a character read as one of the
37 is truly another one.

The numbers are rounded from PP-OCR's readings of 57 specimens, as they are and made worse in five ways. Three things
stood out there. Letters are read as digits (O as 0 every third time, I as 1, S as 5, B as 8, Z as 2 every twentieth)
but digits hardly ever as letters. Nearly always the recogniser's own probabilities show the doubt, except for O.
And fillers come out as letters by the dozen or not at all. So there are two tables, for a bare TEXT and for
PROBABILITIES that already hold most of the doubt; and two grades of print, CLEAN, where a filler read as a letter is
an accident, and WORN (busy background, low contrast, poor enlargement), where it is the rule.
"""

from __future__ import annotations

import unicodedata
from enum import Enum
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from extractor.mrz.checkdigit import CHARACTERS, FILLER, INDEX

Array = NDArray[np.float64]

# Column 0 of every table of probabilities is "no character here", the CTC blank.
BLANK = 0
CLASSES = 1 + len(CHARACTERS)


class Print(Enum):
    """How well fillers survived; the value is the cost in nats of assuming so for a line."""

    CLEAN = 0.0
    WORN = 7.0


# Probability of any confusion that is not listed: -ln is about 10 nats.
_UNLISTED = 3e-5


class LineSource(Enum):
    """What a line is known from: its text, or the recogniser's probabilities; the value is a column of _DIRECTED."""

    TEXT = 0
    PROBABILITIES = 1


# "t>r p q": what was read as r is truly t, with probability p for a bare text and q beside probabilities.
_DIRECTED = """
O>0 .08 .05 | I>1 .05 .004 | S>5 .04 .006 | Z>2 .04 .003 | B>8 .04 .005 | G>6 .02 .004 | R>8 .004 .001
0>O .02 .004 | 1>I .02 .002 | 5>S .01 .001 | 2>Z .01 .001 | 8>B .01 .001 | 6>G .006 .0008 | D>0 .006 .001
0>D .003 .0008 | Q>0 .005 .002 | L>1 .006 .0008 | Z>7 .004 .0007 | A>4 .002 .0005 | T>1 .002 .0005 | S>8 .004 .001
"""
# "ab p": either of the two is read as the other, beside a bare text; beside probabilities it is a third of that.
_MUTUAL = """
Q0 .004 | QO .006 | DO .006 | U0 .0003 | IL .006 | 71 .002 | J1 .001 | IJ .0015 | IT .0015 | T7 .001 | 68 .001
38 .0015 | 56 .001 | 08 .0008 | 94 .0005 | 27 .001 | VY .004 | VU .002 | MN .0015 | MH .0008 | NH .0008 | WN .0008
WV .0008 | MW .0005 | KX .0015 | KR .001 | RP .001 | BR .001 | B3 .0008 | PF .0012 | EF .002 | LF .001 | CG .004
CO .001 | C0 .0005 | GO .0008 | G0 .0008 | 41 .0005 | 35 .001 | YT .001 | XY .0005 | S3 .0003 | 60 .0008 | 90 .0005
D8 .0003 | HK .0003 | LE .0005 | CE .0008 | B6 .001 | ND .0003 | AR .0003 | 9G .0003 | 9S .0003 | 34 .0001 | 23 .0003
12 .0003 | 46 .0003 | 89 .0008 | 95 .0005 | 85 .0008 | UJ .0008 | VN .0003 | AH .0003 | QG .0005 | 4H .0003
9Q .0003 | P9 .0003 | D1 .0002 | Y4 .0003 | EB .0005 | FT .0005 | TJ .0003 | GS .001 | ZN .001 | EM .0004 | DR .0005
"""

# What was read so and is truly a filler, in clean and in worn print; beside probabilities a quarter of it if clean.
_FILLER = {
    Print.CLEAN: "K .003 C .003 S .001 L .001 E .001 A .001 X .0007 R .0005 V .0004 4 .0005 6 .0005 Z .0005 I .0002",
    Print.WORN: (
        "K .10 C .10 S .06 E .06 L .04 X .035 R .035 N .02 A .035 V .02 G .02 Z .02 T .014 I .014 F .007 4 .007 "
        "6 .007 8 .007 0 .004 1 .007 2 .004 5 .007 7 .004 9 .004 B .007 D .004 H .007 J .004 M .007 O .004 P .007 "
        "Q .004 U .007 W .007 Y .007"
    ),
}
# Where print is worn, few fillers are read right; a line full of good ones is not worn.
FILLER_SURVIVES = 0.3
_READ_AS_FILLER = {Print.CLEAN: 2e-4, Print.WORN: 2e-3}
_MUTUAL_SHARE = {LineSource.TEXT: 1.0, LineSource.PROBABILITIES: 0.3}
_FILLER_SHARE = {LineSource.TEXT: 1.0, LineSource.PROBABILITIES: 0.25}


@cache
def confusions(grade: Print, source: LineSource) -> Array:
    """(37, 37) table: [read, true], probability that what was read so is truly that, up to a factor per row."""
    table = np.full((len(CHARACTERS), len(CHARACTERS)), _UNLISTED)
    for pair, probability in _entries(_MUTUAL):
        a, b = INDEX[pair[0]], INDEX[pair[1]]
        table[a, b] = table[b, a] = float(probability) * _MUTUAL_SHARE[source]
    for direction, *probabilities in _entries(_DIRECTED):
        true, read = direction.split(">")
        table[INDEX[read], INDEX[true]] = float(probabilities[source.value])
    filler = INDEX[FILLER]
    table[filler, :] = np.maximum(table[filler, :], _READ_AS_FILLER[grade])
    words = _FILLER[grade].split()
    share = _FILLER_SHARE[source] if grade is Print.CLEAN else 1.0
    for character, probability in zip(words[::2], words[1::2], strict=True):
        table[INDEX[character], filler] = float(probability) * share
    np.fill_diagonal(table, 1.0)
    if grade is Print.WORN:
        table[filler, filler] = FILLER_SURVIVES
    return table


def _entries(table: str) -> list[list[str]]:
    return [entry.split() for entry in table.replace("\n", "|").split("|") if entry.strip()]


# Glyphs outside the 37 and what they may be, each letter one share; `_` is nothing at all (dirt, a stray mark). The
# first one listed has a little more, so that there are no draws.
_FIRST_LISTED = 0.05
_GLYPHS = {
    "<": "<", "«": "<", "‹": "<", "≪": "<", "〈": "<", "《": "<", "⟨": "<", "く": "<", "ㄑ": "<", "巜": "<",
    "≤": "<", "﹤": "<", "ᐸ": "<", "＜": "<", "∠": "<", "Λ": "<A", "∧": "<A", "^": "<A", "ハ": "<", "八": "<",
    "人": "<", "入": "<", "乂": "<X", "£": "<E", "€": "<CE", "¢": "<C", "{": "<", "(": "<C", "[": "<C",
    "-": "<", "–": "<", "—": "<", "_": "<", "~": "<", "=": "<", "*": "<", "\\": "<", "/": "<17", "%": "<",
    "#": "<H", "&": "8<", "@": "<0", "+": "<", "×": "<X", "|": "II1", "!": "I1", "]": "JJI1", "}": "J<",
    ")": "JJ<", "¦": "I1", "$": "S", "§": "S", "?": "27", "¥": "Y", " ": "_<", ".": "__<", ",": "__<",
    "'": "___<", "’": "___<", "‘": "___<", "`": "___<", '"': "__<", "“": "__<", "”": "__<", ":": "__<",
    ";": "__<", "·": "__<", "•": "__<", "°": "__0", ">": "<", "c": "CCCCCC<", "k": "KKKKKK<", "e": "EEEE<",
    "s": "SSSSSSS5<", "x": "XXXXX<", "r": "RRRRR<", "z": "ZZZZZ2<", "v": "VVVVV<", "l": "1I", "i": "IIII1", "o": "O0",
    "q": "9Q", "g": "99G6", "b": "66B", "t": "TTT<", "ı": "I1", "ß": "B8", "d": "DDDD0", "А": "A", "В": "B",
    "Е": "E", "К": "K", "М": "M", "Н": "H", "О": "O", "Р": "P", "С": "C", "Т": "T", "У": "Y", "Х": "X",
    "З": "3", "І": "I", "Ѕ": "S", "Ј": "J", "б": "6", "Г": "F<", "Л": "<A", "Ю": "O", "Б": "6B", "Ч": "4",
    "Α": "A", "Β": "B", "Ε": "E", "Ζ": "Z", "Η": "H", "Ι": "I", "Κ": "K", "Μ": "M", "Ν": "N", "Ο": "O",
    "Ρ": "P", "Σ": "E<", "Τ": "T", "Υ": "Y", "Χ": "X", "φ": "0", "Ø": "0O", "Ф": "0O", "◯": "O0", "○": "O0",
    "〇": "0O", "口": "0O", "丨": "I1", "一": "<", "工": "I", "王": "E", "卜": "F<", "匚": "C<", "三": "E", "ヨ": "3",
    "乙": "Z2", "了": "7", "Æ": "A", "Œ": "O", "Đ": "D", "Ł": "L", "Ð": "D", "Þ": "P", "₤": "<E", "∈": "<E",
    "⊂": "<C", "⊆": "<E", "ε": "<E",
}  # fmt: skip


@lru_cache(maxsize=32768)
def glyph(character: str) -> tuple[float, ...] | None:
    """What a character of a recogniser's output may be: (38,) probabilities, or None when it says nothing."""
    code = character
    if code not in _GLYPHS and code not in INDEX:
        # Full-width forms, accents and lower case first lose what the zone cannot have.
        folded = unicodedata.normalize("NFKD", character)
        code = next((c for c in folded if not unicodedata.combining(c)), "")
        if code not in _GLYPHS and code.upper() in INDEX:
            code = code.upper()
    wanted = _GLYPHS.get(code, code if code in INDEX else "")
    if not wanted:
        return None
    probabilities = [0.0] * CLASSES
    total = len(wanted) + _FIRST_LISTED
    for rank, target in enumerate(wanted):
        share = 1.0 if rank else 1.0 + _FIRST_LISTED
        probabilities[BLANK if target == "_" else 1 + INDEX[target]] += share / total
    return tuple(probabilities)


@lru_cache(maxsize=32768)
def likeliest(character: str) -> str:
    """The one character of the 37 that `character` most probably is; empty for anything else."""
    probabilities = glyph(character)
    if probabilities is None:
        return ""
    best = max(range(CLASSES), key=lambda index: probabilities[index])
    return "" if best == BLANK else CHARACTERS[best - 1]
