"""The two commands, from drawing pictures to a network in a file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from extractor.training.text import pictures
from extractor.training.text.__main__ import main


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, fonts: None) -> Path:
    """Two pages and their lines."""
    out = tmp_path_factory.mktemp("eightbit") / "data.zip"
    assert main(["draw", "--out", str(out), "--pages", "2", "--workers", "1"]) == 0
    return out


def test_drawn_pictures_are_pages_and_their_lines_by_width(data: Path) -> None:
    pages, lines = pictures.read(data)
    assert len(pages) == 2
    assert sum(map(len, lines.values())) > 20
    assert set(lines) <= set(pictures.WIDTHS)
    assert all(line.shape == (48, width, 3) for width, some in lines.items() for line in some)


def test_the_same_seed_draws_the_same_pictures(data: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    assert main(["draw", "--out", str(again), "--pages", "2", "--workers", "1"]) == 0
    for one, two in zip(pictures.read(data)[0], pictures.read(again)[0], strict=True):
        assert np.array_equal(one, two)


@pytest.mark.parametrize("width", [90, 97, 500, 4000])
def test_lines_are_stretched_to_the_nearest_width(width: int) -> None:
    got = pictures.stretched(np.zeros((48, width, 3), np.uint8)).shape[1]
    assert got == {90: 96, 97: 96, 500: 480, 4000: 1536}[width]


@pytest.mark.long
@pytest.mark.parametrize("network", ["detector", "recogniser"])
def test_training_tells_how_far_it_is_and_leaves_a_network_that_runs(
    network: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import onnxruntime

    settings = ["--data", str(data), "--out", str(tmp_path), "--seconds", "1", "--batch", "0.05"]
    assert main(["train", "--network", network, *settings]) == 0
    *_, ended, file = capsys.readouterr().out.splitlines()
    assert json.loads(ended)["steps"] >= 1
    # Another seed calibrates on other pictures; the earlier run's calibration must be kept.
    again = ["--seconds", "1", "--seed", "7", "--start", str(tmp_path / f"{network}.safetensors")]
    assert main(["train", "--network", network, *settings, *again]) == 0
    began = json.loads(capsys.readouterr().out.splitlines()[0])
    assert began == {key: value for key, value in json.loads(ended).items() if key != "steps"} | {"seconds": 0}
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    answer = session.run(None, {"x": np.zeros((1, 3, 64 if network == "detector" else 48, 96), np.float32)})[0]
    assert np.isfinite(answer).all()


def test_a_run_that_left_no_network_cannot_be_gone_on_from(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "detector.safetensors"
    state.touch()
    settings = ["--network", "detector", "--data", str(data), "--out", str(tmp_path), "--start", str(state)]
    assert main(["train", *settings]) == 3
    output = capsys.readouterr().err
    assert output.count("\n") == 1
    assert "--start" in output


def test_a_missing_data_file_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "none.zip"
    assert main(["train", "--network", "detector", "--data", str(missing), "--out", str(tmp_path)]) == 3
    assert capsys.readouterr().err.count("\n") == 1
