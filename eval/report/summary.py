"""A run in numbers: `summary.json`, from which tables, plots and the README are made. It holds no value and no name.

    {"run": {...what ran...}, "settings": {...},
     "cells": {"embedded": {"engine": ..., "overall": SCORES, "languages": {"fr": SCORES, ...}, "schemas": {...},
                            "kinds": {...}, "captures": {...}, "scripts": {"passport, Latin script": SCORES, ...},
                            "fields": {"surname": SCORES, ...},
                            "mistakes": {"diacritics": 12, ...}, "failures": {"NoDocumentError": 1},
                            "calibration": {...}, "cost": {...}}},
     "comparisons": [...]}

SCORES hold counts (`documents`, `pictures`, `fields` labelled, `values`, `blanks`) and rates: `{"value", "low", "high",
"method"}`, or null where nothing was labelled. Documents count, not pictures: several pictures of one document share
its weight. `exact_by_picture` and the like give every picture the same weight.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from eval.running.measuring import quantile
from eval.running.records import DocumentRecord, FieldRecord, Results
from eval.scoring.calibration import (
    ERROR_BUDGET,
    auroc,
    bins,
    choose_threshold,
    expected_calibration_error,
    risk_coverage,
    straight_through,
)
from eval.scoring.metrics import ANLS_THRESHOLD, FUZZY_THRESHOLD, PARTS, Ratio, f1, ratio
from eval.scoring.statistics import FEWEST, LEVEL, RESAMPLES, bootstrap, interval
from extractor.labels.format import script_group

Rate = dict[str, Any]
#: Rates that are shares of fields, and have an interval.
_SHARES = ("exact", "folded", "fuzzy", "precision", "hallucination_rate", "miss_rate")
#: A risk-coverage curve is thinned to about this many points.
_CURVE_POINTS = 200


def summarise(
    results: Results,
    cells: Mapping[str, Mapping[str, Any]],
    run: Mapping[str, Any],
    *,
    budget: float = ERROR_BUDGET,
    comparisons: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The summary of a run. `cells` say what each cell is, `run` what ran."""
    return {
        "run": dict(run),
        "settings": {
            "error_budget": budget,
            "fuzzy_threshold": FUZZY_THRESHOLD,
            "anls_threshold": ANLS_THRESHOLD,
            "level": LEVEL,
            "resamples": RESAMPLES,
        },
        "cells": {
            name: {**cells.get(name, {}), **summarise_cell(results.of_cell(name), budget)} for name in results.cells()
        },
        "comparisons": [dict(one) for one in comparisons],
    }


def summarise_cell(results: Results, budget: float = ERROR_BUDGET) -> dict[str, Any]:
    """Everything about one cell."""
    cuts: dict[str, Callable[[Any], str]] = {
        "languages": lambda one: one.subject.language,
        "schemas": lambda one: one.subject.schema,
        "kinds": lambda one: one.subject.kind,
        "captures": lambda one: one.subject.capture,
        "scripts": lambda one: f"{one.subject.schema}, {script_group(one.subject.language)}",
    }
    return {
        "overall": scores(results.documents, results.fields),
        **{cut: _by(results, key) for cut, key in cuts.items()},
        "fields": {name: scores((), records) for name, records in _groups(results.fields, lambda r: r.field).items()},
        "mistakes": dict(Counter(r.mistake for r in results.fields if r.mistake).most_common()),
        "failures": dict(Counter(d.failure.partition(":")[0] for d in results.documents if d.failure).most_common()),
        "calibration": calibration(results, budget),
        "cost": cost(results.documents),
    }


