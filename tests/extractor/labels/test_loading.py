"""Layouts of labelled pictures, each recognised by the folder's contents."""

import json
from pathlib import Path

import pytest

from extractor.labels import DatasetError, load_dataset
from extractor.labels.format import LABEL_FILE, Specimen, check_fields, save_labels


def test_our_own_format_from_any_folder(tmp_path: Path) -> None:
    save_labels([Specimen(tmp_path / "a.jpg", "visa", {"entries": "1"})], tmp_path)
    assert load_dataset(tmp_path) == load_dataset(tmp_path / LABEL_FILE)
    assert load_dataset(str(tmp_path))[0].fields == {"entries": "1"}


def test_a_folder_without_labels_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no known layout"):
        load_dataset(tmp_path)
    with pytest.raises(DatasetError, match="there is no folder"):
        load_dataset(tmp_path / "nowhere")


COLLECTION = {
    "file": "card.png", "doc_type": "cn_id_card", "country": "CHN", "language": ["zh-Hans"], "mrz": None,
    "mrz_format": None, "quality": ["rotated180", "front_side"], "group": "g1", "sha256": "00",
    "fields": {"name": "章衡", "sex": "男", "birth_date": "1969-08-14", "issuing_country": "CHN"},
    "fields_mrz_only": [],
}  # fmt: skip


def test_the_collection_of_real_specimens(tmp_path: Path) -> None:
    passport = COLLECTION | {
        "file": "p.jpg", "doc_type": "passport", "language": ["uk", "en"], "quality": ["lowres"],
        "fields": {
            "surname": "KOVAL", "name_native": "КОВАЛЬ ІВАН", "nationality": "УКРАЇНА/UKRAINE", "birth_year": "1988",
        },
        "fields_mrz_only": ["birth_year"], "mrz": ["P<UKRKOVAL<<IVAN"], "mrz_format": "TD3",
    }  # fmt: skip
    skipped = COLLECTION | {"doc_type": "not_id", "fields": {}}
    lines = [COLLECTION, passport, skipped]
    (tmp_path / LABEL_FILE).write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    card, book = load_dataset(tmp_path)
    assert (card.schema, card.language, card.capture, card.group) == ("chinese_id_card", "zh-Hans", "rotated", "g1")
    assert card.fields["sex"] == "M"
    assert card.printed["sex"] == "男"
    assert not card.labelled("address")
    assert (book.schema, book.kind, book.capture) == ("passport", "td3_passport", "low_resolution")
    assert book.fields["name"] == "КОВАЛЬ ІВАН"
    assert book.fields["nationality"] == "UKR"
    assert book.fields["birth_date"] == "1988"
    assert book.mrz_only == {"birth_date"}
    assert book.fields["mrz"] == ["P<UKRKOVAL<<IVAN"]


def test_a_driving_licence_and_a_state_nobody_knows(tmp_path: Path) -> None:
    line = COLLECTION | {"doc_type": "driver_license", "fields": {"nationality": "Ruritanian", "sex": "F"}}
    (tmp_path / LABEL_FILE).write_text(json.dumps(line), "utf-8")
    (licence,) = load_dataset(tmp_path)
    assert licence.schema == "driving_licence"
    assert not licence.labelled("nationality")
    assert licence.printed["nationality"] == "Ruritanian"


@pytest.mark.specimens
def test_the_collection_itself_loads_whole(specimens_dir: Path) -> None:
    specimens = load_dataset(specimens_dir)
    assert len(specimens) >= 180
    assert sum(None in one.fields.values() for one in specimens) > 50
    assert sum(bool(one.alternatives) for one in specimens) > 30
    for specimen in specimens:
        check_fields(specimen.schema, specimen.fields)
        assert specimen.path.is_file()
        lost = set(specimen.printed) - set(specimen.fields)
        # One specimen prints a zone with a line of 45 characters, which no schema holds.
        assert lost <= {"nationality", "issuing_country", "mrz"}, specimen.path.name


DOCXPAND = {
    "info": {"name": "tiny"},
    "documents": [
        {
            "_id": "d1",
            "filename": "d1.jpg",
            "annotations": [
                {
                    "template": "PP_TD3_A-front",
                    "position": {},
                    "fields": {
                        "front": {
                            "family_name": {"type": "text", "value": "DURAND", "position": None},
                            "given_name": {"type": "text", "value": ["JEAN,", "PAUL"], "position": None},
                            "birth_date": {"type": "text", "value": "02.03.1980", "position": None},
                            "gender": {"type": "text", "value": "M", "position": None},
                            "country_code": {"type": "text", "value": "GAL", "position": None},
                            "authority": {"type": "text", "value": None, "position": None},
                            "eyes_color": {"type": "text", "value": "BLEUE", "position": None},
                            "mrz": {
                                "type": "text",
                                "value": ["P<GALDURAND<<JEAN<PAUL<<<<<<<<<<<<<<<<<<<<<<", "AB1C2DE34"],
                                "position": {f"p{i}": {"x": x, "y": y} for i, (x, y) in
                                             enumerate([(0.1, 0.8), (0.9, 0.8), (0.9, 0.9), (0.1, 0.9)], 1)},
                            },
                        }
                    },
                }
            ],
        }
    ],
}  # fmt: skip


def test_docxpand(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "images").mkdir()
    Image.new("RGB", (200, 100)).save(tmp_path / "images" / "d1.jpg")
    (tmp_path / "test_labels.json").write_text(json.dumps(DOCXPAND), "utf-8")
    (specimen,) = load_dataset(tmp_path)
    assert (specimen.schema, specimen.kind, specimen.language) == ("passport", "td3_passport", "fr")
    assert specimen.path == tmp_path / "images" / "d1.jpg"
    assert specimen.fields["surname"] == "DURAND"
    assert specimen.fields["given_names"] == "JEAN, PAUL"
    assert specimen.fields["birth_date"] == "1980-03-02"
    assert specimen.fields["sex"] == "M"
    assert specimen.fields["authority"] is None
    assert specimen.printed["mrz"].count("\n") == 1
    assert specimen.boxes["mrz"] == (((20.0, 80.0), (180.0, 80.0), (180.0, 90.0), (20.0, 90.0)),)
    # Its states are made up: no code of ours, so not labelled.
    assert not specimen.labelled("issuing_country")
