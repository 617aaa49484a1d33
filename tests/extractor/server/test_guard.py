"""Who may call: names, origins, keys; and what every answer carries."""

import gzip
import re
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from extractor.server.keys import ApiKey, new_key, parse_keys

from .fake_reader import picture
from .services import Running
from .test_routes import kind_of


def key(name: str) -> tuple[str, ApiKey]:
    secret, line = new_key(name)
    return secret, parse_keys(line)[0]


@pytest.fixture(scope="module")
def locked(make_service: Callable[..., Running]) -> tuple[Running, str, str]:
    (first, one), (second, two) = key("clinic"), key("bank")
    return make_service(keys=(one, two)), first, second


def test_without_a_key_nothing_is_read(locked: tuple[Running, str, str]) -> None:
    service, first, second = locked
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {first}"}, {"X-API-Key": ""}):
        answer = service.client.post("/v1/extract", files={"file": picture()}, headers=headers)
        assert (answer.status_code, kind_of(answer)) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    for headers in ({"Authorization": f"Bearer {first}"}, {"Authorization": f"bearer {second}"}, {"X-API-Key": first}):
        assert service.client.post("/v1/extract", files={"file": picture()}, headers=headers).status_code == 200


def test_the_page_and_health_are_open_and_nothing_else(locked: tuple[Running, str, str]) -> None:
    service, _, _ = locked
    document = service.client.get("/openapi.json").json()
    opened = {"/healthz", "/readyz", "/problems/{name}"}
    for path, methods in document["paths"].items():
        for method in methods:
            answer = service.client.request(method, path.format(name="queue-full", job_id="x"))
            assert (answer.status_code != 401) == (path in opened), path
    for path in ("/", "/static/app.js", "/favicon.ico"):
        assert service.client.get(path).status_code == 200
    assert document["security"] == [{"key": []}]


def test_a_key_sees_its_own_jobs_only(locked: tuple[Running, str, str]) -> None:
    service, first, second = locked
    mine, theirs = {"X-API-Key": first}, {"X-API-Key": second}
    job = service.client.post("/v1/jobs", files={"file": picture()}, headers=mine).json()
    for method, path in (("GET", ""), ("GET", "/results"), ("DELETE", "")):
        answer = service.client.request(method, f"/v1/jobs/{job['id']}{path}", headers=theirs)
        assert (answer.status_code, kind_of(answer)) == (404, "unknown-job")
    assert service.client.delete(f"/v1/jobs/{job['id']}", headers=mine).status_code == 204


@pytest.mark.parametrize("host", [
    "evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "", "[::2]:8000", "[::1]evil.example", "[::1",
    "127.0.0.1:evil.example", "127.0.0.1:1@evil.example", "localhost:", "localhost,evil.example", "localhost/", "::1",
])  # fmt: skip
def test_other_names_are_refused(service: Running, host: str) -> None:
    """A page elsewhere can let its own name point to this machine (DNS rebinding)."""
    answer = service.client.get("/v1/schemas", headers={"Host": host})
    assert (answer.status_code, kind_of(answer)) == (421, "misdirected-request")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "127.0.0.1", "[::1]:8000"])
def test_this_machines_names_are_served(service: Running, host: str) -> None:
    assert service.client.get("/v1/schemas", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("named", "called"),
    [("reader.example", "Reader.Example:8000"), ("fd00::1", "[fd00::1]:8000"), ("192.0.2.7", "192.0.2.7")],
)
def test_names_that_are_allowed(make_service: Callable[..., Running], named: str, called: str) -> None:
    service = make_service(allowed_hosts=(named,), wait=False)
    assert service.client.get("/healthz", headers={"Host": called}).status_code == 200
    assert service.client.get("/healthz", headers={"Host": f"x{called}"}).status_code == 421


def test_any_name_is_still_a_name(make_service: Callable[..., Running]) -> None:
    service = make_service(allowed_hosts=("*",), wait=False)
    assert service.client.get("/healthz", headers={"Host": "any.example"}).status_code == 200
    assert service.client.get("/healthz", headers={"Host": "[::1]evil.example"}).status_code == 421


@pytest.mark.parametrize(
    "origin", ["http://[", "http://[::1", "localhost", "", "://", "http://a b", "http://a/b", "\xe9://a"]
)
def test_a_malformed_origin_is_refused(service: Running, origin: str) -> None:
    answer = service.client.get("/v1/schemas", headers=[("Origin", origin.encode("latin-1"))])
    assert (answer.status_code, kind_of(answer)) == (400, "invalid-request")