def _groups(records: Iterable[Any], key: Callable[[Any], str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for record in records:
        found[key(record)].append(record)
    return dict(sorted(found.items()))


def _by(results: Results, key: Callable[[Any], str]) -> dict[str, Any]:
    scored = _groups(results.fields, key)
    return {name: scores(own, scored.get(name, [])) for name, own in _groups(results.documents, key).items()}


def scores(documents: Sequence[DocumentRecord], scored: Sequence[FieldRecord]) -> dict[str, Any]:
    """SCORES of some documents and of their fields; without documents, of the fields alone."""
    subjects = {one.subject for one in documents} | {one.subject for one in scored}
    result: dict[str, Any] = {
        "documents": len({subject.group for subject in subjects}),
        "pictures": len({subject.id for subject in subjects}),
        "fields": len(scored),
        "values": sum(one.score.has_value for one in scored),
        "blanks": sum(not one.score.has_value for one in scored),
        **_field_rates(scored),
    }
    if documents:
        read = [one for one in documents if one.mrz_exact is not None]
        result |= {
            "all_right": _share(documents, lambda one: one.all_right),
            "all_right_by_picture": _plain_share(documents, lambda one: one.all_right),
            "mrz": len(read),
            "mrz_documents": len({one.subject.group for one in read}),
            "mrz_exact": _share(read, lambda one: bool(one.mrz_exact)),
            "mrz_exact_by_picture": _plain_share(read, lambda one: bool(one.mrz_exact)),
            "valid": _share(documents, lambda one: one.valid),
            "failed": sum(one.failure is not None for one in documents),
            "seconds": {"median": _quantile(_seconds(documents), 0.5), "p95": _quantile(_seconds(documents), 0.95)},
        }
    return result


def _field_rates(scored: Sequence[FieldRecord]) -> dict[str, Any]:
    # Pictures of one document in which a field is labelled share the weight of one.
    pictures = Counter((one.subject.group, one.field) for one in scored)
    weights = [1 / pictures[one.subject.group, one.field] for one in scored]
    values = [one.score for one in scored]
    by_document: dict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(scored):
        by_document[one.subject.group].append(index)
    result: dict[str, Any] = {}
    for name in PARTS:
        result[name] = rate = _rounded(ratio(name, values, weights))
        if rate and (name in _SHARES or name == "cer"):
            parts = [ratio(name, [values[i] for i in own], [weights[i] for i in own]) for own in by_document.values()]
            rate |= _interval(name, parts)
    result["f1"] = {"value": f1(*(result[name] and result[name]["value"] for name in ("precision", "recall")))}
    result["exact_by_picture"] = _value(ratio("exact", values))
    return result


def _interval(name: str, parts: Sequence[Ratio]) -> Rate:
    counted, among = [part.numerator for part in parts], [part.denominator for part in parts]
    if name in _SHARES:
        found = interval(counted, among)
        return {"low": _round(found.low), "high": _round(found.high), "method": found.method} if found else {}
    if not any(counted) or len(parts) < FEWEST:
        return {}  # resampling says nothing of errors that never were, and little from few documents
    low, high = bootstrap(counted, among)
    return {"low": _round(low), "high": _round(high), "method": "bootstrap"}


def _share(documents: Sequence[DocumentRecord], holds: Callable[[DocumentRecord], bool]) -> Rate | None:
    """The share of documents; one of several pictures counts by the share of its pictures."""
    own = [[float(holds(one)) for one in ones] for ones in _groups(documents, lambda d: d.subject.group).values()]
    if not own:
        return None
    shares = [sum(one) / len(one) for one in own]
    found = interval(shares, [1.0] * len(shares))
    rate: Rate = {"value": _round(sum(shares) / len(shares))}
    return rate | ({"low": _round(found.low), "high": _round(found.high), "method": found.method} if found else {})


def _plain_share(documents: Sequence[DocumentRecord], holds: Callable[[DocumentRecord], bool]) -> float | None:
    return _round(sum(holds(one) for one in documents) / len(documents)) if documents else None


def calibration(results: Results, budget: float = ERROR_BUDGET) -> dict[str, Any]:
    """How far confidences can be trusted: of values given, of nulls given, and of whole documents."""
    failed = {one.subject.id for one in results.documents if one.failure}
    given = [one for one in results.fields if one.score.given]
    nulls = [one for one in results.fields if not one.score.given and one.subject.id not in failed]
    confidences, right = [one.confidence for one in given], [one.score.exact for one in given]
    points = risk_coverage(confidences, right)
    chosen = choose_threshold(points, budget)
    passing = straight_through(
        [one.subject.group for one in results.documents],
        [one.confidence for one in results.documents],
        [one.all_right for one in results.documents],
        budget,
    )
    return {
        "values": {
            "count": len(given),
            "ece": _round(expected_calibration_error(confidences, right)),
            "auroc": _round(auroc(confidences, right)),
            "threshold": {key: _round(value) for key, value in asdict(chosen).items()} if chosen else None,
            "bins": [{key: _round(value) for key, value in asdict(one).items()} for one in bins(confidences, right)],
            "curve": [[_round(p.threshold), _round(p.coverage), _round(p.risk)] for p in _thinned(points)],
        },
        "nulls": {
            "count": len(nulls),
            "ece": _round(expected_calibration_error([n.confidence for n in nulls], [n.score.exact for n in nulls])),
        },
        "straight_through": {key: _round(value) for key, value in asdict(passing).items()},
    }


def _thinned(points: Sequence[Any]) -> list[Any]:
    step = max(1, math.ceil(len(points) / _CURVE_POINTS))
    return [*points[: len(points) - 1 : step], *points[-1:]]


def cost(documents: Sequence[DocumentRecord]) -> dict[str, Any]:
    """Seconds, tokens and memory. Failures count: their time was spent too."""
    seconds = _seconds(documents)
    stages: Counter[str] = Counter()
    for one in documents:
        stages.update(one.stages)
    whole = sum(stages.values())
    tokens = [float(one.tokens) for one in documents if one.tokens is not None]
    memory = [one.memory for one in documents if one.memory is not None]
    return {
        "seconds": {
            "median": _quantile(seconds, 0.5),
            "p95": _quantile(seconds, 0.95),
            "mean": _round(sum(seconds) / len(seconds)) if seconds else None,
        },
        "stages": {name: _round(value / whole) for name, value in stages.most_common()} if whole else {},
        "tokens": {"median": _quantile(tokens, 0.5), "p95": _quantile(tokens, 0.95)} if tokens else None,
        "memory": max(memory, default=None),
    }


def _seconds(documents: Sequence[DocumentRecord]) -> list[float]:
    return [one.subject.seconds for one in documents]


def _quantile(values: Sequence[float], share: float) -> float | None:
    return _round(quantile(values, share)) if values else None


def _rounded(found: Ratio) -> Rate | None:
    value = _value(found)
    return None if value is None else {"value": value}


def _value(found: Ratio) -> float | None:
    return _round(found.value)


def _round(value: Any) -> Any:
    return round(value, 5) if isinstance(value, float) else value
