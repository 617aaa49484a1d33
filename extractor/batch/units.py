"""What is in the input, as units of work: documents whose rows go into one part of the output together.

A document is a name and its pages. A page is a file, or a row of a Parquet file, `people.parquet#17`. A unit holds
names only; its reader fetches the pictures itself, so that none passes through Ray.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice

from extractor.batch.files import Place, StorageError, listed, place, reason, shown
from extractor.errors import UsageError
from extractor.inputs import SUFFIXES

_PARQUET = ".parquet"
#: Patterns of `group` with a name of their own: what they find in a page's path is the document that it belongs to.
GROUPS = {
    "sides": r"(.+)[-_ .](?:front|back|recto|verso|a|b|(?:side|page|p|s)?[-_ .]?\d{1,2})\.[^./]+",
    "folder": r"(.+)/[^/]+",
}


@dataclass(frozen=True)
class UnitDocument:
    """A document of the input: its name in the rows, and its pages."""

    name: str
    pages: tuple[str, ...]


@dataclass(frozen=True)
class Unit:
    """Documents of one input, whose rows are one part of the output."""

    input: int
    documents: tuple[UnitDocument, ...]

    @property
    def part(self) -> str:
        """The same for the same documents, so that a part that is written twice is written over."""
        digest = blake2b(digest_size=12)
        for document in self.documents:
            digest.update(json.dumps([document.name, *document.pages]).encode("utf-8", "surrogatepass"))
        return f"part-{digest.hexdigest()}"

    def packed(self) -> str:
        """As JSON; a document that is one page called like itself is its name alone."""
        own = [one.name if one.pages == (one.name,) else [one.name, *one.pages] for one in self.documents]
        return json.dumps([self.input, own])

    @classmethod
    def unpacked(cls, text: str) -> Unit:
        number, own = json.loads(text)
        made = (
            UnitDocument(one, (one,)) if isinstance(one, str) else UnitDocument(one[0], tuple(one[1:])) for one in own
        )
        return cls(number, tuple(made))


def documents_of(
    texts: Sequence[str], group: str | None, *, column: str | None = None, output: Place | None = None
) -> list[list[UnitDocument]]:
    """The documents of each input, sorted.

    Inputs of one filesystem are one, that of the first of them: a page which several name is read once, and pages that
    are one document may be named apart. A Parquet file has pictures or their paths, in `column` if one is named. What
    lies in the output is no part of the input. Raises UsageError and StorageError.
    """
    places = [place(text) for text in texts]
    firsts: list[int] = []  # of each filesystem, the first input
    pages: list[dict[str, None]] = [{} for _ in texts]
    for number, where in enumerate(places):
        first = next((one for one in firsts if places[one].is_of_the_same(where)), number)
        if first == number:
            firsts.append(number)
        pages[first].update(dict.fromkeys(_pages(where, column, output)))
    return [_grouped(own, group) for own in pages]


def _pages(where: Place, column: str | None, output: Place | None) -> Iterator[str]:
    """The pages of one input. Raises UsageError and StorageError."""
    if output is not None and output.holds(where.path, where):
        raise UsageError(f"{shown(where)} lies in the output, which holds nothing but answers; name another folder")
    for path in listed(where, SUFFIXES | {_PARQUET}):
        name = where.name(path)
        if output is not None and output.holds(path, where):
            continue
        if path.lower().endswith(_PARQUET):
            yield from (f"{name}#{row}" for row in range(_rows(where, path, column)))
        else:
            yield name


def _grouped(pages: Iterable[str], group: str | None) -> list[UnitDocument]:
    if group is None:
        return [UnitDocument(page, (page,)) for page in pages]
    grouped: dict[str, list[str]] = {}
    pattern = group_pattern(group)
    for page in pages:
        found = pattern.fullmatch(page)
        grouped.setdefault(found[1] or page if found else page, []).append(page)
    return [UnitDocument(name, tuple(own)) for name, own in sorted(grouped.items())]


def group_pattern(group: str) -> re.Pattern[str]:
    """The pattern of `group`: a name of GROUPS, or a regular expression. Raises UsageError."""
    try:
        pattern = re.compile(GROUPS.get(group, group), re.IGNORECASE | re.DOTALL)
    except re.error as error:
        raise UsageError(f"--group {group!r} is no regular expression: {error}") from None
    if pattern.groups < 1:
        raise UsageError("--group needs parentheses around what the pages of a document have in common")
    return pattern


def units_of(number: int, documents: Iterable[UnitDocument], rows: int) -> Iterator[Unit]:
    """Documents cut into units of `rows`, in their order."""
    left = iter(documents)
    while own := tuple(islice(left, rows)):
        yield Unit(number, own)


def split_page(page: str) -> tuple[str, int | None]:
    """The file of a page, and its row if that is a Parquet file."""
    name, mark, row = page.rpartition("#")
    if mark and row.isdecimal() and name.lower().endswith(_PARQUET):
        return name, int(row)
    return page, None


def _rows(where: Place, path: str, column: str | None) -> int:
    """How many rows a Parquet file has. Raises UsageError where nothing says in which column its pictures are."""
    import pyarrow
    from pyarrow.parquet import ParquetFile

    from extractor.batch.pictures import picture_column

    try:
        with ParquetFile(path, filesystem=where.filesystem) as file:
            picture_column(file.schema_arrow, column)  # better said now than of every row
            return int(file.metadata.num_rows)
    except UsageError as error:
        raise UsageError(f"{shown(Place(None, path, where.prefix))}: {error}") from None
    except UnicodeEncodeError:
        raise StorageError(f"{shown(Place(None, path, where.prefix))}: rename it; its name is not UTF-8") from None
    except (pyarrow.ArrowException, OSError) as error:
        raise StorageError(f"{shown(Place(None, path, where.prefix))} is no Parquet file: {reason(error)}") from None
