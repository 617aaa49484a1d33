"""The `extract` command. Nothing heavy is imported before its arguments are understood."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.cli_batch import SEVERITY, Batch, paired
from extractor.cli_options import build_parser, page_numbers
from extractor.ending import Stops, ended, say
from extractor.errors import ExtractorError, UnreadableInputError, UsageError
from extractor.inputs import Document, documents, shown
from extractor.writing import OutputError, Stdout, check_apart, is_stdout, open_target

if TYPE_CHECKING:
    from extractor.engines import Engine
    from extractor.imaging import Limits

#: Files whose pages another process decodes, which is started while the networks load.
_DECODED_APART = (".pdf", ".tif", ".tiff", ".heic", ".heif", ".avif")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # what a terminal cannot show is no reason to stop
    parser = build_parser()
    stops = Stops()
    return ended("extract", lambda: _run(parser.parse_args(argv), parser, stops), stops=stops)


def _run(options: argparse.Namespace, parser: argparse.ArgumentParser, stops: Stops) -> int:
    if options.list_schemas:
        Stdout().write(_schemas())
        return 0
    if options.install_completion is not None:
        from extractor.shell import install

        say(f"completion is in {install(parser, options.install_completion or None)}; it works in new shells")
        return 0
    if options.check_schema is not None:
        return _check_schema(options.check_schema)
    if not options.inputs:
        parser.print_usage(sys.stderr)
        raise UsageError("name a picture, a PDF or a folder; extract --help shows examples")
    if "" in (options.overlay, options.deskew, options.portrait, options.signature, options.redact):
        raise UsageError("the name of a picture to write is empty; is a variable unset?")
    if "" in (options.ask, options.model):
        raise UsageError("the value of --ask or --model is empty; is a variable unset?")
    options.pages = page_numbers(options.pages)
    options.limits = _limits(options)
    if options.jobs is not None and options.jobs < 1:
        raise UsageError("--jobs is a number of documents, 1 or more")
    if options.pair_sides and options.one_document:
        raise UsageError("--one-document says already which files are sides of one document; leave out --pair-sides")
    if options.redact is None and (options.keep or options.hide or options.preset):
        raise UsageError("--keep, --hide and --preset go with --redact")
    if sum(one is not None for one in (options.keep, options.hide, options.preset)) > 1:
        raise UsageError("name one of --keep, --hide and --preset")
    found = documents(options.inputs, one_document=options.one_document)
    options.read = [
        *(source for one in found for source in one.sources if isinstance(source, Path)),
        *(name for name in (options.schema, options.schema.rpartition(":")[0]) if os.path.isfile(name)),
    ]
    if options.output:
        check_apart([options.output], options.read)
    if options.ask:
        return _ask(options, found)
    threading.Thread(target=_warm_up, args=(found,), daemon=True).start()
    from extractor.output import Rendering, check_names

    engine = _engine(options)
    columns = _columns(options)
    several = len(found) > 1 or options.documents
    check_names(columns[:-1], several=several, form=options.format)
    if options.pair_sides:
        found = paired(found, options, engine)

    rendering = Rendering(
        options.format,
        several=several,
        evidence=options.evidence,
        columns=columns if several else None,
        ascii_only=is_stdout(options.output) and not _is_unicode(sys.stdout),
    )
    return Batch(found, options, engine, rendering, open_target(options.output), stops).run()


def _is_unicode(stream: Any) -> bool:
    return str(getattr(stream, "encoding", None) or "utf-8").lower().startswith("utf")


def _limits(options: argparse.Namespace) -> Limits:
    from extractor.imaging.limits import DEFAULT

    given = {
        "pages": options.max_pages,
        "pixels": None if options.max_megapixels is None else options.max_megapixels * 1_000_000,
        "seconds": options.decode_seconds,
        "memory": options.decode_mib,
    }
    given = {name: value for name, value in given.items() if value is not None}
    if not all(0 < value < 1e12 for value in given.values()):
        raise UsageError("limits are numbers greater than zero")
    return replace(DEFAULT, **given)


def _warm_up(found: Sequence[Document]) -> None:
    """Loads the OCR models while the rest is imported: a fifth of a second of what one page takes."""
    from extractor.text.ocr import warm_up

    sources = (source for one in found for source in one.sources)
    if any(isinstance(source, Path) and source.suffix.lower() in _DECODED_APART for source in sources):
        from extractor.imaging import decoder

        decoder.start()
    with suppress(ExtractorError):  # whoever needs the models says what is wrong with them
        warm_up()


def _engine(options: argparse.Namespace) -> Engine | None:
    from extractor.engines import choose_engine, describe

    engine, why = choose_engine(
        options.engine,
        model=options.model,
        revision=options.revision,
        dtype=options.dtype,
        device=options.device,
        quantizer=options.quantizer,
        num_crops=options.num_crops,
        hints=options.hints,
        keep_unsupported=options.keep_unsupported,
        base_url=options.base_url,
        api_key_env=options.api_key_env,
        timeout=options.timeout,
    )
    if options.verbose:
        say(f"engine {describe(engine)['name']}: {why}")
    return engine


def _ask(options: argparse.Namespace, found: Sequence[Document]) -> int:
    """Answers a free question about each document, streamed to stdout."""
    from extractor.imaging import load_pages

    unheeded = ("output", "overlay", "deskew", "portrait", "signature", "redact", "evidence", "documents", "pair_sides")
    if names := [f"--{name.replace('_', '-')}" for name in unheeded if getattr(options, name)]:
        raise UsageError(f"--ask writes its answer to stdout and reads no fields; leave out {', '.join(names)}")
    if shown(options.ask) != options.ask:
        raise UsageError("the question of --ask is no text in UTF-8")
    if options.engine == "embedded":
        raise UsageError("--ask is answered by phi3v, onnx or openai; the embedded engine has no words of its own")
    options.engine = options.engine if options.engine in ("onnx", "openai") else "phi3v"
    engine: Any = _engine(options)
    out, codes = Stdout(), [0]
    for document in found:
        try:
            if document.error:
                raise UnreadableInputError(document.error)
            images = [
                image
                for source in document.sources
                for image in load_pages(source, pages=options.pages, limits=options.limits)
            ]
            for piece in engine.ask(images, options.ask):
                out.write(piece)
            out.write("\n")
        except OutputError:
            raise
        except ExtractorError as error:
            say(f"{document.name}: {error}")
            codes.append(error.exit_code)
    return min(codes, key=SEVERITY.index)


def _columns(options: argparse.Namespace) -> list[str]:
    """The CSV columns of documents of the schema, which is loaded here, once for all documents; fails before anything
    is read where it cannot be found."""
    from extractor.output import columns
    from extractor.schemas import SCHEMAS

    if options.schema == "auto":
        return columns(list(SCHEMAS.values()))
    options.schema = _loaded(options.schema)
    return columns([options.schema])


def _loaded(reference: str) -> Any:
    """A schema by its name. What a user's own module prints meanwhile is no document, and goes to stderr."""
    from extractor.schemas import load_schema

    with redirect_stdout(sys.stderr):
        return load_schema(reference)


def _schemas() -> str:
    from extractor.schemas import SCHEMAS

    return "".join(
        f"{name}\n    {(schema.__doc__ or '').strip().splitlines()[0]}\n    {', '.join(schema.model_fields)}\n"
        for name, schema in SCHEMAS.items()
    )


def _check_schema(reference: str) -> int:
    """How each field of a schema is understood; 1 if there is one that nothing can fill."""
    from extractor.schemas.plan import plan_of

    if reference == "auto":
        raise UsageError("auto is the schema of whichever kind a document is; --list-schemas shows all of them")
    mapping = plan_of(_loaded(reference)).mapping
    width = max(map(len, mapping))
    Stdout().write("".join(f"{name:{width}}  {one}\n" for name, one in mapping.items()))
    lost = [name for name, one in mapping.items() if not one.readable]
    for name in lost:
        say(f"nothing says what {name} is: give it x-field or x-captions")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
