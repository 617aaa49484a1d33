"""A model behind a server against the same model run by this program: are the answers the same, and how many a second?

The server is vLLM, started from an environment of its own (`--vllm PYTHON`, which `.ci/vllm` makes), or one that
whoever measures has started (`--base-url`). The native engine runs here, on the CPU in float32. Both are asked about
the same documents, whose pages are read before any clock runs, a handful at a time in turns, so that what else the
machine does falls on both. CPU seconds, which depend little on that, are given beside the clock's where the server's
process is known. With `--kept FILE` every turn is kept, and a second call resumes where the first was stopped.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eval.bench.command import Bench, Table
from eval.bench.kept import SavedPieces
from eval.bench.vllm import OPTIONS, Served, served
from eval.running.machine import code_digest, cores, cpu_seconds, load_average
from eval.running.selection import select
from extractor.checkpoints import Checkpoint, find_checkpoint
from extractor.decoding.answer import FieldReading
from extractor.engines.openai import OpenAIEngine
from extractor.engines.phi3v import Phi3VEngine
from extractor.evidence import DocumentEvidence
from extractor.labels.format import Specimen
from extractor.pipeline import prepare
from extractor.progress import progress
from extractor.sources import Sources, read_sources

#: A document's evidence, and what its own sources say.
EvidenceWithSources = tuple[DocumentEvidence, Sources]
Answers = list[Mapping[str, FieldReading]]

_DATASET = Path("datasets/frozen")
NATIVE, SERVER = "native", "server"
#: Requests at a time.
WIDTHS = (1, 4, 16)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this bench's arguments."""
    own = parser.add_argument_group("openai")
    where = own.add_mutually_exclusive_group(required=True)
    where.add_argument("--base-url", metavar="URL", help="a running server, such as http://127.0.0.1:8000/v1")
    where.add_argument("--vllm", type=Path, metavar="PYTHON", help="start vLLM with this interpreter (see .ci/vllm)")
    own.add_argument(
        "--model", default="nano", metavar="M", help="a checkpoint here, and its name there (default nano)"
    )
    own.add_argument("--dataset", type=Path, default=_DATASET, help=f"labelled pictures (default {_DATASET})")
    own.add_argument("--lang", nargs="+", default=[], metavar="L", help="languages (default all)")
    own.add_argument("--limit", type=int, default=40, metavar="N", help="at most N documents (default 40)")
    own.add_argument("--kept", type=Path, metavar="FILE", help="keep the result of each turn there, and resume from it")


@dataclass(frozen=True)
class Turn:
    """A few documents that both sides are asked about, `width` at once."""

    width: int
    start: int
    count: int

    @property
    def name(self) -> str:
        return f"{self.width} at once, {self.count} from {self.start}"


def bench(options: argparse.Namespace) -> Bench:
    """Measures. Raises ExtractorError for an invalid dataset, or a server that does not answer."""
    checkpoint = find_checkpoint(options.model)
    chosen = select(options.dataset, languages=options.lang, limit=options.limit)
    settings = {"model": checkpoint.digest, "code": code_digest(), "dataset": chosen.digest()}
    kept = SavedPieces(options.kept, {**settings, "server": OPTIONS if options.vllm else options.base_url})
    turns = turns_of(len(chosen.specimens))
    left = [turn for turn in turns if turn.name not in kept.pieces]
    if left:
        _ask(left, chosen.specimens, checkpoint, kept, options)
    figures = {
        "documents": len(chosen.specimens),
        "model": options.model,
        "cores": cores(),
        "options": OPTIONS if options.vllm else None,
        **kept.pieces.get("server", {}),
        "at_once": {
            str(width): summed([kept.pieces[turn.name] for turn in turns if turn.width == width]) for width in WIDTHS
        },
    }
    return Bench(_tables(figures), figures)


def turns_of(documents: int) -> list[Turn]:
    """All turns: as many documents as fill the width, and no fewer than four."""
    return [
        Turn(width, start, min(max(4, width), documents - start))
        for width in WIDTHS
        for start in range(0, documents, max(4, width))
    ]


def _ask(
    turns: Sequence[Turn],
    specimens: Sequence[Specimen],
    checkpoint: Checkpoint,
    kept: SavedPieces,
    options: argparse.Namespace,
) -> None:
    @cache
    def document(number: int) -> EvidenceWithSources:
        evidence = prepare(specimens[number].path, specimens[number].schema).evidence
        return evidence, read_sources(evidence)

    with _server(options, checkpoint) as server, progress(len(turns), "asking") as advance:
        native = Phi3VEngine(checkpoint, dtype="float32", device="cpu")
        remote = OpenAIEngine(server.url if server else options.base_url, model=options.model, timeout=3600)
        asks = {NATIVE: _natively(native), SERVER: _remotely(remote)}
        for ask in asks.values():  # the first answer of each pays for what is prepared
            ask([document(turns[0].start)], 1)
        for turn in turns:
            documents = [document(number) for number in range(turn.start, turn.start + turn.count)]
            kept.add(turn.name, measured(documents, turn.width, asks, server))
            advance()
        kept.add("server", {"printed": server.printed if server else [], "noticed": dict(remote.details)})


