"""A model behind a server against the same model run by this program: are the answers the same, and how many a second.

The server is started by whoever measures (`docs/engines.md` has the command for vLLM); the native engine runs here, on
the CPU in float32. Both are asked about the same documents, whose pages are read before any clock runs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.bench.command import Bench, Table
from eval.running.measuring import quantile
from eval.running.selection import select
from extractor.errors import UsageError

if TYPE_CHECKING:
    from extractor.decoding.answer import FieldReading
    from extractor.evidence import DocumentEvidence
    from extractor.sources import Sources

    #: A document's evidence, and what its own sources say.
    Document = tuple[DocumentEvidence, Sources]
    Answers = list[Mapping[str, FieldReading]]

_DATASET = Path("datasets/frozen")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this bench's arguments."""
    own = parser.add_argument_group("openai")
    own.add_argument("--base-url", required=True, metavar="URL", help="the server, such as http://127.0.0.1:8000/v1")
    own.add_argument(
        "--model", default="nano", metavar="M", help="a checkpoint here, and its name there (default nano)"
    )
    own.add_argument("--dataset", type=Path, default=_DATASET, help=f"labelled pictures (default {_DATASET})")
    own.add_argument("--limit", type=int, default=40, metavar="N", help="at most N documents (default 40)")
    own.add_argument("--at-once", default="1,4,16", metavar="N,N", help="requests at a time (default 1,4,16)")


def bench(options: argparse.Namespace) -> Bench:
    """Measures. Raises ExtractorError for a dataset that is none, or a server that does not answer."""
    from extractor.checkpoints import find_checkpoint
    from extractor.engines.openai import OpenAIEngine
    from extractor.engines.phi3v import Phi3VEngine

    widths = [int(word) for word in options.at_once.split(",") if word.isdecimal() and int(word) > 0]
    if not widths:
        raise UsageError("--at-once takes numbers such as 1,4,16")
    documents = _documents(options)
    native = Phi3VEngine(find_checkpoint(options.model), dtype="float32", device="cpu")
    served = OpenAIEngine(options.base_url, model=options.model)

    def native_answers(width: int) -> Answers:
        batches = [documents[start : start + width] for start in range(0, len(documents), width)]
        return [one for batch in batches for one in native.answer_batch(*map(list, zip(*batch, strict=True)))]

    def served_answers(width: int) -> Answers:
        with ThreadPoolExecutor(width) as pool:
            return list(pool.map(lambda one: served.answer(*one), documents))

    native.answer_batch([documents[0][0]], [documents[0][1]])  # the first answers of both pay for what is prepared
    served.answer(*documents[0])
    figures: dict[str, Any] = {"documents": len(documents), "model": options.model, "at_once": {}}
    alone: dict[str, Answers] = {}
    for width in widths:
        of_width = {}
        for name, ask in (("native", native_answers), ("server", served_answers)):
            answers, seconds = _timed(ask, width)
            alone.setdefault(name, answers)
            of_width[name] = {"seconds": seconds, "documents_a_second": round(len(documents) / seconds, 3)}
        figures["at_once"][str(width)] = of_width
    figures["answers"] = _compared(alone["native"], alone["server"])
    figures["noticed"] = dict(served.details)
    return Bench(_tables(figures), figures)


def _documents(options: argparse.Namespace) -> list[Document]:
    from extractor.pipeline import prepare
    from extractor.sources import read_sources

    chosen = select(options.dataset, limit=options.limit).specimens
    evidences = [prepare(one.path, one.schema).evidence for one in chosen]
    return [(evidence, read_sources(evidence)) for evidence in evidences]


def _timed(ask: Callable[[int], Answers], width: int) -> tuple[Answers, float]:
    start = time.perf_counter()
    answers = ask(width)
    return answers, round(time.perf_counter() - start, 3)


def _compared(native: Answers, served: Answers) -> dict[str, Any]:
    """How often the values are the same, and how far their confidences are apart."""
    pairs = [(one[name], other[name]) for one, other in zip(native, served, strict=True) for name in one]
    differing = [(a, b) for a, b in pairs if a.value != b.value]
    apart = sorted(abs(a.confidence - b.confidence) for a, b in pairs if a.value == b.value)
    return {
        "fields": len(pairs),
        "values_that_differ": len(differing),
        "documents_that_differ": sum(
            any(one[name].value != other[name].value for name in one) for one, other in zip(native, served, strict=True)
        ),
        "filled": sum(a.value is not None for a, _ in pairs),
        "confidence_apart_p50": round(quantile(apart, 0.5), 6),
        "confidence_apart_p99": round(quantile(apart, 0.99), 6),
    }


def _tables(figures: Mapping[str, Any]) -> Sequence[Table]:
    speeds = [
        [width, *(f"{of[name]['documents_a_second']:.2f}" for name in ("native", "server"))]
        for width, of in figures["at_once"].items()
    ]
    told = figures["answers"]
    return [
        Table("Documents a second", ["at once", "native", "server"], speeds),
        Table("Answers", ["", ""], [[name.replace("_", " "), str(value)] for name, value in told.items()]),
    ]
