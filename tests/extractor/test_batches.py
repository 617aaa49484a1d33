"""Documents read side by side: the order stays, no more than asked for run at once, an error is its own document's."""

import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from extractor.batches import as_they_come, in_order, side_by_side
from extractor.text import ocr


class Watched:
    """A reader that takes longer for the first documents, and keeps count of how many it reads at the same time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now, self.most = 0, 0
        self.begun: list[int] = []

    def __call__(self, document: int) -> int:
        with self.lock:
            self.begun.append(document)
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02 if document < 2 else 0.002)
        with self.lock:
            self.now -= 1
        if document == 13:
            raise ValueError("this one cannot be read")
        return document * document


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_results_come_in_the_order_of_the_documents(jobs: int) -> None:
    read = Watched()
    assert list(in_order(read, range(10), jobs)) == [n * n for n in range(10)]
    assert read.most == jobs


def test_nothing_is_begun_far_ahead_of_what_is_waited_for() -> None:
    read = Watched()
    results = in_order(read, range(1000), 2)
    assert next(results) == 0
    results.close()
    assert len(read.begun) <= 6


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_is_raised_where_its_result_would_come(jobs: int) -> None:
    results = in_order(Watched(), range(12, 20), jobs)
    assert next(results) == 144
    with pytest.raises(ValueError, match="this one cannot be read"):
        next(results)


@pytest.mark.parametrize("side", [in_order, as_they_come])
@pytest.mark.parametrize("jobs", [1, 3])
def test_where_the_documents_themselves_fail_those_before_come_first(side: Any, jobs: int) -> None:
    def documents() -> Any:
        yield from range(4)
        raise OSError("the list cannot be read on")

    results = side(Watched(), documents(), jobs)
    assert sorted(next(results) for _ in range(4)) == [0, 1, 4, 9]
    with pytest.raises(OSError, match="cannot be read on"):
        next(results)


def test_pages_side_by_side_share_the_cores_while_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, int]] = []
    monkeypatch.setattr(ocr, "_session", lambda name, threads: made.append((name, threads)))
    monkeypatch.setattr(ocr, "threads", lambda: 4)
    list(in_order(lambda _: ocr._detector(), range(3), 2))
    ocr._detector()
    assert [threads for _, threads in made] == [2, 2, 2, 4]


@pytest.mark.parametrize(
    ("engine", "documents", "wanted", "at_once"),
    [
        (None, 10, None, 4),
        (None, 10, 3, 3),
        (None, 2, None, 2),
        (None, 0, None, 1),
        (SimpleNamespace(name="phi3v"), 10, None, 1),
        (SimpleNamespace(name="phi3v"), 10, 3, 1),
    ],
)
def test_one_document_a_core_but_a_model_reads_alone(
    monkeypatch: pytest.MonkeyPatch, engine: Any, documents: int, wanted: int | None, at_once: int
) -> None:
    monkeypatch.setattr(ocr, "threads", lambda: 4)
    assert side_by_side(engine, documents, wanted) == at_once
