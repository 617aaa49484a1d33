"""Problem details: complete, and stable, since callers build on them."""

import pytest

from extractor.server.problems import KINDS, Problem, details

#: Types and statuses as they were published; adding is fine, changing or removing one breaks callers.
PUBLISHED = {
    "invalid-request": 400,
    "unauthorized": 401,
    "cross-origin": 403,
    "not-found": 404,
    "unknown-job": 404,
    "unknown-schema": 404,
    "method-not-allowed": 405,
    "upload-timeout": 408,
    "conflict": 409,
    "body-too-large": 413,
    "too-many-files": 413,
    "unsupported-media-type": 415,
    "unsupported-file": 415,
    "misdirected-request": 421,
    "invalid-parameter": 422,
    "invalid-schema": 422,
    "unreadable-file": 422,
    "too-many-pages": 422,
    "no-document": 422,
    "invalid-label": 422,
    "queue-full": 429,
    "internal-error": 500,
    "worker-crashed": 500,
    "model-server": 502,
    "engine-unavailable": 503,
    "storage-unavailable": 503,
    "shutting-down": 503,
    "page-timeout": 504,
    "storage-full": 507,
}


def test_published_types_stay() -> None:
    assert {name: KINDS[name].status for name in PUBLISHED} == PUBLISHED


@pytest.mark.parametrize("name", KINDS)
def test_each_says_what_is_wrong_and_what_to_do(name: str) -> None:
    shown = details(Problem(name, "the detail", extra={"fields": ["sex"]}), "0" * 8)
    assert shown["type"] == f"/problems/{name}"
    assert shown["detail"].startswith("The detail. ")
    assert shown["detail"].endswith(KINDS[name].advice)
    assert shown["instance"] == "urn:uuid:00000000"
    assert shown["fields"] == ["sex"]
    assert details(Problem(name))["detail"] == KINDS[name].advice
    assert str(Problem(name)) == KINDS[name].title
