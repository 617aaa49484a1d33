"""A batch loses nothing that was read, however it ends."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from extractor import cli, pipeline, reading
from extractor.errors import NoDocumentError, UnreadableInputError
from extractor.extraction import Extraction
from extractor.grouping import Identity
from extractor.schemas import Passport

#: The command with a reader that takes a fifth of a second a document, and half a minute for one called `slow`.
PROGRAM = """
import sys, time
from pathlib import Path
from extractor import cli, reading
from extractor.extraction import Extraction
from extractor.schemas import Passport
from extractor.text import ocr

def extract(sources, *_, **__):
    slow = "slow" in str(sources[0])
    if slow:
        Path("reading").touch()
    time.sleep(30 if slow else 0.2)
    document = Passport(surname=Path(sources[0]).stem)
    return Extraction(Passport, document, document.model_dump(), {})

reading.extract = extract
ocr.warm_up = lambda: None  # no network is asked
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number:02}.png" for number in range(40)]
    for path in paths:
        path.touch()
    return paths


@pytest.fixture
def stopped(files: list[Path], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command over 40 files, sent a signal once something appears in `watch` (stdout without it)."""

    def run(*arguments: str, number: int = signal.SIGINT, jobs: str = "1") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", PROGRAM, *map(str, files), "--engine", "embedded", "--jobs", jobs, *arguments]
        log = tmp_path / "stdout"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=tmp_path, stdout=out, stderr=subprocess.PIPE, start_new_session=True, text=True
            )
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            if log.stat().st_size or any(path.stat().st_size for path in tmp_path.glob("*.partial")):
                break
            time.sleep(0.05)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(command, process.returncode, log.read_text(), err)

    return run


def test_all_documents_of_a_file_are_a_list(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def extract_documents(sources: Any, *_: Any, **__: Any) -> list[Extraction[Any]]:
        documents = [Passport(surname=f"{Path(sources[0]).stem}-{number}") for number in range(2)]
        return [Extraction(Passport, document, document.model_dump(), {}) for document in documents]

    monkeypatch.setattr(reading, "extract_documents", extract_documents)
    assert cli.main([str(files[0]), "--documents", "--engine", "embedded"]) == 0
    output = json.loads(capsys.readouterr().out)
    assert [(one["file"], one["schema"], one["surname"]) for one in output] == [
        (str(files[0]), "passport", "00-0"),
        (str(files[0]), "passport", "00-1"),
    ]
    assert cli.main([*map(str, files[:3]), "--documents", "--format", "jsonl", "--engine", "embedded"]) == 0
    assert lines(capsys.readouterr().out) == ["00-0", "00-1", "01-0", "01-1", "02-0", "02-1"]


def test_sides_in_files_of_their_own_are_read_together_where_that_is_asked_for(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = {"00": "L1234567X", "01": "K7654321A", "02": "K7654321A", "03": "L1234567X"}

    def identify(sources: Any, **_: Any) -> Identity:
        if Path(sources[0]).stem == "04":
            raise UnreadableInputError("damaged")
        return Identity({"document_number": frozenset({numbers[Path(sources[0]).stem]})})

    def extract(sources: Any, *_: Any, **__: Any) -> Extraction[Any]:
        document = Passport(surname=" ".join(Path(source).stem for source in sources))
        return Extraction(Passport, document, document.model_dump(), {})

    monkeypatch.setattr(pipeline, "identify", identify)
    monkeypatch.setattr(reading, "extract", extract)
    named = [*map(str, files[:5]), "--format", "jsonl", "--engine", "embedded"]
    assert cli.main([*named, "--pair-sides"]) == 0
    assert lines(capsys.readouterr().out) == ["00 03", "01 02", "04"]
    assert cli.main(named) == 0
    assert lines(capsys.readouterr().out) == ["00", "01", "02", "03", "04"]


@pytest.mark.parametrize("other", ["--documents", "--pair-sides"])
def test_one_document_contradicts_other_ways_of_grouping(files: list[Path], other: str) -> None:
    try:
        code = cli.main([str(files[0]), "--one-document", other])
    except SystemExit as stopped:
        code = int(str(stopped.code))
    assert code == 2


def lines(text: str) -> list[str]:
    return [json.loads(line)["surname"] for line in text.splitlines()]


@pytest.mark.parametrize(("number", "code", "jobs"), [(signal.SIGINT, 130, "1"), (signal.SIGTERM, 143, "2")])
def test_a_signal_keeps_the_lines_until_then(stopped: Callable[..., Any], number: int, code: int, jobs: str) -> None:
    done = stopped("--format", "jsonl", number=number, jobs=jobs)
    read = lines(done.stdout)
    assert (done.returncode, read) == (code, [f"{one:02}" for one in range(len(read))])
    assert 0 < len(read) < 40
    assert done.stderr == f"extract: stopped after {len(read)} of 40 documents\n"


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_signal_puts_them_into_the_output(stopped: Callable[..., Any], tmp_path: Path, form: str) -> None:
    (tmp_path / "out").write_text("old")
    done = stopped("--format", form, "--output", "out")
    text = (tmp_path / "out").read_text()
    read = lines(text) if form == "jsonl" else [row["surname"] for row in csv.DictReader(io.StringIO(text))]
    assert (done.returncode, read) == (130, [f"{one:02}" for one in range(len(read))])
    assert read
    assert "they are in out" in done.stderr
    assert list(tmp_path.glob("*.partial")) == []


def test_half_of_a_json_text_replaces_nothing_and_lies_beside_it(files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "out").write_text("old")
    (tmp_path / "slow.png").touch()
    command = [sys.executable, "-c", PROGRAM, str(files[0]), "slow.png", "--engine", "embedded", "--jobs", "1"]
    for kept in (True, False):
        process = subprocess.Popen(
            [*command, "--output", "out"], cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True, text=True
        )
        end = time.monotonic() + 60
        while time.monotonic() < end and not (tmp_path / "reading").exists():  # then the first is read
            time.sleep(0.05)
        (tmp_path / "reading").unlink()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        (named,) = [Path(word) for word in err.split() if "out" in word]
        if kept:
            assert (tmp_path / "out").read_text() == "old"
            assert ".partial" in named.name
        else:
            assert named == Path("out")
        assert [one["surname"] for one in json.loads((tmp_path / named).read_text())] == ["00"]
        named.unlink() if named.is_absolute() else None
        (tmp_path / "out").unlink()


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """`batch(read, "a.png", ...)`: the command in this process with `read(name)` in place of the reading."""

    def run(read: Callable[[str], Extraction], *arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(reading, "extract", lambda sources, *_, **__: read(Path(sources[0]).stem))
        code = cli.main([*map(str, arguments), "--engine", "embedded"])
        written = capsys.readouterr()
        return code, written.out, written.err

    return run


def passport(surname: str) -> Extraction:
    document = Passport(surname=surname)
    return Extraction(Passport, document, document.model_dump(), {})


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_results_are_written_as_they_come(
    batch: Callable[..., Any], files: list[Path], tmp_path: Path, jobs: str
) -> None:
    """While a document is read, those before it are on the disk."""
    seen: dict[str, int] = {}

    def read(name: str) -> Extraction:
        seen[name] = sum(path.read_bytes().count(b"\n") for path in tmp_path.glob("*.partial"))
        return passport(name)

    out = tmp_path / "out.jsonl"
    assert batch(read, *files, "--format", "jsonl", "--output", out, "--jobs", jobs)[0] == 0
    assert lines(out.read_text()) == [path.stem for path in files]
    assert seen["39"] >= 39 - 3 * int(jobs)


@pytest.mark.parametrize("form", ["json", "jsonl"])
@pytest.mark.parametrize("error", [NoDocumentError("not a document"), KeyboardInterrupt()], ids=["failed", "stopped"])
def test_where_nothing_was_read_an_older_output_stays(
    batch: Callable[..., Any], files: list[Path], tmp_path: Path, form: str, error: BaseException
) -> None:
    def read(name: str) -> Extraction:
        raise error

    out = tmp_path / "out"
    out.write_text("old")
    assert batch(read, files[0], "--format", form, "--output", out)[0] in (4, 130)
    assert out.read_text() == "old"
    assert list(tmp_path.glob("*.partial")) == []


def test_a_csv_has_the_columns_of_its_schema_whatever_is_read(
    batch: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The header is written before the second document is read. Names that a spreadsheet would run are texts."""
    for name in ("=cmd|x.png", "b.png"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    code, out, _ = batch(passport, "=cmd|x.png", "b.png", "gone.gif*", "--format", "csv", "--schema", "passport")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == ["file", "schema", *Passport.model_fields, "error"]
    assert [row["file"] for row in rows] == ["'=cmd|x.png", "b.png", "gone.gif*"]
    assert (code, rows[2]["error"]) == (3, "nothing matches")


@pytest.mark.parametrize(
    ("own", "form", "clash"),
    [("file", "jsonl", True), ("schema", "json", True), ("error", "csv", True), ("file", "table", False)],
)
def test_own_fields_do_not_take_the_place_of_a_file_s_name(
    batch: Callable[..., Any], files: list[Path], own: str, form: str, clash: bool
) -> None:
    described = {"type": "string", "x-field": "surname"}
    schema = json.dumps({"type": "object", "properties": {own: described, "sex": {"type": "string"}}})
    code, out, err = batch(passport, *files[:2], "--schema", schema, "--format", form)
    assert (code == 2, f"extract: the schema's own {own} " in err, out == "") == (clash, clash, clash)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_device_that_is_full_is_one_line(batch: Callable[..., Any], files: list[Path]) -> None:
    code, out, err = batch(passport, *files[:2], "--format", "jsonl", "--output", "/dev/full")
    assert (code, out, err) == (2, "", "extract: /dev/full cannot be written: No space left on device\n")


def test_a_damaged_tiff_writes_nothing_of_its_own(tmp_path: Path, examples_dir: Path) -> None:
    """libtiff writes its opinion of a file to stderr."""
    buffer = io.BytesIO()
    with Image.open(examples_dir / "visa.png") as image:
        image.convert("RGB").save(buffer, "TIFF", compression="tiff_lzw")
    data = bytearray(buffer.getvalue())
    data[2000:2600] = bytes(600)
    (tmp_path / "a.tif").write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-m", "extractor.cli", "a.tif"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert all(line.startswith("extract: ") for line in done.stderr.splitlines())
    assert done.stderr.count("\n") <= 1


def test_signals_are_left_alone_outside_the_main_thread(batch: Callable[..., Any], files: list[Path]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(batch(passport, files[0])[0]))
    thread.start()
    thread.join(60)
    assert codes == [0]
    assert signal.getsignal(signal.SIGTERM) is before