@contextmanager
def _server(options: argparse.Namespace, checkpoint: Checkpoint) -> Iterator[Served | None]:
    if options.vllm is None:
        yield None
        return
    with served(options.vllm, checkpoint.folder, options.model) as server:
        yield server


def _natively(engine: Any) -> Callable[[list[EvidenceWithSources], int], Answers]:
    def ask(documents: list[EvidenceWithSources], width: int) -> Answers:
        batches = [documents[start : start + width] for start in range(0, len(documents), width)]
        return [one for batch in batches for one in engine.answer_batch(*map(list, zip(*batch, strict=True)))]

    return ask


def _remotely(engine: Any) -> Callable[[list[EvidenceWithSources], int], Answers]:
    def ask(documents: list[EvidenceWithSources], width: int) -> Answers:
        with ThreadPoolExecutor(width) as pool:
            return list(pool.map(lambda one: engine.answer(*one), documents))

    return ask


def measured(
    documents: list[EvidenceWithSources],
    width: int,
    asks: Mapping[str, Callable[[list[EvidenceWithSources], int], Answers]],
    server: Served | None,
) -> dict[str, Any]:
    """What one turn took each side, the load meanwhile, and how the answers compare."""
    piece: dict[str, Any] = {"documents": len(documents), "load": load_average()}
    answers = {}
    for name, ask in asks.items():
        process = os.getpid() if name == NATIVE else server.process if server else None
        cpu, clock = cpu_seconds(process) if process else 0.0, time.perf_counter()
        answers[name] = ask(documents, width)
        seconds, spent = time.perf_counter() - clock, (cpu_seconds(process) if process else 0.0) - cpu
        piece[name] = {"seconds": round(seconds, 3), "cpu": round(spent, 3)}
    return piece | compared(answers[NATIVE], answers[SERVER])


def compared(native: Answers, served: Answers) -> dict[str, Any]:
    """How often the values are the same, and how far the confidences of those are apart at most."""
    pairs = [(one[name], other[name]) for one, other in zip(native, served, strict=True) for name in one]
    return {
        "fields": len(pairs),
        "filled": sum(a.value is not None for a, _ in pairs),
        "values_that_differ": sum(a.value != b.value for a, b in pairs),
        "documents_that_differ": sum(
            any(one[name].value != other[name].value for name in one) for one, other in zip(native, served, strict=True)
        ),
        "confidence_apart": round(max((abs(a.confidence - b.confidence) for a, b in pairs if a.value == b.value)), 6),
    }


def summed(pieces: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Turns of one width together."""
    counts = ("documents", "fields", "filled", "values_that_differ", "documents_that_differ")
    sums = {name: sum(piece[name] for piece in pieces) for name in counts}
    sides = {}
    for name in (NATIVE, SERVER):
        seconds, cpu = (sum(piece[name][key] for piece in pieces) for key in ("seconds", "cpu"))
        sides[name] = {
            "documents_a_second": round(sums["documents"] / seconds, 3),
            "cpu_seconds_a_document": round(cpu / sums["documents"], 3),
        }
    loads = [piece["load"] for piece in pieces]
    return {
        **sums,
        **sides,
        "confidence_apart": max(piece["confidence_apart"] for piece in pieces),
        "load": [min(loads), max(loads)],
    }


def _tables(figures: Mapping[str, Any]) -> Sequence[Table]:
    rows, answers = [], []
    for width, sums in figures["at_once"].items():
        pace = [sums[name]["documents_a_second"] for name in (NATIVE, SERVER)]
        cpu = [sums[name]["cpu_seconds_a_document"] for name in (NATIVE, SERVER)]
        load = " to ".join(f"{one:.0f}" for one in sums["load"])
        rows.append([width, *(f"{one:.2f}" for one in pace), f"{pace[1] / pace[0]:.2f}",
                     *(f"{one:.1f}" if one else "–" for one in cpu), load])  # fmt: skip
        same = sums["fields"] - sums["values_that_differ"]
        answers.append([width, f"{sums['documents']}", f"{same} of {sums['fields']}", f"{sums['filled']}",
                        f"{sums['documents_that_differ']}", f"{sums['confidence_apart']:.4f}"])  # fmt: skip
    pace_header = ["at once", NATIVE, SERVER, "server / native", "CPU s a document, native", "server", "load"]
    header = ["at once", "documents", "values the same", "filled", "documents that differ", "confidence apart, most"]
    return [
        Table(f"documents a second on {figures['cores']} cores", pace_header, rows),
        Table("the server's answers beside the native engine's", header, answers),
    ]
