"""Label files of other programs, and pictures that labels may not name."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from extractor.labels import load_dataset
from extractor.labels.files import LabelError, json_lines
from extractor.labels.format import LABEL_FILE

OURS = {"file": "a.png", "schema": "visa", "fields": {"surname": "DURAND"}}
COLLECTION = {"file": "a.png", "doc_type": "visa", "fields": {"surname": "DURAND"}}


def written(folder: Path, *lines: Any, start: bytes = b"", end: str = "\n") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / LABEL_FILE
    path.write_bytes(start + "".join(json.dumps(line, ensure_ascii=False) + end for line in lines).encode())
    return path


@pytest.mark.parametrize("label", [OURS, COLLECTION], ids=["ours", "collection"])
@pytest.mark.parametrize(("start", "end"), [(b"\xef\xbb\xbf", "\r\n"), (b"\xef\xbb\xbf\n\n", "\n")])
def test_files_as_windows_saves_them(tmp_path: Path, label: Any, start: bytes, end: str) -> None:
    written(tmp_path, label, label | {"file": "b.png"}, start=start, end=end)
    assert [one.fields["surname"] for one in load_dataset(tmp_path)] == ["DURAND", "DURAND"]


def test_only_line_feeds_end_a_line(tmp_path: Path) -> None:
    """A value may hold U+2028, U+0085 and the like, which JSON does not escape."""
    path = written(tmp_path, {"a": "x\u2028y\x85z"}, {"b": 1})
    assert list(json_lines(path)) == [(1, {"a": "x\u2028y\x85z"}), (2, {"b": 1})]


@pytest.mark.parametrize(
    "content", ["{}".encode("utf-16"), b"\xff\xfe\x00", b'{"file": "\xe9"}', b"[" * 100_000, b"1" * 10_000, b"null"]
)
def test_what_is_no_label_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LABEL_FILE).write_bytes(content)
    with pytest.raises(LabelError) as raised:
        load_dataset(tmp_path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("label", [OURS, COLLECTION], ids=["ours", "collection"])
@pytest.mark.parametrize("name", ["../b.png", "sub/../../b.png", "/etc/hostname", "", "a\0b", 5, None, ["a.png"]])
def test_labels_name_pictures_of_their_own_folder(tmp_path: Path, label: Any, name: Any) -> None:
    (tmp_path / "b.png").touch()
    written(tmp_path / "set", label | {"file": name})
    with pytest.raises(LabelError, match="line 1: `file`"):
        load_dataset(tmp_path / "set")


@pytest.mark.parametrize("label", [OURS, COLLECTION], ids=["ours", "collection"])
def test_a_link_that_leads_elsewhere_is_refused(tmp_path: Path, label: Any) -> None:
    (tmp_path / "b.png").touch()
    written(tmp_path / "set", label)
    os.symlink(tmp_path / "b.png", tmp_path / "set" / "a.png")
    with pytest.raises(LabelError, match="outside the folder"):
        load_dataset(tmp_path / "set")


def test_a_folder_of_links_is_refused_in_other_layouts_too(tmp_path: Path) -> None:
    document = {"filename": "d1.jpg", "annotations": [{"template": "PP_TD3_A", "fields": {"front": {}}}]}
    root, elsewhere = tmp_path / "set", tmp_path / "elsewhere"
    root.mkdir()
    elsewhere.mkdir()
    (elsewhere / "d1.jpg").touch()
    os.symlink(elsewhere / "d1.jpg", root / "d1.jpg")
    table = {"documents": [document | {"annotations": [{"template": "PP_TD3_A", "fields": {"front": {"x": {}}}}]}]}
    (root / "labels.json").write_text(json.dumps(table))
    with pytest.raises(LabelError, match="outside the folder"):
        load_dataset(root)


@pytest.mark.parametrize(
    "wrong",
    [{"language": 5}, {"kind": [1]}, {"boxes": [1]}, {"fields": 3}, {"schema": 1}, {"alternatives": {"sex": 1}}],
)
def test_values_of_another_type_are_one_line(tmp_path: Path, wrong: Any) -> None:
    written(tmp_path, OURS | wrong)
    with pytest.raises(LabelError, match="line 1"):
        load_dataset(tmp_path)
