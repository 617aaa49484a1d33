"""`python -m eval.readme --check|--write`: the generated parts of README.md, docs/*.md and the small model's card.

A generated block stands between `<!-- generated: NAME -->` and `<!-- end -->`. Command help comes from the commands'
own parsers, tables from the JSON files in `eval/results/`, which `python -m eval.run` and `python -m eval.bench` wrote:

| block           | from                | written by                                                               |
|-----------------|---------------------|--------------------------------------------------------------------------|
| modules         | the code's imports  | this checkout                                                            |
| scores-held-out | held-out-embedded   | `python -m eval.run --engine embedded` over folds of issuers held out    |
| scores-frozen   | frozen-embedded     | `python -m eval.run --engine embedded` (its summary.json)                |
| scores-world    | world-embedded      | `python -m eval.run --engine embedded --dataset datasets/world`          |
| card-nano       | frozen-nano         | `python -m eval.run --model nano --hints both --score model`             |
| scores-dtypes   | frozen-nano-dtypes  | `python -m eval.run --model nano --dtype all --hints both --score model` |
| tuned           | tuned-nano.jsonl    | `python -m extractor.training tune ...` (its figures.jsonl)              |
| scores-photos   | real-nano           | `python -m eval.run --engine all --model nano --hints both --dataset ...`|
| scores-alone    | real-nano-alone     | `... --model nano --hints both --score model --dataset ...`              |
| bench-embedded  | bench-embedded      | `python -m eval.bench --engine embedded --pages 1000 --json FILE`        |
| bench-server    | bench-server        | `python -m eval.bench --engine server --json FILE`                       |
| bench-gpu       | bench-gpu           | `python -m eval.bench --engine phi3v ... --json FILE`                    |
| bench-onnx      | bench-onnx          | `python -m eval.bench --engine onnx --kept FILE --json FILE`             |
| bench-openai    | bench-openai        | `python -m eval.bench --engine openai --vllm PYTHON --json FILE`         |
| bench-batch     | bench-batch         | `python -m eval.bench --engine batch --json FILE`                        |
| ten-million     | three benches       | pages and documents a second, multiplied                                 |
| documents       | documents           | `python -m eval.documents --count 200 --out FILE`                        |
| zones           | zones               | `python -m eval.zones --zones 10000 --out FILE`                          |
| release         | release             | `python -m eval.tried DIST PYTHON...`                                    |
| zone-sizes      | zone-sizes          | `python -m eval.zone_sizes --out FILE`                                   |
| pictures        | pictures            | `python -m eval.pictures --pages 24 --out FILE`                          |
| lines           | lines               | `python -m eval.lines --dataset ../shared/specimens --out FILE`          |
| tesseract       | tesseract           | `python -m eval.tesseract --dataset ../shared/specimens --out FILE`      |
| usermodels      | usermodels          | `python -m eval.usermodels --dataset datasets/frozen ... --out FILE`     |

The check also finds relative links that lead nowhere.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from eval import tried
from eval.report import tables
from eval.report.generated import (
    COUNTED,
    scores_by_cell,
    scores_by_kind,
    scores_by_language,
    scores_by_precision,
    scores_by_type,
    ten_million,
)
from extractor.ending import ended
from extractor.errors import UnreadableInputError

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "eval" / "results"
NOT_MEASURED = "*not measured yet*\n"
_LINK = re.compile(r"\]\((?P<target>[^)#\s]+)[^)]*\)")
_BLOCK = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n)(?P<text>.*?)(<!-- end -->)", re.DOTALL)
_WIDTH = 100


class ReadmeError(UnreadableInputError):
    """A document, or a results file that one of its blocks is generated from, is missing or malformed."""


def generated_files() -> list[Path]:
    """The documents that the command works over."""
    card = ROOT / "extractor" / "checkpoints" / "nano" / "README.md"
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), card]


def help_text(parser: ArgumentParser) -> str:
    """A command's help in a code block, as wide as the README has it whatever the terminal."""
    parser.formatter_class = partial(argparse.RawDescriptionHelpFormatter, width=_WIDTH)
    setattr(parser, "color", False)  # noqa: B010  # Python 3.14 colours help on a terminal
    return f"```text\n{parser.format_help()}```\n"


#: Commands whose help stands in the documents, and the module with each one's parser.
_COMMANDS = {
    "extract": "extractor.cli_options",
    "extract-batch": "extractor.batch.command",
    "extract-server": "extractor.server.__main__",
    "eval-run": "eval.run",
}


def _help(module: str) -> str:
    return help_text(import_module(module).build_parser())


def _modules() -> str:
    from eval.modules import bands_of, drawn, rooms_of

    return drawn(rooms_of(), bands_of())


def _ten_million() -> str:
    def with_batch(embedded: Any, gpu: Any) -> str:
        return _from_results("bench-batch.json", partial(ten_million, embedded, gpu))

    return _from_results("bench-embedded.json", lambda one: _from_results("bench-gpu.json", partial(with_batch, one)))


def _from_results(name: str, render: Callable[[Any], str]) -> str:
    """A block from a results file (a list of records for .jsonl), or a note that nothing is measured yet.

    Raises:
        ReadmeError: the file is malformed.
    """
    path = RESULTS / name
    if not path.exists():
        return NOT_MEASURED
    try:
        text = path.read_text(encoding="utf-8")
        lines = path.suffix == ".jsonl"
        return render([json.loads(line) for line in text.splitlines()] if lines else json.loads(text))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReadmeError(f"eval/results/{name} is not what its command writes ({type(error).__name__})") from None


