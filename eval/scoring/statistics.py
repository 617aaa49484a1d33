"""How sure a rate is, and whether two runs differ: everything counts by document.

Fields of one document, and pictures of one document, stand or fall together, so the document (`group` of a label) is
the unit: intervals resample documents, tests count documents.

- `wilson`: Wilson's score interval (1927) for independent yes/no observations; it stays honest at 0 and 1.
- `bootstrap`: percentile interval of a ratio, documents drawn with replacement (Efron and Tibshirani, 1993, 13).
- `interval`: the right one of the two. Where documents are few, or every one is right (or wrong), the bootstrap cannot
  tell, and Wilson's interval over the documents is given.
- `mcnemar`: exact, two-sided (a binomial test on the discordant pairs); `holm` corrects a family of tests (1979).
- `paired_bootstrap`: interval and standard error of a difference, both runs resampled together.
- `smallest_detectable`, `smallest_significant`: what this many documents could have shown at all.

What scipy has is scipy's; it has neither Holm's correction nor Connor's sample size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from statistics import NormalDist

import numpy as np
from scipy import stats
from scipy.optimize import bisect

LEVEL = 0.95
#: Probability with which a true difference of the size that is called detectable would be found.
POWER = 0.8
RESAMPLES = 2000
#: With fewer documents than this, resampling them says little about others.
FEWEST = 10
_Z_LEVEL, _Z_POWER = NormalDist().inv_cdf((1 + LEVEL) / 2), NormalDist().inv_cdf(POWER)


@dataclass(frozen=True)
class Interval:
    """`low` and `high` at LEVEL; `method` names the interval's method, `documents` the sample size."""

    low: float
    high: float
    method: str
    documents: int


def wilson(right: float, total: int) -> tuple[float, float]:
    """Wilson's score interval of `right` successes in `total` trials; where `right` is between two whole numbers, the
    interval that holds both of theirs. Raises ValueError for no trials."""
    if total < 1:
        raise ValueError("an interval needs at least one observation")
    whole = floor(right + 1e-9), ceil(right - 1e-9)
    low, high = (stats.binomtest(k, total).proportion_ci(LEVEL, method="wilson") for k in whole)
    return float(low.low), float(high.high)


def bootstrap(numerators: Sequence[float], denominators: Sequence[float]) -> tuple[float, float]:
    """Percentile interval of sum(numerators) / sum(denominators), one pair a document, documents resampled.

    Resamples in which the denominator is 0 say nothing and are left out. Raises ValueError if all are.
    """
    counted, among = _resampled(np.array([numerators, denominators], dtype=float))
    if not among.any():
        raise ValueError("an interval needs at least one observation")
    return _percentiles(counted[among > 0] / among[among > 0])


def interval(numerators: Sequence[float], denominators: Sequence[float]) -> Interval | None:
    """The interval of sum(numerators) / sum(denominators), one pair a document; None where there is nothing.

    Documents with one yes or no each get Wilson's, others the clustered bootstrap; fewer than FEWEST, and documents
    that are all right or all wrong, get Wilson's over the documents, which is too wide rather than too narrow.
    """
    pairs = [(n, d) for n, d in zip(numerators, denominators, strict=True) if d]
    if not pairs:
        return None
    documents = len(pairs)
    single = all(d == 1 and n in (0, 1) for n, d in pairs)
    extreme = all(n == 0 for n, _ in pairs) or all(n == d for n, d in pairs)
    if single or extreme or documents < FEWEST:
        share = sum(n for n, _ in pairs) / sum(d for _, d in pairs)
        return Interval(*wilson(share * documents, documents), "wilson", documents)
    low, high = bootstrap(*zip(*pairs, strict=True))
    return Interval(low, high, "bootstrap", documents)


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p-value: how surprising this split of the discordant pairs is if both runs are equally good."""
    discordant = only_first + only_second
    return float(stats.binomtest(only_first, discordant).pvalue) if discordant else 1.0


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """P-values corrected for their number by Holm's step-down procedure, in the order given."""
    corrected: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[name]))
        corrected[name] = largest
    return {name: corrected[name] for name in p_values}


@dataclass(frozen=True)
class Difference:
    """Second run minus first: the difference, its interval at LEVEL and its standard error, over `documents`."""

    value: float
    low: float
    high: float
    error: float
    documents: int

    @property
    def detectable(self) -> float:
        """The smallest true difference that would show with probability POWER, by the standard error."""
        return (_Z_LEVEL + _Z_POWER) * self.error


def paired_bootstrap(first: Sequence[tuple[float, float]], second: Sequence[tuple[float, float]]) -> Difference:
    """The difference of two ratios over the same documents, each given as (numerator, denominator) a document.

    Raises ValueError if the runs are not of the same documents, or if nothing was scored.
    """
    if len(first) != len(second):
        raise ValueError("a paired comparison needs the same documents in both runs")
    a, b = np.asarray(first, dtype=float).reshape(-1, 2), np.asarray(second, dtype=float).reshape(-1, 2)
    if not a[:, 1].any() or not b[:, 1].any():
        raise ValueError("a comparison needs at least one observation")
    sums = _resampled(np.concatenate([a.T, b.T]))
    n_1, d_1, n_2, d_2 = sums[:, (sums[1] > 0) & (sums[3] > 0)]
    differences = n_2 / d_2 - n_1 / d_1
    low, high = _percentiles(differences)
    value = b[:, 0].sum() / b[:, 1].sum() - a[:, 0].sum() / a[:, 1].sum()
    return Difference(float(value), low, high, float(differences.std()), len(a))


def smallest_significant(documents: int) -> float | None:
    """The smallest difference McNemar's exact test could call significant, all discordant pairs on one side.

    None where even a difference in every document would not do.
    """
    for discordant in range(1, documents + 1):
        if mcnemar(0, discordant) <= 1 - LEVEL:
            return discordant / documents
    return None


def smallest_detectable(documents: int, discordant: float) -> float | None:
    """The smallest true difference that this many pairs show with probability POWER.

    `discordant` is the share of pairs in which the runs differ. Solves Connor's sample size (Biometrics 43, 1987) for
    the difference; never below `smallest_significant`, and None where that is.
    """
    least = smallest_significant(documents)
    if least is None:
        return None
    found = bisect(lambda difference: _pairs_needed(difference, discordant) - documents, 1e-9, 1.0)
    return max(least, float(found))


def _pairs_needed(difference: float, discordant: float) -> float:
    # A difference cannot be larger than the share of pairs that differ.
    share = max(discordant, difference)
    return ((_Z_LEVEL * sqrt(share) + _Z_POWER * sqrt(share - difference**2)) / difference) ** 2


def _resampled(columns: np.ndarray) -> np.ndarray:
    """Sums of the rows (figures by document) over RESAMPLES resamples of the documents: (rows, RESAMPLES)."""
    rows, documents = columns.shape
    if documents < 1:
        raise ValueError("an interval needs at least one observation")
    if documents == 1:  # which scipy refuses: every resample is that document
        return columns
    found: np.ndarray = stats.bootstrap(
        tuple(columns),
        lambda *drawn, axis: np.stack([one.sum(axis=axis) for one in drawn]),
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=100,  # documents drawn for all resamples at once would fill the memory
        method="percentile",
        rng=np.random.default_rng(0),
    ).bootstrap_distribution
    return found.reshape(rows, -1)


def _percentiles(values: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
