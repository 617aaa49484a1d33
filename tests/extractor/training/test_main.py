"""The command: worked examples in its help, one clear line for what is wrong."""

import pytest

from extractor.training.__main__ import main
from extractor.training.nano import scratch


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


def test_a_second_stage_starts_at_a_share_of_the_usual_rates(tmp_path, monkeypatch):
    plans = []
    monkeypatch.setattr(scratch, "train", lambda plan, out, start: plans.append(plan))
    arguments = ["scratch", "--out", str(tmp_path), "--rate", "0.5", "--glyph-weight", "0.1"]
    assert main([*arguments, "--catalogue-share", "0.6"]) == 0
    usual = scratch.ScratchPlan(1, 1)
    assert plans[0].rates.muon == 0.5 * usual.rates.muon
    assert plans[0].rates.adam == 0.5 * usual.rates.adam
    assert plans[0].rates.muon_decay == usual.rates.muon_decay
    assert plans[0].glyph_weight == (0.1, 0.1)
    assert plans[0].catalogue_share == 0.6
