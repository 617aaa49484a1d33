"""Labels to Label Studio and back: nothing is lost, and Label Studio's own package takes what is written."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from extractor.labels import load_dataset
from extractor.labels.files import LabelError
from extractor.labels.format import Specimen
from extractor.labels.label_studio import as_task, from_task, labelling_config, load_tasks, save_tasks

from ...absent import absent

ROOT = Path(__file__).parents[3]
PREFIX = "/data/local-files/?d=scans/"


@pytest.mark.parametrize("name", ["examples", "frozen"])
def test_nothing_of_a_label_is_lost_on_the_way(name: str, tmp_path: Path) -> None:
    folder = ROOT / "datasets" / name
    specimens = load_dataset(folder)
    save_tasks(specimens, folder, tmp_path / "tasks.json", prefix=PREFIX)
    assert load_tasks(tmp_path / "tasks.json", folder) == specimens


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one picture of 400 by 200 pixels, whose name needs quoting."""
    Image.new("RGB", (400, 200)).save(tmp_path / "a b.png")
    return tmp_path


def labelled(*results: dict[str, Any], **data: Any) -> dict[str, Any]:
    """A task as the export has it, of a passport."""
    schema = {"id": "s", "from_name": "schema", "type": "choices", "value": {"choices": ["passport"]}}
    return {"data": {"image": f"{PREFIX}a%20b.png", **data}, "annotations": [{"result": [schema, *results]}]}


def typed(text: str) -> dict[str, Any]:
    """Values that somebody typed below the picture."""
    return {"id": "v", "from_name": "values", "type": "textarea", "value": {"text": [text]}}


def region(kind: str, name: str, text: str | None = None, **shape: Any) -> list[dict[str, Any]]:
    size = {"original_width": 400, "original_height": 200, "id": name}
    made = [{**size, "from_name": "field", "type": kind, "value": {**shape, kind: [name]}}]
    if text is not None:
        made.append({**size, "from_name": "printed", "type": "textarea", "value": {**shape, "text": [text]}})
    return made


def test_what_somebody_drew_and_typed_is_a_label(folder: Path) -> None:
    task = labelled(
        *region("rectanglelabels", "surname", "MÜLLER", x=10, y=10, width=20, height=5, rotation=0),
        *region("polygonlabels", "birth_date", "12 AUG 1974", points=[[10, 20], [30, 20], [30, 25], [10, 25]]),
        *region("polygonlabels", "given_names", points=[[0, 50], [5, 48], [10, 50], [10, 55], [0, 55]]),
        typed("issuing_country: D\nname: A: B"),
        typed('mrz: ["P<D", "1"]'),
        {"id": "a", "from_name": "absent", "type": "choices", "value": {"choices": ["address", "vehicle_classes"]}},
    )
    (specimen,) = from_task(task, folder)
    assert specimen.path == folder / "a b.png"
    assert specimen.fields == {
        "surname": "MÜLLER", "birth_date": "1974-08-12", "issuing_country": "D", "name": "A: B", "mrz": ["P<D", "1"],
        "address": None,
    }  # fmt: skip
    assert specimen.boxes["surname"] == (((40.0, 20.0), (120.0, 20.0), (120.0, 30.0), (40.0, 30.0)),)
    assert specimen.boxes["given_names"] == (((0.0, 96.0), (40.0, 96.0), (40.0, 110.0), (0.0, 110.0)),)
    assert (specimen.language, specimen.capture) == ("und", "unknown")


def test_a_turned_rectangle_keeps_its_corners(folder: Path) -> None:
    turned = region("rectanglelabels", "surname", x=50, y=50, width=10, height=10, rotation=90)
    (specimen,) = from_task(labelled(*turned), folder)
    assert [[round(x), round(y)] for x, y in specimen.boxes["surname"][0]] == [
        [200, 100],
        [200, 140],
        [180, 140],
        [180, 100],
    ]


def test_a_corrected_text_changes_the_value(folder: Path) -> None:
    """A value that its text states is not written beside it, where it would go before what was corrected."""
    box = (((0.0, 0.0), (9.0, 0.0), (9.0, 5.0), (0.0, 5.0)),)
    specimen = Specimen(
        folder / "a b.png", "passport", {"birth_date": "1974-08-12"}, printed={"birth_date": "12 AUG 1974"},
        boxes={"birth_date": box},
    )  # fmt: skip
    task = as_task(specimen, folder, prefix=PREFIX)
    (text,) = [one for one in task["annotations"][0]["result"] if one["from_name"] == "printed"]
    text["value"]["text"] = ["13 AUG 1974"]
    assert from_task(task, folder)[0].fields == {"birth_date": "1974-08-13"}


