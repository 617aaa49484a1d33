"""MIDV-500, MIDV-2019 and MIDV-2020 (Smart Engines), in the folder layouts they are published in.

MIDV-500 and MIDV-2019: `01_alb_id/images/TS/TS01_01.tif` with `01_alb_id/ground_truth/TS/TS01_01.json` (the document's
quad in that frame), and one `01_alb_id/ground_truth/01_alb_id.json` with the template's fields as field01, field02 ...,
each with quad and value. The fields have no names there. A value is named where it names itself: MRZ lines, and what
the MRZ says of it; dates by their order. A `fields.json` in the root ({"01_alb_id": {"field01": "surname"}}) names the
rest; what stays nameless is unlabelled.

MIDV-2020: `photo/images/alb_id/00.jpg` with `photo/annotations/alb_id.json` (VGG Image Annotator), the same for
`scan_upright`, `scan_rotated` and `templates`. Field values stand in the templates' annotations and hold for the
pictures of the same number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from extractor.labels.files import LabelError, parse_json, read_text
from extractor.labels.format import Polygon, Specimen
from extractor.labels.values import fields_of
from extractor.mrz import Mrz, agrees, parse
from extractor.schemas.dates import parse_date
from extractor.schemas.states import state_code

_DOCUMENT = re.compile(r"\d\d_[a-z]+_")
_MRZ_LINE = re.compile(r"[A-Z0-9<]{28,44}")
_FIELD_NAMES_FILE = "fields.json"
_FRAMES = {".tif", ".tiff", ".png", ".jpg"}
#: First letter of a frame's name: where the document was filmed (MIDV-500), or in what light (MIDV-2019).
_CONDITIONS = {
    "T": "table", "K": "keyboard", "H": "hand", "P": "partial", "C": "clutter", "D": "distorted", "L": "low_light",
}  # fmt: skip
_CAPTURES_2020 = {"templates": "clean", "scan_upright": "scan", "scan_rotated": "rotated", "photo": "photo"}
_NAMES_2020 = {
    "surname": "surname", "name": "given_names", "birth_date": "birth_date", "gender": "sex", "sex": "sex",
    "number": "document_number", "id_number": "personal_number", "issue_date": "issue_date",
    "expiry_date": "expiry_date", "nationality": "nationality", "birth_place": "place_of_birth",
    "authority": "authority", "address": "address", "type": "document_type", "country": "issuing_country",
}  # fmt: skip
_LANGUAGES = {
    "alb": "sq", "aut": "de", "aze": "az", "bra": "pt", "chl": "es", "chn": "zh", "cze": "cs", "deu": "de",
    "dza": "ar", "esp": "es", "est": "et", "fin": "fi", "grc": "el", "hrv": "hr", "hun": "hu", "iran": "fa",
    "ita": "it", "jpn": "ja", "lva": "lv", "mac": "zh", "mda": "ro", "nor": "no", "pol": "pl", "prt": "pt",
    "rou": "ro", "rus": "ru", "srb": "sr", "svk": "sk", "tur": "tr", "ukr": "uk", "usa": "en",
}  # fmt: skip


def _schema_of(code: str) -> str:
    """The schema of a document by its published code, such as `aze_passport` or `deu_drvlic_new`."""
    kind = code.lower()
    if "passport" in kind and "passportcard" not in kind:
        return "passport"
    if "drvlic" in kind:
        return "driving_licence"
    if "residence" in kind:
        return "residence_permit"
    return "chinese_id_card" if kind == "chn_id" else "id_card"


def _state_of(code: str) -> str | None:
    return state_code(code.partition("_")[0][:3])


def _read(path: Path) -> Any:
    try:
        return parse_json(read_text(path))
    except ValueError:
        raise LabelError(f"{path} is not a JSON file") from None


# MIDV-500 and MIDV-2019


def _documents(root: Path) -> list[Path]:
    return [folder for folder in sorted(root.iterdir()) if _DOCUMENT.match(folder.name) and folder.is_dir()]


def is_midv_500(root: Path) -> bool:
    """Whether `root` holds document folders with images and ground truth."""
    return any((folder / "ground_truth").is_dir() and (folder / "images").is_dir() for folder in _documents(root))


def load_midv_500(root: Path) -> list[Specimen]:
    """A specimen a frame. Raises LabelError for a broken ground truth file."""
    names = _read(root / _FIELD_NAMES_FILE) if (root / _FIELD_NAMES_FILE).is_file() else {}
    return [specimen for folder in _documents(root) for specimen in _frames(folder, names.get(folder.name, {}))]


def _frames(folder: Path, names: Mapping[str, str]) -> Iterator[Specimen]:
    template = _read(folder / "ground_truth" / f"{folder.name}.json")
    values = {key: entry for key, entry in template.items() if isinstance(entry, dict) and entry.get("value")}
    code = folder.name.split("_", 1)[1]
    schema = _schema_of(code)
    named = _named_by_content(values)
    named.update({names[key]: [key] for key in values if key in names})
    texts: dict[str, Any] = {name: [values[key]["value"] for key in keys] for name, keys in named.items()}
    if state := _state_of(code):
        texts["issuing_country"] = state
    fields, printed = fields_of(schema, texts, order="dmy")
    quads = {name: [values[key]["quad"] for key in keys] for name, keys in named.items() if name in printed}
    template_picture = _beside(folder / "images" / folder.name)
    size = _size(template_picture) if template_picture else None
    for truth in sorted((folder / "ground_truth").glob("*/*.json")):
        frame = _beside(folder / "images" / truth.parent.name / truth.stem)
        quad = _read(truth).get("quad")
        if frame is None or not quad:
            continue
        boxes = _projected(quads, size, quad) if size else {}
        bounds = _size(frame)
        visible = {name: value for name, value in fields.items() if name not in boxes or _inside(bounds, boxes[name])}
        yield Specimen(
            path=frame,
            schema=schema,
            fields=visible,
            kind=code,
            language=_LANGUAGES.get(code.partition("_")[0], "und"),
            capture="photo",
            printed={name: text for name, text in printed.items() if name in visible},
            boxes={name: polygons for name, polygons in boxes.items() if name in visible},
            group=folder.name,
            quality=tuple(filter(None, (_CONDITIONS.get(truth.stem[0]),))),
        )


def _beside(stem: Path) -> Path | None:
    return next((stem.with_suffix(suffix) for suffix in sorted(_FRAMES) if stem.with_suffix(suffix).exists()), None)


def _size(picture: Path) -> tuple[int, int]:
    from PIL import Image

    with Image.open(picture) as image:
        return image.size


def _named_by_content(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Field name -> keys of the values that name themselves."""
    named: dict[str, list[str]] = {}
    texts = {key: str(entry["value"]).strip() for key, entry in values.items()}
    zone = [key for key, text in texts.items() if _MRZ_LINE.fullmatch(text.replace(" ", "")) and "<" in text]
    if zone:
        named["mrz"] = sorted(zone, key=lambda key: min(point[1] for point in values[key]["quad"]))
        named |= _named_by_mrz([texts[key].replace(" ", "") for key in named["mrz"]], texts, zone)
    dates = {key: found.iso for key, text in texts.items() if key not in zone and (found := _only_date(text))}
    ordered = sorted(dates, key=lambda key: dates[key])
    if len(ordered) == 3:
        # Nobody is issued a document before birth, and none ends before it is issued.
        named |= dict(zip(("birth_date", "issue_date", "expiry_date"), ([key] for key in ordered), strict=True))
    return named


