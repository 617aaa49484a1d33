"""A model behind a server against the same model run by this program: are the answers the same, and how many a second?

The server is vLLM, started from an environment of its own (`--vllm PYTHON`, which `.ci/vllm` makes), or one that
whoever measures has started (`--base-url`). The native engine runs here, on the CPU in float32. Both are asked about
the same documents, whose pages are read before any clock runs, a handful at a time in turns, so that what else the
machine does falls on both. CPU seconds, which depend little on that, are told beside the clock's where the server's
process is known.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.bench.command import Bench, Table
from eval.bench.vllm import OPTIONS, Served, served
from eval.running.machine import cores, cpu_seconds, load_average
from eval.running.measuring import quantile
from eval.running.selection import select
from extractor.errors import UsageError

if TYPE_CHECKING:
    from extractor.checkpoints import Checkpoint
    from extractor.decoding.answer import FieldReading
    from extractor.evidence import DocumentEvidence
    from extractor.sources import Sources

    #: A document's evidence, and what its own sources say.
    Document = tuple[DocumentEvidence, Sources]
    Answers = list[Mapping[str, FieldReading]]

_DATASET = Path("datasets/frozen")
NATIVE, SERVER = "native", "server"


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
    own.add_argument("--at-once", default="1,4,16", metavar="N,N", help="requests at a time (default 1,4,16)")


@dataclass
class Turn:
    """What one side did at one width."""

    seconds: float = 0.0
    cpu: float = 0.0
    answers: Answers = field(default_factory=list)


def bench(options: argparse.Namespace) -> Bench:
    """Measures. Raises ExtractorError for a dataset that is none, or a server that does not answer."""
    from extractor.checkpoints import find_checkpoint
    from extractor.engines.openai import OpenAIEngine
    from extractor.engines.phi3v import Phi3VEngine

    widths = [int(word) for word in options.at_once.split(",") if word.isdecimal() and int(word) > 0]
    if not widths:
        raise UsageError("--at-once takes numbers such as 1,4,16")
    checkpoint = find_checkpoint(options.model)
    documents = _documents(options)
    with _server(options, checkpoint) as server:
        native = Phi3VEngine(checkpoint, dtype="float32", device="cpu")
        remote = OpenAIEngine(server.url if server else options.base_url, model=options.model, timeout=3600)
        asks = {NATIVE: _natively(native), SERVER: _remotely(remote)}
        for ask in asks.values():  # the first answer of each pays for what is prepared
            ask(documents[:1], 1)
        load = [load_average()]
        sides = {str(width): _turns(documents, width, asks, server) for width in widths}
        load.append(load_average())
        printed = server.printed if server else []
    first = sides[str(widths[0])]
    figures = {
        "documents": len(documents),
        "model": options.model,
        "cores": cores(),
        "load": load,
        "options": OPTIONS if server else None,
        "printed": printed,
        "at_once": {width: {name: _told(turn, server) for name, turn in both.items()} for width, both in sides.items()},
        "answers": compared(first[NATIVE].answers, first[SERVER].answers),
        "widths_that_differ": sum(_values(both[SERVER]) != _values(first[SERVER]) for both in sides.values()),
        "noticed": dict(remote.details),
    }
    return Bench(_tables(figures), figures)


@contextmanager
def _server(options: argparse.Namespace, checkpoint: Checkpoint) -> Iterator[Served | None]:
    if options.vllm is None:
        yield None
        return
    with served(options.vllm, checkpoint.folder, options.model) as server:
        yield server


def _documents(options: argparse.Namespace) -> list[Document]:
    from extractor.pipeline import prepare
    from extractor.sources import read_sources

    chosen = select(options.dataset, languages=options.lang, limit=options.limit).specimens
    evidences = [prepare(one.path, one.schema).evidence for one in chosen]
    return [(evidence, read_sources(evidence)) for evidence in evidences]


def _natively(engine: Any) -> Callable[[list[Document], int], Answers]:
    def ask(documents: list[Document], width: int) -> Answers:
        batches = [documents[start : start + width] for start in range(0, len(documents), width)]
        return [one for batch in batches for one in engine.answer_batch(*map(list, zip(*batch, strict=True)))]

    return ask


def _remotely(engine: Any) -> Callable[[list[Document], int], Answers]:
    def ask(documents: list[Document], width: int) -> Answers:
        with ThreadPoolExecutor(width) as pool:
            return list(pool.map(lambda one: engine.answer(*one), documents))

    return ask


def _turns(
    documents: list[Document],
    width: int,
    asks: Mapping[str, Callable[[list[Document], int], Answers]],
    server: Served | None,
) -> dict[str, Turn]:
    """Both sides over all documents, as many at a time as fill the width, and no fewer than four."""
    turns = {name: Turn() for name in asks}
    step = max(4, width)
    for start in range(0, len(documents), step):
        few = documents[start : start + step]
        for name, ask in asks.items():
            process = os.getpid() if name == NATIVE else server.process if server else None
            cpu, clock = cpu_seconds(process) if process else 0.0, time.perf_counter()
            turns[name].answers += ask(few, width)
            turns[name].seconds += time.perf_counter() - clock
            turns[name].cpu += (cpu_seconds(process) if process else 0.0) - cpu
    return turns


def _told(turn: Turn, server: Served | None) -> dict[str, float | None]:
    count = len(turn.answers)
    return {
        "seconds": round(turn.seconds, 2),
        "documents_a_second": round(count / turn.seconds, 3),
        "cpu_seconds_a_document": round(turn.cpu / count, 2) if server else None,
    }


def _values(turn: Turn) -> list[dict[str, Any]]:
    return [{name: one.value for name, one in answer.items()} for answer in turn.answers]


def compared(native: Answers, served: Answers) -> dict[str, Any]:
    """How often the values are the same, and how far their confidences are apart."""
    pairs = [(one[name], other[name]) for one, other in zip(native, served, strict=True) for name in one]
    differing = [(a, b) for a, b in pairs if a.value != b.value]
    apart = sorted(abs(a.confidence - b.confidence) for a, b in pairs if a.value == b.value)
    return {
        "fields": len(pairs),
        "filled": sum(a.value is not None for a, _ in pairs),
        "values_that_differ": len(differing),
        "documents_that_differ": sum(
            any(one[name].value != other[name].value for name in one) for one, other in zip(native, served, strict=True)
        ),
        "confidence_apart_p50": round(quantile(apart, 0.5), 6),
        "confidence_apart_p99": round(quantile(apart, 0.99), 6),
    }


def _tables(figures: Mapping[str, Any]) -> Sequence[Table]:
    rows = []
    for width, both in figures["at_once"].items():
        pace = [f"{both[name]['documents_a_second']:.2f}" for name in (NATIVE, SERVER)]
        ratio = both[SERVER]["documents_a_second"] / both[NATIVE]["documents_a_second"]
        cpu = [both[name]["cpu_seconds_a_document"] for name in (NATIVE, SERVER)]
        rows.append([width, *pace, f"{ratio:.2f}", *("–" if one is None else f"{one:.1f}" for one in cpu)])
    header = ["at once", NATIVE, SERVER, "server / native", "CPU s a document, native", "server"]
    answers = [[name.replace("_", " "), str(value)] for name, value in figures["answers"].items()]
    return [
        Table(f"documents a second, {figures['documents']} documents on {figures['cores']} cores", header, rows),
        Table("answers, the server's against the native engine's", ["", ""], answers),
    ]
