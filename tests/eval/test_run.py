"""`python -m eval.run` from its arguments to its exit code, with a reader that says what it is told."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval.run import build_parser, main
from eval.running import cells as cells_module
from extractor.errors import ExtractorError

from .conftest import LABELS, FakeReader

Lines = Callable[[Path], list[dict[str, Any]]]


def run(dataset: Path, out: Path, *options: str) -> int:
    return main(["--dataset", str(dataset), "--out", str(out), *options])


def test_a_run_leaves_results_and_reports(finished: Path, lines: Lines) -> None:
    assert {path.name for path in finished.iterdir()} == {
        "run.json", "results.jsonl", "summary.json", "scores.csv", "report.md", "report.html",
    }  # fmt: skip
    summary = json.loads((finished / "summary.json").read_text(encoding="utf-8"))
    result = summary["cells"]["embedded"]["overall"]
    assert (result["documents"], result["pictures"], result["failed"]) == (4, 5, 1)
    # fr-1: 2 of 4 values right, fr-2: 4 of 4; each field of the passport counts once: (0.5+0.5+1+1)/4
    assert summary["cells"]["embedded"]["schemas"]["passport"]["exact"]["value"] == 0.75
    assert summary["cells"]["embedded"]["mistakes"] == {
        "document failed": 2, "diacritics": 1, "missed": 1, "traditional or simplified": 1,
        "look-alike characters": 1, "invented": 1,
    }  # fmt: skip
    assert len([line for line in lines(finished) if line["record"] == "document"]) == 5


def test_the_terminal_shows_what_ran_and_what_failed(
    dataset: Path, slips: FakeReader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(dataset, tmp_path / "run") == 0
    output = capsys.readouterr().out
    for word in ("exact", "zh-Hant", "dataset: specimens, 4 documents, 5 pictures", "machine:", "versions: python"):
        assert word in output
    assert "1 of 5 pictures failed: NoDocumentError 1" in output
    assert str(tmp_path / "run" / "report.html") in output


def test_a_killed_run_resumes_without_repeating_work(
    dataset: Path, reader: FakeReader, tmp_path: Path, lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "run"
    assert run(dataset, whole) == 0
    reader.fails = {"zh-1.png": KeyboardInterrupt()}
    assert run(dataset, out) == 130
    assert "--resume" in capsys.readouterr().err
    before = (out / "results.jsonl").read_bytes()
    (out / "results.jsonl").write_bytes(before + b'{"record": "field", "cell": "embe')  # torn in the middle of a line
    reader.fails, reader.read = {}, []
    assert run(dataset, out, "--resume") == 0
    assert reader.read == ["zh-1.png", "de-1.png", "de-2.png"]
    assert (out / "results.jsonl").read_bytes().startswith(before)
    strip = ("seconds", "memory")
    same = [[{k: v for k, v in line.items() if k not in strip} for line in lines(one)] for one in (whole, out)]
    assert same[0] == same[1]


def test_a_finished_run_resumes_to_its_report_alone(dataset: Path, reader: FakeReader, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert run(dataset, out) == 0
    (out / "report.html").unlink()
    reader.read = []
    assert run(dataset, out, "--resume") == 0
    assert reader.read == []
    assert (out / "report.html").exists()


def test_a_folder_with_a_run_is_not_overwritten(
    dataset: Path, reader: FakeReader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(dataset, tmp_path / "run") == 0
    assert run(dataset, tmp_path / "run") == 2
    assert "add --resume" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (["--limit", "2"], "dataset"),
        (["--fields", "surname"], "reading"),
        (["--today", "2020-01-01"], "reading"),
        (["--schema", "auto"], "reading"),
        (["--score", "visual"], "reading"),
    ],
)
def test_another_run_is_not_mixed_into_one(
    dataset: Path, reader: FakeReader, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: list[str], named: str
) -> None:
    assert run(dataset, tmp_path / "run") == 0
    assert run(dataset, tmp_path / "run", "--resume", *change) == 2
    assert f"another {named}" in capsys.readouterr().err


def test_a_changed_program_is_not_mixed_into_a_run(
    dataset: Path,
    reader: FakeReader,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(dataset, tmp_path / "run") == 0
    monkeypatch.setattr("eval.running.runner.code_digest", lambda: "another")
    assert run(dataset, tmp_path / "run", "--resume") == 2
    assert "another code" in capsys.readouterr().err


def test_resuming_needs_a_folder(dataset: Path, reader: FakeReader, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dataset", str(dataset), "--resume"]) == 2
    assert "--out" in capsys.readouterr().err


def test_the_day_of_reading_is_kept_when_a_run_goes_on(dataset: Path, reader: FakeReader, tmp_path: Path) -> None:
    reader.fails = {"fr-2.png": KeyboardInterrupt()}
    assert run(dataset, tmp_path / "run", "--today", "2001-02-03") == 130
    reader.fails = {}
    assert run(dataset, tmp_path / "run", "--resume") == 0
    assert {str(options["today"]) for options in reader.options} == {"2001-02-03"}


def test_languages_schemas_fields_and_limits_choose(
    dataset: Path, reader: FakeReader, tmp_path: Path, lines: Lines
) -> None:
    assert run(dataset, tmp_path / "a", "--lang", "zh", "de", "--schema", "driving_licence,chinese_id_card") == 0
    assert reader.read == ["zh-1.png", "de-1.png", "de-2.png"]
    reader.read = []
    assert run(dataset, tmp_path / "b", "--limit", "3", "--fields", "surname") == 0
    assert reader.read == ["fr-1.png", "zh-1.png", "de-1.png"]
    assert {line["field"] for line in lines(tmp_path / "b") if line["record"] == "field"} == {"surname"}


def test_a_users_own_schema_is_scored_on_the_fields_it_shares(
    dataset: Path, reader: FakeReader, tmp_path: Path, lines: Lines
) -> None:
    own = tmp_path / "own.py"
    code = """
