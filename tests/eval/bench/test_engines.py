"""The benches of the onnx and the openai engine and of batches: what they make of what was counted."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from eval.bench import onnx, openai, vllm
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
