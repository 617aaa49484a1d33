"""Label files as other people's programs write them: text with or without a byte order mark, one JSON object a line.

A data set is passed on as a whole, so a label names pictures of its own folder only: whatever leads elsewhere, by its
name or through a link, is refused before it is opened.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from extractor import strict_json
from extractor.errors import UnreadableInputError


class LabelError(UnreadableInputError):
    """A label file is not one, or says what its schema cannot hold; the message names the line and field, no value."""


def read_text(path: Path) -> str:
    """The text of a UTF-8 file without its byte order mark. Raises LabelError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LabelError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise LabelError(f"{path} is not UTF-8 text; save it as UTF-8") from None


def parse_json(text: str, *, once: bool = False) -> Any:
    """The JSON value of `text`. Raises ValueError, also for what JSON has no word for (NaN), what UTF-8 cannot hold, a
    value that is nested too deeply, and with `once` an object that says one thing twice."""
    value = strict_json.loads(text, once=once)
    if "\\u" in text:  # half a character can only be written as an escape
        json.dumps(value, ensure_ascii=False).encode()
    return value


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of every line that is not empty. Raises LabelError, which names the line."""
    # Not splitlines: values may hold U+2028 and other characters that JSON does not escape.
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = parse_json(line, once=True)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            raise LabelError(f"{path}, line {number}: not a JSON object")
        yield number, entry


def picture_path(folder: Path, name: Any) -> Path:
    """The path of the picture that a label in `folder` names. Raises LabelError if it lies elsewhere."""
    if not isinstance(name, str) or not name or "\0" in name:
        raise LabelError("`file` is not the name of a picture")
    path = folder / name
    if not lies_inside(folder, path):
        raise LabelError("`file` names a picture outside the folder of the labels")
    return path


def lies_inside(folder: Path, path: Path) -> bool:
    """Whether `path`, with every link followed, is inside `folder`; only where both stay is a data set whole."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        return False
