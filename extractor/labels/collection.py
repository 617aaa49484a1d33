"""The label file of a collection of real specimen pictures: one JSON object a line with `doc_type` and printed values.

Its keys are documented beside it. Fields that a line does not have are unlabelled; `fields_mrz_only` names those that
stand in the MRZ only; `group` is shared by pictures of one document; `blank` names fields that the document surely does
not have; `alternatives` holds, by field, other values that count as right.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from extractor.labels.files import LabelError, json_lines, parse_json, picture_path, read_text
from extractor.labels.format import Specimen
from extractor.labels.values import UnstatedError, fields_of, normalised
from extractor.schemas import SCHEMAS

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
    """Whether the first line of `path` is one of this format. Raises LabelError for a file that cannot be read."""
    try:
        entry = parse_json(next((line for line in read_text(path).split("\n") if line.strip()), ""))
    except ValueError:
        return False
    return isinstance(entry, dict) and "doc_type" in entry and "fields" in entry


def load(path: Path) -> list[Specimen]:
    """The specimens of the label file. Raises LabelError, which names the line."""
    specimens = []
    for number, entry in json_lines(path):
        try:
            if schema := _schema_of(entry):
                specimens.append(_specimen(entry, schema, path.parent))
        except LabelError as error:
            raise LabelError(f"{path}, line {number}: {error}") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LabelError(f"{path}, line {number}: no label of this collection ({type(error).__name__})") from None
    return specimens


def _schema_of(entry: Mapping[str, Any]) -> str | None:
    """The schema of the picture's kind, or of the first other kind as which it counts."""
    kinds = [entry["doc_type"], *(entry.get("alternatives") or {}).get("doc_type", ())]
    return next((_SCHEMAS[kind] for kind in kinds if kind in _SCHEMAS), None)


def _specimen(entry: Mapping[str, Any], schema: str, folder: Path) -> Specimen:
    texts = {_NAMES.get(name, name): value for name, value in entry["fields"].items()}
    if "name" in entry["fields"] and "name_native" in entry["fields"]:
        texts["name"] = entry["fields"]["name_native"]
    if entry.get("mrz"):
        texts["mrz"] = entry["mrz"]
    # The collection writes dates in ISO form already, whatever the document's own order.
    fields, printed = fields_of(
        schema, dict.fromkeys(_NAMES.get(name, name) for name in entry.get("blank") or ()) | texts
    )
    alternatives = _alternatives(entry, schema)
    for name in set(texts) & set(alternatives) - set(fields):
        # The value as printed has no form in the schema, such as a nationality in two languages; another reading has.
        fields[name] = alternatives[name][0]
    languages = entry.get("language") or ["und"]
    quality = tuple(entry.get("quality") or ())
    path = picture_path(folder, f"images/{entry['file']}")
    return Specimen(
        path=path if path.exists() else picture_path(folder, entry["file"]),
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
        alternatives=alternatives,
    )


def _alternatives(entry: Mapping[str, Any], schema: str) -> dict[str, tuple[Any, ...]]:
    """Other values that count as right, by field, as the schema holds them; what it cannot hold is left out."""
    found: dict[str, tuple[Any, ...]] = {}
    for given, texts in (entry.get("alternatives") or {}).items():
        name, values = _NAMES.get(given, given), []
        if name not in SCHEMAS[schema].model_fields:
            continue
        for text in texts:
            try:
                values.append(normalised(schema, name, text))
            except UnstatedError:
                continue
        if values:
            found[name] = tuple(values)
    return found
