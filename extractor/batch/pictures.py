"""The bytes of pages: files, and rows of Parquet files that hold pictures or their paths."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Iterator
from typing import Any

from extractor.batch.files import Place, is_local, place, read, reason
from extractor.batch.units import split_page
from extractor.errors import UnreadableInputError, UsageError

#: Columns that hold pictures, and columns that hold paths, by the names that data sets give them.
_BYTES = ("image", "bytes", "picture", "content", "data", "file")
_PATHS = ("path", "uri", "url", "file", "filename", "file_name", "image_path", "image")
#: Tries of a read that the storage fails, and the pause before the second in seconds; it doubles.
_TRIES, _PAUSE = 3, 0.5
_BATCH = 16


class Pictures:
    """Fetches the pages of one input; keeps one Parquet file open, since its rows are mostly wanted in their order."""

    def __init__(self, text: str, column: str | None = None) -> None:
        self._place, self._column = place(text), column
        self._file = ""
        self._rows: Iterator[tuple[int, Any]] = iter(())
        self._next = 0

    def fetch(self, page: str) -> bytes:
        """The bytes of a page. Raises UnreadableInputError, or UsageError where no column holds pictures."""
        name, row = split_page(page)
        path = self._place.path_of(name)
        if row is None:
            return _read(self._place, path)
        value = _tried(lambda: self._value(path, row), self._place)
        if isinstance(value, dict):  # as Hugging Face's data sets hold pictures
            value = value.get("bytes") or value.get("path")
        if isinstance(value, bytes):
            return value
        if not isinstance(value, str) or not value:
            raise UnreadableInputError("the row holds no picture")
        if "://" in value:
            try:
                elsewhere = place(value)
            except UsageError as error:
                raise UnreadableInputError(str(error)) from None
            return _read(elsewhere, elsewhere.path)
        return _read(self._place, posixpath.join(posixpath.dirname(path), value))

    def _value(self, path: str, row: int) -> Any:
        if path != self._file or row < self._next:
            self._file, self._rows, self._next = path, self._from(path, row), row
        try:
            for number, value in self._rows:
                self._next = number + 1
                if number == row:
                    return value
        except BaseException:
            self._file = ""
            raise
        raise UnreadableInputError("the Parquet file has fewer rows than it had")

    def _from(self, path: str, row: int) -> Iterator[tuple[int, Any]]:
        """Numbered values from the row group on that holds `row`, a few decoded at a time."""
        from pyarrow.parquet import ParquetFile

        with ParquetFile(path, filesystem=self._place.filesystem) as file:
            column = picture_column(file.schema_arrow, self._column)
            first, start = 0, 0
            while start + file.metadata.row_group(first).num_rows <= row:
                start += file.metadata.row_group(first).num_rows
                first += 1
            groups = list(range(first, file.metadata.num_row_groups))
            for batch in file.iter_batches(_BATCH, row_groups=groups, columns=[column]):
                for value in batch.column(0):
                    yield start, value.as_py()
                    start += 1


def picture_column(schema: Any, wanted: str | None) -> str:
    """The column that holds pictures or their paths. Raises UsageError where none or several may."""
    import pyarrow as pa

    def is_bytes(kind: Any) -> bool:
        return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_struct(kind))

    def is_text(kind: Any) -> bool:
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))

    if wanted is not None:
        numbers = schema.get_all_field_indices(wanted)
        if len(numbers) != 1 or not (is_bytes(schema.types[numbers[0]]) or is_text(schema.types[numbers[0]])):
            raise UsageError(f"the Parquet file has no column {wanted} of pictures or paths")
        return wanted
    for fits, names in ((is_bytes, _BYTES), (is_text, _PATHS)):
        found = [field.name for field in schema if fits(field.type)]
        named = [name for name in names if name in found]
        if named or len(found) == 1:
            return str((named or found)[0])
    raise UsageError(f"which column holds the pictures? Name it with --column: {', '.join(schema.names)[:200]}")


def _read(where: Place, path: str) -> bytes:
    return bytes(_tried(lambda: read(where.filesystem, path), where))


def _tried(get: Any, where: Place) -> Any:
    """What `get` returns; a storage that fails is asked again. Raises UnreadableInputError."""
    import pyarrow

    for number in range(_TRIES):
        try:
            return get()
        except FileNotFoundError:
            raise UnreadableInputError("there is no such file") from None
        except (pyarrow.ArrowException, ValueError):  # ValueError: a name with a null character
            raise UnreadableInputError("the file or row cannot be read") from None
        except OSError as error:
            if error.errno is None and is_local(where.filesystem):
                # Not the storage: what pyarrow says of damage inside of a file.
                raise UnreadableInputError("the Parquet file is damaged") from None
            failed = error
            time.sleep(_PAUSE * 2**number)
    raise UnreadableInputError(f"the storage fails to give the file: {reason(failed)}")
