"""The ONNX export of a checkpoint beside the network it came from, on this machine's CPU.

Documents of a dataset, spread over its languages, are answered by the phi3v engine in float32 and by the onnx engine
from folders in float32, int8 and int4: how often fields are the same, how often right, and CPU seconds. Then one
prompt is run for its speed, by the engines' loop, by ONNX Runtime GenAI where it is installed, and by transformers'
`generate`. CPU seconds are given because they do not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.command import Bench, Table
from eval.running.machine import cores
from eval.running.measuring import quantile
from eval.running.selection import select
from eval.scoring.metrics import score_field
from eval.scoring.statistics import wilson
from extractor.errors import ExtractorError, UsageError

_DATASET = Path("datasets/frozen")
_DTYPES = ("float32", "int8", "int4")
_NATIVE = "phi3v float32"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this bench's arguments."""
    own = parser.add_argument_group("onnx")
    own.add_argument("--model", default="nano", metavar="M", help="checkpoint (default nano)")
    own.add_argument("--dataset", type=Path, default=_DATASET, help=f"labelled pictures (default {_DATASET})")
    own.add_argument("--limit", type=int, metavar="N", help="at most N documents, spread over the languages")
    own.add_argument("--minutes", type=float, default=60.0, metavar="M", help="begin no document after (default 60)")
    own.add_argument("--only", choices=("answers", "speed"), help="one half of it (default both)")
    own.add_argument("--repeat", type=int, default=3, metavar="N", help="times each speed is measured (default 3)")
    own.add_argument("--steps", type=int, default=64, metavar="N", help="tokens of the speed's answer (default 64)")
    own.add_argument("--prompt", type=int, default=300, metavar="N", help="tokens of a prompt without pictures too")


@dataclass
class Cell:
    """What one engine did."""

    right: int = 0
    same: int = 0
    fields: int = 0
    documents_same: int = 0
    cpu: list[float] = field(default_factory=list)
    languages: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))


def bench(options: argparse.Namespace) -> Bench:
    """Measures. Raises ExtractorError for a checkpoint or a dataset that is none."""
    if options.steps < 2 or options.minutes <= 0:
        raise UsageError("--steps is a number from 2, --minutes greater than zero")
    from extractor.checkpoints import find_checkpoint
    from extractor.engines.onnx import OnnxEngine
    from extractor.engines.phi3v import Phi3VEngine
    from extractor.phi3v.export import export

    checkpoint = find_checkpoint(options.model)
    native = Phi3VEngine(checkpoint, dtype="float32", device="cpu")
    with tempfile.TemporaryDirectory(prefix="bench-onnx-") as room:
        folders = {dtype: Path(room) / dtype for dtype in _DTYPES}
        for dtype, folder in folders.items():
            export(native.loaded.model, checkpoint.folder, folder, dtype)
        engines: dict[str, Any] = {_NATIVE: native}
        engines |= {f"onnx {dtype}": OnnxEngine(folder) for dtype, folder in folders.items()}
        cells = _answers(options, engines) if options.only != "speed" else {}
        speeds = _speeds(options, engines, folders) if options.only != "answers" else {}
        memory = {name: _memory(name, options.model, folders) for name in engines} if speeds else {}
    figures = {
        "cores": cores(),
        "documents": len(cells[_NATIVE].cpu) if cells else 0,
        "cells": {name: _told(cell) for name, cell in cells.items()},
        "speeds": speeds,
        "peak_mb": memory,
    }
    return Bench(_tables(figures), figures)


