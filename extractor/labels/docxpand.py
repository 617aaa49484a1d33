"""DocXPand-25k (QuickSign, 2024): one JSON file with `documents`, pictures in a folder beside it.

Each document has a `filename` and an annotation: its `template` (such as `PP_TD3_A-front`) and, under the name of
its side, `fields` with type, value (a text, a list of lines, or null for a blank) and position, four corners in
shares of the picture's width and height. Blanks are labelled null, as the collection has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from extractor.labels.files import LabelError, parse_json, picture_path, read_text
from extractor.labels.format import Polygon, Specimen
from extractor.labels.values import fields_of

#: Their field names -> ours; what is not here has no field of ours.
_NAMES = {
    "family_name": "surname",
    "given_name": "given_names",
    "birth_date": "birth_date",
    "birth_place": "place_of_birth",
    "gender": "sex",
    "nationality": "nationality",
    "foreign_nationality": "nationality",
    "country_code": "issuing_country",
    "document_number": "document_number",
    "personal_number": "personal_number",
    "date_issued": "issue_date",
    "place_issued": "place_of_issue",
    "expires": "expiry_date",
    "authority": "authority",
    "address": "address",
    "type": "document_type",
    "permit_type": "category",
    "observations": "endorsements",
    "can": "card_access_number",
    "can_number": "card_access_number",
    "card_access_number": "card_access_number",
    "mrz": "mrz",
}
_SCHEMAS = {"ID_CARD": "id_card", "PP": "passport", "RP_CARD": "residence_permit"}
_KINDS = {"PP_TD3": "td3_passport", "ID_CARD_TD1": "td1_card", "ID_CARD_TD2": "td2_card"}
#: Language of each design's print.
_LANGUAGES = {
    "ID_CARD_TD1_A": "de", "ID_CARD_TD1_B": "en", "ID_CARD_TD2_A": "fr", "ID_CARD_TD2_B": "es", "PP_TD3_A": "fr",
    "PP_TD3_B": "pt", "PP_TD3_C": "nl", "RP_CARD_TD1": "nl", "RP_CARD_TD2": "it",
}  # fmt: skip
_PICTURES = {".jpg", ".jpeg", ".png"}
#: Characters at the beginning of a label file that are enough to recognise it.
_BEGINNING = 1_000_000


def _label_files(root: Path) -> list[Path]:
    """JSON files that list documents with annotations on a template; of the large files the beginning is read."""
    found = []
    for path in sorted(root.glob("*.json")):
        with path.open(encoding="utf-8", errors="replace") as file:
            beginning = file.read(_BEGINNING)
        if '"documents"' in beginning and '"template"' in beginning:
            found.append(path)
    return found


def is_docxpand(root: Path) -> bool:
    """Whether `root` holds a label file of this form."""
    return bool(_label_files(root))


def load(root: Path) -> list[Specimen]:
    """The collection's specimens. Raises LabelError for a file of another form."""
    pictures = _pictures(root)
    specimens: list[Specimen] = []
    for path in _label_files(root):
        try:
            specimens += _specimens(parse_json(read_text(path)), pictures, root)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LabelError(f"{path}: not a DocXPand label file ({type(error).__name__})") from None
    return specimens


@cache
def _pictures(root: Path) -> dict[str, str]:
    """File name -> path in `root` of every picture under it."""
    return {
        path.name: path.relative_to(root).as_posix()
        for path in sorted(root.rglob("*"))
        if path.suffix.lower() in _PICTURES
    }


def _specimens(table: Mapping[str, Any], pictures: Mapping[str, str], root: Path) -> Iterator[Specimen]:
    for document in table["documents"]:
        annotation = document["annotations"][0]
        template = annotation["template"]
        schema = next((known for start, known in _SCHEMAS.items() if template.startswith(start)), None)
        if schema is None or not annotation.get("fields"):
            continue
        given = next(iter(annotation["fields"].values()))
        path = picture_path(root, pictures.get(Path(document["filename"]).name, document["filename"]))
        texts = {_NAMES[name]: entry["value"] for name, entry in given.items() if name in _NAMES}
        fields, printed = fields_of(schema, texts, order="dmy")
        design = template.rsplit("-", 1)[0]
        yield Specimen(
            path=path,
            schema=schema,
            fields=fields,
            kind=next((kind for start, kind in _KINDS.items() if template.startswith(start)), schema),
            language=_LANGUAGES.get(design, "und"),
            capture="photo",
            printed=printed,
            boxes=_boxes(path, given),
            template=template,
            group=str(document.get("_id", document["filename"])),
        )


def _boxes(path: Path, given: Mapping[str, Any]) -> dict[str, tuple[Polygon, ...]]:
    """Positions in pixels; none where the picture is not there to be measured."""
    if not path.exists():
        return {}
    from PIL import Image

    with Image.open(path) as image:
        width, height = image.size
    boxes: dict[str, tuple[Polygon, ...]] = {}
    for name, entry in given.items():
        position = entry.get("position")
        if name in _NAMES and position and entry["value"] is not None:
            corners = [(position[p]["x"] * width, position[p]["y"] * height) for p in ("p1", "p2", "p3", "p4")]
            boxes[_NAMES[name]] = ((corners[0], corners[1], corners[2], corners[3]),)
    return boxes
