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

Array = NDArray[np.float64]


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
    used = set(first.columns)
    doubtful = [t for t in range(len(skip)) if (t in used) == bool(is_gap[t])]
    for t in doubtful:
        if t in used:
            rival = align(np.where(np.arange(len(skip))[:, None] == t, np.inf, fit), skip)
        else:
            rival = align(fit, np.where(np.arange(len(skip)) == t, np.inf, skip))
        if rival and rival.cost <= first.cost + within and all(rival.columns != a.columns for a in found):
            found.append(rival)
    return sorted(found, key=lambda alignment: alignment.cost)[:limit]
