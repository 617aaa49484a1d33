"""Whether a confidence means what it says, and where to put the threshold below which a person looks.

All functions take two sequences of the same length: confidences in 0..1, and whether each value was right.

- `expected_calibration_error`: mean distance of confidence and accuracy over ten equal bins, weighted by their counts
  (Guo et al., "On Calibration of Modern Neural Networks", 2017).
- `auroc`: the probability that a right value has the higher confidence than a wrong one, ties counting half.
- `risk_coverage`: for every threshold, the share that passes it (coverage) and the share of wrong ones among them
  (risk); `area` is the mean risk over all coverages (El-Yaniv and Wiener, 2010; Geifman and El-Yaniv, 2017).
- `choose_threshold`: the lowest threshold whose risk keeps to a budget, so the one with the greatest coverage.
- `straight_through`: what a threshold that was chosen on other documents does: chosen on one half, used on the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from scipy.stats import mannwhitneyu

BINS = 10
#: Share of wrong ones among those that pass without a person that is accepted.
ERROR_BUDGET = 0.01


@dataclass(frozen=True)
class Bin:
    """Values whose confidence lies from `low` to `high`: how many, their mean confidence, their share of right ones."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class RiskPoint:
    """What passes `threshold`: the share of all (coverage), and the share of wrong ones among it (risk)."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True)
class StraightThrough:
    """What goes through without a person, at a threshold: the share of all, the share of wrong ones among it.

    `held_out_rate` and `held_out_risk` use on each half of the documents the threshold chosen on the other half;
    they are None where a half is empty. A risk is None where nothing passes.
    """

    budget: float
    threshold: float | None
    rate: float
    risk: float | None
    held_out_rate: float | None
    held_out_risk: float | None


def bins(confidences: Sequence[float], right: Sequence[bool]) -> list[Bin]:
    """Equal bins of confidence that hold anything, the lowest first; a confidence on an edge is in the lower bin."""
    held: dict[int, list[tuple[float, bool]]] = {}
    for confidence, is_right in zip(confidences, right, strict=True):
        edges = (k for k in range(BINS) if confidence <= (k + 1) / BINS)
        held.setdefault(next(edges, BINS - 1), []).append((confidence, is_right))
    return [
        Bin(k / BINS, (k + 1) / BINS, len(pairs), _mean([c for c, _ in pairs]), _mean([float(r) for _, r in pairs]))
        for k, pairs in sorted(held.items())
    ]


def expected_calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """Mean of |accuracy - confidence| over `bins`, weighted by count; None for nothing."""
    if not confidences:
        return None
    total = sum(one.count * abs(one.accuracy - one.confidence) for one in bins(confidences, right))
    return total / len(confidences)


def auroc(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """Area under the receiver operating characteristic; None unless there are right ones and wrong ones."""
    of_right = [c for c, is_right in zip(confidences, right, strict=True) if is_right]
    of_wrong = [c for c, is_right in zip(confidences, right, strict=True) if not is_right]
    if not of_right or not of_wrong:
        return None
    return float(mannwhitneyu(of_right, of_wrong, method="asymptotic").statistic) / (len(of_right) * len(of_wrong))


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> list[RiskPoint]:
    """One point for every confidence that occurs, the highest threshold (least coverage) first."""
    points = []
    passed = wrong = 0
    ordered = sorted(zip(confidences, right, strict=True), key=lambda pair: -pair[0])
    for threshold, tied in groupby(ordered, key=lambda pair: pair[0]):
        group = [is_right for _, is_right in tied]
        passed += len(group)
        wrong += len(group) - sum(group)
        points.append(RiskPoint(threshold, passed / len(ordered), wrong / passed))
    return points


def choose_threshold(points: Sequence[RiskPoint], budget: float = ERROR_BUDGET) -> RiskPoint | None:
    """The point of greatest coverage whose risk is within `budget`; None if there is none."""
    return max((p for p in points if p.risk <= budget), key=lambda p: p.coverage, default=None)


def straight_through(
    documents: Sequence[str], confidences: Sequence[float], right: Sequence[bool], budget: float = ERROR_BUDGET
) -> StraightThrough:
    """What passes without a person within `budget`. `documents` names the document of each entry: the halves share
    none, and which half it is in follows from its name alone. Figures on the same documents flatter a little, held-out
    ones are what a user would have met."""
    rows = list(zip(documents, confidences, right, strict=True))
    chosen = choose_threshold(risk_coverage(confidences, right), budget)
    rate, risk = (chosen.coverage, chosen.risk) if chosen else (0.0, None)
    halves = [[row for row in rows if _half(row[0]) == half] for half in (0, 1)]
    if not all(halves):
        return StraightThrough(budget, chosen.threshold if chosen else None, rate, risk, None, None)
    passed = []
    for fitted, used in (halves, reversed(halves)):
        point = choose_threshold(risk_coverage([c for _, c, _ in fitted], [r for _, _, r in fitted]), budget)
        passed += [r for _, c, r in used if point is not None and c >= point.threshold]
    held_out_risk = passed.count(False) / len(passed) if passed else None
    return StraightThrough(
        budget, chosen.threshold if chosen else None, rate, risk, len(passed) / len(rows), held_out_risk
    )


def _half(document: str) -> int:
    return hashlib.sha256(document.encode()).digest()[0] % 2


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
