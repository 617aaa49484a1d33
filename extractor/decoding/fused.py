"""The decoder's layers as plain functions over their weights: what the network's own modules compute, in a third of
the launches.

transformers' layers serve every model and every kind of cache. A step over places needs four products, one attention
and four small operations a layer; those are here, each one launch on a CUDA device (`extractor.decoding.kernels`).
The matrix products are the model's own modules, whatever they are: plain, quantized, or with adapters.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import scaled_dot_product_attention

from extractor.decoding import plain
from extractor.decoding.runner import PADDING, EagerRunner

if TYPE_CHECKING:
    from extractor.phi3v import Phi3VForConditionalGeneration

#: Tokens of prompts run at once; more would only take memory.
_AT_ONCE = 20_000


def can_fuse(model: Phi3VForConditionalGeneration) -> bool:
    """Whether this decoder is one of those that the functions here compute."""
    config = model.config
    return config.hidden_act in ("silu", "swish") and config.sliding_window is None and not model.training


class FusedRunner(EagerRunner):
    """Computes what EagerRunner computes, with fewer launches. For models that `can_fuse`."""

    def __init__(
        self, model: Phi3VForConditionalGeneration, documents: int, places: int, room: int | None = None
    ) -> None:
        super().__init__(model, documents, places, room)
        self.operations: Any = plain
        if model.device.type == "cuda" and find_spec("triton") is not None:
            from extractor.decoding import kernels

            self.operations = kernels

    @torch.inference_mode()
    def prefill(self, tails: Sequence[Sequence[int]], keep: int = 1) -> torch.Tensor:
        """As EagerRunner's. Shorter rows are filled up behind, where no token of their own looks: no mask is needed."""
        embed = self.model.model.embed_tokens
        rows = [
            torch.cat([prompt, embed(self._there(list(tail)))]) if tail else prompt
            for prompt, tail in zip(self._prompts, tails, strict=True)
        ]
        longest = max(map(len, rows))
        self._make_room(longest)
        together = max(1, _AT_ONCE // longest)
        return torch.cat(
            [self._prefill(rows[first : first + together], first, keep) for first in range(0, len(rows), together)]
        )

    def _prefill(self, rows: list[torch.Tensor], first: int, keep: int) -> torch.Tensor:
        """Runs some whole sequences, which stand in the cache from document `first` on."""
        longest = max(map(len, rows))
        embeds = torch.stack([torch.nn.functional.pad(row, (0, 0, 0, longest - len(row))) for row in rows])
        lengths = self._there([len(row) for row in rows])[:, None]
        count = torch.arange(longest, device=self.device)[None]
        positions = torch.where(count < lengths, count, PADDING)
        hidden = self._layers(embeds, positions, first, whole=True)
        last = (lengths - keep + torch.arange(keep, device=self.device)).clamp(min=0)
        return self.model.lm_head(hidden.gather(1, last[..., None].expand(-1, -1, hidden.shape[-1])))

    def _span(self, end: int) -> int:
        # A kernel reads no further than it must.
        return super()._span(end) if self.operations is plain else self.cache.count + 1

    def _step(self, tokens: torch.Tensor, positions: torch.Tensor, keep: int) -> torch.Tensor:
        hidden = self._layers(self.model.model.embed_tokens(tokens), positions, 0, whole=False)
        return self.model.lm_head(hidden[:, -keep:])

    def _layers(self, hidden: torch.Tensor, positions: torch.Tensor, first: int, *, whole: bool) -> torch.Tensor:
        """Embeddings (documents, T, hidden) through all layers and the last norm; `whole`: they are all there is.

        `first` is the document of the cache that the first row belongs to.
        """
        network, operations, epsilon = self.model.model, self.operations, self.model.config.rms_norm_eps
        documents, length, _ = hidden.shape
        at = torch.where(positions < 0, self.cache.count, positions)
        # Angles in float32, whatever the model computes in.
        cos, sin = network.rotary_emb(hidden.new_empty(0, dtype=torch.float32), positions.clamp(min=0))
        span = length if whole else self.cache.span
        attend = plain.attend if length > operations.WIDEST else operations.attend
        update: torch.Tensor | None = None
        for layer, (keys, values) in zip(network.layers, self.cache.layers, strict=True):
            own_keys, own_values = keys[first : first + documents], values[first : first + documents]
            hidden, normed = operations.add_norm(hidden, update, layer.input_layernorm.weight, epsilon)
            projected = layer.self_attn.qkv_proj(normed)
            queries = operations.rotate_into(projected, cos, sin, own_keys, own_values, at)
            own_keys, own_values = own_keys[:, :, :span], own_values[:, :, :span]
            if whole:
                grouped = queries.shape[1] != keys.shape[1]
                seen = scaled_dot_product_attention(queries, own_keys, own_values, is_causal=True, enable_gqa=grouped)
                seen = seen.transpose(1, 2)
            else:
                seen = attend(queries, own_keys, own_values, positions)
            update = layer.self_attn.o_proj(seen.reshape(documents, length, -1))
            hidden, normed = operations.add_norm(hidden, update, layer.post_attention_layernorm.weight, epsilon)
            update = layer.mlp.down_proj(operations.gated(layer.mlp.gate_up_proj(normed)))
        return operations.add_norm(hidden, update, network.norm.weight, epsilon)[1]
