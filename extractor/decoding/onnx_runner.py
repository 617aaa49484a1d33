"""The loop's network over plain onnxruntime: a folder in ONNX Runtime GenAI's layout, on a CPU, one document at a time.

Keys and values lie in buffers as long as a whole answer may get; the text model takes each as its past and writes
its present into the same memory. So a step copies nothing, and going back needs only a smaller length.

GenAI's own loop was measured on the same folders (docs/log/decoding.md): it decodes one token at a time, and neither
verifies a draft nor jumps over what a grammar forces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from extractor.checkpoints.onnx_folder import OnnxFolder
from extractor.decoding.runner import STEP, Whole
from extractor.errors import CheckpointError, UsageError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


class Models:
    """The three models of a folder, loaded. Raises CheckpointError for one that does not do what the folder says."""

    def __init__(self, folder: OnnxFolder, threads: int) -> None:
        self.folder, self.names = folder, folder.names
        self.vision, self.embedding, self.text = (
            _session(path, threads) for path in (folder.vision, folder.embedding, folder.text)
        )
        names = self.names
        _check(folder.vision, self.vision, (names.pixel_values, names.image_sizes), (names.image_features,))
        _check(folder.embedding, self.embedding, (names.input_ids, names.features), (names.embeddings,))
        inputs, outputs = (names.inputs_embeds, names.attention_mask, *names.past), (names.logits, *names.present)
        _check(folder.text, self.text, inputs, outputs)


def _check(path: Path, session: InferenceSession, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
    found = {one.name: one.type for one in (*session.get_inputs(), *session.get_outputs())}
    if missing := [name for name in (*inputs, *outputs) if name not in found]:
        raise CheckpointError(f"{path.name} has no {missing[0]}, which genai_config.json names")
    if more := [one.name for one in session.get_inputs() if one.name not in inputs]:
        raise CheckpointError(f"{path.name} needs {more[0]}, which genai_config.json does not name")
    if any("float16" in found[name] for name in (*inputs, *outputs)):
        raise CheckpointError(f"{path.name} computes in 16 bits, for a GPU; use the folder for CPUs")


def _session(path: Path, threads: int) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    # Between the small operators of one token, threads that spin take a third to a half of the CPU time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions have no common base
        kind = type(error).__name__
        raise CheckpointError(
            f"{path.name} is no model that onnxruntime {onnxruntime.__version__} runs ({kind})"
        ) from None


class OnnxRunner:
    """`extractor.decoding.runner.Runner` for one document of at most `places` tokens, `room` of them at first."""

    device = torch.device("cpu")

    def __init__(self, models: Models, places: int, room: int | None = None) -> None:
        if places > models.folder.context:
            raise UsageError(f"prompt and answer take {places} tokens; this model has room for {models.folder.context}")
        self.models, self.places = models, places
        self._prompt = np.zeros((0, models.folder.hidden_size), np.float32)
        self._cache: list[np.ndarray] = []
        self._filled = 0
        self._make_room(min(places, room or places))

    @property
    def rows(self) -> int:
        return self.models.folder.vocab_size

    @property
    def rope_switch(self) -> int | None:
        return self.models.folder.rope_switch

    @property
    def lengths(self) -> list[int]:
        return [len(self._prompt)]

    def take(self, inputs: Mapping[str, torch.Tensor]) -> None:
        """Embeds a prompt as the processor makes it, pictures included."""
        ids, mask = (inputs[name].numpy() for name in ("input_ids", "attention_mask"))
        if len(ids) != 1:
            raise ValueError(f"{len(ids)} prompts were given to a runner of one document")
        ids = ids[:, ids.shape[1] - int(mask.sum()) :]
        features = np.zeros((0, self.models.folder.hidden_size), np.float32)
        if "pixel_values" in inputs:
            pixels, sizes = inputs["pixel_values"].numpy(), inputs["image_sizes"].numpy()
            seen = [self._seen(pixels[n : n + 1], sizes[n : n + 1]) for n in range(len(pixels))]
            features = np.concatenate(seen)
        if len(features) != int((ids < 0).sum()):
            raise ValueError(f"the pictures have {len(features)} features for {int((ids < 0).sum())} places")
        self._prompt = self._embedded(ids, features)[0]
        self._filled = 0

    def prefill(self, tails: Sequence[Sequence[int]], keep: int = 1) -> torch.Tensor:
        """Runs the prompt and the tokens after it from the beginning; the last `keep` logits (1, keep, V)."""
        (tail,) = tails
        embeddings = self._prompt[None]
        if tail:
            embeddings = np.concatenate([embeddings, self._embedded(np.array([tail], np.int64))], axis=1)
        return self._run(embeddings, 0, keep)

    def step(self, tokens: Whole, positions: Whole, keep: int | None = None) -> torch.Tensor:
        """Runs tokens (1, T) at positions (1, T), which follow one another; the last `keep` logits."""
        ids = np.asarray(tokens, np.int64)
        return self._run(self._embedded(ids), int(positions[0, 0]), keep or ids.shape[1])

    def _seen(self, pixels: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        names = self.models.names
        (features,) = self.models.vision.run(
            [names.image_features], {names.pixel_values: pixels, names.image_sizes: sizes.astype(np.int64)}
        )
        return np.asarray(features).reshape(-1, self.models.folder.hidden_size)

    def _embedded(self, ids: np.ndarray, features: np.ndarray | None = None) -> np.ndarray:
        names = self.models.names
        if features is None:
            features = np.zeros((0, self.models.folder.hidden_size), np.float32)
        (result,) = self.models.embedding.run([names.embeddings], {names.input_ids: ids, names.features: features})
        return np.asarray(result)

    def _make_room(self, length: int) -> None:
        if length > self.places:
            raise ValueError(f"{length} tokens do not fit into {self.places} places")
        if self._cache and length <= self._cache[0].shape[2]:
            return
        count = min(self.places, length + STEP)
        shape = (1, self.models.folder.heads, count, self.models.folder.head_size)
        grown = [np.zeros(shape, np.float32) for _ in self.models.names.past]
        for new, old in zip(grown, self._cache, strict=False):
            new[:, :, : self._filled] = old[:, :, : self._filled]
        self._cache = grown
        self._bound: Any = None

    def _run(self, embeddings: np.ndarray, first: int, keep: int) -> torch.Tensor:
        from onnxruntime import OrtValue

        end = first + embeddings.shape[1]
        self._make_room(end)
        names, text = self.models.names, self.models.text
        if self._bound is None:
            self._bound = text.io_binding()
            # The values look at the arrays' own memory.
            for name, present, array in zip(names.past, names.present, self._cache, strict=True):
                value = OrtValue.ortvalue_from_numpy(array)
                self._bound.bind_ortvalue_input(name, value)
                self._bound.bind_ortvalue_output(present, value)
        self._bound.bind_cpu_input(names.inputs_embeds, np.ascontiguousarray(embeddings))
        self._bound.bind_cpu_input(names.attention_mask, np.ones((1, end), np.int64))
        self._bound.bind_output(names.logits, "cpu")
        text.run_with_iobinding(self._bound)
        self._filled = end
        logits = self._bound.get_outputs()[-1].numpy()
        return torch.from_numpy(logits[:, -keep:])
