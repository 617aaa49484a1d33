"""The parts of the OpenAPI document that code cannot say: bodies, answers and an example for every one of them.

The examples' values are in `examples.json`: those of drawn people and of Doc 9303's own Utopian specimen; no person has
this name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from extractor.engines.choose import ENGINES as ENGINE_NAMES
from extractor.schemas import SCHEMAS
from extractor.server.components import ANY, COUNT, FLAG, TEXT, schema_of
from extractor.server.problems import KINDS, MEDIA_TYPE, Problem, details

TAGS = [
    {"name": "documents", "description": "One document, read while you wait."},
    {"name": "jobs", "description": "Many documents, read in order; they survive a restart."},
    {"name": "schemas", "description": "What a document is."},
    {"name": "openai", "description": "The same for clients made for OpenAI's API."},
    {"name": "specimens", "description": "Examples to try, and corrected readings as labelled specimens."},
    {"name": "service", "description": "Engines, health and metrics."},
]

#: Example values by name.
VALUES: Mapping[str, Any] = json.loads(files("extractor.server").joinpath("examples.json").read_text("utf-8"))
PICTURE: str = VALUES["picture"]  # white, 32 by 32 pixels: it can be sent as it stands, and there is no document on it

_OBJECT = ANY
_FILES = {
    "description": "Base64 (also as a data URL), or an object of `name` and `data`, or a list of these.",
    "oneOf": [
        {"type": "string", "contentEncoding": "base64"},
        {"$ref": "#/components/schemas/File"},
        {
            "type": "array",
            "minItems": 1,
            "items": {"oneOf": [{"type": "string"}, {"$ref": "#/components/schemas/File"}]},
        },
    ],
}


def as_form(options: dict[str, Any]) -> dict[str, Any]:
    """Options as a form has them, in which every value is text."""
    return {name: {"type": "string", "description": one.get("description", "")} for name, one in options.items()}


OPTIONS: dict[str, Any] = {
    "schema": {
        "description": f"`auto`, {', '.join(SCHEMAS)}, or an inline JSON Schema of type object.",
        "default": "auto",
        "oneOf": [{"type": "string", "enum": ["auto", *SCHEMAS]}, _OBJECT],
    },
    "engine": {"type": "string", "enum": list(ENGINE_NAMES), "default": "auto"},
    "documents": {
        "type": "boolean",
        "default": False,
        "description": "Answer a list of all documents on the files, not the largest alone.",
    },
    "one_document": {
        "type": "boolean",
        "default": False,
        "description": "All that is sent is one document; what contradicts that is refused.",
    },
    "evidence": {"type": "boolean", "default": False, "description": "Add sources, boxes, confidences and verdicts."},
    "pages": {
        "description": "Pages of each file, from 1: `1`, `1-3`, `1,4` or a list of numbers.",
        "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer", "minimum": 1}}],
    },
    "today": {"type": "string", "format": "date", "description": "The day on which the document is looked at."},
    "age": {"type": "integer", "minimum": 0, "maximum": 999, "description": "Warns of holders who are younger."},
    "previews": {
        "type": "boolean",
        "default": False,
        "description": "With `evidence`: the pages as JPEG in base64; of several documents, with the first.",
    },
}
#: Names as a text with commas or as a list.
_NAMES: dict[str, Any] = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
FORM_OPTIONS = as_form(OPTIONS)


def body(form: dict[str, Any], as_json: dict[str, Any] | None, examples: dict[str, Any]) -> dict[str, Any]:
    """A requestBody that is taken as a form and as JSON."""
    file = {"type": "array", "minItems": 1, "items": {"type": "string", "contentMediaType": "application/octet-stream"}}
    content: dict[str, Any] = {
        "multipart/form-data": {
            "schema": {"type": "object", "required": ["file"], "properties": {"file": file, **form}},
            "examples": {"form": {"summary": "curl -F file=@passport.jpg ...", "value": {"file": ["(bytes)"]}}},
        }
    }
    if as_json is not None:
        content["application/json"] = {
            "schema": {"type": "object", "required": ["file"], "properties": {"file": _FILES, **as_json}},
            "examples": {name: {"value": value} for name, value in examples.items()},
        }
    return {"requestBody": {"required": True, "content": content}}


def answer(
    example: Any, *, schema: dict[str, Any] | None = None, media_type: str = "application/json", says: str = "Done"
) -> dict[str, Any]:
    """An answer of a route, with an example of it."""
    return {"description": says, "content": {media_type: {"schema": schema or _OBJECT, "example": example}}}


def members(**properties: Any) -> dict[str, Any]:
    """The schema of an object that has all of these."""
    return {"type": "object", "required": list(properties), "properties": properties}


def listed(member: str, name: str) -> dict[str, Any]:
    """The schema of an object with a list of one shape."""
    return members(**{member: {"type": "array", "items": schema_of(name)}})


def problems(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Answers of a route that are problems, with one example a kind."""
    answers: dict[int | str, dict[str, Any]] = {}
    for name in kinds:
        kind = KINDS[name]
        shared = answers.setdefault(
            kind.status,
            {
                "description": kind.title,
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        shared["content"][MEDIA_TYPE]["examples"][name] = {"value": details(Problem(name))}
    return answers


def route(answers: dict[int | str, dict[str, Any]], **openapi: Any) -> dict[str, Any]:
    """What a route's decorator takes."""
    return {"responses": answers, "openapi_extra": openapi or None}


#: Problems of every route that takes a body, and of every one that an engine answers.
UPLOAD = ("invalid-request", "upload-timeout", "body-too-large", "too-many-files")
_FILE = ("unsupported-media-type", "unsupported-file", "unreadable-file", "invalid-parameter")
ENGINE_PROBLEMS = (
    "queue-full",
    "internal-error",
    "worker-crashed",
    "model-server",
    "engine-unavailable",
    "shutting-down",
    "page-timeout",
)
STORE = ("storage-unavailable", "storage-damaged", "storage-full")

_SCHEMA_HEADER = {
    "X-Document-Schema": {
        "description": "The schema it was read by.",
        "schema": {"type": "string"},
        "example": "passport",
    }
}

_document = VALUES["document"]
_read = answer(_document, says="The document; null for what it does not have") | {"headers": _SCHEMA_HEADER}
_read["content"]["application/json"] = {
    "schema": {"anyOf": [schema_of("Reading"), schema_of("DocumentList"), schema_of("Document")]},
    "examples": {
        "document": {"value": _document},
        "with evidence": {"value": {**_document, "document": _document, "evidence": VALUES["evidence"]}},
        "all documents": {"value": {"documents": [{"schema": "passport", **_document}]}},
    },
}
EXTRACT = route(
    {200: _read, **problems(*UPLOAD, *_FILE, "invalid-schema", "too-many-pages", "no-document", *ENGINE_PROBLEMS)},
    **body(
        FORM_OPTIONS,
        OPTIONS,
        {
            "one file": {"file": PICTURE, "schema": "passport", "evidence": True},
            "both sides": {"file": [{"name": "front.png", "data": PICTURE}, {"name": "back.png", "data": PICTURE}]},
            "own schema": {"file": PICTURE, "schema": VALUES["own_schema"]},
        },
    ),
)
_PICTURE_OPTIONS: dict[str, Any] = {
    "make": {"type": "string", "enum": ["deskew", "redact", "portrait"], "default": "deskew"},
    "keep": {"description": "Of `redact`: fields and parts that stay, `birth_date,portrait` or a list.", **_NAMES},
    "hide": {"description": "Of `redact`: only these are blacked out, wherever they stand.", **_NAMES},
    "preset": {"type": "string", "enum": ["age-check", "address-proof", "dutch-copy"]},
    **{name: OPTIONS[name] for name in ("schema", "engine", "one_document", "pages", "today")},
}
PICTURES = route(
    {
        200: answer({"pictures": [{**VALUES["cutout"], "data": "(base64)"}]}, schema=listed("pictures", "Picture")),
        **problems(
            *UPLOAD, *_FILE, "invalid-schema", "too-many-pages", "no-document", "not-redacted", *ENGINE_PROBLEMS
        ),
    },
    **body(
        as_form(_PICTURE_OPTIONS),
        _PICTURE_OPTIONS,
        {"a copy for an age check": {"file": PICTURE, "make": "redact", "preset": "age-check"}},
    ),
)
_ONLY = ("engine", "pages")
CLASSIFY = route(
    {
        200: answer(
            {"schema": "passport", "scores": {"passport": 0.95, "visa": 0.4}}, schema=schema_of("Classification")
        ),
        **problems(*UPLOAD, *_FILE, "too-many-pages", *ENGINE_PROBLEMS),
    },
    **body(
        {name: FORM_OPTIONS[name] for name in _ONLY},
        {name: OPTIONS[name] for name in _ONLY},
        {"one file": {"file": PICTURE}},
    ),
)
SCHEMA_LIST = route({200: answer(VALUES["schemas"], schema=listed("schemas", "Schema"))})
SCHEMA = route(
    {
        200: answer(VALUES["own_schema"], media_type="application/schema+json", says="JSON Schema, draft 2020-12"),
        **problems("unknown-schema"),
    },
    parameters=[{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}, "example": "passport"}],
)
ENGINES = route({200: answer({"engines": [VALUES["engine"]]}, schema=listed("engines", "Engine"))})
HEALTH = route({200: answer({"status": "ok"}, schema=members(status=TEXT))})
READY = route(
    {
        200: answer({"status": "ready", "engine": "embedded", "storage": "ok"}, schema=schema_of("Ready")),
        **problems("engine-unavailable", "shutting-down"),
    }
)
METRICS = route({200: answer("extractor_queue_depth 0.0", schema=TEXT, media_type="text/plain", says="Metrics")})
PROBLEM = route(
    {
        200: answer("<!doctype html>...", schema=TEXT, media_type="text/html", says="What it means"),
        **problems("not-found"),
    },
    parameters=[
        {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}, "example": "queue-full"}
    ],
)