def _answers(options: argparse.Namespace, engines: dict[str, Any]) -> dict[str, Cell]:
    from extractor.pipeline import prepare
    from extractor.schemas import field_specs
    from extractor.sources import read_sources

    cells = {name: Cell() for name in engines}
    end = time.monotonic() + 60 * options.minutes
    for specimen in _spread(options.dataset)[: options.limit]:
        if time.monotonic() > end:
            break
        try:
            evidence = prepare(specimen.path, specimen.schema).evidence
        except ExtractorError:
            continue
        own, specs = read_sources(evidence), field_specs(evidence.schema)
        answers = {}
        for name, engine in engines.items():
            start = time.process_time()
            answers[name] = {key: one.value for key, one in engine.answer(evidence, own).items()}
            cells[name].cpu.append(time.process_time() - start)
        for name, cell in cells.items():
            same = {key: answers[name].get(key) == value for key, value in answers[_NATIVE].items()}
            cell.fields += len(same)
            cell.same += sum(same.values())
            cell.documents_same += all(same.values())
            tally = cell.languages[specimen.language]
            tally[0] += sum(same.values())
            tally[1] += len(same)
            cell.right += sum(
                score_field(specs[key].kind, specimen.fields.get(key), answers[name].get(key)).exact for key in same
            )
        print(f"{specimen.path.name}: {cells['onnx float32'].same} of {cells[_NATIVE].fields} fields", file=sys.stderr)
    return cells


def _spread(dataset: Path) -> list[Any]:
    """The documents, one of each language in turn."""
    own = defaultdict(list)
    for specimen in select(dataset).specimens:
        own[specimen.language].append(specimen)
    turns = zip_longest(*own.values())
    return [specimen for turn in turns for specimen in turn if specimen is not None]


def _told(cell: Cell) -> dict[str, Any]:
    low, high = wilson(cell.same, cell.fields) if cell.fields else (0.0, 0.0)
    return {
        "fields": cell.fields,
        "same": cell.same,
        "documents_same": cell.documents_same,
        "same_interval": [round(low, 4), round(high, 4)],
        "right": cell.right,
        "cpu_seconds_median": round(quantile(cell.cpu, 0.5), 2) if cell.cpu else None,
        "languages": {name: f"{same} of {fields}" for name, (same, fields) in sorted(cell.languages.items())},
    }


def _speeds(options: argparse.Namespace, engines: dict[str, Any], folders: dict[str, Path]) -> dict[str, Any]:
    """Seconds to the first token and tokens a second, by the clock and of the CPU, of a page and of a short prompt."""
    processor = engines[_NATIVE].processor
    from PIL import Image

    with Image.open("datasets/examples/passport.png") as picture:
        page = picture.convert("RGB")
    long = processor(text="<|user|>\n<|image_1|>\nRead it.<|end|>\n<|assistant|>\n", images=[page], return_tensors="pt")
    words = "a " * 4 * options.prompt
    short = processor(text=words, return_tensors="pt")
    short = {name: value[:, : options.prompt] for name, value in short.items()}
    told: dict[str, Any] = {}
    for which, inputs in (("page", long), ("short", short)):
        tokens = int(inputs["input_ids"].shape[1])
        for name, engine in engines.items():
            told[f"{name}, {which} of {tokens}"] = _by_loop(engine, inputs, options.steps, options.repeat)
        told[f"transformers generate float32, {which} of {tokens}"] = _by_generate(
            engines[_NATIVE].loaded.model, inputs, options.steps, options.repeat
        )
        if find_spec("onnxruntime_genai"):
            for dtype, folder in folders.items():
                told[f"GenAI {dtype}, {which} of {tokens}"] = _by_genai(folder, inputs, options.steps, options.repeat)
    return told


def _by_loop(engine: Any, inputs: Any, steps: int, repeat: int) -> dict[str, float]:
    prompt = int(inputs["input_ids"].shape[1])
    runner = engine._runner_for(1, prompt)

    def first() -> None:
        runner.take(inputs)
        runner.prefill([[]])

    def rest() -> None:
        for number in range(steps):
            runner.step(np.array([[9]]), np.array([[prompt + number]]))

    first()
    return _timed(first, rest, steps, repeat)


def _by_generate(model: Any, inputs: Any, steps: int, repeat: int) -> dict[str, float]:
    import torch

    def run(tokens: int) -> Callable[[], Any]:
        own = {"max_new_tokens": tokens, "min_new_tokens": tokens, "do_sample": False}
        return lambda: model.generate(**inputs, **own)

    with torch.inference_mode():
        run(1)()
        return _timed(run(1), run(steps + 1), steps, repeat, whole=True)


