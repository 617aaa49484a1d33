"""The aligner against exhaustive search, and the rivals it offers."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.mrz.align import align, alignments, best_fit


def exhaustive(fit: np.ndarray, skip: np.ndarray) -> float:
    n, length = fit.shape
    best = np.inf
    for columns in combinations(range(n), length):
        cost = sum(fit[t, i] for i, t in enumerate(columns))
        cost += sum(skip[t] for t in range(n) if t not in columns)
        best = min(best, cost)
    return best


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(0, 4))
def test_the_best_alignment_is_found(seed: int, length: int, more: int) -> None:
    rng = np.random.default_rng(seed)
    fit, skip = rng.random((length + more, length)), rng.random(length + more)
    found = align(fit, skip)
    assert found.cost == pytest.approx(exhaustive(fit, skip))
    laid = sum(fit[t, i] for i, t in enumerate(found.columns))
    left = sum(skip[t] for t in range(length + more) if t not in found.columns)
    assert found.cost == pytest.approx(laid + left)
    assert list(found.columns) == sorted(set(found.columns))


def test_too_few_columns_do_not_fit() -> None:
    assert align(np.zeros((2, 3)), np.zeros(2)) is None


def test_rivals_put_a_lost_character_elsewhere() -> None:
    # Three columns with a gap after each, four places: the lost character may be anywhere.
    emit = np.full((6, 37), 9.0)
    emit[[0, 2, 4], [1, 2, 3]] = 0.0
    emit[[1, 3, 5], :] = np.array([3.0, 4.0, 5.0])[:, None]
    skip = np.array([9.0, 0.0, 9.0, 0.0, 9.0, 0.0])
    is_gap = np.array([False, True] * 3)
    found = alignments(emit, skip, np.zeros((4, 37)), is_gap, within=4.0, limit=8)
    assert [a.columns for a in found] == [(0, 1, 2, 4), (0, 2, 3, 4), (0, 2, 4, 5)]
    assert [a.cost for a in found] == pytest.approx([3.0, 4.0, 5.0])
    assert len(alignments(emit, skip, np.zeros((4, 37)), is_gap, within=1.5, limit=8)) == 2


def test_best_fit_chooses_the_character_that_suits_column_and_place() -> None:
    emit, prior = np.full((1, 37), 5.0), np.zeros((2, 37))
    emit[0, 24], emit[0, 0] = 0.0, 2.5
    prior[0, 24] = 6.0
    assert best_fit(emit, prior).tolist() == [[2.5, 0.0]]
