"""`python -m eval.bench`: tables for people, one line of JSON for machines."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from eval.bench import command as bench
from eval.bench import embedded as bench_embedded
from eval.bench.command import Bench, Table, main
from extractor.errors import NoDocumentError, UsageError


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing else runs."""
    monkeypatch.setattr(bench, "load_average", lambda: 0.0)


@pytest.fixture
def instant(monkeypatch: pytest.MonkeyPatch, quiet: None) -> list[Any]:
    """A reader that has read before it began; the list holds what it was given."""
    given: list[Any] = []

    def extract(source: bytes, schema: Any, **options: Any) -> None:
        given.append((source, schema))
        if len(given) % 3 == 0:
            raise NoDocumentError("not a document")

    monkeypatch.setattr(bench_embedded, "extract", extract)
    monkeypatch.setattr(bench_embedded, "command_seconds", lambda command, times, **rest: [0.5] * times)
    return given


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_the_embedded_engine_is_measured_end_to_end(
    dataset: Path, instant: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bench.json"
    arguments = ["--dataset", str(dataset), "--repeat", "2", "--width", "64", "--pages", "20", "--json", str(out)]
    assert main(arguments) == 0
    output = last_line(capsys)
    assert json.loads(out.read_text(encoding="utf-8")) == output
    figures = output["figures"]
    assert (figures["pages"], figures["repeat"], figures["width"]) == (5, 2, 64)
    assert len(instant) == 5 * 3 + 20  # once to warm up, twice measured, twenty for memory
    assert instant[0][0].startswith(b"\xff\xd8")
    assert figures["help_seconds"] == figures["start_seconds"] == figures["one_page_seconds"] == 0.5
    assert figures["growth"]["pages"] == 20
    assert figures["pages_per_second"] > 0
    assert sum(figures["stages"].values()) == pytest.approx(1.0, abs=0.01)
    assert [table["title"] for table in output["tables"]][1] == "where the time goes"
    assert output["command"] == "python -m eval.bench --dataset specimens --repeat 2 --width 64 --pages 20"
    assert str(tmp_path) not in json.dumps(output)
    assert output["notes"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--repeat", "0"], 2, "--repeat must be at least 1"),
        (["--width", "10"], 2, "--width at least 64"),
        (["--dataset", "nowhere"], 3, "there is no folder"),
        (["--limit", "1", "--repeat", "1", "--no-start", "--json", "nowhere/x.json"], 2, "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_an_exit_code(
    dataset: Path,
    instant: list[Any],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    given = arguments if "--dataset" in arguments else ["--dataset", str(dataset), *arguments]
    assert main(given) == code
    output = capsys.readouterr().err
    assert message in output
    assert output.startswith("eval.bench: ")


@pytest.fixture
def other_engine(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException | None], None]:
    """Another engine's module, as benches for GPUs are added."""
    module: Any = ModuleType("bench_other")
    failure: list[BaseException | None] = [None]

    def measure(options: argparse.Namespace) -> Bench:
        if failure[0] is not None:
            raise failure[0]
        return Bench([Table("other", ("", "x"), [["a", str(options.batch)]])], {"batch": options.batch}, ["a note"])

    module.add_arguments = lambda parser: parser.add_argument("--batch", type=int, default=1)
    module.bench = measure
    monkeypatch.setitem(sys.modules, "bench_other", module)
    monkeypatch.setattr(bench, "BENCHES", {"embedded": "eval.bench.embedded", "other": "bench_other"})
    return lambda error: failure.__setitem__(0, error)


def test_each_engine_has_arguments_and_figures_of_its_own(
    quiet: None, other_engine: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--engine", "other", "--batch", "8"]) == 0
    output = last_line(capsys)
    assert (output["bench"], output["figures"], output["notes"]) == ("other", {"batch": 8}, ["a note"])


@pytest.mark.parametrize(("error", "code"), [(UsageError("no"), 2), (KeyboardInterrupt(), 130)])
def test_a_bench_that_stops_says_so(
    quiet: None, other_engine: Any, error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    other_engine(error)
    assert main(["--engine", "other"]) == code
    assert capsys.readouterr().err.startswith("eval.bench: ")


@pytest.mark.slow
def test_the_real_reader_is_measured(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dataset", str(dataset), "--limit", "1", "--repeat", "1", "--no-start"]) == 0
    assert "detection" in last_line(capsys)["figures"]["stages"]
