"""The OpenAPI document says what the service does: schemathesis sends what it allows, and what it does not.

SCHEMATHESIS_EXAMPLES=500 python -m pytest tests/extractor/server/test_openapi.py
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from extractor.server.app import create_app
from extractor.server.settings import Settings

from .fake_reader import picture
from .receivers import receiving
from .services import Process, Running, wait_for
from .webhooks.test_deliver import options

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "12"))
METHODS = {"get", "post", "delete", "put", "patch"}


@pytest.fixture(scope="module")
def described(make_service: Callable[..., Running], tmp_path_factory: pytest.TempPathFactory) -> Running:
    kept = tmp_path_factory.mktemp("kept") / "specimens"
    return make_service(reader="fake_reader:make_any", limits={"page_seconds": 5.0}, specimens=kept)


@pytest.fixture(scope="module")
def document(described: Running) -> dict[str, Any]:
    return dict(described.client.get("/openapi.json").json())


DOCUMENT = create_app(Settings()).openapi()
OPERATIONS = {found.ok().label: found.ok() for found in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_request_makes_the_service_fail(described: Running, label: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(case=OPERATIONS[label].as_strategy())
    def send(case: Any) -> None:
        case.validate_response(case.call(base_url=described.url, timeout=30), checks=CHECKS)

    send()


def test_every_route_is_described_with_examples(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    assert len(operations) >= 18
    for path, method, operation in operations:
        assert operation["summary"], path
        assert operation["tags"], path
        for status, answer in operation["responses"].items():
            for media in answer.get("content", {}).values():
                assert "example" in media or media.get("examples"), (path, method, status)
        for media in operation.get("requestBody", {}).get("content", {}).values():
            assert media["examples"], (path, method)
        for parameter in operation.get("parameters", []):
            assert "example" in parameter, (path, parameter["name"])


def test_its_own_examples_work(described: Running, document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for media_type, media in methods.get("post", {}).get("requestBody", {}).get("content", {}).items():
            if media_type == "application/json":
                for name, example in media["examples"].items():
                    answer = described.client.post(path, json=example["value"])
                    assert answer.status_code < 300, (path, name, answer.text)


def fits(value: Any, shape: str) -> None:
    """Raises unless a value has one of the document's shapes, and no member that the shape does not name."""
    closed = json.loads(json.dumps(DOCUMENT["components"]))
    for described in closed["schemas"].values():
        if described.get("type") == "object" and "properties" in described:
            described.setdefault("additionalProperties", False)
    whole = {"$ref": f"#/components/schemas/{shape}", "components": closed}
    jsonschema.Draft202012Validator(whole).validate(value)


@pytest.mark.slow
@pytest.mark.parametrize(("file", "shape"), [("passport.png", "Passport"), ("driving_licence.png", "DrivingLicence")])
def test_what_the_engine_says_has_the_shape_that_is_described(
    real_service: Process, examples_dir: Path, file: str, shape: str
) -> None:
    sent = {"file": (examples_dir / file).read_bytes()}
    read = real_service.client.post("/v1/extract", files=sent, data={"evidence": "true", "previews": "true"}).json()
    fits(read, "Reading")
    fits(read["document"], shape)
    pictures = real_service.client.post("/v1/pictures", files=sent, data={"make": "portrait"}).json()["pictures"]
    assert pictures
    for one in pictures:
        fits(one, "Picture")
    with pytest.raises(jsonschema.ValidationError):
        fits({**read["document"], "birth_date": "1 May"}, shape)


def test_jobs_and_webhooks_have_the_shapes_that_are_described(make_service: Callable[..., Running]) -> None:
    with receiving() as receiver:
        service = make_service(webhooks=options(receiver.host))
        sent = [("file", picture()), ("file", picture("nothing"))]
        asked = {"webhook": receiver.url, "webhook_results": "true", "evidence": "true"}
        job = service.client.post("/v1/jobs", files=sent, data=asked).json()
        fits(job, "Job")
        call = wait_for(lambda: receiver.calls)[0]
        fits(json.loads(call.body), "JobDone")
        wait_for(lambda: service.client.get(f"/v1/jobs/{job['id']}").json()["webhook"]["state"] == "delivered")
        fits(service.client.get(f"/v1/jobs/{job['id']}").json(), "Job")
        for line in service.client.get(job["results"]).text.splitlines():
            fits(json.loads(line), "JobAnswer")
