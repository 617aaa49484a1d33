"""What the training commands of the small networks cannot use is one line, before any page is made."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from extractor.training.portrait.__main__ import main as portrait
from extractor.training.visual.__main__ import main as visual


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One of files that hold something else; nothing may be trained."""

    def trained(*_: object) -> None:
        raise AssertionError("work began")

    monkeypatch.setattr("extractor.training.visual.train.train", trained)
    monkeypatch.setattr("extractor.training.visual.batches.batches", trained)
    monkeypatch.setattr("extractor.training.portrait.train._batches", trained)
    monkeypatch.setattr("extractor.training.visual.real.read_pages", trained)
    for name, content in (("other.jsonl", b'{"a": 1}\n'), ("list.jsonl", b"[1]\n"), ("binary.jsonl", b"\xff\xfe")):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "no.onnx").write_bytes(b"no network")
    for name in ("foreign", "damaged"):
        (tmp_path / name).mkdir()
    save_file({"a": torch.zeros(1)}, tmp_path / "foreign" / "network.safetensors")
    (tmp_path / "damaged" / "network.safetensors").write_bytes(b"\xff" * 40)
    monkeypatch.chdir(tmp_path)
    return tmp_path


LAYOUT = ["--out", "out", "--device", "cpu"]


@pytest.mark.parametrize("start", ["none", "foreign", "damaged", "no.onnx", "none.onnx"])
@pytest.mark.parametrize(
    ("main", "call"),
    [
        (visual, ["train", *LAYOUT, "--start", "{}"]),
        (visual, ["mean", "{}", "--shares", "1", "--out", "out"]),
        (visual, ["export", "{}", "--file", "out.onnx"]),
        (portrait, ["train", "--out", "out", "--start", "{}"]),
        (portrait, ["export", "{}", "--file", "out.onnx"]),
    ],
    ids=lambda one: one[0] if isinstance(one, list) else one.__module__,
)
def test_weights_of_another_network(
    folder: Path, main: object, call: list[str], start: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([one.format(start) for one in call]) == 3
    assert capsys.readouterr().err == f"error: {start} holds no weights of this network\n"


@pytest.mark.parametrize("file", ["other.jsonl", "list.jsonl", "binary.jsonl"])
@pytest.mark.parametrize(
    "call", [["train", *LAYOUT, "--real"], ["train", *LAYOUT, "--printed"], ["folds", *LAYOUT, "--real"]]
)
def test_files_of_something_else_than_pages(
    folder: Path, call: list[str], file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert visual([*call, file]) == 3
    assert capsys.readouterr().err.startswith(f"error: {file} holds no pages")


@pytest.mark.parametrize(
    ("main", "call", "code", "said"),
    [
        (visual, ["folds", *LAYOUT], 2, "--real"),
        (visual, ["train", "--out", "out", "--device", "nope"], 3, "no device nope"),
        (portrait, ["train", "--out", "out", "--device", "nope"], 3, "no device nope"),
        (visual, ["pages", ".", "--out", "out", "--network", "no.onnx"], 3, "no weights"),
        (visual, ["pages", ".", "--out", "out", "--network", "none.onnx"], 3, "no weights"),
    ],
)
def test_other_calls_that_cannot_be(
    folder: Path, main: object, call: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(call) == code
    output = capsys.readouterr().err
    assert said in output
    assert output.count("\n") == 1


@pytest.mark.parametrize(
    ("main", "call"),
    [
        *[(visual, ["train", *LAYOUT, "--seconds", number]) for number in ("0", "-1", "nan", "inf", "x")],
        *[(visual, ["train", *LAYOUT, option, "0"]) for option in ("--pages", "--workers", "--devices", "--rate")],
        (visual, ["folds", *LAYOUT, "--folds", "0"]),
        (visual, ["printed", "--out", "out", "--count", "-1"]),
        (portrait, ["train", "--out", "out", "--steps", "0"]),
        (portrait, ["train", "--out", "out", "--batch", "0"]),
        (portrait, ["train", "--out", "out", "--rate", "nan"]),
    ],
)
def test_numbers_that_mean_nothing(folder: Path, main: object, call: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(call)
    assert ended.value.code == 2
