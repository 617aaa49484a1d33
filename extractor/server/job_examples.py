"""The parts of the OpenAPI document that are about jobs and the webhooks that they call; as `examples` for the rest."""

from __future__ import annotations

from typing import Any

from extractor.server.components import TEXT, schema_of
from extractor.server.examples import OPTIONS, PICTURE, STORE, UPLOAD, VALUES, answer, as_form, body, problems, route

_job = VALUES["job"]
_job_path = {"name": "job_id", "in": "path", "required": True, "schema": {"type": "string"}, "example": _job["id"]}
_after = {
    "name": "after",
    "in": "query",
    "required": False,
    "description": "The `seq` of the last result that is known already.",
    "schema": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1, "default": 0},
    "example": 41,
}
_lines = '{"seq": 1, "file": "a.jpg", "result": {"surname": "ERIKSSON"}}\n'
_webhook: dict[str, Any] = {
    "webhook": {
        "type": "string",
        "format": "uri",
        "description": "Is sent a signed POST when the job is done; of a host that the operator allowed.",
    },
    "webhook_results": {"type": "boolean", "default": False, "description": "Send the results along: personal data."},
}
_without_previews = {name: described for name, described in OPTIONS.items() if name != "previews"} | _webhook
_job_form = as_form(_without_previews)
_location = {"Location": {"description": "The job.", "schema": TEXT, "example": f"/v1/jobs/{_job['id']}"}}
CREATE_JOB = route(
    {
        202: {
            **answer(_job | {"state": "queued", "done": 0}, schema=schema_of("Job"), says="Stored, and to be read"),
            "headers": _location,
        },
        **problems(
            *UPLOAD, "unsupported-media-type", "unreadable-file", "invalid-parameter", "invalid-schema",
            "too-many-pages", "queue-full", "engine-unavailable", *STORE, "shutting-down",
        ),
    },
    **body(_job_form, _without_previews, {"two files": {"file": [PICTURE, PICTURE], "schema": "auto"}}),
)  # fmt: skip
GET_JOB = route({200: answer(_job, schema=schema_of("Job")), **problems("unknown-job", *STORE)}, parameters=[_job_path])
GET_JOB["responses"][200]["content"]["application/jsonl"] = {"schema": TEXT, "example": _lines}
GET_RESULTS = route(
    {
        200: answer(_lines, schema=TEXT, media_type="application/jsonl", says="The results that are there"),
        **problems("unknown-job", "invalid-parameter", *STORE),
    },
    parameters=[_job_path, _after],
)
DELETE_JOB = route({204: {"description": "Deleted"}, **problems("unknown-job", *STORE)}, parameters=[_job_path])
#: What a webhook is sent, as OpenAPI 3.1 describes it.
JOB_DONE = {
    "post": {
        "summary": "A job is done",
        "description": "Sent to a job's `webhook`, signed as Standard Webhooks 1.0.0 says. Anything but 2xx is tried"
        " again; 410 is not.",
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": TEXT, "description": about, "example": example}
            for name, about, example in (
                ("webhook-id", "The job's id, the same in every attempt.", _job["id"]),
                ("webhook-timestamp", "Seconds since 1970; refuse what is more than five minutes off.", "1767225791"),
                ("webhook-signature", "HMAC-SHA256 over id, timestamp and body, parted by dots.", "v1,(base64)"),
            )
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": schema_of("JobDone"),
                    "examples": {
                        "job": {
                            "value": {
                                "type": "job.done",
                                "timestamp": "2026-01-01T00:03:11Z",
                                "data": VALUES["job_done"],
                            }
                        }
                    },
                }
            },
        },
        "responses": {"2XX": {"description": "Taken"}, "410": {"description": "Not wanted any more"}},
    }
}
