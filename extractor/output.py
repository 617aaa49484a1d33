"""Results as text: JSON, JSON Lines, CSV and a table for people."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic_core import PydanticSerializationError, to_jsonable_python

from extractor.errors import FROM_OWN_CODE, UsageError
from extractor.extraction import Barcode, Extraction, FieldEvidence, Source
from extractor.inputs import one_line
from extractor.schemas import schema_name
from extractor.schemas.typed import fields_of, is_object

FORMATS = ("json", "jsonl", "csv", "table")
#: How a formula begins in a spreadsheet, in full width too.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@dataclass(frozen=True)
class Outcome:
    """One document of a call: its result, or the error; both if only its overlay could not be written."""

    name: str
    result: Extraction[Any] | None = None
    error: str = ""
    exit_code: int = 0


def as_dict(result: Extraction[Any], *, evidence: bool = False) -> dict[str, Any]:
    """The document as plain JSON values: a flat object whose keys are the schema's fields.

    With `evidence` an object of two members: `document`, that object, and `evidence` with `fields` (value, verdict,
    confidence, box, sources, what a null rests on), `warnings`, `age`, `barcodes`, `pages`, `regions` (where the
    document lies on them), `schema`, `engine` and `seconds`.
    """
    plain = _document(result)
    if not evidence:
        return plain
    return {
        "document": plain,
        "evidence": {
            "fields": {name: _evidence(one) for name, one in result.fields.items()},
            "warnings": [asdict(warning) for warning in result.warnings],
            "age": result.age,
            "barcodes": [_barcode(one) for one in result.barcodes],
            "pages": [asdict(page) for page in result.pages],
            "regions": [asdict(region) for region in result.regions],
            "schema": schema_name(result.schema),
            "engine": dict(result.engine),
            "seconds": dict(result.seconds),
        },
    }


def _document(result: Extraction[Any]) -> dict[str, Any]:
    """The document by its schema's aliases. A schema that is a list of objects stands under `items`."""
    document = result.document
    try:
        plain = _plain(result.values) if document is None else _dumped(document, result.schema)
    except FROM_OWN_CODE:  # by the schema's own code, of which there is a warning; its text may hold values
        plain = _plain(result.values)
    if isinstance(document, tuple) and isinstance(plain, list):  # a named tuple, which JSON writes as a list
        plain = dict(zip(_names(type(document)), plain, strict=True))
    return plain if isinstance(plain, dict) else {"items": plain}


def _dumped(document: Any, schema: Any) -> Any:
    """The document as its schema writes it. Pydantic's warnings of values that do not fit would quote them."""
    adapter = TypeAdapter(type(document) if isinstance(document, BaseModel) else schema)
    try:
        return adapter.dump_python(document, mode="json", by_alias=True, warnings=False)
    except PydanticSerializationError:  # a type of the user's that JSON has nothing for
        return _plain(adapter.dump_python(document, by_alias=True, warnings=False))


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
        "absence": one.absence.value if one.absence else None,
        "sources": [_source(source) for source in one.sources],
    }


def _barcode(one: Barcode) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "text": one.text,
        "base64": base64.b64encode(one.data).decode("ascii"),
        "box": asdict(one.box),
        "standard": one.standard,
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
    columns = dict.fromkeys(name for one in outcomes if one.result for name in _columns_of(one.result))
    failed = any(one.result is None for one in outcomes)
    rendering = Rendering(
        form, several=len(outcomes) > 1, evidence=evidence, columns=[*columns, *(["error"] if failed else [])]
    )
    return "".join([*map(rendering.add, outcomes), rendering.end()])


def columns(schemas: Sequence[Any]) -> list[str]:
    """The CSV columns of documents of any of these schemas."""
    return [*dict.fromkeys(name for schema in schemas for name in _names(schema)), "error"]


def check_names(names: Sequence[str], *, several: bool, form: str) -> None:
    """Raises UsageError for fields of a schema that are called as what the output says of each file."""
    added = {"file", "schema"} if several or form == "csv" else set()
    added |= {"error"} if several and form == "csv" else set()
    if clash := [name for name in names if name in added and form != "table"]:
        raise UsageError(
            f"the schema's own {', '.join(clash)} cannot be told from what the output says of each file; "
            "rename it, or give it a serialization alias"
        )


