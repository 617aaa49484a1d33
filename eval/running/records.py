"""The records of a run: `results.jsonl`, a line for every labelled field and one for every document.

A document's lines are appended in one piece, its own line last, so that a run which is killed has whole documents and
at most one torn end; `resume` cuts that off. Every line stands on its own:

    {"record": "field", "cell": "embedded", "id": "9f3c...", "file": "fr-0003.webp", "group": "51b0...",
     "language": "fr", "schema": "passport", "kind": "td3_passport", "capture": "photo", "seconds": 0.93,
     "field": "surname", "type": "name", "label": "LEFÈVRE", "prediction": "LEFEVRE", "outcome": "wrong",
     "mistake": "diacritics", "exact": false, "folded": true, "edits": 1, "length": 7, "similarity": 0.857,
     "anls": 0.857, "confidence": 0.91, "verdict": "agree", "page": 0, "box": [[x, y], ...], "sources": [...]}
    {"record": "document", "cell": "embedded", "id": "9f3c...", ..., "seconds": 0.93, "stages": {"ocr": 0.8, ...},
     "failure": null, "valid": true, "all_right": false, "mrz_exact": true, "confidence": 0.71, "tokens": null,
     "memory": 612.0, "warnings": ["conflict"]}

`id` and `group` are digests of the names of the picture and of the document that it shows, `seconds` is the
document's, `memory` the process's peak in MB since its cell began. With `redact`, file names, labels, predictions and
sources' values are left out; every score stays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from eval.scoring.metrics import FieldScore
from extractor.errors import UnreadableInputError
from extractor.labels.format import Specimen

if TYPE_CHECKING:
    from pydantic import TypeAdapter

RESULTS_FILE = "results.jsonl"


class ResultsError(UnreadableInputError):
    """A results file is not one; the message names the line, no value."""


@dataclass(frozen=True)
class Subject:
    """Which document a line is about, and in which cell of the run it was read."""

    cell: str
    id: str
    file: str | None
    group: str
    language: str
    schema: str
    kind: str
    capture: str
    seconds: float


@dataclass(frozen=True)
class FieldRecord:
    """One labelled field of one document."""

    subject: Subject
    field: str
    type: str
    label: Any
    prediction: Any
    score: FieldScore
    mistake: str | None
    confidence: float
    verdict: str
    page: int | None = None
    box: tuple[tuple[float, float], ...] | None = None
    sources: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class DocumentRecord:
    """One document: `failure` is the reason why it was not read, `confidence` the lowest of the
    values given for labelled fields, 0 where a check failed: such a document never goes straight through."""

    subject: Subject
    stages: Mapping[str, float]
    failure: str | None
    valid: bool
    all_right: bool
    mrz_exact: bool | None
    confidence: float
    tokens: int | None = None
    memory: float | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Results:
    """The lines of a run, in their order."""

    documents: tuple[DocumentRecord, ...] = ()
    fields: tuple[FieldRecord, ...] = ()

    def of_cell(self, cell: str) -> Results:
        return Results(
            tuple(one for one in self.documents if one.subject.cell == cell),
            tuple(one for one in self.fields if one.subject.cell == cell),
        )

    def cells(self) -> list[str]:
        """Names of the cells, in order of appearance."""
        return list(dict.fromkeys(one.subject.cell for one in self.documents))


def identifier(specimen: Specimen, root: Path) -> str:
    """Tells a specimen from every other of its dataset, and says nothing about it."""
    return digest_of(relative_name(specimen, root))


def relative_name(specimen: Specimen, root: Path) -> str:
    """The picture's name inside its dataset."""
    folder = root if root.is_dir() else root.parent
    path = specimen.path
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def to_lines(document: DocumentRecord, scored: Sequence[FieldRecord], *, redact: bool = False) -> str:
    """The lines of one document, its own last."""
    lines = [json.dumps(_field_line(one, redact=redact), ensure_ascii=False, default=str) for one in scored]
    own = {"record": "document", **_subject(document.subject, redact=redact), **_rest(document)}
    return "".join(f"{line}\n" for line in [*lines, json.dumps(own, ensure_ascii=False)])


def _subject(subject: Subject, *, redact: bool) -> dict[str, Any]:
    return asdict(subject) | ({"file": None} if redact else {})


def digest_of(text: str) -> str:
    """A short digest that stands for a name and tells nothing of it."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _rest(record: DocumentRecord) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record) if field.name != "subject"}


def _field_line(record: FieldRecord, *, redact: bool) -> dict[str, Any]:
    score = asdict(record.score) | {"exact": record.score.exact}
    line = {
        "record": "field",
        **_subject(record.subject, redact=redact),
        "field": record.field,
        "type": record.type,
        "label": record.label,
        "prediction": record.prediction,
        **{key: round(value, 4) if isinstance(value, float) else value for key, value in score.items()},
        "mistake": record.mistake,
        "confidence": round(record.confidence, 4),
        "verdict": record.verdict,
        "page": record.page,
        "box": record.box,
        "sources": list(record.sources),
    }
    if redact:
        line["label"] = line["prediction"] = None
        line["sources"] = [{**source, "value": None} for source in record.sources]
    return line


def read_results(path: Path) -> Results:
    """The whole documents of a results file. Raises ResultsError."""
    documents: list[DocumentRecord] = []
    scored: list[FieldRecord] = []
    pending: list[FieldRecord] = []
    for record, _ in _records(path):
        if isinstance(record, FieldRecord):
            pending.append(record)
        else:
            own = [one for one in pending if _key(one.subject) == _key(record.subject)]
            documents.append(record)
            scored += own
            pending = []
    return Results(tuple(documents), tuple(scored))


def resume(path: Path) -> set[tuple[str, str]]:
    """Cuts off what a killed run left torn at the end; (cell, id) of the documents that are done."""
    done: set[tuple[str, str]] = set()
    end = 0
    for record, position in _records(path, torn=True):
        if isinstance(record, DocumentRecord):
            done.add(_key(record.subject))
            end = position
    with path.open("r+b") as file:
        file.truncate(end)
    return done


def _key(subject: Subject) -> tuple[str, str]:
    return subject.cell, subject.id


def _records(path: Path, *, torn: bool = False) -> Iterator[tuple[FieldRecord | DocumentRecord, int]]:
    """Each line's record and the byte after it; with `torn` the last line may be a broken one."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ResultsError(f"{path} cannot be read: {error.strerror}") from None
    position = 0
    lines = content.splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        position += len(line)
        if torn and number == len(lines) and not line.endswith(b"\n"):
            return
        try:
            yield _from_line(json.loads(line)), position
        except (ValueError, KeyError, TypeError, RecursionError):
            raise ResultsError(f"{path}, line {number}: not a line of results") from None


def _from_line(line: dict[str, Any]) -> FieldRecord | DocumentRecord:
    """The record of a line, each of its values of its type. Raises ValueError, KeyError or TypeError."""
    # A line is flat: its own keys are those of the parts too.
    if line["record"] == "document":
        return cast(DocumentRecord, _adapter(DocumentRecord).validate_python({**line, "subject": line}))
    if line["record"] != "field":
        raise ValueError
    return cast(FieldRecord, _adapter(FieldRecord).validate_python({**line, "subject": line, "score": line}))


@cache
def _adapter(record: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(record)
