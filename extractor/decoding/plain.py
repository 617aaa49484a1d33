"""The small operations between a decoder's matrix products, in plain torch: what `extractor.decoding.kernels` does in
one launch each on a CUDA device. Both take the same arguments and round at the same places."""

from __future__ import annotations

import torch


def add_norm(
    hidden: torch.Tensor, update: torch.Tensor | None, weight: torch.Tensor, epsilon: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """hidden (..., size) with `update` added to it, and that divided by its root mean square and weighted."""
    if update is not None:
        hidden = hidden + update
    exact = hidden.float()
    scaled = exact * torch.rsqrt(exact.square().mean(dim=-1, keepdim=True) + epsilon)
    return hidden, weight * scaled.to(hidden.dtype)


def rotate_into(
    projected: torch.Tensor,
    cos: torch.Tensor,
    sin: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    at: torch.Tensor,
) -> torch.Tensor:
    """Rotates queries and keys, and puts keys and values where they belong; the queries (documents, heads, T, size).

    `projected` (documents, T, (heads + 2 * kv heads) * size) holds queries, keys and values; `cos` and `sin` are
    (documents, T, size) in float32; `keys` and `values` (documents, kv heads, places, size) are written at the places
    `at` (documents, T).
    """
    documents, length, width = projected.shape
    kv_heads, size = keys.shape[1], keys.shape[3]
    own = projected.view(documents, length, width // size, size)
    queries, new_keys, new_values = own.split([width // size - 2 * kv_heads, kv_heads, kv_heads], dim=2)
    row = torch.arange(documents, device=at.device)[:, None]
    keys[row, :, at] = _rotated(new_keys, cos, sin)
    values[row, :, at] = new_values
    return _rotated(queries, cos, sin).transpose(1, 2)


def _rotated(states: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    first, second = states.float().chunk(2, dim=-1)
    turned = torch.cat([-second, first], dim=-1)
    return (states.float() * cos[:, :, None] + turned * sin[:, :, None]).to(states.dtype)


def gated(states: torch.Tensor) -> torch.Tensor:
    """Gates and values (..., 2 * size) to silu(gate) * value (..., size)."""
    gate, up = states.chunk(2, dim=-1)
    return up * torch.nn.functional.silu(gate)


#: Tokens of a step that `attend` takes.
WIDEST = 1 << 30


def attend(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """What each token sees: queries (documents, heads, T, size) over keys and values (documents, kv heads, places,
    size) up to its own place `positions` (documents, T), as (documents, T, heads, size)."""
    places = torch.arange(keys.shape[2], device=keys.device)
    seen = places <= positions.clamp(min=0)[:, None, :, None]
    mask = torch.zeros(seen.shape, dtype=queries.dtype, device=keys.device).masked_fill(
        ~seen, torch.finfo(queries.dtype).min
    )
    made = torch.nn.functional.scaled_dot_product_attention(
        queries, keys, values, attn_mask=mask, enable_gqa=queries.shape[1] != keys.shape[1]
    )
    return made.transpose(1, 2)
