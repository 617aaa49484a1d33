"""The words of a page, which the layout reader assigns to fields.

A line is cut at spaces, at slashes, colons and bars that part languages (not in `N/A`), and after the number of a field
(`4a.`). Ideographs, kana and hangul are words of one character each, since they are printed without spaces. Every word
keeps its place in its line, so that a value is always a piece of what was read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from extractor.imaging.geometry import quad_size
from extractor.text.ocr import Line

#: Maximum number of words of a page; the largest real page that was seen has about 300.
MOST_WORDS = 384
_ONE_BY_ONE = "\u2e80-\u2fdf\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_PARTS = "/|:：／｜"
#: A comma between letters ends a word, though no space was read behind it.
_WORD = re.compile(
    rf"(?<!\w)[Nn]/[Aa](?!\w)|[{_ONE_BY_ONE}]|(?:[^\s{_ONE_BY_ONE}{_PARTS},]|,(?![^\W\d_]))+,?|[{_PARTS},]"
)
#: `4a.`, `(3)`, `5.` before a letter, a date or a number, `No.`, `Số`, and `LN`, `FN`, `DL` of North American licences,
#: before what they begin no name or number of: a caption run together with what follows.
_NUMBER = re.compile(
    r"\d[.)](?=\d{1,2}[./-]\d{1,2}[./-]\d{4})|\(?\d{1,2}[a-e]?[.)](?=\D|[A-Z0-9]{7})|\(?\d{1,2}[a-e][.)]?(?=\S{2})"
    r"|\d[A-E][.](?=\S{2})|[a-z]\)|(?:N[o°º]|№|S[ốỐ])[.:]?(?=[A-Z]*\d{3})|[FL]N(?=[A-Z]{2})|DL(?=[A-Z]\d{6})"
)
#: Thai titles, which cling to the name; not `นายทะเบียน` (registrar), `นายอำเภอ`, `นายก` and `นายแพทย์`.
_TITLE = re.compile(r"(?:นางสาว|นาย(?!ทะเบียน|อำเภอ|ก|แพทย์)|นาง(?!สาว)|เด็กชาย|เด็กหญิง|น\.ส\.)(?=[ก-ฮเ-ไ]\S)")
#: `DOB12/03/1990`, `SurnameSMITH`: a caption run together with digits or capitals (not a number like `MEND850630MVZ`).
_RUN_TOGETHER = re.compile(r"[^\W\d_]{3,}[.]?(?=\d{2}[^A-Z]*[A-Z]?$)|[^\W\d_]*?[a-zà-öø-ÿ]{3}(?=[A-ZÀ-ÖØ-ÞĀ-Ž]{2})")


@dataclass(frozen=True)
class Word:
    """Characters `start`..`end`-1 of line `line`; `box` is (left, top, right, bottom) on the page, pixels."""

    line: int
    start: int
    end: int
    text: str
    box: tuple[float, float, float, float]


def split_words(text: str) -> list[tuple[int, int]]:
    """Where the words of a line begin and end. A line with the fillers of an MRZ is one word."""
    if text.count("<") > 2:
        return [(0, len(text))]
    found = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        while end - start > 2:
            parts = (rule.match(text, start, end) for rule in (_NUMBER, _RUN_TOGETHER, _TITLE))
            part = next((one for one in parts if one and one.end() < end), None)
            if part is None:
                break
            found.append((start, part.end()))
            start = part.end()
        found.append((start, end))
    return found


def words_of(lines: Sequence[Line]) -> list[Word]:
    """The words of a page's lines, in the lines' order."""
    found = []
    for index, line in enumerate(lines):
        spans = split_words(line.text)
        for (start, end), (left, right) in zip(spans, _shares(line, spans), strict=True):
            found.append(Word(index, start, end, line.text[start:end], _box(line.box, left, right)))
    return found[:MOST_WORDS]


def _shares(line: Line, spans: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    """Left and right ends of words as shares of their line's width, from where the recogniser saw the characters."""
    length = len(line.text)
    places = line.positions if len(line.positions) == length else character_places(line.text)
    half = 0.5 / max(length, 1)
    return [
        (
            0.0 if start == 0 else max(0.0, float(places[start]) - half),
            1.0 if end == length else min(1.0, float(places[end - 1]) + half),
        )
        for start, end in spans
    ]


def character_places(text: str) -> np.ndarray:
    """Middles of characters as shares of a line's width, ideographs twice as wide as letters."""
    if text.isascii():
        return (np.arange(len(text)) + 0.5) / max(len(text), 1)
    widths = np.array([2.0 if c > "\u2e80" else 1.0 for c in text])
    return (np.cumsum(widths) - widths / 2) / max(widths.sum(), 1.0)


def _box(corners: np.ndarray, left: float, right: float) -> tuple[float, float, float, float]:
    """The part of a line's box between two shares of its width, upright, as high as the line."""
    a, b, c, d = corners
    start, end = (a + d) / 2, (b + c) / 2
    height = quad_size(corners)[1] / 2
    first, last = start + (end - start) * left, start + (end - start) * right
    return (
        float(min(first[0], last[0])),
        float(min(first[1], last[1]) - height),
        float(max(first[0], last[0])),
        float(max(first[1], last[1]) + height),
    )
