"""Structured logs: one JSON object a line on stderr, which cannot hold personal data.

Only the keys below pass, and only with values of a shape that no name or address has: numbers, flags, and single
words such as a route, a status or an exception's type. Records of other packages (uvicorn, asyncio) are reduced to
their logger, their level and, for an exception, its type and place: its text might quote a document.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from extractor.ending import place

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

#: The keys that a log line may have.
KEYS = frozenset(
    "event level timestamp request_id job_id route method status seconds bytes key engine reason version host port"
    " pid error place logger attempt count pages problem encrypted keys queue kind".split()
)
_WORD = re.compile(r"[A-Za-z0-9_.:/{}<>\[\]+-]{0,128}")


def configure() -> None:
    """Sends this process's logs, and those of every package in it, to stderr as JSON lines."""
    import structlog

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_harmless,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    root = logging.getLogger()
    root.handlers[:] = [_Bridge(logging.INFO)]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"
        # Its announcements are made by this service itself.
        logger.setLevel(logging.WARNING)


def get_logger() -> FilteringBoundLogger:
    """The service's logger: `log.info("request", route="/v1/extract", status=200)`."""
    import structlog

    return structlog.get_logger()


def keep_harmless(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drops every other key; `event` itself is always a literal of this program."""
    return {name: value for name, value in event.items() if name == "event" or _is_harmless(name, value)}


def _is_harmless(name: str, value: Any) -> bool:
    if name not in KEYS:
        return False
    return isinstance(value, bool | int | float | None) or (isinstance(value, str) and bool(_WORD.fullmatch(value)))


class _Bridge(logging.Handler):
    """Records of other packages as our own lines: logger, level, and which exception arose where."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {"logger": record.name}
        if record.exc_info and record.exc_info[1]:
            fields |= {"error": type(record.exc_info[1]).__name__, "place": place(record.exc_info[2])}
        else:
            fields["place"] = f"{record.filename}:{record.lineno}"
        get_logger().log(record.levelno, "package", **fields)
