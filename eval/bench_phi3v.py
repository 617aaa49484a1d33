"""Phi-3-vision on one device: seconds a passport and where they go, steps against the device's bandwidth, memory.

With --random-weights the full-size architecture is built on the device without any download (speed does not depend on
what the weights say); with --model a checkpoint is loaded. The workload is `eval.bench_workload`'s.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.bench import Bench, Table
from eval.measuring import quantile
from extractor.errors import DeviceError, UsageError

if TYPE_CHECKING:
    from eval.bench_workload import Workload

#: What can be measured: precision, and who quantizes; "eager" is transformers' own generate in 16 bits.
CELLS = ("bfloat16", "float16", "float32", "int8", "int4", "int8-bitsandbytes", "int4-bitsandbytes", "eager")
_DEFAULT_CELLS, _DEFAULT_BATCHES = "eager,bfloat16,int8,int4,int4-bitsandbytes", "1,8,32"
_WIDTHS = (1, 2, 4, 8, 16, 32)
#: Tokens of an answer, at most and at first, as in the engine.
_MOST_TOKENS, _USUAL_TOKENS = 1024, 384


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this bench's arguments."""
    own = parser.add_argument_group("phi3v")
    own.add_argument("--random-weights", action="store_true", help="the full-size network with random weights")
    own.add_argument("--model", type=Path, metavar="DIR", help="a checkpoint's folder instead")
    own.add_argument("--small", action="store_true", help="a network and a prompt small enough for a processor")
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
    from eval import bench_workload as made
    from extractor.decoding.grammar import Vocabulary
    from extractor.phi3v.loading import choose_device

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
        measured = _measure(maker, cell, workload, options, batches if cell in batch_cells else [1])
        figures["cells"][cell] = measured
    if options.cold_start:
        from eval.bench_cold import cold_starts

        figures["cold_start"] = cold_starts(maker, device, small=options.small, folder=options.model)
    return Bench(_tables(figures), figures, notes=_notes(options, figures))


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
        from eval.bench_workload import FULL, SMALL

        return SMALL if self.small else FULL

    @property
    def rows(self) -> int:
        from extractor.checkpoints import read_config

        return int((self.sizes if self.folder is None else read_config(self.folder))["vocab_size"])

    @property
    def tokenizer(self) -> Any:
        from eval.bench_workload import made_tokenizer
        from extractor.phi3v import Phi3VProcessor

        if self.folder is None:
            return made_tokenizer(self.rows)
        return Phi3VProcessor.from_pretrained(self.folder, local_files_only=True).tokenizer

    def __call__(self, cell: str) -> Any:
        import torch

        from eval import bench_workload as made
        from extractor.phi3v.loading import load

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


def _measure(maker: _Maker, cell: str, workload: Workload, options: argparse.Namespace, batches: list[int]) -> Any:
    """All figures of one cell; what does not fit into memory, or is not installed, is told in its place."""
    import torch

    gc.collect()
    if maker.device.startswith("cuda"):
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    start = time.perf_counter()
    try:
        model = maker(cell)
    except (ImportError, DeviceError) as error:
        return {"error": " ".join(str(error).split())[:200]}
    found: dict[str, Any] = {"made_seconds": round(time.perf_counter() - start, 2), "weights_gb": _weights(model)}
    try:
        if cell == "eager":
            found |= _generate(model, workload, maker.device)
        else:
            bench = _Cell(model, workload, maker.device, options.repeat)
            found |= bench.single()
            found["batches"] = {str(count): bench.batch(count) for count in batches}
            if options.queue and cell in options.batch_cells.split(",")[:1]:
                found["queue"] = bench.queue(options.queue)
    except torch.OutOfMemoryError:
        found["error"] = "out of memory"
    return found


def _weights(model: Any) -> float:
    held = [*model.parameters(), *model.buffers()]
    return round(sum(one.numel() * one.element_size() for one in held) / 1e9, 2)


def _peak(device: str) -> float | None:
    import torch

    return round(torch.cuda.max_memory_allocated() / 1e9, 2) if device.startswith("cuda") else None


def _wait(device: str) -> None:
    import torch

    if device.startswith("cuda"):
        torch.cuda.synchronize()


def _median(call: Callable[[], Any], times: int, device: str) -> float:
    taken = []
    for _ in range(times):
        _wait(device)
        start = time.perf_counter()
        call()
        _wait(device)
        taken.append(time.perf_counter() - start)
    return quantile(taken, 0.5)


