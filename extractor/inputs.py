"""What the command is to read: files, folders, patterns and stdin as a list of documents.

Whatever cannot be found or searched is a document of its own with the reason, so that it is reported and the others
are read.
"""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from extractor.errors import UnreadableInputError, UsageError

#: What a folder is searched for.
SUFFIXES = frozenset(".jpg .jpeg .jfif .png .webp .tif .tiff .bmp .gif .heic .heif .avif .pdf".split())

_ADDRESS = re.compile(r"(?:https?|ftp|s3|gs)://", re.IGNORECASE)


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
    elif _ADDRESS.match(text):
        yield Document(shown(text), error="nothing is fetched from a network; save it as a file first")
    elif any(character in text for character in "*?[") and not os.path.lexists(text):
        found = _in_any_depth(text) if "**" in text else glob.glob(text)
        matches = sorted(match for match in found if not os.path.isdir(match))
        yield from map(_found, matches)
        if not matches:
            yield Document(shown(text), error="nothing matches")
    else:
        yield _file(text)


def _file(path: str) -> Document:
    return Document(shown(path), (Path(path),))


def _found(path: str) -> Document:
    """A file that nobody named: a dangling link is a missing file; pipes and devices, which may never end, are left
    out."""
    if os.path.isfile(path) or not os.path.exists(path):
        return _file(path)
    return Document(shown(path), error="this is not a file")


def _stdin() -> Document:
    if sys.stdin is None:
        return Document("stdin", error="stdin is closed")
    from extractor.imaging.load import read_bytes

    try:
        return Document("stdin", (read_bytes(sys.stdin.buffer),))
    except UnreadableInputError as error:
        return Document("stdin", error=str(error))


def _in_any_depth(pattern: str) -> Iterator[str]:
    """What a pattern with `**` matches; as of any pattern, hidden files and folders are no part of it."""
    head, wild = split_at_wildcard(pattern)
    before = head or ("/" if pattern.startswith("/") else "")
    fits = re.compile(pattern_of(wild), re.DOTALL)
    for place, names in folders_below(before or ".", lambda _: None, into_links=True):
        for name in names:
            below = os.path.join(place, name)[len(before or ".") :].lstrip("/")
            if fits.fullmatch(below) and not any(part.startswith(".") for part in below.split("/")):
                yield os.path.join(before, below)


def _in_folder(folder: str) -> Iterator[Document]:
    """Every picture and PDF below a folder, and every folder below it that cannot be searched."""
    failures: list[OSError] = []
    paths: list[Path] = []
    for place, names in folders_below(folder, failures.append):
        paths += [Path(place, name) for name in names if Path(name).suffix.lower() in SUFFIXES]
    yield from (_found(str(path)) for path in sorted(paths))
    for failure in failures:
        yield Document(shown(str(failure.filename or folder)), error=f"the folder cannot be read: {failure.strerror}")
    if not paths and not failures:
        yield Document(shown(folder), error="the folder holds no picture or PDF")


def folders_below(
    top: str, on_error: Callable[[OSError], object], *, into_links: bool = False
) -> Iterator[tuple[str, list[str]]]:
    """A folder and those below it, each with the names of its files; links to folders last, if they are gone into.

    No folder comes twice, so that links which lead in a circle end.
    """
    waiting, seen = [top], set()
    while waiting:
        for place, folders, names in os.walk(waiting.pop(0), onerror=on_error):
            try:
                found = os.stat(place)
            except OSError as error:
                on_error(error)
                continue
            if (found.st_dev, found.st_ino) in seen:
                folders.clear()
                continue
            seen.add((found.st_dev, found.st_ino))
            folders.sort()
            yield place, names
            if into_links:
                waiting += [path for one in folders if os.path.islink(path := os.path.join(place, one))]


def split_at_wildcard(path: str) -> tuple[str, str]:
    """`/a/b/*.jpg` -> `/a/b`, `*.jpg`; without a wildcard the second is empty."""
    wild = re.search(r"[*?\[]", path)
    if wild is None:
        return path, ""
    head = path[: wild.start()].rpartition("/")[0]
    return head, path[len(head) :].lstrip("/")


def pattern_of(text: str) -> str:
    """A glob pattern as a regular expression: `*` and `?` stay in a folder, `**/` goes into any depth."""
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", text)
    return "".join(known.get(piece) or _characters(piece) or re.escape(piece) for piece in pieces)


def _characters(piece: str) -> str:
    """`[a-z]` or `[!a-z]` as a regular expression; nothing for what is no set of characters."""
    if len(piece) < 3 or not piece.startswith("["):
        return ""
    found = piece.replace("\\", r"\\").replace("[!", "[^", 1)
    try:
        re.compile(found)
    except re.error:
        return ""
    return found


def shown(name: str) -> str:
    """A file's name as text that can be written anywhere; bytes that are not UTF-8 stand as `\\xff`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def one_line(text: str) -> str:
    """`text` for a terminal: control characters, which could move its cursor, stand as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
