"""JSON to and from a server that somebody named: one request a call, within a time, and never to another host.

The standard library's client, so that any server can be asked from the base installation. It follows no redirect:
a page of a passport goes where the caller said or nowhere. Certificates are checked, proxies of the environment used,
and what a server says stays out of error texts, since it may repeat the document: they name the status, and of the
error's own words only those that are identifiers (`model_not_found`).
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

from extractor.errors import ServerError, UsageError

#: The most bytes of an answer: JSON of one document, with the probability of each token.
ANSWER_BYTES = 16 << 20
_LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z_.\[\]-]{1,59}")
_PIECE = 1 << 16


@dataclass(frozen=True)
class Reply:
    """What a server answered: the status, and the JSON object in the body (empty where there is none)."""

    status: int
    body: Mapping[str, Any]
    retry_after: float | None = None

    @property
    def error(self) -> Mapping[str, Any]:
        """The error object that OpenAI's API describes; some servers put its members at the top."""
        inner = self.body.get("error", self.body)
        return inner if isinstance(inner, Mapping) else {}

    def names(self, word: str) -> bool:
        """Whether the error is about a parameter of that name."""
        return any(word in str(self.error.get(key, "")) for key in ("param", "message")) or word in str(
            self.body.get("detail", "")
        )

    def __str__(self) -> str:
        said = [self.error.get(key) for key in ("code", "type", "param")]
        words = [word for word in said if isinstance(word, str) and _IDENTIFIER.fullmatch(word)]
        return f"HTTP {self.status}" + (f" ({', '.join(dict.fromkeys(words))})" if words else "")


@dataclass(frozen=True)
class Server:
    """The address that paths such as `/chat/completions` are added to, and the key that goes along.

    Raises UsageError for an invalid address, or one that holds a password: it would stand in logs and results.
    """

    base_url: str
    key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.base_url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or not re.fullmatch(r"[!-~]+", self.base_url):
            raise UsageError("--base-url is the address of a server, such as http://127.0.0.1:8000/v1")
        if parts.username is not None or parts.query or parts.fragment:
            raise UsageError("--base-url holds no key or query; keys come from the environment (--api-key-env)")
        if self.key is not None and not re.fullmatch(r"[!-~]+", self.key):
            raise UsageError("the API key in the environment is no key: it holds spaces, line ends or other letters")

    @property
    def shown(self) -> str:
        """Where pages go, for results and messages."""
        return self.base_url.rstrip("/")

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read along: the connection is encrypted or stays on this machine."""
        parts = urlsplit(self.base_url)
        return parts.scheme == "https" or bool(_LOOPBACK.fullmatch(parts.hostname or ""))

    def post(self, path: str, body: Mapping[str, Any], deadline: float) -> Reply:
        """Sends JSON. Raises ServerError where no answer comes before `deadline` (time.monotonic), or none of use."""
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        return self._ask(urllib.request.Request(self.shown + path, data, self._headers(), method="POST"), deadline)

    def get(self, path: str, deadline: float) -> Reply:
        """Asks for JSON; errors as `post`'s."""
        return self._ask(urllib.request.Request(self.shown + path, headers=self._headers()), deadline)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        return headers | ({"Authorization": f"Bearer {self.key}"} if self.key else {})

    def _ask(self, request: urllib.request.Request, deadline: float) -> Reply:
        left = deadline - time.monotonic()
        if left <= 0:
            raise self._too_late()
        sockets: list[socket.socket] = []
        timer = Timer(left, _shut, (sockets,))
        timer.daemon = True
        timer.start()
        try:
            with _opener(sockets).open(request, timeout=left) as response:
                status, retry_after = response.status, _seconds(response.headers.get("Retry-After"))
                if 300 <= status < 400:
                    raise ServerError(
                        f"{self.shown} answers with a redirect (HTTP {status}), which is not followed;"
                        " name the address itself with --base-url"
                    )
                data = self._read(response)
        except ssl.SSLCertVerificationError as error:
            raise ServerError(f"the certificate of {self.shown} is not trusted: {error.verify_message}") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() >= deadline or isinstance(error, TimeoutError):
                raise self._too_late() from None
            raise UnreachableError(f"{self.shown} cannot be reached: {_reason(error)}") from None
        finally:
            timer.cancel()
        if time.monotonic() >= deadline:  # what came until the socket was shut may look whole
            raise self._too_late()
        return Reply(status, _json_object(data), retry_after)

    def _read(self, response: Any) -> bytes:
        data = bytearray()
        while piece := response.read1(_PIECE):
            data += piece
            if len(data) > ANSWER_BYTES:
                raise ServerError(f"{self.shown} answers with more than {ANSWER_BYTES >> 20} MiB")
        return bytes(data)

    def _too_late(self) -> ServerError:
        return ServerError(f"{self.shown} did not answer in time; --timeout sets how long to wait")


class UnreachableError(ServerError):
    """No answer came at all, which may be different in a moment."""


def _opener(sockets: list[socket.socket]) -> urllib.request.OpenerDirector:
    """What opens a request: proxies as the environment names them, every status an answer, no redirects."""

    class Seen(http.client.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            sockets.append(self.sock)

    class SeenEncrypted(Seen, http.client.HTTPSConnection):
        pass

    class Opening(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
        def http_open(self, request: urllib.request.Request) -> Any:
            return self.do_open(Seen, request)

        def https_open(self, request: urllib.request.Request) -> Any:
            return self.do_open(SeenEncrypted, request, context=ssl.create_default_context())

    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.ProxyHandler(), Opening()):
        opener.add_handler(handler)
    opener.addheaders = []
    return opener


def _shut(sockets: list[socket.socket]) -> None:
    """Wakes whoever waits for these sockets: a server that sends a byte now and then resets every other time limit."""
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue


def _reason(error: Exception) -> str:
    """Why a connection failed; texts of HTTP errors may quote what the server sent."""
    inner = getattr(error, "reason", error)
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({inner.verify_message})"
    if isinstance(inner, OSError) and inner.strerror:
        return str(inner.strerror).lower()
    return "it sends no HTTP" if isinstance(inner, http.client.HTTPException) else type(inner).__name__


def _seconds(value: str | None) -> float | None:
    """Retry-After in seconds; dates, which it may also hold, are not worth a clock that may differ."""
    return float(value) if value is not None and re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value.strip()) else None


def _json_object(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