def _by_genai(folder: Path, inputs: Any, steps: int, repeat: int) -> dict[str, float]:
    import onnxruntime_genai as og

    model = og.Model(str(folder))
    prompt = int(inputs["input_ids"].shape[1])
    held: list[Any] = []

    def first() -> None:
        params = og.GeneratorParams(model)
        params.set_search_options(max_length=prompt + steps + 8, min_length=prompt + steps + 4)
        generator = og.Generator(model, params)
        named = og.NamedTensors()
        named["input_ids"] = inputs["input_ids"].numpy().astype(np.int32)
        if "pixel_values" in inputs:
            named["pixel_values"] = inputs["pixel_values"].numpy()
            named["image_sizes"] = inputs["image_sizes"].numpy().astype(np.int64)
            named["num_img_tokens"] = np.array([int((inputs["input_ids"] < 0).sum())], np.int64)
        generator.set_inputs(named)
        generator.generate_next_token()
        held[:] = [generator]

    def rest() -> None:
        for _ in range(steps):
            held[0].generate_next_token()

    try:
        first()
        return _timed(first, rest, steps, repeat)
    except Exception as error:  # what it says is part of what was measured
        return {"error": str(error).splitlines()[0][:120]}  # type: ignore[dict-item]


def _timed(
    first: Callable[[], Any], rest: Callable[[], Any], steps: int, repeat: int, *, whole: bool = False
) -> dict[str, float]:
    """`repeat` times each, the quickest; with `whole` the rest holds the first too."""
    gc.collect()
    best = []
    for part in (first, rest):
        runs = []
        for _ in range(repeat):
            if part is rest and not whole:
                first()
            clock, cpu = time.perf_counter(), time.process_time()
            part()
            runs.append((time.perf_counter() - clock, time.process_time() - cpu))
        best.append([min(column) for column in zip(*runs, strict=True)])
    more = best[0] if whole else [0.0, 0.0]
    return {
        "first_token_s": round(best[0][0], 3),
        "first_token_cpu_s": round(best[0][1], 3),
        "tokens_per_s": round(steps / (best[1][0] - more[0]), 1),
        "tokens_per_cpu_s": round(steps / (best[1][1] - more[1]), 1),
    }


def _memory(name: str, model: str, folders: dict[str, Path]) -> int:
    """Peak MB of a process that reads one page with an engine."""
    engine, dtype = name.split()
    own = ["--model", model, "--dtype", dtype, "--device", "cpu"] if engine == "phi3v" else []
    own = own or ["--model", str(folders[dtype])]
    call = [sys.executable, "-m", "extractor", "datasets/examples/passport.png", "--schema", "passport"]
    process = subprocess.Popen([*call, "--engine", engine, *own], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    return round(used.ru_maxrss / 1024)


def _tables(figures: dict[str, Any]) -> list[Table]:
    answers = [
        [
            name,
            f"{told['same']} of {told['fields']}",
            f"{told['same_interval'][0]:.3f} to {told['same_interval'][1]:.3f}",
            f"{told['documents_same']}",
            f"{told['right']}",
            f"{told['cpu_seconds_median']}",
            str(figures["peak_mb"].get(name, "")),
        ]
        for name, told in figures["cells"].items()
    ]
    header = ["", "fields as phi3v's", "95 %", "documents", "fields right", "CPU s a document", "peak MB"]
    rows = [
        [name, *([told["error"]] if "error" in told else map(str, told.values()))]
        for name, told in figures["speeds"].items()
    ]
    speed = ["", "first token, s", "of CPU", "tokens a second", "a CPU second"]
    tables = [
        Table(f"answers of {figures['documents']} documents", header, answers),
        Table(f"speed on {figures['cores']} cores", speed, rows),
    ]
    return [table for table in tables if table.rows]
