"""What the command is to read: files, folders, patterns and stdin as a list of documents.

Whatever cannot be found or searched is a document of its own with the reason, so that it is reported and the others
are read.
"""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from extractor.errors import UnreadableInputError, UsageError

#: What a folder is searched for.
SUFFIXES = frozenset(".jpg .jpeg .jfif .png .webp .tif .tiff .bmp .gif .heic .heif .avif .pdf".split())


@dataclass(frozen=True)
class Document:
    """One document to read: its name as it is shown, and its files; or why there is nothing to read."""

    name: str
    sources: tuple[Any, ...] = ()
    error: str = ""


def documents(inputs: Sequence[str], *, one_document: bool = False) -> list[Document]:
    """The documents that the command's arguments name, in their order. Raises UsageError for an empty name."""
    if any(not text for text in inputs):
        raise UsageError("a file name is empty; is a variable unset?")
    found = [document for text in inputs for document in _named(text)]
    if not one_document:
        return found
    whole = replace(found[0], sources=tuple(source for one in found for source in one.sources))
    return [replace(whole, error=next((one.error for one in found if one.error), ""))]


def _named(text: str) -> Iterator[Document]:
    if text == "-":
        yield _stdin()
    elif os.path.isdir(text):
        yield from _in_folder(text)
    elif any(character in text for character in "*?[") and not os.path.lexists(text):
        matches = sorted(match for match in glob.glob(text, recursive=True) if not os.path.isdir(match))
        yield from (_file(match) for match in matches)
        if not matches:
            yield Document(shown(text), error="nothing matches")
    else:
        yield _file(text)


def _file(path: str) -> Document:
    return Document(shown(path), (Path(path),))


def _stdin() -> Document:
    if sys.stdin is None:
        return Document("stdin", error="stdin is closed")
    from extractor.imaging.load import read_bytes

    try:
        return Document("stdin", (read_bytes(sys.stdin.buffer),))
    except UnreadableInputError as error:
        return Document("stdin", error=str(error))


def _in_folder(folder: str) -> Iterator[Document]:
    """Every picture and PDF below a folder, and every folder below it that cannot be searched."""
    failures: list[OSError] = []
    paths: list[Path] = []
    for place, _, names in os.walk(folder, onerror=failures.append):
        paths += [Path(place, name) for name in names if Path(name).suffix.lower() in SUFFIXES]
    for path in sorted(paths):
        # A dangling link is a missing file. Pipes and devices are left out: reading them may never end.
        if path.is_file() or not path.exists():
            yield _file(str(path))
        else:
            yield Document(shown(str(path)), error="this is not a file")
    for failure in failures:
        yield Document(shown(str(failure.filename or folder)), error=f"the folder cannot be read: {failure.strerror}")
    if not paths and not failures:
        yield Document(shown(folder), error="the folder holds no picture or PDF")


def shown(name: str) -> str:
    """A file's name as text that can be written anywhere; bytes that are not UTF-8 stand as `\\xff`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def one_line(text: str) -> str:
    """`text` for a terminal: control characters, which could move its cursor, stand as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
