"""A call of the command over its documents: read side by side, written as they come, stopped by a signal."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.cli_pictures import picture_targets, write_pictures
from extractor.errors import ExtractorError
from extractor.inputs import Document, one_line
from extractor.writing import OutputError, Target

if TYPE_CHECKING:
    from extractor.engines import Engine
    from extractor.extraction import Extraction
    from extractor.output import Outcome, Rendering

#: Exit codes from worst to best; a call with several files ends with the worst.
SEVERITY = (2, 3, 4, 5, 1, 0)


def say(text: str, command: str = "extract") -> None:
    """One line on stderr; where that is closed too, the exit code has to do."""
    with suppress(OSError, ValueError, AttributeError):
        print(f"{command}: {one_line(text)}", file=sys.stderr, flush=True)


class Stops:
    """SIGINT and SIGTERM as KeyboardInterrupt, never in the middle of writing; a second one ends the process."""

    def __init__(self) -> None:
        self.exit_code = 0
        self._held = self._waits = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While it lasts, signals are heard. Only the main thread can; others are left as they are."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {}
        for number in (signal.SIGINT, signal.SIGTERM):
            # One that is ignored, as under nohup, stays ignored.
            if (now := signal.getsignal(number)) is not signal.SIG_IGN:
                before[number] = now
                signal.signal(number, self._heard)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _heard(self, number: int, _frame: Any) -> None:
        if self.exit_code:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.exit_code = 128 + number
        if self._held:
            self._waits = True
        else:
            raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """While it lasts, a signal waits."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._waits:
            self._waits = False
            raise KeyboardInterrupt


class Batch:
    """Reads documents and writes each as soon as it and those before it are read."""

    def __init__(
        self,
        found: Sequence[Document],
        options: argparse.Namespace,
        engine: Engine | None,
        rendering: Rendering,
        target: Target,
        stops: Stops,
    ) -> None:
        self._documents, self._options, self._engine = found, options, engine
        self._rendering, self._target, self._stops = rendering, target, stops
        self._read: dict[int, list[Outcome]] = {}
        self._written: list[Outcome] = []
        self._done = 0
        self._has_text = self._finished = False

    def run(self) -> int:
        """Reads all documents; the exit code of the worst. What was read when a signal stops it is written."""
        try:
            try:
                self._pictures = picture_targets([one.name for one in self._documents], self._options)
                self._all()
                self._finish()
            except KeyboardInterrupt:
                return self._stopped()
        except BaseException as error:
            kept = self._target.abandon(keep=self._options.format != "json")
            if kept and isinstance(error, OutputError):
                raise OutputError(f"{error}; what was read until then is in {kept}") from None
            raise
        finally:
            self._tell_failures()
        return min((outcome.exit_code for outcome in self._written), key=SEVERITY.index)

    def _all(self) -> None:
        from extractor.batches import in_order, side_by_side

        numbers = range(len(self._documents))
        with _progress(len(numbers)) as advance:
            for outcomes in in_order(self._one, numbers, side_by_side(self._engine, len(numbers), self._options.jobs)):
                self._write(outcomes)
                advance()

    def _one(self, number: int) -> list[Outcome]:
        document = self._documents[number]
        self._read[number] = _one(document, self._options, self._engine, self._pictures.get(document.name, {}))
        return self._read[number]

    def _write(self, outcomes: Sequence[Outcome]) -> None:
        with self._stops.held():
            for outcome in outcomes:
                self._put(self._rendering.add(outcome))
                # What is written needs no memory any more; only whether it failed is asked for at the end.
                self._written.append(replace(outcome, result=None))
            self._read.pop(self._done, None)
            self._done += 1

    def _put(self, text: str) -> None:
        self._has_text = self._has_text or bool(text)
        self._target.write(text)

    def _finish(self) -> None:
        with self._stops.held():
            if self._finished:
                return
            self._finished = True
            self._put(self._rendering.end())
            if self._has_text:
                self._target.finish()
            else:
                self._target.abandon(keep=False)  # nothing was read: nothing replaces an older output

    def _stopped(self) -> int:
        """Writes what was read and is not written yet, also what was read ahead of an unfinished document."""
        for _, outcomes in sorted(self._read.items()):
            self._write(outcomes)
        path = self._options.output
        if self._options.format != "json" or path is None or not os.path.exists(path):
            self._finish()
            kept = path or ""
        else:
            # JSON is one text: half of the documents do not replace the old one, and lie beside it.
            self._put(self._rendering.end())
            kept = self._target.abandon(keep=True)
        if len(self._documents) == 1:
            say("stopped")
        else:
            where = f"; they are in {kept}" if kept and self._has_text else ""
            say(f"stopped after {self._done} of {len(self._documents)} documents{where}")
        return self._stops.exit_code or 130

    def _tell_failures(self) -> None:
        for outcome in self._written:
            if outcome.error:
                say(f"{outcome.name}: {outcome.error}")


