"""Text lines of a page -> rows that may be lines of a machine-readable zone.

A text detector breaks a line of the zone where fillers are faint, and leaves boxes of other text between and beside
the lines. Here boxes that look like parts of a zone are joined along their baseline; what does not look like one is
left out. How alike a zone a row really is, `find` decides by reading it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from extractor.mrz.checkdigit import CHARACTERS, DIGITS, FILLER
from extractor.mrz.confusion import Array, likeliest
from extractor.mrz.lattice import Lattice, extend, from_log_probs, from_text, join


class TextLine(Protocol):
    """What this package needs of a line of text.

    text: as recognised; box: (4, 2) corners clockwise from top left, in pixels of the upright page. An attribute
    `log_probs`, (T, 38) log probabilities folded by `ctc.Folder`, is used where it is there and not None.
    """

    @property
    def text(self) -> str: ...

    @property
    def box(self) -> NDArray[np.floating]: ...


@dataclass(frozen=True)
class Piece:
    """A text line with its geometry in the page's reading directions, in pixels: its ends, its centre, its height."""

    source: TextLine
    text: str
    left: float
    right: float
    down: float
    height: float


@dataclass(frozen=True)
class Row:
    """Pieces side by side, left to right, and what they say together."""

    pieces: tuple[Piece, ...]
    lattice: Lattice

    @cached_property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @cached_property
    def likeness(self) -> float:
        return likeness(self.text)

    @property
    def left(self) -> float:
        return self.pieces[0].left

    @property
    def right(self) -> float:
        return self.pieces[-1].right

    @cached_property
    def down(self) -> float:
        return float(np.mean([piece.down for piece in self.pieces]))

    @cached_property
    def height(self) -> float:
        return float(np.median([piece.height for piece in self.pieces]))

    @property
    def pitch(self) -> float:
        """Pixels per character."""
        return max((self.right - self.left) / max(self.lattice.size, 1), 1.0)

    @property
    def boxes(self) -> tuple[Array, ...]:
        return tuple(np.asarray(piece.source.box, dtype=np.float64) for piece in self.pieces)


# A joined row has at least this many characters; the shortest line of any format has nine.
_SHORTEST = 8
# A row this long that looks this much like a zone's, with three fillers, is one.
_TELLING, _ALIKE = 15, 0.45
# Rows within this many text heights may belong to one zone.
_NEAR = 6.0
# Rows that are read at most, and how much less promising than the best they may be.
_MOST, _WORTH = 12, 0.25


def likeness(text: str) -> float:
    """How much a text looks like a part of a zone, from 0 to 1: capitals, digits and fillers without spaces."""
    if not text.strip():
        return 0.0
    plain = sum(c in CHARACTERS for c in text)
    fillers = sum(likeliest(c) == FILLER and c not in "-/._ " for c in text)
    digits = sum(c in DIGITS for c in text)
    spaces = text.strip().count(" ")
    share = (plain + 0.5 * (len(text) - plain - spaces)) / len(text)
    marks = min(1.0, (fillers + 0.4 * digits) / 4.0)
    return share * (0.35 + 0.65 * marks) * 0.8**spaces


def find_rows(lines: Sequence[TextLine]) -> list[Row]:
    """The rows that may belong to a zone, most alike first, at most twelve."""
    turn = _tilt(lines)
    pieces = [_piece(line, turn) for line in lines if line.text.strip()]
    rows = [Row(group, _lattice(group)) for group in _groups(pieces)]
    rows = [row for row in rows if row.lattice.size >= _SHORTEST]
    rows.sort(key=_promise, reverse=True)
    rows = [row for row in rows[:_MOST] if _promise(row) > _WORTH * _promise(rows[0])]
    return [replace(row, lattice=extend(row.lattice, _missing(row, rows))) for row in rows]


def looks_like_zone(lines: Sequence[TextLine]) -> bool:
    """Whether some row of a page can be nothing but a line of a zone, even if no zone could be read."""
    return any(map(is_of_zone, find_rows(lines)))


