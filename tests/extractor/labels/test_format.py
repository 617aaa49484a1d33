"""The label format: three states of a field, values as their schema holds them, errors that hold no values."""

import json
from pathlib import Path

import pytest

from extractor.labels.format import (
    LABEL_FILE,
    LabelError,
    Specimen,
    check_fields,
    file_digest,
    load_labels,
    save_labels,
    script_group,
)

from ...tables import each

FIELDS = {"surname": "LEFÈVRE", "given_names": "ÉLODIE", "birth_date": "1974-08-12", "sex": "F", "address": None}


def _specimen(folder: Path, **changes: object) -> Specimen:
    values = {
        "path": folder / "a.png",
        "schema": "passport",
        "fields": FIELDS,
        "kind": "td3_passport",
        "language": "fr",
        "capture": "photo",
        "printed": {"birth_date": "12 08 1974"},
        "boxes": {"surname": (((1.0, 2.0), (9.0, 2.0), (9.0, 5.0), (1.0, 5.0)),)},
        "mrz_only": frozenset({"sex"}),
        "pool": "evaluation",
        "template": "fra_passport/passport_x",
        "seed": 7,
        "group": "g",
        "quality": ("glare",),
    } | changes
    return Specimen(**values)  # type: ignore[arg-type]


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")
    specimen = _specimen(tmp_path, sha256=file_digest(tmp_path / "a.png"))
    path = save_labels([specimen], tmp_path)
    assert path.name == LABEL_FILE
    assert load_labels(path) == [specimen]
    assert "LEFÈVRE" in path.read_text("utf-8")


def test_a_field_is_a_value_or_null_or_not_labelled(tmp_path: Path) -> None:
    specimen = load_labels(save_labels([_specimen(tmp_path)], tmp_path))[0]
    assert specimen.fields["surname"] == "LEFÈVRE"
    assert specimen.labelled("address")
    assert specimen.fields["address"] is None
    assert not specimen.labelled("authority")
    document = specimen.document()
    assert document.authority is None  # type: ignore[attr-defined]


def test_keys_that_say_nothing_are_left_out(tmp_path: Path) -> None:
    bare = Specimen(tmp_path / "b.png", "visa", {"entries": "MULT"})
    line = json.loads(save_labels([bare], tmp_path).read_text("utf-8"))
    assert line == {
        "file": "b.png", "schema": "visa", "kind": "", "language": "und", "capture": "unknown",
        "fields": {"entries": "MULT"},
    }  # fmt: skip
    assert load_labels(tmp_path / LABEL_FILE) == [bare]


@each(
    ("fields", "named"),
    [
        ({"birth_date": "12.08.1974"}, "birth_date"),
        ({"nationality": "Française"}, "nationality"),
        ({"sex": "w"}, "sex"),
        ({"shoe_size": "42"}, "shoe_size"),
        ({"surname": " LEFÈVRE "}, "surname"),
        ({"mrz": ["p<fra"]}, "mrz"),
    ],
)
def test_values_that_the_schema_would_not_hold_so_are_refused_without_being_told(
    fields: dict[str, object], named: str
) -> None:
    with pytest.raises(LabelError, match=named) as raised:
        check_fields("passport", fields)
    assert str(next(iter(fields.values()))).strip() not in str(raised.value)


def test_an_unknown_schema_is_refused() -> None:
    with pytest.raises(LabelError, match="library_card"):
        check_fields("library_card", {})


@pytest.mark.parametrize(
    "line",
    [
        "{",
        '{"file": "a.png"}',
        '{"file": "a.png", "schema": "visa", "fields": {"sex": "?"}}',
        '{"file": "a.png", "file": "b.png", "schema": "visa", "fields": {}}',
        '{"file": "a.png", "schema": "visa", "fields": {"surname": "\\ud800"}}',
        '{"file": "a.png", "schema": "visa", "fields": []}',
        *(
            f'{{"file": "a.png", "schema": "visa", "fields": {{}}, {rest}}}'
            for rest in (
                '"boxes": {"sex": [[[NaN, 0], [1, 0], [1, 1], [0, 1]]]}',
                '"boxes": {"sex": [[[1e999, 0], [1, 0], [1, 1], [0, 1]]]}',
                '"printed": {"sex": 5}',
                '"quality": "blurred"',
                '"pool": ["train"]',
                '"seed": "1"',
                '"boxes": {"sex": [[[0, 0], [1, 0], [1, 1]]]}',
                '"boxes": {"shoe_size": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}',
                '"mrz_only": "sex"',
                '"mrz_only": ["shoe_size"]',
                '"alternatives": {"surname": "SMITH"}',
            )
        ),
    ],
)
def test_a_broken_line_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / LABEL_FILE
    good = json.dumps({"file": "b.png", "schema": "visa", "fields": {}})
    path.write_text(f"{good}\n\n{line}\n", "utf-8")
    with pytest.raises(LabelError, match="line 3"):
        load_labels(path)


def test_a_picture_that_is_labelled_twice_is_named_by_its_line(tmp_path: Path) -> None:
    save_labels([_specimen(tmp_path), _specimen(tmp_path)], tmp_path)
    with pytest.raises(LabelError, match="line 2: its picture has a label already"):
        load_labels(tmp_path / LABEL_FILE)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="cannot be read"):
        load_labels(tmp_path / LABEL_FILE)


@each(
    ("language", "group"),
    [
        ("fr", "Latin script"),
        ("pt-BR", "Latin script"),
        ("zh-Hant", "other scripts"),
        ("ru", "other scripts"),
        ("sr-Cyrl", "other scripts"),
        ("sr-Latn", "Latin script"),
        ("az-Cyrl-AZ", "other scripts"),
        ("und", "unknown script"),
        ("und-Latn", "Latin script"),
    ],
)
def test_the_script_that_a_language_tag_says(language: str, group: str) -> None:
    assert script_group(language) == group
