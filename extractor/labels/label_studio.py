"""Labels to and from Label Studio: its tasks in JSON, with a labelling configuration that fits the label format.

    save_tasks(load_dataset(folder), folder, Path("tasks.json"), prefix="/data/local-files/?d=scans/")
    specimens = load_tasks(Path("export.json"), folder)

A field is a polygon with the field's name; the text as printed belongs to it (`perRegion`). A value that its text does
not state, such as a state that only the title says, is a line `field: value` of the whole picture, and what the
document does not have is ticked. What nobody labels by hand (`kind`, `group`, `sha256` ...) travels in the task's data.
Coordinates are percent of the picture's width and height, as Label Studio has them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import quoteattr

from extractor.labels.files import LabelError, parse_json, picture_path, read_text
from extractor.labels.format import CAPTURES, Specimen, check_fields, specimen_from_json
from extractor.labels.values import UnstatedError, normalised
from extractor.schemas import SCHEMAS

#: Keys of a label's line that are drawn or typed in Label Studio; the others travel along.
_SHOWN = ("file", "schema", "language", "capture", "fields", "printed", "boxes")
#: Label Studio puts eight characters before the name of a file that was uploaded.
_UPLOADED = re.compile(r"[0-9a-f]{8}-")


def labelling_config() -> str:
    """The labelling configuration (XML) of a project for these tasks."""
    names = list(dict.fromkeys(name for model in SCHEMAS.values() for name in model.model_fields))
    return f"""<View>
  <Image name="image" value="$image" zoom="true" zoomControl="true" rotateControl="true"/>
  <Choices name="schema" toName="image" choice="single-radio" required="true">{_each("Choice", SCHEMAS)}</Choices>
  <PolygonLabels name="field" toName="image" strokeWidth="2">{_each("Label", names)}</PolygonLabels>
  <TextArea name="printed" toName="image" perRegion="true" editable="true" displayMode="region-list"/>
  <Header value="Values that no text says, one a line: issuing_country: GBR"/>
  <TextArea name="values" toName="image" editable="true"/>
  <Header value="Not on this document"/>
  <Choices name="absent" toName="image" choice="multiple" layout="inline">{_each("Choice", names)}</Choices>
  <TextArea name="language" toName="image" maxSubmissions="1" placeholder="BCP 47, such as de"/>
  <Choices name="capture" toName="image" choice="single-radio">{_each("Choice", CAPTURES)}</Choices>
</View>
"""


def _each(tag: str, values: Iterable[str]) -> str:
    return "".join(f"<{tag} value={quoteattr(value)}/>" for value in values)


def save_tasks(specimens: Iterable[Specimen], folder: Path, target: Path, *, prefix: str) -> None:
    """Writes tasks with annotations for the import of Label Studio; `prefix` and a picture's name make its address."""
    tasks = [as_task(specimen, folder, prefix=prefix) for specimen in specimens]
    target.write_text(json.dumps(tasks, ensure_ascii=False, indent=1), encoding="utf-8")


def load_tasks(path: Path, folder: Path) -> list[Specimen]:
    """The specimens of an export in JSON whose pictures lie in `folder`; tasks without an annotation are left out.

    Raises LabelError, naming the task.
    """
    try:
        tasks = parse_json(read_text(path))
    except ValueError:
        raise LabelError(f"{path} is not JSON; export the project as JSON") from None
    if not isinstance(tasks, list):
        raise LabelError(f"{path} is not a list of tasks; export the project as JSON, not JSON-MIN")
    specimens = []
    for number, task in enumerate(tasks, start=1):
        try:
            specimens += from_task(task, folder)
        except LabelError as error:
            raise LabelError(f"{path}, task {number}: {error}") from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise LabelError(f"{path}, task {number}: no task of this labelling ({type(error).__name__})") from None
    return specimens


