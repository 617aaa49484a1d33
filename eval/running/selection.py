"""Which specimens of a dataset are scored, and the digest that identifies this set."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from pydantic import BaseModel

from eval.running.records import digest_of, relative_name
from extractor.errors import SchemaError, UsageError
from extractor.labels import DatasetError, load_dataset
from extractor.labels.format import Specimen, file_digest
from extractor.schemas import SCHEMAS, SchemaNotFoundError, load_schema

#: `--schema`: read every specimen with the schema of its label, or let the reader recognise it.
LABEL, AUTO = "label", "auto"


@dataclass(frozen=True)
class Selection:
    """The specimens of a run, the folder they are in, and how each is to be read."""

    root: Path
    specimens: tuple[Specimen, ...]
    #: None: as labelled; "auto": recognised; else this schema for all.
    schema: type[BaseModel] | str | None = None

    @property
    def name(self) -> str:
        """What to call the dataset in results: its folder's name, never a path of this machine."""
        folder = self.root if self.root.is_dir() else self.root.parent
        return folder.resolve().name

    @property
    def documents(self) -> int:
        return len({group_of(specimen, self.root) for specimen in self.specimens})

    def schema_for(self, specimen: Specimen) -> type[BaseModel] | str:
        return self.schema or SCHEMAS[specimen.schema]

    def digest(self) -> str:
        """SHA-256 over labels and pictures, in order: two runs with the same one saw the same specimens."""
        state = hashlib.sha256()
        folder = self.root if self.root.is_dir() else self.root.parent
        for specimen in self.specimens:
            label = specimen.to_json(folder) | {"sha256": file_digest(specimen.path)}
            state.update(json.dumps(label, ensure_ascii=False, sort_keys=True, default=str).encode() + b"\n")
        return state.hexdigest()


def group_of(specimen: Specimen, root: Path) -> str:
    """Tells the document a picture shows: its label's `group`, or the picture itself."""
    return digest_of(specimen.group or relative_name(specimen, root))


def select(
    dataset: Path,
    *,
    languages: Sequence[str] = (),
    schemas: Sequence[str] = (LABEL,),
    limit: int | None = None,
) -> Selection:
    """The specimens of `dataset` that were asked for; `languages` empty means all.

    A language names itself and its variants: `zh` takes `zh-Hant` too. `schemas` are built-in names, which choose
    specimens, or one of `label`, `auto` and a user's own (`file.py:Class`), which say how to read them all. `limit`
    keeps that many, taken from the languages in turn so that a small run still has them all.
    Raises DatasetError when nothing is left, UsageError and SchemaError for what cannot be.
    """
    specimens = load_dataset(dataset)
    there = {specimen.language for specimen in specimens}
    for language in languages:
        if not any(is_language(tag, language) for tag in there):
            raise DatasetError(f"no specimen is labelled {language!r}; there are {', '.join(sorted(there))}")
    kept = [s for s in specimens if not languages or any(is_language(s.language, wanted) for wanted in languages)]
    own: type[BaseModel] | str | None = None
    if set(schemas) <= set(SCHEMAS):
        kept = [specimen for specimen in kept if specimen.schema in schemas]
    elif len(schemas) > 1:
        raise UsageError("--schema takes built-in names, or one of: label, auto, file.py:Class")
    elif schemas[0] != LABEL:
        own = AUTO if schemas[0] == AUTO else _load(schemas[0])
    if limit is not None:
        kept = _some(kept, limit)
    if not kept:
        raise DatasetError(f"no specimen in {dataset} is of the kinds and languages asked for")
    if missing := [specimen for specimen in kept if not specimen.path.is_file()]:
        name = relative_name(missing[0], dataset)
        raise DatasetError(f"{len(missing)} labelled pictures are not in {dataset}, such as {name}")
    return Selection(dataset, tuple(kept), own)


def is_language(tag: str, wanted: str) -> bool:
    """Whether a BCP 47 tag is the wanted language or a variant of it."""
    return tag.lower() == wanted.lower() or tag.lower().startswith(f"{wanted.lower()}-")


def _some(specimens: Sequence[Specimen], limit: int) -> list[Specimen]:
    if limit < 1:
        raise UsageError("--limit must be at least 1")
    chosen = {specimen.path for specimen in in_turn(specimens)[:limit]}
    return [specimen for specimen in specimens if specimen.path in chosen]


def in_turn(specimens: Sequence[Specimen]) -> list[Specimen]:
    """One of each language in turn, so that whatever is read first has them all."""
    by_language: dict[str, list[Specimen]] = {}
    for specimen in specimens:
        by_language.setdefault(specimen.language, []).append(specimen)
    return [one for turn in zip_longest(*by_language.values()) for one in turn if one is not None]


def _load(reference: str) -> type[BaseModel]:
    try:
        return load_schema(reference)
    except SchemaNotFoundError as error:
        raise SchemaError(str(error)) from error
