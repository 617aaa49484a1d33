"""How right one field, one document and many fields are.

A field is scored only if it is labelled: with a value, or with null, which says that the document has none. What a
label does not mention is never scored. Where a label has alternatives, a prediction is compared with the one that is
nearest to it. Rates of being right are over labels with a value, and blank fields have a rate of their own, so that
blank-equals-blank inflates nothing:

- exact: equal in the strict form of `eval.scoring.normalise` (the headline); folded: equal in the folded form;
- fuzzy: Levenshtein similarity of the strict forms, 1 - edits / longer length, at least FUZZY_THRESHOLD;
- CER: edits / characters of the labels, over the strict forms; a missed value costs all its characters;
- ANLS: mean similarity, counted as 0 below ANLS_THRESHOLD (Biten et al., "Scene Text Visual Question Answering", 2019);
- precision, recall, F1: a value that is right, of all values given, and of all values there; a wrong one fails both;
- hallucination rate: values given, of the labels that are null; miss rate: nulls given, of the labels with a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rapidfuzz.distance import Levenshtein

from eval.scoring.normalise import folded, strict
from extractor.schemas import Kind
from extractor.schemas.bilingual import in_two_scripts

#: Levenshtein similarity from which two values count as nearly the same: one wrong character in ten.
FUZZY_THRESHOLD = 0.9
#: Similarity below which ANLS counts nothing (the threshold of its authors).
ANLS_THRESHOLD = 0.5


class FieldOutcome(StrEnum):
    """What a field's prediction is beside its label."""

    #: The label's value.
    RIGHT = "right"
    #: Null where the document has no value.
    BLANK = "blank"
    #: Another value than the label's.
    WRONG = "wrong"
    #: Null where the label has a value.
    MISSED = "missed"
    #: A value where the document has none.
    INVENTED = "invented"


#: Outcomes in which the field says what the label says.
FINE = frozenset({FieldOutcome.RIGHT, FieldOutcome.BLANK})


@dataclass(frozen=True)
class FieldScore:
    """One labelled field of one document. `length` and `edits` count characters of the strict forms; of a label that
    is null, `length` is 0 and `similarity` and `anls` are 1 or 0 as the prediction is null or not."""

    outcome: FieldOutcome
    folded: bool
    edits: int
    length: int
    similarity: float
    anls: float

    @property
    def exact(self) -> bool:
        """Whether prediction and label are the same in the strict form, null and null included."""
        return self.outcome in FINE

    @property
    def has_value(self) -> bool:
        """Whether the document has a value here."""
        return self.outcome in (FieldOutcome.RIGHT, FieldOutcome.WRONG, FieldOutcome.MISSED)

    @property
    def given(self) -> bool:
        """Whether the reader gave a value."""
        return self.outcome in (FieldOutcome.RIGHT, FieldOutcome.WRONG, FieldOutcome.INVENTED)


def score_field(kind: Kind, label: Any, prediction: Any) -> FieldScore:
    """The score of one labelled field."""
    truth, said = strict(kind, label), strict(kind, prediction)
    same_folded = folded(kind, label) == folded(kind, prediction)
    if truth is None or said is None:
        same = truth is said
        outcome = FieldOutcome.BLANK if same else FieldOutcome.INVENTED if truth is None else FieldOutcome.MISSED
        return FieldScore(outcome, same_folded, len(truth or said or ""), len(truth or ""), float(same), float(same))
    edits = Levenshtein.distance(truth, said)
    similarity = 1 - edits / max(len(truth), len(said))
    outcome = FieldOutcome.RIGHT if truth == said else FieldOutcome.WRONG
    anls = similarity if similarity >= ANLS_THRESHOLD else 0.0
    return FieldScore(outcome, same_folded, edits, len(truth), similarity, anls)


