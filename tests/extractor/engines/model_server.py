"""A server that plays a model behind OpenAI's API: each request is answered by the next of its replies."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class ModelServer:
    """`replies` are given in order, the last one again and again; `requests` are the bodies that came, in JSON."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    requests: list[Mapping[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def says(self, *replies: Reply) -> None:
        self.replies[:] = replies
        self.requests.clear()


def sends(status: int, body: bytes, **headers: str) -> Reply:
    """A reply of these bytes; underscores in the names of headers are hyphens."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def fails(status: int, message: str = "", **members: Any) -> Reply:
    """An error as OpenAI's API describes it."""
    return sends(status, json.dumps({"error": {"message": message, **members}}).encode())


def completes(content: Any, *, reason: str = "stop", tokens: Any = None, **message: Any) -> Reply:
    """A chat completion; `content` that is no text is written as compact JSON."""
    text = content if isinstance(content, str | None) else json.dumps(content, separators=(",", ":"))
    logprobs = None
    if tokens is not None:
        logprobs = {"content": [{"token": t, "bytes": list(t.encode()), "logprob": math.log(p)} for t, p in tokens]}
    choice = {"index": 0, "finish_reason": reason, "logprobs": logprobs}
    choice["message"] = {"role": "assistant", "content": text, "refusal": None, **message}
    return sends(200, json.dumps({"object": "chat.completion", "choices": [choice]}).encode())


def drips(seconds: float, *, head: bool = False) -> Reply:
    """A reply that never comes to its end: a byte every twentieth of a second, in its head or in its body."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"X-Long: " if head else b"Content-Length: 100000\r\n\r\n"))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    return reply


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """Runs one on a free port of this machine."""
    played = ModelServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            played.requests.append(json.loads(body))
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            played.headers.append(dict(self.headers))
            played.paths.append(self.path)
            reply = played.replies.pop(0) if len(played.replies) > 1 else played.replies[0]
            try:
                reply(self)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    played.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield played
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
