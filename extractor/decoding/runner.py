"""Runs the network over a static cache of keys and values: a prompt first, then steps of one or several tokens.

    runner = EagerRunner(model, documents=2, places=2816)
    runner.take(processor(text=..., images=..., padding=True, return_tensors="pt"))
    logits = runner.prefill([[], []])                # (2, 1, vocabulary)
    logits = runner.step(tokens, positions)          # (2, T, vocabulary)

A position is a place in the cache: the keys of a document's n-th token stand at n, whatever its neighbours in the
batch do, and a query sees the places up to its own. So a step may hold several tokens, and going back needs nothing
but smaller positions: what stands beyond is unseen, and written over. The cache keeps no state beside its tensors,
whose addresses change only when it grows; that is what lets a step be captured as a CUDA graph
(`extractor.decoding.graphs`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from extractor.errors import UsageError
from extractor.phi3v.image_processing import TILE

if TYPE_CHECKING:
    from extractor.phi3v import Phi3VForConditionalGeneration

#: Whole numbers (documents, T) on the CPU.
Whole = np.ndarray | torch.Tensor
#: Position of a padding token.
PADDING = -1


class Runner(Protocol):
    """What the loop needs of a network. `rows` logits a token; `lengths` of the prompts taken, in tokens."""

    @property
    def rows(self) -> int: ...

    @property
    def device(self) -> torch.device: ...

    @property
    def rope_switch(self) -> int | None: ...

    @property
    def lengths(self) -> list[int]: ...

    def take(self, inputs: Mapping[str, torch.Tensor]) -> None: ...

    def prefill(self, tails: Sequence[Sequence[int]], keep: int = 1) -> torch.Tensor: ...

    def step(self, tokens: Whole, positions: Whole, keep: int | None = None) -> torch.Tensor: ...


#: Pictures that go through the vision tower at once.
_PICTURES = 4
#: The length of the KV cache is rounded up to a multiple of this: kernels prefer round numbers.
STEP = 256


class KVCache:
    """Keys and values by position, (documents, heads, positions and one step more, head size) a layer.

    The very last position takes padding. A step attends to the first `span` positions.
    """

    is_compileable = True  # what transformers asks of a cache that stays where it is

    def __init__(self, model: Phi3VForConditionalGeneration, documents: int, places: int) -> None:
        config = model.config
        heads = config.num_key_value_heads or config.num_attention_heads
        room = round_up(places + 1)
        shape = (documents, heads, room, config.hidden_size // config.num_attention_heads)
        # Zeros, not uninitialised memory: a masked position is multiplied by 0, and 0 times NaN is NaN.
        self.layers = [
            (
                torch.zeros(shape, dtype=model.dtype, device=model.device),
                torch.zeros(shape, dtype=model.dtype, device=model.device),
            )
            for _ in range(config.num_hidden_layers)
        ]
        self.count = room - 1
        self.span = room
        self.documents = torch.arange(documents, device=model.device)[:, None]
        self.at: torch.Tensor | None = None  # the places (documents, T) of the tokens now being run
        self.whole = False  # whether these are all tokens so far, which then need not look into the cache

    def grow(self, places: int) -> None:
        """Makes room for `places` positions, a layer at a time; what is cached stays. Addresses change."""
        room = round_up(places + 1)
        for number, held in enumerate(self.layers):
            grown = tuple(one.new_zeros((*one.shape[:2], room, one.shape[3])) for one in held)
            for new, old in zip(grown, held, strict=True):
                new[:, :, : self.count] = old[:, :, : self.count]
            self.layers[number] = (grown[0], grown[1])
        self.count, self.span = room - 1, room

    def update(
        self, keys: torch.Tensor, values: torch.Tensor, layer: int, **_: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Stores the keys and values (documents, heads, T, head size) of a layer; returns those to attend to."""
        own_keys, own_values = self.layers[layer]
        own_keys[self.documents, :, self.at] = keys.transpose(1, 2).to(own_keys.dtype)
        own_values[self.documents, :, self.at] = values.transpose(1, 2).to(own_values.dtype)
        return (keys, values) if self.whole else (own_keys[:, :, : self.span], own_values[:, :, : self.span])

    def get_query_offset(self, _layer: int) -> int:
        """For transformers' mask of a prompt: its first token is the first of all."""
        return 0

    def get_mask_sizes(self, queries: int, _layer: int) -> tuple[int, int]:
        """For transformers' mask of a prompt: it attends to itself."""
        return queries, 0


