"""`python -m eval.run`: reads a labelled dataset with one or more engines and says how right they were, and how sure
that is. `python -m eval.run --help` has examples."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.checkpoints.values import DEVICES, DTYPES
from extractor.cli_options import day
from extractor.ending import Parser, Stops, ended
from extractor.errors import MissingExtraError, UsageError
from extractor.progress import progress

if TYPE_CHECKING:
    from eval.running.cells import Cell
    from eval.running.records import Results
    from eval.running.runner import Run

_EPILOG = """\
examples:
  python -m eval.run                                             the embedded engine on the frozen set
  python -m eval.run --lang zh --dtype int4                      Phi-3-vision in int4 on Chinese documents
  python -m eval.run --model nano --dtype bfloat16 int8 int4     precisions, tested against bfloat16
  python -m eval.run --engine embedded phi3v --hints both        engines side by side
  python -m eval.run --model nano --score model                  what the model says alone, without the MRZ
  python -m eval.run --dataset ../my-documents --redact          your own; the results hold no values
  python -m eval.run --out runs/b --compare runs/a               what has changed since run a
  python -m eval.run --out runs/b --resume                       continue a run that was stopped
  python -m eval.run --fail-under exact=0.9 surname=0.95         for continuous integration

A field is right if it equals its label after normalisation (eval/scoring/normalise.py). Into --out go results.jsonl (a
line a document and field), summary.json, scores.csv, report.md and report.html. They hold what was read from the
documents unless --redact is given; nothing is sent anywhere.

exit codes:
  0  done
  1  a --fail-under was missed
  2  wrong usage
  3  unreadable: no such dataset, label or checkpoint on this machine; or the results cannot be written
  129, 130, 143  stopped by a closed terminal, Ctrl-C or SIGTERM
"""

#: Rates that --fail-under takes beside the names of fields: overall, at least this much.
_RATES = ("exact", "folded", "f1", "all_right", "mrz_exact", "valid")
_DATASET = Path("datasets/frozen")
#: Packages of the extra `eval` that a run needs at its end; better said before it begins.
_PACKAGES = ("jinja2", "opencc", "psutil", "scipy")


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments; also what the README's help is made from."""
    parser = Parser(
        prog="python -m eval.run",
        description="Reads labelled documents and says how right each field was, per language, engine and precision.",
        epilog=_EPILOG,
    )
    _add_documents(parser)
    _add_readers(parser)
    _add_results(parser)
    return parser


