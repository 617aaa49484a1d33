"""What `eval.bench.loops` runs in a process of each loop: it loads the network once, and then times passes of it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from eval.running.machine import peak_memory


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock and of the CPU."""

    clock: float
    cpu: float

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.clock - other.clock, self.cpu - other.cpu)


@dataclass(frozen=True)
class LoopFolders:
    """Where folders of ONNX models are written, and their checkpoint; None: random weights in full size."""

    room: Path
    model: str | None

    def folder(self, dtype: str) -> Path:
        return self.room / f"onnx-{dtype}"


#: What this process has loaded.
_held: dict[str, Any] = {}


def write_folder(place: LoopFolders, dtype: str) -> None:
    """Exports the network."""
    from extractor.phi3v.export import export

    if place.model is not None:
        from extractor.checkpoints import find_checkpoint
        from extractor.phi3v.loading import load

        checkpoint = find_checkpoint(place.model)
        model, source = load(checkpoint, dtype="float32", device="cpu").model, checkpoint.folder
    else:
        model, source = _full(), place.room / "source"
        _write_source(model, source)
    export(model, source, place.folder(dtype), dtype)


def _full(quantize: Callable[[Any], Any] | None = None) -> Any:
    import torch

    from eval.bench.workload import FULL, random_model

    return random_model(FULL, torch.device("cpu"), torch.bfloat16, quantize)


def _write_source(model: Any, folder: Path) -> None:
    """What an export takes over from a checkpoint's folder."""
    from eval.bench.workload import made_tokenizer
    from extractor.phi3v import Phi3VImageProcessor

    folder.mkdir(exist_ok=True)
    model.config.save_pretrained(folder)
    made_tokenizer(model.config.vocab_size).save_pretrained(folder)
    Phi3VImageProcessor(num_crops=16).save_pretrained(folder)


def load_loop(loop: str, dtype: str, place: LoopFolders) -> None:
    """Loads a loop's network into this process."""
    _held.update(loop=loop)
    if loop == "genai":
        import onnxruntime_genai

        _held["model"] = onnxruntime_genai.Model(str(place.folder(dtype)))
    elif loop == "onnx":
        from extractor.engines.onnx import OnnxEngine

        _held["engine"] = OnnxEngine(place.folder(dtype))
        _held["make"] = _held["engine"]._runner_for
        _ = _held["engine"].models
    elif place.model is not None:
        from extractor.checkpoints import find_checkpoint
        from extractor.engines.phi3v import Phi3VEngine

        _held["engine"] = Phi3VEngine(find_checkpoint(place.model), dtype=dtype, device="cpu")
        _held["make"], _held["model"] = _held["engine"]._runner_for, _held["engine"].loaded.model
    else:
        _load_full(dtype)


def _load_full(dtype: str) -> None:
    """The full-size network as the phi3v engine holds it on a CPU."""
    import torch

    from eval.bench.workload import by_bitsandbytes
    from extractor.decoding.graphs import make_runner
    from extractor.phi3v.loading import import_bitsandbytes

    bits = {"int4": 4, "int8": 8}.get(dtype)
    if bits:
        import_bitsandbytes()
    model = _held["model"] = _full(by_bitsandbytes(bits, torch.device("cpu")) if bits else None)

    def make(documents: int, prompt: int) -> Any:
        if "runner" not in _held:
            _held["runner"] = make_runner(model, documents, prompt + 512, prompt + 256)
        return _held["runner"]

    _held["make"] = make


def peak() -> int:
    """MB at most."""
    return round(peak_memory() or 0)


def _now() -> Spent:
    return Spent(time.perf_counter(), time.process_time())


def _timed(call: Callable[[], Any]) -> Spent:
    start = _now()
    call()
    return _now() - start


