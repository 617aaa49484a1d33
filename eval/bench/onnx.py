"""The ONNX export of a checkpoint against the network it came from: are the answers the same, and what do 8 and 4 bits
cost?

Documents of a dataset are answered by the phi3v engine in float32 and by the onnx engine from folders in float32, int8
and int4, as `extract` would ask either. Each answer is compared with phi3v's field by field, and with the label. With
`--kept FILE` the counts of every document are kept as it is read, and a second call resumes where the first ended. The
CPU seconds depend little on what else the machine does.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.bench.command import Bench, Table
from eval.bench.kept import SavedPieces
from eval.running.machine import code_digest, cores
from eval.running.measuring import quantile
from eval.running.records import relative_name
from eval.running.selection import group_of, in_turn, select
from eval.scoring.metrics import score_fields
from eval.scoring.statistics import Difference, interval, paired_bootstrap
from extractor.checkpoints import find_checkpoint
from extractor.engines.onnx import OnnxEngine
from extractor.engines.phi3v import Phi3VEngine
from extractor.errors import ExtractorError, UnreadableInputError
from extractor.labels.format import Specimen
from extractor.phi3v.export import export
from extractor.pipeline import prepare
from extractor.progress import progress
from extractor.schemas import field_specs
from extractor.sources import Engine, read_sources

SpecimenCounts = tuple[Specimen, dict[str, dict[str, float]]]

_DATASET = Path("datasets/frozen")
_DTYPES = ("float32", "int8", "int4")
#: The engine that the others are compared with.
NATIVE = "phi3v float32"
#: One document's counts, by engine: fields in its answer, those as phi3v has them, labelled ones, right ones; seconds.
EngineCounts = dict[str, dict[str, float]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this bench's arguments."""
    own = parser.add_argument_group("onnx")
    own.add_argument("--model", default="nano", metavar="M", help="checkpoint (default nano)")
    own.add_argument("--dtype", nargs="+", choices=_DTYPES, default=list(_DTYPES), help="folders (default: all three)")
    own.add_argument("--dataset", type=Path, default=_DATASET, help=f"labelled pictures (default {_DATASET})")
    own.add_argument("--lang", nargs="+", default=[], metavar="L", help="languages (default all)")
    own.add_argument("--limit", type=int, metavar="N", help="at most N documents, spread over the languages")
    own.add_argument(
        "--kept", type=Path, metavar="FILE", help="keep the result of each document there, and resume from it"
    )


def bench(options: argparse.Namespace) -> Bench:
    """Measures. Raises ExtractorError for an unknown checkpoint or invalid dataset, UsageError for another --kept."""
    checkpoint = find_checkpoint(options.model)
    chosen = select(options.dataset, languages=options.lang, limit=options.limit)
    settings = {"model": checkpoint.digest, "code": code_digest(), "engines": [NATIVE, *_names(options.dtype)]}
    kept = SavedPieces(options.kept, settings)
    left = [one for one in chosen.specimens if relative_name(one, chosen.root) not in kept.pieces]
    if left:
        native = Phi3VEngine(checkpoint, dtype="float32", device="cpu")
        with tempfile.TemporaryDirectory(prefix="bench-onnx-") as room:
            engines: dict[str, Engine] = {NATIVE: native}
            for dtype, name in zip(options.dtype, _names(options.dtype), strict=True):
                export(native.loaded.model, checkpoint.folder, Path(room) / dtype, dtype)
                engines[name] = OnnxEngine(Path(room) / dtype)
            _read(left, engines, kept, chosen.root)
    named = [(one, kept.pieces.get(relative_name(one, chosen.root))) for one in chosen.specimens]
    read = [(one, counts) for one, counts in named if counts]
    if not read:
        raise UnreadableInputError("no document could be read")
    figures = _figures(read, chosen.root, options.dtype) | {
        "cores": cores(),
        "chosen": len(chosen.specimens),
        "unreadable": sum(counts == {} for _, counts in named),
        "dataset": {"name": chosen.name, "digest": chosen.digest()},
        "checkpoint": {"name": checkpoint.name, "digest": checkpoint.digest},
    }
    return Bench(_tables(figures), figures)


def _names(dtypes: Sequence[str]) -> list[str]:
    return [f"onnx {dtype}" for dtype in dtypes]