from pydantic import BaseModel
class Badge(BaseModel):
    surname: str | None = None
    room: str | None = None
"""
    own.write_text(code, encoding="utf-8")
    assert run(dataset, tmp_path / "run", "--lang", "de", "--schema", f"{own}:Badge") == 0
    assert {line["field"] for line in lines(tmp_path / "run") if line["record"] == "field"} == {"surname"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--lang", "xx"], 3, "no specimen is labelled 'xx'; there are de, fr, zh-Hant"),
        (["--dataset", "nowhere"], 3, "there is no folder"),
        (["--fields", "shoe_size"], 2, "there is no field 'shoe_size'"),
        (["--error-budget", "1"], 2, "--error-budget"),
        (["--fail-under", "surname"], 2, "--fail-under takes"),
        (["--fail-under", "shoe_size=0.9"], 2, "--fail-under takes"),
        (["--fail-under", "surname=often"], 2, "between 0 and 1"),
        (["--fail-under", "surname=90"], 2, "between 0 and 1"),
        (["--compare", "nowhere"], 3, "cannot be read"),
        (["--score", "model"], 2, "needs an engine with a model"),
        (["--model", "nobody/nothing"], 3, "hf download nobody/nothing"),
        (["--model", "no-such-folder"], 3, "neither a folder on this machine"),
        *(
            (["--" + name, value], 2, "an option has no value")
            for name in ("model", "engine", "dtype", "lang", "schema", "fields", "fail-under")
            for value in ("", ",")
        ),
    ],
)
def test_what_cannot_be_done_is_one_line_and_an_exit_code(
    dataset: Path,
    reader: FakeReader,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    assert main(["--dataset", str(dataset), "--out", str(tmp_path / "run"), *arguments]) == code
    output = capsys.readouterr().err
    assert message in output
    assert output.startswith("eval.run: ")
    assert output.count("\n") == 1
    assert reader.read == []


@pytest.mark.parametrize(
    "arguments",
    [["--nonsense"], ["--device", "abacus"], ["--today", "soon"], ["--out", ""], ["--dataset", ""], ["--compare", ""]],
)
def test_arguments_that_are_none_are_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("demands", "code", "message"),
    [
        (["exact=0.5"], 0, ""),
        (["exact=0.5", "surname=0.6"], 1, "surname must be 0.6 at least; reached 0.5000"),
        (["exact=1"], 1, "exact must be 1.0 at least"),
        (["mrz=1,sex=1"], 0, ""),
        (["endorsements=0.1"], 1, "endorsements must be 0.1 at least; nothing is labelled"),
        (["mrz_exact=1.0"], 0, ""),
        (["all_right=0.2"], 1, "all_right must be 0.2 at least; reached 0.1250"),
    ],
)
def test_fail_under(
    dataset: Path,
    slips: FakeReader,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    demands: list[str],
    code: int,
    message: str,
) -> None:
    assert run(dataset, tmp_path / "run", "--fail-under", *demands) == code
    output = capsys.readouterr().err
    assert message in output
    assert bool(output) == bool(message)


def test_two_runs_are_compared(dataset: Path, slips: FakeReader, tmp_path: Path) -> None:
    assert run(dataset, tmp_path / "before") == 0
    slips.said = {}
    assert run(dataset, tmp_path / "after", "--compare", str(tmp_path / "before")) == 0
    summary = json.loads((tmp_path / "after" / "summary.json").read_text(encoding="utf-8"))
    (comparison,) = summary["comparisons"]
    assert (comparison["first"], comparison["second"]) == ("embedded (before)", "embedded")
    assert comparison["overall"]["exact"]["difference"] > 0
    assert comparison["fields"]["surname"]["only_second"] == 1
    assert "embedded against embedded (before)" in (tmp_path / "after" / "report.md").read_text(encoding="utf-8")


def test_redacted_results_hold_no_value_no_file_and_no_picture(
    dataset: Path, slips: FakeReader, tmp_path: Path
) -> None:
    slips.fails["fr-2.png"] = ExtractorError("the file fr-2.png is odd")
    assert run(dataset, tmp_path / "run", "--redact") == 0
    values = [
        value
        for label in LABELS
        for value in [label["file"], *label["fields"].values()]
        if isinstance(value, str) and len(value) > 1
    ]
    values += [
        "LEFEVRE",
        "林美华",
        "TESTSTRASSE",
        *(line for label in LABELS for line in label["fields"].get("mrz") or []),
    ]
    for path in (tmp_path / "run").iterdir():
        text = path.read_text(encoding="utf-8")
        assert not [value for value in values if value in text], path.name
        assert "data:image" not in text
        assert str(dataset) not in text
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["cells"]["embedded"]["mistakes"]["look-alike characters"] == 1


def test_a_redacted_report_can_be_made_of_a_run_that_was_not(dataset: Path, slips: FakeReader, tmp_path: Path) -> None:
    assert run(dataset, tmp_path / "run") == 0
    assert "TESTSTRASSE" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert run(dataset, tmp_path / "run", "--resume", "--redact") == 0
    assert "TESTSTRASSE" not in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


def test_no_path_of_this_machine_is_in_the_summary(finished: Path, dataset: Path) -> None:
    for name in ("summary.json", "run.json", "report.md", "scores.csv"):
        assert str(dataset.parent) not in (finished / name).read_text(encoding="utf-8")


def test_the_default_is_the_embedded_engine_on_the_frozen_set() -> None:
    options = build_parser().parse_args([])
    assert options.dataset == Path("datasets/frozen")
    assert [cell.name for cell in cells_module.cells()] == ["embedded"]


def test_a_missing_extra_is_said_before_anything_is_read(
    dataset: Path,
    reader: FakeReader,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("eval.run.find_spec", lambda name: None if name == "opencc" else object())
    assert run(dataset, tmp_path / "run") == 2
    assert "eval" in capsys.readouterr().err
    assert reader.read == []


HEAVY = """
import sys
from eval.run import main
try:
    main(["--help"])
finally:
    print("HEAVY", {"numpy", "pydantic", "rich", "jinja2", "torch"} & set(sys.modules))
"""


def test_help_is_quick_and_shows_examples_and_exit_codes() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", HEAVY], capture_output=True, text=True, check=True, cwd=root)
    assert "python -m eval.run --lang zh --dtype int4" in done.stdout
    assert "1  a --fail-under was missed" in done.stdout
    assert "HEAVY set()" in done.stdout