def as_task(specimen: Specimen, folder: Path, *, prefix: str, model: str | None = None) -> dict[str, Any]:
    """One task. Its labels are an annotation, or with the name of a `model` what that suggests, to be corrected."""
    line = specimen.to_json(folder)
    size = _size_of(specimen.path)
    results = [*_regions(line, size), *_whole(line, specimen, size)]
    given = {"model_version": model, "result": results} if model else {"result": results}
    rest = {key: value for key, value in line.items() if key not in _SHOWN}
    data = {"image": prefix + quote(line["file"]), "file": line["file"], "label": rest}
    return {"data": data, "predictions" if model else "annotations": [given]}


def from_task(task: Mapping[str, Any], folder: Path) -> list[Specimen]:
    """The specimen of a task, none where nobody has labelled it. Raises LabelError."""
    done = [one for one in task.get("annotations") or () if not one.get("was_cancelled")]
    if not done:
        return []
    results: Sequence[Mapping[str, Any]] = done[-1]["result"]
    data = task["data"]
    schema = next(iter(_chosen(results, "schema")), None)
    if schema is None or schema not in SCHEMAS:
        raise LabelError("nobody has chosen its `schema`")
    printed, boxes = _read_regions(results)
    line: dict[str, Any] = {
        **dict(data.get("label") or {}),
        "file": _file_of(data, folder),
        "schema": schema,
        "language": next(iter(_texts(results, "language")), "und"),
        "capture": next(iter(_chosen(results, "capture")), "unknown"),
        "fields": _fields(schema, results, printed),
        "printed": {name: "\n".join(pieces) for name, pieces in printed.items()},
        "boxes": boxes,
    }
    return [specimen_from_json(line, folder)]


def _size_of(path: Path) -> tuple[int, int]:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return picture.size
    except OSError:
        raise LabelError(f"{path} cannot be read as a picture") from None


def _result(kind: str, name: str, value: dict[str, Any], size: tuple[int, int], region: str) -> dict[str, Any]:
    shown = {"original_width": size[0], "original_height": size[1], "image_rotation": 0}
    return {"id": region, "from_name": name, "to_name": "image", "type": kind, "value": value, **shown}


def _regions(line: Mapping[str, Any], size: tuple[int, int]) -> list[dict[str, Any]]:
    """A polygon for each printed piece, and its text."""
    made = []
    for name, polygons in line.get("boxes", {}).items():
        pieces = line.get("printed", {}).get(name, "").split("\n")
        for number, polygon in enumerate(polygons):
            region = f"{name}-{number}"
            points = [[100 * x / size[0], 100 * y / size[1]] for x, y in polygon]
            shape = {"points": points, "closed": True}
            made.append(_result("polygonlabels", "field", {**shape, "polygonlabels": [name]}, size, region))
            # More text than places, or less: the last place has what is left.
            rest = pieces[number:] if number == len(polygons) - 1 else pieces[number : number + 1]
            if text := "\n".join(rest):
                made.append(_result("textarea", "printed", {**shape, "text": [text]}, size, region))
    return made


