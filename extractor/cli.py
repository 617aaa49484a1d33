"""The `extract` command. Only this module prints; nothing heavy is imported before the arguments are understood."""

from __future__ import annotations

import argparse
import itertools
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor import __version__
from extractor.errors import ExtractorError, UnreadableInputError, UsageError

if TYPE_CHECKING:
    from extractor.engines import Engine
    from extractor.output import Outcome

#: What a folder is searched for.
SUFFIXES = frozenset(".jpg .jpeg .jfif .png .webp .tif .tiff .bmp .gif .heic .heif .avif .pdf".split())
#: Exit codes from worst to best; a call with several files ends with the worst.
_SEVERITY = (2, 3, 4, 1, 0)

_EPILOGUE = """\
examples:
  extract passport.jpg --schema passport
  extract card.jpg | jq .surname
  extract front.jpg back.jpg --one-document --schema id_card --evidence
  extract scans/ --format csv --output people.csv
  extract "inbox/*.pdf" --pages 1-2 --format jsonl
  extract visa.png --overlay visa-read.png --format table
  extract form.jpg --schema my_schemas.py:Ticket
  extract passport.jpg --engine phi3v --model microsoft/Phi-3-vision-128k-instruct --dtype int4
  extract photo.jpg --engine phi3v --ask "What is in this picture?"

exit codes:
  0  read
  1  read, but a check failed: a check digit, a contradiction, a value that does not fit
  2  wrong usage
  3  unreadable or unsupported input
  4  no such document on the picture
Of several files the worst counts, in the order 2, 3, 4, 1, 0.
"""


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments; also what the README's help is made from."""
    parser = argparse.ArgumentParser(
        prog="extract",
        description="Reads identity documents into JSON, on this machine, with the evidence for every field.",
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "inputs", nargs="*", metavar="FILE", help="pictures, PDFs, folders or glob patterns; - is stdin"
    )
    parser.add_argument(
        "--schema",
        default="auto",
        metavar="S",
        help="passport, id_card, chinese_id_card, driving_licence, residence_permit, visa, auto (default), "
        "module:Class, file.py:Class or a JSON Schema file",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument("--list-schemas", action="store_true", help="print the built-in schemas and their fields")
    parser.add_argument("--one-document", action="store_true", help="the files are pages or sides of one document")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="documents read at the same time by the embedded engine (default: cores)"
    )
    parser.add_argument("--pages", metavar="P", help="pages of each file, from 1: 1, 1-3 or 1,4")
    output = parser.add_argument_group("output")
    output.add_argument("--format", choices=("json", "jsonl", "csv", "table"), default="json")
    output.add_argument(
        "--evidence", action="store_true", help="add sources, confidences, boxes, verdicts and warnings"
    )
    output.add_argument("--output", metavar="PATH", help="write there instead of to stdout")
    output.add_argument("--overlay", metavar="PNG", help="draw what was read on the page (of several files: a folder)")
    output.add_argument("--verbose", action="store_true", help="say on stderr which engine reads and why, and how long")
    engine = parser.add_argument_group("engine")
    engine.add_argument(
        "--engine",
        default="auto",
        choices=("auto", "embedded", "phi3v"),
        help="auto (default): phi3v where a checkpoint is here and fits, else embedded; nothing is downloaded",
    )
    engine.add_argument("--model", metavar="M", help="checkpoint of phi3v: a folder or a name in the local hub cache")
    engine.add_argument("--revision", metavar="R", help="revision of the checkpoint")
    engine.add_argument("--dtype", choices=("auto", "float32", "bfloat16", "float16", "int8", "int4"), default="auto")
    engine.add_argument("--device", choices=("auto", "cuda", "cpu", "mps"), default="auto")
    engine.add_argument(
        "--quantizer",
        choices=("auto", "bitsandbytes", "packed"),
        default="auto",
        help="what makes int8 and int4: auto is packed on CUDA devices (quicker), else bitsandbytes",
    )
    engine.add_argument("--num-crops", type=int, metavar="N", help="crops a page is cut into for phi3v")
    engine.add_argument("--hints", action=argparse.BooleanOptionalAction, help="give phi3v the OCR text of the page")
    engine.add_argument("--ask", metavar="QUESTION", help="ask phi3v a free question about the picture instead")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = build_parser()
    options = parser.parse_args(argv)
    try:
        return _run(options, parser)
    except ExtractorError as error:
        print(f"extract: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("extract: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has gone (`extract ... | head`); that is its right.
        sys.stderr.close()
        return 0


def _run(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    if options.list_schemas:
        _print_schemas()
        return 0
    if not options.inputs:
        parser.print_usage(sys.stderr)
        raise UsageError("name a picture, a PDF or a folder; extract --help shows examples")
    options.pages = _pages(options.pages)
    if options.jobs is not None and options.jobs < 1:
        raise UsageError("--jobs is a number of documents, 1 or more")
    documents = _documents(options.inputs, one_document=options.one_document)
    if options.ask:
        return _ask(options, documents)
    threading.Thread(target=_warm_up, daemon=True).start()
    engine = _engine(options)
    _load_schema(options.schema)
    outcomes = _read(documents, options, engine)
    _write(outcomes, options)
    failures = [outcome for outcome in outcomes if outcome.result is None]
    for outcome in failures:
        print(
            f"extract: {outcome.name}: {outcome.error}" if len(documents) > 1 else f"extract: {outcome.error}",
            file=sys.stderr,
        )
    return min((outcome.exit_code for outcome in outcomes), key=_SEVERITY.index)


def _warm_up() -> None:
    """Loads the OCR models while the rest is imported: a fifth of a second of what one page takes."""
    from extractor.text.ocr import warm_up

    with suppress(ExtractorError):  # whoever needs the models says what is wrong with them
        warm_up()


def _read(documents: list[tuple[str, list[Any]]], options: argparse.Namespace, engine: Engine) -> list[Outcome]:
    from extractor.batches import in_order, side_by_side

    overlays = _overlays([name for name, _ in documents], options.overlay)

    def read(document: tuple[str, list[Any]]) -> Outcome:
        return _one(*document, options, engine, overlays.get(document[0]))

    outcomes = []
    with _progress(len(documents)) as advance:
        for outcome in in_order(read, documents, side_by_side(engine, len(documents), options.jobs)):
            outcomes.append(outcome)
            advance()
    return outcomes


def _one(name: str, sources: list[Any], options: argparse.Namespace, engine: Engine, overlay: Path | None) -> Outcome:
    """Reads one document; whatever goes wrong with it is its own outcome, and the others go on."""
    from extractor.output import Outcome
    from extractor.pipeline import extract

    try:
        result = extract(sources, options.schema, pages=options.pages, engine=engine)
        if overlay:
            _overlay(sources, options.pages, result, overlay)
    except ExtractorError as error:
        return Outcome(name, error=str(error), exit_code=error.exit_code)
    except Exception as error:
        # Text of an unforeseen error may quote the document; its type and place are what a report needs.
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "unknown"
        return Outcome(name, error=f"internal error ({type(error).__name__} at {place}); please report it", exit_code=3)
    if options.verbose:
        told = ", ".join(f"{key} {value}" for key, value in result.engine.items())
        stages = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in result.seconds.items())
        print(f"extract: {name}: {told}; {stages}", file=sys.stderr)
    return Outcome(name, result, exit_code=0 if result.checks_passed else 1)


def _engine(options: argparse.Namespace) -> Engine:
    from extractor.engines import choose_engine

    engine, why = choose_engine(
        options.engine,
        model=options.model,
        revision=options.revision,
        dtype=options.dtype,
        device=options.device,
        quantizer=options.quantizer,
        num_crops=options.num_crops,
        hints=options.hints,
    )
    if options.verbose:
        print(f"extract: engine {engine.name}: {why}", file=sys.stderr)
    return engine


def _ask(options: argparse.Namespace, documents: list[tuple[str, list[Any]]]) -> int:
    """Answers a free question about each document, streamed to stdout."""
    from extractor.imaging import load_pages

    if options.engine == "embedded":
        raise UsageError("--ask is answered by phi3v; the embedded engine has no words of its own")
    options.engine = "phi3v"
    engine: Any = _engine(options)
    for _, sources in documents:
        images = [image for source in sources for image in load_pages(source, pages=options.pages)]
        for piece in engine.ask(images, options.ask):
            print(piece, end="", flush=True)
        print()
    return 0


def _load_schema(reference: str) -> None:
    """Fails before anything is read where the schema cannot be found."""
    from extractor.errors import SchemaError
    from extractor.schemas import SchemaNotFoundError, load_schema

    if reference != "auto":
        try:
            load_schema(reference)
        except SchemaNotFoundError as error:
            raise SchemaError(str(error)) from error


def _documents(inputs: Sequence[str], *, one_document: bool) -> list[tuple[str, list[Any]]]:
    """(name, sources) of every document that the arguments name: files, folders, patterns, stdin."""
    found: list[tuple[str, Any]] = []
    for text in inputs:
        if text == "-":
            found.append(("stdin", sys.stdin.buffer.read()))
            continue
        path = Path(text)
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
            if not files:
                raise UnreadableInputError(f"the folder {text} holds no picture or PDF")
            found += [(str(file), file) for file in files]
        elif any(sign in text for sign in "*?[") and not path.exists():
            import glob

            matches = sorted(glob.glob(text, recursive=True))
            if not matches:
                raise UnreadableInputError(f"nothing matches {text}")
            found += [(match, match) for match in matches if not Path(match).is_dir()]
        else:
            found.append((text, path))
    if one_document:
        return [(found[0][0], [source for _, source in found])]
    return [(name, [source]) for name, source in found]


def _pages(text: str | None) -> list[int] | None:
    """`1`, `1-3`, `1,4` -> page numbers."""
    if text is None:
        return None
    numbers: list[int] = []
    for part in text.split(","):
        # No file has more pages than five digits count; without a bound, 1-9999999999 would fill the memory.
        found = re.fullmatch(r"\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?", part, re.ASCII)
        if found is None or int(found[2] or found[1]) < int(found[1]):
            raise UsageError(f"--pages takes numbers like 1, 1-3 or 1,4, not {text!r}")
        numbers += range(int(found[1]), int(found[2] or found[1]) + 1)
    return numbers


def _overlays(names: Sequence[str], given: str | None) -> dict[str, Path]:
    """Where the overlay of each document goes: the file that was named, or for several a picture each in that folder.

    Documents whose files are called the same in different folders are counted: `scan.png`, `scan-2.png`.
    """
    if given is None:
        return {}
    folder = Path(given)
    if len(names) == 1 and not folder.is_dir():
        return {names[0]: folder}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--overlay {given} cannot be made a folder: {error.strerror}") from error
    taken: dict[str, Path] = {}
    for name in dict.fromkeys(names):
        stem = Path(name).stem
        tries = (f"{stem}.png" if count == 1 else f"{stem}-{count}.png" for count in itertools.count(1))
        taken[name] = next(path for text in tries if (path := folder / text) not in taken.values())
    return taken


def _overlay(sources: list[Any], pages: list[int] | None, result: Any, target: Path) -> None:
    from extractor.imaging import load_pages
    from extractor.overlay import save_overlays

    images = [image for source in sources for image in load_pages(source, pages=pages)]
    try:
        save_overlays(images, result, target)
    except (OSError, ValueError) as error:
        raise UsageError(f"the overlay cannot be written to {target}: use a path ending in .png") from error


def _write(outcomes: Sequence[Outcome], options: argparse.Namespace) -> None:
    from extractor.output import render

    text = render(outcomes, options.format, evidence=options.evidence)
    if not options.output:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        Path(options.output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{options.output} cannot be written: {error.strerror}") from error


def _print_schemas() -> None:
    from extractor.schemas import SCHEMAS

    for name, schema in SCHEMAS.items():
        first_line = (schema.__doc__ or "").strip().splitlines()[0]
        print(f"{name}\n    {first_line}\n    {', '.join(schema.model_fields)}")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar on stderr where there is a terminal and more than one document."""
    if total < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=total)
        yield lambda: progress.advance(task)


if __name__ == "__main__":
    sys.exit(main())