def _read(specimens: Sequence[Specimen], engines: Mapping[str, Engine], kept: SavedPieces, root: Path) -> None:
    """Reads what is left into `kept`, and into its file."""
    with progress(len(specimens), "reading") as advance:
        for specimen in in_turn(specimens):
            kept.add(relative_name(specimen, root), _counts(specimen, engines))
            advance()


def _counts(specimen: Specimen, engines: Mapping[str, Engine]) -> EngineCounts:
    """What each engine made of one document; nothing for one that cannot be read."""
    try:
        evidence = prepare(specimen.path, specimen.schema).evidence
    except ExtractorError:
        return {}
    own, kinds = read_sources(evidence), {name: spec.kind for name, spec in field_specs(evidence.schema).items()}
    counts: EngineCounts = {}
    expected: dict[str, Any] = {}
    for name, engine in engines.items():
        cpu, clock = time.process_time(), time.perf_counter()
        values = {key: one.value for key, one in engine.answer(evidence, own).items()}
        cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
        expected = expected or values  # the first is NATIVE
        scores = score_fields(kinds, specimen.fields, values, specimen.alternatives)
        counts[name] = {
            "fields": len(expected),
            "same": sum(values.get(key) == value for key, value in expected.items()),
            "labelled": len(scores),
            "right": sum(one.exact for one in scores.values()),
            "cpu": round(cpu, 3),
            "seconds": round(clock, 3),
        }
    return counts


def _figures(read: Sequence[SpecimenCounts], root: Path, dtypes: Sequence[str]) -> dict[str, Any]:
    """The sums over all documents, by engine and language."""
    languages = sorted({one.language.partition("-")[0] for one, _ in read})
    return {
        "documents": len({group_of(one, root) for one, _ in read}),
        "pictures": len(read),
        "cells": {
            name: _sums([counts for _, counts in read], name)
            | {"languages": {tag: _by_language(read, name, tag) for tag in languages}}
            for name in (NATIVE, *_names(dtypes))
        },
    }


def _by_language(read: Sequence[SpecimenCounts], name: str, language: str) -> dict[str, int]:
    own = [counts[name] for one, counts in read if one.language.partition("-")[0] == language]
    return {key: int(sum(one[key] for one in own)) for key in ("fields", "same", "labelled", "right")}


def _sums(read: Sequence[EngineCounts], name: str) -> dict[str, Any]:
    own = [counts[name] for counts in read]
    sums = {key: int(sum(one[key] for one in own)) for key in ("fields", "same", "labelled", "right")}
    same = interval([one["same"] for one in own], [one["fields"] for one in own])
    loss = _loss([counts[NATIVE] for counts in read], own)
    return sums | {
        "documents_same": sum(one["same"] == one["fields"] for one in own),
        "same_interval": [round(same.low, 5), round(same.high, 5)] if same else None,
        "against_native": {key: round(getattr(loss, key), 5) for key in ("value", "low", "high")},
        "cpu_seconds_median": round(quantile(sorted(one["cpu"] for one in own), 0.5), 2),
    }


def _loss(native: Sequence[Mapping[str, float]], own: Sequence[Mapping[str, float]]) -> Difference:
    """Share of labelled fields that are right, less the native engine's, with its interval by document."""
    first, second = ([(one["right"], one["labelled"]) for one in counts] for counts in (native, own))
    return paired_bootstrap(first, second)


def _tables(figures: Mapping[str, Any]) -> list[Table]:
    cells = figures["cells"]
    rows = [
        [
            name,
            f"{one['same']} of {one['fields']}",
            f"{one['documents_same']} of {figures['pictures']}",
            f"{100 * one['right'] / one['labelled']:.1f}",
            "" if name == NATIVE else _points(one["against_native"]),
            f"{one['cpu_seconds_median']:.2f}",
        ]
        for name, one in cells.items()
    ]
    header = ["", "fields as phi3v's", "documents", "fields right, %", "against phi3v, points", "CPU s a document"]
    languages = [
        [tag, *(f"{one['languages'][tag]['same']} of {one['languages'][tag]['fields']}" for one in cells.values())]
        for tag in cells[NATIVE]["languages"]
    ]
    return [
        Table(f"answers to {figures['pictures']} pictures", header, rows),
        Table("fields as phi3v's, by language", ["", *cells], languages),
    ]


def _points(loss: Mapping[str, float]) -> str:
    if not any(loss.values()):  # runs that never differ say nothing about how much they might
        return "none differs"
    value, low, high = (100 * loss[key] for key in ("value", "low", "high"))
    return f"{value:+.2f} ({low:+.2f} to {high:+.2f})"