def test_what_nobody_has_labelled_is_left_out(folder: Path) -> None:
    cancelled = labelled()
    cancelled["annotations"][0]["was_cancelled"] = True
    suggested = as_task(Specimen(folder / "a b.png", "passport", {"surname": "A"}), folder, prefix="", model="x")
    assert from_task(cancelled, folder) == from_task(suggested, folder) == []
    assert suggested["predictions"][0]["model_version"] == "x"


def test_the_latest_annotation_counts(folder: Path) -> None:
    task = labelled(typed("surname: OLD"))
    newer = labelled(typed("surname: NEW"))
    task["annotations"] += newer["annotations"]
    assert from_task(task, folder)[0].fields == {"surname": "NEW"}


@pytest.mark.parametrize("image", ["/data/upload/3/0a1b2c3d-a%20b.png", "https://host.example/x/a%20b.png?v=1"])
def test_pictures_are_found_by_the_end_of_their_address(folder: Path, image: str) -> None:
    assert from_task(labelled(image=image), folder)[0].path == folder / "a b.png"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ("{}", "not a list"),
        ([7], "task 1"),
        ([{"data": {}, "annotations": [{"result": []}]}], "schema"),
        ([labelled(file="../secret.png")], "outside"),
        ([labelled(typed("shoe: SIZE-OF-SHOE"))], "values"),
        ([labelled(typed("sex: Q"))], "sex"),
        ([labelled({"id": "f", "from_name": "field", "type": "polygonlabels", "value": {}})], "task 1"),
    ],
)
def test_what_is_no_export_is_said_in_one_line(folder: Path, content: Any, message: str) -> None:
    path = folder / "export.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    with pytest.raises(LabelError, match=message) as caught:
        load_tasks(path, folder)
    assert "\n" not in str(caught.value)
    assert "SIZE-OF-SHOE" not in str(caught.value)


PROGRAM = """
import json, os, sys
from label_studio_sdk.converter import Converter
from label_studio_sdk.label_interface import LabelInterface

config, path, out = sys.argv[1:]
interface = LabelInterface(open(config).read())
interface.validate()
tasks = json.load(open(path))
bad = [task["data"]["file"] for task in tasks for one in task["annotations"] if not interface.validate_annotation(one)]
tasks[0]["annotations"][0]["result"][0]["from_name"] = "nothing"
caught = not interface.validate_annotation(tasks[0]["annotations"][0])
tasks = json.load(open(path))
for number, task in enumerate(tasks, start=1):
    task["id"] = number
    task["annotations"][0] |= {"id": number, "completed_by": {"email": "somebody@host.example"}}
os.makedirs(out + "/in")
for task in tasks:
    json.dump(task, open(f"{out}/in/{task['id']:03}.json", "w"))
sys.stdout = open(os.devnull, "w")
Converter(open(config).read(), out, download_resources=False).convert_to_json(out + "/in", out + "/out", is_dir=True)
print(json.dumps({"bad": bad, "caught": caught}), file=sys.__stdout__)
"""


@pytest.mark.slow
def test_label_studio_takes_it_and_exports_it(tmp_path: Path) -> None:
    """Its own package checks each annotation against the configuration, and writes the export that is read back."""
    python = os.environ.get("LABEL_STUDIO_PYTHON")
    if not python:
        asked = (
            "needs Label Studio's package in an environment of its own: python3 -m venv X &&"
            " X/bin/pip install label-studio-sdk, and LABEL_STUDIO_PYTHON=X/bin/python"
        )
        absent(asked)
    folder = ROOT / "datasets" / "examples"
    specimens = load_dataset(folder)
    save_tasks(specimens, folder, tmp_path / "tasks.json", prefix=PREFIX)
    (tmp_path / "config.xml").write_text(labelling_config(), encoding="utf-8")
    command = [python, "-c", PROGRAM, tmp_path / "config.xml", tmp_path / "tasks.json", tmp_path]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"bad": [], "caught": True}
    exported = load_tasks(tmp_path / "out" / "result.json", folder)
    assert sorted(exported, key=lambda one: one.path) == sorted(specimens, key=lambda one: one.path)
