"""One network under several loops on this machine's CPU: seconds to the first token, tokens a second, seconds a
document, peak memory.

The loops are the phi3v engine's, the onnx engine's, transformers' `generate`, and ONNX Runtime GenAI's where it is
installed; the network is a checkpoint, or with --random-weights the published architecture in full size. Each runs in a
process of its own, and all take turns, so that what else the machine does falls on all of them; the quickest turn is
given, and beside the clock's the CPU seconds, which depend less on the rest of the machine.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from eval.bench.command import Bench, Table, keep
from eval.bench.looping import LoopFolders, Spent, document, load_loop, passes, peak, tokens_of_prompt, write_folder
from eval.running.machine import cores, load_average
from eval.running.selection import select
from extractor.errors import ExtractorError, UsageError

_DATASET = Path("datasets/frozen")
LOOPS = {"phi3v": "the phi3v engine", "generate": "transformers generate", "onnx": "the onnx engine", "genai": "GenAI"}
_CELLS = "phi3v:float32,generate:float32,onnx:float32,onnx:int8,onnx:int4,genai:float32,genai:int4"
_FULL_CELLS = "phi3v:int4,generate:int4,onnx:int4,genai:int4"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this bench's arguments."""
    own = parser.add_argument_group("loops")
    own.add_argument("--model", default="nano", metavar="M", help="checkpoint (default nano)")
    own.add_argument("--random-weights", action="store_true", help="the full-size network instead; 12 GB of memory")
    own.add_argument("--cells", metavar="L:T,L:T", help=f"loops and precisions (default {_CELLS})")
    own.add_argument("--turns", type=int, default=3, metavar="N", help="times each is measured (default 3)")
    own.add_argument("--steps", type=int, default=64, metavar="N", help="tokens of the answer (default 64)")
    own.add_argument("--prompt", type=int, default=300, metavar="N", help="tokens of the prompt (default 300)")
    own.add_argument("--documents", type=int, metavar="N", help="documents read whole (default 6; at full size 0)")
    own.add_argument("--dataset", type=Path, default=_DATASET, help=f"their labelled pictures (default {_DATASET})")


def bench(options: argparse.Namespace) -> Bench:
    """Measures. Raises ExtractorError for an unknown checkpoint, an invalid dataset or invalid cells."""
    if options.documents is None:  # at full size one takes minutes
        options.documents = 0 if options.random_weights else 6
    if min(options.turns, options.prompt) < 1 or options.steps < 2 or options.documents < 0:
        raise UsageError("--turns and --prompt are numbers from 1, --steps from 2, --documents from 0")
    cells = _cells(options.cells or (_FULL_CELLS if options.random_weights else _CELLS))
    pages = _pages(options) if options.documents else []
    figures: dict[str, Any] = {"cores": cores(), "load": [load_average()], "steps": options.steps}
    with tempfile.TemporaryDirectory(prefix="bench-loops-") as room, ExitStack() as running:
        place = LoopFolders(Path(room), None if options.random_weights else options.model)
        for dtype in sorted({dtype for loop, dtype in cells if loop in ("onnx", "genai")}):
            with _process() as writer:  # what the whole network takes goes with the process
                writer.submit(write_folder, place, dtype).result()
            _tell(f"wrote the folder in {dtype}")
        processes = {cell: running.enter_context(_process()) for cell in cells}
        for cell, process in processes.items():
            process.submit(load_loop, *cell, place).result()
            _tell(f"loaded {_named(cell)}")
        readers = {cell: processes[cell] for cell in cells if _reads_pages(cell, options)}
        lengths = {"short": options.prompt}
        if readers:
            lengths["page"] = next(iter(readers.values())).submit(tokens_of_prompt).result()
        figures |= {"speeds": {}, "documents": {}}
        for kind, length in lengths.items():
            for cell, spent in _speeds(readers if kind == "page" else processes, kind, options).items():
                figures["speeds"][f"{_named(cell)}, {length} tokens"] = spent
            figures["peak_mb"] = {_named(cell): process.submit(peak).result() for cell, process in processes.items()}
            keep(options, _tables(figures, len(pages)), figures)
        figures["documents"] = _documents(readers, pages, options.turns)
        figures["peak_mb"] = {_named(cell): process.submit(peak).result() for cell, process in processes.items()}
        figures["folder_mb"] = {path.name: _size(path) for path in sorted(Path(room).iterdir()) if path.is_dir()}
    figures["load"].append(load_average())
    notes = ["random weights in the published sizes"] if options.random_weights else []
    return Bench(_tables(figures, len(pages)), figures, notes)


def _reads_pages(cell: tuple[str, str], options: argparse.Namespace) -> bool:
    """Whether a loop reads pages: GenAI cuts pictures by itself, into others than the network was trained on, and with
    random weights in full size only the onnx engine has a folder to read its processor from (and asked-for documents,
    since it takes minutes)."""
    return cell[0] == "onnx" and options.documents > 0 if options.random_weights else cell[0] != "genai"


