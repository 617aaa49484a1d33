"""The table of a driving licence: which class of vehicles, since when, until when, with which codes.

Directive 2006/126/EC, Annex I: columns 9 (class), 10 (first issue), 11 (expiry) and 12 (codes). A row is a class with a
date to its right; whether a single date is the first or the last one, its column says, else the day of reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from extractor.schemas.dates import find_dates
from extractor.text.ocr import Line
from extractor.text.scripts import in_latin_letters
from extractor.visual.values import Context

_CLASS = re.compile(r"AM|A[12]?|B[1E]?|B96|BTP|C1?E?|D1?E?|[FGHKLMNPQSTW]|[A-D]1?\+E")
_CODES = re.compile(r"[0-9]{2,3}(?:\.[0-9A-Za-z/().-]+)?(?:,[0-9.,A-Za-z]+)*")
#: Rows and columns: how far apart the middles of their texts may be, in heights of a line.
_SAME_ROW, _SAME_COLUMN = 0.6, 2.5


@dataclass(frozen=True)
class VehicleClass:
    """One row; dates are ISO 8601, `score` is the reader's for the weakest part of it."""

    code: str
    since: str | None = None
    until: str | None = None
    restrictions: str | None = None
    score: float = 0.0


@dataclass(frozen=True)
class _Printed:
    text: str
    x: float
    y: float
    height: float
    score: float


@dataclass(frozen=True)
class _TableRow:
    head: _Printed
    dates: tuple[_Printed, ...]
    codes: tuple[_Printed, ...]


def read_table(lines: Sequence[Line], context: Context) -> list[VehicleClass]:
    """The rows of the table, from the top; empty where a page has none."""
    dates = [piece for line in lines for piece in _dates(line, context)]
    words = [piece for line in lines for piece in _words(line)]
    rows = [_TableRow(word, *_beside(word, dates, words)) for word in words if _CLASS.fullmatch(word.text.upper())]
    rows = [row for row in rows if row.dates]
    last = [row.dates[1].x for row in rows if len(row.dates) == 2]
    return [_entry(row, float(np.mean(last)) if last else None, context) for row in rows]


def _beside(head: _Printed, dates: Sequence[_Printed], words: Sequence[_Printed]) -> tuple[tuple[_Printed, ...], ...]:
    """The dates of a class's row, up to the next class in it, and the codes behind them."""
    row = [one for one in words if one.x > head.x and abs(one.y - head.y) < _SAME_ROW * head.height]
    end = min((one.x for one in row if _CLASS.fullmatch(one.text.upper())), default=float("inf"))
    own = [one for one in dates if head.x < one.x < end and abs(one.y - head.y) < _SAME_ROW * head.height]
    own = sorted(own, key=lambda one: one.x)[:2]  # codes (`01.06,70`) can look like a third
    behind = [one for one in row if own and own[-1].x < one.x < end and _CODES.fullmatch(one.text.strip(",;"))]
    return tuple(own), tuple(behind)


def _entry(row: _TableRow, last_column: float | None, context: Context) -> VehicleClass:
    since, until = (row.dates[0].text, row.dates[-1].text) if len(row.dates) == 2 else (None, None)
    if len(row.dates) == 1:
        (one,) = row.dates
        if last_column is None:
            is_last = one.text > (context.today or date.today()).isoformat()
        else:
            is_last = abs(one.x - last_column) < _SAME_COLUMN * one.height
        since, until = (None, one.text) if is_last else (one.text, None)
    codes = ",".join(piece.text.strip(",;") for piece in row.codes) or None
    score = min(piece.score for piece in (row.head, *row.dates))
    return VehicleClass(row.head.text.upper().replace("+", ""), since, until, codes, score)


def _dates(line: Line, context: Context) -> Iterator[_Printed]:
    found = find_dates(line.text, order=context.order, today=context.today, issuer=context.issuer)
    for printed in found:
        if len(printed.iso) == 10:
            yield _piece(line, printed.start, printed.end, printed.iso)


def _words(line: Line) -> Iterator[_Printed]:
    for match in re.finditer(r"[^\s|:]+", line.text):
        yield _piece(line, match.start(), match.end(), in_latin_letters(match[0]))


def _piece(line: Line, start: int, end: int, text: str) -> _Printed:
    """Some characters of a line, by the middle of where they stand."""
    places = line.positions if len(line.positions) == len(line.text) else np.linspace(0, 1, len(line.text))
    share = float(np.mean(places[start:end]))
    (left, top), (right, _), _, (_, bottom) = line.box
    tilt = float(line.box[1, 1] - line.box[0, 1])
    x, y = left + share * (right - left), (top + bottom) / 2 + share * tilt
    return _Printed(text, float(x), float(y), max(float(bottom - top), 1.0), line.score)
