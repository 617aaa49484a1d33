"""The parts of the OpenAPI document that all routes share; `examples` has those of single routes."""

from __future__ import annotations

from typing import Any

from extractor.server.components import components as shapes
from extractor.server.examples import PICTURE, problems
from extractor.server.job_examples import JOB_DONE
from extractor.server.problems import Problem, details


def complete(document: dict[str, Any], *, with_keys: bool) -> None:
    """Adds what holds for every route to an OpenAPI document: shared schemas, problems, API keys."""
    components = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    components.update(shapes())
    document["webhooks"] = {"job.done": JOB_DONE}
    components["File"] = {
        "type": "object",
        "required": ["data"],
        "properties": {"name": {"type": "string"}, "data": {"type": "string", "contentEncoding": "base64"}},
        "example": {"name": "front.png", "data": PICTURE},
    }
    components["Problem"] = {
        "type": "object",
        "description": "RFC 9457 problem details.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "description": "Stable; a path of this service that explains it."},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string", "description": "The request's id, as in the log."},
        },
        "example": details(Problem("queue-full")),
    }
    everywhere = ["misdirected-request", "cross-origin", "internal-error"] + (["unauthorized"] if with_keys else [])
    for methods in document["paths"].values():
        for operation in methods.values():
            _drop_additions(operation["responses"])
            if "parameters" in operation:  # ours, with their examples, stand behind the ones FastAPI found
                known = {(one["name"], one["in"]): one for one in operation["parameters"]}
                operation["parameters"] = list(known.values())
            for status, answer in problems(*everywhere).items():
                operation["responses"].setdefault(str(status), answer)
    if with_keys:
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"key": []}]


def _drop_additions(responses: dict[str, dict[str, Any]]) -> None:
    """Takes out what FastAPI adds unasked: JSON that may be anything, and its own form of errors."""
    for status, answer in list(responses.items()):
        content = answer.get("content", {})
        added = content.get("application/json", {}).get("schema")
        if added == {} and len(content) > 1:
            del content["application/json"]
        elif added == {"$ref": "#/components/schemas/HTTPValidationError"}:
            del responses[status]
