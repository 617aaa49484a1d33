"""Places on any filesystem: what is listed, what is refused, and that a file is there as a whole or not at all."""

from pathlib import Path
from typing import Any

import pytest

from extractor.batch import files
from extractor.batch.files import StorageError, listed, names_in, place, read, write_whole
from extractor.errors import UnreadableInputError, UsageError

pytest.importorskip("pyarrow")
PICTURES = frozenset({".jpg", ".png"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.JPG", "a.png", "notes.txt", "deep/c.jpg", "deep/er/d.png", "[x]/e.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("", ["[x]/e.jpg", "a.png", "b.JPG", "deep/c.jpg", "deep/er/d.png"]),
        ("a.png", ["a.png"]),
        ("notes.txt", ["notes.txt"]),
        ("*.png", ["a.png"]),
        ("**/*.png", ["a.png", "deep/er/d.png"]),
        ("*/c.jpg", ["deep/c.jpg"]),
        ("[ab].*", ["a.png", "b.JPG"]),
        ("[!a].*", ["b.JPG"]),
    ],
)
@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_folder_a_file_or_a_pattern_is_listed(folder: Path, scheme: str, pattern: str, names: list[str]) -> None:
    where = place(f"{scheme}{folder}/{pattern}".rstrip("/"))
    assert sorted(listed(where, PICTURES)) == sorted(str(folder / name) for name in names)


@pytest.mark.parametrize("pattern", ["", "/**/*.png"])
def test_links_that_lead_in_a_circle_end(folder: Path, pattern: str) -> None:
    (folder / "deep" / "up").symlink_to(folder)
    (folder / "deep" / "er" / "up").symlink_to(folder / "deep")
    found = [path for path in listed(place(f"{folder}{pattern}"), PICTURES) if path.endswith(".png")]
    assert found == [str(folder / "a.png"), str(folder / "deep/er/d.png")]


def test_a_link_that_leads_nowhere_is_a_document_that_is_missing(folder: Path) -> None:
    (folder / "gone.png").symlink_to("nowhere.png")
    (folder / "loop.png").symlink_to("loop.png")
    for pattern in ("", "/*.png", "/**/*.png"):
        found = [Path(path).name for path in listed(place(f"{folder}{pattern}"), PICTURES)]
        assert {"gone.png", "loop.png"} <= set(found)
    with pytest.raises(FileNotFoundError):
        read(place(str(folder)).filesystem, str(folder / "gone.png"))


@pytest.mark.parametrize("pattern", ["", "/*", "/**/*", "/\udcff.png"])
def test_names_that_are_not_utf_8_are_listed_and_read(folder: Path, pattern: str) -> None:
    path = f"{folder}/\udcff.png"
    Path(path).write_bytes(b"found")
    where = place(f"{folder}{pattern}")
    assert path in listed(where, PICTURES)
    assert read(where.filesystem, path) == b"found"


def test_a_file_without_end_is_no_document(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 1 << 20)
    for scheme in ("", "file://"):
        with pytest.raises(UnreadableInputError, match="MiB"):
            read(place(f"{scheme}{folder}").filesystem, "/dev/zero")


def test_brackets_that_a_file_s_name_has_are_no_pattern(folder: Path) -> None:
    assert listed(place(f"{folder}/[x]/e.jpg"), PICTURES) == [str(folder / "[x]/e.jpg")]


@pytest.mark.parametrize("pattern", ["none.jpg", "*.gif", "deep/er/*.jpg"])
def test_nothing_to_list_is_an_error(folder: Path, pattern: str) -> None:
    with pytest.raises(StorageError):
        listed(place(f"{folder}/{pattern}"), PICTURES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s3://key:secret@bucket/scans",
        "nowhere://bucket/scans",
        "hdfs://",
        "s3://bu cket/x",
        "s3://[::1/x",
        "s3://\u2100/x",
    ],
)
def test_what_is_no_place_is_said_in_one_line_without_secrets(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        place(text)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_of_a_bucket_are_uris_again() -> None:
    where = place("s3://bucket/scans?region=eu-west-1&endpoint_override=localhost:1&scheme=http")
    assert where.path == "bucket/scans"
    assert where.name("bucket/scans/a.jpg") == "s3://bucket/scans/a.jpg"
    assert where.path_of("s3://bucket/scans/a.jpg") == "bucket/scans/a.jpg"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = place(str(tmp_path))
    write_whole(where.filesystem, where.inside("part"), b"old")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        write_whole(where.filesystem, where.inside("part"), b"new")
    assert (tmp_path / "part").read_bytes() == b"old"
    assert list(names_in(where)) == ["part"]
