"""`python -m extractor.synthesis` as its user sees it."""

from pathlib import Path

import pytest
from PIL import Image

from extractor.labels import load_dataset
from extractor.synthesis import command
from extractor.synthesis.command import main
from extractor.synthesis.produce import DrawJob


@pytest.mark.usefixtures("evaluation_fonts")
def test_it_draws_what_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["--lang", "fr,zh", "--kind", "td3_passport", "--capture", "scan", "--count", "2", "--seed", "3"]
    assert main([*call, "--format", "png", "--workers", "1", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"2 specimens in {tmp_path}\n"
    specimens = load_dataset(tmp_path)
    assert [specimen.language for specimen in specimens] == ["fr", "zh"]
    assert {specimen.kind for specimen in specimens} == {"td3_passport"}
    assert {specimen.capture for specimen in specimens} == {"scan"}
    with Image.open(specimens[0].path) as picture:
        assert picture.format == "PNG"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (["--lang", "xx", "--out", "o"], "unknown language xx; known: en, zh"),
        (["--kind", "td9", "--out", "o"], "unknown kind td9"),
        (["--capture", "fax", "--out", "o"], "unknown capture mode fax; known: clean, scan"),
        (["--count", "0", "--out", "o"], "--count must be at least 1"),
        (["--count", "3"], "--out is needed"),
    ],
)
def test_a_wrong_call_says_what_is_wrong_and_exits_with_2(
    call: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(call) == 2
    assert message in capsys.readouterr().err


def test_help_shows_worked_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    assert "python -m extractor.synthesis --lang zh --count 200 --seed 1 --out" in capsys.readouterr().out


@pytest.mark.parametrize("line", [line for line in command._EXAMPLES.splitlines() if "python -m" in line])
def test_the_worked_examples_work(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[DrawJob] = []
    monkeypatch.setattr(command, "produce", lambda jobs, out, workers: drawn.extend(jobs) or [])
    words = line.partition("(")[0].split()[3:]
    words[words.index("--out") + 1] = str(tmp_path / "out")
    assert main(words) == 0
    assert len(drawn) >= 50
