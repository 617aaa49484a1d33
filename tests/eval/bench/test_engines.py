"""The benches of the onnx and the openai engine and of batches: what they make of what was counted."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from eval.bench import batch, onnx, openai, vllm
from eval.bench.kept import SavedPieces
from eval.running.measuring import BenchError
from extractor.decoding.answer import FieldReading
from extractor.errors import UnreadableInputError, UsageError
from extractor.labels.format import Specimen

SETTINGS = {"model": "a", "code": "b", "engines": [onnx.NATIVE]}


def counts(same: int, right: int) -> dict[str, float]:
    return {"fields": 10, "same": same, "labelled": 10, "right": right, "cpu": 1.5, "seconds": 2.0}


def specimen(number: int, language: str) -> Specimen:
    return Specimen(Path(f"set/{number}.png"), "passport", {}, language=language)


def test_what_was_measured_is_kept_and_gone_on_from(tmp_path: Path) -> None:
    assert SavedPieces(None, SETTINGS).pieces == {}
    file = tmp_path / "kept"
    first = SavedPieces(file, SETTINGS)
    first.add("1.png", {onnx.NATIVE: counts(10, 9)})
    assert first.pieces == SavedPieces(file, SETTINGS).pieces == {"1.png": {onnx.NATIVE: counts(10, 9)}}


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({**SETTINGS, "code": "c"}, UsageError, "made with another code"),
        ({**SETTINGS, "model": "c", "engines": []}, UsageError, "made with another model, engines"),
        (None, UnreadableInputError, "is not what --kept writes"),
    ],
)
def test_what_another_program_kept_is_not_gone_on_from(
    tmp_path: Path, settings: Any, error: type[Exception], said: str
) -> None:
    file = tmp_path / "kept"
    file.write_text(json.dumps(settings) if settings else "nothing")
    with pytest.raises(error, match=said):
        SavedPieces(file, SETTINGS)


def test_sums_are_by_engine_and_language_with_the_loss_by_document() -> None:
    read: Any = [
        (specimen(number, language), {onnx.NATIVE: counts(10, 9), "onnx int4": counts(9 - number % 2, 9 - number % 2)})
        for number, language in enumerate(["de", "zh", "zh-Hant", "de", "ru", "ru", "pl", "pl", "it", "it", "fr", "fr"])
    ]
    figures = onnx._figures(read, Path("set"), ["int4"])
    native, quantized = figures["cells"][onnx.NATIVE], figures["cells"]["onnx int4"]
    assert (figures["pictures"], figures["documents"]) == (12, 12)
    assert (native["same"], native["documents_same"], quantized["same"]) == (120, 12, 102)
    assert quantized["languages"]["zh"] == {"fields": 20, "same": 17, "labelled": 20, "right": 17}
    loss = quantized["against_native"]
    assert loss["value"] == pytest.approx(-0.05)
    assert loss["low"] < -0.05 < loss["high"] < 0
    first, second = onnx._tables(figures)
    assert first.rows[1][1:5] == ["102 of 120", "0 of 12", "85.0", first.rows[1][4]]
    assert first.rows[1][4].startswith("-5.00 (-")
    assert second.rows[0] == ["de", "20 of 20", "17 of 20"]


def test_runs_that_never_differ_are_given_no_interval() -> None:
    assert onnx._points({"value": 0.0, "low": 0.0, "high": 0.0}) == "none differs"


def test_answers_of_a_server_are_compared_field_by_field_and_turns_summed() -> None:
    here = [{"surname": FieldReading("A", 0.9), "sex": FieldReading(None, 0.5)}, {"surname": FieldReading("B", 0.9)}]
    there = [{"surname": FieldReading("A", 0.7), "sex": FieldReading("F", 0.5)}, {"surname": FieldReading("B", 0.9)}]
    asked: list[tuple[str, int]] = []

    def side(name: str, answers: Any) -> Any:
        def ask(documents: list[Any], width: int) -> Any:
            asked.append((name, width))
            return answers

        return ask

    asks = {"native": side("native", here), "server": side("server", there)}
    piece = openai.measured([1, 2], 4, asks, None)  # type: ignore[list-item]
    assert asked == [("native", 4), ("server", 4)]
    assert (piece["fields"], piece["filled"]) == (3, 2)
    assert (piece["values_that_differ"], piece["documents_that_differ"]) == (1, 1)
    assert piece["confidence_apart"] == pytest.approx(0.2)
    times = {"native": {"seconds": 1.0, "cpu": 2.0}, "server": {"seconds": 4.0, "cpu": 0.0}, "load": 3.0}
    result = openai.summed([piece | times, piece | times | {"load": 9.0}])
    assert (result["documents"], result["values_that_differ"], result["load"]) == (4, 2, [3.0, 9.0])
    assert result["native"] == {"documents_a_second": 2.0, "cpu_seconds_a_document": 1.0}
    pace, answers = openai._tables({"cores": 2, "at_once": {"4": result}})
    assert pace.rows == [["4", "2.00", "0.50", "0.25", "1.0", "–", "3 to 9"]]
    assert answers.rows == [["4", "4", "4 of 6", "4", "2", "0.2000"]]


def test_turns_fill_the_width_and_are_no_shorter_than_four() -> None:
    turns = openai.turns_of(6, [1, 16])
    assert [(one.width, one.start, one.count) for one in turns] == [(1, 0, 4), (1, 4, 2), (16, 0, 6)]
    assert len({one.name for one in turns}) == 3


def test_a_server_that_cannot_start_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no interpreter with vLLM"), vllm.served(tmp_path / "none", tmp_path, "nano"):
        pass
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho no vLLM here\nexit 1\n")
    program.chmod(0o755)
    with (
        pytest.raises(BenchError, match="vLLM ended while it started: no vLLM here"),
        vllm.served(Path(os.path.relpath(program)), tmp_path, "nano"),
    ):
        pass


def test_what_vllm_says_of_itself_is_kept_without_times(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("INFO 11-29 21:30:01 [x.py:3] CPU KV cache size: 58,240 tokens\nWARNING other\n" * 2)
    assert vllm.Served("", 1, log).printed == ["CPU KV cache size: 58,240 tokens"]


def test_memory_is_told_at_every_fifth() -> None:
    assert batch._marks([number * 1_000_000 for number in range(10)]) == [0, 2, 4, 6, 8, 9]
    assert batch._marks([5_000_000]) == [5] * 6


def test_the_pace_is_of_all_pages_less_a_start_and_the_ratio_of_all_turns(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").touch()
    now = iter([0.0, 10.0, 20.0, 26.0])
    monkeypatch.setattr(batch.time, "monotonic", lambda: next(now))
    asked: list[list[str]] = []
    assert batch._paced(tmp_path, asked.append) == {"seconds_a_page": 2.0, "pages_per_second": 0.5}
    assert asked == [[str(tmp_path)], [str(tmp_path / "0.png")]]
    seconds = iter([2.0, 4.0])
    monkeypatch.setattr(batch, "_command", lambda *_: {"seconds_a_page": next(seconds), "pages_per_second": 0.5})
    monkeypatch.setattr(batch, "_batch", lambda *_: {"seconds_a_page": 4.0, "pages_per_second": 0.25})
    pace = batch._pace(tmp_path, tmp_path, 2)
    assert (pace["ratio"], pace["batch_seconds_a_page"]) == (0.75, 4.0)
    rows = {row[0]: row[1] for row in batch._table({"cores": 2, "pace": pace}).rows}
    assert rows["extract --jobs 2, pages a second in turns"] == "0.50, 0.50"
