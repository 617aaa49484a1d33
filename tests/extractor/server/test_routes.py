"""Documents over HTTP: what is answered, and every refusal with its own stable type."""

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from extractor.schemas import SCHEMAS
from extractor.server.components import components

from .fake_reader import MAGIC, SECRET, number_of, picture
from .services import Running, wait_for


def kind_of(answer: httpx.Response) -> str:
    """The last word of a problem's type, after checking that it is a whole problem (RFC 9457)."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["title"]
    assert problem["detail"].endswith(".")
    assert problem["instance"] == f"urn:uuid:{answer.headers['x-request-id']}"
    return str(problem["type"].removeprefix("/problems/"))


def send(service: Running, *files: bytes, route: str = "/v1/extract", **fields: str) -> httpx.Response:
    parts = [("file", (f"{number}.png", data)) for number, data in enumerate(files)]
    return service.client.post(route, files=parts, data=fields)


def test_one_file_makes_one_document(service: Running) -> None:
    answer = send(service, picture())
    assert answer.status_code == 200
    assert answer.json() == {"document_number": number_of(picture()), "surname": "ERIKSSON", "given_names": None}
    assert answer.headers["x-document-schema"] == "passport"


def test_several_files_are_one_document(service: Running) -> None:
    answer = send(service, picture(number=1), picture(number=2), evidence="true")
    assert answer.json()["document_number"] == number_of(picture(number=1), picture(number=2))
    assert [page["file"] for page in answer.json()["evidence"]["pages"]] == [0, 1]


def test_all_documents_are_a_list_each_with_its_schema(service: Running) -> None:
    files = picture(number=1), picture(number=2)
    answer = send(service, *files, documents="true")
    assert "x-document-schema" not in answer.headers
    first, second = answer.json()["documents"]
    assert (first["schema"], first["document_number"]) == ("passport", number_of(files[0]))
    assert second["document_number"] == number_of(files[1])
    (result, _) = send(service, *files, documents="true", evidence="true").json()["documents"]
    assert result["document"]["document_number"] == result["document_number"] == number_of(files[0])


def test_evidence_is_added_where_it_is_asked_for(service: Running) -> None:
    answer = send(service, picture(), evidence="true").json()
    plain = send(service, picture(), evidence="false").json()
    assert answer["document"] == plain
    promised = components()["Evidence"]["required"]
    assert set(answer["evidence"]) == set(promised), "no more, such as previews, than was asked for"
    assert {name: answer[name] for name in plain} == plain, "the fields stand where they stand without evidence"


@pytest.mark.parametrize(
    "file",
    [
        base64.b64encode(picture()).decode(),
        "data:image/png;base64," + base64.b64encode(picture()).decode(),
        {"name": "a.png", "data": base64.b64encode(picture()).decode()},
        [{"name": "a.png", "data": base64.b64encode(picture()).decode()}],
    ],
    ids=["text", "data URL", "object", "list"],
)
def test_json_bodies_say_the_same(service: Running, file: Any) -> None:
    answer = service.client.post("/v1/extract", json={"file": file, "schema": "passport", "evidence": True})
    assert answer.status_code == 200, answer.text
    assert answer.json()["document_number"] == number_of(picture())


def test_an_inline_schema_reaches_the_engine(service: Running) -> None:
    schema = {"title": "Karte 証", "type": "object", "properties": {"surname": {"type": "string"}}}
    answer = send(service, picture(), schema=json.dumps(schema), evidence="true")
    assert answer.json()["evidence"]["schema"] == "Karte 証"
    assert answer.headers["x-document-schema"] == "custom", "a header holds no letters beyond ASCII"


def test_a_field_may_be_sent_as_a_file(service: Running) -> None:
    """`curl -F schema=@form.json`, also from an editor that writes a byte order mark."""
    schema = "\ufeff" + json.dumps({"title": "Card", "type": "object", "properties": {"surname": {"type": "string"}}})
    files = [("file", ("a.png", picture())), ("schema", ("form.json", schema.encode())), ("evidence", ("e", b"true"))]
    assert service.client.post("/v1/extract", files=files).json()["evidence"]["schema"] == "Card"
    for name, content in (("picture", picture()), ("schema", b"\xff\xfe"), ("schema", picture())):
        answer = service.client.post("/v1/extract", files=[("file", ("a.png", picture())), (name, ("b", content))])
        assert (answer.status_code, kind_of(answer)) == (400, "invalid-request")
        assert "sent as `file`" in answer.text


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_built_in_schema_can_be_sent_back(service: Running, name: str) -> None:
    schema = service.client.get(f"/v1/schemas/{name}").json()
    assert send(service, picture(), schema=json.dumps(schema)).status_code == 200
    encoded = base64.b64encode(picture()).decode()
    assert service.client.post("/v1/jobs", json={"file": encoded, "schema": schema}).status_code == 202


def test_classification_names_a_schema(service: Running) -> None:
    answer = send(service, picture(), route="/v1/classify")
    assert answer.json() == {"schema": "passport", "scores": {"passport": 0.9}}


@pytest.mark.parametrize(
    ("status", "kind", "sent"),
    [
        (415, "unsupported-file", {"files": {"file": b"%!PS-Adobe-3.0"}}),
        (415, "unsupported-file", {"files": {"file": b"PK\x03\x04rest"}}),
        (422, "unreadable-file", {"files": {"file": b""}}),
        (400, "invalid-request", {"files": {"picture": picture()}}),
        (400, "invalid-request", {"data": {"schema": "auto"}, "files": {"x": (None, "1")}}),
        (415, "unsupported-media-type", {"content": b"abc", "headers": {"content-type": "text/plain"}}),
        (415, "unsupported-media-type", {"content": b"abc"}),
        (400, "invalid-request", {"content": b"{", "headers": {"content-type": "application/json"}}),
        (400, "invalid-request", {"json": ["file"]}),
        (400, "invalid-request", {"json": {"schema": "auto"}}),
        (400, "invalid-request", {"json": {"file": "not base64!"}}),
        (400, "invalid-request", {"json": {"file": 7}}),
        (400, "invalid-request", {"json": {"file": "", "files": "QQ=="}}),
        (400, "invalid-request", {"content": b'{"file": NaN}', "headers": {"content-type": "application/json"}}),
        (400, "invalid-request", {"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}),
        (413, "too-many-files", {"files": [("file", picture())] * 11}),
        (422, "invalid-schema", {"files": {"file": picture()}, "data": {"schema": "library_card"}}),
        (400, "invalid-request", {"files": {"file": picture()}, "data": {"schema": "{broken"}}),
        (422, "invalid-parameter", {"files": {"file": picture()}, "data": {"engine": "gpt"}}),
        (422, "invalid-parameter", {"files": {"file": picture()}, "data": {"evidence": "maybe"}}),
        (422, "invalid-parameter", {"files": {"file": picture()}, "data": {"pages": "one"}}),
        (422, "invalid-parameter", {"files": {"file": picture()}, "data": {"evidense": "true"}}),
        (400, "invalid-request", {"files": [("file", picture()), ("schema", (None, "a")), ("schema", (None, "b"))]}),
    ],
)  # fmt: skip
def test_refused_with_a_problem_that_says_what_to_do(
    service: Running, status: int, kind: str, sent: dict[str, Any]
) -> None:
    answer = service.client.post("/v1/extract", **sent)
    assert (answer.status_code, kind_of(answer)) == (status, kind)


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=x; charset=base64",
        "multipart/form-data; boundary=x; charset=utf-16",
        "multipart/form-data; boundary=" + "x" * 300,
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="schema"\r\n\r\n\xff\xfe\x00\r\n--x--\r\n',
        b"--x\r\n" + b"A: " + b"b" * 100_000 + b"\r\n\r\n--x--\r\n",
        b"--x\r\nbad header\r\n\r\n1\r\n--x--\r\n",
        b"nothing of the kind",
    ],
)
def test_broken_forms_are_the_callers_mistake(service: Running, content_type: str, body: bytes) -> None:
    answer = service.client.post("/v1/extract", content=body, headers={"content-type": content_type})
    assert (answer.status_code, kind_of(answer)) == (400, "invalid-request")


@pytest.mark.parametrize(
    ("command", "status", "kind"),
    [
        ("nothing", 422, "no-document"),
        ("secret", 500, "internal-error"),
        ("crash", 500, "worker-crashed"),
        ("abort", 500, "worker-crashed"),
        ("memory", 422, "unreadable-file"),
        ("nonsense", 500, "internal-error"),
    ],
)
def test_what_an_engine_cannot_read(service: Running, command: str, status: int, kind: str) -> None:
    answer = send(service, picture(command))
    assert (answer.status_code, kind_of(answer)) == (status, kind)
    assert SECRET not in answer.text
    assert send(service, picture()).status_code == 200, "the next request is read"


def test_an_engine_that_is_not_here_says_why(service: Running) -> None:
    answer = send(service, picture(), engine="phi3v")
    assert (answer.status_code, kind_of(answer)) == (503, "engine-unavailable")
    assert "--model" in answer.json()["detail"]
    engines = {one["name"]: one for one in service.client.get("/v1/engines").json()["engines"]}
    assert "--model" in engines["phi3v"]["problem"]
    assert engines["embedded"]["default"]
    assert engines["embedded"]["loaded"]


def test_a_page_has_its_time(make_service: Callable[..., Running]) -> None:
    slow = make_service(limits={"page_seconds": 0.5})
    answer = send(slow, picture("hang"))
    assert (answer.status_code, kind_of(answer)) == (504, "page-timeout")
    assert send(slow, picture("sleep 0.3")).status_code == 200
    assert send(slow, picture("pages 3")).status_code == 200


def test_bodies_are_limited_declared_or_not(make_service: Callable[..., Running]) -> None:
    small = make_service(limits={"body_bytes": 10_000})
    declared = small.client.post("/v1/extract", json={"file": "A" * 20_000})
    streamed = small.client.post(
        "/v1/extract", content=(b"A" * 1000 for _ in range(20)), headers={"content-type": "application/json"}
    )
    assert [kind_of(declared), kind_of(streamed)] == ["body-too-large"] * 2
    assert kind_of(send(small, MAGIC + b"x" * 20_000)) == "body-too-large"


def test_a_full_queue_says_when_to_come_back(make_service: Callable[..., Running]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    busy = make_service(limits={"queue": 2})
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(send, busy, picture("sleep 1", number)) for number in range(2)]
        wait_for(lambda: busy.client.get("/v1/engines").json()["engines"][0]["waiting"] == 2)
        refused = send(busy, picture())
        assert (refused.status_code, kind_of(refused)) == (429, "queue-full")
        assert int(refused.headers["retry-after"]) >= 1
        assert busy.client.get("/healthz").status_code == 200, "whoever asks for its health does not wait"
        assert [future.result().status_code for future in waiting] == [200, 200]
    assert send(busy, picture()).status_code == 200


def test_a_caller_who_has_gone_is_not_read_for(make_service: Callable[..., Running]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    service = make_service()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(send, service, picture("sleep 2"))
        wait_for(lambda: service.client.get("/v1/engines").json()["engines"][0]["waiting"] == 1)
        with pytest.raises(httpx.ReadTimeout):
            service.client.post("/v1/extract", files={"file": picture("hang")}, timeout=0.3)
        assert first.result().status_code == 200
    assert send(service, picture()).status_code == 200, "the file that hangs was never begun"


def test_schemas_are_listed_and_given_as_json_schema(service: Running) -> None:
    listed = service.client.get("/v1/schemas").json()["schemas"]
    assert [one["name"] for one in listed] == list(SCHEMAS)
    assert all(field["en"] and field["zh"] for one in listed for field in one["fields"])
    given = service.client.get("/v1/schemas/passport")
    assert given.headers["content-type"] == "application/schema+json"
    assert given.json() == SCHEMAS["passport"].model_json_schema()


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/v1/schemas/library_card", 404, "unknown-schema"),
        ("GET", "/v1/nothing", 404, "not-found"),
        ("GET", "/problems/nothing", 404, "not-found"),
        ("GET", "/v1/extract", 405, "method-not-allowed"),
        ("PUT", "/", 405, "method-not-allowed"),
        ("GET", "/static/../app.py", 404, "not-found"),
        ("GET", "/static/%2e%2e/app.py", 404, "not-found"),
        ("GET", "/v1/examples/..%2flabels.jsonl", 404, "not-found"),
        ("GET", "/v1/examples/labels.jsonl", 404, "not-found"),
    ],
)
def test_paths_that_lead_nowhere(service: Running, method: str, path: str, status: int, kind: str) -> None:
    answer = service.client.request(method, path)
    assert (answer.status_code, kind_of(answer)) == (status, kind)


def test_every_problem_explains_itself(service: Running) -> None:
    problem = service.client.post("/v1/extract", content=b"").json()
    page = service.client.get(problem["type"])
    assert page.status_code == 200
    assert problem["title"] in page.text


def test_health_and_readiness(service: Running, make_service: Callable[..., Running]) -> None:
    from extractor.server.settings import EngineOptions

    assert service.client.get("/healthz").json() == {"status": "ok"}
    assert service.client.get("/readyz").json() == {"status": "ready", "engine": "embedded", "storage": "ok"}
    broken = make_service(engines=EngineOptions(engine="embedded", model="dies"), wait=False)
    wait_for(lambda: "ended" in broken.client.get("/readyz").text)
    answer = broken.client.get("/readyz")
    assert (answer.status_code, kind_of(answer)) == (503, "engine-unavailable")
    assert broken.client.get("/healthz").status_code == 200
    refused = send(broken, picture())
    assert (refused.status_code, kind_of(refused)) == (503, "engine-unavailable")


def test_metrics_count_and_never_quote(service: Running) -> None:
    send(service, picture(), schema=json.dumps({"title": "Herr Müller", "type": "object", "properties": {}}))
    text = service.client.get("/metrics").text
    assert 'extractor_requests_total{method="POST",route="/v1/extract",status="200"}' in text
    assert 'extractor_documents_total{schema="custom"}' in text
    assert 'extractor_queue_depth{engine="embedded"} 0.0' in text
    assert "extractor_reading_seconds_bucket" in text
    assert "Müller" not in text
    assert "ERIKSSON" not in text