def _bandwidth(device: str) -> float | None:
    """TB/s of a large copy on the device, bytes read and written."""
    import torch

    if not device.startswith("cuda"):
        return None
    a = torch.randn(1 << 30, dtype=torch.float16, device=device)
    b = torch.empty_like(a)
    b.copy_(a)
    return round(2 * a.numel() * a.element_size() / _median(lambda: b.copy_(a), 10, device) / 1e12, 2)


def _grammar_figures(tokenizer: Any, rows: int) -> dict[str, float]:
    """Milliseconds of a tokenizer's preparation, of schemas' grammars at first and cached, and of one mask."""
    import torch

    from extractor.decoding.grammar import Vocabulary
    from extractor.decoding.masks import Masks
    from schemas import SCHEMAS

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
            taken.append(spent(lambda m=matcher: masks.fill(0, m)))  # type: ignore[misc]
            matcher.consume_token(token)
    return {
        "tokenizer_ms": round(prepared, 1),
        "schema_first_ms": round(max(first), 2),
        "schema_cached_ms": round(max(cached), 4),
        "mask_median_ms": round(quantile(taken, 0.5), 4),
        "mask_most_ms": round(max(taken), 4),
    }


def _generate(model: Any, workload: Workload, device: str) -> dict[str, Any]:
    """transformers' own generate, unconstrained: what a user of the published model has."""
    import torch

    inputs = {key: value.to(device) for key, value in workload.inputs().items()}

    def run(count: int) -> float:
        with torch.inference_mode():
            return _median(
                lambda: model.generate(**inputs, max_new_tokens=count, min_new_tokens=count, do_sample=False), 1, device
            )

    run(2)
    short, long = run(1), run(25)
    token = (long - short) / 24
    whole = short + token * (len(workload.script) - 1)
    told = {"first_token_seconds": round(short, 4), "token_ms": round(1000 * token, 2), "seconds": round(whole, 3)}
    return told | {"peak_gb": _peak(device)}


