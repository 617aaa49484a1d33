"""`python -m eval.recalibration RUN [RUN ...]`: what the reader's confidences ought to have been, from labelled runs.

Platt's scaling (in "Advances in Large Margin Classifiers", 1999): log-odds(right) = slope * log-odds(said) + offset,
by greatest likelihood with his smoothed targets, and a slope that is never below 0, so that the order of confidences
stays. Two numbers a group are few enough to be written into `extractor/reconcile.py`. Each run's are tried on the
others:

    python -m eval.recalibration runs/frozen runs/real

Groups are of values for which sources alone decide how sure the reader can be: one that only the visual zone gives, and
a name that the MRZ spells too: the MRZ has no diacritics, so it cannot confirm them. Sources' own confidences are
what is fitted, so the numbers stay true when they are put to use.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from eval.report.tables import markdown_table
from eval.running.records import RESULTS_FILE, FieldRecord, Results, read_results
from eval.scoring.calibration import auroc, expected_calibration_error
from extractor.ending import Parser, ended

#: Confidences are kept this far from 0 and 1, whose log-odds have no end.
_EDGE = 1e-4


@dataclass(frozen=True)
class Scale:
    """log-odds(right) = slope * log-odds(said) + offset."""

    slope: float
    offset: float

    def __call__(self, said: float) -> float:
        return 1 / (1 + exp(-(self.slope * _log_odds(said) + self.offset)))


@dataclass(frozen=True)
class GroupConfidences:
    """Confidences of a group, whether each value was right, and how much it counts: pictures of one document share
    the weight of one."""

    confidences: Sequence[float]
    right: Sequence[bool]
    weights: Sequence[float]


def fit(group: GroupConfidences) -> Scale:
    """The scale of greatest likelihood. Raises ValueError for nothing to fit."""
    if not group.confidences:
        raise ValueError("a scale needs at least one value")
    right = sum(w for w, r in zip(group.weights, group.right, strict=True) if r)
    wrong = sum(group.weights) - right
    high, low = (right + 1) / (right + 2), 1 / (wrong + 2)
    x = np.array([_log_odds(c) for c in group.confidences])
    target = np.where(group.right, high, low)
    weights = np.array(group.weights)

    def loss(parameters: np.ndarray) -> float:
        z = parameters[0] * x + parameters[1]
        return float(np.sum(weights * (np.logaddexp(0, z) - target * z)))

    found = minimize(loss, x0=(1.0, 0.0), bounds=((0, None), (None, None)), method="L-BFGS-B", options={"ftol": 1e-12})
    return Scale(float(found.x[0]), float(found.x[1]))


def _log_odds(share: float) -> float:
    kept = min(max(share, _EDGE), 1 - _EDGE)
    return log(kept / (1 - kept))


def _printed_alone(one: FieldRecord) -> float | None:
    kinds = {source["kind"] for source in one.sources if source["value"] is not None}
    return _best(one, "visual") if kinds == {"visual"} and one.verdict != "verified" else None


def _agreed_name(one: FieldRecord) -> float | None:
    return _best(one, "visual") if one.type == "name" and one.verdict == "agree" and _best(one, "mrz") else None


def _best(one: FieldRecord, kind: str) -> float | None:
    """The greatest confidence of the sources of a kind that gave a value."""
    given = [float(s["confidence"]) for s in one.sources if s["kind"] == kind and s["value"] is not None]
    return max(given, default=None)


#: Which values a scale is for, and the confidence of the source that it is fitted on (None: another group's).
GROUPS: Mapping[str, Callable[[FieldRecord], float | None]] = {
    "printed alone": _printed_alone,
    "agreed name": _agreed_name,
}


def confidences_of(results: Results, group: str) -> GroupConfidences:
    """The confidences of a group's values in a run."""
    found = [
        (confidence, one)
        for one in results.fields
        if one.score.given and (confidence := GROUPS[group](one)) is not None
    ]
    pictures = Counter((one.subject.group, one.field) for _, one in found)
    return GroupConfidences(
        [confidence for confidence, _ in found],
        [one.score.exact for _, one in found],
        [1 / pictures[one.subject.group, one.field] for _, one in found],
    )


def fitness(scale: Callable[[float], float], group: GroupConfidences) -> dict[str, Any]:
    """How well the scaled confidences of these values fit: calibration error, Brier score, AUROC."""
    adjusted = [scale(confidence) for confidence in group.confidences]
    pairs = list(zip(adjusted, group.right, group.weights, strict=True))
    brier = sum(w * (p - r) ** 2 for p, r, w in pairs) / sum(group.weights) if pairs else None
    return {
        "count": len(adjusted),
        "right": sum(group.right) / len(adjusted) if adjusted else None,
        "ece": expected_calibration_error(adjusted, group.right),
        "brier": brier,
        "auroc": auroc(adjusted, group.right),
    }


def tables(runs: Mapping[str, Results]) -> str:
    """Markdown: for each group the scale of each run and of all together, and how it does on the runs."""
    parts = []
    for group in GROUPS:
        own = {name: confidences_of(results, group) for name, results in runs.items()}
        own = {name: one for name, one in own.items() if one.confidences}
        rows = [_row("as it is", name, lambda confidence: confidence, one) for name, one in own.items()]
        fitted = {name: fit(one) for name, one in own.items()} | (
            {"all": fit(_together(own.values()))} if len(own) > 1 else {}
        )
        for name, scale in fitted.items():
            word = f"of {name}: slope {scale.slope:.2f}, offset {scale.offset:+.2f}"
            rows += [_row(word, other, scale, one) for other, one in own.items() if other != name or len(own) == 1]
        parts.append(f"{group}\n\n" + markdown_table(_HEADER, rows))
    return "\n".join(parts)


def _together(groups: Iterable[GroupConfidences]) -> GroupConfidences:
    kept = list(groups)
    return GroupConfidences(
        list(chain.from_iterable(one.confidences for one in kept)),
        list(chain.from_iterable(one.right for one in kept)),
        list(chain.from_iterable(one.weights for one in kept)),
    )


_HEADER = ("scale", "tried on", "values", "right, %", "calibration error, %", "Brier score", "AUROC")


def _row(word: str, name: str, scale: Callable[[float], float], one: GroupConfidences) -> list[str]:
    fitted = fitness(scale, one)
    return [
        word,
        name,
        str(fitted["count"]),
        f"{100 * fitted['right']:.1f}",
        f"{100 * fitted['ece']:.1f}",
        f"{fitted['brier']:.4f}",
        "–" if fitted["auroc"] is None else f"{fitted['auroc']:.3f}",
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code: 0, or 3 for a folder that holds no run."""
    return ended("eval.recalibration", lambda: _run(_options(argv)))


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(
        prog="python -m eval.recalibration",
        description="Says what the reader's confidences ought to have been, and tries each run's answer on the others.",
    )
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders that python -m eval.run has written")
    return parser.parse_args(argv)


def _run(options: argparse.Namespace) -> int:
    runs = {folder.resolve().name: read_results(folder / RESULTS_FILE) for folder in options.runs}
    print(tables(runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
