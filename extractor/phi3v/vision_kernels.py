"""The vision tower's activation as one Triton kernel: torch runs three, which read and write the tower's widest
states five times and take a quarter of its time."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

_BLOCK = 2048


def quick_gelu(states: torch.Tensor) -> torch.Tensor:
    """states * sigmoid(1.702 * states), rounded where torch rounds."""
    states = states.contiguous()
    made = torch.empty_like(states)
    _quick_gelu[(triton.cdiv(states.numel(), _BLOCK),)](states, made, states.numel(), BLOCK=_BLOCK, num_warps=8)
    return made


@triton.jit
def _quick_gelu(states, made, count, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    state = tl.load(states + at, mask=inside, other=0.0)
    kind = state.dtype
    scaled = (state.to(tl.float32) * 1.702).to(kind).to(tl.float32)
    share = (1.0 / (1.0 + tl.exp(-scaled))).to(kind).to(tl.float32)
    tl.store(made + at, (state.to(tl.float32) * share).to(kind), mask=inside)
