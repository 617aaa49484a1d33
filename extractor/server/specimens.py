"""Corrected readings, saved as labelled specimens: how an evaluation set of one's own grows.

A picture goes into the folder under a name made from its content, its label into `labels.jsonl` beside it, one JSON
object a line in the format of the evaluation suite (`datasets/README.md`). Saving a picture again replaces its label.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from extractor.labels.files import LabelError, json_lines, picture_path
from extractor.labels.format import CAPTURES, LABEL_FILE
from extractor.schemas import SCHEMAS
from extractor.server.disk import storage_problem
from extractor.server.problems import Problem
from extractor.server.uploads import File, sniff

_SUFFIXES = {"jpeg": "jpg", "tiff": "tif"}
_KEYS = frozenset({"schema", "fields", "boxes", "language", "capture"})


def save_specimens(folder: Path, files: Sequence[File], labels: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Saves one specimen a file; the lines of the label file that were written.

    Files saved together are pictures of one document and share a `group`. Raises a Problem: invalid-label, or what
    keeps the folder from being written to; then the label file is as it was.
    """
    group = hashlib.sha256(b"".join(hashlib.sha256(file.data).digest() for file in files)).hexdigest()[:16]
    lines = [_line(file, label, group if len(files) > 1 else None) for file, label in zip(files, labels, strict=True)]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file, line in zip(files, lines, strict=True):
            _write(folder / line["file"], file.data)
        _write(folder / LABEL_FILE, _label_text(folder / LABEL_FILE, lines).encode())
    except OSError as error:
        raise storage_problem(error) from error
    return lines


def count_specimens(folder: Path) -> int:
    """How many specimens a folder holds."""
    try:
        return sum(1 for line in (folder / LABEL_FILE).read_text(encoding="utf-8").splitlines() if line.strip())
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise storage_problem(error) from error


def examples_in(folder: Path) -> dict[str, str]:
    """The schemas of a folder's labelled pictures by file name. Raises LabelError."""
    found = {}
    for number, entry in json_lines(folder / LABEL_FILE):
        name, schema = entry.get("file"), entry.get("schema")
        if not isinstance(schema, str) or not picture_path(folder, name).is_file():
            raise LabelError(f"{folder / LABEL_FILE}, line {number}: no label of a picture that is there")
        found[str(name)] = schema
    return found


def _line(file: File, label: Mapping[str, Any], group: str | None) -> dict[str, Any]:
    kind = sniff(file.data) or ""
    digest = hashlib.sha256(file.data).hexdigest()
    if not isinstance(label, Mapping) or not set(label) <= _KEYS:
        raise Problem("invalid-label", f"a label has the keys {', '.join(sorted(_KEYS))}")
    schema = label.get("schema")
    if not isinstance(schema, str) or schema not in SCHEMAS:
        raise Problem("invalid-label", f"`schema` is one of {', '.join(SCHEMAS)}")
    capture, language = label.get("capture", "unknown"), label.get("language", "und")
    if capture not in CAPTURES:
        raise Problem("invalid-label", f"`capture` is one of {', '.join(CAPTURES)}")
    if not isinstance(language, str) or not language.replace("-", "").isalnum() or not 2 <= len(language) <= 35:
        raise Problem("invalid-label", "`language` is a BCP 47 tag, such as fr or zh-Hans")
    fields = checked_fields(schema, label.get("fields"))
    boxes = _checked_boxes(label.get("boxes", {}), fields)
    line = {
        "file": f"{digest[:24]}.{_SUFFIXES.get(kind, kind)}",
        "schema": schema,
        "kind": schema,
        "language": language,
        "capture": capture,
        "fields": fields,
        "boxes": boxes,
        "sha256": digest,
        "group": group,
    }
    return {key: value for key, value in line.items() if key == "fields" or value not in (None, {}, [])}


def checked_fields(schema: str, fields: Any) -> dict[str, Any]:
    """The labelled values as the schema normalises them. Raises invalid-label, which names the fields."""
    if not isinstance(fields, dict) or not fields:
        raise Problem("invalid-label", "`fields` is an object of the schema's fields, null for what is not there")
    try:
        document = SCHEMAS[schema].model_validate(fields)
    except ValidationError as error:
        wrong = {str(issue["loc"][0]) for issue in error.errors() if issue["loc"]}
        known = sorted(wrong & set(SCHEMAS[schema].model_fields))
        named = ", ".join(known) if known else "a name that the schema lacks"
        raise Problem("invalid-label", f"it does not fit {schema} in: {named}", extra={"fields": known}) from None
    held = document.model_dump(mode="json")
    return {name: held[name] for name in fields}


def _checked_boxes(boxes: Any, fields: Mapping[str, Any]) -> dict[str, list[list[list[float]]]]:
    """Polygons of four corners by field, in the picture's pixels."""
    try:
        checked = {
            str(name): [[[round(float(x), 1), round(float(y), 1)] for x, y in polygon] for polygon in polygons]
            for name, polygons in boxes.items()
        }
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise Problem("invalid-label", "`boxes` has lists of polygons, [[x, y], ...], by field") from None
    points = [abs(x) for polygons in checked.values() for polygon in polygons for point in polygon for x in point]
    if not set(checked) <= set(fields) or not all(value < 1e6 for value in points):
        raise Problem("invalid-label", "`boxes` names other fields than `fields`, or places outside any picture")
    if any(len(polygon) != 4 for polygons in checked.values() for polygon in polygons):
        raise Problem("invalid-label", "`boxes` has polygons of four corners")
    return checked


def _label_text(path: Path, lines: Sequence[Mapping[str, Any]]) -> str:
    """The label file with `lines` in it; lines of the same pictures go."""
    names = {line["file"] for line in lines}
    kept: list[str] = []
    if path.exists():
        present = path.read_text(encoding="utf-8").splitlines()
        kept = [text for text in present if text.strip() and _file_of(text) not in names]
    return "".join(f"{text}\n" for text in [*kept, *(json.dumps(line, ensure_ascii=False) for line in lines)])


def _file_of(text: str) -> Any:
    try:
        line = json.loads(text)
    except ValueError:
        return None  # not a label; kept as it is
    return line.get("file") if isinstance(line, dict) else None


def _write(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all, readable by its owner only."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
