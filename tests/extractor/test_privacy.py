"""Nothing that a document says leaves the result: no log line, warning, note, error or file holds a value of it."""

import io
import json
import logging
import socket
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from extractor import ExtractorError, extract
from extractor.imaging import load_pages
from extractor.schemas import SCHEMAS
from extractor.schemas.text import scripts

from .silence import assert_silent, messages


class Listener(logging.Handler):
    """Everything that any logger says at any level."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()} {record.exc_info} {record.args}")


@pytest.fixture
def logged() -> Iterator[list[str]]:
    root, listener = logging.getLogger(), Listener()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.NOTSET)
    yield listener.lines
    root.removeHandler(listener)
    root.setLevel(level)


@pytest.fixture
def said(logged: list[str], capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Everything written so far: logs, Python's warnings, stdout and stderr, also of native libraries."""
    capfd.readouterr()

    def collect() -> str:
        written = capfd.readouterr()
        return "\n".join([*logged, written.out, written.err])

    return collect


@pytest.mark.parametrize("schema", ["own", "auto", "passport", "driving_licence"])
@pytest.mark.parametrize("file", ["passport.png", "chinese_id_card_front.png", "residence_permit.png"])
def test_reading_says_nothing(
    file: str,
    schema: str,
    examples: Mapping[str, Any],
    examples_dir: Path,
    read_once: None,
    said: Callable[[], str],
    today: date,
) -> None:
    """Also under a schema of another kind, where more goes wrong."""
    record = examples[file]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = extract(examples_dir / file, record["schema"] if schema == "own" else schema, today=today)
        except ExtractorError as error:
            assert_silent(str(error), record)
        else:
            assert_silent("\n".join(messages(result)), record)
    assert [str(one.message) for one in caught] == []
    assert_silent(said(), record)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda page: np.ascontiguousarray(page[: page.shape[0] // 2]),
        lambda page: (page // 4 + 96).astype(np.uint8),
        lambda page: np.ascontiguousarray(page[::3, ::3]),
    ],
    ids=["half of it", "faint", "tiny"],
)
def test_what_can_hardly_be_read_is_not_told_either(
    spoil: Callable[[np.ndarray], np.ndarray], examples: Mapping[str, Any], examples_dir: Path, said: Callable[[], str]
) -> None:
    record = examples["id_card.png"]
    page = spoil(load_pages(examples_dir / "id_card.png")[0])
    try:
        result = extract(page, "id_card")
    except ExtractorError as error:
        assert_silent(str(error), record)
    else:
        assert_silent("\n".join(messages(result)), record)
    assert_silent(said(), record)


# The numbers that are a European licence's captions mean nothing to other schemas.
@pytest.mark.parametrize("schema", [name for name in SCHEMAS if name != "driving_licence"])
def test_values_that_do_not_fit_or_contradict_are_not_quoted(
    schema: str, examples: Mapping[str, Any], examples_dir: Path, read_once: None, tmp_path: Path
) -> None:
    """A user's schema into which nothing fits: every value is refused, none is quoted."""
    record = next(one for one in examples.values() if one["schema"] == schema)
    properties = {
        name: {"type": "array", "items": {"type": "integer"}} for name, value in record["fields"].items() if value
    }
    path = tmp_path / "strict.json"
    path.write_text(json.dumps({"type": "object", "properties": properties}))
    result = extract(examples_dir / record["file"], str(path))
    assert not result.checks_passed
    assert {warning.code for warning in result.warnings} >= {"invalid_value"}
    assert_silent("\n".join(messages(result)), record)


def test_the_chinese_card_s_own_rules_are_silent(
    examples: Mapping[str, Any], examples_dir: Path, read_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number whose check character is wrong, beside a birth date and a sex that differ from it."""
    record = examples["chinese_id_card_front.png"]
    monkeypatch.setattr("extractor.schemas.documents.checksum_valid", lambda number: False)
    monkeypatch.setattr("extractor.schemas.documents.encoded_birth_date", lambda number: "1900-01-01")
    monkeypatch.setattr("extractor.schemas.documents.encoded_sex", lambda number: None)
    result = extract(examples_dir / record["file"], record["schema"])
    assert {warning.message.split(":")[0] for warning in result.warnings} == {
        "id_number_checksum",
        "id_number_birth_date",
        "id_number_sex",
    }
    assert_silent("\n".join(messages(result)), record)


@pytest.mark.slow
def test_a_page_in_another_script_leaves_nothing_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    frozen = Path(__file__).parents[2] / "datasets" / "frozen"
    (record,) = (
        one
        for one in map(json.loads, (frozen / "labels.jsonl").read_text().splitlines())
        if one["file"] == "ru-04.webp"
    )
    result = extract(io.BytesIO((frozen / "ru-04.webp").read_bytes()), record["schema"])
    assert scripts(result.values["surname"]) == {"CYRILLIC"}
    assert list(tmp_path.iterdir()) == []
    assert_silent("\n".join(messages(result)), record)


def test_the_net_is_watched(no_network: list[str]) -> None:
    """The fixture that stops every connection, and fails the run for one that was swallowed, does both."""
    with pytest.raises(OSError, match="reached for the network"):
        socket.getaddrinfo("example.org", 443)
    with socket.socket() as one, pytest.raises(OSError, match="reached for the network"):
        one.connect(("192.0.2.1", 80))
    assert no_network == ["socket.getaddrinfo", "socket.connect"]
    no_network.clear()
