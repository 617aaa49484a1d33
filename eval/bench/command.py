"""`python -m eval.bench`: how fast a reader is and what it costs, on this machine.

Each engine has a module of its own with two functions: `add_arguments(parser)` and `bench(options) -> Bench`. What
they measure comes out the same way: tables for people, and as the last line one line of JSON.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from eval.running.machine import busy, code_digest, load_average, machine, versions
from extractor.ending import Parser, Stops, ended
from extractor.errors import UsageError

#: Engines that can be measured, and the module that does it.
BENCHES: Mapping[str, str] = {
    "embedded": "eval.bench.embedded",
    "phi3v": "eval.bench.phi3v",
    "server": "eval.bench.server",
    "batch": "eval.bench.batch",
    "onnx": "eval.bench.onnx",
    "openai": "eval.bench.openai",
}

_EPILOG = """\
examples:
  python -m eval.bench --engine embedded
  python -m eval.bench --engine embedded --pages 1000            is memory flat?
  python -m eval.bench --engine embedded --dataset ../pictures   on your own pages
  python -m eval.bench --engine embedded | tail -n 1 | jq .figures
  python -m eval.bench --engine phi3v --random-weights           full size, no download; needs a GPU
  python -m eval.bench --engine batch --pages 400                a cluster of two nodes, one of which dies
  python -m eval.bench --engine server --clients 16 --seconds 60  the HTTP service under load
  python -m eval.bench --engine onnx --kept FILE                 exported models: are the answers the same?
  python -m eval.bench --engine openai --vllm .venv-vllm/bin/python          a model behind a server
"""


@dataclass(frozen=True)
class Table:
    """A table for people: `rows` of text, the first column names the row."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Bench:
    """What was measured: tables, and `figures` with the numbers themselves (seconds, MB) by name."""

    tables: Sequence[Table]
    figures: Mapping[str, Any]
    notes: Sequence[str] = field(default=())


def build_parser(engine: str) -> argparse.ArgumentParser:
    """The arguments of the bench of one engine."""
    parser = Parser(
        prog="python -m eval.bench",
        description="Measures how fast documents are read on this machine, and what that takes.",
        epilog=_EPILOG,
    )
    parser.add_argument("--engine", choices=tuple(BENCHES), default="embedded", help="what reads (default embedded)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the line of JSON there too")
    importlib.import_module(BENCHES[engine]).add_arguments(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code: 0, 2 for wrong usage, 3 for what cannot be read or run here. Where a
    signal stops it, processes end and temporary files are removed."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    return ended("eval.bench", lambda: _run(arguments), stops=Stops())


def _run(arguments: Sequence[str]) -> int:
    load = load_average()
    options = build_parser(_engine(arguments)).parse_args(arguments)
    options.arguments = arguments
    found = importlib.import_module(BENCHES[options.engine]).bench(options)
    if note := busy(load):
        found = replace(found, notes=[*found.notes, note])
    line = as_json(found, options.engine, arguments)
    if options.json:
        write_json(options.json, line)
    _print(found)
    print(line)
    return 0


def _engine(arguments: Sequence[str]) -> str:
    """The engine that is named, so that its own arguments can be added."""
    first = argparse.ArgumentParser(add_help=False)
    first.add_argument("--engine", default="embedded")
    named = str(first.parse_known_args(arguments)[0].engine)
    return named if named in BENCHES else "embedded"  # the whole parser will say that there is no such one


def as_json(found: Bench, engine: str, arguments: Sequence[str]) -> str:
    """Everything as one line of JSON: what was measured, where, when, with which versions and command."""
    return json.dumps(
        {
            "bench": engine,
            "command": " ".join(["python -m eval.bench", *_without_paths(arguments)]),
            "date": date.today().isoformat(),
            "machine": machine(),
            "versions": versions(),
            "code": code_digest(),
            "figures": dict(found.figures),
            "tables": [
                {"title": one.title, "header": list(one.header), "rows": [list(row) for row in one.rows]}
                for one in found.tables
            ],
            "notes": list(found.notes),
        },
        ensure_ascii=False,
    )


def _without_paths(arguments: Sequence[str]) -> list[str]:
    """Arguments as they may be published: without the file the JSON goes to, folders by their last name."""
    shown: list[str] = []
    skipped = False
    for argument in arguments:
        if skipped or argument.startswith("--json"):
            skipped = argument == "--json"
            continue
        shown.append(Path(argument).name if Path(argument).is_absolute() else argument)
    return shown


def write_json(path: Path, text: str) -> None:
    """Writes a line of JSON to a file. Raises UsageError where that cannot be done."""
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def keep(options: argparse.Namespace, tables: Sequence[Table], figures: Mapping[str, Any]) -> None:
    """Writes what is known already, since whole runs take long."""
    if options.json:
        found = Bench(tables, figures, ["stopped before all was measured"])
        write_json(options.json, as_json(found, options.engine, options.arguments))


def _print(found: Bench) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table as RichTable

    console = Console(soft_wrap=True)
    for one in found.tables:
        table = RichTable(title=one.title, title_justify="left")
        for place, heading in enumerate(one.header):
            table.add_column(escape(heading), justify="right" if place else "left", no_wrap=True)
        for row in one.rows:
            table.add_row(*map(escape, row))
        console.print(table)
    for note in found.notes:
        console.print(note, markup=False, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
