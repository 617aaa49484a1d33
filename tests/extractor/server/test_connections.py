"""Connections that would hold on for ever: silent, slow, endless. Raw sockets, since no proper client does this."""

import contextlib
import socket
import time
from collections.abc import Callable

import pytest

from .fake_reader import picture
from .services import Running, client_of


@pytest.fixture(scope="module")
def impatient(make_service: Callable[..., Running]) -> Running:
    return make_service(limits={"head_seconds": 0.5, "upload_seconds": 0.7, "body_bytes": 10_000})


@pytest.fixture(scope="module")
def crowded(make_service: Callable[..., Running]) -> Running:
    return make_service(limits={"stall_seconds": 1.0, "connections": 20})


def opened(service: Running) -> socket.socket:
    found = socket.create_connection(("127.0.0.1", service.port), timeout=10)
    found.settimeout(10)
    return found


def until_closed(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


HEAD = b"POST /v1/extract HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize("begun", [b"", b"POST /v1/ex", HEAD, HEAD + b"Content-Length: 5\r\n"])
def test_a_head_that_never_ends(impatient: Running, begun: bytes) -> None:
    with opened(impatient) as connection:
        start = time.monotonic()
        connection.sendall(begun)
        until_closed(connection)
        assert time.monotonic() - start < 5


def test_a_head_byte_by_byte_gains_nothing(impatient: Running) -> None:
    with opened(impatient) as connection:
        start = time.monotonic()
        try:
            for byte in b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 200:
                connection.sendall(bytes([byte]))
                time.sleep(0.05)
        except OSError:
            pass
        until_closed(connection)
        assert time.monotonic() - start < 5


def test_a_slow_body_is_told_so(impatient: Running) -> None:
    with opened(impatient) as connection:
        connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
        assert b" 408 " in connection.recv(65536).splitlines()[0]


def test_a_body_that_stalls_is_not_waited_for(crowded: Running) -> None:
    with opened(crowded) as connection:
        connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n{" + b" " * 9000)
        start = time.monotonic()
        assert b" 408 " in connection.recv(65536).splitlines()[0]
        assert time.monotonic() - start < 10, "though it may take a minute as a whole"


@pytest.mark.parametrize("begun", [b"", HEAD, HEAD + b"Content-Length: 100000\r\n\r\n{"], ids=["", "head", "body"])
def test_more_silent_connections_than_there_may_be_shut_nobody_out(crowded: Running, begun: bytes) -> None:
    held = [opened(crowded) for _ in range(50)]
    try:
        for connection in held:
            with contextlib.suppress(OSError):  # closed already, in favour of a later one
                connection.sendall(begun)
        with client_of(crowded.port) as other:
            assert other.post("/v1/extract", files={"file": picture()}).status_code == 200
    finally:
        for connection in held:
            connection.close()


def test_a_refused_body_is_not_waited_for(impatient: Running) -> None:
    """The answer comes while the caller still sends: the declared size was enough."""
    with opened(impatient) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000000000\r\n\r\n" + b"x" * 1000)
        answer = b""
        while b"body-too-large" not in answer:
            answer += connection.recv(65536)
        assert b" 413 " in answer.splitlines()[0]


def test_a_caller_who_gives_up_halfway_harms_nobody(impatient: Running) -> None:
    for _ in range(20):
        with opened(impatient) as connection:
            connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
    assert impatient.client.post("/v1/extract", files={"file": picture()}).status_code == 200


def test_a_connection_serves_many_requests(impatient: Running) -> None:
    with opened(impatient) as connection:
        for _ in range(3):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            received = b""
            while not received.endswith(b'{"status":"ok"}'):
                received += connection.recv(65536)
            time.sleep(0.3)


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"GET " + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /v1/extract HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: local\xffhost\r\n\r\n",
    ],
)
def test_what_is_hardly_http_is_never_our_mistake(impatient: Running, request_line: bytes) -> None:
    with opened(impatient) as connection:
        connection.sendall(request_line)
        answer = connection.recv(65536)
        assert not answer or answer.split()[1][:1] in (b"2", b"4"), answer[:200]
    assert impatient.client.get("/healthz").status_code == 200
