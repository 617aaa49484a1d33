"""Steps captured as CUDA graphs: one launch from the CPU in place of hundreds.

A step of the full-size network is some 500 small operations, and launching them costs several times what they
compute. Each width of a step (tokens a document, rounded up) is captured once, on first use, and replayed.
Prompts vary too much in length to be captured and do not gain from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from extractor.decoding.fused import FusedRunner, can_fuse
from extractor.decoding.runner import PADDING, EagerRunner, Whole

if TYPE_CHECKING:
    from extractor.phi3v import Phi3VForConditionalGeneration

#: Wider steps are dominated by what they compute.
WIDEST = 256
#: Up to here widths double; beyond, doubling would compute too much that is thrown away.
_COARSE = 32


@dataclass(frozen=True)
class _Captured:
    """A captured step: its inputs and its logits, at addresses that never change.

    `inputs` holds tokens and positions (2, documents, width), so that one copy brings both; `staged` is where they
    wait on the CPU, and `taken` is recorded once they were copied.
    """

    graph: torch.cuda.CUDAGraph
    inputs: torch.Tensor
    logits: torch.Tensor
    staged: torch.Tensor
    taken: torch.cuda.Event


class GraphRunner(FusedRunner):
    """Replays steps, whose tokens and positions are on the CPU; the logits of one are valid until the next.

    Needs a CUDA device.
    """

    def __init__(
        self, model: Phi3VForConditionalGeneration, documents: int, places: int, room: int | None = None
    ) -> None:
        super().__init__(model, documents, places, room)
        self._captured: dict[int, _Captured] = {}
        self._pool = torch.cuda.graph_pool_handle()
        # One for all captures: libraries take workspaces for each stream.
        self._aside = _aside(model.device)

    @torch.inference_mode()
    def step(self, tokens: Whole, positions: Whole, keep: int | None = None) -> torch.Tensor:
        width = tokens.shape[1]
        if width > WIDEST:
            return super().step(tokens, positions, keep)
        # In numpy, and as little as can be: between two steps the device waits for this.
        places = np.asarray(positions)
        self._make_room(int(places.max()) + 1)
        wide = 1 << (width - 1).bit_length() if width <= _COARSE else -(-width // _COARSE) * _COARSE
        captured = self._captured.get(wide) or self._capture(wide)
        captured.taken.synchronize()
        inputs = captured.staged.numpy()
        inputs[0, :, wide - width :], inputs[1, :, wide - width :] = np.asarray(tokens), places
        if wide > width:
            inputs[0, :, : wide - width], inputs[1, :, : wide - width] = 0, PADDING
        captured.inputs.copy_(captured.staged, non_blocking=True)
        captured.taken.record()
        captured.graph.replay()
        return captured.logits[:, -(keep or width) :]

    def _capture(self, width: int) -> _Captured:
        self.cache.span = self.cache.count + 1
        inputs = torch.zeros((2, self.documents, width), dtype=torch.long, device=self.device)
        inputs[1] = PADDING  # nothing but padding: what is cached stays as it is
        self._aside.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(self._aside):
            for _ in range(2):  # libraries choose their kernels and take their workspaces at first use
                self._step(inputs[0], inputs[1], width)
        torch.cuda.current_stream(self.device).wait_stream(self._aside)
        # Allocations of the warm-up stay in the side stream's pool; release them.
        torch.cuda.empty_cache()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, stream=self._aside):
            logits = self._step(inputs[0], inputs[1], width)
        staged = torch.empty(inputs.shape, dtype=inputs.dtype, pin_memory=True)
        self._captured[width] = _Captured(graph, inputs, logits, staged, torch.cuda.Event())
        return self._captured[width]

    def _make_room(self, length: int) -> None:
        count = self.cache.count
        super()._make_room(length)
        if self.cache.count != count:
            self._captured.clear()  # they write to where the cache was


@cache
def _aside(device: torch.device) -> torch.cuda.Stream:
    return torch.cuda.Stream(device)


def make_runner(
    model: Phi3VForConditionalGeneration, documents: int, places: int, room: int | None = None
) -> EagerRunner:
    """The quickest runner this model allows; bitsandbytes' int8 waits for the device and is not captured.

    `places` is the most tokens a document may have, `room` what the cache has room for at first.
    """
    if not can_fuse(model):
        return EagerRunner(model, documents, places, room)
    capturable = model.device.type == "cuda" and not getattr(model, "is_loaded_in_8bit", False)
    return (GraphRunner if capturable else FusedRunner)(model, documents, places, room)
