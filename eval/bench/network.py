"""Measures one network on one device: its stages, steps of several widths, whole readings, batches, a queue."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from typing import Any

import torch

from eval.bench.workload import DRAFT, Scripted, Workload
from eval.running.measuring import memory_growth, quantile
from extractor.decoding.ask import write_freely
from extractor.decoding.graphs import make_runner
from extractor.decoding.loop import write
from extractor.errors import DeviceError
from extractor.stages import observed

#: Tokens a document of the steps that are measured.
WIDTHS = (1, 2, 4, 8, 16, 32)
#: Milliseconds of a step from which on nothing is measured twice, nor token by token.
_SLOW = 50.0
#: Tokens of an answer, at most and at first, as in the engine.
_MOST_TOKENS, _USUAL_TOKENS = 1024, 384


def weights_gb(model: Any) -> float:
    held = [*model.parameters(), *model.buffers()]
    return round(sum(one.numel() * one.element_size() for one in held) / 1e9, 2)


def reset_memory(device: str) -> None:
    """Peaks are counted from here on."""
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats()


def memory_gb(device: str) -> dict[str, float]:
    """Gigabytes of tensors now and at their peak, and what torch took from the device for them at its peak."""
    if not device.startswith("cuda"):
        return {}
    result = {
        "held": torch.cuda.memory_allocated(),
        "peak": torch.cuda.max_memory_allocated(),
        "reserved": torch.cuda.max_memory_reserved(),
    }
    return {name: round(value / 1e9, 3) for name, value in result.items()}


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def median_seconds(call: Callable[[], Any], times: int, device: str) -> float:
    taken = []
    for _ in range(times):
        _wait(device)
        start = time.perf_counter()
        call()
        _wait(device)
        taken.append(time.perf_counter() - start)
    return quantile(taken, 0.5)


def generate(model: Any, workload: Workload, device: str) -> dict[str, Any]:
    """transformers' own generate, unconstrained: what a user of the published model has."""
    inputs = {key: value.to(device) for key, value in workload.inputs().items()}

    def run(count: int) -> float:
        with torch.inference_mode():
            return median_seconds(
                lambda: model.generate(**inputs, max_new_tokens=count, min_new_tokens=count, do_sample=False), 1, device
            )

    run(2)
    short, long = run(1), run(25)
    token = (long - short) / 24
    whole = short + token * (len(workload.script) - 1)
    result = {"first_token_seconds": round(short, 4), "token_ms": round(1000 * token, 2), "seconds": round(whole, 3)}
    return result | {"memory_gb": memory_gb(device)}