def is_of_zone(row: Row) -> bool:
    """Whether a row can be nothing but a line of a zone."""
    text = row.text
    return len(text) >= _TELLING and row.likeness > _ALIKE and text.count(FILLER) > 2


def _missing(row: Row, rows: list[Row]) -> float:
    """How many characters before the zone's right edge the row ends, going by the rows it may share a zone with."""
    beside = [
        other.right
        for other in rows
        if abs(other.down - row.down) < _NEAR * row.height and abs(other.left - row.left) < 2 * row.height
    ]
    return (max(beside, default=row.right) - row.right) / row.pitch


def _promise(row: Row) -> float:
    return row.likeness * min(len(row.text), 44)


def _tilt(lines: Sequence[TextLine]) -> float:
    """The angle of the page's text against the horizontal, in radians, long lines counting most."""
    vectors = [np.asarray(line.box, dtype=np.float64)[1] - np.asarray(line.box)[0] for line in lines]
    weights = np.array([float(np.hypot(*v)) for v in vectors])
    if not vectors or not weights.sum():
        return 0.0
    angles = np.array([np.arctan2(v[1], v[0]) for v in vectors])
    order = angles.argsort()
    middle = np.searchsorted(weights[order].cumsum(), weights.sum() / 2)
    return float(angles[order][middle])


def _piece(line: TextLine, turn: float) -> Piece:
    box = np.asarray(line.box, dtype=np.float64)
    cos, sin = np.cos(turn), np.sin(turn)
    across = box[:, 0] * cos + box[:, 1] * sin
    down = box[:, 1] * cos - box[:, 0] * sin
    left, right = float(across[[0, 3]].mean()), float(across[[1, 2]].mean())
    height = float((np.hypot(*(box[3] - box[0])) + np.hypot(*(box[2] - box[1]))) / 2)
    return Piece(line, line.text, left, right, float(down.mean()), max(height, 1.0))


def _groups(pieces: list[Piece]) -> list[tuple[Piece, ...]]:
    """Zone-like pieces, each alone and, where neighbours continue it, joined with them."""
    alike = sorted((p for p in pieces if likeness(p.text) > 0.25 or _short(p.text)), key=lambda p: p.left)
    alone = [(piece,) for piece in alike if not _short(piece.text)]
    joined = []
    taken: set[int] = set()
    for index, piece in enumerate(alike):
        if index in taken:
            continue
        group = [piece]
        for other, candidate in enumerate(alike[index + 1 :], index + 1):
            if other not in taken and _continues(group[-1], candidate):
                group.append(candidate)
                taken.add(other)
        if len(group) > 1:
            joined.append(tuple(group))
    return alone + joined


def _short(text: str) -> bool:
    """Scraps of a broken line carry no mark of their own: `06`, `P`, `UTO`."""
    return len(text) <= 6 and all(likeliest(c) for c in text)


def _continues(piece: Piece, other: Piece) -> bool:
    """Whether `other` stands on the same baseline to the right of `piece`, in the same size."""
    height = (piece.height + other.height) / 2
    gap = other.left - piece.right
    return (
        abs(other.down - piece.down) < 0.5 * height
        and 0.55 < other.height / piece.height < 1.8
        and -0.8 * height < gap < 12 * height
    )


def _lattice(group: tuple[Piece, ...]) -> Lattice:
    parts = []
    for piece in group:
        log_probs = getattr(piece.source, "log_probs", None)
        parts.append(from_text(piece.text) if log_probs is None else from_log_probs(log_probs))
    longest = max(range(len(group)), key=lambda k: parts[k].size)
    pitch = (group[longest].right - group[longest].left) / max(parts[longest].size, 1)
    gaps = [(after.left - before.right) / max(pitch, 1.0) for before, after in pairwise(group)]
    return join(parts, gaps) if len(parts) > 1 else parts[0]