def _one(
    document: Document, options: argparse.Namespace, engine: Engine | None, pictures: Mapping[str, Path]
) -> list[Outcome]:
    """Reads one document, or with `--documents` all in its files; whatever goes wrong with it is its own outcome, and
    the others are read."""
    from extractor.output import Outcome
    from extractor.reading import extract, extract_documents

    name = document.name
    if document.error:
        return [Outcome(name, error=document.error, exit_code=3)]
    asked = {
        "pages": options.pages,
        "engine": engine,
        "today": options.today,
        "minimum_age": options.age,
        "limits": options.limits,
    }
    try:
        if options.documents:
            results = extract_documents(document.sources, options.schema, **asked)
        else:
            results = [extract(document.sources, options.schema, one_document=options.one_document, **asked)]
    except Exception as error:
        return [failed(name, error)]
    return [_outcome(document, options, result, pictures, number) for number, result in enumerate(results, 1)]


def _outcome(
    document: Document, options: argparse.Namespace, result: Extraction[Any], pictures: Mapping[str, Path], number: int
) -> Outcome:
    """What became of a document that was read, the `number`-th of its files."""
    from extractor.output import Outcome

    name = document.name
    if options.verbose:
        facts = ", ".join(f"{key} {value}" for key, value in result.engine.items())
        stages = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in result.seconds.items())
        say(f"{name}: {facts}; {stages}")
    problems = []
    for option, target in pictures.items():
        own = target if number == 1 else target.with_stem(f"{target.stem}-document{number}")
        try:
            write_pictures(option, result, own, options)
        except Exception as error:
            problems.append(failed(name, error))
    if problems:
        worst = min(problems, key=lambda one: SEVERITY.index(one.exit_code))
        return replace(worst, error="; ".join(one.error for one in problems), result=result)
    return Outcome(name, result, exit_code=0 if result.checks_passed else 1)


def paired(found: Sequence[Document], options: argparse.Namespace, engine: Engine | None) -> list[Document]:
    """The documents with those together whose files are sides of the same one, in the place of the first."""
    from extractor.batches import in_order, side_by_side
    from extractor.grouping import Identity, paired_sides
    from extractor.pipeline import identify

    def look(document: Document) -> Identity | None:
        if document.error:
            return None
        try:
            return identify(document.sources, pages=options.pages, today=options.today, limits=options.limits)
        except Exception:  # whoever reads it says what is wrong with it
            return None

    with _progress(len(found), "looking for sides") as advance:
        identities = []
        for one in in_order(look, found, side_by_side(engine, len(found), options.jobs)):
            identities.append(one)
            advance()
    groups = [[found[number] for number in group] for group in paired_sides(identities)]
    return [replace(group[0], sources=tuple(source for one in group for source in one.sources)) for group in groups]


def failed(name: str, error: Exception) -> Outcome:
    """The outcome of a document that could not be read, without anything that was read from it."""
    from extractor.output import Outcome

    if isinstance(error, ExtractorError):
        return Outcome(name, error=str(error), exit_code=error.exit_code)
    # Text of an unforeseen error may quote the document; its type and place are what a report needs.
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "unknown"
    return Outcome(name, error=f"internal error ({type(error).__name__} at {place}); please report it", exit_code=3)


@contextmanager
def _progress(total: int, doing: str = "reading") -> Iterator[Callable[[], None]]:
    """A bar on stderr where there is a terminal and more than one document."""
    if total < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(doing, total=total)
        yield lambda: progress.advance(task)
