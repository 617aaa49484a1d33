"""Many documents, and documents beside other work: `extract_many` and `extract_async`.

for item in extract_many(paths, schema=Passport, jobs=4):
    print(item.number, item.result or item.error)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, Generic, Unpack, overload

from pydantic import TypeAdapter

from extractor.batches import as_they_come, in_order, side_by_side
from extractor.engines import Engine
from extractor.errors import UsageError
from extractor.extraction import Extraction
from extractor.imaging import Limits
from extractor.imaging.limits import DEFAULT
from extractor.reading import D, Inputs, Options, T, checked, extract


class ManyOptions(Options, total=False):
    """Further options of `extract_many`, which says what each means."""

    jobs: int | None
    ordered: bool
    on_progress: Callable[[int], None] | None


@dataclass(frozen=True)
class Item(Generic[T]):
    """One document of many: its number from 0, what was given, and its result or the error that it ended with."""

    number: int
    source: Any = field(repr=False)
    result: Extraction[T] | None = None
    error: Exception | None = None


@overload
def extract_many(sources: Iterable[Inputs], schema: type[D], **options: Unpack[ManyOptions]) -> Iterator[Item[D]]: ...
@overload
def extract_many(
    sources: Iterable[Inputs], schema: type[T] | TypeAdapter[T], **options: Unpack[ManyOptions]
) -> Iterator[Item[T | None]]: ...
@overload
def extract_many(
    sources: Iterable[Inputs], schema: str | Mapping[str, Any] = ..., **options: Unpack[ManyOptions]
) -> Iterator[Item[Any]]: ...
def extract_many(
    sources: Iterable[Inputs],
    schema: Any = "auto",
    *,
    jobs: int | None = None,
    ordered: bool = True,
    engine: Engine | None = None,
    pages: Sequence[int] | None = None,
    today: date | None = None,
    minimum_age: int | None = None,
    one_document: bool = False,
    limits: Limits = DEFAULT,
    on_progress: Callable[[int], None] | None = None,
) -> Iterator[Item[Any]]:
    """Reads documents side by side, `jobs` at a time (None: one a core; a model reads one at a time).

    Each of `sources` is what `extract` takes as one document, with the same options. Results come in their order, or
    with `ordered=False` as they are ready. A document that cannot be read is an item with an error; the others are
    read. `on_progress` gets the number done. Sources are taken as they are needed, so that they may be without end.

    Raises SchemaError or another UsageError at once for invalid arguments.
    """
    options = {name: value for name, value in locals().items() if name in Options.__annotations__}
    if isinstance(sources, str | bytes) or not isinstance(sources, Iterable):
        raise UsageError(f"extract_many takes a list or another iterable of documents, not {type(sources).__name__}")
    if jobs is not None and (not isinstance(jobs, int) or jobs < 1):
        raise UsageError("jobs is a number of documents, 1 or more")
    wanted = checked(schema, engine, pages, today, minimum_age, limits)
    read = partial(_read, schema=wanted, **options)
    side = side_by_side(engine, jobs or 64, jobs)
    items = (in_order if ordered else as_they_come)(read, enumerate(sources), side)
    return _reporting(items, on_progress)


def _read(numbered: tuple[int, Inputs], **options: Any) -> Item[Any]:
    number, source = numbered
    try:
        return Item(number, source, extract(source, **options))
    except Exception as error:
        return Item(number, source, error=error)


def _reporting(items: Iterator[Item[Any]], on_progress: Callable[[int], None] | None) -> Iterator[Item[Any]]:
    for done, item in enumerate(items, 1):
        if on_progress:
            on_progress(done)
        yield item


@overload
async def extract_async(source: Inputs, schema: type[D], **options: Unpack[Options]) -> Extraction[D]: ...
@overload
async def extract_async(
    source: Inputs, schema: type[T] | TypeAdapter[T], **options: Unpack[Options]
) -> Extraction[T | None]: ...
@overload
async def extract_async(
    source: Inputs, schema: str | Mapping[str, Any] = ..., **options: Unpack[Options]
) -> Extraction[Any]: ...
async def extract_async(source: Inputs, schema: Any = "auto", **options: Unpack[Options]) -> Extraction[Any]:
    """`extract` in a thread of its own, while the event loop goes on; arguments and errors as `extract`'s."""
    return await asyncio.to_thread(partial(extract, source, schema, **options))
