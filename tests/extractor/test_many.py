"""Many documents, and documents beside other work."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import pytest

from extractor import UsageError, extract, extract_async, extract_many
from extractor.errors import SchemaError, UnreadableInputError
from extractor.reading import Options
from extractor.schemas import Passport


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading without reading: the path comes back as the result; a path `bad` is damaged."""

    def read(source: Any, schema: Any, **_: Any) -> Any:
        if source == "bad":
            raise UnreadableInputError("damaged")
        return f"{source} as {schema.__name__}"

    monkeypatch.setattr("extractor.many.extract", read)


@pytest.mark.parametrize("jobs", [1, 4])
def test_results_come_in_order_and_errors_are_items(quick: None, jobs: int) -> None:
    result: list[int] = []
    items = list(extract_many(["a", "bad", "c"], Passport, jobs=jobs, on_progress=result.append))
    assert [(item.number, item.source, item.result) for item in items] == [
        (0, "a", "a as Passport"),
        (1, "bad", None),
        (2, "c", "c as Passport"),
    ]
    assert [str(item.error) if item.error else "" for item in items] == ["", "damaged", ""]
    assert result == [1, 2, 3]


def test_or_as_they_come(quick: None) -> None:
    items = extract_many((str(n) for n in range(20)), Passport, jobs=3, ordered=False)
    assert sorted(item.number for item in items) == list(range(20))


def test_sources_without_end_are_taken_as_they_are_needed(quick: None) -> None:
    taken: list[int] = []

    def endless() -> Iterator[str]:
        while True:
            taken.append(1)
            yield "a"

    for ordered in (True, False):
        items = extract_many(endless(), Passport, jobs=2, ordered=ordered)
        assert next(items).result == "a as Passport"
        items.close()  # type: ignore[attr-defined]
    assert len(taken) < 30


def test_what_extract_may_be_told_they_may_be_told(monkeypatch: pytest.MonkeyPatch, today: date) -> None:
    result: list[dict[str, Any]] = []
    monkeypatch.setattr("extractor.many.extract", lambda _source, _schema=None, **options: result.append(options))
    options: Options = {"pages": [1], "today": today, "minimum_age": 18, "one_document": True}
    list(extract_many(["a"], Passport, **options))
    asyncio.run(extract_async("a", Passport, **options))
    assert set(Options.__annotations__) == set(result[0]) - {"schema"}
    for one in result:
        assert {name: one[name] for name in options} == options


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"sources": "a.png"}, UsageError),
        ({"sources": 7}, UsageError),
        ({"schema": Passport()}, SchemaError),
        ({"schema": 7}, SchemaError),
        ({"schema": "nope"}, SchemaError),
        ({"jobs": 0}, UsageError),
        ({"jobs": "2"}, UsageError),
        ({"engine": "embedded"}, UsageError),
        ({"pages": "1"}, UsageError),
        ({"pages": [0]}, UsageError),
        ({"today": "2026-03-01"}, UsageError),
        ({"today": datetime(2026, 3, 1)}, UsageError),
        ({"limits": None}, UsageError),
        ({"minimum_age": "18"}, UsageError),
        ({"minimum_age": -1}, UsageError),
    ],
    ids=str,
)
def test_wrong_arguments_are_refused_at_once(arguments: dict[str, Any], error: type[Exception]) -> None:
    given = {"sources": ["a.png"], "schema": Passport} | arguments
    with pytest.raises(error) as caught:
        extract_many(**given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "schema",
    [Passport(), {"a": 1}, {"a": object()}, {"type": "array"}, Annotated[Passport, []], 7, int, list[int], print, None],
)
def test_a_schema_that_is_none_is_one_line_before_anything_is_read(schema: Any) -> None:
    with pytest.raises(SchemaError) as caught:
        extract("no such file", schema=schema)
    assert "\n" not in str(caught.value)


def test_asynchronously(examples_dir: Path) -> None:
    async def both() -> list[Any]:
        passport = examples_dir / "passport.png"
        return await asyncio.gather(
            extract_async(passport, Passport), extract_async(examples_dir / "none.png"), return_exceptions=True
        )

    passport, missing = asyncio.run(both())
    assert passport.document.surname == "UNDERHILL"
    assert isinstance(missing, UnreadableInputError)


ENDING = """
import sys, threading
from extractor import extract_many

def read() -> None:
    threading.main_thread().join()
    for ordered in (True, False):
        items = extract_many(sys.argv[1:], jobs=2, ordered=ordered)
        print(*(item.error or item.result.document.surname for item in items), sep=", ")

threading.Thread(target=read).start()
"""


def test_a_thread_that_outlives_the_main_one_still_reads(examples_dir: Path) -> None:
    """Python begins no more threads then; what is left is read one after the other."""
    passport, missing = str(examples_dir / "passport.png"), "none.png"
    command = [sys.executable, "-c", ENDING, passport, missing]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not ended.stderr
    answers = [sorted(answer.split(", ")) for answer in ended.stdout.splitlines()]
    assert answers == 2 * [["UNDERHILL", "there is no such file"]]
