"""Log lines are JSON and cannot hold what a person is called."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from extractor.server import logs


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged, with logging configured as in the service and as before afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.configure()
    yield stream
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object(written: io.StringIO) -> None:
    logs.get_logger().info("request", route="/v1/extract", status=200, seconds=0.5)
    (line,) = lines(written)
    assert {key: line[key] for key in ("event", "level", "route", "status")} == {
        "event": "request",
        "level": "info",
        "route": "/v1/extract",
        "status": 200,
    }
    assert line["timestamp"].endswith("Z")


def test_what_may_not_be_said_is_left_out(written: io.StringIO) -> None:
    logs.get_logger().info("read", surname="ERIKSSON", engine="Anna Maria", kind="1974-08-12 F", pages=["x"], count=1)
    (line,) = lines(written)
    assert set(line) == {"event", "level", "timestamp", "count"}


@given(st.text())
def test_only_words_pass(value: str) -> None:
    kept = logs.keep_harmless(None, "info", {"event": "x", "engine": value})
    assert "engine" not in kept or not any(sign.isspace() or ord(sign) > 126 for sign in value)


def test_other_packages_are_heard_without_their_texts(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").error("Invalid request from %s", "ERIKSSON")
    try:
        raise ValueError("ERIKSSON")
    except ValueError:
        logging.getLogger("asyncio").exception("ERIKSSON said so")
    first, second = lines(written)
    assert first["logger"] == "uvicorn.error"
    assert second["error"] == "ValueError"
    assert second["place"].startswith("test_logs.py:")
    assert "ERIKSSON" not in written.getvalue()