def tuned_table(figures: Sequence[Mapping[str, Any]]) -> str:
    """Fine-tuning: loss and exact match on the held-out documents, before training and after every epoch."""
    checks = [line for line in figures if "loss" not in line]
    names = [name for name in checks[0] if name.startswith(("right ", "loss "))]
    header = ["after step", *(name.replace("right", "values right, %,") for name in names)]
    rows = []
    for one in checks:
        cells = (f"{one[name]:.4f}" if name.startswith("loss") else tables.percent(one[name]) for name in names)
        rows.append([str(one["step"]), *cells])
    return tables.markdown_table(header, rows)


def bench_tables(record: Mapping[str, Any]) -> str:
    """The tables of a bench, with the machine, date, versions and command below."""
    parts = []
    for table in record["tables"]:
        parts.append(f"*{table['title']}*\n")
        parts.append(tables.markdown_table(table["header"], table["rows"]))
    machine = ", ".join(f"{value} {key}" if key == "cores" else value for key, value in record["machine"].items())
    used = {name: number for name, number in record["versions"].items() if name in _NAMED_VERSIONS}
    versions = ", ".join(f"{name} {number}" for name, number in used.items())
    notes = "".join(f" {note[:1].upper()}{note[1:]}." for note in record["notes"])
    parts.append(f"`{record['command']}`, {record['date']}, {machine}; {versions}.{notes}\n")
    return "\n".join(parts)


_NAMED_VERSIONS = ("python", "onnxruntime", "rapidocr", "torch", "transformers", "bitsandbytes", "torchao")


#: Blocks that are a bench's tables, from the file of the same name.
_BENCHES = ("bench-embedded", "bench-server", "bench-gpu", "bench-onnx", "bench-openai", "bench-batch")
BLOCKS: Mapping[str, Callable[[], str]] = {
    **{f"help-{name}": partial(_help, module) for name, module in _COMMANDS.items()},
    "modules": _modules,
    "scores-held-out": lambda: _from_results("held-out-embedded.json", scores_by_type),
    "scores-frozen": lambda: _from_results("frozen-embedded.json", scores_by_language),
    "scores-world": lambda: _from_results("world-embedded.json", scores_by_language),
    "card-nano": lambda: _from_results("frozen-nano.json", scores_by_kind),
    "scores-dtypes": lambda: _from_results("frozen-nano-dtypes.json", scores_by_precision),
    "tuned": lambda: _from_results("tuned-nano.jsonl", tuned_table),
    "scores-photos": lambda: _from_results("real-nano.json", scores_by_cell),
    "scores-alone": lambda: _from_results("real-nano-alone.json", scores_by_cell),
    **{name: partial(_from_results, f"{name}.json", bench_tables) for name in _BENCHES},
    "ten-million": _ten_million,
    "release": lambda: _from_results("release.json", tried.table),
    **{name: partial(_from_results, f"{name}.json", render) for name, render in COUNTED.items()},
}


def regenerated(text: str) -> str:
    """`text` with regenerated blocks. Raises ReadmeError for an unknown or unterminated block."""
    if text.count("<!-- generated: ") != len(_BLOCK.findall(text)):
        raise ReadmeError("unterminated block: each needs <!-- generated: NAME --> and <!-- end -->")

    def replace(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in BLOCKS:
            raise ReadmeError(f"unknown block {name!r}; known: {', '.join(BLOCKS)}")
        return f"{match[1]}{BLOCKS[name]()}{match[4]}"

    return _BLOCK.sub(replace, text)


def broken_links(path: Path, text: str) -> list[str]:
    """Relative links of a document that lead to no file."""
    targets = (match["target"] for match in _LINK.finditer(text))
    return [target for target in targets if ":" not in target and not (path.parent / target).exists()]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns 0, 1 where --check finds a document out of date, 3 for an unreadable file."""
    parser = argparse.ArgumentParser(
        prog="python -m eval.readme",
        description="Writes the generated blocks of README.md, docs/ and the small model's card, or checks them.",
    )
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument(
        "--check", action="store_true", help="show what would change, and exit with 1 if anything would"
    )
    action.add_argument("--write", action="store_true", help="bring the documents up to date")
    parser.add_argument("--file", type=Path, nargs="+", help="these files only")
    return ended("eval.readme", lambda: _all(parser.parse_args(argv)))


def _all(options: argparse.Namespace) -> int:
    return max([_run(path, write=options.write) for path in options.file or generated_files()])


def _run(path: Path, *, write: bool) -> int:
    try:
        before = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ReadmeError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ReadmeError(f"{path} is no text in UTF-8") from None
    after = regenerated(before)
    if write and after != before:
        path.write_text(after, encoding="utf-8")
    broken = broken_links(path, after)
    for target in broken:
        print(f"eval.readme: {path.name}: no such file: {target}", file=sys.stderr)
    if write or before == after:
        return 1 if broken else 0
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), path.name, f"{path.name}, generated"
    )
    sys.stdout.writelines(lines)
    print(f"eval.readme: {path.name} is out of date; run: python -m eval.readme --write", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
