"""A run in numbers: documents are counted, not pictures, and nothing in it names a person or a file."""

from pathlib import Path

import pytest

from eval.report.summary import calibration, cost, scores, summarise, summarise_cell
from eval.running.records import Results, read_results
from eval.scoring.statistics import wilson

from ..made import document, field, results, subject


def test_pictures_of_one_document_share_its_weight() -> None:
    twice = [subject(f"a{number}", group="a") for number in range(2)]
    once = subject("b")
    found = results(
        field(twice[0], "surname", "DURAND", "DURAND"),
        field(twice[1], "surname", "DURAND", "DURANT"),
        field(once, "surname", "PETIT", "PETIT"),
    )
    result = scores(found.documents, found.fields)
    assert (result["documents"], result["pictures"], result["fields"], result["values"], result["blanks"]) == (
        2,
        3,
        3,
        3,
        0,
    )
    assert result["exact"]["value"] == 0.75  # (0.5 + 1) / 2
    assert result["exact_by_picture"] == pytest.approx(2 / 3, abs=1e-5)
    assert result["all_right"]["value"] == 0.75
    assert result["all_right_by_picture"] == pytest.approx(2 / 3, abs=1e-5)
    assert result["cer"]["value"] == pytest.approx(0.5 / 11, abs=1e-5)  # one edit of half weight, of 6 + 5 characters


def test_a_picture_without_the_field_takes_no_weight_from_the_other() -> None:
    pictures = [subject(f"a{number}", group="a") for number in range(2)]
    result = scores((), [field(pictures[0], "surname", "A", "A"), field(pictures[1], "sex", "F", "M")])
    assert result["exact"]["value"] == 0.5
    assert "all_right" not in result


def test_intervals_are_over_documents() -> None:
    found = results(*(field(subject(str(number)), "surname", "A", "A" if number else "B") for number in range(8)))
    result = scores(found.documents, found.fields)["exact"]
    low, high = wilson(7, 8)
    assert result == {"value": 0.875, "low": round(low, 5), "high": round(high, 5), "method": "wilson"}


def test_character_errors_have_an_interval_only_where_it_says_something() -> None:
    few = [field(subject(str(number)), "surname", "ABC", "ABX") for number in range(9)]
    many = [field(subject(str(number)), "surname", "ABC", "ABX" if number % 2 else "ABC") for number in range(10)]
    none = [field(subject(str(number)), "surname", "ABC", "ABC") for number in range(12)]
    assert set(scores((), few)["cer"]) == {"value"}
    assert scores((), many)["cer"]["method"] == "bootstrap"
    assert set(scores((), none)["cer"]) == {"value"}


def test_what_nobody_labelled_has_no_rate() -> None:
    about = subject("a")
    result = scores([document(about)], [field(about, "address", None, None)])
    assert result["exact"] is None
    assert result["f1"] == {"value": None}
    assert result["hallucination_rate"]["value"] == 0.0
    assert result["mrz_exact"] is None
    assert (result["mrz"], result["blanks"]) == (0, 1)


def test_zones_are_counted_by_document_and_by_picture() -> None:
    pictures = [document(subject(name, group=name[0]), mrz_exact=read) for name, read in
                [("a1", True), ("a2", False), ("b1", True), ("c1", None)]]  # fmt: skip
    result = scores(pictures, [])
    assert (result["mrz"], result["mrz_documents"]) == (3, 2)
    assert result["mrz_exact"]["value"] == 0.75
    assert result["mrz_exact_by_picture"] == pytest.approx(2 / 3, abs=1e-5)


def test_cuts() -> None:
    result = summarise_cell(
        results(
            field(subject("a"), "surname", "A", "A"),
            field(subject("b", language="zh", schema="chinese_id_card", capture="photo"), "name", "林美", "林"),
            field(subject("b", language="zh", schema="chinese_id_card", capture="photo"), "sex", "F", None),
        )
    )
    assert list(result["languages"]) == ["fr", "zh"]
    assert list(result["schemas"]) == ["chinese_id_card", "passport"]
    assert list(result["captures"]) == ["photo", "scan"]
    assert list(result["scripts"]) == ["chinese_id_card, other scripts", "passport, Latin script"]
    assert result["mistakes"] == {"shortened": 1, "missed": 1}
    assert result["languages"]["zh"]["exact"]["value"] == 0.0
    assert result["languages"]["zh"]["miss_rate"]["value"] == 0.5


