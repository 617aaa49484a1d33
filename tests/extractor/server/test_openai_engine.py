"""The engine that asks a server, against our own service's OpenAI API, and as an engine of that service."""

import json

import pytest

from extractor import extract, extract_many
from extractor.cli import main
from extractor.engines.openai import OpenAIEngine
from extractor.extraction import SourceKind, Verdict
from extractor.schemas import SCHEMAS, Visa
from extractor.server.settings import EngineOptions
from tests.extractor.engines.model_server import completes, model_server

from .services import client_of

READER = "extractor.server.reading:make_reader"


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def test_a_document_is_read_here_and_once_more_by_the_server(real_service, examples_dir, today, read_once):
    engine = OpenAIEngine(f"http://127.0.0.1:{real_service.port}/v1", model="embedded")
    result = extract(examples_dir / "visa.png", Visa, engine=engine, today=today)
    models = {
        name: one
        for name, evidence in result.fields.items()
        for one in evidence.sources
        if one.kind is SourceKind.MODEL and one.value is not None
    }
    assert len(models) >= 5
    assert all(one.confidence == 0.5 for one in models.values())  # the service gives no probabilities
    assert result.fields["surname"].verdict in (Verdict.AGREE, Verdict.VERIFIED)
    assert result.engine["name"] == "openai"
    assert result.engine["server"].startswith("http://127.0.0.1:")
    assert "schema" not in result.engine  # which it kept to


def test_the_command_reads_by_a_server_and_says_where_pages_go(real_service, examples_dir, capsys, read_once):
    url = f"http://127.0.0.1:{real_service.port}/v1"
    asked = ["--engine", "openai", "--base-url", url, "--model", "embedded", "--verbose", "--today", "2026-03-01"]
    assert main([str(examples_dir / "visa.png"), "--schema", "visa", *asked]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out)["surname"]
    assert f"engine openai: asked for; pages go to {url}" in output.err


def test_several_documents_are_asked_about_at_once_and_one_failure_is_its_own(examples_dir, today, read_once):
    with model_server() as server:
        whole = completes(dict.fromkeys(SCHEMAS["visa"].model_fields))
        server.says(completes(None, refusal="no"), whole)
        engine = OpenAIEngine(server.url, model="m")
        items = list(extract_many([examples_dir / "visa.png"] * 4, Visa, engine=engine, today=today))
    assert sorted(item.error is None for item in items) == [False, True, True, True]


def test_the_service_reads_by_a_server_that_it_was_started_with(make_service, examples_dir):
    picture = {"file": ("visa.png", (examples_dir / "visa.png").read_bytes())}
    with model_server() as server:
        server.says(completes(dict.fromkeys(Visa.model_fields)), completes(None, refusal="ERIKSSON is private"))
        options = EngineOptions(engine="openai", base_url=server.url, model="m")
        service = make_service(engines=options, reader=READER)
        with client_of(service.port) as client:
            read = client.post("/v1/extract", files=picture, data={"schema": "visa", "evidence": "true"})
            refused = client.post("/v1/extract", files=picture, data={"schema": "visa"})
            described = client.get("/v1/engines").json()["engines"][0]
    assert read.json()["evidence"]["engine"]["name"] == "openai"
    assert (described["name"], described["details"]["model"]) == ("openai", "m")
    assert (refused.status_code, refused.json()["type"]) == (502, "/problems/model-server")
    assert refused.json()["detail"].startswith("The model refuses to read this document. ")


def test_a_caller_cannot_make_the_service_call_a_server(service, examples_dir):
    picture = {"file": ("visa.png", (examples_dir / "visa.png").read_bytes())}
    with model_server() as server, client_of(service.port) as client:
        server.says(completes({}))
        asked = {"engine": "openai", "base_url": server.url, "model": "m"}
        answer = client.post("/v1/extract", files=picture, data=asked)
        assert answer.status_code in (422, 503)
        assert server.paths == []
