"""A call of the command over its documents: read side by side, written as they come, stopped by a signal."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extractor.cli_pictures import PictureTargets, picture_targets, write_pictures
from extractor.ending import Stops, internal, say
from extractor.errors import ExtractorError
from extractor.inputs import Document
from extractor.progress import progress
from extractor.writing import OutputError, Target, check_apart, is_stdout

if TYPE_CHECKING:
    from extractor.engines import Engine
    from extractor.extraction import Extraction
    from extractor.output import Outcome, Rendering

#: Exit codes from worst to best; a call with several files ends with the worst.
SEVERITY = (2, 3, 4, 5, 1, 0)


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
                check_apart((path for one in self._pictures.of.values() for path in one.values()), self._options.read)
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
        with _progress(len(numbers), "reading") as advance:
            for outcomes in in_order(self._one, numbers, side_by_side(self._engine, len(numbers), self._options.jobs)):
                self._write(outcomes)
                advance()

    def _one(self, number: int) -> list[Outcome]:
        document = self._documents[number]
        self._read[number] = _one(document, self._options, self._engine, self._pictures)
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
        if self._options.format != "json" or is_stdout(path) or not os.path.exists(path):
            self._finish()
            kept = "" if is_stdout(path) else path
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
    document: Document, options: argparse.Namespace, engine: Engine | None, pictures: PictureTargets
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
    document: Document, options: argparse.Namespace, result: Extraction[Any], pictures: PictureTargets, number: int
) -> Outcome:
    """What became of a document that was read, the `number`-th of its files."""
    from extractor.imaging.saving import free
    from extractor.output import Outcome

    name = document.name
    if options.verbose:
        facts = ", ".join(f"{key} {value}" for key, value in result.engine.items())
        stages = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in result.seconds.items())
        say(f"{name}: {facts}; {stages}")
    problems = []
    for option, target in pictures.of.get(name, {}).items():
        own = target if number == 1 else next(free(target.with_stem(f"{target.stem}-document{number}"), pictures.taken))
        try:
            write_pictures(option, result, own, pictures.taken, options)
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
    return Outcome(name, error=internal(error), exit_code=3)


def _progress(total: int, what: str) -> AbstractContextManager[Callable[[], None]]:
    """A bar where there is more than one document."""
    return progress(total, what) if total > 1 else nullcontext(lambda: None)
