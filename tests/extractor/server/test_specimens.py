"""Corrected readings become labelled specimens that the evaluation suite reads."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from extractor.labels import load_dataset
from extractor.server.problems import Problem
from extractor.server.specimens import count_specimens, save_specimens
from extractor.server.uploads import File

from .services import Running
from .test_routes import kind_of


def picture(colour: str = "white") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (80, 50), colour).save(buffer, "PNG")
    return buffer.getvalue()


def label(**given: Any) -> dict[str, Any]:
    return {
        "schema": "passport",
        "fields": {"surname": "ERIKSSON", "birth_date": "1974-08-12", "address": None},
    } | given


BOX = [[1, 2], [30, 2], [30, 9], [1, 9]]


def test_the_evaluation_suite_reads_what_was_saved(tmp_path: Path) -> None:
    saved = label(language="fr", capture="photo", boxes={"surname": [BOX]})
    save_specimens(tmp_path / "mine", [File("holiday of Anna.png", picture())], [saved])
    (specimen,) = load_dataset(tmp_path / "mine")
    assert specimen.path.read_bytes() == picture()
    assert dict(specimen.fields) == {"surname": "ERIKSSON", "birth_date": "1974-08-12", "address": None}
    assert (specimen.schema, specimen.language, specimen.capture) == ("passport", "fr", "photo")
    assert "surname" in specimen.boxes


def test_both_sides_of_a_card_belong_together(tmp_path: Path) -> None:
    files = [File("front", picture("white")), File("back", picture("grey"))]
    labels = [{"schema": "id_card", "fields": {"surname": "A"}}, {"schema": "id_card", "fields": {"address": "B"}}]
    first, second = save_specimens(tmp_path, files, labels)
    assert first["group"] == second["group"]
    assert len(load_dataset(tmp_path)) == 2


def test_saving_again_replaces_the_label(tmp_path: Path) -> None:
    save_specimens(tmp_path, [File("a", picture())], [label()])
    save_specimens(tmp_path, [File("b", picture("red"))], [label()])
    save_specimens(tmp_path, [File("a", picture())], [label(fields={"surname": "ERICSON"})])
    assert count_specimens(tmp_path) == 2
    assert sorted(dict(one.fields)["surname"] for one in load_dataset(tmp_path)) == ["ERICSON", "ERIKSSON"]


def test_names_of_people_do_not_become_names_of_files(tmp_path: Path) -> None:
    (line,) = save_specimens(tmp_path, [File("Anna Eriksson.png", picture())], [label()])
    assert line["file"] == f"{line['sha256'][:24]}.png"
    assert not any("Eriksson" in str(path) for path in tmp_path.rglob("*"))


def test_lines_of_others_are_kept(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text('{"file": "theirs.png"}\nnot json\n', encoding="utf-8")
    save_specimens(tmp_path, [File("a", picture())], [label()])
    assert (tmp_path / "labels.jsonl").read_text(encoding="utf-8").startswith('{"file": "theirs.png"}\nnot json\n')


def test_values_are_normalised_as_the_schema_does(tmp_path: Path) -> None:
    (line,) = save_specimens(tmp_path, [File("a", picture())], [label(fields={"surname": "  Eriksson ", "sex": "M"})])
    assert line["fields"]["sex"] == "M"
    assert line["fields"]["surname"] == line["fields"]["surname"].strip()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (label(fields={"birth_date": "12 August"}), "birth_date"),
        (label(fields={"birth_date": "1974-13-45", "sex": "Q"}), "birth_date, sex"),
        (label(fields={"shoe_size": 43}), "a name that the schema lacks"),
        (label(fields={}), "`fields`"),
        (label(fields=None), "`fields`"),
        (label(schema="library_card"), "`schema`"),
        (label(schema=["passport"]), "`schema`"),
        (label(capture="drawing"), "`capture`"),
        (label(language="../.."), "`language`"),
        (label(language=7), "`language`"),
        (label(sha256="0"), "keys"),
        (label(boxes={"surname": [[[1, 2]]]}), "four corners"),
        (label(boxes={"sex": [BOX]}), "`boxes`"),
        (label(boxes={"surname": [[[1, "nan"]] * 4]}), "`boxes`"),
        (label(boxes={"surname": 5}), "`boxes`"),
        (label(boxes={"surname": [[[1e300, 1]] * 4]}), "`boxes`"),
    ],
)
def test_labels_that_do_not_fit_are_named_and_not_written(tmp_path: Path, wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(Problem) as caught:
        save_specimens(tmp_path / "mine", [File("a", picture())], [wrong])
    assert caught.value.kind == "invalid-label"
    assert named in caught.value.detail
    assert "12 August" not in caught.value.detail, "a value is personal data"
    assert not (tmp_path / "mine").exists()


def test_a_folder_that_cannot_be_written_to_keeps_its_label_file(tmp_path: Path, monkeypatch: Any) -> None:
    save_specimens(tmp_path, [File("a", picture())], [label()])
    before = (tmp_path / "labels.jsonl").read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Problem) as caught:
        save_specimens(tmp_path, [File("b", picture("red"))], [label()])
    assert caught.value.kind == "storage-full"
    assert (tmp_path / "labels.jsonl").read_bytes() == before
    assert not list(tmp_path.glob(".*")), "no half a file stays"


# Over HTTP


def post(service: Running, *files: bytes, **fields: Any) -> Any:
    parts = [("file", ("a.png", data)) for data in files]
    return service.client.post("/v1/specimens", files=parts, data=fields)


def test_saving_over_http(make_service: Callable[..., Running], tmp_path: Path) -> None:
    service = make_service(specimens=tmp_path / "specimens")
    listed = service.client.get("/v1/specimens").json()
    assert listed == {"enabled": True, "folder": str(tmp_path / "specimens"), "count": 0}
    answer = post(service, picture(), label=json.dumps(label()))
    assert answer.status_code == 201
    assert answer.json()["count"] == 1
    folder = service.settings.specimens
    assert folder is not None
    assert (folder / answer.json()["files"][0]).is_file()
    refused = post(service, picture(), label=json.dumps(label(fields={"sex": "Q"})))
    assert (refused.status_code, kind_of(refused)) == (422, "invalid-label")
    assert refused.json()["fields"] == ["sex"]
    for wrong in ("", "[]", "{", json.dumps([label(), label()])):
        assert post(service, picture(), label=wrong).status_code in (400, 422)


def test_without_a_folder_for_them_none_are_saved(service: Running) -> None:
    assert service.client.get("/v1/specimens").json() == {"enabled": False, "folder": None, "count": 0}
    answer = post(service, picture(), label=json.dumps(label()))
    assert (answer.status_code, kind_of(answer)) == (409, "conflict")
    assert "--specimens" in answer.json()["detail"]
