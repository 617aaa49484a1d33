"""The evidence for one line: a row of columns, each of which holds one character or none.

A line of text gives one column per character. The output of a CTC recogniser gives one column per peak and keeps
the recogniser's doubts, and where the peaks lie: the zone is printed at a fixed pitch, so a gap of two pitches is a
lost character and two peaks within half a pitch are one character read twice. Between the columns, and at both
ends, lie gap columns, empty unless a character was lost there.

`Lattice.costs` turns a lattice into nats for one grade of print, ready for the aligner (`align`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from extractor.mrz.checkdigit import CHARACTERS, FILLER, INDEX
from extractor.mrz.confusion import (
    BLANK,
    CLASSES,
    FILLER_SURVIVES,
    Array,
    LineSource,
    Print,
    confusions,
    glyph,
    likeliest,
)

#: What a bare text says of how sure its characters are.
UNKNOWN = 0.5
# A character in a gap without other evidence for it: a filler beside other fillers, anything else.
_LOST_FILLER = 2e-2
_LOST_OTHER = 3e-4
# How much easier or harder (nats) each filler of a long run, of a pair, a lone one, and one at the end of the line is
# lost, where detectors stop early; and one in the space between two boxes.
_IN_RUN, _IN_PAIR, _LONE, _AT_END, _BETWEEN_BOXES = -1.4, 0.6, 2.3, -0.9, -2.4
# A column that holds no character of the zone: dirt, a doubled character.
_SPURIOUS = 1e-3
# Fillers that may have been lost from a run of them, and at the end of a line that no neighbour shows the length of.
_SLACK_RUN = 8
_SLACK_END = 6
# Fillers hidden in the space between boxes, or between the end of a box and the edge of the zone.
_SLACK_HIDDEN = 24
# A filler after fillers is one too many more easily than any other character is: in a long run, and as the second of
# the two that part surname and given names (nats).
_DOUBLED_IN_RUN, _DOUBLED_IN_PAIR = -3.0, -1.0
# Peaks vary by less than this share of the pitch in a fixed-pitch font; beyond it, positions prove nothing.
_REGULAR = 0.2


@dataclass(frozen=True)
class Column:
    """One column while a lattice is built; see `Lattice` for the parts."""

    probabilities: Array
    read: str = ""
    sure: float = 0.0
    is_gap: bool = False
    lost: float = 0.0
    kept: float = 0.0


_EMPTY = np.zeros(CLASSES)


@dataclass(frozen=True)
class Lattice:
    """Columns of one line.

    probabilities: (n, 38), per column: the blank, then the 37; zeros in a gap column that tells nothing.
    read: the character read in each column, empty in gap columns and where nothing of the zone was read.
    sure: (n,) the recogniser's own probability of `read`; UNKNOWN for a bare text, 0 in gap columns.
    is_gap: (n,) whether the column is empty unless something was lost.
    lost: (n,) nats that geometry adds to (or takes from) the cost of a character in this gap.
    kept: (n,) nats that it adds to (or takes from) the cost of leaving this column empty.
    source: whether the probabilities are a recogniser's or only stand for a text.
    """

    probabilities: Array
    read: tuple[str, ...]
    sure: Array
    is_gap: NDArray[np.bool_]
    lost: Array
    kept: Array
    source: LineSource

    @classmethod
    def of(cls, columns: Sequence[Column], source: LineSource) -> Lattice:
        """A lattice of these columns; an empty line is one empty gap."""
        columns = columns or [Column(_EMPTY, is_gap=True)]
        return cls(
            probabilities=np.array([column.probabilities for column in columns]),
            read=tuple(column.read for column in columns),
            sure=np.array([column.sure for column in columns]),
            is_gap=np.array([column.is_gap for column in columns]),
            lost=np.array([column.lost for column in columns]),
            kept=np.array([column.kept for column in columns]),
            source=source,
        )

    @property
    def text(self) -> str:
        """The line as it was read, free of any format."""
        return "".join(self.read)

    @property
    def size(self) -> int:
        """Number of characters read."""
        return len(self.text)

    def costs(self, grade: Print) -> tuple[Array, Array]:
        """`emit` (n, 37): nats for holding each character; `skip` (n,): nats for holding none."""
        if grade not in self._known:
            self._known[grade] = self._costs(grade)
        return self._known[grade]

    def _seen_through(self, grade: Print) -> Array:
        """(n, 37) likelihoods after the confusions of a grade of print.

        Worn fillers are read without conviction: where the recogniser is sure, print is never taken for worn.
        """
        seen = self.probabilities[:, 1:]
        clean = seen @ confusions(Print.CLEAN, self.source)
        if grade is Print.CLEAN:
            return clean
        worn = seen @ confusions(grade, self.source)
        if self.source is LineSource.TEXT:
            return worn
        doubt = np.clip(2.0 * (1.0 - seen.max(axis=1, keepdims=True)), 0.0, 1.0)
        mixed = clean + doubt * np.maximum(worn - clean, 0.0)
        filler = INDEX[FILLER]
        mixed[:, filler] -= (1.0 - FILLER_SURVIVES) * seen[:, filler]
        return mixed

    @cached_property
    def _known(self) -> dict[Print, tuple[Array, Array]]:
        return {}

    def _costs(self, grade: Print) -> tuple[Array, Array]:
        emit = self._seen_through(grade)
        prior = np.full(len(CHARACTERS), _LOST_OTHER)
        prior[INDEX[FILLER]] = _LOST_FILLER
        emit = np.where(self.is_gap[:, None], emit + prior, emit)
        emit_cost = -np.log(np.clip(emit, 1e-6, 1.0)) + np.where(self.is_gap, self.lost, 0.0)[:, None]
        blank = self.probabilities[:, BLANK] + np.where(self.is_gap, 1.0, _SPURIOUS)
        skip_cost = -np.log(np.minimum(blank, 1.0)) + self.kept
        return np.maximum(emit_cost, 0.0), np.maximum(skip_cost, 0.0)


def from_text(text: str) -> Lattice:
    """The lattice of a line of which only the text is known (any characters, spaces included)."""
    columns = _start_gap()
    run = 0
    letters = [c for c in text if c.isalpha()]
    # A line all in lower case is a recogniser's habit; single lower-case letters are what fillers turn into.
    habit = sum(c.islower() for c in letters) > len(letters) / 2
    characters = list(text.upper() if habit else text)
    for position, character in enumerate(characters):
        probabilities = glyph(character)
        known = np.array(probabilities) if probabilities else np.append(0.0, np.full(CLASSES - 1, 1 / 37))
        columns.append(Column(known, read=likeliest(character), sure=UNKNOWN))
        following = characters[position + 1] if position + 1 < len(characters) else ""
        run = run + 1 if columns[-1].read == FILLER else 0
        if run > 1:
            columns[-1] = replace(columns[-1], kept=_repeated(run))
        if run and likeliest(following) != FILLER:
            # The longer the run, the more of it were lost.
            lost = _IN_PAIR if run < 3 else _IN_RUN
            columns.extend(Column(_EMPTY, is_gap=True, lost=lost) for _ in range(_SLACK_RUN))
        else:
            columns.append(Column(_EMPTY, is_gap=True, lost=0.0 if run else _LONE))
    columns.extend(_end_gap())
    return Lattice.of(columns, LineSource.TEXT)


def _start_gap() -> list[Column]:
    return [Column(_EMPTY, is_gap=True, lost=3.0) for _ in range(2)]


def _end_gap() -> list[Column]:
    return [Column(_EMPTY, is_gap=True, lost=_AT_END) for _ in range(_SLACK_END)]


def from_log_probs(log_probs: NDArray[np.floating]) -> Lattice:
    """The lattice of a line from (T, 38) log probabilities of a CTC recogniser (see `ctc.Folder`).

    Raises ValueError for another number of columns.
    """
    frames = np.exp(np.asarray(log_probs, dtype=np.float64))
    if frames.ndim != 2 or frames.shape[1] != CLASSES:
        raise ValueError(f"expected (frames, {CLASSES}) log probabilities")
    peaks = _peaks(frames)
    if not peaks:
        return Lattice.of(_end_gap(), LineSource.PROBABILITIES)
    centres = np.array([_centre(frames, start, end) for start, end in peaks])
    spacing = _spacing(centres)
    columns = _start_gap()
    run = 0
    for k, (start, end) in enumerate(peaks):
        inside = frames[start:end].max(axis=0)
        inside[BLANK] = frames[start:end, BLANK].min()
        inside /= inside.sum()
        best = int(frames[start:end, 1:].max(axis=0).argmax())
        read = CHARACTERS[best]
        run = run + 1 if read == FILLER else 0
        kept = _repeated(run) if spacing is None else _doubled(spacing, k)
        columns.append(Column(inside, read=read, sure=float(inside[best + 1]), kept=kept))
        if k + 1 < len(peaks):
            between = frames[end : peaks[k + 1][0]]
            columns.extend(_gap_columns(between, None if spacing is None else float(spacing[k])))
    columns.extend(_end_gap())
    return Lattice.of(columns, LineSource.PROBABILITIES)


def _peaks(frames: Array) -> list[tuple[int, int]]:
    """Runs of frames (start, end) in which the same character beats the blank and all others."""
    best = frames.argmax(axis=1)
    edges = np.flatnonzero(np.diff(best)) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(best))
    return [(int(s), int(e)) for s, e in zip(starts, ends, strict=True) if len(best) and best[s] != BLANK]


def _centre(frames: Array, start: int, end: int) -> float:
    weight = 1.0 - frames[start:end, BLANK] + 1e-6
    return float((np.arange(start, end) * weight).sum() / weight.sum())


def _spacing(centres: Array) -> Array | None:
    """(n - 1,) distances between neighbours in pitches of the surrounding text; None where there is no pitch."""
    steps = np.diff(centres)
    if len(steps) < 8:
        return None
    # The pitch drifts along a line seen at an angle, so it is taken from the neighbourhood.
    reach = 7
    padded = np.pad(steps, reach, mode="reflect")
    local = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1)
    spacing = np.asarray(steps / np.maximum(local, 0.5))
    return spacing if np.median(np.abs(spacing - 1.0)) < _REGULAR else None


def _repeated(run: int) -> float:
    """Evidence (nats) that the last of `run` fillers is one too many, where geometry says nothing."""
    return _DOUBLED_IN_RUN if run > 2 else _DOUBLED_IN_PAIR if run == 2 else 0.0


def _doubled(spacing: Array, k: int) -> float:
    """Evidence (nats) against peak k being the same character as a neighbour: the room it has."""
    if not 0 < k < len(spacing):
        return 0.0
    reach = spacing[k - 1] + spacing[k]
    return -4.0 if reach < 1.5 else 0.0 if reach < 1.7 else 3.0


def _gap_columns(between: Array, spacing: float | None) -> list[Column]:
    """The gap between two peaks: as many columns as characters may be missing."""
    inside = between.max(axis=0) if len(between) else _EMPTY.copy()
    inside[BLANK] = 0.0
    if spacing is None:
        return [Column(inside, is_gap=True, lost=2.0)]
    if spacing < 1.6:
        return [Column(inside, is_gap=True, lost=6.0 if spacing < 1.3 else 2.0)]
    missing = min(max(1, round(spacing) - 1), _SLACK_RUN)
    return [Column(inside, is_gap=True, lost=-2.0, kept=2.0) for _ in range(missing)]


def extend(lattice: Lattice, missing: float) -> Lattice:
    """A line whose box ends `missing` characters before those of its neighbours: fillers that were not detected."""
    hidden = min(round(missing), _SLACK_HIDDEN)
    if hidden <= 0:
        return lattice
    space = [Column(_EMPTY, is_gap=True, lost=_BETWEEN_BOXES) for _ in range(hidden)]
    return _concatenate([lattice, Lattice.of(space, lattice.source)])


def join(pieces: Sequence[Lattice], gaps: Sequence[float]) -> Lattice:
    """One line that was found in several boxes side by side.

    `gaps[k]` is the space between piece k and the next, in characters; fillers may be hidden in it.
    """
    parts = [pieces[0]]
    for piece, gap in zip(pieces[1:], gaps, strict=True):
        hidden = min(max(round(gap), 1), _SLACK_HIDDEN)
        space = [Column(_EMPTY, is_gap=True, lost=_BETWEEN_BOXES) for _ in range(hidden)]
        parts.extend((Lattice.of(space, piece.source), piece))
    return _concatenate(parts)


def _concatenate(parts: Sequence[Lattice]) -> Lattice:
    return Lattice(
        probabilities=np.concatenate([part.probabilities for part in parts]),
        read=tuple(read for part in parts for read in part.read),
        sure=np.concatenate([part.sure for part in parts]),
        is_gap=np.concatenate([part.is_gap for part in parts]),
        lost=np.concatenate([part.lost for part in parts]),
        kept=np.concatenate([part.kept for part in parts]),
        source=min((part.source for part in parts), key=lambda source: source.value),
    )
