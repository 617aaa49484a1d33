"""Whether two cells, or the same cell of two runs, really differ: paired, by document.

A field of a document counts as right when it is right in every picture of it. McNemar's exact test says for each field
how surprising the discordant documents are, Holm's correction accounts for there being many fields, and the paired
bootstrap gives the difference of the rates over all fields with its interval. `detectable` says how large a true
difference would have had to be for this many documents to show it: "no difference found" means little without it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from eval.running.records import FieldRecord, Results
from eval.scoring.metrics import ratio
from eval.scoring.statistics import Difference, holm, mcnemar, paired_bootstrap, smallest_detectable

#: Rates that are compared over all fields.
_RATES = ("exact", "folded", "cer", "hallucination_rate", "miss_rate")

Key = tuple[str, str]


def compare(first: Results, second: Results, names: tuple[str, str]) -> dict[str, Any] | None:
    """Second against first over the labelled fields that both have read; None where they share none."""
    a, b = _by_key(first.fields), _by_key(second.fields)
    shared = [key for key in a if key in b]
    if not shared:
        return None
    pairs = [(a[key], b[key]) for key in shared]
    documents = {one.subject.group for one, _ in pairs}
    return {
        "first": names[0],
        "second": names[1],
        "documents": len(documents),
        "fields_compared": len(pairs),
        "left_out": len(a) + len(b) - 2 * len(shared),
        "overall": {name: rate for name in _RATES if (rate := _difference(name, pairs))},
        "all_right": _all_right(first, second),
        "fields": _fields(pairs),
    }


def _by_key(records: Sequence[FieldRecord]) -> dict[Key, FieldRecord]:
    return {(one.subject.id, one.field): one for one in records}


def _difference(name: str, pairs: Sequence[tuple[FieldRecord, FieldRecord]]) -> dict[str, Any] | None:
    """The rate of both, and the difference; None where nothing is labelled that the rate is about."""
    pictures = Counter((one.subject.group, one.field) for one, _ in pairs)
    sums: Mapping[str, list[list[float]]] = defaultdict(lambda: [[0.0, 0.0], [0.0, 0.0]])
    for pair in pairs:
        for side, one in enumerate(pair):
            share = ratio(name, [one.score], [1 / pictures[one.subject.group, one.field]])
            sums[one.subject.group][side][0] += share.numerator
            sums[one.subject.group][side][1] += share.denominator
    firsts = [(one[0][0], one[0][1]) for one in sums.values()]
    seconds = [(one[1][0], one[1][1]) for one in sums.values()]
    if not sum(d for _, d in firsts):  # what these rates count among is in the labels, so the same for both
        return None
    return _as_difference(paired_bootstrap(firsts, seconds), firsts, seconds)


def _as_difference(
    found: Difference, firsts: Sequence[tuple[float, float]], seconds: Sequence[tuple[float, float]]
) -> dict[str, Any]:
    return {
        "first": round(sum(n for n, _ in firsts) / sum(d for _, d in firsts), 5),
        "second": round(sum(n for n, _ in seconds) / sum(d for _, d in seconds), 5),
        "difference": round(found.value, 5),
        "low": round(found.low, 5),
        "high": round(found.high, 5),
        # Runs that never differ say nothing about how much they might.
        "detectable": round(found.detectable, 5) if found.error else None,
    }


def _all_right(first: Results, second: Results) -> dict[str, Any]:
    """McNemar's test over whole documents: right in all fields, in every picture."""
    sides = []
    for results in (first, second):
        right: dict[str, bool] = {}
        for one in results.documents:
            right[one.subject.group] = right.get(one.subject.group, True) and one.all_right
        sides.append(right)
    shared = [group for group in sides[0] if group in sides[1]]
    return _discordance([(sides[0][group], sides[1][group]) for group in shared])


def _fields(pairs: Sequence[tuple[FieldRecord, FieldRecord]]) -> dict[str, Any]:
    right: dict[str, dict[str, tuple[bool, bool]]] = defaultdict(dict)
    for one, other in pairs:
        if one.score.has_value:
            before = right[one.field].get(one.subject.group, (True, True))
            right[one.field][one.subject.group] = (before[0] and one.score.exact, before[1] and other.score.exact)
    tests = {name: _discordance(list(groups.values())) for name, groups in sorted(right.items())}
    corrected = holm({name: one["p"] for name, one in tests.items()})
    return {name: one | {"p_holm": round(corrected[name], 5)} for name, one in tests.items()}


def _discordance(pairs: Sequence[tuple[bool, bool]]) -> dict[str, Any]:
    only_first = sum(a and not b for a, b in pairs)
    only_second = sum(b and not a for a, b in pairs)
    detectable = smallest_detectable(len(pairs), (only_first + only_second) / len(pairs)) if pairs else None
    return {
        "documents": len(pairs),
        "only_first": only_first,
        "only_second": only_second,
        "difference": round((only_second - only_first) / len(pairs), 5) if pairs else None,
        "p": round(mcnemar(only_first, only_second), 5),
        "detectable": None if detectable is None else round(detectable, 5),
    }
