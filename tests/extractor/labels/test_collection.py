"""The label file of a collection of real pictures: what it says, and invalid lines."""

import json
from pathlib import Path
from typing import Any

import pytest

from extractor.labels.collection import is_label_file, load
from extractor.labels.files import LabelError

LINE: dict[str, Any] = {
    "file": "a.jpg", "doc_type": "id_card", "language": ["fr", "en"], "mrz": None, "mrz_format": None, "quality": [],
    "group": "g", "sha256": "00", "fields": {"surname": "DURAND"}, "fields_mrz_only": [],
}  # fmt: skip


def written(folder: Path, *lines: Any) -> Path:
    path = folder / "labels.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "expected"),
    [(LINE, True), ({"file": "a.jpg", "schema": "visa", "fields": {}}, False), ([1], False)],
)
def test_a_label_file_is_known_by_its_first_line(tmp_path: Path, line: Any, expected: bool) -> None:
    assert is_label_file(written(tmp_path, line)) is expected


def test_a_file_that_is_no_json_is_not_one(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text("file,value\n", encoding="utf-8")
    assert not is_label_file(path)


@pytest.mark.parametrize(
    ("quality", "capture"),
    [
        ([], "unknown"),
        (["glare"], "unknown"),
        (["photo", "glare"], "photo"),
        (["handheld"], "photo"),
        (["rotated90", "photo"], "rotated"),
        (["low_res"], "low_resolution"),
    ],
)
def test_quality_says_how_it_was_taken(tmp_path: Path, quality: list[str], capture: str) -> None:
    (specimen,) = load(written(tmp_path, LINE | {"quality": quality}))
    assert specimen.capture == capture


@pytest.mark.parametrize(
    ("zone", "kind"), [("TD1", "td1_card"), ("MRVB", "mrv_b_visa"), (None, "id_card"), ("FR36", "id_card")]
)
def test_the_kind_follows_the_zone(tmp_path: Path, zone: str | None, kind: str) -> None:
    (specimen,) = load(written(tmp_path, LINE | {"mrz_format": zone}))
    assert specimen.kind == kind


def test_a_name_in_the_native_script_is_the_name(tmp_path: Path) -> None:
    both = {"name": "KOVAL IVAN", "name_native": "КОВАЛЬ ІВАН"}
    first, second = load(written(tmp_path, LINE | {"fields": both}, LINE | {"fields": {"name": "LI MEI"}}))
    assert first.fields["name"] == "КОВАЛЬ ІВАН"
    assert second.fields["name"] == "LI MEI"


def test_pictures_lie_in_a_folder_of_their_own_or_beside(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").touch()
    inside, beside = load(written(tmp_path, LINE, LINE | {"file": "b.jpg", "language": []}))
    assert inside.path == tmp_path / "images" / "a.jpg"
    assert beside.path == tmp_path / "b.jpg"
    assert (inside.language, beside.language) == ("fr", "und")


def test_kinds_without_a_schema_are_left_out(tmp_path: Path) -> None:
    assert len(load(written(tmp_path, LINE, LINE | {"doc_type": "library_card"}))) == 1


def test_what_is_surely_blank_is_labelled_null(tmp_path: Path) -> None:
    (one,) = load(written(tmp_path, LINE | {"blank": ["address", "name_native", "shoe_size"]}))
    assert one.fields == {"surname": "DURAND", "address": None, "name": None}


def test_alternatives_are_held_as_the_schema_holds_values(tmp_path: Path) -> None:
    """A nationality in two languages has no form of its own, but each of its readings has; the first is the label."""
    fields = {"surname": "IVANOVA", "nationality": "БЪЛГАРИЯ/BGR or so", "sex": "F"}
    alternatives = {
        "surname": ["ИВАНОВА"], "name_native": ["ИВАНОВА А"], "nationality": ["Ruritania", "BGR"],
        "document_number": ["123"], "shoe_size": ["42"], "sex": ["?"],
    }  # fmt: skip
    (one,) = load(written(tmp_path, LINE | {"fields": fields, "alternatives": alternatives}))
    assert one.alternatives == {
        "surname": ("ИВАНОВА",), "name": ("ИВАНОВА А",), "nationality": ("BGR",), "document_number": ("123",),
    }  # fmt: skip
    assert one.fields == {"surname": "IVANOVA", "nationality": "BGR", "sex": "F"}
    assert not one.labelled("document_number"), "a value may stand there, nobody says that it must"


def test_a_kind_without_a_schema_may_count_as_another(tmp_path: Path) -> None:
    line = LINE | {"doc_type": "other_id", "alternatives": {"doc_type": ["library_card", "passport"]}}
    assert [one.schema for one in load(written(tmp_path, line))] == ["passport"]


@pytest.mark.parametrize("line", ["not json", json.dumps({"file": "a"}), "[]", json.dumps(LINE | {"fields": 3})])
def test_a_broken_line_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, LINE)
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
    with pytest.raises(LabelError, match=r"line 3: (no label of this collection|not a JSON object)"):
        load(path)
