"""Labels: what a specimen's picture says, one JSON object a line in `labels.jsonl` beside the pictures.

    {"file": "fr-0003.webp", "schema": "passport", "kind": "td3_passport", "language": "fr", "capture": "photo",
     "fields": {"surname": "LEFÈVRE", "address": null, ...}, "printed": {"birth_date": "12 08 1974", ...},
     "boxes": {"surname": [[[x, y], ...four corners...], ...one polygon a printed piece...]}, ...}

`fields` hold the values as the schema normalises them (ISO dates, alpha-3 states, M/F/X). A field has three states:
a value; null, which says that the document does not have it; and absent, which says that nobody labelled it, so that
it cannot be scored. `datasets/README.md` documents every key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from extractor.extraction import Point
from extractor.labels.files import LabelError, json_lines, picture_path
from extractor.schemas import SCHEMAS

LABEL_FILE = "labels.jsonl"
#: How a picture was taken.
CAPTURES = ("clean", "scan", "photo", "rotated", "low_resolution", "unknown")

T = TypeVar("T")
#: Largest coordinate of a label's corner, in pixels. NaN and infinity are refused by the same comparison.
FARTHEST = 1e6
#: Four corners, pixels of the file, clockwise from the top left corner of the upright text.
Polygon = tuple[Point, Point, Point, Point]


#: Languages whose usual script is not the Latin one (CLDR's likely subtags), of those that print identity documents.
_OTHER_SCRIPTS = frozenset(
    "am ar be bg bn dv dz el fa he hi hy ja ka kk km kn ko ky lo mk ml mn mr my ne or pa ps ru si sr ta te tg th ti"
    " uk ur zh".split()
)


def script_group(language: str) -> str:
    """`Latin script`, `other scripts` or, for `und`, `unknown script`: what a BCP 47 tag says of a document's own."""
    main, *subtags = language.split("-")
    named = next((subtag for subtag in subtags if len(subtag) == 4), "")
    if main == "und" and not named:
        return "unknown script"
    latin = named == "Latn" if named else main not in _OTHER_SCRIPTS
    return "Latin script" if latin else "other scripts"


@dataclass(frozen=True)
class Specimen:
    """A labelled picture. `schema` is a built-in schema's name, `language` a BCP 47 tag; what a label file does not
    know is empty or None."""

    path: Path
    schema: str
    fields: Mapping[str, Any]
    kind: str = ""
    language: str = "und"
    capture: str = "unknown"
    printed: Mapping[str, str] = field(default_factory=dict)
    boxes: Mapping[str, tuple[Polygon, ...]] = field(default_factory=dict)
    #: Fields whose value stands in the MRZ only.
    mrz_only: frozenset[str] = frozenset()
    pool: str | None = None
    template: str | None = None
    seed: int | None = None
    sha256: str | None = None
    #: Pictures of the same document share it: documents are counted by it, not pictures.
    group: str | None = None
    quality: tuple[str, ...] = ()
    #: Field name -> other values that count as right.
    alternatives: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        places = (
            place for polygons in self.boxes.values() for polygon in polygons for point in polygon for place in point
        )
        if not all(abs(place) < FARTHEST for place in places):
            raise KeyError("boxes")

    @property
    def issuer(self) -> str:
        """What a fold of an evaluation leaves out together: the issuing state, else the document itself."""
        return str(self.fields.get("issuing_country") or self.group or self.path.name)

    def labelled(self, name: str) -> bool:
        """Whether anything is known about field `name`, a value or its absence."""
        return name in self.fields

    def document(self) -> BaseModel:
        """The label as an instance of its schema; unlabelled fields are null there."""
        return SCHEMAS[self.schema].model_validate(dict(self.fields))

    def to_json(self, folder: Path) -> dict[str, Any]:
        """The label's line in the label file of `folder`; keys that say nothing are left out."""
        line: dict[str, Any] = {
            "file": self.path.relative_to(folder).as_posix(),
            "schema": self.schema,
            "kind": self.kind,
            "language": self.language,
            "capture": self.capture,
            "fields": dict(self.fields),
            "printed": dict(self.printed),
            "boxes": {
                name: [[[_rounded(x), _rounded(y)] for x, y in polygon] for polygon in polygons]
                for name, polygons in self.boxes.items()
            },
            "mrz_only": sorted(self.mrz_only),
            "pool": self.pool,
            "template": self.template,
            "seed": self.seed,
            "sha256": self.sha256,
            "group": self.group,
            "quality": list(self.quality),
            "alternatives": {name: list(values) for name, values in self.alternatives.items()},
        }
        always = ("file", "schema", "kind", "language", "capture", "fields")
        return {key: value for key, value in line.items() if key in always or value not in (None, {}, [])}


