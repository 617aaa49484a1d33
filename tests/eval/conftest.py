"""A small labelled dataset and a reader that says what it is told to, so that runs take milliseconds."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from pydantic import BaseModel

from extractor.errors import NoDocumentError
from extractor.extraction import Box, Extraction, FieldEvidence, ReadingWarning, Source, SourceKind, Verdict
from extractor.schemas import SCHEMAS

MRZ = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
BOX = [[10.0, 10.0], [60.0, 10.0], [60.0, 24.0], [10.0, 24.0]]

#: Two pictures of one French passport, a Chinese card, two German licences; every kind of label: a value, a null, none.
LABELS: list[dict[str, Any]] = [
    {
        "file": "fr-1.png", "schema": "passport", "kind": "td3_passport", "language": "fr", "capture": "photo",
        "group": "fr", "boxes": {"surname": [BOX]},
        "fields": {"surname": "LEFÈVRE", "given_names": "ANNA", "sex": "F", "address": None, "mrz": MRZ},
    },
    {
        "file": "fr-2.png", "schema": "passport", "kind": "td3_passport", "language": "fr", "capture": "scan",
        "group": "fr",
        "fields": {"surname": "LEFÈVRE", "given_names": "ANNA", "sex": "F", "address": None, "mrz": MRZ},
    },
    {
        "file": "zh-1.png", "schema": "chinese_id_card", "kind": "chinese_id_front", "language": "zh-Hant",
        "capture": "clean", "fields": {"name": "林美華", "sex": "F", "birth_date": "1974-08-12"},
    },
    {
        "file": "de-1.png", "schema": "driving_licence", "kind": "driving_licence", "language": "de",
        "capture": "clean", "fields": {"surname": "MÜLLER", "document_number": "B072RRE2I55", "address": None},
    },
    {
        "file": "de-2.png", "schema": "driving_licence", "kind": "driving_licence", "language": "de",
        "capture": "low_resolution", "fields": {"surname": "KURZ", "document_number": "B072RRE2I56", "address": None},
    },
]  # fmt: skip


def make_dataset(folder: Path, labels: list[dict[str, Any]] = LABELS) -> Path:
    """Writes blank pictures with these labels."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, label in enumerate(labels):
        Image.new("RGB", (80, 40 + number), "white").save(folder / label["file"])
    lines = (json.dumps(label, ensure_ascii=False) for label in labels)
    (folder / "labels.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return make_dataset(tmp_path / "specimens")


def extraction(
    schema: type[BaseModel],
    values: Mapping[str, Any],
    *,
    confidence: float = 0.9,
    kind: SourceKind = SourceKind.VISUAL,
    warnings: tuple[ReadingWarning, ...] = (),
) -> Extraction:
    """What a reader that read these values with this confidence would give."""
    fields = {}
    for name in schema.model_fields:
        value = values.get(name)
        box = Box(0, ((10.0, 10.0), (60.0, 10.0), (60.0, 24.0), (10.0, 24.0)))
        source = Source(kind, value, str(value), confidence, box, basis="caption 'x'")
        fields[name] = (
            FieldEvidence(None, Verdict.ABSENT, 0.9)
            if value is None
            else FieldEvidence(value, Verdict.SINGLE, confidence, (source,), box)
        )
    document = schema.model_validate(dict(values))
    known = {name: values.get(name) for name in schema.model_fields}
    return Extraction(
        schema, document, known, fields, warnings, (), {"name": "embedded"}, {"ocr": 0.3, "reconcile": 0.1}
    )


class FakeReader:
    """Stands in for `extractor.pipeline`'s `prepare` and `conclude`: gives back the label's values, but for what it
    is told otherwise.

    `said[file][field]` is said instead; `fails[file]` is raised. `read` lists the files that were read.
    """

    def __init__(self, labels: list[dict[str, Any]]) -> None:
        self.labels = {label["file"]: label for label in labels}
        self.said: dict[str, dict[str, Any]] = {}
        self.fails: dict[str, BaseException] = {}
        self.confidence: dict[str, float] = {}
        self.warnings: dict[str, tuple[ReadingWarning, ...]] = {}
        self.read: list[str] = []
        self.options: list[dict[str, Any]] = []

    def __call__(self, source: Path, schema: Any = "auto", **options: Any) -> Extraction:
        name = Path(source).name
        self.read.append(name)
        self.options.append(options | {"schema": schema})
        if name in self.fails:
            raise self.fails[name]
        label = self.labels[name]
        model = SCHEMAS[label["schema"]] if schema == "auto" else schema
        values = {**label["fields"], **self.said.get(name, {})}
        known = {field: value for field, value in values.items() if field in model.model_fields}
        return extraction(model, known, confidence=self.confidence.get(name, 0.9), warnings=self.warnings.get(name, ()))


def take_over(patch: pytest.MonkeyPatch) -> FakeReader:
    """Puts a FakeReader in the pipeline's place."""
    fake = FakeReader(LABELS)

    def prepare(source: Path, schema: Any = "auto", **options: Any) -> SimpleNamespace:
        return SimpleNamespace(asked=(source, schema, options), seconds={}, evidence=SimpleNamespace(pages=()))

    def conclude(prepared: SimpleNamespace, engine: Any = None) -> Extraction:
        source, schema, options = prepared.asked
        return fake(source, schema, engine=engine, **options)

    patch.setattr("extractor.pipeline.prepare", prepare)
    patch.setattr("extractor.pipeline.conclude", conclude)
    return fake


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> FakeReader:
    return take_over(monkeypatch)


def with_slips(reader: FakeReader) -> FakeReader:
    """A mistake of every kind: diacritics, variant, look-alike, invention, a failed document."""
    reader.said = {
        "fr-1.png": {"surname": "LEFEVRE", "given_names": None},
        "zh-1.png": {"name": "林美华"},
        "de-1.png": {"document_number": "B072RRE2155", "address": "TESTSTRASSE 1"},
    }
    reader.fails = {"de-2.png": NoDocumentError("not a document: nothing was found on the picture")}
    reader.confidence = {"fr-1.png": 0.99, "de-1.png": 0.6}
    return reader


@pytest.fixture
def slips(reader: FakeReader) -> FakeReader:
    return with_slips(reader)


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole run with `slips`, made once in a session."""
    from eval.run import main

    folder = tmp_path_factory.mktemp("finished")
    dataset = make_dataset(folder / "specimens")
    with pytest.MonkeyPatch.context() as patch:
        with_slips(take_over(patch))
        assert main(["--dataset", str(dataset), "--out", str(folder / "run"), "--today", "2026-03-01"]) == 0
    return folder / "run"


@pytest.fixture
def finished(finished_once: Path, dataset: Path, slips: FakeReader, tmp_path: Path) -> Path:
    """A copy of that folder, beside a dataset like its own, with the reader that it was read with."""
    return shutil.copytree(finished_once, tmp_path / "run")


@pytest.fixture
def lines() -> Callable[[Path], list[dict[str, Any]]]:
    """The lines of a results file."""

    def read(out: Path) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (out / "results.jsonl").read_text(encoding="utf-8").splitlines()]

    return read


@pytest.fixture
def summary(finished: Path) -> dict[str, Any]:
    """That of a finished run."""
    found: dict[str, Any] = json.loads((finished / "summary.json").read_text(encoding="utf-8"))
    return found
