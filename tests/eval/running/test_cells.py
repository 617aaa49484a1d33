"""What a run compares, settled before anything is read; what is not here is said, never replaced in silence."""

from pathlib import Path

import pytest

from eval.running.cells import Cell, cells, checkpoint_for, engine_of, pairs
from extractor.checkpoints.locate import SHIPPED_FOLDER
from extractor.checkpoints.values import DTYPES
from extractor.errors import CheckpointError, UsageError


@pytest.fixture(autouse=True)
def no_checkpoints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that has no published model."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv("EXTRACTOR_MODEL", raising=False)


def test_a_model_or_precision_asks_for_phi3v() -> None:
    assert [cell.name for cell in cells(dtypes=["int4"])] == ["phi3v nano int4"]
    assert [cell.name for cell in cells(models=["nano"])] == ["phi3v nano bfloat16"]
    assert [cell.name for cell in cells(hints=(True,))] == ["phi3v nano bfloat16, hints"]


def test_every_combination_is_a_cell() -> None:
    found = cells(["embedded", "phi3v"], ["nano"], ["int8", "int4"], (False, True))
    assert [cell.name for cell in found] == [
        "embedded",
        "phi3v nano int8, no hints",
        "phi3v nano int8, hints",
        "phi3v nano int4, no hints",
        "phi3v nano int4, hints",
    ]


def test_precisions_hints_and_engines_are_compared_with_their_references() -> None:
    found = cells(["embedded", "phi3v"], ["nano"], ["float32", "bfloat16", "int4"], (False, True))
    assert [(first.name, second.name) for first, second in pairs(found)] == [
        ("phi3v nano bfloat16, no hints", "phi3v nano float32, no hints"),
        ("phi3v nano bfloat16, hints", "phi3v nano float32, hints"),
        ("embedded", "phi3v nano bfloat16, no hints"),
        ("phi3v nano bfloat16, no hints", "phi3v nano bfloat16, hints"),
        ("phi3v nano bfloat16, no hints", "phi3v nano int4, no hints"),
        ("phi3v nano bfloat16, hints", "phi3v nano int4, hints"),
    ]


def test_without_bfloat16_the_first_precision_is_the_reference() -> None:
    found = cells(models=["nano"], dtypes=["int8", "int4"])
    assert [(first.dtype, second.dtype) for first, second in pairs(found)] == [("int8", "int4")]
    assert pairs(cells()) == []


def test_the_small_model_says_that_it_is_not_phi3_vision() -> None:
    label, checkpoint, note = checkpoint_for("nano")
    assert (label, checkpoint.folder) == ("nano", SHIPPED_FOLDER)
    assert note == "the small model of this repository, not Phi-3-vision"
    _, _, note = checkpoint_for(None)
    assert note.startswith("the small model of this repository, not Phi-3-vision: microsoft/Phi-3-vision-128k-instruct")
    assert "hf download microsoft/Phi-3-vision-128k-instruct" in note


def test_a_model_that_is_named_is_never_replaced() -> None:
    with pytest.raises(CheckpointError, match="hf download microsoft/Phi-3-vision-128k-instruct"):
        checkpoint_for("microsoft/Phi-3-vision-128k-instruct")
    with pytest.raises(CheckpointError):
        checkpoint_for("nobody/nothing")


def test_a_folder_is_a_model(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    label, checkpoint, note = checkpoint_for(str(tmp_path / "mine"))
    assert (label, checkpoint.folder, note) == ("mine", tmp_path / "mine", "")


def test_what_is_unknown_is_named() -> None:
    with pytest.raises(UsageError, match="there is no engine 'oracle'"):
        cells(["oracle"])
    with pytest.raises(UsageError, match=f"there is no dtype 'int3'; known: {', '.join(DTYPES)}"):
        cells(dtypes=["int3"])
    with pytest.raises(UsageError, match="no models or precisions"):
        cells(["embedded"], dtypes=["int4"])
    with pytest.raises(UsageError, match="no models or precisions"):
        cells(["embedded"], models=["nano"])


def test_an_engine_that_is_not_the_one_asked_for_is_not_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.engines.choose_engine", lambda *_, **__: (None, "phi3v does not fit"))
    with pytest.raises(UsageError, match="embedded is not scored"):
        engine_of(Cell("phi3v"))


def test_the_engine_of_a_cell_is_asked_for_with_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {}

    class Engine:
        name = "phi3v"

    def choose(name: str, **options: object) -> tuple[Engine, str]:
        asked.update(options, name=name)
        return Engine(), "asked for"

    monkeypatch.setattr("extractor.engines.choose_engine", choose)
    (cell,) = cells(models=["nano"], dtypes=["int8"], hints=(False,))
    engine_of(cell, device="cpu", num_crops=4)
    assert asked == {
        "name": "phi3v", "model": str(SHIPPED_FOLDER), "dtype": "int8", "hints": False, "device": "cpu", "num_crops": 4,
    }  # fmt: skip


def test_a_cell_without_a_model_has_no_engine() -> None:
    assert engine_of(Cell("embedded")) is None
