"""The `extract-batch` command: `extractor.batch.extract_batch` with a progress line and exit codes."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from extractor import __version__
from extractor.cli_options import day, page_numbers, years
from extractor.ending import Parser, Stops, ended, say
from extractor.progress import progress_bar

if TYPE_CHECKING:
    from extractor.batch.job import Summary

_EPILOGUE = """\
examples:
  extract-batch scans/ read/ --schema passport
  extract-batch "scans/**/*.pdf" read/ --format parquet --evidence
  extract-batch cards/ read/ --schema id_card --group sides
  extract-batch people.parquet read/ --column portrait
  extract-batch s3://bucket/scans s3://bucket/read --address ray://head:10001
  extract-batch scans/ read/ --engine phi3v --model DIR --gpus 1 --batch-size 16

A second run reads what the output has no row of.

exit codes:
  0  every document has a row; the rows say which could not be read
  2  wrong usage
  3  the input, the output or the cluster cannot be used
  129, 130, 143  stopped by a closed terminal, Ctrl-C or SIGTERM; a second run resumes
"""
#: Seconds between two lines of progress where stderr is no terminal.
_EVERY = 30.0


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments, named as those of `extract_batch`; also what docs/batch.md's help is made from."""
    parser = Parser(
        prog="extract-batch",
        description="Reads identity documents by the thousand or the million, on this machine or a Ray cluster.",
        epilog=_EPILOGUE,
    )
    parser.add_argument(
        "inputs", nargs="+", metavar="INPUT", help="files, folders, patterns, Parquet files; s3://, gs://, abfss://"
    )
    parser.add_argument("output", metavar="OUTPUT", help="a folder, which gets the parts of the answer")
    parser.add_argument("--schema", default="auto", metavar="S", help="as of `extract`")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument("--format", dest="form", choices=("jsonl", "parquet"), default="jsonl")
    parser.add_argument("--evidence", action="store_true", help="add sources, confidences, boxes and warnings")
    parser.add_argument(
        "--group",
        metavar="G",
        help="files that are one document: sides (card_front, card_back; scan-1, scan-2), folder, or a regular "
        "expression whose first group their names have in common",
    )
    parser.add_argument("--column", metavar="C", help="the column of Parquet files that holds pictures or their paths")
    parser.add_argument("--pages", metavar="P", help="pages of each file, from 1: 1, 1-3 or 1,4")
    parser.add_argument(
        "--one-document",
        action="store_true",
        help="files of a group are one document; what contradicts that is refused",
    )
    parser.add_argument("--today", type=day, metavar="DATE", help="the day on which the documents are looked at")
    parser.add_argument("--age", type=years, dest="minimum_age", metavar="N", help="warn of holders who are younger")
    engine = parser.add_argument_group("engine")
    engine.add_argument("--engine", default="embedded", metavar="E", help="embedded (default), or another of `extract`")
    engine.add_argument("--model", metavar="M", help="checkpoint: a folder that every machine has")
    engine.add_argument("--dtype", default="auto", metavar="T", help="as of `extract`")
    engine.add_argument("--device", default="auto", metavar="D", help="as of `extract`")
    engine.add_argument("--batch-size", type=int, default=8, metavar="N", help="documents in one pass of a model")
    cluster = parser.add_argument_group("cluster")
    cluster.add_argument(
        "--address", metavar="A", help="a running Ray: auto, host:port or ray://host:port (default: RAY_ADDRESS, or one"
        " that is started on this machine for this call)"
    )  # fmt: skip
    cluster.add_argument("--readers", type=int, metavar="N", help="at most N (default: as many as there is room for)")
    cluster.add_argument("--cpus", type=float, default=1.0, metavar="N", help="of one reader (default 1)")
    cluster.add_argument("--gpus", type=float, default=0.0, metavar="N", help="of one reader (default 0)")
    cluster.add_argument("--rows", type=int, metavar="N", help="of a part of the output (default: 4 to 1000)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser, stops = build_parser(), Stops()
    code = ended(
        "extract-batch", lambda: _run(parser.parse_args(argv)), stops=stops, stopped="stopped; a second run resumes"
    )
    return 3 if code in (4, 5) else code


def _run(options: argparse.Namespace) -> int:
    from extractor.batch.run import extract_batch

    with _progress() as on_progress:
        summary = extract_batch(**vars(options) | {"pages": page_numbers(options.pages)}, on_progress=on_progress)
    say(_line(summary), "extract-batch")
    return 0


def _line(summary: Summary) -> str:
    pace = f", {summary.now / summary.seconds:.2f} a second" if summary.now and summary.seconds else ""
    earlier = f", {summary.earlier} by earlier runs" if summary.earlier else ""
    answered = summary.earlier + summary.now
    return f"{answered} of {summary.documents} documents answered{earlier}; {summary.errors} with an error{pace}"


@contextmanager
def _progress() -> Iterator[Callable[[Summary], None]]:
    """A bar on stderr where it is a terminal, else a line from time to time."""
    last = [time.monotonic()]

    def line(summary: Summary) -> None:
        if time.monotonic() - last[0] >= _EVERY:
            last[0] = time.monotonic()
            say(_line(summary), "extract-batch")

    with progress_bar() as report:
        bar = sys.stderr.isatty()
        yield (lambda one: report("reading", one.earlier + one.now, one.documents)) if bar else line


if __name__ == "__main__":
    sys.exit(main())
