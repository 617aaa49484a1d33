"""Checks of every request before its route, in this order; none of them reads its body.

    request id -> host -> origin -> API key -> route -> headers, log line, metrics

The host is checked because a page elsewhere can make its own name resolve to 127.0.0.1 and would then share our
origin; the origin, because a page elsewhere can post a form to us without asking. Neither can be forged from a page.
"""

from __future__ import annotations

import json
import re
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import TYPE_CHECKING, Any

from extractor.ending import place
from extractor.server.keys import find_key
from extractor.server.logs import get_logger
from extractor.server.metrics import Metrics
from extractor.server.problems import MEDIA_TYPE, Problem, details
from extractor.server.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

#: Open to everybody: the page itself, which holds nothing, what errors mean, and whether the service lives.
_OPEN = ("/", "/healthz", "/readyz", "/openapi.json", "/favicon.ico")
_OPEN_BELOW = ("/static/", "/problems/")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self';"
    " media-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: tuple[tuple[str, str], ...] = (
    ("content-security-policy", _POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "camera=(self), microphone=(), geolocation=(), interest-cohort=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
)


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self.app, self.settings, self.metrics = app, settings, metrics
        own = () if settings.host in ("", "0.0.0.0", "::") else (settings.host,)
        names = ("localhost", "127.0.0.1", "::1", *own, *settings.allowed_hosts)
        self._hosts = {f"[{name}]" if ":" in name and name[0] != "[" else name for name in map(str.lower, names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        import structlog

        scope = _with_path(scope)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        if method == "HEAD":  # RFC 9110, 9.3.2: what GET answers, without the body, which the server leaves out
            scope = {**scope, "method": "GET"}

        request_id = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        start = time.perf_counter()
        status, complete = 0, False
        shared = self._shared_with(scope)

        async def reply(message: MutableMapping[str, Any]) -> None:
            nonlocal status, complete
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_headers(message.get("headers", ()), scope, request_id, shared)
            elif message["type"] == "http.response.body":
                complete = not message.get("more_body", False)
            await send(message)

        try:
            self._check(scope)
            await self.app(scope, receive, reply)
        except Problem as problem:
            await send_problem(scope, reply, problem)
        except Exception as error:
            get_logger().error("internal error", error=type(error).__name__, place=place(error.__traceback__))
            if not status:
                await send_problem(scope, reply, Problem("internal-error"))
            elif not complete:
                raise  # half an answer is on its way; only the connection can say that it is broken
        finally:
            # The pattern, never the path: that may hold anything.
            route = getattr(scope.get("route"), "path", None) or "unmatched"
            seconds = round(time.perf_counter() - start, 4)
            self.metrics.request(method, route, status, seconds)
            key = scope["state"].get("key")
            get_logger().info(
                "request", method=method, route=route, status=status, seconds=seconds, **({"key": key} if key else {})
            )

    def _check(self, scope: Scope) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "").lower()
        # A header that is sent twice is read in one way here and perhaps in another by a proxy in front.
        sent = [name for name, _ in scope["headers"]]
        # HTTP/1.0 has no such header, and browsers do not speak it.
        if sent.count(b"host") > 1 or not (
            _may_be_called(host, self._hosts) or (scope["http_version"] == "1.0" and b"host" not in headers)
        ):
            raise Problem("misdirected-request")
        if sent.count(b"origin") > 1:
            raise Problem("invalid-request", "the header Origin is sent twice")
        self._check_origin(scope, headers, host)
        is_open = scope["path"] in _OPEN or scope["path"].startswith(_OPEN_BELOW)
        if self.settings.keys and not is_open and scope["method"] != "OPTIONS":
            self._check_key(scope, headers)

    def _check_origin(self, scope: Scope, headers: dict[bytes, str], host: str) -> None:
        origin = headers.get(b"origin")
        if origin in self.settings.cors_origins and origin is not None:
            return
        # Top-level navigation to the page from elsewhere is how links work.
        from_elsewhere = headers.get(b"sec-fetch-site") in ("cross-site", "same-site")
        if from_elsewhere and not (scope["method"] == "GET" and headers.get(b"sec-fetch-mode") == "navigate"):
            raise Problem("cross-origin")
        if origin is None:
            return
        scheme, _, authority = origin.lower().partition("://")
        if origin != "null" and not (_SCHEME.fullmatch(scheme) and _AUTHORITY.fullmatch(authority)):
            raise Problem("invalid-request", "the header Origin is malformed")
        if authority != host:
            raise Problem("cross-origin")

    def _shared_with(self, scope: Scope) -> tuple[tuple[str, str], ...]:
        """What lets an allowed site read an answer, also one that no route has given (Fetch standard, 3.2.3)."""
        origin = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"), None)
        if origin is None or origin not in self.settings.cors_origins:
            return ()
        return ("access-control-allow-origin", origin), ("vary", "Origin")

    def _check_key(self, scope: Scope, headers: dict[bytes, str]) -> None:
        scheme, _, token = headers.get(b"authorization", "").partition(" ")
        presented = token.strip() if scheme.lower() == "bearer" else headers.get(b"x-api-key", "")
        key = find_key(self.settings.keys, presented)
        if key is None:
            raise Problem("unauthorized", headers={"WWW-Authenticate": 'Bearer realm="extract-server"'})
        scope["state"]["key"] = key.name


_AUTHORITY = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,255})(?::[0-9]{1,5})?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,30}")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def _may_be_called(host: str, allowed: set[str]) -> bool:
    """Whether a Host header, in small letters, is well-formed (RFC 3986, 3.2) and names one of the `allowed` hosts."""
    match = _AUTHORITY.fullmatch(host)
    return match is not None and ("*" in allowed or match["name"] in allowed)


def _with_path(scope: Scope) -> Scope:
    """The request by its path, where a whole URL was sent; its host then counts, not the header (RFC 9112, 3.2.2)."""
    found = re.fullmatch(r"https?://(?P<host>[^/]*)(?P<path>/.*)?", scope["path"], re.IGNORECASE | re.DOTALL)
    if found is None:
        return scope
    path = found["path"] or "/"
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    host = found["host"].encode("utf-8", "replace")
    return {**scope, "path": path, "raw_path": path.encode(), "headers": [*headers, (b"host", host)]}


def _with_headers(
    given: Iterable[tuple[bytes, bytes]], scope: Scope, request_id: str, shared: Iterable[tuple[str, str]]
) -> list[tuple[bytes, bytes]]:
    headers = list(given)
    present = {name.lower() for name, _ in headers}
    added = [*HEADERS, ("x-request-id", request_id), *shared]
    if not scope["path"].startswith("/static/"):
        added.append(("cache-control", "no-store"))
    return headers + [(n.encode(), v.encode()) for n, v in added if n.encode() not in present]


async def send_problem(
    scope: Scope, send: Callable[[MutableMapping[str, Any]], Awaitable[None]], problem: Problem
) -> None:
    """Answers with problem details."""
    members = details(problem, scope["state"].get("request_id"))
    if scope["path"].startswith("/v1/chat/"):
        members |= openai_error(problem, members["detail"])
    body = json.dumps(members, ensure_ascii=False).encode()
    headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **problem.headers}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def openai_error(problem: Problem, detail: str) -> dict[str, Any]:
    """The member by which clients made for OpenAI know an error."""
    kind = "invalid_request_error" if problem.status < 500 else "server_error"
    return {"error": {"message": detail, "type": kind, "code": problem.kind, "param": None}}
