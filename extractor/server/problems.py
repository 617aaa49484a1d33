"""Every error as RFC 9457 problem details: a stable `type`, what went wrong, and what to do about it.

The type is a path of this service, `/problems/queue-full`, where the same words stand that are written here, so that
an error explains itself without a network. Details never hold anything read from a document or sent by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MEDIA_TYPE = "application/problem+json"
BASE = "/problems/"


@dataclass(frozen=True)
class Type:
    """One type of problem (RFC 9457): its HTTP status, its title, and what a caller can do."""

    status: int
    title: str
    advice: str


KINDS: Mapping[str, Type] = {
    "invalid-request": Type(400, "The request cannot be understood", "Compare it with the examples in /openapi.json."),
    "unauthorized": Type(
        401, "A valid API key is needed", "Send it as `Authorization: Bearer KEY`; the operator hands keys out."
    ),
    "cross-origin": Type(
        403, "Another site's page may not call this service", "Call it from its own page or from a program."
    ),
    "not-found": Type(404, "There is nothing here", "The paths of this service stand in /openapi.json."),
    "unknown-job": Type(404, "There is no such job", "It was deleted, its time ran out, or another key made it."),
    "unknown-schema": Type(404, "There is no such schema", "GET /v1/schemas lists them."),
    "method-not-allowed": Type(405, "The path does not take this method", "The header Allow says which it takes."),
    "upload-timeout": Type(408, "The body came too slowly", "Send it again, or send a smaller picture."),
    "conflict": Type(409, "The state of the service does not allow it", "The detail says what to change."),
    "body-too-large": Type(413, "The body is too large", "Send a smaller picture, or many files as several jobs."),
    "too-many-files": Type(413, "There are too many files", "Send fewer at once."),
    "unsupported-media-type": Type(
        415, "The body's Content-Type is not one of this route's", "Send multipart/form-data or application/json."
    ),
    "unsupported-file": Type(
        415, "A file is no picture or PDF", "Send JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC, AVIF or PDF."
    ),
    "misdirected-request": Type(
        421, "The service is not known by this name", "Start it with --allowed-host NAME to serve that name."
    ),
    "invalid-parameter": Type(422, "A parameter has no usable value", "The detail names it and what it takes."),
    "invalid-schema": Type(422, "The schema cannot be used", "GET /v1/schemas lists the built-in ones."),
    "unreadable-file": Type(422, "A file cannot be read", "The detail says what is wrong with it."),
    "too-many-pages": Type(422, "The document has too many pages", "Choose some of them with `pages`."),
    "no-document": Type(
        422, "No such document is on the picture", "Check the picture, or name the document's schema with `schema`."
    ),
    "not-redacted": Type(
        422, "Something to be blacked out could not be located", "Keep what the detail names, or black it out by hand."
    ),
    "invalid-label": Type(422, "The label does not fit its schema", "The detail names the fields."),
    "queue-full": Type(429, "The service is busy", "Wait as long as the header Retry-After says, then send it again."),
    "internal-error": Type(500, "The service made a mistake", "Report it with the request id; the log says where."),
    "worker-crashed": Type(
        500, "The process that read this document ended", "Send it again; if it happens again, the file is the cause."
    ),
    "model-server": Type(
        502, "The model's server did not answer as asked", "Send it again; if it happens again, look after that server."
    ),
    "engine-unavailable": Type(503, "The engine cannot read now", "GET /v1/engines says what is there and why."),
    "storage-unavailable": Type(
        503, "The data folder cannot be used", "The operator checks that it exists and can be written to."
    ),
    "storage-damaged": Type(
        503, "What was stored is damaged", "Send the file again; the operator checks the disk of the data folder."
    ),
    "shutting-down": Type(503, "The service is being stopped", "Send it again in a moment."),
    "page-timeout": Type(504, "Reading took too long", "Send a smaller picture or fewer pages."),
    "storage-full": Type(507, "There is no room for this", "Delete jobs that are done with, or come back later."),
}


@dataclass
class Problem(Exception):  # noqa: N818 - the RFC's own word
    """An error as a caller gets it; `kind` is one of KINDS. `extra` are further members of the details."""

    kind: str
    detail: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.detail or KINDS[self.kind].title

    @property
    def status(self) -> int:
        return KINDS[self.kind].status


def details(problem: Problem, request_id: str | None = None) -> dict[str, Any]:
    """The members of the problem details object (RFC 9457, 3.1)."""
    kind = KINDS[problem.kind]
    said = f"{problem.detail[:1].upper()}{problem.detail[1:].rstrip('.')}. " if problem.detail else ""
    members: dict[str, Any] = {
        "type": BASE + problem.kind,
        "title": kind.title,
        "status": kind.status,
        "detail": f"{said}{kind.advice}",
    }
    if request_id:
        members["instance"] = f"urn:uuid:{request_id}"
    return members | dict(problem.extra)