def nearest_label(kind: Kind, label: Any, alternatives: Sequence[Any], prediction: Any) -> Any:
    """The label, or the alternative that the prediction is nearer to: what the prediction is compared with.

    Of a text in two scripts either alone is right, as the alternatives of the collection of real pictures have it.
    Where the label is null, an alternative is a value that may stand in the field; any other value is invented.
    """
    if label is None:
        equal = [other for other in alternatives if score_field(kind, other, prediction).exact]
        return equal[0] if equal else None
    both = in_two_scripts(label) if kind is Kind.TEXT and isinstance(label, str) else None
    readings = (label, *alternatives, *(both or ()))
    return max(readings, key=lambda reading: _nearness(score_field(kind, reading, prediction)))


def _nearness(score: FieldScore) -> tuple[bool, bool, float]:
    return score.exact, score.folded, score.similarity


def score_fields(
    kinds: Mapping[str, Kind],
    labels: Mapping[str, Any],
    predictions: Mapping[str, Any],
    alternatives: Mapping[str, Sequence[Any]] | None = None,
) -> dict[str, FieldScore]:
    """Scores of the fields that are labelled and in `kinds`; a field that was not predicted was predicted null."""
    nearest = nearest_labels(kinds, labels, predictions, alternatives or {})
    return {name: score_field(kinds[name], label, predictions.get(name)) for name, label in nearest.items()}


def nearest_labels(
    kinds: Mapping[str, Kind],
    labels: Mapping[str, Any],
    predictions: Mapping[str, Any],
    alternatives: Mapping[str, Sequence[Any]],
) -> dict[str, Any]:
    """`nearest_label` of every field that is labelled and in `kinds`."""
    return {
        name: nearest_label(kind, labels[name], alternatives.get(name, ()), predictions.get(name))
        for name, kind in kinds.items()
        if name in labels
    }


def all_right(scores: Iterable[FieldScore]) -> bool:
    """Whether every labelled field of a document is right, blanks included."""
    return all(score.exact for score in scores)


@dataclass(frozen=True)
class Ratio:
    """A rate as what it counts over what it counts among: `value` is None among nothing."""

    numerator: float
    denominator: float

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None


#: What each rate counts in a field's score, and among what; F1 follows from two of them.
PARTS: Mapping[str, tuple[Callable[[FieldScore], float], Callable[[FieldScore], float]]] = {
    "exact": (lambda s: s.outcome is FieldOutcome.RIGHT, lambda s: s.has_value),
    "folded": (lambda s: s.folded and s.has_value, lambda s: s.has_value),
    "fuzzy": (lambda s: s.has_value and s.similarity >= FUZZY_THRESHOLD, lambda s: s.has_value),
    "cer": (lambda s: s.edits if s.has_value else 0, lambda s: s.length),
    "similarity": (lambda s: s.similarity if s.has_value else 0, lambda s: s.has_value),
    "anls": (lambda s: s.anls if s.has_value else 0, lambda s: s.has_value),
    "precision": (lambda s: s.outcome is FieldOutcome.RIGHT, lambda s: s.given),
    "recall": (lambda s: s.outcome is FieldOutcome.RIGHT, lambda s: s.has_value),
    "hallucination_rate": (lambda s: s.outcome is FieldOutcome.INVENTED, lambda s: not s.has_value),
    "miss_rate": (lambda s: s.outcome is FieldOutcome.MISSED, lambda s: s.has_value),
}


def ratio(name: str, scores: Sequence[FieldScore], weights: Sequence[float] | None = None) -> Ratio:
    """One of PARTS over many fields. `weights` say how much each counts (a document's pictures share its weight)."""
    counted, among = PARTS[name]
    pairs = list(zip(scores, weights or [1.0] * len(scores), strict=True))
    return Ratio(sum(w * counted(s) for s, w in pairs), sum(w * among(s) for s, w in pairs))


def f1(precision: float | None, recall: float | None) -> float | None:
    """The harmonic mean of precision and recall; None where neither is defined, 0 where nothing is right."""
    if precision is None and recall is None:
        return None
    p, r = precision or 0.0, recall or 0.0
    return 2 * p * r / (p + r) if p + r else 0.0
