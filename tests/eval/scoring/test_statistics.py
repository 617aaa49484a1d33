"""Intervals, tests and what a number of documents can show, by hand."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.scoring.statistics import (
    FEWEST,
    LEVEL,
    POWER,
    Interval,
    bootstrap,
    holm,
    interval,
    mcnemar,
    paired_bootstrap,
    smallest_detectable,
    smallest_significant,
    wilson,
)


def test_wilson_by_hand() -> None:
    # 8 of 10: centre (0.8 + 1.92073 / 10) / 1.384146 = 0.716740, half width 1.96 / 1.384146 * 0.160001 = 0.226588
    assert wilson(8, 10) == pytest.approx((0.490162, 0.943318), abs=1e-5)


def test_wilson_stays_inside_and_is_never_a_point() -> None:
    low, high = wilson(0, 20)
    assert low == 0.0
    assert high == pytest.approx(0.161125, abs=1e-5)
    assert wilson(20, 20) == pytest.approx((1 - 0.161125, 1.0), abs=1e-5)
    assert wilson(1, 1) == pytest.approx((0.206543, 1.0), abs=1e-5)
    with pytest.raises(ValueError, match="at least one"):
        wilson(0, 0)


def test_between_two_counts_wilsons_interval_holds_both() -> None:
    assert wilson(7.4, 9) == (wilson(7, 9)[0], wilson(8, 9)[1])


def test_the_bootstrap_is_wider_where_fields_of_a_document_fall_together() -> None:
    # the same fields, 80 % right: spread evenly over the documents, or whole documents right and wrong
    even = bootstrap([8] * 50, [10] * 50)
    together = bootstrap([10] * 40 + [0] * 10, [10] * 50)
    assert even == (0.8, 0.8)
    assert together == pytest.approx((0.68, 0.9), abs=0.03)


def test_the_bootstrap_leaves_resamples_of_nothing_out() -> None:
    low, high = bootstrap([1, 0, 0], [1, 0, 0])
    assert (low, high) == (1.0, 1.0)
    with pytest.raises(ValueError, match="at least one"):
        bootstrap([0, 0], [0, 0])
    with pytest.raises(ValueError, match="at least one"):
        bootstrap([], [])


def test_one_document_can_be_resampled_and_says_nothing_of_others() -> None:
    assert bootstrap([1], [2]) == (0.5, 0.5)


def test_one_yes_or_no_a_document_gets_wilsons_interval() -> None:
    shares = [1.0] * 15 + [0.0] * 5
    assert interval(shares, [1.0] * 20) == Interval(*wilson(15, 20), "wilson", 20)


def test_several_fields_a_document_get_the_bootstrap() -> None:
    counted, among = [3, 4, 5, 2] * 5, [5] * 20
    assert interval(counted, among) == Interval(*bootstrap(counted, among), "bootstrap", 20)
    shares = [0.5, 1.0] * 10
    assert interval(shares, [1.0] * 20) == Interval(*bootstrap(shares, [1.0] * 20), "bootstrap", 20)


@pytest.mark.parametrize("right", [0, 5])
def test_where_all_is_right_or_wrong_the_bootstrap_cannot_tell(right: int) -> None:
    found = interval([right] * 20, [5] * 20)
    assert found == Interval(*wilson(20 * right / 5, 20), "wilson", 20)


def test_one_document_unlike_the_others_is_enough_for_the_bootstrap() -> None:
    assert interval([5] * 19 + [4], [5] * 20) == Interval(*bootstrap([5] * 19 + [4], [5] * 20), "bootstrap", 20)
    assert interval([0] * 19 + [1], [5] * 20) == Interval(*bootstrap([0] * 19 + [1], [5] * 20), "bootstrap", 20)


def test_few_documents_get_wilsons_interval_over_documents() -> None:
    assert FEWEST == 10
    found = interval([4] * 8 + [5], [5] * 9)
    assert found == Interval(*wilson((4 * 8 + 5) / 45 * 9, 9), "wilson", 9)
    many = interval([4] * 9 + [5], [5] * 10)
    assert many is not None
    assert many.method == "bootstrap"


def test_documents_about_which_nothing_is_labelled_do_not_count() -> None:
    assert interval([1.0] * 12 + [0.0] * 3, [1.0] * 12 + [0.0] * 3) == Interval(*wilson(12, 12), "wilson", 12)
    assert interval([0.0], [0.0]) is None
    assert interval([], []) is None


def test_mcnemar_by_hand() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(3, 3) == 1.0
    assert mcnemar(0, 5) == pytest.approx(2 / 32)
    assert mcnemar(0, 6) == mcnemar(6, 0) == pytest.approx(2 / 64)
    assert mcnemar(1, 7) == mcnemar(7, 1) == pytest.approx(2 * (1 + 8) / 256)


def test_holm_by_hand() -> None:
    # 3 * 0.01; max(0.03, 2 * 0.02); max(0.04, 1 * 0.03)
    assert holm({"b": 0.03, "a": 0.01, "c": 0.02}) == pytest.approx({"b": 0.04, "a": 0.03, "c": 0.04})
    assert holm({"a": 0.6, "b": 0.7}) == {"a": 1.0, "b": 1.0}
    assert holm({"a": 0.04}) == {"a": 0.04}
    assert holm({}) == {}
    assert list(holm({"b": 0.9, "a": 0.1})) == ["b", "a"]


def _closed_testing(p_values: Sequence[float]) -> list[float]:
    """Holm's procedure as the closed test with Bonferroni's: the largest p of all intersections that hold a test."""
    numbers = range(len(p_values))
    sets = [one for size in numbers for one in itertools.combinations(numbers, size + 1)]
    return [max(min(1.0, len(s) * min(p_values[k] for k in s)) for s in sets if number in s) for number in numbers]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_the_closed_test_of_bonferroni(p_values: list[float]) -> None:
    named = {str(number): p for number, p in enumerate(p_values)}
    assert list(holm(named).values()) == pytest.approx(_closed_testing(p_values))


def test_the_difference_of_two_runs() -> None:
    first, second = [(8, 10)] * 30, [(8, 10)] * 15 + [(9, 10)] * 15
    found = paired_bootstrap(first, second)
    assert found.value == pytest.approx(0.05)
    assert found.documents == 30
    assert 0 < found.low < found.value < found.high < 0.1
    assert found.error == pytest.approx(0.1 * math.sqrt(0.25 / 30), rel=0.1)
    sides = found.value - 1.96 * found.error, found.value + 1.96 * found.error
    assert (found.low, found.high) == pytest.approx(sides, abs=0.002)
    assert found.detectable == pytest.approx((1.959964 + 0.841621) * found.error)
    other_way = paired_bootstrap(second, first)
    assert other_way.value == pytest.approx(-0.05)


def test_pairing_takes_the_documents_own_difficulty_out() -> None:
    # hard and easy documents, and a second run that is better by one in ten on each
    first = [(2, 10), (8, 10)] * 20
    second = [(3, 10), (9, 10)] * 20
    paired = paired_bootstrap(first, second)
    assert paired.value == pytest.approx(0.1)
    assert paired.error == pytest.approx(0.0, abs=1e-9)
    assert (paired.low, paired.high) == pytest.approx((0.1, 0.1))


def test_a_difference_needs_the_same_documents_and_something_to_count() -> None:
    with pytest.raises(ValueError, match="same documents"):
        paired_bootstrap([(1, 1)], [(1, 1), (1, 1)])
    with pytest.raises(ValueError, match="at least one"):
        paired_bootstrap([(0, 0)], [(1, 1)])
    with pytest.raises(ValueError, match="at least one"):
        paired_bootstrap([(1, 1)], [(0, 0)])
    with pytest.raises(ValueError, match="at least one"):
        paired_bootstrap([], [])


def test_resamples_without_any_labels_are_left_out_of_a_difference() -> None:
    found = paired_bootstrap([(1, 1), (0, 0), (0, 0)], [(0, 1), (0, 0), (0, 0)])
    assert (found.value, found.low, found.high) == (-1.0, -1.0, -1.0)
    lopsided = paired_bootstrap([(1, 1), (0, 0), (0, 0)], [(0, 0), (0, 1), (0, 0)])
    assert (lopsided.value, lopsided.low, lopsided.high) == (-1.0, -1.0, -1.0)


def test_six_discordant_documents_are_the_fewest_that_can_be_significant() -> None:
    assert smallest_significant(5) is None
    assert smallest_significant(6) == 1.0
    assert smallest_significant(100) == 0.06
    assert smallest_significant(0) is None


def test_the_smallest_detectable_difference_by_connors_formula() -> None:
    found = smallest_detectable(200, 0.2)
    assert found is not None
    z, power = 1.959964, 0.841621
    needed = ((z * math.sqrt(0.2) + power * math.sqrt(0.2 - found**2)) / found) ** 2
    assert needed == pytest.approx(200, rel=1e-6)
    assert found == pytest.approx(0.0878, abs=1e-3)


def test_what_is_detectable_is_never_less_than_what_can_be_significant() -> None:
    # no discordant pairs at all: Connor's formula alone would say 10 / 200
    assert smallest_detectable(200, 0.0) == pytest.approx(max(6 / 200, _connor_without_discordance(200)), rel=1e-3)
    assert smallest_detectable(6, 0.0) == 1.0
    assert smallest_detectable(5, 0.5) is None
    assert (LEVEL, POWER) == (0.95, 0.8)


def _connor_without_discordance(documents: int) -> float:
    """The difference d, all discordant pairs on one side: (z sqrt(d) + y sqrt(d - d^2))^2 = n d^2, by search."""
    z, power = 1.959964, 0.841621
    steps = np.linspace(1e-4, 1, 200_000)
    needed = ((z * np.sqrt(steps) + power * np.sqrt(steps - steps**2)) / steps) ** 2
    return float(steps[np.argmax(needed <= documents)])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), min_size=10, max_size=40))
def test_an_interval_holds_the_rate(pairs: list[tuple[int, int]]) -> None:
    counted, among = [min(n, d) for n, d in pairs], [d for _, d in pairs]
    found = interval(counted, among)
    assert found is not None
    assert 0 <= found.low <= sum(counted) / sum(among) + 1e-9
    assert sum(counted) / sum(among) - 1e-9 <= found.high <= 1
