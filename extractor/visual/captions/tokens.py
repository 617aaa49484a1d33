"""Lines as words with their places, and the runs of words that may be a caption. Ideographs count as words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extractor.schemas.dates import find_dates
from extractor.visual.captions.lexicon import MAX_WORDS, NUMBERING

#: Signs that part what stands before them from what stands after.
BREAKS = frozenset("/|\\:;·•：／")
_IDEOGRAPH = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TOKEN = re.compile(rf"[/|\\:;·•：／]|[{_IDEOGRAPH}]|[^\s/|\\:;·•：／{_IDEOGRAPH}]+")


@dataclass(frozen=True)
class Token:
    """A word of a line: characters `start` to `end` (exclusive) of it."""

    text: str
    start: int
    end: int

    @property
    def is_break(self) -> bool:
        return self.text in BREAKS


def tokens_of(text: str) -> list[Token]:
    """Words with their places; a number glued to what it numbers (`1.MUSTER`) is a word of its own."""
    found = []
    for match in _TOKEN.finditer(text):
        start, word = match.start(), match[0]
        # A number glued to its caption (`1.MUSTER`), a caption glued to its value (`CNP1850509`).
        glued = re.match(r"\(?\d{1,2}[a-d]?[.)](?=[^\W\d_])|[^\W\d_]{3,}[.:]?(?=\d{2})", word)
        cut = glued.end() if glued else _glued_number(word)
        if cut:
            found.append(Token(word[:cut], start, start + cut))
            start, word = start + cut, word[cut:]
        found.append(Token(word, start, start + len(word)))
    return found


def _glued_number(word: str) -> int:
    """Where the number of a field ends that OCR glued to its value (`3.20.12.2007`, `5.68ML77458`); 0 for none."""
    match = re.match(r"\d[a-d]?\.(?=\d)", word)
    if not match:
        return 0
    rest = word[match.end() :]
    dates = find_dates(rest)
    is_date = bool(dates) and dates[0].end - dates[0].start == len(rest)
    return match.end() if is_date or re.fullmatch(r"(?=.*\d)[A-Z\d]{5,}", rest) else 0


def windows(tokens: Sequence[Token]) -> Iterator[tuple[int, int, bool]]:
    """Runs of words (first, last, whether one begins its part and may be misspelt) within one part between breaks."""
    part: list[int] = []
    for index in range(len(tokens) + 1):
        if index < len(tokens) and not tokens[index].is_break:
            part.append(index)
            continue
        for position, first in enumerate(part):
            before = tokens[part[position - 1]].text if position else ""
            begins = not before or (position == 1 and bool(NUMBERING.match(before)))
            ideograph = is_ideograph(tokens[first].text)
            for last in part[position : position + (2 if ideograph else 1) * MAX_WORDS]:
                yield first, last, begins
        part = []


def is_ideograph(text: str) -> bool:
    return len(text) == 1 and text >= "\u2e80"
