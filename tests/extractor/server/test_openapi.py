"""The OpenAPI document says what the service does: schemathesis sends what it allows, and what it does not.

SCHEMATHESIS_EXAMPLES=500 python -m pytest tests/extractor/server/test_openapi.py
"""

import os
from collections.abc import Callable
from typing import Any

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

from .services import Running

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
