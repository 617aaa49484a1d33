"""Platt's scaling, groups by their sources, and each run's scale tried on the others."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.recalibration import GROUPS, GroupConfidences, Scale, confidences_of, fit, fitness, main
from eval.running.records import FieldRecord, Results, to_lines
from extractor.schemas import Kind

from .made import field, results, subject


def everything(confidences: list[float], right: list[bool]) -> GroupConfidences:
    return GroupConfidences(confidences, right, [1.0] * len(right))


def test_a_scale_is_a_line_in_log_odds() -> None:
    assert Scale(1.0, 0.0)(0.3) == pytest.approx(0.3)
    assert Scale(0.0, 0.0)(0.99) == 0.5
    assert Scale(2.0, 0.0)(0.8) == pytest.approx(16 / 17)
    assert 0 < Scale(1.0, 0.0)(0.0) < Scale(1.0, 0.0)(1.0) < 1


@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.booleans(), st.sampled_from([0.25, 0.5, 1.0])), min_size=6, max_size=40
    ).filter(lambda rows: len({round(c, 2) for c, _, _ in rows}) > 2)
)
@settings(max_examples=40, deadline=None)
def test_the_fit_is_where_the_likelihood_is_flat(rows: list[tuple[float, bool, float]]) -> None:
    result = GroupConfidences(*(list(column) for column in zip(*rows, strict=True)))  # type: ignore[arg-type]
    scale = fit(result)
    weights, right = np.array(result.weights), np.array(result.right)
    ups, downs = weights[right].sum(), weights[~right].sum()
    target = np.where(right, (ups + 1) / (ups + 2), 1 / (downs + 2))
    rest = weights * (target - np.array([scale(confidence) for confidence in result.confidences]))
    assert rest.sum() == pytest.approx(0, abs=0.01)
    x = np.clip(np.array(result.confidences), 1e-4, 1 - 1e-4)
    along = (rest * np.log(x / (1 - x))).sum()
    assert along == pytest.approx(0, abs=0.05) or (scale.slope < 1e-6 and along < 0)


def test_too_modest_confidences_are_raised_and_keep_their_order() -> None:
    result = everything([0.6] * 20 + [0.8] * 20, [n > 1 for n in range(20)] + [n > 0 for n in range(20)])
    scale = fit(result)
    assert scale(0.6) == pytest.approx(0.9, abs=0.03)
    assert scale(0.8) == pytest.approx(0.95, abs=0.03)
    assert fitness(scale, result)["ece"] < fitness(lambda confidence: confidence, result)["ece"]
    assert fitness(scale, result)["auroc"] == fitness(lambda confidence: confidence, result)["auroc"]


def test_an_order_that_is_wrong_is_not_turned_around() -> None:
    scale = fit(everything([0.9, 0.9, 0.9, 0.1, 0.1, 0.1], [False, False, True, True, True, False]))
    assert scale.slope == pytest.approx(0.0, abs=1e-6)
    assert scale(0.9) == pytest.approx(scale(0.1)) == pytest.approx(0.5, abs=0.01)


def test_all_right_is_not_certainty() -> None:
    scale = fit(everything([0.5, 0.7, 0.9], [True] * 3))
    assert 0.7 < scale(0.7) < 0.95


def test_there_is_nothing_to_fit_to_nothing() -> None:
    with pytest.raises(ValueError, match="at least one"):
        fit(everything([], []))


def source(kind: str, confidence: float, value: str | None = "A") -> dict[str, Any]:
    return {"kind": kind, "value": value, "confidence": confidence, "proven": False, "basis": ""}


def spoken(name: str, *sources: dict[str, Any], kind: Kind = Kind.NAME, verdict: str = "single") -> FieldRecord:
    return replace(field(subject(name), "surname", "A", "A", kind=kind, sources=sources), verdict=verdict)


def test_groups_go_by_the_sources() -> None:
    found = Results(
        (),
        (
            spoken("alone", source("visual", 0.7), source("visual", 0.4), source("mrz", 0.9, None)),
            spoken("verified", source("visual", 0.8), verdict="verified"),
            spoken("agreed", source("visual", 0.6), source("mrz", 0.95), verdict="agree"),
            spoken("number", source("visual", 0.6), source("mrz", 0.95), kind=Kind.NUMBER, verdict="agree"),
            spoken("zone", source("mrz", 0.95)),
        ),
    )
    assert confidences_of(found, "printed alone").confidences == [0.7]
    assert confidences_of(found, "agreed name").confidences == [0.6]
    assert set(GROUPS) == {"printed alone", "agreed name"}


def test_pictures_of_one_document_share_its_weight() -> None:
    rows = [
        field(subject(name, group="g"), "surname", "A", "A", sources=(source("visual", 0.5),)) for name in ("a", "b")
    ]
    assert confidences_of(Results((), tuple(rows)), "printed alone").weights == [0.5, 0.5]


def test_each_runs_scale_is_tried_on_the_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, wrong in (("first", 2), ("second", 5)):
        rows = [
            field(
                subject(f"{name}{number}"), "surname", "A", "A" if number >= wrong else "B", confidence=0.6,
                sources=(source("visual", 0.6),),
            )
            for number in range(20)
        ]  # fmt: skip
        made = results(*rows)
        (tmp_path / name).mkdir()
        lines = [to_lines(d, [f for f in rows if f.subject == d.subject]) for d in made.documents]
        (tmp_path / name / "results.jsonl").write_text("".join(lines), encoding="utf-8")
    assert main([str(tmp_path / "first"), str(tmp_path / "second")]) == 0
    output = capsys.readouterr().out
    assert "| as it is | first | 20 | 90.0 | 30.0 |" in output
    (tested,) = [line for line in output.splitlines() if line.startswith("| of first") and "| second |" in line]
    assert float(tested.split(" | ")[4]) == pytest.approx(15, abs=4)  # 90 % right was said, 75 % are
    assert len([line for line in output.splitlines() if line.startswith("| of all")]) == 2


def test_one_run_is_fitted_to_itself(tmp_path: Path, finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(finished)]) == 0
    assert "| of run: slope" in capsys.readouterr().out


def test_a_folder_without_a_run_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 3
    assert capsys.readouterr().err.startswith("eval.recalibration: ")
