"""Files wherever pyarrow finds them: this machine, S3, Google Cloud Storage, Azure, HDFS.

A place is a path or a URI. Credentials come from where pyarrow's filesystems look for them: the environment, the
machine's role, a configuration file.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit

from extractor import inputs
from extractor.errors import ExtractorError, MissingExtraError, UsageError
from extractor.imaging.load import MOST_BYTES, too_large
from extractor.inputs import folders_below, one_line, pattern_of, split_at_wildcard

_URI = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
#: Folders of an output that hold no rows begin like this, as those of Spark and Hive do.
HIDDEN = "_"


class StorageError(ExtractorError):
    """A place cannot be listed, read or written."""


@dataclass(frozen=True)
class Place:
    """A file, folder or pattern: its filesystem, the path in it, and what stands before that path in a name."""

    filesystem: Any
    path: str
    prefix: str = ""

    def name(self, path: str) -> str:
        """How a path of this filesystem is called in rows."""
        return self.prefix + path

    def path_of(self, name: str) -> str:
        return name.removeprefix(self.prefix)

    def inside(self, name: str) -> str:
        return f"{self.path.rstrip('/')}/{name}"

    def is_of_the_same(self, other: Place) -> bool:
        """Whether both are on one filesystem, and name its files alike."""
        return self.prefix == other.prefix and bool(self.filesystem.equals(other.filesystem))

    def holds(self, path: str, other: Place) -> bool:
        """Whether a path on the filesystem of `other` is this folder or lies in it, also by way of a link."""
        if is_local(self.filesystem) and is_local(other.filesystem):
            folder, path = _real(self.path), os.path.join(_real(os.path.dirname(path)), os.path.basename(path))
        elif self.is_of_the_same(other):
            folder = self.path
        else:
            return False
        return f"{path.rstrip('/')}/".startswith(f"{folder.rstrip('/')}/")


def place(text: str) -> Place:
    """The place that a path or a URI names. Raises UsageError where there is none."""
    if not text:
        raise UsageError("a name is empty; is a variable unset?")
    if not _URI.match(text):
        return Place(_local(), os.path.abspath(text))
    try:
        parts = urlsplit(text)
    except ValueError:
        raise UsageError("this is no address; write s3://bucket/folder, or a path") from None
    if parts.password is not None:
        raise UsageError("credentials do not belong into a name; give them in the environment")
    before, query = f"{parts.scheme}://{parts.netloc}", f"?{parts.query}" if parts.query else ""
    head, wild = split_at_wildcard(parts.path)
    filesystem, path = _opened(before + head + query)
    return Place(filesystem, f"{path.rstrip('/')}/{wild}" if wild else path, f"{parts.scheme}://")


def listed(where: Place, suffixes: frozenset[str]) -> list[str]:
    """The sorted paths of files: the one that is named, those below a folder, or those that match a pattern.

    `suffixes` are those that a folder is searched for. Raises StorageError where there is nothing.
    """
    from pyarrow.fs import FileType

    try:
        kind = _kind(where)
        if kind == FileType.File:
            return [where.path]
        if kind == FileType.Directory:
            found = _files_below(where, where.path)
            fits = re.compile(f"(?:.*)(?:{'|'.join(map(re.escape, sorted(suffixes)))})", re.IGNORECASE | re.DOTALL)
        else:
            head, wild = split_at_wildcard(where.path)
            if not wild:
                raise StorageError(f"{shown(where)}: there is no such file or folder")
            found = _files_below(where, head or "/", deep="/" in wild or "**" in wild)
            fits = re.compile(re.escape(f"{head.rstrip('/')}/") + pattern_of(wild), re.DOTALL)
    except OSError as error:
        raise StorageError(f"{shown(where)} cannot be listed: {reason(error)}") from None
    paths = sorted(path for path in found if fits.fullmatch(path))
    if not paths:
        raise StorageError(f"{shown(where)}: there is no picture, PDF or Parquet file")
    return paths


def read(filesystem: Any, path: str) -> bytes:
    """A file's content. Raises OSError, and UnreadableInputError where there is more of it than any document has."""
    # Not by pyarrow where it is here: that knows only names in UTF-8.
    with open(path, "rb") if is_local(filesystem) else filesystem.open_input_stream(path) as stream:
        data = bytes(stream.read(MOST_BYTES + 1))
    if len(data) > MOST_BYTES:
        raise too_large()
    return data


