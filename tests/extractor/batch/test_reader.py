"""The reader without Ray: units to parts, and what it does after others died."""

import json
import traceback
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image

from extractor.batch.files import StorageError, place
from extractor.batch.job import Job
from extractor.batch.reader import ATTEMPTS, RUN, Attempts, Reader, check_run
from extractor.batch.rows import columns_of, names_of, parts_in
from extractor.batch.run import _missing, _take_over, drive
from extractor.batch.units import Unit, documents_of
from extractor.decoding.answer import FieldReading
from extractor.errors import CheckpointError, ExtractorError, UsageError
from extractor.evidence import DocumentEvidence
from extractor.sources.model import Own

pytest.importorskip("pyarrow")
pytestmark = pytest.mark.usefixtures("read_once")
EXAMPLES = Path("datasets/examples")


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """A folder of pictures that show nothing: quick to read, and an error each."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(6):
        Image.fromarray(np.full((32, 32, 3), 255, np.uint8)).save(folder / f"{number}.png")
    return folder


def _read(job: Job) -> list[dict[str, Any]]:
    """All that is missing, by one reader; what it returned."""
    output = place(job.output)
    run = _take_over(output, job)
    units = _units(job)
    return [{name: value[0] for name, value in Reader(job, run)({"unit": [unit.packed()]}).items()} for unit in units]


def _units(job: Job) -> list[Unit]:
    listed = documents_of(job.inputs, job.group)
    return _missing(job, place(job.output), listed, sum(map(len, listed)))


def _rows(job: Job) -> list[dict[str, Any]]:
    parts = sorted(Path(job.output).glob("part-*.jsonl"))
    return [json.loads(line) for part in parts for line in part.read_text().splitlines()]


def test_a_document_is_a_row_with_its_fields_and_an_unreadable_one_a_row_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "passport.png").symlink_to((EXAMPLES / "passport.png").resolve())
    (folder / "torn.jpg").write_bytes(b"\xff\xd8\xff torn")
    job = Job((str(folder),), str(tmp_path / "out"), "passport")
    result = _read(job)
    assert [(one["documents"], one["errors"]) for one in result] == [(2, 1)]
    good, torn = _rows(job)
    assert good["document"]["surname"] == "UNDERHILL"
    assert (good["schema"], good["error"], good["exit_code"]) == ("passport", None, 0)
    assert (torn["document"], torn["exit_code"]) == (None, 3)
    assert "not a picture" in torn["error"] or "cannot be" in torn["error"]


def test_files_called_one_document_must_not_contradict_themselves_and_ages_are_judged(tmp_path: Path) -> None:
    folder = tmp_path / "scans" / "family"
    folder.mkdir(parents=True)
    for name in ("passport.png", "id_card.png"):
        (folder / name).symlink_to((EXAMPLES / name).resolve())
    asked: dict[str, Any] = {"group": "folder", "today": date(2026, 3, 1), "minimum_age": 18}
    job = Job((str(folder.parent),), str(tmp_path / "apart"), **asked)
    _read(job)
    (row,) = _rows(job)
    assert row["exit_code"] == 1
    job = Job((str(folder.parent),), str(tmp_path / "one"), **asked, one_document=True)
    _read(job)
    (row,) = _rows(job)
    assert (row["document"], row["exit_code"]) == (None, 4)
    assert "not one document" in row["error"]
    job = Job((str(folder / "passport.png"),), str(tmp_path / "young"), evidence=True, **asked)
    _read(job)
    (row,) = _rows(job)
    assert "under_age" in [one["code"] for one in row["evidence"]["warnings"]]


def test_parquet_holds_the_same_with_a_text_a_field(tmp_path: Path) -> None:
    from pyarrow import parquet

    job = Job((str(EXAMPLES / "passport.png"),), str(tmp_path / "out"), "passport", form="parquet", evidence=True)
    _read(job)
    (row,) = parquet.read_table(next((tmp_path / "out").glob("part-*.parquet"))).to_pylist()
    assert row["document"]["surname"] == "UNDERHILL"
    assert set(row["document"]) == set(columns_of("passport"))
    assert json.loads(row["evidence"])["fields"]["surname"]["verdict"] == "agree"


def test_a_second_run_finds_nothing_to_do_and_new_files_are_read_alone(blank: Path, tmp_path: Path) -> None:
    job = Job((str(blank),), str(tmp_path / "out"), "passport", rows=4)
    assert [one["documents"] for one in _read(job)] == [4, 2]
    assert _units(job) == []
    (blank / "0a.png").write_bytes((blank / "0.png").read_bytes())
    assert [one["documents"] for one in _read(job)] == [1]
    assert sorted(row["file"] for row in _rows(job)) == sorted(map(str, blank.iterdir()))
    assert _units(job) == []


def test_an_output_of_other_settings_is_left_alone(blank: Path, tmp_path: Path) -> None:
    _read(Job((str(blank),), str(tmp_path / "out"), "passport"))
    with pytest.raises(UsageError, match="another schema"):
        _read(Job((str(blank),), str(tmp_path / "out"), "visa"))


def test_a_run_that_was_overtaken_writes_nothing_more(blank: Path, tmp_path: Path) -> None:
    job = Job((str(blank),), str(tmp_path / "out"), "passport")
    output = place(job.output)
    old = _take_over(output, job)
    _take_over(output, job)
    with pytest.raises(StorageError, match="another run"):
        Reader(job, old)({"unit": [_units(job)[0].packed()]})
    assert parts_in(output, "jsonl") == {}


def test_a_document_that_kills_its_readers_is_given_up_and_the_others_are_read(blank: Path, tmp_path: Path) -> None:
    job = Job((str(blank),), str(tmp_path / "out"), "passport", rows=6)
    output = place(job.output)
    run = _take_over(output, job)
    (unit,) = _units(job)

    def die(document: Any, *_: Any) -> Any:
        if document.name.endswith("3.png"):
            raise SystemExit  # as far as the reader is concerned: nothing after this runs
        return original(document, *_)

    reader = Reader(job, run)
    original: Callable[..., Any] = lambda document, *_: Reader._outcome(reader, unit, document)  # noqa: E731
    reader._outcome = lambda unit, document: die(document)  # type: ignore[method-assign]
    for _ in range(4):  # two that nobody watches, two that are watched
        with pytest.raises(SystemExit):
            reader({"unit": [unit.packed()]})
    reader({"unit": [unit.packed()]})
    errors = {Path(row["file"]).name: row["error"] for row in _rows(job)}
    assert len(errors) == 6
    assert "died each time" in errors["3.png"]
    assert "died" not in errors["2.png"] + errors["4.png"]
    assert not any((tmp_path / "out" / ATTEMPTS).iterdir())


def test_a_model_reads_batches_in_one_pass_and_alone_where_that_fails(tmp_path: Path) -> None:
    """The model says what stands on the page, and fails for a batch of two."""

    class Model:
        name, label, keep_unsupported = "model", "a model", False
        details: ClassVar[dict[str, str]] = {}
        passes: ClassVar[list[int]] = []

        def answer(self, evidence: DocumentEvidence, own: Own) -> Mapping[str, FieldReading]:
            return {name: FieldReading(said[0].value, 0.9) for name, said in own.items() if said}

        def answer_batch(self, evidences: list[DocumentEvidence], owns: list[Own]) -> list[Mapping[str, FieldReading]]:
            self.passes.append(len(evidences))
            if len(evidences) == 2:
                raise MemoryError
            return [self.answer(evidence, own) for evidence, own in zip(evidences, owns, strict=True)]

    names = ("passport", "id_card", "visa", "residence_permit", "driving_licence")
    inputs = tuple(str(EXAMPLES / f"{name}.png") for name in names)
    folder = tmp_path / "scans"
    folder.mkdir()
    for path in map(Path, inputs):
        (folder / path.name).symlink_to(path.resolve())
    job = Job((str(folder),), str(tmp_path / "out"), batch_size=3, rows=9, evidence=True)
    run = _take_over(place(job.output), job)
    reader = Reader(job, run)
    reader._engine, reader._batched = Model(), True
    reader({"unit": [_units(job)[0].packed()]})
    assert Model.passes == [3, 2]
    assert {row["schema"] for row in _rows(job)} == set(names)
    for row in _rows(job):
        kinds = {source["kind"] for field in row["evidence"]["fields"].values() for source in field["sources"]}
        assert (row["error"], row["evidence"]["engine"], "model" in kinds) == (None, {"name": "model"}, True)


def test_what_breaks_in_a_reader_reaches_ray_without_values(
    blank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job((str(blank),), str(tmp_path / "out"), "passport")
    run = _take_over(place(job.output), job)

    def quoting(*_: Any, **__: Any) -> bytes:
        raise ValueError("cannot convert UNDERHILL")

    monkeypatch.setattr("extractor.batch.reader.encode", quoting)
    with pytest.raises(ExtractorError, match="internal error") as caught:
        Reader(job, run)({"unit": [_units(job)[0].packed()]})
    assert "UNDERHILL" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_name_that_is_not_utf_8_is_a_row_that_every_program_can_read(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    Path(f"{folder}/\udcff.png").write_bytes(b"")
    job = Job((str(folder),), str(tmp_path / "out"), "passport", form=form)
    assert [one["documents"] for one in _read(job)] == [1]
    output = place(job.output)
    (part,) = parts_in(output, form).values()
    assert list(names_of(output, part)) == [f"{folder}/\\xff.png"]
    (folder / "other.png").write_bytes(b"")
    (unit,) = _units(job)
    assert [Path(one.name).name for one in unit.documents] == ["other.png"], "what has a row is not read again"


def test_a_reader_that_cannot_begin_says_so_when_it_is_called(blank: Path, tmp_path: Path) -> None:
    """Ray keeps what its call raises, not what its constructor does."""
    job = Job((str(blank),), str(tmp_path / "out"), "passport", engine="phi3v", model=str(tmp_path / "none"))
    run = _take_over(place(job.output), job)
    reader = Reader(job, run)
    with pytest.raises(CheckpointError, match="neither a folder"):
        reader({"unit": [_units(job)[0].packed()]})


def test_nothing_to_read_takes_over_no_output(blank: Path, tmp_path: Path) -> None:
    running = Job((str(blank),), str(tmp_path / "out"), "passport")
    run = _take_over(place(running.output), running)
    for missing in (str(tmp_path / "none"), str(tmp_path)):
        with pytest.raises(ExtractorError):
            drive(Job((missing,), str(tmp_path / "out" if missing != str(tmp_path) else tmp_path), "visa"), print)
    with pytest.raises(StorageError):
        drive(Job((str(tmp_path / "none"),), running.output, "passport"), print)
    check_run(place(running.output), run)
    with pytest.raises(StorageError):
        drive(Job((str(tmp_path / "none"),), str(tmp_path / "new"), "passport"), print)
    assert not (tmp_path / "new" / RUN).exists()


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000, "\0"])
def test_a_damaged_note_of_the_run_is_wrong_usage(blank: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / RUN).write_text(text)
    with pytest.raises(UsageError, match="is damaged"):
        _take_over(place(str(tmp_path / "out")), Job((str(blank),), str(tmp_path / "out"), "passport"))
    with pytest.raises(StorageError, match="another run"):
        check_run(place(str(tmp_path / "out")), "x")


def test_damaged_parts_are_named(tmp_path: Path) -> None:
    (tmp_path / "part-x.jsonl").write_text('{"fi')
    with pytest.raises(StorageError, match=r"part-x\.jsonl"):
        list(names_of(place(str(tmp_path)), "part-x.jsonl"))


def test_attempts_of_one_unit_say_nothing_of_another(tmp_path: Path) -> None:
    output = place(str(tmp_path))
    (tmp_path / ATTEMPTS).mkdir()
    for _ in range(2):
        Attempts(output, "part-a").begin()
    assert Attempts(output, "part-a").careful
    assert not Attempts(output, "part-b").careful