class MeasuredNetwork:
    """Measures one network on one device."""

    def __init__(self, model: Any, workload: Workload, device: str, repeat: int) -> None:
        self.model, self.workload, self.device, self.repeat = model, workload, device, repeat
        self.slow = False
        self.prompt = int(workload.inputs()["input_ids"].shape[1])

    def runner(self, documents: int) -> Any:
        return make_runner(self.model, documents, self.prompt + _MOST_TOKENS, self.prompt + _USUAL_TOKENS)

    def single(self) -> Iterator[dict[str, Any]]:
        """One document: readings plain and drafted, then stages, steps of several widths, and reading token by token.

        Gives each part as soon as it is measured; memory is that of the readings.
        """
        runner = self.runner(1)
        reset_memory(self.device)
        start = time.perf_counter()
        first = self._write(runner, 1, None, jump=True)
        found = {"first_seconds": round(time.perf_counter() - start, 3)}
        if list(first[0].tokens) != self.workload.script:
            raise DeviceError("the bench's answer is not the one it was to write")
        self.slow = self._step(runner, 1, steps=2) > _SLOW
        if self.slow:
            self.repeat = 1
        yield found | {"plain": self._reading(runner, None, jump=True)}
        yield {"drafted": self._reading(runner, "draft", jump=True), "memory_gb": memory_gb(self.device)}
        with torch.inference_mode():
            yield self._stages(runner)
            widths, steps = (WIDTHS[:1], 2) if self.slow else (WIDTHS, 20)
            yield {"step_ms": {str(width): self._step(runner, width, steps) for width in widths}}
        yield {"read_gb": self._floor(runner)}
        if not self.slow:
            yield {"stepped": self._reading(runner, None, jump=False)} | self._overhead(runner)

    def _stages(self, runner: Any) -> dict[str, Any]:
        """Milliseconds of what comes before the first step, and the peak of memory while each runs."""
        inputs = self.workload.inputs(runner.documents)
        on_device = {key: value.to(self.device) for key, value in inputs.items()}
        stages: dict[str, Callable[[], Any]] = {
            "prepare": lambda: self.workload.inputs(runner.documents),
            "take": lambda: runner.take(inputs),
            "prefill": lambda: runner.prefill([[]] * runner.documents),
        }
        if runner.documents == 1:
            pictures = on_device["pixel_values"].to(self.model.dtype), inputs["image_sizes"]
            stages["vision"] = lambda: self.model.get_image_features(*pictures)
        result: dict[str, Any] = {}
        peaks = {}
        for name, call in stages.items():
            reset_memory(self.device)
            result[f"{name}_ms"] = self._ms(call)
            peaks[name] = memory_gb(self.device).get("peak")
        return result | {"peak_gb_in": peaks}

    def _ms(self, call: Callable[[], Any]) -> float:
        return round(1000 * median_seconds(call, self.repeat, self.device), 3)

    def _step(self, runner: Any, width: int, steps: int = 20) -> float:
        """Milliseconds of a step of `width` tokens, over the prompt."""
        tokens = torch.full((runner.documents, width), 100)
        positions = torch.arange(self.prompt, self.prompt + width).expand(runner.documents, width)
        runner.step(tokens, positions)

        def several() -> None:
            for _ in range(steps):
                runner.step(tokens, positions)

        return round(1000 * median_seconds(several, 3, self.device) / steps, 3)

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

    def _write(self, runner: Any, documents: int, draft: str | None, *, jump: bool) -> Any:
        workload = self.workload
        return write(
            runner,
            workload.inputs(documents),
            [workload.grammar] * documents,
            limits=None,
            chooser=Scripted(workload.script),
            drafts=[DRAFT] * documents if draft else None,
            jump=jump,
        )

    def _reading(self, runner: Any, draft: str | None, *, jump: bool) -> dict[str, Any]:
        """Seconds from the picture in memory to the answer, median, and the passes that took."""
        written: list[Any] = []

        def read() -> None:
            written.extend(self._write(runner, 1, draft, jump=jump))

        if not self.slow:
            read()
        seconds = median_seconds(read, self.repeat, self.device)
        return {"seconds": round(seconds, 4), "passes": written[-1].passes, "tokens": len(written[-1].tokens)}

    def _overhead(self, runner: Any) -> dict[str, Any]:
        """Time of a token under the grammar over that of one in a free answer, both one token a step."""
        kinds: dict[str, Callable[[Any], None]] = {
            "free": self._write_freely,
            "stepped": lambda one: self._write(one, 1, None, jump=False),
            "jumped": lambda one: self._write(one, 1, None, jump=True),
        }
        gaps = {name: self._gaps(runner, write) for name, write in kinds.items()}
        constrained, unconstrained = (
            quantile([gap for one in gaps[name] for gap in one], 0.5) for name in ("stepped", "free")
        )
        # Passes that write several tokens count for them all; the prompt's pass wrote the first.
        jumped = quantile([sum(one) / (len(self.workload.script) - 1) for one in gaps["jumped"]], 0.5)
        return {
            "constrained_ms": round(1000 * constrained, 3),
            "unconstrained_ms": round(1000 * unconstrained, 3),
            "constrained_over_unconstrained": round(constrained / unconstrained, 4),
            "jumped_ms_a_token": round(1000 * jumped, 3),
            "jumped_over_unconstrained": round(jumped / unconstrained, 4),
        }

    def _write_freely(self, runner: Any) -> None:
        """The same answer as free text."""
        script = self.workload.script
        runner.take(self.workload.inputs())
        for _ in write_freely(runner, self.workload.vocabulary, Scripted(script), max_tokens=len(script)):
            pass

    def _gaps(self, runner: Any, write: Callable[[Any], None]) -> list[list[float]]:
        """Seconds between the beginnings of passes, but for the prompt's, of several readings."""
        gaps = []
        for _ in range(self.repeat):
            beats: list[float] = []

            def beat(_: str, beats: list[float] = beats) -> AbstractContextManager[None]:
                beats.append(time.perf_counter())
                return nullcontext()

            with observed(beat):
                write(runner)
            beats.append(time.perf_counter())
            gaps.append([after - before for before, after in pairwise(beats[1:])])
        return gaps

    def batch(self, documents: int) -> dict[str, Any]:
        """Documents a second, plain and drafted, where the time goes, and memory."""
        gc.collect()
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()
        reset_memory(self.device)
        runner = self.runner(documents)
        found: dict[str, Any] = {}
        for name, draft in (("plain", None), ("drafted", "draft")):

            def read(draft: str | None = draft) -> None:
                self._write(runner, documents, draft, jump=True)

            read()
            times = max(1, min(self.repeat, 64 // documents))
            seconds = median_seconds(read, times, self.device)
            found[f"{name}_seconds"] = round(seconds, 3)
            found[f"{name}_per_second"] = round(documents / seconds, 2)
        found["memory_gb"] = memory_gb(self.device)
        with torch.inference_mode():
            found |= self._stages(runner)
            found["step_ms"] = {str(width): self._step(runner, width, 5) for width in (1, 4)}
        return found

    def queue(self, pages: int) -> dict[str, Any]:
        """Memory while pages are read one after the other."""
        runner, held = self.runner(1), []
        cuda = self.device.startswith("cuda")

        def note() -> None:
            held.append(torch.cuda.memory_reserved() / 1e6 if cuda else 0.0)

        growth = memory_growth(lambda _: self._write(runner, 1, "draft", jump=True), pages, note)
        host = {"settled_mb": round(growth.settled), "end_mb": round(growth.end)}
        return {"pages": pages, **host, "device_settled_mb": round(held[pages // 10]), "device_end_mb": round(held[-1])}
