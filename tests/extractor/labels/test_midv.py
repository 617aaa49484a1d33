"""MIDV-500, MIDV-2019 and MIDV-2020, on trees of their shape."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from extractor.labels import load_dataset
from extractor.labels.files import LabelError

ZONE = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]


def _quad(x: float, y: float, w: float = 40, h: float = 8) -> list[list[float]]:
    return [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]


@pytest.fixture
def midv_500(tmp_path: Path) -> Path:
    folder = tmp_path / "05_aze_passport"
    for kind in ("images", "ground_truth"):
        (folder / kind / "TS").mkdir(parents=True)
        (folder / kind / "PS").mkdir()
    Image.new("RGB", (200, 140)).save(folder / "images" / "05_aze_passport.tif")
    values = {
        "field01": {"value": "Eriksson", "quad": _quad(60, 20)},
        "field02": {"value": "Anna Maria", "quad": _quad(60, 30)},
        "field03": {"value": "12.08.1974", "quad": _quad(60, 40)},
        "field04": {"value": "15.04.2012", "quad": _quad(60, 60)},
        "field05": {"value": "16.04.2002", "quad": _quad(60, 50)},
        "field06": {"value": "L898902C3", "quad": _quad(120, 10)},
        "field07": {"value": "Zenith", "quad": _quad(60, 70)},
        "field08": {"value": ZONE[1], "quad": _quad(5, 125, 190)},
        "field09": {"value": ZONE[0], "quad": _quad(5, 112, 190)},
        "photo": {"quad": _quad(5, 20)},
    }
    (folder / "ground_truth" / "05_aze_passport.json").write_text(json.dumps(values), "utf-8")
    frames = {
        "TS05_01": [[100, 50], [300, 50], [300, 190], [100, 190]],
        "PS05_01": [[-60, 50], [140, 50], [140, 190], [-60, 190]],
    }
    for name, quad in frames.items():
        part = name[:2]
        Image.new("RGB", (360, 240)).save(folder / "images" / part / f"{name}.tif")
        (folder / "ground_truth" / part / f"{name}.json").write_text(json.dumps({"quad": quad}), "utf-8")
    return tmp_path


def test_midv_500_names_what_names_itself(midv_500: Path) -> None:
    partial, whole = load_dataset(midv_500)
    assert (whole.schema, whole.kind, whole.language, whole.capture) == ("passport", "aze_passport", "az", "photo")
    assert whole.quality == ("table",)
    assert whole.fields == {
        "issuing_country": "AZE",
        "surname": "Eriksson",
        "given_names": "Anna Maria",
        "birth_date": "1974-08-12",
        "issue_date": "2002-04-16",
        "expiry_date": "2012-04-15",
        "document_number": "L898902C3",
        "mrz": ZONE,
    }
    assert whole.boxes["surname"][0][0] == pytest.approx((160, 70))
    assert len(whole.boxes["mrz"]) == 2
    assert partial.group == whole.group


def test_midv_500_leaves_out_what_lies_beyond_the_frame(midv_500: Path) -> None:
    partial = load_dataset(midv_500)[0]
    assert partial.quality == ("partial",)
    assert not partial.labelled("mrz")
    assert not partial.labelled("surname") or partial.boxes["surname"][0][0][0] >= 0
    assert partial.labelled("document_number")


def test_midv_500_fields_can_be_named_by_a_file(midv_500: Path) -> None:
    (midv_500 / "fields.json").write_text(json.dumps({"05_aze_passport": {"field07": "place_of_birth"}}), "utf-8")
    assert load_dataset(midv_500)[1].fields["place_of_birth"] == "Zenith"


def test_broken_ground_truth_is_named(midv_500: Path) -> None:
    (midv_500 / "05_aze_passport" / "ground_truth" / "TS" / "TS05_01.json").write_text("{", "utf-8")
    with pytest.raises(LabelError, match=r"TS05_01\.json"):
        load_dataset(midv_500)
    for content in ("[]", '{"quad": 5}'):
        (midv_500 / "05_aze_passport" / "ground_truth" / "TS" / "TS05_01.json").write_text(content, "utf-8")
        with pytest.raises(LabelError):
            load_dataset(midv_500)


def _region(name: str, value: str, shape: dict[str, Any] | None = None) -> dict[str, Any]:
    rect = {"name": "rect", "x": 10, "y": 20, "width": 30, "height": 5}
    return {"shape_attributes": shape or rect, "region_attributes": {"field_name": name, "value": value}}


@pytest.fixture
def midv_2020(tmp_path: Path) -> Path:
    regions = [
        _region("surname", "ΠΑΠΑΣ"), _region("surname_eng", "PAPAS"), _region("name", "ΝΙΚΟΣ"),
        _region("name_eng", "NIKOS"), _region("birth_date", "02.03.1980"), _region("gender", "M"),
        _region("number", "AE1234567"), _region("nationality", "ΕΛΛΗΝΙΚΗ"), _region("nationality_eng", "HELLENIC"),
        _region("mrz_line0", ZONE[0]), _region("mrz_line1", ZONE[1]), _region("face", ""),
    ]  # fmt: skip
    four = {"name": "polygon", "all_points_x": [1, 9, 9, 1], "all_points_y": [2, 2, 6, 6]}
    annotations = {
        "templates": {"_via_img_metadata": {"00.jpg1": {"filename": "00.jpg", "regions": regions}}},
        "photo": {"_via_img_metadata": {"00.jpg2": {"filename": "00.jpg", "regions": [
            _region("doc_quad", "", four), _region("surname_eng", "", four)]}}},
    }  # fmt: skip
    for part, table in annotations.items():
        (tmp_path / part / "images" / "grc_passport").mkdir(parents=True)
        (tmp_path / part / "annotations").mkdir()
        Image.new("RGB", (60, 40)).save(tmp_path / part / "images" / "grc_passport" / "00.jpg")
        (tmp_path / part / "annotations" / "grc_passport.json").write_text(json.dumps(table), "utf-8")
    return tmp_path


def test_midv_2020(midv_2020: Path) -> None:
    template, photo = load_dataset(midv_2020)
    assert (template.capture, photo.capture) == ("clean", "photo")
    for specimen in (template, photo):
        assert (specimen.schema, specimen.language) == ("passport", "el")
        assert specimen.fields["surname"] == "PAPAS"
        assert specimen.fields["given_names"] == "NIKOS"
        assert specimen.fields["name"] == "ΠΑΠΑΣ ΝΙΚΟΣ"
        assert specimen.fields["birth_date"] == "1980-03-02"
        assert specimen.fields["nationality"] == "GRC"
        assert specimen.fields["issuing_country"] == "GRC"
        assert specimen.fields["mrz"] == ZONE
        assert specimen.group == "grc_passport/00"
    assert template.boxes["birth_date"] == (((10.0, 20.0), (40.0, 20.0), (40.0, 25.0), (10.0, 25.0)),)
    assert photo.boxes == {"surname": (((1.0, 2.0), (9.0, 2.0), (9.0, 6.0), (1.0, 6.0)),)}


def test_midv_2020_in_its_own_folder(midv_2020: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outer = tmp_path_factory.mktemp("outer")
    midv_2020.rename(outer / "dataset")
    assert len(load_dataset(outer)) == 2