def _rounded(value: float) -> float:
    return round(float(value), 1)


def specimen_from_json(line: Mapping[str, Any], folder: Path) -> Specimen:
    """A specimen from a line of our label format. Raises LabelError if a key is missing or cannot be what it says."""
    try:
        schema, fields = _member(line, "schema", str), dict(_member(line, "fields", dict))
        boxes = {
            name: tuple(tuple((float(x), float(y)) for x, y in polygon) for polygon in polygons)
            for name, polygons in _member(line, "boxes", dict, {}).items()
        }
        if any(len(polygon) != 4 for polygons in boxes.values() for polygon in polygons):
            raise KeyError("boxes")
        specimen = Specimen(
            path=picture_path(folder, line["file"]),
            schema=schema,
            fields=fields,
            kind=_member(line, "kind", str, ""),
            language=_member(line, "language", str, "und"),
            capture=_member(line, "capture", str, "unknown"),
            printed=_texts(line, "printed"),
            boxes=boxes,  # type: ignore[arg-type]
            mrz_only=frozenset(_words(line, "mrz_only")),
            pool=_member(line, "pool", str, "") or None,
            template=_member(line, "template", str, "") or None,
            seed=_seed(line),
            sha256=_member(line, "sha256", str, "") or None,
            group=_member(line, "group", str, "") or None,
            quality=_words(line, "quality"),
            alternatives={name: _values(values) for name, values in _member(line, "alternatives", dict, {}).items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise LabelError(f"a label lacks or misspells {_key_of(error)}") from None
    check_fields(schema, fields)
    if unknown := sorted({*boxes, *specimen.mrz_only} - SCHEMAS[schema].model_fields.keys()):
        raise LabelError(f"a label names fields that the schema {schema} does not have: {', '.join(unknown)}")
    for name, values in specimen.alternatives.items():
        for value in values:
            check_fields(schema, {name: value})
    return specimen


def _member(line: Mapping[str, Any], key: str, kind: type[T], default: T | None = None) -> T:
    """What stands under `key`; null says what an absent key says. Raises KeyError where it is another type, or
    absent."""
    value = default if line.get(key) is None else line[key]
    if not isinstance(value, kind):
        raise KeyError(key)
    return value


def _values(value: Any) -> tuple[Any, ...]:
    """Raises KeyError for a text, whose letters would each count as right."""
    if not isinstance(value, list):
        raise KeyError("alternatives")
    return tuple(value)


def _texts(line: Mapping[str, Any], key: str) -> dict[str, str]:
    found = dict(line.get(key) or {})
    if not all(isinstance(text, str) for text in found.values()):
        raise KeyError(key)
    return found


def _words(line: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = line.get(key) or []
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise KeyError(key)
    return tuple(found)


def _seed(line: Mapping[str, Any]) -> int | None:
    found = line.get("seed")
    if found is not None and type(found) is not int:
        raise KeyError("seed")
    return found


def _key_of(error: Exception) -> str:
    return f"`{error.args[0]}`" if isinstance(error, KeyError) and error.args else "a key of the label format"


def check_fields(schema: str, fields: Mapping[str, Any]) -> None:
    """Raises LabelError unless `fields` are exactly what `schema` would hold, already normalised."""
    if schema not in SCHEMAS:
        raise LabelError(f"a label names the schema {schema!r}; the built-in ones are {', '.join(SCHEMAS)}")
    try:
        document = SCHEMAS[schema].model_validate(dict(fields))
    except ValidationError as error:
        names = sorted({str(issue["loc"][0]) for issue in error.errors() if issue["loc"]})
        raise LabelError(f"a label does not fit the schema {schema} in: {', '.join(names)}") from None
    held = document.model_dump()
    if changed := [name for name, value in fields.items() if held[name] != value]:
        raise LabelError(f"a label is not normalised as the schema {schema} has it in: {', '.join(changed)}")


def load_labels(path: Path) -> list[Specimen]:
    """The specimens of a label file, in its order. Raises LabelError, naming the line."""
    specimens: dict[Path, Specimen] = {}
    for number, line in json_lines(path):
        try:
            one = specimen_from_json(line, path.parent)
            if one.path in specimens:
                raise LabelError("its picture has a label already, and would count twice")
        except LabelError as error:
            raise LabelError(f"{path}, line {number}: {error}") from None
        specimens[one.path] = one
    return list(specimens.values())


def save_labels(specimens: Iterable[Specimen], folder: Path) -> Path:
    """Writes `folder/labels.jsonl`; every picture must lie under `folder`. Returns the file's path."""
    path = folder / LABEL_FILE
    lines = (json.dumps(specimen.to_json(folder), ensure_ascii=False) for specimen in specimens)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
