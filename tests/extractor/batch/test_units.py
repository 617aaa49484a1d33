"""The input as units of work."""

import os
from pathlib import Path

import pytest

from extractor.batch.files import StorageError, place
from extractor.batch.units import Unit, UnitDocument, documents_of, split_page, units_of
from extractor.errors import UsageError

pa = pytest.importorskip("pyarrow")


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_every_file_is_a_document_and_every_row_of_a_parquet_file(tmp_path: Path) -> None:
    from pyarrow import parquet

    _touch(tmp_path, "a.jpg", "c.pdf")
    parquet.write_table(pa.table({"image": [b"1", b"2"]}), tmp_path / "b.parquet")
    names = [one.name.removeprefix(f"{tmp_path}/") for one in documents_of([str(tmp_path)], None)[0]]
    assert names == ["a.jpg", "b.parquet#0", "b.parquet#1", "c.pdf"]
    assert split_page("x/b.parquet#1") == ("x/b.parquet", 1)
    assert split_page("x/b#1.jpg") == ("x/b#1.jpg", None)


@pytest.mark.parametrize(
    ("group", "documents"),
    [
        ("sides", {"a/x": 2, "a/y": 3, "a/z.jpg": 1, "b/x": 2}),
        ("folder", {"a": 6, "b": 2}),
        (r".*/(\w)[^/]*", {"x": 4, "y": 3, "z": 1}),
    ],
)
def test_pages_of_one_document_are_found_by_their_names(tmp_path: Path, group: str, documents: dict[str, int]) -> None:
    _touch(tmp_path, "a/x_front.jpg", "a/x_Back.jpg", "a/y-1.png", "a/y-2.png", "a/y-p3.png", "a/z.jpg")
    _touch(tmp_path, "b/x recto.jpg", "b/x verso.jpg")
    (found,) = documents_of([str(tmp_path)], group)
    assert {one.name.removeprefix(f"{tmp_path}/"): len(one.pages) for one in found} == documents


def test_an_output_inside_of_an_input_is_no_part_of_it(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg", "read/part-0.parquet", "read/_attempts/x.png", "reading.png")
    (tmp_path / "link").symlink_to(tmp_path)
    for output in (tmp_path / "read", tmp_path / "link" / "read"):
        (found,) = documents_of([str(tmp_path / "link")], None, output=place(str(output)))
        assert [Path(one.name).name for one in found] == ["a.jpg", "reading.png"]


def test_an_input_inside_of_the_output_is_wrong_usage(tmp_path: Path) -> None:
    """Else nothing would be read, and nobody told."""
    _touch(tmp_path, "a.jpg", "scans/b.jpg")
    for text in ("", "scans", "*.jpg", "a.jpg"):
        with pytest.raises(UsageError, match="lies in the output"):
            documents_of([str(tmp_path / text)], None, output=place(str(tmp_path)))


def test_what_several_inputs_name_is_read_once(tmp_path: Path) -> None:
    _touch(tmp_path, "x_front.jpg", "x_back.jpg", "y/z.jpg")
    names = [str(tmp_path / name) for name in ("x_front.jpg", "y", "x_back.jpg", "", "y/../x_front.jpg", "y/z.jpg")]
    first, *others = documents_of(names, None)
    assert sorted(one.name.removeprefix(f"{tmp_path}/") for one in first) == ["x_back.jpg", "x_front.jpg", "y/z.jpg"]
    assert others == [[]] * 5
    grouped = documents_of(names, "sides")[0]
    assert {Path(one.name).name: len(one.pages) for one in grouped} == {"x": 2, "z.jpg": 1}
    apart = documents_of([str(tmp_path), f"file://{tmp_path}"], None)
    assert [len(own) for own in apart] == [3, 3], "names of another form are other names"


def test_a_group_that_found_nothing_in_a_name_is_the_page_itself(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg", "b.jpg")
    (found,) = documents_of([str(tmp_path)], r".*/()[^/]+")
    assert [len(one.pages) for one in found] == [1, 1]


@pytest.mark.parametrize("column", ["n", "nowhere", None])
def test_a_parquet_file_without_pictures_is_wrong_usage(tmp_path: Path, column: str | None) -> None:
    from pyarrow import parquet

    parquet.write_table(pa.table({"n": [1], "note": ["x"], "remark": ["y"]}), tmp_path / "b.parquet")
    with pytest.raises(UsageError, match=r"b\.parquet: "):
        documents_of([str(tmp_path / "b.parquet")], None, column=column)


@pytest.mark.parametrize("group", ["(", "no parentheses"])
def test_a_group_that_names_nothing_is_wrong_usage(tmp_path: Path, group: str) -> None:
    _touch(tmp_path, "a.jpg")
    with pytest.raises(UsageError):
        documents_of([str(tmp_path)], group)


def test_a_unit_travels_as_text_and_its_part_is_named_after_its_documents() -> None:
    one, two = UnitDocument("a.jpg", ("a.jpg",)), UnitDocument("b", ("b-1.jpg", "b-2.jpg"))
    units = list(units_of(3, [one, two, one], 2))
    assert [unit.documents for unit in units] == [(one, two), (one,)]
    assert Unit.unpacked(units[0].packed()) == units[0]
    assert units[0].part == Unit(0, (one, two)).part != units[1].part


def test_a_file_that_is_no_parquet_is_said_by_its_name(tmp_path: Path) -> None:
    _touch(tmp_path, "x.parquet")
    with pytest.raises(StorageError, match=r"x\.parquet is no Parquet file"):
        documents_of([str(tmp_path)], None)
    (tmp_path / "x.parquet").rename(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.parquet"))
    with pytest.raises(StorageError, match=r"\\xff\.parquet: rename it"):
        documents_of([str(tmp_path)], None)