def _folder(text: str) -> Path:
    """A folder's name; the empty one would be the folder that the command is run in."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty; is a variable unset?")
    return Path(text)


def _add_documents(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("what is read")
    what.add_argument(
        "--dataset",
        type=_folder,
        default=_DATASET,
        metavar="DIR",
        help="folder with labels: ours (labels.jsonl), MIDV-500, MIDV-2019, MIDV-2020, DocXPand-25k "
        f"(default {_DATASET})",
    )
    what.add_argument("--lang", nargs="+", metavar="L", help="languages, or all (default); zh takes zh-Hant too")
    what.add_argument(
        "--schema",
        nargs="+",
        default=["label"],
        metavar="S",
        help="built-in names choose documents; label (default) reads each with the schema of its label, auto lets the "
        "reader recognise it, file.py:Class reads all with your own",
    )
    what.add_argument("--fields", nargs="+", metavar="F", help="score these fields only")
    what.add_argument(
        "--score",
        choices=("result", "mrz", "visual", "model"),
        default="result",
        help="score what was concluded (default), or what one source alone says",
    )
    what.add_argument("--limit", type=int, metavar="N", help="at most N pictures, from the languages in turn")


def _add_readers(parser: argparse.ArgumentParser) -> None:
    who = parser.add_argument_group("what reads")
    who.add_argument(
        "--engine",
        nargs="+",
        metavar="E",
        help="embedded (default), phi3v (default where a model, precision or hints are named), or all",
    )
    who.add_argument(
        "--model",
        nargs="+",
        metavar="M",
        help="checkpoints of phi3v: folders, names in the local hub cache, or nano, the small model of this repository",
    )
    who.add_argument(
        "--dtype", nargs="+", metavar="D", help="float32, bfloat16 (default), float16, int8, int4; several, or all"
    )
    who.add_argument("--hints", choices=("on", "off", "both"), help="give phi3v the OCR text of the page")
    who.add_argument("--device", choices=("auto", *DEVICES), default="auto")
    who.add_argument("--num-crops", type=int, metavar="N", help="crops a page is cut into for phi3v")
    who.add_argument(
        "--folds",
        type=_folder,
        metavar="DIR",
        help="read each picture with the layout network that was trained without its issuer: folder of folds.json",
    )
    who.add_argument(
        "--jobs", type=int, metavar="N", help="documents read at the same time by the embedded engine (default: cores)"
    )
    who.add_argument("--today", type=day, metavar="DAY", help="the day two-digit years are resolved by (YYYY-MM-DD)")


def _add_results(parser: argparse.ArgumentParser) -> None:
    out = parser.add_argument_group("what comes out")
    out.add_argument("--out", type=_folder, metavar="DIR", help="folder of the run (default runs/ and the time)")
    out.add_argument("--resume", action="store_true", help="continue the run in --out, repeating nothing")
    out.add_argument("--compare", type=_folder, metavar="RUN", help="folder of another run to compare this one with")
    out.add_argument("--redact", action="store_true", help="leave pictures, file names and values out of all results")
    out.add_argument(
        "--fail-under",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=RATE",
        help=f"exit with 1 unless each cell reaches this: a field, or {', '.join(_RATES)}",
    )
    out.add_argument(
        "--error-budget",
        type=float,
        default=0.01,
        metavar="SHARE",
        help="wrong ones accepted among what passes without a person (default 0.01)",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = build_parser()
    return ended(
        "eval.run",
        lambda: _run(parser.parse_args(argv)),
        stops=Stops(),
        stopped="stopped; the same call with --out and --resume continues",
    )


def _run(options: argparse.Namespace) -> int:
    from eval.report.page import HTML_FILE, write_report
    from eval.report.summary import summarise
    from eval.running.folds import load_folds
    from eval.running.records import RESULTS_FILE, read_results
    from eval.running.runner import Run
    from eval.running.selection import select

    if not all(map(find_spec, _PACKAGES)):
        raise MissingExtraError("scoring", "eval")
    demands = _demands(options)
    if not 0 <= options.error_budget < 1:
        raise UsageError("--error-budget is a share of 1, such as 0.01")
    if options.jobs is not None and options.jobs < 1:
        raise UsageError("--jobs is a number of documents, 1 or more")
    if options.resume and options.out is None:
        raise UsageError("--resume needs --out, the folder of the run to continue")
    languages = [] if options.lang is None else [one for one in _words(options.lang) if one != "all"]
    selection = select(options.dataset, languages=languages, schemas=_words(options.schema), limit=options.limit)
    cells = _cells(options)
    if options.score == "model" and any(cell.checkpoint is None for cell in cells):
        raise UsageError("--score model needs an engine with a model: --engine phi3v")
    other = read_results(options.compare / RESULTS_FILE) if options.compare else None
    run = Run(
        selection,
        cells,
        options.out or Path("runs") / datetime.now().strftime("%Y%m%d-%H%M%S"),
        fields=_fields(options),
        source=options.score,
        device=options.device,
        num_crops=options.num_crops,
        today=options.today,
        redact=options.redact,
        folds=load_folds(options.folds) if options.folds else None,
        jobs=options.jobs,
        skip="all" in (options.dtype or ()) or "all" in (options.engine or ()),
    )
    run.start(resumed=options.resume)
    results = _read(run)
    if not results.documents:
        raise UsageError(f"nothing could be read here: {'; '.join(run.skipped.values())}")
    summary = summarise(
        results,
        run.facts["cells"],
        run.facts,
        budget=options.error_budget,
        comparisons=_comparisons(run.cells, results, other, options.compare),
    )
    write_report(summary, results, selection, run.out, redact=options.redact)
    _print(summary, run)
    print(f"{run.out / HTML_FILE}")
    return _missed(summary, demands)


def _words(given: Sequence[str] | None) -> list[str]:
    """Words given apart or with commas. Raises UsageError where something was given, and no word."""
    words = [word for one in given or () for word in one.split(",") if word]
    if given and not words:
        raise UsageError("an option has no value; is a variable unset?")
    return words


def _cells(options: argparse.Namespace) -> list[Cell]:
    from eval.running.cells import ENGINES, cells

    engines, dtypes = _words(options.engine), _words(options.dtype)
    hints: dict[str | None, tuple[bool | None, ...]] = {
        None: (None,),
        "on": (True,),
        "off": (False,),
        "both": (False, True),
    }
    found = cells(
        list(ENGINES) if "all" in engines else engines,
        _words(options.model),
        list(DTYPES) if "all" in dtypes else dtypes,
        hints[options.hints],
    )
    for note in dict.fromkeys(cell.note for cell in found if cell.note):
        print(f"eval.run: scoring {note}", file=sys.stderr)
    return found


def _fields(options: argparse.Namespace) -> list[str]:
    from extractor.schemas import VOCABULARY

    named = _words(options.fields)
    if unknown := [name for name in named if name not in VOCABULARY]:
        raise UsageError(f"there is no field {unknown[0]!r}; known: {', '.join(VOCABULARY)}")
    return named


def _demands(options: argparse.Namespace) -> dict[str, float]:
    """--fail-under as name -> rate. Raises UsageError for an unknown name or an invalid rate."""
    from extractor.schemas import VOCABULARY

    demands = {}
    for text in _words(options.fail_under):
        name, sign, rate = text.partition("=")
        if not sign or (name not in VOCABULARY and name not in _RATES):
            raise UsageError(f"--fail-under takes a field or one of {', '.join(_RATES)}, as in surname=0.95")
        try:
            demands[name] = float(rate)
        except ValueError:
            raise UsageError(f"--fail-under {name} needs a rate between 0 and 1") from None
        if not 0 <= demands[name] <= 1:
            raise UsageError(f"--fail-under {name} needs a rate between 0 and 1")
    return demands


def _missed(summary: dict[str, Any], demands: dict[str, float]) -> int:
    """1 if a cell misses what was demanded, with a line for each; what nobody labelled is missed too."""
    code = 0
    for cell, entry in summary["cells"].items():
        for name, least in demands.items():
            rate = entry["overall"].get(name) if name in _RATES else entry["fields"].get(name, {}).get("exact")
            value = rate["value"] if rate else None
            if value is None or value < least:
                reached = "nothing is labelled" if value is None else f"reached {value:.4f}"
                print(f"eval.run: {cell}: {name} must be {least} at least; {reached}", file=sys.stderr)
                code = 1
    return code


def _comparisons(
    cells: Sequence[Cell], results: Results, other: Results | None, folder: Path | None
) -> list[dict[str, Any]]:
    """The cells of this run against their references, and against the same ones of another run."""
    from eval.running.cells import pairs
    from eval.scoring.comparison import compare

    read = [cell for cell in cells if results.of_cell(cell.name).documents]
    names = [cell.name for cell in read]
    compared = [
        (results.of_cell(first.name), results.of_cell(second.name), (first.name, second.name))
        for first, second in pairs(read)
    ]
    if other is not None and folder is not None:
        theirs = other.cells()
        for name in names:
            match = name if name in theirs else theirs[0] if len(theirs) == 1 else None
            if match is not None:
                labels = (f"{match} ({folder.resolve().name})", name)
                compared.append((other.of_cell(match), results.of_cell(name), labels))
    found = [compare(first, second, labels) for first, second, labels in compared]
    return [one for one in found if one is not None]


def _read(run: Run) -> Results:
    with progress(run.total, "reading", run.done) as advance:
        return run.finish(advance)


def _print(summary: dict[str, Any], run: Run) -> None:
    from rich.console import Console

    from eval.report.tables import facts, terminal_tables

    # What is not a terminal, a log for example, is as wide as it needs to be.
    console = Console(soft_wrap=True) if sys.stdout.isatty() else Console(soft_wrap=True, width=240)
    for table in terminal_tables(summary, console.width):
        console.print(table)
    for name, cell in summary["cells"].items():
        if failures := cell["failures"]:
            kinds = ", ".join(f"{kind} {count}" for kind, count in failures.items())
            failed, pictures = cell["overall"]["failed"], cell["overall"]["pictures"]
            console.print(f"{name}: {failed} of {pictures} pictures failed: {kinds}", markup=False)
    for name, reason in run.skipped.items():
        console.print(f"{name} did not run: {reason}", markup=False)
    for word, text in facts(summary):
        console.print(f"{word}: {text}", markup=False, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
