"""Confidences: calibration, ranking, thresholds. By hand, and beside scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.scoring.calibration import (
    BINS,
    ERROR_BUDGET,
    Bin,
    RiskPoint,
    StraightThrough,
    auroc,
    bins,
    choose_threshold,
    expected_calibration_error,
    risk_coverage,
    straight_through,
)

pairs = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]), st.booleans()), min_size=1, max_size=40
)


def test_bins_by_hand() -> None:
    found = bins([0.05, 0.95, 0.85, 0.95], [False, True, True, False])
    assert found == [
        Bin(0.0, 0.1, 1, 0.05, 0.0),
        Bin(0.8, 0.9, 1, 0.85, 1.0),
        Bin(0.9, 1.0, 2, 0.95, 0.5),
    ]


def test_a_confidence_on_an_edge_is_in_the_lower_bin() -> None:
    (edge,) = bins([0.5], [True])
    assert (edge.low, edge.high) == (0.4, 0.5)
    (zero,) = bins([0.0], [True])
    assert (zero.low, zero.high) == (0.0, 0.1)
    (one,) = bins([1.0], [True])
    assert (one.low, one.high) == (0.9, 1.0)
    assert BINS == 10


def test_a_confidence_above_one_is_in_the_last_bin() -> None:
    (last,) = bins([1.0000001], [True])
    assert last.high == 1.0


def test_the_calibration_error_by_hand() -> None:
    # one value of 0.05 that is wrong, two of 0.95 of which one is right: (0.05 * 1 + 0.45 * 2) / 3
    assert expected_calibration_error([0.05, 0.95, 0.95], [False, True, False]) == pytest.approx(0.95 / 3)
    assert expected_calibration_error([1.0, 1.0], [True, True]) == 0.0
    assert expected_calibration_error([], []) is None


def test_auroc_by_hand() -> None:
    assert auroc([0.9, 0.8, 0.3, 0.2], [True, True, False, False]) == 1.0
    assert auroc([0.9, 0.8, 0.3, 0.2], [False, False, True, True]) == 0.0
    assert auroc([0.5, 0.5, 0.5], [True, False, True]) == 0.5
    # right: 0.9, 0.4; wrong: 0.6. Of two pairs one is in order.
    assert auroc([0.9, 0.6, 0.4], [True, False, True]) == 0.5
    assert auroc([0.9], [True]) is None
    assert auroc([0.9], [False]) is None
    assert auroc([], []) is None


def test_the_risk_coverage_curve_by_hand() -> None:
    found = risk_coverage([0.9, 0.5, 0.9, 0.1], [True, False, True, True])
    assert found == [RiskPoint(0.9, 0.5, 0.0), RiskPoint(0.5, 0.75, 1 / 3), RiskPoint(0.1, 1.0, 0.25)]
    assert risk_coverage([], []) == []


def test_the_threshold_lets_the_most_through_within_the_budget() -> None:
    points = [RiskPoint(0.9, 0.2, 0.0), RiskPoint(0.8, 0.5, 0.02), RiskPoint(0.7, 0.7, 0.01), RiskPoint(0.6, 1.0, 0.05)]
    assert choose_threshold(points) == RiskPoint(0.7, 0.7, 0.01)
    assert choose_threshold(points, 0.05) == RiskPoint(0.6, 1.0, 0.05)
    assert choose_threshold(points, 0.0) == RiskPoint(0.9, 0.2, 0.0)
    assert choose_threshold([RiskPoint(0.9, 0.2, 0.5)]) is None
    assert choose_threshold([]) is None
    assert ERROR_BUDGET == 0.01


@given(pairs, st.sampled_from([0.0, 0.1, 0.3, 0.5]))
def test_no_threshold_lets_more_through(result: list[tuple[float, bool]], budget: float) -> None:
    confidences, right = [c for c, _ in result], [r for _, r in result]
    chosen = choose_threshold(risk_coverage(confidences, right), budget)
    best = 0.0
    for threshold in confidences:
        passed = [r for c, r in result if c >= threshold]
        if passed.count(False) / len(passed) <= budget:
            best = max(best, len(passed) / len(result))
    assert (chosen.coverage if chosen else 0.0) == pytest.approx(best)


@given(pairs)
def test_the_curve_ends_with_everything(result: list[tuple[float, bool]]) -> None:
    points = risk_coverage([c for c, _ in result], [r for _, r in result])
    assert points[-1].coverage == 1.0
    assert points[-1].risk == pytest.approx(sum(not r for _, r in result) / len(result))
    assert [p.threshold for p in points] == sorted({c for c, _ in result}, reverse=True)


#: Names that fall into the first and into the second half.
FIRST, SECOND = ["a", "b", "c", "d"], ["e", "f", "g", "n"]


def test_documents_fall_into_two_halves_by_their_names() -> None:
    # confident documents right in one half, wrong in the other: what one half teaches fails on the other
    documents = FIRST[:2] + SECOND[:2]
    found = straight_through(documents, [0.9, 0.5, 0.9, 0.5], [True, True, False, False], budget=0.5)
    # fitted on the right half: threshold 0.5, used on the wrong half: both pass, both wrong
    # fitted on the wrong half: nothing keeps to the budget, nothing passes
    assert found == StraightThrough(0.5, 0.5, 1.0, 0.5, 0.5, 1.0)


def test_thresholds_chosen_on_one_half_hold_on_another_like_it() -> None:
    documents = FIRST + SECOND
    found = straight_through(documents, [0.9, 0.9, 0.2, 0.2] * 2, [True, True, False, False] * 2)
    assert found == StraightThrough(0.01, 0.9, 0.5, 0.0, 0.5, 0.0)


def test_pictures_of_one_document_are_never_in_both_halves() -> None:
    found = straight_through(["a", "a", "a"], [0.9, 0.8, 0.7], [True, True, False])
    assert (found.held_out_rate, found.held_out_risk) == (None, None)
    assert (found.threshold, found.rate, found.risk) == (0.8, 2 / 3, 0.0)


def test_where_nothing_keeps_to_the_budget_nothing_passes() -> None:
    found = straight_through(["a", "e"], [0.9, 0.9], [False, False])
    assert found == StraightThrough(0.01, None, 0.0, None, 0.0, None)
    alone = straight_through(["a"], [0.9], [False])
    assert alone == StraightThrough(0.01, None, 0.0, None, None, None)