def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def _cells(text: str) -> list[tuple[str, str]]:
    cells = []
    for word in text.split(","):
        loop, _, dtype = word.partition(":")
        if loop not in LOOPS or dtype not in ("float32", "bfloat16", "int8", "int4"):
            raise UsageError(f"--cells takes loops ({', '.join(LOOPS)}) with a precision, like {_CELLS}; not {word!r}")
        if loop == "genai" and not find_spec("onnxruntime_genai"):
            _tell("onnxruntime-genai is not installed; its loop is left out")
            continue
        cells.append((loop, dtype))
    return cells


def _named(cell: tuple[str, str]) -> str:
    return f"{LOOPS[cell[0]]}, {cell[1]}"


def _pages(options: argparse.Namespace) -> list[tuple[str, str]]:
    """Pictures that can be read, and their schemas."""
    chosen = select(options.dataset, limit=options.documents)
    return [(str(one.path.resolve()), one.schema) for one in chosen.specimens]


def _speeds(
    processes: Mapping[tuple[str, str], ProcessPoolExecutor], kind: str, options: argparse.Namespace
) -> dict[tuple[str, str], dict[str, Any]]:
    """Of one prompt: what the first token and the others took, by cell, the quickest of all turns."""
    turns_of: dict[tuple[str, str], list[Any]] = {cell: [] for cell in processes}
    for _ in range(options.turns):
        for cell, process in processes.items():
            first, rest = process.submit(passes, kind, options.prompt, options.steps).result()
            turns_of[cell].append((first, rest))
            _tell(f"{_named(cell)}, {kind}: {first.clock:.2f} s, then {options.steps / rest.clock:.1f} tokens a second")
    return {cell: _quickest(turns, options.steps) for cell, turns in turns_of.items() if turns}


def _quickest(turns: Sequence[tuple[Spent, Spent]], steps: int) -> dict[str, float]:
    return {
        "first_token_s": round(min(first.clock for first, _ in turns), 3),
        "first_token_cpu_s": round(min(first.cpu for first, _ in turns), 3),
        "tokens_per_s": round(steps / min(rest.clock for _, rest in turns), 2),
        "tokens_per_cpu_s": round(steps / min(rest.cpu for _, rest in turns), 2),
    }


def _documents(
    processes: Mapping[tuple[str, str], ProcessPoolExecutor], pages: Sequence[tuple[str, str]], turns: int
) -> dict[str, dict[str, float]]:
    """Seconds of whole documents, after their pages were read, by cell: of each document the quickest turn, then the
    mean. `generate` has no grammar; it writes as many tokens as the answer has."""
    best: dict[str, list[Spent]] = {}
    lengths: dict[str, int] = {}
    for page in pages:
        for turn in range(turns):
            for cell, process in processes.items():
                try:
                    spent, tokens = process.submit(document, *page, lengths.get(page[0])).result()
                except ExtractorError as error:
                    _tell(f"{Path(page[0]).name}: {error}")
                    continue
                lengths.setdefault(page[0], tokens)
                own = best.setdefault(_named(cell), [])
                if turn == 0:
                    own.append(spent)
                own[-1] = Spent(min(own[-1].clock, spent.clock), min(own[-1].cpu, spent.cpu))
    return {
        name: {
            "seconds": round(sum(one.clock for one in own) / len(own), 3),
            "cpu_seconds": round(sum(one.cpu for one in own) / len(own), 3),
        }
        for name, own in best.items()
    }


def _size(folder: Path) -> int:
    return round(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6)


def _tell(text: str) -> None:
    print(f"eval.bench: {text}", file=sys.stderr, flush=True)


def _tables(figures: Mapping[str, Any], documents: int) -> list[Table]:
    speeds = [
        [name, f"{one['first_token_s']:.2f}", f"{one['first_token_cpu_s']:.2f}",
         f"{one['tokens_per_s']:.1f}", f"{one['tokens_per_cpu_s']:.1f}"]
        for name, one in figures["speeds"].items()
    ]  # fmt: skip
    whole = [[name, f"{one['seconds']:.2f}", f"{one['cpu_seconds']:.2f}"] for name, one in figures["documents"].items()]
    memory = [[name, f"{mb:,}"] for name, mb in figures["peak_mb"].items()]
    tables = [
        Table(
            f"one prompt, then {figures['steps']} tokens, on {figures['cores']} cores",
            ["loop", "first token, s", "of CPU", "tokens a second", "a CPU second"],
            speeds,
        ),
        Table(f"documents whole, pages read before: {documents}", ["loop", "s a document", "of CPU"], whole),
        Table("memory of the process", ["loop", "peak MB"], memory),
    ]
    return [table for table in tables if table.rows]
