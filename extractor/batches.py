"""Several documents read side by side: results come in the order of the documents, however long each takes.

Threads, not processes: the networks and OpenCV leave Python's lock while they work, and one set of weights serves all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from extractor.engines import Engine

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(engine: Engine | None, documents: int, wanted: int | None = None) -> int:
    """How many documents are read at the same time: `wanted`, or one a core; one alone where a model here reads.

    A model's steps take the whole device, and its cache holds one batch. An engine that waits for a server says in
    `side_by_side` how many it may be asked about at once, unless another number is wanted.
    """
    from extractor.text.ocr import threads

    usual = threads() if engine is None else getattr(engine, "side_by_side", None)
    if usual is None:
        return 1
    return max(1, min(documents, usual if wanted is None else wanted))


class _Begun(Iterator[T]):
    """Documents as they are needed. Where their own iterator fails, what was begun before comes out first."""

    def __init__(self, documents: Iterable[T]) -> None:
        self._left = iter(documents)
        self._failure: Exception | None = None

    def __next__(self) -> T:
        try:
            return next(self._left)
        except StopIteration:
            raise
        except Exception as error:
            self._failure = error
            raise StopIteration from None

    def end(self) -> None:
        """Raises the error that the iterator ended with, if it did."""
        if self._failure:
            raise self._failure


def _begin(pool: ThreadPoolExecutor, read: Callable[[T], R], document: T) -> Future[R]:
    """`read(document)` in the pool, or here where no thread begins any more: the program's main one has ended."""
    try:
        return pool.submit(read, document)
    except RuntimeError:
        future: Future[R] = Future()
        try:
            future.set_result(read(document))
        except BaseException as error:  # raised where the result is asked for, as the pool does
            future.set_exception(error)
        return future


def in_order(read: Callable[[T], R], documents: Iterable[T], jobs: int) -> Generator[R]:
    """`read(document)` of every document, in their order, up to `jobs` at the same time.

    No more than a few are begun ahead of the one that is waited for: a caller who stops loses little, and results do
    not pile up. An error of `read` is raised where its result would come.
    """
    if jobs <= 1:
        yield from map(read, documents)
        return
    from extractor.text.ocr import sharing_cores

    waiting: deque[Future[R]] = deque()
    begun = _Begun(documents)
    with sharing_cores(jobs), ThreadPoolExecutor(jobs, thread_name_prefix="document") as pool:
        try:
            for document in begun:
                waiting.append(_begin(pool, read, document))
                if len(waiting) > 2 * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
            begun.end()
        finally:
            for future in waiting:
                future.cancel()


def as_they_come(read: Callable[[T], R], documents: Iterable[T], jobs: int) -> Generator[R]:
    """As `in_order`, but each result as soon as it is there."""
    if jobs <= 1:
        yield from map(read, documents)
        return
    from extractor.text.ocr import sharing_cores

    left = _Begun(documents)
    with sharing_cores(jobs), ThreadPoolExecutor(jobs, thread_name_prefix="document") as pool:
        waiting = {_begin(pool, read, document) for document in islice(left, jobs)}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                waiting |= {_begin(pool, read, document) for document in islice(left, len(done))}
                for future in done:
                    yield future.result()
            left.end()
        finally:
            for future in waiting:
                future.cancel()