def _only_date(text: str) -> Any:
    found = parse_date(text, order="dmy", today=date(2019, 1, 1))
    return found if found and len(found.iso) == 10 and found.end - found.start >= len(text) - 2 else None


def _named_by_mrz(lines: list[str], texts: Mapping[str, str], zone: list[str]) -> dict[str, list[str]]:
    """What the MRZ says, found again among the printed values."""
    try:
        mrz: Mrz = parse(lines)
    except ValueError:
        return {}
    named: dict[str, list[str]] = {}
    for name in ("surname", "given_names"):
        spelled = getattr(mrz, name)
        keys = [key for key, text in texts.items() if key not in zone and spelled and agrees(spelled, text)]
        if len(keys) == 1:
            named[name] = keys
    for key, text in texts.items():
        if key not in zone and mrz.document_number and re.sub(r"\W", "", text) == mrz.document_number:
            named["document_number"] = [key]
    return named


def _projected(quads: Mapping[str, Any], size: tuple[int, int], quad: Any) -> dict[str, tuple[Polygon, ...]]:
    """The template's quads in the frame where its corners are at `quad`."""
    import cv2
    import numpy as np

    w, h = size
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, np.array(quad, np.float32))
    boxes: dict[str, tuple[Polygon, ...]] = {}
    for name, polygons in quads.items():
        points = cv2.perspectiveTransform(np.array(polygons, np.float32).reshape(-1, 1, 2), matrix).reshape(-1, 4, 2)
        boxes[name] = tuple(_polygon(four.tolist()) for four in points)
    return boxes


