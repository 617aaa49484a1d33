"""Reading every specimen in every cell: what stops a run, what is only a document's failure, what is written down."""

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from eval.running import runner
from eval.running.cells import Cell
from eval.running.runner import RUN_FILE, PreparedCache, Run, free_memory
from eval.running.selection import select
from extractor.errors import CheckpointError, DeviceError, UnreadableInputError, UsageError

from ..conftest import FakeReader

FIRST, SECOND = Cell("embedded"), Cell("phi3v", "nano", "int8")


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The engine of each cell by name, or the error that it raises."""
    made: dict[str, Any] = {}

    def engine_of(cell: Cell, **options: Any) -> Any:
        found = made.get(cell.name, SimpleNamespace(name=cell.engine))
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(runner, "engine_of", engine_of)
    return made


def started(dataset: Path, out: Path, *cells: Cell, **options: Any) -> Run:
    run = Run(select(dataset), cells or (FIRST,), out, today=date(2026, 3, 1), **options)
    run.start()
    return run


def failures(run: Run) -> dict[str, str | None]:
    return {str(one.subject.file): one.failure for one in run.finish().documents}


def test_every_cell_reads_every_specimen_and_says_so(
    dataset: Path, reader: FakeReader, engines: dict[str, Any], tmp_path: Path
) -> None:
    run = started(dataset, tmp_path / "run", FIRST, SECOND)
    seen: list[None] = []
    assert (run.total, run.done) == (10, 0)
    found = run.finish(lambda: seen.append(None))
    assert len(seen) == len(found.documents) == 10
    assert found.cells() == ["embedded", "phi3v nano int8"]
    result = json.loads((tmp_path / "run" / RUN_FILE).read_text(encoding="utf-8"))
    assert result["engines"]["embedded"] == {"name": "embedded"}
    assert result["reading"]["day"] == "2026-03-01"
    assert result["cells"]["phi3v nano int8"]["dtype"] == "int8"
    # The second cell was given what had been prepared for the first.
    assert {name: pace["prepared"] for name, pace in result["pace"].items()} == {"embedded": False, SECOND.name: True}


def test_tokens_are_the_engines(dataset: Path, reader: FakeReader, engines: dict[str, Any], tmp_path: Path) -> None:
    engines[SECOND.name] = SimpleNamespace(name="phi3v", tokens=(120, 3))
    found = started(dataset, tmp_path / "run", FIRST, SECOND).finish()
    assert {(one.subject.cell, one.tokens) for one in found.documents} == {("embedded", None), (SECOND.name, 123)}


def test_a_documents_error_is_its_own(
    dataset: Path, reader: FakeReader, engines: dict[str, Any], tmp_path: Path
) -> None:
    reader.fails = {"fr-1.png": UnreadableInputError("the picture is too large"), "zh-1.png": ValueError("林美華")}
    result = failures(started(dataset, tmp_path / "run"))
    assert result["fr-1.png"] == "UnreadableInputError: the picture is too large"
    assert str(result["zh-1.png"]).startswith("ValueError at conftest.py:")
    assert result["de-1.png"] is None


@pytest.mark.parametrize("error", [CheckpointError("gone"), UsageError("wrong")])
def test_an_error_of_the_machine_or_the_call_stops_the_run(
    dataset: Path, reader: FakeReader, engines: dict[str, Any], tmp_path: Path, error: Exception
) -> None:
    reader.fails = {"zh-1.png": error}
    run = started(dataset, tmp_path / "run")
    with pytest.raises(type(error)):
        run.finish()
    assert reader.read == ["fr-1.png", "fr-2.png", "zh-1.png"]


def test_a_device_that_never_worked_stops_the_run_one_that_did_fails_a_document(
    dataset: Path, reader: FakeReader, engines: dict[str, Any], tmp_path: Path
) -> None:
    reader.fails = {"zh-1.png": DeviceError("out of memory")}
    assert failures(started(dataset, tmp_path / "later"))["zh-1.png"] == "DeviceError: out of memory"
    reader.fails = {"fr-1.png": DeviceError("no such device")}
    with pytest.raises(DeviceError):
        started(dataset, tmp_path / "first").finish()


def test_a_cell_that_cannot_run_is_left_out_only_where_all_were_asked_for(
    dataset: Path, reader: FakeReader, engines: dict[str, Any], tmp_path: Path
) -> None:
    engines[SECOND.name] = DeviceError("int8 needs a GPU")
    with pytest.raises(DeviceError):
        started(dataset, tmp_path / "named", FIRST, SECOND).finish()
    run = started(dataset, tmp_path / "all", SECOND, FIRST, skip=True)
    assert run.finish().cells() == ["embedded"]
    assert run.skipped == {SECOND.name: "int8 needs a GPU"}
    result = json.loads((tmp_path / "all" / RUN_FILE).read_text(encoding="utf-8"))
    assert result["skipped"] == {SECOND.name: "int8 needs a GPU"}


def test_a_second_cell_is_resumed_where_it_stopped(
    dataset: Path, reader: FakeReader, engines: dict[str, Any], tmp_path: Path
) -> None:
    engines[SECOND.name] = DeviceError("busy")
    with pytest.raises(DeviceError):
        started(dataset, tmp_path / "run", FIRST, SECOND).finish()
    engines.clear()
    reader.read = []
    run = Run(select(dataset), (FIRST, SECOND), tmp_path / "run")
    run.start(resumed=True)
    assert run.done == 5
    assert len(run.finish().documents) == 10
    assert len(reader.read) == 5


@pytest.mark.parametrize("text", ["", "{}", "[" * 100_000, '{"reading": {"day": "soon"}}'])
def test_results_that_do_not_say_what_they_are_of_are_not_added_to(
    dataset: Path, reader: FakeReader, engines: dict[str, Any], tmp_path: Path, text: str
) -> None:
    started(dataset, tmp_path / "run").finish()
    (tmp_path / "run" / RUN_FILE).write_text(text, encoding="utf-8")
    run = Run(select(dataset), (FIRST,), tmp_path / "run")
    with pytest.raises(runner.ResultsError, match="does not say what its results are of"):
        run.start(resumed=True)


def test_a_folder_that_cannot_be_made_is_named(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be written"):
        started(dataset, tmp_path / "file" / "run")


def test_memory_is_given_back_where_torch_has_any(monkeypatch: pytest.MonkeyPatch) -> None:
    freed: list[None] = []
    cuda = SimpleNamespace(is_available=lambda: True, empty_cache=lambda: freed.append(None))
    monkeypatch.setitem(runner.sys.modules, "torch", SimpleNamespace(cuda=cuda))  # type: ignore[arg-type]
    free_memory()
    assert freed == [None]


@pytest.mark.parametrize(("keep", "room", "times"), [(True, 1024, 1), (False, 10**9, 2), (True, 1023, 2)])
def test_a_document_is_prepared_once_where_there_is_room_for_it(
    dataset: Path, monkeypatch: pytest.MonkeyPatch, keep: bool, room: int, times: int
) -> None:
    page = SimpleNamespace(page=SimpleNamespace(image=np.zeros(1024, np.uint8)))
    prepared: list[Path] = []

    def prepare(path: Path, *_: Any, **__: Any) -> SimpleNamespace:
        prepared.append(path)
        return SimpleNamespace(evidence=SimpleNamespace(pages=[page]))

    monkeypatch.setattr("extractor.pipeline.prepare", prepare)
    selection = select(dataset)
    cache = PreparedCache(selection, date(2026, 3, 1), keep=keep, room=room)
    first, second = (cache.get(selection.specimens[0]) for _ in range(2))
    assert (len(prepared), first is second, cache.hits) == (times, times == 1, 2 - times)