def passes(kind: str, prompt: int, steps: int) -> tuple[Spent, Spent]:
    """What a prompt and its first token took, and the `steps` tokens after it; kind: short or page."""
    inputs = _page_inputs() if kind == "page" else _short_inputs(prompt)
    run = {"generate": _generated, "genai": _by_genai}.get(_held["loop"], _by_runner)
    if (warmed := f"{kind} of {prompt}") not in _held:  # the first run pays for what is prepared
        run(inputs, 2)
        _held[warmed] = True
    gc.collect()
    return run(inputs, steps)


def _short_inputs(tokens: int) -> dict[str, Any]:
    import torch

    ids = torch.from_numpy(np.random.default_rng(0).integers(10, 1000, (1, tokens)))
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


@cache
def _page_inputs() -> Mapping[str, Any]:
    """A page as the engine asks about it."""
    return _asked(_evidence("datasets/examples/passport.png", "passport"))


def tokens_of_prompt() -> int:
    """Tokens of the page's prompt."""
    return int(_page_inputs()["input_ids"].shape[1])


@cache
def _evidence(path: str, schema: str) -> Any:
    from extractor.pipeline import prepare

    return prepare(path, schema).evidence


def _asked(evidence: Any) -> Mapping[str, Any]:
    from extractor.prompting import conversation

    engine = _held["engine"]
    pictures = engine.pictures(evidence)
    asked = conversation(engine.question(evidence), len(pictures))
    text = engine.processor.apply_chat_template(asked, add_generation_prompt=True)
    crops = engine._crops([pictures])
    inputs: Mapping[str, Any] = engine.processor(text=text, images=pictures, num_crops=crops, return_tensors="pt")
    return inputs


def _by_runner(inputs: Mapping[str, Any], steps: int) -> tuple[Spent, Spent]:
    prompt = int(inputs["input_ids"].shape[1])
    runner = _held["make"](1, prompt)

    def first() -> None:
        runner.take(inputs)
        runner.prefill([[]])

    def rest() -> None:
        for number in range(steps):
            runner.step(np.array([[9]]), np.array([[prompt + number]]))

    return _timed(first), _timed(rest)


def _generated(inputs: Mapping[str, Any], steps: int) -> tuple[Spent, Spent]:
    """One call; transformers asks after each token whether to stop, which tells when the first one was there."""
    after: list[Spent] = []

    def noted(ids: Any, *_: Any, **__: Any) -> Any:
        after.append(_now())
        return ids.new_zeros(ids.shape[0], dtype=bool)  # a tensor, as every criterion answers

    start = _now()
    _generate(inputs, steps + 1, [noted])
    return after[0] - start, after[-1] - after[0]


def _generate(inputs: Mapping[str, Any], tokens: int, criteria: Sequence[Any] = ()) -> None:
    import torch
    from transformers import StoppingCriteriaList

    with torch.inference_mode():
        _held["model"].generate(
            **inputs, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False,
            stopping_criteria=StoppingCriteriaList(criteria),
        )  # fmt: skip


def _by_genai(inputs: Mapping[str, Any], steps: int) -> tuple[Spent, Spent]:
    import onnxruntime_genai

    ids = inputs["input_ids"].numpy().astype(np.int32)
    params = onnxruntime_genai.GeneratorParams(_held["model"])
    params.set_search_options(max_length=ids.shape[1] + steps + 8, min_length=ids.shape[1] + steps + 4)
    generator = onnxruntime_genai.Generator(_held["model"], params)

    def first() -> None:
        generator.append_tokens(ids)
        generator.generate_next_token()

    def rest() -> None:
        for _ in range(steps):
            generator.generate_next_token()

    return _timed(first), _timed(rest)


def document(path: str, schema: str, tokens: int | None) -> tuple[Spent, int]:
    """What one document's answer took, and its tokens; `tokens` are those that `generate` writes."""
    from extractor.sources import read_sources

    evidence, engine = _evidence(path, schema), _held["engine"]
    own = read_sources(evidence)
    if _held["loop"] != "generate":
        return _timed(lambda: engine.answer(evidence, own)), int(sum(engine.tokens))
    wanted = tokens or 0
    return _timed(lambda: _generate(_asked(evidence), wanted)), wanted
