"""Training PP-OCRv6's own recogniser: what it learns, and what it is held to."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from extractor.text.writing import CHARACTERS
from extractor.training.text import lines, rounding
from extractor.training.text.graph import initializers
from extractor.training.text.pool import CutLines, Drawing, _draws
from extractor.training.text.reader import ReaderPlan, Trainer, main

FONTS = Path("/usr/share/fonts/truetype/freefont")
WORDS = {"LATIN": {"en": ["Surname", "ÅSTRÖM"]}, "CYRILLIC": {"ru": ["Фамилия", "ИВАНОВ"]}}


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's recogniser, in a file."""
    out = tmp_path_factory.mktemp("start") / "own.onnx"
    assert main(["start", "--alphabet", "own", "--out", str(out)]) == 0
    return out


@pytest.fixture
def drawing(tmp_path: Path) -> Drawing:
    """Words in two scripts, and one font of both."""
    if not (FONTS / "FreeSans.ttf").is_file():
        pytest.skip("fonts are missing: apt install fonts-freefont-ttf")
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "FreeSans.ttf").symlink_to(FONTS / "FreeSans.ttf")
    (tmp_path / "words.json").write_text(json.dumps(WORDS), encoding="utf-8")
    return Drawing(tmp_path / "words.json", tmp_path / "fonts", workers=1, seed="0", room=5e7)


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    """Six lines as the product cuts them out: three are dark, three are bright."""
    path = tmp_path / "cut.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for place in range(6):
            buffer = io.BytesIO()
            Image.new("RGB", (96, 48), (250,) * 3 if place % 2 else (10,) * 3).save(buffer, "WEBP")
            archive.writestr(f"line-96-{place}.webp", buffer.getvalue())
    return path


def test_an_alphabet_says_what_a_network_is_to_read(start: Path) -> None:
    assert lines.target_of(CHARACTERS) is lines.SCRIPTS
    own = lines.target_of(rounding.alphabet(onnx.load(start)))
    assert own.labelled == {"LATIN", "MRZ"}
    assert set(own.shares) > own.labelled, "it sees other scripts, but does not learn to read them"
    assert own.characters[-1] == " "
    assert {"Ş", "Ə", "Þ", "漢"} <= set(own.characters)


def test_lines_of_scripts_that_are_not_learned_have_no_label(drawing: Drawing) -> None:
    class TakenError(Exception):
        """Ends the process's loop."""

    given: list[Any] = []

    class Queue:
        def put(self, chunk: Any) -> None:
            given.append(chunk)
            if len(given) == 4:
                raise TakenError

    target = lines.Target(CHARACTERS, 8, {"LATIN": 0.5, "CYRILLIC": 0.5}, frozenset(("LATIN",)), 0.0)
    with pytest.raises(TakenError):
        _draws(replace(drawing, target=target), 0, Queue())
    for _, labels, lengths, scripts in given:
        assert ((lengths > 0) == (scripts == 0)).all()
        assert not labels[scripts == 1].any()
    assert {0, 1} <= {int(script) for chunk in given for script in chunk[3]}


def test_cut_lines_are_of_one_width_and_some_can_be_left_out(cut: Path) -> None:
    found = CutLines(cut, torch.device("cpu"), np.random.default_rng(0))
    assert found.batch(192).shape == (2, 3, 48, 96)
    found.keep(lambda x: x.mean((1, 2, 3)) > 0)
    assert sum(map(len, found.by_width.values())) == 3
    assert all(line.mean() > 0.8 for line in found.some(5))


def test_a_network_between_two_has_a_share_of_the_weights_of_each(tmp_path: Path) -> None:
    for name, value in (("one", 1.0), ("two", 3.0)):
        weights = [onnx.numpy_helper.from_array(np.full((2, 2), value, np.float32), "weight")]
        onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "test", [], [], weights)), tmp_path / name)
    out = tmp_path / "mixed"
    assert main(["mix", str(tmp_path / "one"), str(tmp_path / "two"), "--share", "0.25", "--out", str(out)]) == 0
    assert (initializers(onnx.load(out))["weight"] == 1.5).all()


@pytest.mark.long
def test_training_changes_the_network_and_keeps_its_alphabet(
    start: Path, drawing: Drawing, cut: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ["--words", str(drawing.words), "--fonts", str(drawing.fonts), "--out", str(tmp_path / "run")]
    few = ["--seconds", "2", "--workers", "1", "--batch", "400", "--pool", "1e7"]
    assert main(["train", "--start", str(start), *settings, *few]) == 0
    ended = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert ended["steps"] >= 1
    assert set(ended["checked"]) <= {"LATIN", "MRZ"}
    before, after = onnx.load(start), onnx.load(tmp_path / "run" / "reader.onnx")
    assert rounding.alphabet(before) == rounding.alphabet(after)
    one, two = initializers(before), initializers(after)
    assert any(not np.array_equal(one[name], two[name]) for name in one)


@pytest.mark.long
def test_an_unchanged_network_says_what_it_said_before(
    start: Path, drawing: Drawing, cut: Path, tmp_path: Path
) -> None:
    trainer = Trainer(ReaderPlan(start, drawing.words, drawing.fonts, tmp_path, 1.0, workers=1, pool=1e7))
    trainer.pool.close()
    x = torch.rand(2, 3, 48, 96) * 2 - 1
    assert trainer._change(x, trainer.scores(trainer.network, x)).tolist() == pytest.approx([0, 0], abs=1e-5)
    assert trainer._change(x, trainer.scores(trainer.network, -x)).min() > 0.01
    blank = torch.ones(1, 3, 48, 96)
    assert not trainer._has_ideographs(blank).any()
