"""The label file of a collection of real specimen pictures: one JSON object a line with `doc_type` and printed values.

Its keys are documented beside it. Fields that a line does not have are unlabelled; `fields_mrz_only` names those that
stand in the MRZ only; `group` is shared by pictures of one document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from extractor.labels.format import LabelError, Specimen
from extractor.labels.values import fields_of

#: Kinds of documents; pictures of other kinds have no schema and are left out.
_SCHEMAS = {
    "passport": "passport",
    "id_card": "id_card",
    "cn_id_card": "chinese_id_card",
    "residence_permit": "residence_permit",
    "driver_license": "driving_licence",
    "visa": "visa",
}
_NAMES = {"name_native": "name", "birth_year": "birth_date"}
_KINDS = {"TD1": "td1_card", "TD2": "td2_card", "TD3": "td3_passport", "MRVA": "mrv_a_visa", "MRVB": "mrv_b_visa"}
#: What the quality tags say about how the picture was taken.
_CAPTURES = (
    ("rotated180", "rotated"),
    ("rotated90", "rotated"),
    ("photo", "photo"),
    ("handheld", "photo"),
    ("perspective", "photo"),
    ("lowres", "low_resolution"),
    ("low_res", "low_resolution"),
)


def is_label_file(path: Path) -> bool:
    """Whether the first line of `path` is one of this format."""
    with path.open(encoding="utf-8") as lines:
        first = next((line for line in lines if line.strip()), "")
    try:
        entry = json.loads(first)
    except ValueError:
        return False
    return isinstance(entry, dict) and "doc_type" in entry and "fields" in entry


def load(path: Path) -> list[Specimen]:
    """The specimens of the label file. Raises LabelError for a line that is none."""
    specimens = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            if entry["doc_type"] in _SCHEMAS:
                specimens.append(_specimen(entry, path.parent))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LabelError(f"{path}, line {number}: no label of this collection ({type(error).__name__})") from None
    return specimens


def _specimen(entry: Mapping[str, Any], folder: Path) -> Specimen:
    schema = _SCHEMAS[entry["doc_type"]]
    texts = {_NAMES.get(name, name): value for name, value in entry["fields"].items()}
    if "name" in entry["fields"] and "name_native" in entry["fields"]:
        texts["name"] = entry["fields"]["name_native"]
    if entry.get("mrz"):
        texts["mrz"] = entry["mrz"]
    # The collection writes dates in ISO form already, whatever the document's own order.
    fields, printed = fields_of(schema, texts)
    languages = entry.get("language") or ["und"]
    quality = tuple(entry.get("quality") or ())
    path = folder / "images" / entry["file"]
    return Specimen(
        path=path if path.exists() else folder / entry["file"],
        schema=schema,
        fields=fields,
        kind=_KINDS.get(entry.get("mrz_format") or "", entry["doc_type"]),
        language=languages[0],
        capture=next((capture for tag, capture in _CAPTURES if tag in quality), "unknown"),
        printed=printed,
        mrz_only=frozenset(_NAMES.get(name, name) for name in entry.get("fields_mrz_only") or ()),
        sha256=entry.get("sha256"),
        group=entry.get("group"),
        quality=quality,
    )