def _whole(line: Mapping[str, Any], specimen: Specimen, size: tuple[int, int]) -> list[dict[str, Any]]:
    """What is said of the picture as a whole."""
    placed = {name: line["printed"][name] for name in line.get("boxes", {}) if name in line.get("printed", {})}
    said, absent = [], []
    for name, value in line["fields"].items():
        if value is None:
            absent.append(name)
        elif _stated(specimen.schema, name, placed.get(name)) != value:
            said.append(f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    parts: list[tuple[str, str, dict[str, Any]]] = [
        ("choices", "schema", {"choices": [specimen.schema]}),
        ("choices", "capture", {"choices": [specimen.capture]}),
        ("textarea", "language", {"text": [specimen.language]}),
    ]
    parts += [("textarea", "values", {"text": said})] if said else []
    parts += [("choices", "absent", {"choices": absent})] if absent else []
    return [_result(kind, name, value, size, name) for kind, name, value in parts]


def _stated(schema: str, name: str, text: str | None) -> Any:
    """The value that a printed text states, None where it states none."""
    try:
        return normalised(schema, name, text.split("\n")) if text else None
    except UnstatedError:
        return None


def _read_regions(
    results: Sequence[Mapping[str, Any]],
) -> tuple[dict[str, list[str]], dict[str, list[list[list[float]]]]]:
    """(printed pieces, polygons) by field, in the order in which they were drawn."""
    texts = {one["id"]: one["value"]["text"] for one in results if one["from_name"] == "printed"}
    printed: dict[str, list[str]] = {}
    boxes: dict[str, list[list[list[float]]]] = {}
    for one in results:
        if one["type"] not in ("polygonlabels", "rectanglelabels"):
            continue
        for name in one["value"][one["type"]]:
            boxes.setdefault(name, []).append(_corners(one))
            text = texts.get(one["id"], ())
            printed.setdefault(name, []).extend([text] if isinstance(text, str) else text)
    return {name: pieces for name, pieces in printed.items() if pieces}, boxes


def _corners(one: Mapping[str, Any]) -> list[list[float]]:
    """Four corners in pixels, to a tenth as label files have them; of a polygon with more, of the rectangle around."""
    return [[round(x, 1), round(y, 1)] for x, y in _exact_corners(one)]


def _exact_corners(one: Mapping[str, Any]) -> list[list[float]]:
    value, width, height = one["value"], one["original_width"], one["original_height"]
    if one["type"] == "rectanglelabels":
        turn = math.radians(value.get("rotation") or 0)
        across, down = width * value["width"] / 100, height * value["height"] / 100
        left, top = width * value["x"] / 100, height * value["y"] / 100
        steps = ((0, 0), (across, 0), (across, down), (0, down))
        return [
            [left + x * math.cos(turn) - y * math.sin(turn), top + x * math.sin(turn) + y * math.cos(turn)]
            for x, y in steps
        ]
    points = [[width * x / 100, height * y / 100] for x, y in value["points"]]
    if len(points) == 4:
        return points
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return [[min(xs), min(ys)], [max(xs), min(ys)], [max(xs), max(ys)], [min(xs), max(ys)]]


def _fields(schema: str, results: Sequence[Mapping[str, Any]], printed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The labelled fields: those ticked as absent, the values of the text, and of lines, which take precedence."""
    known = SCHEMAS[schema].model_fields
    fields: dict[str, Any] = {name: None for name in _chosen(results, "absent") if name in known}
    for name, pieces in printed.items():
        value = _stated(schema, name, "\n".join(pieces)) if name in known else None
        if value is not None:
            fields[name] = value
    for line in _texts(results, "values"):
        name, colon, text = line.partition(":")
        if not colon or name.strip() not in known:
            raise LabelError("a line of `values` is not `field: value` with a field of its schema")
        fields[name.strip()] = _value(schema, name.strip(), text.strip())
    return fields


def _value(schema: str, name: str, text: str) -> Any:
    """A value as a line has it: text, or JSON where the field is no text. Raises LabelError."""
    try:
        check_fields(schema, {name: text})
    except LabelError:
        try:
            return parse_json(text)
        except ValueError:
            raise LabelError(f"`values` has none that {name} can hold") from None
    return text


def _chosen(results: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    return [choice for one in results if one["from_name"] == name for choice in one["value"]["choices"]]


def _texts(results: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    """The lines of a text area; a text of several lines is as many."""
    found = [one["value"]["text"] for one in results if one["from_name"] == name]
    texts = [text for one in found for text in ([one] if isinstance(one, str) else one)]
    return [line.strip() for text in texts for line in text.split("\n") if line.strip()]


def _file_of(data: Mapping[str, Any], folder: Path) -> str:
    """The picture's name in `folder`: as it was exported, or the end of its address. Raises LabelError."""
    if "file" in data:
        return str(data["file"])
    parts = urlsplit(str(data["image"]))
    address = unquote(parts.query.partition("d=")[2] if parts.query.startswith("d=") else parts.path)
    name = address.rpartition("/")[2]
    if not picture_path(folder, name).is_file() and _UPLOADED.match(name):
        name = name[9:]
    return name