def test_failures_are_counted_by_kind_without_their_texts() -> None:
    about = subject("a")
    failed = document(about, right=False, failure="NoDocumentError: nothing was found", valid=False, confidence=0.0)
    result = summarise_cell(Results((failed,), (field(about, "surname", "A", None),)))
    assert result["failures"] == {"NoDocumentError": 1}
    assert result["overall"]["failed"] == 1
    assert result["overall"]["valid"]["value"] == 0.0
    assert result["overall"]["miss_rate"]["value"] == 1.0


def test_calibration_is_of_values_given() -> None:
    found = results(
        field(subject("a"), "surname", "A", "A", confidence=0.95),
        field(subject("b"), "surname", "A", "B", confidence=0.55),
        field(subject("c"), "surname", None, "C", confidence=0.45),  # invented: given, and wrong
        field(subject("d"), "surname", "D", None, confidence=0.85),  # missed: not a value given
    )
    result = calibration(found, budget=0.01)
    assert result["values"]["count"] == 3
    assert result["values"]["ece"] == pytest.approx((0.05 + 0.55 + 0.45) / 3, abs=1e-5)
    assert result["values"]["auroc"] == 1.0
    assert result["values"]["threshold"] == {"threshold": 0.95, "coverage": 0.33333, "risk": 0.0}
    assert [one["count"] for one in result["values"]["bins"]] == [1, 1, 1]
    assert result["nulls"] == {"count": 1, "ece": 0.85}


def test_the_nulls_of_a_document_that_failed_were_never_said() -> None:
    about = subject("a")
    failed = document(about, right=False, failure="NoDocumentError", confidence=0.0)
    result = calibration(Results((failed,), (field(about, "surname", "A", None, confidence=0.0),)))
    assert result["nulls"] == {"count": 0, "ece": None}


def test_a_long_curve_is_thinned_and_keeps_its_end() -> None:
    found = results(*(field(subject(str(n)), "surname", "A", "A", confidence=n / 1000) for n in range(1000)))
    curve = calibration(found)["values"]["curve"]
    assert 150 <= len(curve) <= 202
    assert curve[0][0] == 0.999
    assert curve[-1] == [0.0, 1.0, 0.0]
    assert len({tuple(point) for point in curve}) == len(curve)
    few = results(*(field(subject(str(n)), "surname", "A", "A", confidence=n / 10) for n in range(3)))
    assert [point[0] for point in calibration(few)["values"]["curve"]] == [0.2, 0.1, 0.0]


def test_cost_is_of_all_documents_failures_too() -> None:
    result = cost(
        [
            document(subject("a", seconds=1.0), tokens=100, memory=500.0),
            document(subject("b", seconds=3.0), tokens=300, memory=700.0),
            document(subject("c", seconds=2.0), stages={}, failure="NoDocumentError"),
        ]
    )
    assert result["seconds"] == {"median": 2.0, "p95": 2.9, "mean": 2.0}
    assert result["stages"] == {"ocr": 0.75, "reconcile": 0.25}
    assert result["tokens"] == {"median": 200.0, "p95": 290.0}
    assert result["memory"] == 700.0
    nothing = cost([])
    assert (nothing["seconds"]["mean"], nothing["stages"], nothing["tokens"], nothing["memory"]) == (
        None,
        {},
        None,
        None,
    )


def test_a_summary_holds_no_value_and_no_name(finished: Path) -> None:
    found = read_results(finished / "results.jsonl")
    result = str(summarise(found, {"embedded": {"engine": "embedded"}}, {"dataset": {}}))
    for secret in ("MÜLLER", "LEFÈVRE", "B072RRE2I55", "林美華", ".png", "1974"):
        assert secret not in result
    assert "'engine': 'embedded'" in result
