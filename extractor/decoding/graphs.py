"""Steps captured as CUDA graphs: one launch from the processor in place of hundreds.

A step of the full-size network is some 500 small operations, and launching them costs several times what they
compute. Each width of a step (tokens a document, in powers of two) over each span of the cache (places, in steps of
256) is captured once, on first use, and replayed.
Prompts vary too much in length to be captured and do not gain from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from extractor.decoding.fused import FusedRunner, can_fuse
from extractor.decoding.runner import NOWHERE, EagerRunner, Runner

if TYPE_CHECKING:
    from extractor.phi3v import Phi3VForConditionalGeneration

#: Wider steps are dominated by what they compute.
WIDEST = 256


@dataclass(frozen=True)
class _Captured:
    """A captured step: its inputs and its logits, at addresses that never change."""

    graph: torch.cuda.CUDAGraph
    tokens: torch.Tensor
    positions: torch.Tensor
    logits: torch.Tensor


class GraphRunner(FusedRunner):
    """Replays steps; the logits of one are valid until the next. Needs a CUDA device."""

    def __init__(self, model: Phi3VForConditionalGeneration, documents: int, places: int) -> None:
        super().__init__(model, documents, places)
        self._captured: dict[tuple[int, int], _Captured] = {}
        self._pool = torch.cuda.graph_pool_handle()

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor, positions: torch.Tensor, keep: int | None = None) -> torch.Tensor:
        width = tokens.shape[1]
        if width > WIDEST:
            return super().step(tokens, positions, keep)
        wide, span = 1 << (width - 1).bit_length(), self._span(positions)
        captured = self._captured.get((wide, span)) or self._capture(wide, span)
        captured.tokens.copy_(torch.nn.functional.pad(tokens, (wide - width, 0)))
        captured.positions.copy_(torch.nn.functional.pad(positions, (wide - width, 0), value=NOWHERE))
        captured.graph.replay()
        return captured.logits[:, -(keep or width) :]

    def _capture(self, width: int, span: int) -> _Captured:
        self.cache.span = span
        tokens = torch.zeros((self.documents, width), dtype=torch.long, device=self.device)
        positions = torch.full_like(tokens, NOWHERE)  # nothing but fillers: what is cached stays as it is
        aside = torch.cuda.Stream(self.device)
        aside.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(aside):
            for _ in range(2):  # libraries choose their kernels and take their workspaces at first use
                self._step(tokens, positions, width)
        torch.cuda.current_stream(self.device).wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            logits = self._step(tokens, positions, width)
        self._captured[width, span] = _Captured(graph, tokens, positions, logits)
        return self._captured[width, span]


def make_runner(model: Phi3VForConditionalGeneration, documents: int, places: int) -> Runner:
    """The quickest runner this model allows; bitsandbytes' int8 waits for the device and is not captured."""
    if not can_fuse(model):
        return EagerRunner(model, documents, places)
    capturable = model.device.type == "cuda" and not getattr(model, "is_loaded_in_8bit", False)
    return (GraphRunner if capturable else FusedRunner)(model, documents, places)