def is_local(filesystem: Any) -> bool:
    from pyarrow.fs import LocalFileSystem

    return isinstance(filesystem, LocalFileSystem)


def write_whole(filesystem: Any, path: str, data: bytes) -> None:
    """Writes a file that is there as a whole or not at all. Raises StorageError.

    Object stores show a file when it is complete; on others it grows under another name, which a dead writer leaves.
    """
    try:
        if not is_local(filesystem):
            with filesystem.open_output_stream(path) as stream:
                stream.write(data)
            return
        folder, name = os.path.split(path)
        partial = os.path.join(folder, f"{HIDDEN}{name}.{uuid.uuid4().hex}.partial")
        try:
            with open(partial, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(partial)
            raise
    except OSError as error:
        raise StorageError(f"the output cannot be written: {reason(error)}") from None


def names_in(where: Place) -> Iterator[str]:
    """The names of the files directly in a folder; none where there is no such folder. Raises StorageError."""
    from pyarrow.fs import FileSelector, FileType

    try:
        for info in where.filesystem.get_file_info(FileSelector(where.path, allow_not_found=True)):
            if info.type == FileType.File:
                yield info.base_name
    except OSError as error:
        raise StorageError(f"{shown(where)} cannot be listed: {reason(error)}") from None


def shown(where: Place) -> str:
    return one_line(inputs.shown(where.name(where.path)))


def reason(error: Exception) -> str:
    """The first line of what a filesystem says."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return one_line(text.splitlines()[0][:200])


def _files_below(where: Place, folder: str, *, deep: bool = True) -> list[str]:
    """The paths of the files in a folder, and with `deep` in those below it. Raises OSError."""
    from pyarrow.fs import FileSelector, FileType

    if is_local(where.filesystem):
        # pyarrow's own listing goes round and round where links lead in a circle.
        def refuse(error: OSError) -> None:
            raise error

        places = folders_below(folder, refuse, into_links=True) if deep else [(folder, os.listdir(folder))]
        paths = (os.path.join(place, name) for place, names in places for name in names)
        # A link that leads nowhere is a document that is missing; pipes and devices may never end.
        return [path for path in paths if os.path.isfile(path) or not os.path.exists(path)]
    found = where.filesystem.get_file_info(FileSelector(folder, recursive=deep, allow_not_found=True))
    return [one.path for one in found if one.type == FileType.File]


def _kind(where: Place) -> Any:
    """What a path is: pyarrow's FileType. Raises OSError."""
    from pyarrow.fs import FileType

    if not is_local(where.filesystem):
        return where.filesystem.get_file_info(where.path).type
    if os.path.isdir(where.path):
        return FileType.Directory
    return FileType.File if os.path.isfile(where.path) else FileType.NotFound


@lru_cache(10_000)
def _real(folder: str) -> str:
    return os.path.realpath(folder)


@cache
def _local() -> Any:
    try:
        from pyarrow.fs import LocalFileSystem
    except ImportError:
        raise MissingExtraError("Reading in batches", "ray") from None
    return LocalFileSystem()


@cache
def _opened(uri: str) -> tuple[Any, str]:
    _local()
    import pyarrow
    from pyarrow.fs import FileSystem

    try:
        filesystem, path = FileSystem.from_uri(uri)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise UsageError(f"{uri.partition('://')[0]}:// cannot be opened: {reason(error)}") from None
    return filesystem, path