def _names(schema: Any) -> list[str]:
    """The names that a schema's fields have in its JSON."""
    if not is_object(schema):
        return ["items"]
    computed = getattr(schema, "model_computed_fields", {})
    own = [info.serialization_alias or name for name, (info, _) in fields_of(schema).items()]
    return [*own, *(info.alias or name for name, info in computed.items())]


def _columns_of(result: Extraction[Any]) -> list[str]:
    return list(dict.fromkeys([*_document(result), *_names(result.schema)]))


class Rendering:
    """Outcomes in one of FORMATS, one after the other; what `add` returns can be written at once.

    JSON is one text, which `end` returns. `columns` are those of a CSV beside file and schema; without them a CSV has
    those of its first document. Where the text is not written as Unicode, JSON keeps to ASCII by `ascii_only`.
    """

    def __init__(
        self,
        form: str,
        *,
        several: bool,
        evidence: bool = False,
        columns: Sequence[str] | None = None,
        ascii_only: bool = False,
    ) -> None:
        self._form, self._several, self._evidence, self._columns = form, several, evidence, columns
        self._ascii_only = ascii_only
        self._first = True
        self._records: list[dict[str, Any]] = []

    def add(self, outcome: Outcome) -> str:
        """The text of one more outcome."""
        first, self._first = self._first, False
        if self._form == "csv":
            return self._csv_row(outcome, with_header=first)
        if not self._several and outcome.result is None:
            return _table(outcome, several=False) if self._form == "table" else ""
        if self._form == "table":
            return ("" if first else "\n") + _table(outcome, several=self._several)
        record = _record(outcome, evidence=self._evidence, several=self._several)
        if self._form == "jsonl":
            return json.dumps(record, ensure_ascii=self._ascii_only) + "\n"
        self._records.append(record)
        return ""

    def end(self) -> str:
        """What comes after the last outcome."""
        if not self._records:
            return ""
        value = self._records if self._several else self._records[0]
        return json.dumps(value, ensure_ascii=self._ascii_only, indent=2) + "\n"

    def _csv_row(self, outcome: Outcome, *, with_header: bool) -> str:
        """One row a document; the header before the first."""
        if self._columns is None:
            self._columns = _columns_of(outcome.result) if outcome.result else ["error"]
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, ["file", "schema", *self._columns], lineterminator="\n", extrasaction="ignore")
        if with_header:
            writer.writerow({name: as_cell(name) for name in writer.fieldnames})
        row: dict[str, Any] = {"error": outcome.error}
        if outcome.result is not None:
            row |= {"schema": schema_name(outcome.result.schema), **as_dict(outcome.result)}
        row["file"] = outcome.name
        writer.writerow({name: as_cell(value) for name, value in row.items()})
        return buffer.getvalue()


def as_cell(value: Any) -> str:
    """A value in one cell. A text that a spreadsheet would take for a formula is written as text."""
    text = "\n".join(map(_as_text, value)) if isinstance(value, list) else _as_text(value)
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


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

    name = one_line(outcome.name)
    if outcome.result is None:
        return f"{name}: {outcome.error}\n"
    title = f"{name} ({schema_name(outcome.result.schema)})" if several else schema_name(outcome.result.schema)
    table = Table(title=escape(title), title_justify="left")
    for heading in ("field", "value", "verdict", "confidence", "source"):
        table.add_column(heading, justify="right" if heading == "confidence" else "left", overflow="fold")
    for name, one in outcome.result.fields.items():
        kinds = ", ".join(dict.fromkeys(source.kind.value for source in one.sources))
        verdict = one.verdict.value
        shown = "" if one.value is None else escape(as_cell(one.value))
        confidence = "" if one.value is None else f"{one.confidence:.2f}"
        colour = _COLOURS[verdict]
        table.add_row(name, shown, f"[{colour}]{verdict}[/]" if colour else verdict, confidence, kinds)
    buffer = io.StringIO()
    console = Console(file=buffer, width=120)
    console.print(table)
    for warning in outcome.result.warnings:
        console.print(f"warning: {escape(warning.message)}")
    return buffer.getvalue()
