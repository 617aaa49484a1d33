"""The command: worked examples in its help, one clear line for what is wrong."""

import pytest

from extractor.training.__main__ import main


def test_help_shows_worked_examples(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    output = capsys.readouterr().out
    assert stopped.value.code == 0
    for words in ("tune my-documents --out runs/mine", "--dtype int4", "accelerate launch", "scratch --out"):
        assert words in output


def test_a_folder_that_is_not_there_is_one_line(tmp_path, capsys):
    assert main(["tune", str(tmp_path / "none"), "--out", str(tmp_path / "out"), "--device", "cpu"]) == 3
    output = capsys.readouterr().err.strip().splitlines()
    assert output[-1].startswith("error: there is no folder")


def test_an_unknown_checkpoint_is_one_line(tmp_path, capsys):
    arguments = ["tune", str(tmp_path), "--out", str(tmp_path / "out"), "--model", "nobody/nothing", "--device", "cpu"]
    assert main(arguments) == 3
    assert "nobody/nothing" in capsys.readouterr().err
