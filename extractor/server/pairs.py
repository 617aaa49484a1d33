"""Which records, read one by one, are sides of one document: what the page offers a person to join.

Nothing is kept between requests, so the caller sends what the readings said; pictures are not read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from extractor.grouping.pairing import COMPARED
from extractor.schemas import SCHEMAS
from extractor.server import examples as ex
from extractor.server.problems import Problem
from extractor.server.service import ask, received, service_of
from extractor.server.uploads import read_json

router = APIRouter()

_DOCUMENTS, _READINGS, _CHARACTERS = 100, 20, 300

_READ = {"type": "array", "maxItems": _READINGS, "items": {"type": "string", "maxLength": _CHARACTERS}}
_SIDE = {
    "type": "object",
    "properties": {
        "schema": {"type": ["string", "null"], "enum": [*SCHEMAS, None], "description": "Null: none was recognised."},
        "fields": {
            "type": "object",
            "description": "All that was read of each field; dates in ISO form, under `mrz` the lines.",
            "properties": dict.fromkeys(COMPARED, _READ),
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
_SIDES = {
    "type": "object",
    "required": ["documents"],
    "properties": {"documents": {"type": "array", "minItems": 1, "maxItems": _DOCUMENTS, "items": _SIDE}},
    "additionalProperties": False,
}
_GROUPS = ex.members(groups={"type": "array", "items": {"type": "array", "items": ex.COUNT}})
_OPENAPI = ex.route(
    {
        200: ex.answer(
            {"groups": [[0, 1]]}, schema=_GROUPS, says="Numbers of the documents given, one list a document"
        ),
        **ex.problems(*ex.UPLOAD[:3], "unsupported-media-type", "invalid-parameter", *ex.ENGINE_PROBLEMS),
    },
    requestBody={
        "required": True,
        "content": {
            "application/json": {
                "schema": _SIDES,
                "examples": {"front and back": {"value": {"documents": ex.VALUES["sides"]}}},
            }
        },
    },
)


@router.post("/v1/pairs", tags=["documents"], summary="Say which readings are sides of one document", **_OPENAPI)
async def pairs(request: Request) -> JSONResponse:
    """Groups documents that were read one by one by number, MRZ, name and birth date, as `documents` does pictures.

    A side that says nothing of its holder goes with the only document it can be of. `groups` are numbers of the
    documents given, from 0, each group in the order of its first. It is an offer: somebody should look at it.
    """
    service = service_of(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem("unsupported-media-type", "send application/json")
    async with received(request, service.settings.limits.body_bytes) as chunks:
        body = await read_json(chunks)
    answer, _ = await ask(request, {"op": "pairs", "engine": "auto", "said": said_of(body)}, ())
    return JSONResponse(answer)


def said_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`documents` of a body, checked. Raises a Problem that says what does not fit, and none of the values."""
    documents = body.get("documents")
    if set(body) != {"documents"} or not isinstance(documents, list) or not 0 < len(documents) <= _DOCUMENTS:
        raise Problem("invalid-parameter", f"`documents` is a list of 1 to {_DOCUMENTS} documents, and nothing else")
    return [_said(one) for one in documents]


def _said(one: Any) -> dict[str, Any]:
    if not isinstance(one, dict) or not set(one) <= {"schema", "fields"}:
        raise Problem("invalid-parameter", "a document is an object of `schema` and `fields`")
    schema, fields = one.get("schema"), one.get("fields", {})
    if schema is not None and (not isinstance(schema, str) or schema not in SCHEMAS):
        raise Problem("invalid-parameter", f"`schema` is null or one of {', '.join(SCHEMAS)}")
    if not isinstance(fields, dict) or not set(fields) <= set(COMPARED):
        raise Problem("invalid-parameter", f"the fields compared are {', '.join(COMPARED)}")
    for readings in fields.values():
        listed = isinstance(readings, list) and len(readings) <= _READINGS
        if not listed or not all(isinstance(text, str) and len(text) <= _CHARACTERS for text in readings):
            raise Problem("invalid-parameter", f"a field holds at most {_READINGS} texts, all that was read of it")
    return {"schema": schema, "fields": fields}
