"""Phi-3-vision on one device: seconds a passport and where they go, steps against the device's bandwidth, memory.

With --random-weights the full-size architecture is built on the device without any download (speed does not depend on
what the weights say); with --model a checkpoint is loaded. The workload is `eval.bench.workload`'s.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from eval.bench import workload as made
from eval.bench.cold import cold_starts
from eval.bench.command import Bench, Table, as_json, write_json
from eval.bench.network import WIDTHS, MeasuredNetwork, generate, median_seconds, memory_gb, reset_memory, weights_gb
from eval.bench.workload import FULL, SMALL, Workload, made_tokenizer
from eval.running.measuring import quantile
from extractor.checkpoints import read_config
from extractor.decoding.grammar import Vocabulary
from extractor.decoding.masks import Masks
from extractor.errors import DeviceError, UsageError
from extractor.phi3v import Phi3VProcessor
from extractor.phi3v.loading import choose_device, load
from extractor.schemas import SCHEMAS

#: What can be measured: precision, and who quantizes; "eager" is transformers' own generate in 16 bits.
CELLS = ("bfloat16", "float16", "float32", "int8", "int4", "int8-bitsandbytes", "int4-bitsandbytes", "eager")
_DEFAULT_CELLS, _DEFAULT_BATCHES = "eager,bfloat16,int8,int4,int4-bitsandbytes", "1,8,32"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this bench's arguments."""
    own = parser.add_argument_group("phi3v")
    own.add_argument("--random-weights", action="store_true", help="the full-size network with random weights")
    own.add_argument("--model", type=Path, metavar="DIR", help="a checkpoint's folder instead")
    own.add_argument("--small", action="store_true", help="a network and a prompt small enough for a CPU")
    own.add_argument("--device", default="auto", help="cuda, cpu or auto (default)")
    own.add_argument("--cells", default=_DEFAULT_CELLS, help=f"of {', '.join(CELLS)} (default {_DEFAULT_CELLS})")
    own.add_argument("--batches", default=_DEFAULT_BATCHES, help=f"documents at once (default {_DEFAULT_BATCHES})")
    own.add_argument("--batch-cells", default="bfloat16,int4", help="cells that are measured with all batches")
    own.add_argument("--repeat", type=int, default=5, metavar="N", help="times each document is read (default 5)")
    own.add_argument("--queue", type=int, default=0, metavar="N", help="read N pages more, and watch memory")
    own.add_argument("--cold-start", action="store_true", help="from the checkpoint on disk to the first answer")


def bench(options: argparse.Namespace) -> Bench:
    """Measures. Raises ExtractorError where the device or the checkpoint cannot do what is asked."""
    cells, batch_cells = _names(options.cells), _names(options.batch_cells)
    batches = _numbers(options.batches)
    if options.random_weights == (options.model is not None):
        raise UsageError("give either --random-weights or --model")
    if options.repeat < 1:
        raise UsageError("--repeat must be at least 1")
    device = choose_device(options.device)
    maker = _Maker(options.model, options.small, device)
    tokenizer = maker.tokenizer
    grammars = _grammar_figures(tokenizer, maker.rows)
    workload = made.make_workload(Vocabulary.of(tokenizer, maker.rows), tokenizer, small=options.small)
    figures: dict[str, Any] = {
        "device": device,
        "workload": {
            "prompt_tokens": int(workload.inputs()["input_ids"].shape[1]),
            "answer_tokens": len(workload.script),
            "fields": len(made.VALUES),
        },
        "grammar": grammars,
        "copy_bandwidth_tb_s": _bandwidth(device),
        "cells": {},
    }
    for cell in cells:
        figures["cells"][cell] = {}
        for part in _measure(maker, cell, workload, options, batches if cell in batch_cells else [1]):
            figures["cells"][cell] |= part
            _tell(options, figures, cell, part)
    if options.cold_start:
        figures["cold_start"] = {}
        for name, parts in cold_starts(maker, device, small=options.small, folder=options.model):
            figures["cold_start"][name] = parts
            _tell(options, figures, name, parts)
    return Bench(_tables(figures), figures, notes=_notes(options, figures))


def _tell(options: argparse.Namespace, figures: dict[str, Any], name: str, found: dict[str, Any]) -> None:
    """Time on a device may end before the bench does, and without a word: what is known by then is written."""
    print(f"eval.bench: {name}: {json.dumps(found)}", file=sys.stderr, flush=True)
    if options.json:
        notes = [*_notes(options, figures), "stopped before all was measured"]
        write_json(options.json, as_json(Bench(_tables(figures), figures, notes), "phi3v", options.arguments))