class _Cell:
    """Measures one network on one device."""

    def __init__(self, model: Any, workload: Workload, device: str, repeat: int) -> None:
        self.model, self.workload, self.device, self.repeat = model, workload, device, repeat
        self.prompt = int(workload.inputs()["input_ids"].shape[1])

    def runner(self, documents: int) -> Any:
        from extractor.decoding.graphs import make_runner

        return make_runner(self.model, documents, self.prompt + _MOST_TOKENS, self.prompt + _USUAL_TOKENS)

    def single(self) -> dict[str, Any]:
        """One document: stages, steps of several widths, whole readings plain, drafted and token by token."""
        import torch

        runner, inputs = self.runner(1), self.workload.inputs()
        on_device = {key: value.to(self.device) for key, value in inputs.items()}
        found: dict[str, Any] = {}
        with torch.inference_mode():
            found["prepare_ms"] = self._ms(self.workload.inputs)
            peaks = found["peak_gb_after"] = {"making": _peak(self.device)}
            if self.device.startswith("cuda"):
                torch.cuda.reset_peak_memory_stats()
            runner.take(on_device)
            peaks["pictures"] = _peak(self.device)
            found["take_ms"] = self._ms(lambda: runner.take(inputs))
            found["vision_ms"] = self._ms(
                lambda: self.model.get_image_features(on_device["pixel_values"], on_device["image_sizes"])
            )
            runner.prefill([[]])
            found["prefill_ms"] = self._ms(lambda: runner.prefill([[]]))
            peaks["prompt"] = _peak(self.device)
            found["step_ms"] = {str(width): self._step(runner, width) for width in _WIDTHS}
        peaks["steps"] = _peak(self.device)
        found["read_gb"] = self._floor(runner)
        found["plain"] = self._reading(runner, None, jump=True)
        found["drafted"] = self._reading(runner, "draft", jump=True)
        found["stepped"] = self._reading(runner, None, jump=False)
        found |= self._overhead(runner)
        return found

    def _ms(self, call: Callable[[], Any], times: int | None = None) -> float:
        return round(1000 * _median(call, times or self.repeat, self.device), 3)

    def _step(self, runner: Any, width: int, steps: int = 20) -> float:
        """Milliseconds of a step of so many tokens, over the prompt."""
        import torch

        tokens = torch.full((1, width), 100)
        positions = torch.arange(self.prompt, self.prompt + width)[None]
        runner.step(tokens, positions)

        def several() -> None:
            for _ in range(steps):
                runner.step(tokens, positions)

        return round(1000 * _median(several, 3, self.device) / steps, 3)

    def _floor(self, runner: Any) -> dict[str, float]:
        """Gigabytes that a step of one token must read: the decoder's weights, the head, the keys and values."""
        model = self.model
        weights = sum(
            one.numel() * one.element_size()
            for part in (model.model.layers, model.lm_head)
            for one in [*part.parameters(), *part.buffers()]
        )
        keys, _ = runner.cache.layers[0]
        cache = 2 * len(runner.cache.layers) * keys[:, :, : self.prompt].numel() * keys.element_size()
        return {"weights_gb": round(weights / 1e9, 3), "cache_gb": round(cache / 1e9, 3)}

    def _write(self, runner: Any, documents: int, draft: str | None, *, jump: bool, beat: Any = None) -> Any:
        from eval.bench_workload import DRAFT, Scripted
        from extractor.decoding.loop import write

        workload = self.workload
        return write(
            runner,
            workload.inputs(documents),
            [workload.grammar] * documents,
            limits=None,
            chooser=Scripted(workload.script),
            drafts=[DRAFT] * documents if draft else None,
            jump=jump,
            cancelled=beat,
        )

    def _reading(self, runner: Any, draft: str | None, *, jump: bool) -> dict[str, Any]:
        """Seconds from the picture in memory to the answer, median, and the passes that took."""
        written = self._write(runner, 1, draft, jump=jump)[0]
        if list(written.tokens) != self.workload.script:
            raise DeviceError("the bench's answer is not the one it was to write")
        seconds = _median(lambda: self._write(runner, 1, draft, jump=jump), self.repeat, self.device)
        return {"seconds": round(seconds, 4), "passes": written.passes, "tokens": len(written.tokens)}

    def _overhead(self, runner: Any) -> dict[str, Any]:
        """Time of a token under the grammar over that of one without, both one token a step."""
        import torch

        from extractor.decoding.masks import Chooser

        gaps = {jump: self._gaps(runner, jump=jump) for jump in (False, True)}
        constrained = quantile([gap for one in gaps[False] for gap in one], 0.5)
        # Passes that write several tokens count for them all; the prompt's pass wrote the first.
        jumped = quantile([sum(one) / (len(self.workload.script) - 1) for one in gaps[True]], 0.5)
        chooser, place, free = Chooser(), self.prompt, []
        with torch.inference_mode():
            for _ in range(self.repeat * len(self.workload.script)):
                start = time.perf_counter()
                logits = runner.step(torch.tensor([[100]]), torch.tensor([[place]]), 1)
                chooser(logits[:, -1], None, [(0, 0)])
                free.append(time.perf_counter() - start)
        unconstrained = quantile(free, 0.5)
        return {
            "constrained_ms": round(1000 * constrained, 3),
            "unconstrained_ms": round(1000 * unconstrained, 3),
            "constrained_over_unconstrained": round(constrained / unconstrained, 4),
            "jumped_ms_a_token": round(1000 * jumped, 3),
        }

    def _gaps(self, runner: Any, *, jump: bool) -> list[list[float]]:
        """Seconds between the beginnings of passes, but for the prompt's, of several readings."""
        gaps = []
        for _ in range(self.repeat):
            beats: list[float] = []

            def beat(beats: list[float] = beats) -> bool:
                beats.append(time.perf_counter())
                return False

            self._write(runner, 1, None, jump=jump, beat=beat)
            beats.append(time.perf_counter())
            gaps.append([after - before for before, after in pairwise(beats[1:])])
        return gaps

    def batch(self, documents: int) -> dict[str, Any]:
        """Documents a second, plain and drafted, and the peak of memory."""
        import torch

        gc.collect()
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        runner = self.runner(documents)
        found: dict[str, Any] = {}
        for name, draft in (("plain", None), ("drafted", "draft")):
            self._write(runner, documents, draft, jump=True)
            times = max(1, min(self.repeat, 16 // documents))
            seconds = _median(lambda draft=draft: self._write(runner, documents, draft, jump=True), times, self.device)  # type: ignore[misc]
            found[f"{name}_seconds"] = round(seconds, 3)
            found[f"{name}_per_second"] = round(documents / seconds, 2)
        return found | {"peak_gb": _peak(self.device)}

    def queue(self, pages: int) -> dict[str, Any]:
        """Memory while pages are read one after the other."""
        import torch

        from eval.measuring import memory_growth

        runner, held = self.runner(1), []
        cuda = self.device.startswith("cuda")

        def note() -> None:
            held.append(torch.cuda.memory_reserved() / 1e6 if cuda else 0.0)

        growth = memory_growth(lambda _: self._write(runner, 1, "draft", jump=True), pages, note)
        host = {"settled_mb": round(growth.settled), "end_mb": round(growth.end)} if growth else {}
        return {"pages": pages, **host, "device_settled_mb": round(held[pages // 10]), "device_end_mb": round(held[-1])}


def _notes(options: argparse.Namespace, figures: dict[str, Any]) -> list[str]:
    work = figures["workload"]
    return [
        f"{work['prompt_tokens']} tokens of prompt, {work['answer_tokens']} of answer ({work['fields']} fields)"
        + (", random weights" if options.random_weights else "")
    ]


def _tables(figures: dict[str, Any]) -> list[Table]:
    cells = {name: one for name, one in figures["cells"].items() if "plain" in one}
    tables = [_readings(figures["cells"]), _steps(cells, figures["copy_bandwidth_tb_s"]), _batches(cells)]
    if "cold_start" in figures:
        rows = [[name, *(f"{value:.1f}" for value in one.values())] for name, one in figures["cold_start"].items()]
        tables.append(Table("from the checkpoint on disk to the first answer, seconds", _COLD, rows))
    grammar = figures["grammar"]
    rows = [[name.replace("_", " ").removesuffix(" ms"), f"{value:.3f}"] for name, value in grammar.items()]
    return [*tables, Table("grammar and masks", ("", "ms"), rows)]


_COLD = ("", "imports", "loading", "first answer", "in all", "second answer", "peak GB")


def _readings(cells: dict[str, Any]) -> Table:
    header = (
        "one document", "plain s", "drafted s", "vision ms", "prefill ms", "passes", "drafted", "peak GB", "weights GB"
    )  # fmt: skip
    rows = []
    for name, one in cells.items():
        if "error" in one:
            rows.append([name, one["error"], *[""] * 7])
        elif "plain" not in one:
            rows.append([name, f"{one['seconds']:.3f}", *[""] * 5, f"{one['peak_gb']}", f"{one['weights_gb']}"])
        else:
            peak = one["batches"]["1"]["peak_gb"]
            plain, drafted = one["plain"], one["drafted"]
            seconds = (f"{plain['seconds']:.3f}", f"{drafted['seconds']:.3f}")
            stages = (f"{one['vision_ms']:.1f}", f"{one['prefill_ms']:.1f}")
            passes = (f"{plain['passes']}", f"{drafted['passes']}")
            rows.append([name, *seconds, *stages, *passes, f"{peak}", f"{one['weights_gb']}"])
    return Table("from the picture in memory to the answer", header, rows)


def _steps(cells: dict[str, Any], bandwidth: float | None) -> Table:
    rows = []
    for name, one in cells.items():
        moved = one["read_gb"]["weights_gb"] + one["read_gb"]["cache_gb"]
        reached = moved / one["step_ms"]["1"]
        share = f"{100 * reached / bandwidth:.0f} %" if bandwidth else ""
        tokens = [f"{one[key]:.2f}" for key in ("unconstrained_ms", "constrained_ms", "jumped_ms_a_token")]
        rows.append([name, *(f"{one['step_ms'][str(w)]:.2f}" for w in _WIDTHS), f"{moved:.2f}", share, *tokens])
    told = ("free", "under the grammar", "and jumping, a token")
    header = ("step, ms by tokens", *map(str, _WIDTHS), "GB read", "of copy bandwidth", *told)
    return Table("steps", header, rows)


def _batches(cells: dict[str, Any]) -> Table:
    rows = [
        [
            f"{name}, {count} at once",
            f"{b['plain_per_second']:.1f}",
            f"{b['drafted_per_second']:.1f}",
            f"{b['peak_gb']}",
        ]
        for name, one in cells.items()
        for count, b in one.get("batches", {}).items()
    ]
    return Table("documents a second", ("", "plain", "drafted", "peak GB"), rows)
