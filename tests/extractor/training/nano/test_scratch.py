"""Training from scratch, at a size that fits a test: two runs make one schedule, and leave a whole checkpoint."""

import json
from dataclasses import replace

import pytest

from extractor.checkpoints import find_checkpoint, verify_checkpoint
from extractor.training.nano.log import log_lines
from extractor.training.nano.scratch import ScratchPlan, rehearsal, train

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("fonts", "small")]


def test_a_run_goes_on_where_the_last_one_stopped(tmp_path):
    result: list[str] = []
    plan = replace(rehearsal(ScratchPlan(seconds=1000, total=3.0, glyphs=1.0, seed=1)), log_steps=1, reserve=0.0)
    first = train(plan, tmp_path, device="cpu", report=result.append)
    assert first.runs == 1
    assert first.steps >= 1
    assert first.seconds >= 3.0
    verify_checkpoint(find_checkpoint(tmp_path))
    assert json.loads((tmp_path / "progress.json").read_text())["steps"] == first.steps

    second = train(replace(plan, total=first.seconds + 2.0), tmp_path, device="cpu", report=result.append)
    assert second.runs == 2
    assert second.steps > first.steps
    assert second.seconds > first.seconds
    lines = list(log_lines(tmp_path))
    assert [line["steps"] for line in lines] == list(range(1, second.steps + 1))
    assert lines[0]["rate"] < 0.1
    assert all(0 <= line["rate"] <= 1 for line in lines)
    assert any("answer plain" in line or "answer hints" in line for line in lines)
    assert any(line.startswith("resumed after") for line in result)
    assert (tmp_path / "curves.png").stat().st_size > 5000
