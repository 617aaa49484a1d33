"""Names of the zone, which no check digit covers, compared with those that the visual zone prints, and mended by them.

Only letters that one recogniser or the other may have misread are exchanged: a name of the same length that differs in
one letter, or in one of five, where what was seen in both places and the spelling of names favour the printed
letter (`ERIKSSDN` beside a printed `Eriksson`). Everything else is left to `reconcile`, which tells of contradictions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from extractor.mrz.checkdigit import FILLER, INDEX, LETTERS
from extractor.mrz.confusion import LineSource, Print, confusions
from extractor.mrz.formats import Alphabet
from extractor.mrz.namefield import BIGRAM
from extractor.mrz.parse import parse
from extractor.mrz.reading import MrzReading, Reason, Repair
from extractor.mrz.rows import TextLine
from extractor.mrz.transliteration import agrees, character_forms

# Shorter words resemble each other too often.
_SHORTEST = 4
# Letters of a name for each that may differ.
_LETTERS_PER_ERROR = 5
# Nats between two letters that are never confused; less than this, and they may be.
_CONFUSABLE = 9.0
# A printed line read worse than this says nothing about single letters.
_READ_WELL = 0.8


@dataclass(frozen=True)
class _Printed:
    """Letters as the zone would write them, and the recogniser's probability of each."""

    letters: str
    sure: tuple[float, ...]


def mend_names(reading: MrzReading, lines: Sequence[TextLine], *, today: date | None = None) -> MrzReading:
    """The reading with letters of its names corrected by the page's other lines; itself where there is nothing to."""
    if not reading.proven:
        return reading
    fields = [field for field in reading.layout.fields if field.alphabet is Alphabet.NAME]
    rows = [list(line) for line in reading.mrz.lines]
    repairs: list[Repair] = []
    for field in fields:
        text = field.span.cut(reading.mrz.lines)
        for found in re.finditer(r"[A-Z]+(?:<[A-Z]+)*", text):
            start = field.span.start + found.start()
            for place, letter in _corrections(reading, field.span.line, start, found[0], lines):
                repairs.append(Repair(field.span.line, place, rows[field.span.line][place], letter, Reason.PRINTED))
                rows[field.span.line][place] = letter
    if not repairs:
        return reading
    mended = tuple("".join(row) for row in rows)
    mrz = parse(mended, reading.layout, today=today)
    return replace(reading, mrz=mrz, lines=tuple(line for line in mended if line), repairs=(*reading.repairs, *repairs))


def _corrections(
    reading: MrzReading, line: int, start: int, name: str, lines: Sequence[TextLine]
) -> list[tuple[int, str]]:
    """(place, letter) of what to change in a name that begins at `start`: the first printed name that explains it."""
    item = reading.evidence[line]
    if item is None or len(name) < _SHORTEST:
        return []
    words = name.replace(FILLER, " ")
    if any(agrees(words, text) for printed in lines for text in _windows(printed.text, name.count(FILLER) + 1)):
        return []
    for printed in lines:
        for other in _written(printed, name.count(FILLER) + 1):
            differing = [k for k, (a, b) in enumerate(zip(name, other.letters, strict=False)) if a != b]
            if len(other.letters) != len(name) or not 0 < len(differing) <= max(1, len(name) // _LETTERS_PER_ERROR):
                continue
            if all(_prefers_printed(item.costs[start + k], name, other, k) for k in differing):
                return [(start + k, other.letters[k]) for k in differing]
    return []


def _prefers_printed(costs: np.ndarray, name: str, other: _Printed, k: int) -> bool:
    """Whether both readings together, and the spelling, favour the printed letter at place k."""
    ours, theirs = name[k], other.letters[k]
    if FILLER in (ours, theirs):
        return False
    in_zone = float(costs[INDEX[theirs]] - costs[INDEX[ours]])
    table = confusions(Print.CLEAN, LineSource.PROBABILITIES)[INDEX[theirs]]
    sure = other.sure[k]
    printed = float(np.log(sure / (sure * table[INDEX[ours]] + (1 - sure) / len(LETTERS))))
    return in_zone < _CONFUSABLE and printed + _spelling(name, k, ours) - _spelling(name, k, theirs) > in_zone


def _spelling(name: str, k: int, letter: str) -> float:
    """Nats of a letter between its neighbours."""
    order = FILLER + LETTERS
    before, after = (order.index(c) for c in (name[k - 1 : k] or FILLER, name[k + 1 : k + 2] or FILLER))
    here = order.index(letter)
    return float(BIGRAM[before, here] + BIGRAM[here, after])


def _windows(text: str, count: int) -> Iterator[str]:
    """Every `count` words in a row of a printed line."""
    words = text.split()
    for k in range(len(words) - count + 1):
        yield " ".join(words[k : k + count])


def _written(line: TextLine, count: int) -> Iterator[_Printed]:
    """Every `count` words of a printed line as the zone may write them: in the standard's forms, in the shortest."""
    if line.text.count(FILLER) > 1:
        return
    known = getattr(line, "probabilities", ())
    sure = [float(p) for p in known] if len(known) == len(line.text) else [0.9] * len(line.text)
    if not sure or float(np.mean(sure)) < _READ_WELL:
        return
    words = list(re.finditer(r"\S+", line.text))
    for k in range(len(words) - count + 1):
        begin, end = words[k].start(), words[k + count - 1].end()
        for pick in (lambda forms: forms[0], lambda forms: min(forms, key=len)):
            letters, odds = "", []
            for character, odd in zip(line.text[begin:end], sure[begin:end], strict=True):
                form = pick(character_forms(character))
                letters += form
                odds += [odd] * len(form)
            if letters and all(c in LETTERS + FILLER for c in letters):
                yield _Printed(letters, tuple(odds))
