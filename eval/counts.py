"""The JSON file of counts that a command writes: a run that was stopped goes on with what the file has."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from extractor.errors import UnreadableInputError
from extractor.writing import open_target

Counts = TypeVar("Counts")


def counts_before(path: Path | None, form: Any, none: Counts) -> Counts:
    """What the file has, of the type `form`; `none` where there is no file. The file is written once, so that a name
    which takes nothing is said before hours of reading.

    Raises UnreadableInputError for a file that holds anything else, which stays as it is, and OutputError.
    """
    if path is None:
        return none
    if not path.exists():
        write_counts(path, none)
        return none
    try:
        text = path.read_bytes()
        found: Counts = TypeAdapter(form).validate_json(text, strict=True)
        if json.loads(text) != to_jsonable_python(found):
            raise ValueError  # it says more than such counts do
    except OSError as error:
        raise UnreadableInputError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:  # Pydantic's own are of this kind
        raise UnreadableInputError(f"{path} holds no counts of this command; write to another file") from None
    write_counts(path, found)
    return found


def write_counts(path: Path | None, counts: Any) -> None:
    """Replaces the file as a whole, if one is asked for. Raises OutputError."""
    if path is not None:
        with counts_file(path) as write:
            write(counts)


@contextmanager
def counts_file(path: Path | None) -> Iterator[Callable[[Any], None]]:
    """Gives a function that takes the counts; the file is replaced at the end, and stays as it is where that is not
    reached. Raises OutputError at the beginning for a name that takes nothing."""
    if path is None:
        yield lambda _: None
        return
    target = open_target(str(path))
    try:
        yield lambda counts: target.write(json.dumps(to_jsonable_python(counts), ensure_ascii=False, indent=1) + "\n")
    except BaseException:
        target.abandon(keep=False)
        raise
    target.finish()
