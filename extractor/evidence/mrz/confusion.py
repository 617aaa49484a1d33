"""What an optical reader takes for what: probabilities for the 37 characters of a machine-readable zone.

Two questions are answered here. `glyph` folds any character a recogniser can output (lower case, guillemets,
look-alikes of other scripts) into the 37; `confusions` says how probable it is that a character read as one of the
37 is truly another one. The numbers are rounded from what PP-OCR and tesseract do to OCR-B on photographs; they
need to be right in order of magnitude only, because they are weighed against check digits and against the
recogniser's own probabilities.

Two grades of print are told apart: CLEAN, where a filler read as a letter is an accident, and WORN (busy
background, low contrast, poor enlargement), where fillers come out as K, C, S, E, ... by the dozen.
"""

from __future__ import annotations

import unicodedata
from enum import Enum
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from extractor.evidence.mrz.checkdigit import CHARACTERS, FILLER, INDEX

Array = NDArray[np.float64]

# Column 0 of every table of probabilities is "no character here", the CTC blank.
BLANK = 0
CLASSES = 1 + len(CHARACTERS)


class Print(Enum):
    """How well fillers survived; the value is the cost in nats of assuming so for a line."""

    CLEAN = 0.0
    WORN = 6.0


# Probability of any confusion that is not listed: -ln is about 10 nats.
_UNLISTED = 3e-5

# "ab p": a is read as b, and b as a, with probability p, however sure the recogniser is of it. What it doubts itself
# comes on top, with its own probabilities.
_PAIRS = """
O0 .08 | I1 .06 | S5 .04 | Z2 .04 | B8 .03 | G6 .008 | Q0 .004 | QO .006 | D0 .004 | DO .006 | U0 .0003 | L1 .003
IL .006 | T1 .0008 | 71 .002 | J1 .001 | IJ .0015 | IT .0015 | T7 .001 | 68 .001 | 38 .0015 | 56 .001 | 08 .0008
94 .0005 | A4 .0015 | 27 .001 | VY .004 | VU .002 | MN .0015 | MH .0008 | NH .0008 | WN .0008 | WV .0008 | MW .0003
KX .0015 | KR .001 | RP .001 | BR .001 | B3 .0008 | PF .0012 | EF .002 | CG .004 | CO .001 | C0 .0005 | GO .0008
G0 .0008 | 41 .0005 | 35 .001 | YT .001 | XY .0005 | S8 .002 | Z7 .002 | S3 .0003 | 60 .0008 | 90 .0005 | D8 .0003
HK .0003 | LE .0005 | CE .0005 | R8 .0008 | B6 .001 | ND .0003 | AR .0003 | 9G .0003 | 9S .0003 | 34 .0001 | 23 .0003
12 .0003 | 46 .0003 | 89 .0008 | 95 .0005 | UJ .0008 | VN .0003 | AH .0003 | QG .0005 | 4H .0003 | 9Q .0003
P9 .0003 | D1 .0002 | YX .0005 | Y4 .0003 | EB .0005 | FT .0005 | TJ .0003
"""

# What a filler is read as, in clean and in worn print.
_FILLER_CLEAN = (
    "K .003 C .003 S .001 L .001 E .001 X .0007 R .0005 V .0004 4 .0005 A .0003 6 .0005 Z .0005 I .0002 1 .0002"
)
_FILLER_WORN = (
    "K .14 C .14 S .08 E .08 L .06 X .05 R .05 N .03 A .03 V .03 G .03 Z .03 T .02 I .02 F .01 4 .01 6 .01 8 .01 "
    "0 .005 1 .01 2 .005 5 .01 7 .005 9 .005 B .01 D .005 H .01 J .005 M .01 O .005 P .01 Q .005 U .01 W .01 Y .01"
)
_READ_AS_FILLER = {Print.CLEAN: 2e-4, Print.WORN: 2e-3}


@cache
def confusions(grade: Print) -> Array:
    """(37, 37) table: [read, true], probability that what was read so is truly that, up to a factor per row."""
    table = np.full((len(CHARACTERS), len(CHARACTERS)), _UNLISTED)
    for entry in _PAIRS.replace("\n", "|").split("|"):
        if entry.strip():
            pair, probability = entry.split()
            a, b = INDEX[pair[0]], INDEX[pair[1]]
            table[a, b] = table[b, a] = float(probability)
    filler = INDEX[FILLER]
    table[filler, :] = np.maximum(table[filler, :], _READ_AS_FILLER[grade])
    words = (_FILLER_CLEAN if grade is Print.CLEAN else _FILLER_WORN).split()
    for character, probability in zip(words[::2], words[1::2], strict=True):
        table[INDEX[character], filler] = float(probability)
    np.fill_diagonal(table, 1.0)
    return table


# Glyphs outside the 37 and what they may be, with weights; `_` is nothing at all (dirt, a stray sign).
_GLYPHS = {
    "<": "<", "«": "<", "‹": "<", "≪": "<", "〈": "<", "《": "<", "⟨": "<", "く": "<", "ㄑ": "<", "巜": "<",
    "≤": "<", "﹤": "<", "ᐸ": "<", "＜": "<", "∠": "<", "Λ": "<A", "∧": "<A", "^": "<A", "ハ": "<", "八": "<",
    "人": "<", "入": "<", "乂": "<X", "£": "<E", "€": "<CE", "¢": "<C", "{": "<", "(": "<C", "[": "<C",
    "-": "<", "–": "<", "—": "<", "_": "<", "~": "<", "=": "<", "*": "<", "\\": "<", "/": "<17", "%": "<",
    "#": "<H", "&": "8<", "@": "<0", "+": "<", "×": "<X", "|": "I1L", "!": "I1", "]": "JJI1", "}": "J<",
    ")": "JJ<", "¦": "I1", "$": "S", "§": "S", "?": "27", "¥": "Y", " ": "_<", ".": "__<", ",": "__<",
    "'": "___<", "’": "___<", "‘": "___<", "`": "___<", '"': "__<", "“": "__<", "”": "__<", ":": "__<",
    ";": "__<", "·": "__<", "•": "__<", "°": "__0", ">": "<", "c": "CCCCCC<", "k": "KKKKKK<", "e": "EEEE<",
    "s": "SSSSSSS5<", "x": "XXXXX<", "r": "RRRRR<", "z": "ZZZZZ2<", "v": "VVVVV<", "l": "1IL", "i": "IIII1", "o": "O0",
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
    """What a character of a recogniser's output may be: (38,) probabilities, or None when it tells nothing."""
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
    for target in wanted:
        probabilities[BLANK if target == "_" else 1 + INDEX[target]] += 1.0 / len(wanted)
    return tuple(probabilities)


def likeliest(character: str) -> str:
    """The one character of the 37 that `character` most probably is; empty where it is none."""
    probabilities = glyph(character)
    if probabilities is None:
        return ""
    best = max(range(CLASSES), key=lambda index: probabilities[index])
    return "" if best == BLANK else CHARACTERS[best - 1]
