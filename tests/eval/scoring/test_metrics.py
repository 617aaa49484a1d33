"""Scores of fields, documents and many fields, worked out by hand and beside independent implementations."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.scoring.metrics import (
    FUZZY_THRESHOLD,
    PARTS,
    FieldOutcome,
    FieldScore,
    Ratio,
    all_right,
    f1,
    nearest_label,
    ratio,
    score_field,
    score_fields,
)
from extractor.schemas import Kind

from ...tables import each


def rates(pairs: Sequence[tuple[Any, Any]], kind: Kind = Kind.NAME) -> dict[str, float | None]:
    scores = [score_field(kind, label, prediction) for label, prediction in pairs]
    return {name: ratio(name, scores).value for name in PARTS}


@each(
    ("label", "prediction", "expected"),
    [
        # outcome, folded, edits, length, similarity, anls; edits by hand over the strict forms
        ("Müller", "MÜLLER", FieldScore(FieldOutcome.RIGHT, True, 0, 6, 1.0, 1.0)),
        ("Müller", "Muller", FieldScore(FieldOutcome.WRONG, True, 1, 6, 5 / 6, 5 / 6)),
        ("ABCD", "ABXD", FieldScore(FieldOutcome.WRONG, False, 1, 4, 0.75, 0.75)),
        ("ABCD", "AB", FieldScore(FieldOutcome.WRONG, False, 2, 4, 0.5, 0.5)),
        ("AB", "ABCD", FieldScore(FieldOutcome.WRONG, False, 2, 2, 0.5, 0.5)),
        ("ABCDE", "AB", FieldScore(FieldOutcome.WRONG, False, 3, 5, 0.4, 0.0)),
        ("AB", "XYZ", FieldScore(FieldOutcome.WRONG, False, 3, 2, 0.0, 0.0)),
        ("ABC", None, FieldScore(FieldOutcome.MISSED, False, 3, 3, 0.0, 0.0)),
        (None, "ABC", FieldScore(FieldOutcome.INVENTED, False, 3, 0, 0.0, 0.0)),
        (None, None, FieldScore(FieldOutcome.BLANK, True, 0, 0, 1.0, 1.0)),
        (None, "--", FieldScore(FieldOutcome.BLANK, True, 0, 0, 1.0, 1.0)),
        ("ABC", "", FieldScore(FieldOutcome.MISSED, False, 3, 3, 0.0, 0.0)),
    ],
)
def test_one_field(label: Any, prediction: Any, expected: FieldScore) -> None:
    score = score_field(Kind.NAME, label, prediction)
    assert score.outcome is expected.outcome
    assert (score.folded, score.edits, score.length) == (expected.folded, expected.edits, expected.length)
    assert score.similarity == pytest.approx(expected.similarity)
    assert score.anls == pytest.approx(expected.anls)


def test_fuzzy_counts_from_its_threshold_on() -> None:
    assert FUZZY_THRESHOLD == 0.9
    assert rates([("ABCDEFGHIJ", "ABCDEFGHIX")])["fuzzy"] == 1.0
    assert rates([("ABCDEFGHI", "ABCDEFGHX")])["fuzzy"] == 0.0


def test_rates_by_hand() -> None:
    result = rates(
        [("ANNA", "ANNA"), ("EVA", "EVE"), ("ÖZ", "OZ"), ("IDA", None), (None, None), (None, "X"), (None, None)]
    )
    # four values: one right, one of three letters wrong in one, one right but for a diaeresis, one missed
    assert result["exact"] == result["recall"] == 1 / 4
    assert result["folded"] == 2 / 4
    assert result["fuzzy"] == 1 / 4
    assert result["cer"] == (0 + 1 + 1 + 3) / (4 + 3 + 2 + 3)
    assert result["similarity"] == pytest.approx((1 + 2 / 3 + 1 / 2 + 0) / 4)
    assert result["anls"] == pytest.approx((1 + 2 / 3 + 1 / 2 + 0) / 4)
    assert result["precision"] == 1 / 4  # given: ANNA, EVE, OZ, X
    assert result["miss_rate"] == 1 / 4
    assert result["hallucination_rate"] == 1 / 3


def test_rates_of_nothing_are_none() -> None:
    assert rates([]) == dict.fromkeys(PARTS)
    assert rates([(None, None)])["exact"] is None
    assert rates([("A", "A")])["hallucination_rate"] is None
    assert Ratio(0.0, 0.0).value is None
    assert Ratio(1.0, 4.0).value == 0.25


def test_weights_let_pictures_of_one_document_share_its_weight() -> None:
    scores = [score_field(Kind.NAME, "A", said) for said in ("A", "B", "A")]
    assert ratio("exact", scores, [0.5, 0.5, 1.0]) == Ratio(1.5, 2.0)
    assert ratio("exact", scores) == Ratio(2.0, 3.0)
    with pytest.raises(ValueError, match="shorter"):
        ratio("exact", scores, [1.0])


def test_only_labelled_fields_are_scored() -> None:
    kinds = {"surname": Kind.NAME, "sex": Kind.SEX, "mrz": Kind.MRZ}
    scores = score_fields(kinds, {"surname": "A", "sex": None, "unknown": "X"}, {"surname": "A", "mrz": ["A<"]})
    assert {name: score.outcome for name, score in scores.items()} == {
        "surname": FieldOutcome.RIGHT,
        "sex": FieldOutcome.BLANK,
    }


def test_a_field_that_was_not_predicted_was_predicted_null() -> None:
    assert score_fields({"surname": Kind.NAME}, {"surname": "A"}, {})["surname"].outcome is FieldOutcome.MISSED


def test_a_document_is_right_when_every_field_is() -> None:
    right, blank = score_field(Kind.NAME, "A", "a"), score_field(Kind.NAME, None, None)
    assert all_right([right, blank])
    assert not all_right([right, score_field(Kind.NAME, "A", "B")])
    assert not all_right([right, score_field(Kind.NAME, None, "B")])
    assert all_right([])


def test_a_field_is_compared_by_its_kind() -> None:
    assert score_field(Kind.STATE, "D", "DEU").outcome is FieldOutcome.RIGHT
    assert score_field(Kind.NAME, "D", "DEU").outcome is FieldOutcome.WRONG
    assert score_field(Kind.FLAG, None, False).outcome is FieldOutcome.BLANK
    assert score_field(Kind.FLAG, True, False).outcome is FieldOutcome.MISSED
    assert score_field(Kind.LIST, ["A", "B"], ["B", "A"]).outcome is FieldOutcome.RIGHT
    assert score_field(Kind.MRZ, ["A<<"], ["A<"]).folded


@each(
    ("precision", "recall", "expected"),
    [
        (1.0, 1.0, 1.0),
        (0.5, 1.0, 2 / 3),
        (0.5, 0.25, 1 / 3),
        (0.0, 1.0, 0.0),
        (1.0, 0.0, 0.0),
        (None, 0.0, 0.0),
        (None, None, None),
        (0.0, None, 0.0),
    ],
)
def test_f1_is_the_harmonic_mean(precision: float | None, recall: float | None, expected: float) -> None:
    assert f1(precision, recall) == pytest.approx(expected)


words = st.text("ABÄß東01 -", min_size=1, max_size=12)


@given(words, words)
def test_edits_and_similarity_are_levenshteins(label: str, prediction: str) -> None:
    from eval.scoring.normalise import strict

    truth, said = strict(Kind.NAME, label), strict(Kind.NAME, prediction)
    score = score_field(Kind.NAME, label, prediction)
    if truth and said:
        assert score.similarity == pytest.approx(1 - score.edits / max(len(truth), len(said)))
        assert score.exact == (truth == said) == (score.edits == 0)
    assert score.anls in (0.0, score.similarity)
    assert not score.exact or score.folded


@settings(deadline=None)
@given(st.lists(st.tuples(words, words), min_size=1, max_size=6))
def test_anls_agrees_with_the_anls_star_package(pairs: list[tuple[str, str]]) -> None:
    from anls_star import anls_score

    from eval.scoring.normalise import strict

    normal = [(strict(Kind.NAME, label), strict(Kind.NAME, said)) for label, said in pairs]
    both = [(truth, said) for truth, said in normal if truth and said]
    theirs = [anls_score(truth, said) for truth, said in both]
    ours = rates(both)["anls"]
    assert (ours or 0.0) == pytest.approx(sum(theirs) / len(theirs) if theirs else 0.0)


@each(
    ("label", "alternatives", "prediction", "outcome", "nearest"),
    [
        ("IVANOVA", ["ИВАНОВА"], "ИВАНОВА", FieldOutcome.RIGHT, "ИВАНОВА"),
        ("IVANOVA", ["ИВАНОВА"], "IVANOVA", FieldOutcome.RIGHT, "IVANOVA"),
        ("IVANOVA", ["ИВАНОВА"], "ИВАНОВ", FieldOutcome.WRONG, "ИВАНОВА"),
        ("IVANOVA", ["ИВАНОВА"], None, FieldOutcome.MISSED, "IVANOVA"),
        (None, ["2012-04"], "2012-04", FieldOutcome.RIGHT, "2012-04"),
        (None, ["2012-04"], "2012-05", FieldOutcome.INVENTED, None),
        (None, ["2012-04"], None, FieldOutcome.BLANK, None),
    ],
)
def test_alternatives_count_as_right(
    label: str | None, alternatives: list[str], prediction: str | None, outcome: FieldOutcome, nearest: str | None
) -> None:
    assert nearest_label(Kind.TEXT, label, alternatives, prediction) == nearest
    (score,) = score_fields({"f": Kind.TEXT}, {"f": label}, {"f": prediction}, {"f": alternatives}).values()
    assert score.outcome is outcome