def _names(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in CELLS:
            raise UsageError(f"cell {name!r} is unknown; choose of {', '.join(CELLS)}")
    return names


def _numbers(text: str) -> list[int]:
    if not all(part.isdigit() and int(part) > 0 for part in text.split(",")):
        raise UsageError(f"--batches takes numbers like 1,8,32, not {text!r}")
    return [int(part) for part in text.split(",")]


@dataclass(frozen=True)
class _Maker:
    """Makes the network of a cell."""

    folder: Path | None
    small: bool
    device: str

    @property
    def sizes(self) -> Any:
        return SMALL if self.small else FULL

    @property
    def rows(self) -> int:
        return int((self.sizes if self.folder is None else read_config(self.folder))["vocab_size"])

    @property
    def tokenizer(self) -> Any:
        if self.folder is None:
            return made_tokenizer(self.rows)
        return Phi3VProcessor.from_pretrained(self.folder, local_files_only=True).tokenizer

    def __call__(self, cell: str) -> Any:
        dtype, _, quantizer = cell.partition("-")
        if self.folder is not None:
            return load(
                self.folder,
                dtype="bfloat16" if dtype == "eager" else dtype,
                device=self.device,
                quantizer=quantizer or "auto",
            ).model
        device = torch.device(self.device)
        bits = int(dtype[3:]) if dtype in ("int8", "int4") else None
        computing = torch.float16 if cell == "int8-bitsandbytes" else torch.bfloat16
        if bits is None:
            plain = {"float32": torch.float32, "float16": torch.float16}.get(dtype, torch.bfloat16)
            return made.random_model(self.sizes, device, plain)
        quantize = (made.by_bitsandbytes if quantizer else made.packed)(bits, device)
        model: Any = made.random_model(self.sizes, device, computing, quantize)
        if cell == "int8-bitsandbytes":
            model.is_loaded_in_8bit = True
        return model


def _measure(
    maker: _Maker, cell: str, workload: Workload, options: argparse.Namespace, batches: list[int]
) -> Iterator[dict[str, Any]]:
    """All figures of one cell, part by part; what does not fit into memory, or is not installed, is named in its place.

    Parts overwrite what came before under the same name.
    """
    gc.collect()
    if maker.device.startswith("cuda"):
        torch.cuda.empty_cache()
    reset_memory(maker.device)
    start = time.perf_counter()
    try:
        model = maker(cell)
    except (ImportError, RuntimeError, DeviceError) as error:
        yield {"error": _reason(error)}
        return
    made = {"made_seconds": round(time.perf_counter() - start, 2), "weights_gb": weights_gb(model)}
    yield made | {"memory_gb": memory_gb(maker.device)}
    try:
        if cell == "eager":
            yield generate(model, workload, maker.device)
            return
        bench = MeasuredNetwork(model, workload, maker.device, options.repeat)
        yield from bench.single()
        several: dict[str, Any] = {}
        for count in batches if not bench.slow else []:
            try:
                several[str(count)] = bench.batch(count)
            except torch.OutOfMemoryError:
                several[str(count)] = {"error": "out of memory"}
            yield {"batches": dict(several)}
        if options.queue and cell in options.batch_cells.split(",")[:1]:
            yield {"queue": bench.queue(options.queue)}
    except RuntimeError as error:  # of a library; other cells may do better
        yield {"error": _reason(error)}


def _reason(error: Exception) -> str:
    """One line of what went wrong."""
    return "out of memory" if "out of memory" in str(error) else " ".join(str(error).split())[:200]


def _bandwidth(device: str) -> float | None:
    """TB/s of a large copy on the device, bytes read and written."""
    if not device.startswith("cuda"):
        return None
    a = torch.randn(1 << 30, dtype=torch.float16, device=device)
    b = torch.empty_like(a)
    b.copy_(a)
    return round(2 * a.numel() * a.element_size() / median_seconds(lambda: b.copy_(a), 10, device) / 1e12, 2)


def _grammar_figures(tokenizer: Any, rows: int) -> dict[str, float]:
    """Milliseconds of a tokenizer's preparation, of schemas' grammars at first and cached, and of one mask."""

    def spent(call: Callable[[], Any]) -> float:
        start = time.perf_counter()
        call()
        return 1000 * (time.perf_counter() - start)

    prepared = spent(lambda: Vocabulary.of(tokenizer, rows))
    vocabulary = Vocabulary.of(tokenizer, rows)
    first = [spent(lambda one=one: vocabulary.grammar(one).matcher()) for one in SCHEMAS.values()]  # type: ignore[misc]
    cached = [spent(lambda one=one: vocabulary.grammar(one).matcher()) for one in SCHEMAS.values()]  # type: ignore[misc]
    masks = Masks(vocabulary, torch.device("cpu"))
    taken = []
    for schema in SCHEMAS.values():
        matcher = vocabulary.grammar(schema).matcher()
        for token in vocabulary.tokenize(b'{"document_type":"P","issuing_country":"USA","document_number":"5982'):
            if not matcher.validate_tokens([token]):
                break
            taken.append(spent(lambda m=matcher: masks.fill([m])))  # type: ignore[misc]
            matcher.consume_token(token)
    return {
        "tokenizer_ms": round(prepared, 1),
        "schema_first_ms": round(max(first), 2),
        "schema_cached_ms": round(max(cached), 4),
        "mask_median_ms": round(quantile(taken, 0.5), 4),
        "mask_most_ms": round(max(taken), 4),
    }


def _notes(options: argparse.Namespace, figures: dict[str, Any]) -> list[str]:
    work = figures["workload"]
    queues = [
        f"{one['queue']['pages']} pages one after the other in {name} took {one['queue']['device_settled_mb']} MB of "
        f"the device after a tenth of them and {one['queue']['device_end_mb']} MB at the end"
        for name, one in figures["cells"].items()
        if "queue" in one
    ]
    return [
        f"{work['prompt_tokens']} tokens of prompt, {work['answer_tokens']} of answer ({work['fields']} fields)"
        + (", random weights" if options.random_weights else ""),
        *queues,
    ]


def _tables(figures: dict[str, Any]) -> list[Table]:
    cells = {name: one for name, one in figures["cells"].items() if "read_gb" in one}
    grammar = [[name.replace("_", " ").removesuffix(" ms"), f"{ms:.3f}"] for name, ms in figures["grammar"].items()]
    tables = [
        _readings(figures["cells"]),
        _shares(cells),
        _steps(cells, figures["copy_bandwidth_tb_s"]),
        _batches(cells),
        _starts(figures.get("cold_start", {})),
        Table("grammar and masks", ("", "ms"), grammar),
    ]
    return [table for table in tables if table.rows]


def _readings(cells: dict[str, Any]) -> Table:
    header = (
        "one document", "plain s", "drafted s", "vision ms", "prefill ms", "passes", "drafted passes", "peak GB",
        "weights GB",
    )  # fmt: skip
    rows = []
    for name, one in cells.items():
        if "error" in one and "stepped" not in one:
            rows.append([name, one["error"], *[""] * 7])
        elif "prefill_ms" not in one and "seconds" not in one:
            continue  # stopped in the middle of it
        elif "prefill_ms" not in one:
            rows.append([name, f"{one['seconds']:.3f}", *[""] * 5, _gb(one), f"{one['weights_gb']:.2f}"])
        else:
            plain, drafted = one["plain"], one["drafted"]
            seconds = (f"{plain['seconds']:.3f}", f"{drafted['seconds']:.3f}")
            stages = (f"{one['vision_ms']:.1f}", f"{one['prefill_ms']:.1f}")
            passes = (f"{plain['passes']}", f"{drafted['passes']}")
            rows.append([name, *seconds, *stages, *passes, _gb(one), f"{one['weights_gb']:.2f}"])
    return Table("from the picture in memory to the answer", header, rows)


def _shares(cells: dict[str, Any]) -> Table:
    """Of a plain reading's time. What comes before the first step was measured separately; steps take the rest."""
    rows = []
    for name, one in cells.items():
        whole = 1000 * one["plain"]["seconds"]
        parts = [one[f"{stage}_ms"] for stage in ("prepare", "take", "prefill")]
        parts.append(max(0.0, whole - sum(parts)))
        rows.append([name, *(f"{100 * part / whole:.0f} %" for part in parts)])
    header = ("share of a plain reading", "picture prepared", "and seen", "prompt", "steps")
    return Table("where the time goes", header, rows)


def _gb(found: dict[str, Any]) -> str:
    """The peak of memory that tensors took; empty where that is unknown."""
    return f"{found['memory_gb']['peak']:.2f}" if found["memory_gb"] else ""


def _steps(cells: dict[str, Any], bandwidth: float | None) -> Table:
    rows = []
    for name, one in cells.items():
        moved = one["read_gb"]["weights_gb"] + one["read_gb"]["cache_gb"]
        reached = moved / one["step_ms"]["1"]
        share = f"{100 * reached / bandwidth:.0f} %" if bandwidth else ""
        kinds = ("unconstrained_ms", "constrained_ms", "jumped_ms_a_token")
        tokens = [f"{one[key]:.2f}" if key in one else "" for key in kinds]
        steps = [f"{one['step_ms'][str(w)]:.2f}" if str(w) in one["step_ms"] else "" for w in WIDTHS]
        rows.append([name, *steps, f"{moved:.2f}", share, *tokens])
    columns = ("free", "under the grammar", "and jumping, a token")
    header = ("step, ms by tokens", *map(str, WIDTHS), "GB read", "of copy bandwidth", *columns)
    return Table("steps", header, rows)


def _batches(cells: dict[str, Any]) -> Table:
    rows = [
        [
            f"{name}, {count} at once",
            f"{b['plain_per_second']:.1f}",
            f"{b['drafted_per_second']:.1f}",
            *(f"{b[f'{stage}_ms']:.0f}" for stage in ("prepare", "take", "prefill")),
            _gb(b),
        ]
        for name, one in cells.items()
        for count, b in one.get("batches", {}).items()
        if "error" not in b
    ]
    header = ("", "plain", "drafted", "pictures prepared, ms", "and seen, ms", "prompts, ms", "peak GB")
    return Table("documents a second", header, rows)


def _starts(starts: dict[str, Any]) -> Table:
    rows = []
    for name, one in starts.items():
        columns = [one["error"], *[""] * 6] if "error" in one else [f"{value:.1f}" for value in one.values()]
        rows.append([name, *columns])
    header = ("", "imports", "loading", "first answer", "in all", "second answer", "peak GB of loading", "of all")
    return Table("from the checkpoint on disk to the first answer, seconds", header, rows)
