"""Which readings are sides of one document, over HTTP: what is taken, and what is refused without repeating it."""

from typing import Any

import pytest

from .fake_reader import SECRET
from .services import Process, Running

FRONT = {"schema": "id_card", "fields": {"surname": ["ERIKSSON"], "document_number": ["L898902C3"]}}
BACK = {"schema": "id_card", "fields": {"document_number": ["L898902C3"]}}


@pytest.mark.slow
def test_sides_find_each_other(real_service: Process) -> None:
    passport = {"schema": "passport", "fields": {"document_number": ["359970521"], "mrz": [SECRET, "no zone"]}}
    answer = real_service.client.post("/v1/pairs", json={"documents": [FRONT, passport, BACK]})
    assert answer.json() == {"groups": [[0, 2], [1]]}
    assert b"L898902C3" not in real_service.output()
    assert SECRET.encode() not in real_service.output()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"documents": []},
        {"documents": [FRONT] * 101},
        {"documents": [FRONT], "more": 1},
        {"documents": [SECRET]},
        {"documents": [{"schema": SECRET}]},
        {"documents": [{"schema": {}}]},
        {"documents": [{"fields": {SECRET: ["a"]}}]},
        {"documents": [{"fields": {"name": SECRET}}]},
        {"documents": [{"fields": {"name": [1]}}]},
        {"documents": [{"fields": {"name": ["x" * 301]}}]},
        {"documents": [{"fields": {"name": [SECRET] * 21}}]},
        {"documents": [{"field": {}}]},
    ],
)
def test_what_does_not_fit_is_refused_and_not_repeated(service: Running, body: dict[str, Any]) -> None:
    answer = service.client.post("/v1/pairs", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-parameter")
    assert SECRET not in answer.text


def test_only_json_is_taken(service: Running) -> None:
    answer = service.client.post("/v1/pairs", files={"file": b"x"})
    assert answer.json()["type"] == "/problems/unsupported-media-type"
    assert service.client.post("/v1/pairs", content=b"[1]", headers={"Content-Type": "application/json"}).is_error
