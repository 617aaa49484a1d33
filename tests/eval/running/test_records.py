"""`results.jsonl`: written in whole documents, read back as it was, cut where a run was killed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.running.records import (
    DocumentRecord,
    FieldRecord,
    ResultsError,
    Subject,
    identifier,
    read_results,
    relative_name,
    resume,
    to_lines,
)
from eval.scoring.metrics import score_field
from extractor.labels.format import Specimen
from extractor.schemas import Kind


def subject(number: int, cell: str = "embedded") -> Subject:
    return Subject(cell, f"id{number}", f"{number}.png", f"g{number}", "fr", "passport", "td3_passport", "scan", 0.5)


def document(number: int, cell: str = "embedded") -> DocumentRecord:
    return DocumentRecord(
        subject(number, cell), {"ocr": 0.4}, None, True, False, True, 0.75, 120, 512.5, ("conflict", "check_failed")
    )


def field(number: int, cell: str = "embedded") -> FieldRecord:
    score = score_field(Kind.NAME, "LEFÈVRE", "LEFEVRE")
    box = ((1.0, 2.0), (3.0, 2.0), (3.0, 4.0), (1.0, 4.0))
    source = {"kind": "visual", "value": "LEFEVRE", "confidence": 0.75, "proven": False, "basis": "caption 'Nom'"}
    return FieldRecord(
        subject(number, cell),
        "surname",
        "name",
        "LEFÈVRE",
        "LEFEVRE",
        score,
        "diacritics",
        0.75,
        "single",
        0,
        box,
        (source,),
    )


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(to_lines(document(1), [field(1)]) + to_lines(document(2), []), encoding="utf-8")
    found = read_results(path)
    assert found.documents == (document(1), document(2))
    (record,) = found.fields
    assert record.score.similarity == pytest.approx(field(1).score.similarity, abs=1e-4)
    assert replace(record, score=field(1).score) == field(1)


def test_a_line_says_what_the_format_promises() -> None:
    first, second = (json.loads(line) for line in to_lines(document(1), [field(1)]).splitlines())
    assert first["record"] == "field"
    assert (first["label"], first["prediction"], first["mistake"], first["exact"], first["folded"]) == (
        "LEFÈVRE", "LEFEVRE", "diacritics", False, True,
    )  # fmt: skip
    assert (first["edits"], first["length"], first["confidence"], first["seconds"]) == (1, 7, 0.75, 0.5)
    assert second["record"] == "document"
    assert (second["stages"], second["tokens"], second["memory"]) == ({"ocr": 0.4}, 120, 512.5)


def test_redacted_lines_keep_the_scores_and_nothing_of_the_document() -> None:
    text = to_lines(document(1), [field(1)], redact=True)
    assert "LEF" not in text
    assert "1.png" not in text
    line = json.loads(text.splitlines()[0])
    assert (line["edits"], line["mistake"], line["box"][0]) == (1, "diacritics", [1.0, 2.0])


def test_a_torn_end_is_cut_off_and_whole_documents_are_known(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    whole = to_lines(document(1), [field(1)]) + to_lines(document(1, "phi3v"), [field(1, "phi3v")])
    for torn in ("", to_lines(document(2), [field(2)]).splitlines()[0] + "\n", '{"record": "fie', "\n{"):
        path.write_text(whole + torn.lstrip("\n"), encoding="utf-8")
        assert resume(path) == {("embedded", "id1"), ("phi3v", "id1")}
        assert path.read_text(encoding="utf-8") == whole


def test_a_run_that_was_killed_at_once_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text('{"rec', encoding="utf-8")
    assert resume(path) == set()
    assert path.read_bytes() == b""


def _with(**values: Any) -> str:
    """The lines of a document, with other values where they have them."""
    lines = map(json.loads, to_lines(document(2), [field(2)]).splitlines())
    return "\n".join(json.dumps(line | {k: v for k, v in values.items() if k in line}) for line in lines)


@pytest.mark.parametrize(
    "line",
    [
        *("{}", "[]", "nonsense", '{"record": "field"}', "[" * 100_000, "9" * 5000),
        *(_with(cell=5), _with(language=None), _with(seconds="x"), _with(confidence=None), _with(box=[[1]])),
        *(_with(sources=5), _with(edits="x"), _with(outcome="fine"), _with(record="word")),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(to_lines(document(1), []) + line + "\n", encoding="utf-8")
    with pytest.raises(ResultsError, match="line 2: not a line of results"):
        read_results(path)
    with pytest.raises(ResultsError, match="line 2"):
        resume(path)


@pytest.mark.parametrize("values", [{"failure": 5}, {"warnings": 5}, {"stages": 5}, {"valid": "x"}, {"memory": "x"}])
def test_a_document_s_line_of_other_types_is_none(tmp_path: Path, values: dict[str, Any]) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(to_lines(document(1), []) + _with(**values) + "\n", encoding="utf-8")
    with pytest.raises(ResultsError, match="line 3: not a line of results"):
        read_results(path)


def test_fields_of_a_document_that_was_not_finished_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(to_lines(document(1), [])[:0] + to_lines(document(2), [field(2)]).splitlines()[0] + "\n", "utf-8")
    assert read_results(path).fields == ()


def test_results_by_cell(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(to_lines(document(1), [field(1)]) + to_lines(document(1, "b"), [field(1, "b")]), encoding="utf-8")
    found = read_results(path)
    assert found.cells() == ["embedded", "b"]
    assert [one.subject.cell for one in found.of_cell("b").fields] == ["b"]
    assert len(found.of_cell("b").documents) == 1


def test_a_picture_is_told_from_others_by_its_place_in_the_dataset(tmp_path: Path) -> None:
    a = Specimen(tmp_path / "a" / "1.png", "passport", {})
    b = Specimen(tmp_path / "b" / "1.png", "passport", {})
    assert relative_name(a, tmp_path) == "a/1.png"
    assert relative_name(a, tmp_path / "labels.jsonl") == "a/1.png" or not (tmp_path / "labels.jsonl").exists()
    assert identifier(a, tmp_path) != identifier(b, tmp_path)
    assert len(identifier(a, tmp_path)) == 16
    assert relative_name(Specimen(Path("/elsewhere/1.png"), "passport", {}), tmp_path) == "1.png"