def _polygon(points: list[list[float]]) -> Polygon:
    (a, b), (c, d), (e, f), (g, h) = points
    return ((a, b), (c, d), (e, f), (g, h))


def _inside(bounds: tuple[int, int], polygons: tuple[Polygon, ...]) -> bool:
    """Whether a field is seen whole in a picture of the size `bounds`."""
    return all(0 <= x <= bounds[0] and 0 <= y <= bounds[1] for polygon in polygons for x, y in polygon)


# MIDV-2020


def is_midv_2020(root: Path) -> bool:
    """Whether `root` (or its `dataset` folder) has the collection's parts with images and annotations."""
    return bool(_parts(root)) and (_base(root) / "templates" / "annotations").is_dir()


def _base(root: Path) -> Path:
    return root / "dataset" if (root / "dataset").is_dir() else root


def _parts(root: Path) -> list[Path]:
    return [part for name in _CAPTURES_2020 if ((part := _base(root) / name) / "images").is_dir()]


def load_midv_2020(root: Path) -> list[Specimen]:
    """A specimen a picture. Raises LabelError for a broken annotation file."""
    specimens = []
    for template in sorted((_base(root) / "templates" / "annotations").glob("*.json")):
        truth = _regions(template)
        for part in _parts(root):
            own = part / "annotations" / template.name
            regions = _regions(own) if own.is_file() else {}
            for picture in sorted((part / "images" / template.stem).glob("*.jpg")):
                if picture.name in truth:
                    found = _specimen_2020(picture, part.name, truth[picture.name])
                    boxes = _boxes_2020(regions.get(picture.name, []))
                    shown = {name: polygons for name, polygons in boxes.items() if name in found.fields}
                    specimens.append(replace(found, boxes=shown))
    return specimens


def _regions(path: Path) -> dict[str, list[Any]]:
    """File name -> regions of a VGG Image Annotator project or export."""
    table = _read(path)
    try:
        entries = table.get("_via_img_metadata", table).values()
        return {entry["filename"]: entry["regions"] for entry in entries}
    except (KeyError, TypeError, AttributeError):
        raise LabelError(f"{path} is not a file of the VGG Image Annotator") from None


def _texts_2020(regions: list[Any]) -> dict[str, Any]:
    """Our field names -> values. Where a document is in two scripts, `surname_eng` and the like are the romanised
    form, and the plain ones the native."""
    given = {
        region["region_attributes"].get("field_name"): str(region["region_attributes"].get("value") or "").strip()
        for region in regions
    }
    texts: dict[str, Any] = {}
    for theirs, ours in _NAMES_2020.items():
        if text := given.get(f"{theirs}_eng") or given.get(theirs):
            texts[ours] = text
    if given.get("surname_eng") and given.get("surname"):
        parts = (given["surname"], given.get("name"), given.get("patronymic"))
        texts["name"] = " ".join(part for part in parts if part)
    elif given.get("patronymic") and "given_names" in texts:
        texts["given_names"] = f"{texts['given_names']} {given['patronymic']}"
    if zone := [given[key] for key in ("mrz_line0", "mrz_line1", "mrz_line2") if given.get(key)]:
        texts["mrz"] = zone
    return texts


def _boxes_2020(regions: list[Any]) -> dict[str, tuple[Polygon, ...]]:
    boxes: dict[str, tuple[Polygon, ...]] = {}
    for region in regions:
        name = str(region["region_attributes"].get("field_name"))
        ours = "mrz" if name.startswith("mrz_line") else _NAMES_2020.get(name.removesuffix("_eng"))
        shape = region["shape_attributes"]
        if ours is None:
            continue
        if shape.get("name") == "rect":
            x, y, w, h = (float(shape[key]) for key in ("x", "y", "width", "height"))
            polygon: Polygon = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
        elif len(shape.get("all_points_x", ())) == 4:
            points = zip(shape["all_points_x"], shape["all_points_y"], strict=True)
            polygon = _polygon([[float(x), float(y)] for x, y in points])
        else:
            continue
        boxes[ours] = (*boxes.get(ours, ()), polygon)
    return boxes


def _specimen_2020(picture: Path, part: str, regions: list[Any]) -> Specimen:
    code = picture.parent.name
    schema = _schema_of(code)
    texts = _texts_2020(regions)
    if state := _state_of(code):
        texts["issuing_country"] = state
    fields, printed = fields_of(schema, texts, order="dmy")
    return Specimen(
        path=picture,
        schema=schema,
        fields=fields,
        kind=code,
        language=_LANGUAGES.get(code.partition("_")[0], "und"),
        capture=_CAPTURES_2020[part],
        printed=printed,
        group=f"{code}/{picture.stem}",
    )