def round_up(places: int) -> int:
    """`places` rounded up to whole steps."""
    return -(-places // STEP) * STEP


def _place(ids: torch.Tensor, number: int, length: int) -> tuple[int, int]:
    """The row, and the column it begins at, of picture `number`, which stands in one piece in one prompt."""
    rows, columns = (ids == -number).nonzero(as_tuple=True)
    whole = len(rows) == length and int(rows[0]) == int(rows[-1]) and int(columns[-1] - columns[0]) == length - 1
    if not whole:
        raise ValueError(f"picture {number} has {length} features for {len(rows)} places in the prompts")
    return int(rows[0]), int(columns[0])


class EagerRunner:
    """Runs every step operation by operation; takes any device and precision.

    `documents` are read at once, each with at most `places` tokens of prompt and answer; the cache has room for
    `room` of them at first (all, if it is None) and grows when they are more. Raises UsageError for a model whose
    attention takes no mask (flash attention), or for more places than the model has positions.
    """

    def __init__(
        self, model: Phi3VForConditionalGeneration, documents: int, places: int, room: int | None = None
    ) -> None:
        if model.config._attn_implementation not in ("sdpa", "eager"):
            raise UsageError(f"decoding needs --attention sdpa or eager, not {model.config._attn_implementation}")
        limit = model.config.max_position_embeddings
        if places > limit:
            raise UsageError(f"prompt and answer take {places} tokens; this model has room for {limit}")
        self.model, self.documents, self.places = model, documents, places
        self.cache = KVCache(model, documents, min(places, room or places))
        self._prompts: list[torch.Tensor] = []

    @property
    def rope_switch(self) -> int | None:
        """The longest sequence whose keys stay as they are; see `extractor.phi3v.modeling`."""
        return self.model.config.rope_switch

    @property
    def rows(self) -> int:
        """The number of logits of one token."""
        return int(self.model.config.vocab_size)

    @property
    def device(self) -> torch.device:
        return self.model.device

    @property
    def lengths(self) -> list[int]:
        """Tokens of each document's prompt."""
        return [len(prompt) for prompt in self._prompts]

    @torch.inference_mode()
    def take(self, inputs: Mapping[str, torch.Tensor]) -> None:
        """Takes prompts as the processor makes them (padded on the left), and embeds them, pictures included.

        A device is not waited for. Raises ValueError where pictures and their places in the prompts do not match.
        """
        ids = inputs["input_ids"].cpu()
        if len(ids) != self.documents:
            raise ValueError(f"{len(ids)} prompts were given to a runner of {self.documents} documents")
        embedded = self.model.model.embed_tokens(self._there(ids.clamp(min=0)))
        placed = 0
        if "pixel_values" in inputs:
            for number, feature in enumerate(self._features(inputs["pixel_values"], inputs["image_sizes"]), start=1):
                row, first = _place(ids, number, len(feature))
                embedded[row, first : first + len(feature)] = feature
                placed += len(feature)
        if placed != int((ids < 0).sum()):
            raise ValueError("the prompts refer to more pictures than were given")
        lengths = inputs["attention_mask"].sum(dim=1).tolist()
        self._prompts = [row[len(row) - length :] for row, length in zip(embedded, lengths, strict=True)]

    def _there(self, values: Sequence[Any] | torch.Tensor) -> torch.Tensor:
        """Whole numbers on the device, which is not waited for."""
        here = torch.as_tensor(values, dtype=torch.long)
        pinned = self.device.type == "cuda"
        return (here.pin_memory() if pinned else here).to(self.device, non_blocking=pinned)

    def _features(self, pixels: torch.Tensor, sizes: torch.Tensor) -> Iterator[torch.Tensor]:
        """What the pictures are to the decoder, a few pictures at a time: more would only take memory."""
        pinned = self.device.type == "cuda"
        for first in range(0, len(pixels), _PICTURES):
            some = slice(first, first + _PICTURES)
            # Empty views stay behind, and what travels does so in the model's own type.
            views = 1 + int((sizes[some] // TILE).prod(dim=1).max())
            own = pixels[some, :views]
            staged = torch.empty(own.shape, dtype=self.model.dtype, pin_memory=pinned).copy_(own)
            # Sizes are compared on the CPU.
            yield from self.model.get_image_features(staged.to(self.device, non_blocking=pinned), sizes[some].cpu())

    @torch.inference_mode()
    def prefill(self, tails: Sequence[Sequence[int]], keep: int = 1) -> torch.Tensor:
        """Runs each prompt and the tokens after it from the beginning; the last `keep` logits (documents, keep, V).

        What the cache held is forgotten.
        """
        rows = [
            torch.cat([prompt, self.model.model.embed_tokens(self._there(list(tail)))]) if tail else prompt
            for prompt, tail in zip(self._prompts, tails, strict=True)
        ]
        longest = max(map(len, rows))
        self._make_room(longest)
        embeds = torch.stack([torch.nn.functional.pad(row, (0, 0, longest - len(row), 0)) for row in rows])
        gaps = self._there([longest - len(row) for row in rows])[:, None]
        positions = torch.arange(longest, device=self.device)[None] - gaps
        self.cache.whole = True
        try:
            # Without padding no mask is made, and attention runs its quickest way.
            mask = (positions >= 0).long() if any(len(row) < longest for row in rows) else None
            return self._run(embeds, positions, mask, keep)
        finally:
            self.cache.whole = False

    @torch.inference_mode()
    def step(self, tokens: Whole, positions: Whole, keep: int | None = None) -> torch.Tensor:
        """Runs tokens (documents, T) at positions (documents, T); padding stands before a row's own, at PADDING.

        The last `keep` logits of each row (documents, keep, V); all T without it.
        """
        end = int(positions.max()) + 1
        self._make_room(end)
        self.cache.span = self._span(end)
        return self._step(
            torch.as_tensor(tokens).to(self.device), torch.as_tensor(positions).to(self.device), keep or tokens.shape[1]
        )

    def _span(self, end: int) -> int:
        """The positions that a step attends to whose last token stands before `end`."""
        return round_up(end)

    def _step(self, tokens: torch.Tensor, positions: torch.Tensor, keep: int) -> torch.Tensor:
        return self._run(self.model.model.embed_tokens(tokens), positions, self._seen(positions), keep)

    def _make_room(self, length: int) -> None:
        """Makes room for `length` tokens. Raises ValueError if they may not be that many."""
        if length > self.places:
            raise ValueError(f"{length} tokens do not fit into {self.places} places")
        if length > self.cache.count:
            self.cache.grow(min(self.places, length + STEP))

    def _run(self, embeds: torch.Tensor, positions: torch.Tensor, mask: torch.Tensor | None, keep: int) -> torch.Tensor:
        self.cache.at = torch.where(positions < 0, self.cache.count, positions)
        cache: Any = self.cache
        hidden = self.model.model(
            inputs_embeds=embeds,
            attention_mask=mask,
            position_ids=positions.clamp(min=0),
            cache=cache,
            use_cache=True,
        ).last_hidden_state
        return self.model.lm_head(hidden[:, -keep:])

    def _seen(self, positions: torch.Tensor) -> torch.Tensor:
        """What is added to the scores (documents, 1, T, span) of each token: nothing for places up to its own."""
        places = torch.arange(self.cache.span, device=positions.device)
        own = positions.clamp(min=0)[:, None, :, None]
        seen = places <= own
        if self.model.config.sliding_window is not None:
            seen &= places > own - self.model.config.sliding_window
        lowest = torch.finfo(self.model.dtype).min
        return torch.zeros(seen.shape, dtype=self.model.dtype, device=seen.device).masked_fill(~seen, lowest)
