"""Drawn pictures with several documents: what is on them, how a reading of them is judged, and a few that are read."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval import documents
from eval.documents import DocumentTally, judge, read, table
from eval.sheets import Case, Side, make_case
from extractor.extraction import Box, Extraction, FieldEvidence, ReadingWarning, Verdict
from extractor.schemas import Passport

#: Two documents beside each other on one page; the second has two sides.
PLACES = ((0, 0, 100, 100), (200, 0, 300, 100), (400, 0, 500, 100))


def corners(left: float, top: float, right: float, bottom: float) -> Any:
    return (left, top), (right, top), (right, bottom), (left, bottom)


def sheet() -> Case:
    sides = tuple(Side(number, 0, np.array(corners(*place))) for number, place in zip((0, 1, 1), PLACES, strict=True))
    return Case(0, "sheet", (np.zeros((100, 600, 3), np.uint8),), sides, ({}, {}))


def output(*regions: int, values: Sequence[int] = (), alone: bool = False) -> Extraction[Any]:
    """A result that lies on these places and took a value from each of `values`."""
    boxes = [Box(0, corners(*PLACES[place])) for place in values]
    return Extraction(
        Passport,
        Passport(),
        {},
        {str(n): FieldEvidence("x", Verdict.SINGLE, 0.9, box=box) for n, box in enumerate(boxes)},
        (ReadingWarning("lone_side", ""),) if alone else (),
        regions=tuple(Box(0, corners(*PLACES[place])) for place in regions),
    )


def test_a_document_is_found_by_one_output_on_all_its_sides_and_on_no_other() -> None:
    assert judge(sheet(), [output(0, values=[0]), output(1, 2, values=[1, 2])]) == DocumentTally(1, 2, 2, 2, 0, 3, 0)
    # its sides taken for two documents, or everything for one
    assert judge(sheet(), [output(0), output(1), output(2, alone=True)]).found == 1
    assert judge(sheet(), [output(0, 1, 2)]).found == 0
    assert judge(sheet(), []).found == 0


def test_a_value_from_another_document_is_foreign() -> None:
    assert judge(sheet(), [output(0, values=[0, 1]), output(1, 2, values=[2])]).foreign == 1


def test_counts_add_up_by_form_and_together() -> None:
    shown = table({"sheet": DocumentTally(1, 4, 3, 4, 0, 40, 1), "pages": DocumentTally(1, 4, 4, 4, 0, 40, 0)})
    assert "87.5 %" in shown.splitlines()[-1]


def test_a_run_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    seeds: list[int] = []

    def make(seed: int) -> Case:
        seeds.append(seed)
        return sheet()

    monkeypatch.setattr(documents, "make_case", make)
    monkeypatch.setattr(documents, "read", lambda _: [output(0, values=[0])])
    out = tmp_path / "documents.json"
    for count in (2, 5):
        assert documents.main(["--count", str(count), "--out", str(out)]) == 0
    assert seeds == [0, 1, 2, 3, 4]
    record = json.loads(out.read_text())
    assert (record["forms"]["sheet"]["cases"], record["missed"]) == (5, [0, 1, 2, 3, 4])
    assert "| 5 |" in capsys.readouterr().out


def test_cases_are_drawn_by_their_seeds() -> None:
    one, same = make_case(2), make_case(2)
    assert one.form == "pages"
    assert len(one.pages) == len(one.sides) >= len(one.fields) >= 2
    assert all(np.array_equal(a, b) for a, b in zip(one.pages, same.pages, strict=True))
    assert one.source.startswith(b"%PDF-")


@pytest.mark.long
@pytest.mark.parametrize("seed", [9, 13, 3, 6])
def test_documents_are_found_and_nothing_is_taken_from_another(seed: int) -> None:
    """Two sheets, a PDF of holders and one of single pages; docs/accuracy.md has more of them."""
    made = judge(case := make_case(seed), read(case))
    assert made.found == made.documents
    assert made.foreign == 0
