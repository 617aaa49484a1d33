"""The vision model through the whole run: a checkpoint of random weights reads one page."""

import json
from pathlib import Path

import pytest

from eval.run import main

ROOT = Path(__file__).parents[2]
ONE_PAGE = ["--dataset", str(ROOT / "datasets" / "examples"), "--limit", "1", "--device", "cpu"]
TINY = ["--model", str(ROOT / "tests" / "data" / "phi3v" / "tiny")]


@pytest.mark.slow
def test_a_checkpoint_is_scored_with_hints(tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert main([*ONE_PAGE, *TINY, "--dtype", "float32", "--hints", "on", "--out", str(out)]) == 0
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    ((name, cell),) = summary["cells"].items()
    engine = summary["run"]["engines"][name]
    assert name == "phi3v tiny float32, hints"
    assert engine["digest"] == summary["run"]["cells"][name]["checkpoint"]["digest"]
    assert (engine["dtype"], engine["device"], engine["hints"]) == ("float32", "cpu", "yes")
    assert cell["cost"]["tokens"]["median"] > 0
    assert cell["overall"]["valid"]["value"] == 1.0


@pytest.mark.slow
def test_what_the_model_says_alone_can_be_scored_without_hints(tmp_path: Path) -> None:
    out = tmp_path / "run"
    arguments = [*ONE_PAGE, *TINY, "--dtype", "float32", "--hints", "off", "--score", "model", "--out", str(out)]
    assert main(arguments) == 0
    lines = [json.loads(line) for line in (out / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    given = [line for line in lines if line["record"] == "field" and line["prediction"] is not None]
    assert {source["kind"] for line in given for source in line["sources"]} <= {"model"}
    result = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert result["run"]["reading"]["scored"] == "model"
    assert result["run"]["engines"]["phi3v tiny float32, no hints"]["hints"] == "no"