def test_an_origin_that_is_sent_twice_is_refused(service: Running) -> None:
    answer = service.client.get("/v1/schemas", headers=[("Origin", service.url), ("Origin", "http://evil.example")])
    assert (answer.status_code, kind_of(answer)) == (400, "invalid-request")


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/v1/schemas", "/static/app.js", "/v1/nothing"])
def test_head_is_get_without_a_body(service: Running, path: str) -> None:
    """RFC 9110, 9.1: every server supports both."""
    got, head = service.client.get(path), service.client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    assert service.client.head("/v1/extract").status_code == 405


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/extract", "OPTIONS, POST"),
        ("/v1/jobs/abc", "DELETE, GET, HEAD, OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
    ],
)
def test_all_methods_of_a_path_are_named(service: Running, path: str, methods: str) -> None:
    """RFC 9110, 9.3.7 and 15.5.6."""
    asked, refused = service.client.options(path), service.client.put(path)
    assert (asked.status_code, asked.headers["allow"]) == (204, methods)
    assert (refused.status_code, refused.headers["allow"]) == (405, methods)


@pytest.mark.parametrize(
    ("line", "host", "status"),
    [
        ("GET http://localhost/healthz HTTP/1.1", "Host: other.example\r\n", 200),
        ("GET http://evil.example/healthz HTTP/1.1", "Host: localhost\r\n", 421),
        ("GET http://evil.example@localhost/healthz HTTP/1.1", "Host: localhost\r\n", 421),
        ("GET /healthz HTTP/1.0", "", 200),
        ("GET /healthz HTTP/1.0", "Host: evil.example\r\n", 421),
        ("OPTIONS * HTTP/1.1", "Host: localhost\r\n", 204),
    ],
)
def test_a_request_s_host_is_the_one_it_is_for(service: Running, line: str, host: str, status: int) -> None:
    """RFC 9112, 3.2.2: of a whole URL its own host counts. HTTP/1.0 names none."""
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as connection:
        connection.sendall(f"{line}\r\n{host}Connection: close\r\n\r\n".encode())
        assert connection.recv(12) == f"HTTP/1.1 {status}".encode()


def test_a_packed_body_is_refused_before_it_is_read(service: Running) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    for path in ("/v1/extract", "/v1/jobs", "/v1/chat/completions"):
        answer = service.client.post(path, content=gzip.compress(b"{}"), headers=headers)
        assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
def test_other_sites_pages_cannot_post(service: Running, headers: dict[str, str]) -> None:
    answer = service.client.post("/v1/extract", files={"file": picture()}, headers=headers)
    assert (answer.status_code, kind_of(answer)) == (403, "cross-origin")


def test_a_link_to_the_page_works_from_everywhere(service: Running) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert service.client.get("/", headers=headers).status_code == 200


def test_the_page_may_call_its_own_service(service: Running) -> None:
    headers = {"Origin": service.url, "Sec-Fetch-Site": "same-origin"}
    assert service.client.post("/v1/extract", files={"file": picture()}, headers=headers).status_code == 200


def test_cors_is_off_until_an_origin_is_named(service: Running, make_service: Callable[..., Running]) -> None:
    origin = "https://desk.example"
    asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in service.client.options("/v1/extract", headers=asks).headers
    opened = make_service(cors_origins=(origin,))
    assert opened.client.options("/v1/extract", headers=asks).headers["access-control-allow-origin"] == origin
    answer = opened.client.post("/v1/extract", files={"file": picture()}, headers={"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    refused = opened.client.get("/v1/schemas", headers={"Origin": origin, "Host": "evil.example"})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (421, origin)
    other = opened.client.post("/v1/extract", files={"file": picture()}, headers={"Origin": "https://evil.example"})
    assert kind_of(other) == "cross-origin"


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/v1/schemas", "/v1/nothing", "/openapi.json"])
def test_every_answer_is_guarded_alike(service: Running, path: str) -> None:
    headers = service.client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy, "nothing from another address"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers
    assert "server" not in headers
    assert re.fullmatch(r"[0-9a-f-]{36}", headers["x-request-id"])
    is_asset = path == "/" or path.startswith("/static/")
    assert headers["cache-control"] == ("no-cache" if is_asset else "no-store")
