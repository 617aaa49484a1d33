"""Bytes of pages from files and from Parquet files."""

import os
from pathlib import Path
from typing import Any

import pytest

from extractor.batch import pictures
from extractor.batch.pictures import Pictures, picture_column
from extractor.errors import UnreadableInputError, UsageError

pa = pytest.importorskip("pyarrow")
VALUES = [bytes([number]) * 3 for number in range(50)]


def _parquet(path: Path, columns: dict[str, Any]) -> str:
    from pyarrow import parquet

    parquet.write_table(pa.table(columns), path, row_group_size=7)
    return str(path)


@pytest.mark.parametrize(
    "columns",
    [
        {"id": list(range(50)), "image": VALUES},
        {"anything": VALUES},
        {"label": ["x"] * 50, "image": [{"bytes": value, "path": None} for value in VALUES]},
        {"path": [f"pages/{number}.bin" for number in range(50)]},
    ],
    ids=["bytes", "the only bytes", "hugging face", "paths beside the file"],
)
@pytest.mark.parametrize("rows", [range(50), [49, 3, 3, 20, 19]], ids=["in order", "in any"])
def test_rows_give_their_pictures(tmp_path: Path, columns: dict[str, Any], rows: Any) -> None:
    (tmp_path / "pages").mkdir()
    for number, value in enumerate(VALUES):
        (tmp_path / "pages" / f"{number}.bin").write_bytes(value)
    file = _parquet(tmp_path / "people.parquet", columns)
    fetched = Pictures(file)
    assert [fetched.fetch(f"{file}#{row}") for row in rows] == [VALUES[row] for row in rows]


@pytest.mark.parametrize("value", [None, "", "missing.jpg", "nowhere://x/y", "s3://[::1/x", "a\0b", "x" * 5000])
def test_a_row_without_a_picture_is_an_unreadable_document(tmp_path: Path, value: str | None) -> None:
    file = _parquet(tmp_path / "people.parquet", {"path": pa.array([value], pa.string())})
    with pytest.raises(UnreadableInputError):
        Pictures(file).fetch(f"{file}#0")


def test_a_damaged_parquet_file_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _parquet(tmp_path / "people.parquet", {"image": [os.urandom(500)] * 3})
    data = bytearray(Path(file).read_bytes())
    data[20:60] = bytes(40)
    Path(file).write_bytes(data)
    monkeypatch.setattr(pictures.time, "sleep", lambda _: pytest.fail("it waits"))
    with pytest.raises(UnreadableInputError, match=r"damaged|cannot be read"):
        Pictures(file).fetch(f"{file}#0")


def test_a_column_is_named_where_several_could_be_meant() -> None:
    schema = pa.schema([("front", pa.binary()), ("back", pa.binary()), ("n", pa.int32())])
    assert picture_column(schema, "back") == "back"
    for wanted in (None, "n", "none"):
        with pytest.raises(UsageError):
            picture_column(schema, wanted)
    with pytest.raises(UsageError):
        picture_column(pa.schema([("image", pa.binary())] * 2), "image")


def test_a_storage_that_fails_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x")
    failures = [OSError(5, "Input/output error"), OSError(5, "Input/output error")]

    def read(filesystem: Any, path: str) -> bytes:
        if failures:
            raise failures.pop()
        return b"x"

    monkeypatch.setattr(pictures, "_PAUSE", 0.0)
    monkeypatch.setattr(pictures, "read", read)
    assert Pictures(str(path)).fetch(str(path)) == b"x"
    failures += [OSError(5, "Input/output error")] * 3
    with pytest.raises(UnreadableInputError, match="Input/output error"):
        Pictures(str(path)).fetch(str(path))
