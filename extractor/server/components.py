"""The shapes of answers, by name, for the OpenAPI document: what clients and their types are made from.

`schema_of("Job")` refers to one of them. That answers have these shapes is tested on what the service really says.
"""

from __future__ import annotations

from typing import Any

from extractor.extraction import Absence, SourceKind, Verdict
from extractor.schemas import SCHEMAS

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
FLAG: dict[str, Any] = {"type": "boolean"}
#: An object of which nothing else is promised.
ANY: dict[str, Any] = {"type": "object", "additionalProperties": True}
#: A value of a field: text, a flag, a list, null, or what a caller's own schema makes of it.
_VALUE: dict[str, Any] = {"description": "As the schema has it; null is not on the document."}
_SECONDS: dict[str, Any] = {"type": "number", "description": "Seconds since 1970."}


def schema_of(name: str) -> dict[str, Any]:
    """A reference to a shape."""
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return {"oneOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def _object(about: str, optional: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "description": about, "required": required, "properties": properties}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _map(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


def _enum(values: Any) -> dict[str, Any]:
    return {"type": "string", "enum": [one.value for one in values]}


_POINT = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
_READING: dict[str, Any] = {
    "Box": _object(
        "Where something stands: the page from 0, and four corners in pixels, clockwise from the text's top left.",
        page=COUNT,
        points={"type": "array", "items": _POINT, "minItems": 4, "maxItems": 4},
    ),
    "Source": _object(
        "What one source says of a field.",
        kind=_enum(SourceKind),
        value=_VALUE,
        text={**TEXT, "description": "As printed."},
        confidence=NUMBER,
        proven={**FLAG, "description": "A check digit or checksum covers the value and is right."},
        box=or_null(schema_of("Box")),
        basis=TEXT,
        supported=or_null(FLAG),
    ),
    "Field": _object(
        "A field's value and what it rests on.",
        value=_VALUE,
        verdict=_enum(Verdict),
        confidence=NUMBER,
        box=or_null(schema_of("Box")),
        note=TEXT,
        absence={**or_null(_enum(Absence)), "enum": [*(one.value for one in Absence), None]},
        sources=_list(schema_of("Source")),
    ),
    "Warning": _object(
        "What to act on; `code` is stable.",
        ("box",),
        code=TEXT,
        message=TEXT,
        field=or_null(TEXT),
        box=or_null(schema_of("Box")),
    ),
    "Page": _object(
        "A page as it was read: pixels, degrees clockwise to upright, and which file it came from.",
        width=COUNT,
        height=COUNT,
        rotation={"type": "integer"},
        quality=_map(NUMBER),
        file=COUNT,
    ),
    "Barcode": _object(
        "A barcode as it stands on the document.",
        kind=TEXT,
        text=TEXT,
        base64={**TEXT, "contentEncoding": "base64"},
        box=schema_of("Box"),
        standard=or_null(TEXT),
    ),
    "Evidence": _object(
        "What a document's values rest on.",
        ("previews",),
        fields=_map(schema_of("Field")),
        warnings=_list(schema_of("Warning")),
        age=or_null(COUNT),
        barcodes=_list(schema_of("Barcode")),
        pages=_list(schema_of("Page")),
        regions=_list(schema_of("Box")),
        schema=TEXT,
        engine=_map(TEXT),
        seconds=_map(NUMBER),
        previews=_list(TEXT),
    ),
    "Document": {**ANY, "description": "The fields of the schema, and null for what the document does not have."},
    "Reading": {
        **_object(
            "A document with its evidence; its fields stand beside the two members as well.",
            document=schema_of("Document"),
            evidence=schema_of("Evidence"),
        ),
        "additionalProperties": True,
    },
    "DocumentList": _object(
        "All documents on the files, each with the name of its schema, and with evidence if that was asked for.",
        documents=_list({**_object("", schema=TEXT), "additionalProperties": True}),
    ),
}
_JOBS: dict[str, Any] = {
    "JobWebhook": _object(
        "How a job's webhook stands.",
        state={"type": "string", "enum": ["waiting", "delivered", "given-up"]},
        attempts=COUNT,
        reason={**or_null(TEXT), "description": "Why the last attempt failed."},
        next_at=or_null(_SECONDS),
    ),
    "Job": _object(
        "How far a job is.",
        id=TEXT,
        state={"type": "string", "enum": ["queued", "running", "done"]},
        total=COUNT,
        done=COUNT,
        created=_SECONDS,
        finished=or_null(_SECONDS),
        deleted_at=or_null(_SECONDS),
        results=TEXT,
        webhook=or_null(schema_of("JobWebhook")),
    ),
    "JobAnswer": _object(
        "A line of a job's results: one file, with what was read or with the problem.",
        ("result", "problem"),
        seq={"type": "integer", "minimum": 1},
        file=TEXT,
        result={"anyOf": [schema_of("Reading"), schema_of("DocumentList"), schema_of("Document")]},
        problem=schema_of("Problem"),
    ),
    "JobDone": _object(
        "What a webhook is sent when a job is done.",
        type={"type": "string", "const": "job.done"},
        timestamp={"type": "string", "format": "date-time"},
        data=_object(
            "The job; `answers` only where they were asked for, null where they are too large to be sent.",
            ("answers",),
            id=TEXT,
            state={"type": "string", "const": "done"},
            total=COUNT,
            read=COUNT,
            problems=COUNT,
            created=_SECONDS,
            finished=_SECONDS,
            deleted_at=_SECONDS,
            results=TEXT,
            answers={"type": ["array", "null"], "items": schema_of("JobAnswer")},
        ),
    ),
}
_REST: dict[str, Any] = {
    "Classification": _object(
        "The schema that fits, and how much speaks for each.", schema=or_null(TEXT), scores=_map(NUMBER)
    ),
    "Picture": _object(
        "A picture that was made of a document.",
        ("box", "score", "hidden"),
        kind=TEXT,
        box=schema_of("Box"),
        score=NUMBER,
        hidden=_list(TEXT),
        width=COUNT,
        height=COUNT,
        media_type=TEXT,
        data={**TEXT, "contentEncoding": "base64"},
    ),
    "Engine": _object(
        "An engine, and whether it can read now.",
        ("problem",),
        name=TEXT,
        default=FLAG,
        loaded=FLAG,
        installed=FLAG,
        waiting=COUNT,
        details=_map(TEXT),
        problem=TEXT,
    ),
    "Schema": _object(
        "A built-in schema.",
        name=TEXT,
        title=TEXT,
        fields=_list(_object("A field.", name=TEXT, kind=TEXT, en=TEXT, zh=TEXT)),
    ),
    "Ready": _object("The service can be sent documents.", status=TEXT, engine=TEXT, storage=TEXT),
}


def components() -> dict[str, Any]:
    """All shapes by name; the built-in documents among them, without the captions that their JSON Schemas have."""
    documents = {model.__name__: _plain(model.model_json_schema()) for model in SCHEMAS.values()}
    return {**_READING, **_JOBS, **_REST, **documents}


def _plain(described: Any) -> Any:
    """A JSON Schema without our own keywords, defaults and titles, which say nothing of an answer."""
    if isinstance(described, list):
        return [_plain(one) for one in described]
    if not isinstance(described, dict):
        return described
    left = {key: value for key, value in described.items() if not key.startswith("x-")}
    if isinstance(left.get("type"), str) or "anyOf" in left or "$ref" in left:
        left = {key: value for key, value in left.items() if key not in ("title", "default", "additionalProperties")}
    properties = left.get("properties")
    plain = {key: _plain(value) for key, value in left.items() if key != "properties"}
    if isinstance(properties, dict):
        plain["properties"] = {name: _plain(one) for name, one in properties.items()}
        plain["required"] = list(properties)
    return plain
