"""DocXPand-25k: names, sides, blanks and positions as it is published."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from extractor.labels import docxpand
from extractor.labels.docxpand import is_docxpand, load
from extractor.labels.files import LabelError

CORNERS = {f"p{n}": {"x": x, "y": y} for n, (x, y) in enumerate([(0.1, 0.2), (0.3, 0.2), (0.3, 0.4), (0.1, 0.4)], 1)}


def document(template: str = "ID_CARD_TD1_A-front", **fields: Any) -> dict[str, Any]:
    entries = {name: {"type": "text", "value": value, "position": CORNERS} for name, value in fields.items()}
    return {"_id": "x1", "filename": "x1.jpg", "annotations": [{"template": template, "fields": {"front": entries}}]}


@pytest.fixture(autouse=True)
def fresh() -> None:
    docxpand._pictures.cache_clear()


def written(folder: Path, *documents: dict[str, Any]) -> Path:
    (folder / "labels.json").write_text(json.dumps({"documents": list(documents)}), encoding="utf-8")
    return folder


def test_it_is_known_by_what_its_file_begins_with(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"images": []}', encoding="utf-8")
    assert not is_docxpand(tmp_path)
    assert is_docxpand(written(tmp_path, document()))


@pytest.mark.parametrize(
    ("template", "schema", "kind", "language"),
    [
        ("ID_CARD_TD1_A-front", "id_card", "td1_card", "de"),
        ("ID_CARD_TD2_B-back", "id_card", "td2_card", "es"),
        ("PP_TD3_C-front", "passport", "td3_passport", "nl"),
        ("RP_CARD_TD2-front", "residence_permit", "residence_permit", "it"),
        ("PP_TD3_Z-front", "passport", "td3_passport", "und"),
    ],
)
def test_the_template_says_what_it_is(tmp_path: Path, template: str, schema: str, kind: str, language: str) -> None:
    (one,) = load(written(tmp_path, document(template, family_name="A")))
    assert (one.schema, one.kind, one.language, one.group) == (schema, kind, language, "x1")


def test_templates_of_other_kinds_and_empty_sides_are_left_out(tmp_path: Path) -> None:
    empty = {"_id": "x", "filename": "x.jpg", "annotations": [{"template": "PP_TD3_A-front", "fields": {}}]}
    assert load(written(tmp_path, document("INVOICE_A-front", family_name="A"), empty)) == []


def test_blanks_are_null_and_have_no_box(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    Image.new("RGB", (200, 100)).save(tmp_path / "images" / "x1.jpg")
    (one,) = load(written(tmp_path, document(family_name="DURAND", authority=None, eyes_color="BLUE")))
    assert one.fields == {"surname": "DURAND", "authority": None}
    assert one.boxes == {"surname": (((20.0, 20.0), (60.0, 20.0), (60.0, 40.0), (20.0, 40.0)),)}
    assert one.path == tmp_path / "images" / "x1.jpg"


def test_a_picture_that_is_not_there_has_no_boxes(tmp_path: Path) -> None:
    (one,) = load(written(tmp_path, document(family_name="DURAND")))
    assert one.boxes == {}
    assert one.path == tmp_path / "x1.jpg"


def test_a_file_of_another_form_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text('{"documents": [{"template": 3}]}', encoding="utf-8")
    with pytest.raises(LabelError, match=r"labels\.json: not a DocXPand label file"):
        load(tmp_path)
