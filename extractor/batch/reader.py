"""The reader: an actor of Ray Data that holds an engine, reads units, and writes the part of each.

Neither pictures nor answers leave it but into the output: what it returns to Ray are counts. Nothing that goes wrong
with a document is an exception here. What ends the process itself (a decoder that crashes, memory that runs out) is
survived by its successor: Ray gives it the unit again, and `Attempts` say which document it was.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

from extractor.batch.files import HIDDEN, Place, StorageError, names_in, place, read, write_whole
from extractor.batch.job import Job
from extractor.batch.pictures import Pictures
from extractor.batch.rows import SUFFIX, encode, row_of
from extractor.batch.units import Unit, UnitDocument
from extractor.cli_batch import failed
from extractor.decoding.answer import FieldReading
from extractor.errors import ExtractorError, UnreadableInputError
from extractor.evidence import DocumentEvidence
from extractor.output import Outcome
from extractor.pipeline import Prepared, conclude, prepare
from extractor.reading import checked
from extractor.sources import read_sources
from extractor.sources.model import Own

#: The file of an output that says whose run it is.
RUN = f"{HIDDEN}run.json"
ATTEMPTS = f"{HIDDEN}attempts"
#: Readers that may die over a unit before its documents are watched, and over a document before it is given up.
_DEATHS = 2


class Reader:
    """Called by Ray Data with one unit at a time."""

    def __init__(self, job: Job, run: str) -> None:
        from extractor.text.ocr import sharing_cores, threads

        self._job, self._run, self._output = job, run, place(job.output)
        self._failure: ExtractorError | None = None
        self._engine: Any = None
        try:
            self._schema = checked(job.schema)
            self._engine, _ = _engine(job)
        except Exception as error:
            # Said by the first call: of what ends an actor's beginning Ray tells the driver nothing but that it ended.
            self._failure = _ours(error)
        self._batched = hasattr(self._engine, "answer_batch") and job.batch_size > 1
        self._pictures: dict[int, Pictures] = {}
        self._fetching = Lock()
        self._pool = ThreadPoolExecutor(max(1, int(job.cpus)), thread_name_prefix="document")
        # Every core of the machine may be taken by a reader: each page is read on one.
        self._cores = ExitStack()
        self._cores.enter_context(sharing_cores(threads()))

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        if self._failure is not None:
            raise self._failure
        try:
            rows = [self._read_unit(Unit.unpacked(str(text))) for text in batch["unit"]]
        except Exception as error:
            raise _ours(error) from None
        return {name: [one[name] for one in rows] for name in rows[0]}

    def _read_unit(self, unit: Unit) -> dict[str, Any]:
        start = time.perf_counter()
        path = self._output.inside(unit.part + SUFFIX[self._job.form])
        attempts = Attempts(self._output, unit.part)
        attempts.begin()
        outcomes = list(self._outcomes(unit, attempts))
        rows = [row_of(outcome, evidence=self._job.evidence) for outcome in outcomes]
        data = encode(rows, self._job.form, self._job.schema, evidence=self._job.evidence)
        check_run(self._output, self._run)
        write_whole(self._output.filesystem, path, data)
        attempts.end()
        return {
            "part": unit.part,
            "documents": len(outcomes),
            "errors": sum(outcome.result is None for outcome in outcomes),
            "seconds": time.perf_counter() - start,
            "process": os.getpid(),
            "memory": _memory(),
        }

    def _outcomes(self, unit: Unit, attempts: Attempts) -> Iterator[Outcome]:
        """What each document of a unit gives, in their order."""
        if attempts.careful:
            for number, document in enumerate(unit.documents):
                if attempts.deaths_over(number) >= _DEATHS:
                    yield failed(document.name, UnreadableInputError("the reader died each time it read this"))
                    continue
                with attempts.watching(number):
                    yield self._outcome(unit, document)
        elif self._batched:
            yield from self._in_batches(unit)
        else:
            yield from self._pool.map(partial(self._outcome, unit), unit.documents)

    def _outcome(self, unit: Unit, document: UnitDocument) -> Outcome:
        return self._concluded(document, self._prepared(unit, document), self._engine)

    def _in_batches(self, unit: Unit) -> Iterator[Outcome]:
        """For a model that reads several documents in one pass: the next ones are prepared while it does."""
        size = max(1, self._job.batch_size)
        batches = [unit.documents[at : at + size] for at in range(0, len(unit.documents), size)]
        ahead = [self._pool.submit(self._prepared, unit, one) for one in batches[0]]
        for batch, later in zip(batches, [*batches[1:], ()], strict=True):
            prepared = [future.result() for future in ahead]
            ahead = [self._pool.submit(self._prepared, unit, one) for one in later]
            good = [one for one in prepared if isinstance(one, Prepared)]
            answers: dict[int, Any] = {}
            with suppress(Exception):  # each is then read alone, and fails alone
                evidences = [one.evidence for one in good]
                given = self._engine.answer_batch(evidences, [read_sources(one) for one in evidences])
                answers = dict(zip(map(id, good), given, strict=True))
            for document, one in zip(batch, prepared, strict=True):
                engine = Answered(self._engine, answers[id(one)]) if id(one) in answers else self._engine
                yield self._concluded(document, one, engine)

    def _prepared(self, unit: Unit, document: UnitDocument) -> Prepared | Exception:
        try:
            with self._fetching:
                if unit.input not in self._pictures:
                    self._pictures[unit.input] = Pictures(self._job.inputs[unit.input], self._job.column)
                pictures = [self._pictures[unit.input].fetch(page) for page in document.pages]
            return prepare(
                pictures,
                self._schema,
                pages=self._job.pages,
                today=self._job.today,
                one_document=self._job.one_document,
            )
        except Exception as error:
            return error

    def _concluded(self, document: UnitDocument, prepared: Prepared | Exception, engine: Any) -> Outcome:
        if isinstance(prepared, Exception):
            return failed(document.name, prepared)
        try:
            result = conclude(prepared, engine, minimum_age=self._job.minimum_age)
        except Exception as error:
            return failed(document.name, error)
        return Outcome(document.name, result, exit_code=0 if result.checks_passed else 1)


def _engine(job: Job) -> tuple[Any, Any]:
    from extractor.engines import choose_engine

    return choose_engine(job.engine, model=job.model, dtype=job.dtype, device=job.device)


def _ours(error: Exception) -> ExtractorError:
    """An error that may be raised: Ray logs it, and a foreign text may quote a document."""
    return error if isinstance(error, ExtractorError) else ExtractorError(failed("", error).error)


@dataclass(frozen=True)
class Answered:
    """A model that has been asked about a document already, as one of a batch."""

    model: Any
    fields: Mapping[str, FieldReading]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def answer(self, evidence: DocumentEvidence, own: Own) -> Mapping[str, FieldReading]:  # noqa: ARG002
        return self.fields


class Attempts:
    """Which readers have begun a unit and not ended it, as empty files in the output.

    After two deaths the next reader is careful: it leaves a file for each document while it reads that one, so that a
    document over which two more die is known, and given up. Nothing is written where nobody dies but one file a unit.
    """

    def __init__(self, output: Place, part: str) -> None:
        self._place, self._part = Place(output.filesystem, output.inside(ATTEMPTS), output.prefix), part
        self._own: list[str] = []
        # `part-0f3a.` begins the names; then `all` or the number of a document, then which attempt it was
        names = [name.split(".") for name in names_in(self._place) if name.startswith(f"{part}.")]
        self._deaths = Counter(name[1] for name in names)
        self._left = [".".join(name) for name in names]
        self.careful = self._deaths["all"] >= _DEATHS

    def deaths_over(self, number: int) -> int:
        return self._deaths[str(number)]

    def begin(self) -> None:
        self._mark("all")

    @contextmanager
    def watching(self, number: int) -> Iterator[None]:
        """While a document is read."""
        name = self._mark(str(number)) if self.careful else None
        yield
        if name:
            self._delete(name)

    def end(self) -> None:
        for name in (*self._left, *self._own):
            self._delete(name)

    def _mark(self, what: str) -> str:
        name = f"{self._part}.{what}.{uuid.uuid4().hex}"
        write_whole(self._place.filesystem, self._place.inside(name), b"")
        self._own.append(name)
        return name

    def _delete(self, name: str) -> None:
        with suppress(OSError):
            self._place.filesystem.delete_file(self._place.inside(name))


def check_run(output: Place, run: str) -> None:
    """Raises StorageError where a later run has begun to write to the output."""
    try:
        current = json.loads(read(output.filesystem, output.inside(RUN)))["run"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        current = None
    if current != run:
        raise StorageError("another run has taken over the output; this one ends")


def _memory() -> int:
    """This process's memory in bytes; 0 where the system does not say."""
    with suppress(OSError, ValueError, IndexError), open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
