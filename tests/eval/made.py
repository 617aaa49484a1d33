"""Records of readings that never took place, one line each, so that a test's numbers can be worked out by eye."""

from typing import Any

from eval.running.records import DocumentRecord, FieldRecord, Results, Subject
from eval.scoring.metrics import score_field
from eval.scoring.mistakes import mistake
from extractor.schemas import Kind

BOX = ((10.0, 10.0), (60.0, 10.0), (60.0, 24.0), (10.0, 24.0))


def subject(
    name: str,
    *,
    cell: str = "embedded",
    group: str | None = None,
    language: str = "fr",
    schema: str = "passport",
    capture: str = "scan",
    seconds: float = 0.5,
) -> Subject:
    return Subject(cell, name, f"{name}.png", group or name, language, schema, schema, capture, seconds)


def field(
    about: Subject,
    name: str,
    label: Any,
    prediction: Any,
    *,
    confidence: float = 0.9,
    kind: Kind = Kind.NAME,
    box: tuple[tuple[float, float], ...] | None = BOX,
    sources: tuple[dict[str, Any], ...] = (),
) -> FieldRecord:
    score = score_field(kind, label, prediction)
    error = mistake(kind, label, prediction, score)
    verdict = "absent" if prediction is None else "single"
    return FieldRecord(
        about, name, kind.value, label, prediction, score, error, confidence, verdict, 0, box, sources
    )  # fmt: skip


def document(about: Subject, *, right: bool = True, **result: Any) -> DocumentRecord:
    known: dict[str, Any] = {
        "stages": {"ocr": 0.3, "reconcile": 0.1}, "failure": None, "valid": True, "mrz_exact": None, "confidence": 0.9,
    }  # fmt: skip
    return DocumentRecord(about, all_right=right, **(known | result))


def results(*fields: FieldRecord, **result: Any) -> Results:
    """Fields with a document record for each subject: right where all its fields are."""
    subjects = list(dict.fromkeys(one.subject for one in fields))
    documents = [
        document(about, right=all(one.score.exact for one in fields if one.subject == about), **result)
        for about in subjects
    ]
    return Results(tuple(documents), tuple(fields))