MODELS = route({200: answer({"object": "list", "data": [VALUES["model"]]})})
_chat_schema = {
    "type": "object",
    "required": ["messages"],
    "properties": {
        "model": {"type": "string", "enum": list(ENGINE_NAMES), "default": "auto"},
        "messages": {"type": "array", "minItems": 1, "maxItems": 100, "items": _OBJECT},
        "response_format": _OBJECT,
        "tools": {"type": "array", "items": _OBJECT},
        "stream": {"type": "boolean", "default": False},
    },
}
_chat_answer = answer(VALUES["completion"], says="The document, as the content of the message")
_chat_answer["content"]["text/event-stream"] = {"schema": TEXT, "example": "data: {...}\n\ndata: [DONE]\n\n"}
CHAT = route(
    {
        200: _chat_answer,
        **problems(*UPLOAD, *_FILE, "invalid-schema", "too-many-pages", "no-document", *ENGINE_PROBLEMS),
    },
    requestBody={
        "required": True,
        "content": {"application/json": {"schema": _chat_schema, "examples": {"picture": {"value": VALUES["chat"]}}}},
    },
)

_found = {"type": "array", "items": members(file=TEXT, schema=TEXT)}
EXAMPLES = route(
    {200: answer({"examples": [{"file": "passport.png", "schema": "passport"}]}, schema=members(examples=_found))}
)
EXAMPLE = route(
    {
        200: {
            "description": "The picture",
            "content": {"image/png": {"schema": {"type": "string", "format": "binary"}, "example": "(bytes)"}},
        },
        **problems("not-found"),
    },
    parameters=[
        {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}, "example": "passport.png"}
    ],
)
SPECIMENS = route(
    {
        200: answer({"enabled": True, "count": 12}, schema=members(enabled=FLAG, count=COUNT)),
        **problems(*STORE),
    }
)
SAVE_SPECIMEN = route(
    {
        201: answer(
            {"files": ["3f1c0ab5d9e84b7f6a20c1d2.png"], "count": 13},
            schema=members(files={"type": "array", "items": TEXT}, count=COUNT),
            says="Saved",
        ),
        **problems(
            *UPLOAD, "conflict", "unsupported-media-type", "unsupported-file", "unreadable-file", "invalid-label",
            "queue-full", *STORE, "shutting-down",
        ),
    },
    **body(
        {"label": {"type": "string", "description": "The label as JSON."}},
        {"label": {"oneOf": [_OBJECT, {"type": "array", "items": _OBJECT}]}},
        {"one picture": {"file": PICTURE, "label": VALUES["label"]}},
    ),
)  # fmt: skip
