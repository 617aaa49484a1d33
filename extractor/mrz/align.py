"""The best ways to lay a lattice's columns on the places of a line of known length.

A dynamic programme over columns and places, vectorised over places: a column is laid on the next place or skipped,
and every place gets exactly one column (gap columns stand in for lost characters). Where a character was lost or
doubled there are often several nearly equal ways; `alignments` gives the best and its rivals, because a check digit
may prove the second best. Half a millisecond each for a line of 44.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractor.mrz.confusion import Array


@dataclass(frozen=True)
class Alignment:
    """One way to fit a line: its cost in nats, priors included, and the column laid on each place."""

    cost: float
    columns: tuple[int, ...]


def align(fit: Array, skip: Array) -> Alignment | None:
    """The best alignment of n columns with L places, or None where there are fewer columns than places.

    fit: (n, L) nats for laying a column on a place; skip: (n,) nats for laying it nowhere.
    """
    n, length = fit.shape
    if n < length:
        return None
    best = np.full((n + 1, length + 1), np.inf)
    best[0, 0] = 0.0
    for t in range(n):
        np.add(best[t], skip[t], out=best[t + 1])
        np.minimum(best[t + 1, 1:], best[t, :-1] + fit[t], out=best[t + 1, 1:])
    if not np.isfinite(best[n, length]):
        return None
    columns = [0] * length
    t, i = n, length
    while i > 0:
        if best[t - 1, i - 1] + fit[t - 1, i - 1] <= best[t - 1, i] + skip[t - 1]:
            i -= 1
            columns[i] = t - 1
        t -= 1
    return Alignment(float(best[n, length]), tuple(columns))


def best_fit(emit: Array, prior: Array) -> Array:
    """(n, L) nats for laying each column on each place, with the character that suits both best.

    emit: (n, 37) nats of each character in each column; prior: (L, 37) nats of each character in each place.
    """
    return np.asarray((emit[:, None, :] + prior[None, :, :]).min(axis=2))


def alignments(
    emit: Array, skip: Array, prior: Array, is_gap: NDArray[np.bool_], *, within: float, limit: int
) -> list[Alignment]:
    """The best alignment and up to `limit` - 1 rivals that cost at most `within` nats more, best first.

    emit, prior: see `best_fit`; skip: see `align`; is_gap: (n,) columns that are normally empty. A rival is what is
    best when one decision of the best alignment - a lost character here, a superfluous one there - is forbidden.
    """
    fit = best_fit(emit, prior)
    first = align(fit, skip)
    if first is None:
        return []
    found = [first]
    made = _decisions(first, is_gap)
    for decision in made:
        # Forbid it, then also whatever takes its place, for as long as the line stays likely enough.
        forbidden = np.zeros(len(skip), dtype=bool)
        pending = [decision]
        while pending and len(found) < 2 * limit:
            for start, end in pending:
                forbidden[start:end] = True
            rival = align(
                np.where((forbidden & is_gap)[:, None], np.inf, fit), np.where(forbidden & ~is_gap, np.inf, skip)
            )
            if rival is None or rival.cost > first.cost + within:
                break
            if all(rival.columns != other.columns for other in found):
                found.append(rival)
            pending = [new for new in _decisions(rival, is_gap) if new not in made]
    return sorted(found, key=lambda alignment: alignment.cost)[:limit]


def _decisions(alignment: Alignment, is_gap: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Runs of columns (start, end) that make up one decision: a gap that was filled, or a character left out."""
    used = set(alignment.columns)
    runs = []
    start = 0
    while start < len(is_gap):
        end = start + 1
        while is_gap[start] and end < len(is_gap) and is_gap[end]:
            end += 1
        filled = any(column in used for column in range(start, end))
        if filled == bool(is_gap[start]):
            runs.append((start, end))
        start = end
    return runs
