"""Results as text: JSON, JSON Lines, CSV and a table for people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic_core import to_jsonable_python

from extractor.extraction import Extraction, FieldEvidence, Source
from extractor.schemas import schema_name

FORMATS = ("json", "jsonl", "csv", "table")


@dataclass(frozen=True)
class Outcome:
    """One file of a call: its result, or why there is none."""

    name: str
    result: Extraction | None = None
    error: str = ""
    exit_code: int = 0


def as_dict(result: Extraction, *, evidence: bool = False) -> dict[str, Any]:
    """The document as plain JSON values: a flat object whose keys are the schema's fields.

    With `evidence` an object of two members: `document`, that object, and `evidence` with `fields` (value, verdict,
    confidence, box, sources), `warnings`, `pages`, `schema`, `engine` and `seconds`.
    """
    plain: dict[str, Any] = result.document.model_dump(mode="json") if result.document else _plain(dict(result.values))
    if not evidence:
        return plain
    return {
        "document": plain,
        "evidence": {
            "fields": {name: _evidence(one) for name, one in result.fields.items()},
            "warnings": [asdict(warning) for warning in result.warnings],
            "pages": [asdict(page) for page in result.pages],
            "schema": schema_name(result.schema),
            "engine": dict(result.engine),
            "seconds": dict(result.seconds),
        },
    }


def with_evidence(answer: Mapping[str, Any]) -> dict[str, Any]:
    """`as_dict` with evidence as callers get it: the fields stand where they stand without evidence as well.

    All of them are in `document`, so a schema whose own fields are called `document` or `evidence` loses nothing.
    """
    return {**answer["document"], "document": answer["document"], "evidence": answer["evidence"]}


def _plain(value: Any) -> Any:
    """A value of any type that a user's schema may have (date, Enum, a model) as JSON has it."""
    return to_jsonable_python(value, fallback=str)


def _evidence(one: FieldEvidence) -> dict[str, Any]:
    return {
        "value": _plain(one.value),
        "verdict": one.verdict.value,
        "confidence": round(one.confidence, 3),
        "box": asdict(one.box) if one.box else None,
        "note": one.note,
        "sources": [_source(source) for source in one.sources],
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "kind": source.kind.value,
        "value": _plain(source.value),
        "text": source.text,
        "confidence": round(source.confidence, 3),
        "proven": source.proven,
        "box": asdict(source.box) if source.box else None,
        "basis": source.basis,
        "supported": source.supported,
    }


def _record(outcome: Outcome, *, evidence: bool, several: bool) -> dict[str, Any]:
    """One outcome as an object; of several files each says which it is, and what kind of document."""
    if outcome.result is None:
        return {"file": outcome.name, "error": outcome.error, "exit_code": outcome.exit_code}
    plain = with_evidence(as_dict(outcome.result, evidence=True)) if evidence else as_dict(outcome.result)
    return {"file": outcome.name, "schema": schema_name(outcome.result.schema), **plain} if several else plain


def render(outcomes: Sequence[Outcome], form: str, *, evidence: bool = False) -> str:
    """All outcomes in one of FORMATS. A single document in JSON is the flat object alone."""
    several = len(outcomes) > 1
    if form == "table":
        return "\n".join(_table(outcome, several=several) for outcome in outcomes)
    if form == "csv":
        return _csv(outcomes)
    records = [
        _record(outcome, evidence=evidence, several=several) for outcome in outcomes if several or outcome.result
    ]
    if form == "jsonl":
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    if not records:
        return ""
    return json.dumps(records if several else records[0], ensure_ascii=False, indent=2) + "\n"


def _csv(outcomes: Sequence[Outcome]) -> str:
    """One row a document; columns of all schemas among them, in order of appearance."""
    columns = ["file", "schema"]
    for outcome in outcomes:
        if outcome.result:
            columns += [name for name in outcome.result.values if name not in columns]
    if any(outcome.result is None for outcome in outcomes):
        columns.append("error")
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    for outcome in outcomes:
        if outcome.result is None:
            writer.writerow({"file": outcome.name, "error": outcome.error})
            continue
        values = {name: _cell(value) for name, value in as_dict(outcome.result).items()}
        writer.writerow({"file": outcome.name, "schema": schema_name(outcome.result.schema), **values})
    return buffer.getvalue()


def _cell(value: Any) -> str:
    """A value in one cell. A text that a spreadsheet would take for a formula is written as text."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    text = "\n".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


_COLOURS: Mapping[str, str] = {
    "verified": "green",
    "agree": "green",
    "single": "",
    "conflict": "red",
    "unsupported": "yellow",
    "absent": "dim",
}


def _table(outcome: Outcome, *, several: bool) -> str:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    if outcome.result is None:
        return f"{outcome.name}: {outcome.error}\n"
    title = f"{outcome.name} ({schema_name(outcome.result.schema)})" if several else schema_name(outcome.result.schema)
    table = Table(title=escape(title), title_justify="left")
    for heading in ("field", "value", "verdict", "confidence", "source"):
        table.add_column(heading, justify="right" if heading == "confidence" else "left", overflow="fold")
    for name, one in outcome.result.fields.items():
        kinds = ", ".join(dict.fromkeys(source.kind.value for source in one.sources))
        verdict = one.verdict.value
        shown = "" if one.value is None else escape(_cell(one.value))
        confidence = "" if one.value is None else f"{one.confidence:.2f}"
        colour = _COLOURS[verdict]
        table.add_row(name, shown, f"[{colour}]{verdict}[/]" if colour else verdict, confidence, kinds)
    buffer = io.StringIO()
    console = Console(file=buffer, width=120)
    console.print(table)
    for warning in outcome.result.warnings:
        console.print(f"warning: {escape(warning.message)}")
    return buffer.getvalue()
