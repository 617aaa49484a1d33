"""Reads every specimen in every cell and writes down how right it was, document by document.

    run = Run(selection, cells("phi3v", dtypes=["int8", "int4"]), Path("runs/today"))
    run.start()
    results = run.finish(on_document=bar.advance)

A document that cannot be read is a scored failure with its reason: each of its values counts as missed. Results are
appended as they come, so that a killed run loses the document it was reading and nothing else. What comes before an
engine (loading, OCR and the layout reader: a second or more) is done once a document for all cells, as far as memory
reaches.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.running.cells import Cell, engine_of
from eval.running.folds import Folds
from eval.running.machine import code_digest, load_average, machine, reset_peaks, versions
from eval.running.records import (
    RESULTS_FILE,
    DocumentRecord,
    FieldRecord,
    Results,
    ResultsError,
    Subject,
    identifier,
    read_results,
    relative_name,
    resume,
    to_lines,
)
from eval.running.selection import Selection, group_of
from eval.scoring.score import RESULT, score_document
from extractor.batches import in_order, side_by_side
from extractor.ending import place
from extractor.errors import CheckpointError, DeviceError, ExtractorError, UsageError
from extractor.labels.format import Specimen
from extractor.visual.reader import reading_with

if TYPE_CHECKING:
    from extractor.engines import Engine
    from extractor.extraction import Extraction
    from extractor.pipeline import Prepared

RUN_FILE = "run.json"
#: Bytes of page images that are kept for the next cell.
ROOM = 3_000_000_000
#: Keys of run.json that must be the same for results to be added to it.
_IDENTITY = ("dataset", "reading", "code", "cells")


@dataclass
class Run:
    """A run and its folder. `fields` empty means all; `skip` lets cells that cannot run here be left out, by name
    with the reason, instead of stopping the run."""

    selection: Selection
    cells: Sequence[Cell]
    out: Path
    fields: Sequence[str] = ()
    source: str = RESULT
    device: str = "auto"
    num_crops: int | None = None
    #: The day two-digit years are resolved by; None is today, or the day of the run that is resumed.
    today: date | None = None
    redact: bool = False
    skip: bool = False
    #: Layout networks that were trained without a specimen's issuer; None reads with the shipped one.
    folds: Folds | None = None
    #: Documents read at the same time where the engine can; None is one a core.
    jobs: int | None = None
    skipped: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    _done: set[tuple[str, str]] = field(default_factory=set)
    _cache: PreparedCache = field(init=False)

    @property
    def total(self) -> int:
        """Readings that the run consists of."""
        return len(self.cells) * len(self.selection.specimens)

    @property
    def done(self) -> int:
        """Readings that an earlier, interrupted run has left."""
        return len(self._done)

    def start(self, *, resumed: bool = False) -> None:
        """Makes the folder and writes down what is going to run. Raises UsageError if the folder holds another run."""
        results, facts_file = self.out / RESULTS_FILE, self.out / RUN_FILE
        before = _read_facts(facts_file) if resumed and results.exists() else {}
        if self.today is None:
            self.today = date.fromisoformat(before["reading"]["day"]) if before else date.today()
        self._cache = PreparedCache(self.selection, self.today, keep=len(self.cells) > 1)
        self.facts = self._facts()
        if results.exists():
            if not resumed:
                raise UsageError(f"{self.out} already holds a run; add --resume to continue it, or name another --out")
            self._check_same(before)
            self._done = resume(results)
            return
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            facts_file.write_text(json.dumps(self.facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            results.touch()
        except OSError as error:
            raise UsageError(f"{self.out} cannot be written: {error.strerror}") from None

    def finish(self, on_document: Callable[[], None] = lambda: None) -> Results:
        """Reads what is not yet read and returns everything there is. `on_document` is called after each reading."""
        for cell in self.cells:
            todo = [s for s in self.selection.specimens if (cell.name, self._id(s)) not in self._done]
            if not todo:
                continue
            try:
                self._read_all(cell, todo, on_document)
            except (CheckpointError, DeviceError) as error:
                if not self.skip:
                    raise
                self.skipped[cell.name] = str(error)
            if cell.checkpoint is not None:
                free_memory()
        self._write_facts()
        return read_results(self.out / RESULTS_FILE)

    def _read_all(self, cell: Cell, todo: Sequence[Specimen], on_document: Callable[[], None]) -> None:
        reset_peaks()
        engine = engine_of(cell, device=self.device, num_crops=self.num_crops)
        jobs = side_by_side(engine, len(todo), self.jobs)
        start, hits = time.perf_counter(), self._cache.hits
        with (self.out / RESULTS_FILE).open("a", encoding="utf-8") as file:
            some = threading.Event()  # something was read in this cell
            for document, scored in in_order(
                lambda specimen: self._read(cell, engine, specimen, first=not some.is_set()), todo, jobs
            ):
                file.write(to_lines(document, scored, redact=self.redact))
                file.flush()
                if document.failure is None:
                    some.set()
                on_document()
        seconds = time.perf_counter() - start
        hits = self._cache.hits - hits
        if hits not in (0, len(todo)):
            return  # some of the documents were prepared before, and some not
        pace = {"documents": len(todo), "seconds": round(seconds, 2), "at_once": jobs, "prepared": hits > 0}
        self.facts["pace"][cell.name] = pace

    def _read(
        self, cell: Cell, engine: Engine | None, specimen: Specimen, *, first: bool
    ) -> tuple[DocumentRecord, list[FieldRecord]]:
        from extractor.pipeline import conclude

        result: Extraction | None = None
        failure = None
        before, start = 0.0, time.perf_counter()
        try:
            with reading_with(self.folds.network(specimen)) if self.folds else nullcontext():
                prepared = self._cache.get(specimen)
            # What was prepared for another cell has cost this one as much.
            before, start = sum(prepared.seconds.values()), time.perf_counter()
            result = conclude(prepared, engine)
        except (CheckpointError, UsageError):
            raise  # the machine or the call, not the document
        except DeviceError as error:
            if first:
                raise  # nothing was ever read in this cell
            failure = f"DeviceError: {error}"
        except ExtractorError as error:
            failure = type(error).__name__ if self.redact else f"{type(error).__name__}: {error}"
        except Exception as error:
            # Texts of unforeseen errors may quote the document.
            failure = f"{type(error).__name__} at {place(error.__traceback__)}"
        seconds = before + time.perf_counter() - start
        if result is not None:
            self.facts["engines"].setdefault(cell.name, dict(result.engine))
        subject = Subject(
            cell.name,
            self._id(specimen),
            relative_name(specimen, self.selection.root),
            group_of(specimen, self.selection.root),
            specimen.language,
            specimen.schema,
            specimen.kind,
            specimen.capture,
            round(seconds, 4),
        )
        tokens = sum(getattr(engine, "tokens", ())) or None if result else None
        return score_document(
            subject,
            specimen,
            result,
            failure,
            only=self.fields,
            source=self.source,
            tokens=tokens,
        )

    def _id(self, specimen: Specimen) -> str:
        return identifier(specimen, self.selection.root)

    def _facts(self) -> dict[str, Any]:
        schema = self.selection.schema or "label"
        return {
            "dataset": {
                "name": self.selection.name,
                "digest": self.selection.digest(),
                "pictures": len(self.selection.specimens),
                "documents": self.selection.documents,
            },
            "reading": {
                "schema": schema if isinstance(schema, str) else schema.__name__,
                "fields": sorted(self.fields),
                "scored": self.source,
                "day": self.today.isoformat() if self.today else None,
                "device": self.device,
                "num_crops": self.num_crops,
            },
            "code": code_digest(),
            "cells": {cell.name: _cell_facts(cell) for cell in self.cells},
            "engines": {},
            "pace": {},
            "machine": machine(),
            "load": load_average(),
            "versions": versions(),
        }

    def _write_facts(self) -> None:
        self.facts["machine"] = machine()  # torch, and so the GPU, is known only now
        self.facts["skipped"] = self.skipped
        text = json.dumps(self.facts, ensure_ascii=False, indent=2) + "\n"
        (self.out / RUN_FILE).write_text(text, encoding="utf-8")

    def _check_same(self, before: Mapping[str, Any]) -> None:
        if changed := [key for key in _IDENTITY if before[key] != self.facts[key]]:
            raise UsageError(
                f"{self.out} holds a run of another {', '.join(changed)}: continuing would mix them; name another --out"
            )
        self.facts["engines"] = dict(before["engines"])
        self.facts["pace"] = dict(before.get("pace", {}))
        self.facts["load"] = before.get("load")


class PreparedCache:
    """Prepared documents of a selection; `hits` counts those that were in the cache. With `keep` false, for a run
    of one cell, nothing is kept."""

    def __init__(self, selection: Selection, today: date | None, *, keep: bool, room: int = ROOM) -> None:
        self.selection, self.today, self.room = selection, today, room if keep else 0
        self.hits = 0
        self._kept: dict[Path, Prepared] = {}

    def get(self, specimen: Specimen) -> Prepared:
        """The specimen, prepared for its schema. Raises what `extract` would."""
        from extractor.pipeline import prepare

        kept = self._kept.get(specimen.path)
        if kept is not None:
            self.hits += 1
            return kept
        made = prepare(specimen.path, self.selection.schema_for(specimen), today=self.today)
        size = sum(page.page.image.nbytes for page in made.evidence.pages)
        if size <= self.room:
            self.room -= size
            self._kept[specimen.path] = made
        return made


def _read_facts(path: Path) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        date.fromisoformat(facts["reading"]["day"])
        dict(facts["engines"])
        if any(key not in facts for key in _IDENTITY):
            raise KeyError
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise ResultsError(f"{path} does not say what its results are of; start again in another --out") from None
    return facts


def _cell_facts(cell: Cell) -> dict[str, Any]:
    facts: dict[str, Any] = {"engine": cell.engine, "model": cell.model, "dtype": cell.dtype, "hints": cell.hints}
    if cell.checkpoint is not None:
        facts["checkpoint"] = {
            "name": cell.checkpoint.name,
            "revision": cell.checkpoint.revision,
            "digest": cell.checkpoint.digest,
        }
    return facts | ({"note": cell.note} if cell.note else {})


def free_memory() -> None:
    """Gives back what the last cell's model held."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
