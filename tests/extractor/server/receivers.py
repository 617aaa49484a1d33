"""Receivers of webhooks on this machine: they keep what arrives and answer as a test tells them."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Call:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`statuses` are answered in turn, the last of them from then on."""

    port: int
    calls: list[Call]
    statuses: list[int]
    headers: dict[str, str] = field(default_factory=dict)
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/done?token=s3cret"

    @property
    def host(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"


@contextmanager
def receiving(*statuses: int, port: int = 0, tls: Path | None = None, **headers: str) -> Iterator[Receiver]:
    """A receiver on a free port, or on one that is known; with `tls`, a file of key and certificate, by https."""
    receiver = Receiver(port, [], list(statuses) or [204], headers, "https" if tls else "http")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.calls.append(Call(self.path, dict(self.headers), body))
            number = min(len(receiver.calls), len(receiver.statuses)) - 1
            self.send_response(receiver.statuses[number])
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
