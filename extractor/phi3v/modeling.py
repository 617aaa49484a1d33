"""Phi-3-vision on today's transformers: its Phi-3 decoder and CLIP tower, put together as the checkpoint is.

The published checkpoint ships code that only runs on transformers of 2024. Here the decoder is transformers' own
`Phi3Model`, subclassed for three things only: pictures among the words, the rotary embedding's switch, and the cache
when generation crosses that switch.

The switch (LongRoPE): up to `config.rope_switch` tokens a sequence is rotated with short factors, beyond it every
position is rotated with long ones. Keys that were cached before the switch are then rotated wrongly; Phi-3-vision's
first release kept using them; Phi-3.5-vision recomputes them, which equals the result without a cache. This does what
Phi-3.5-vision does. Each row of a batch switches by itself, so it gets the result that it gets alone.

transformers renamed the argument `past_key_values` to `cache`; both names are taken here, whichever version runs.
"""

import inspect
from typing import Any

import torch
from torch import nn
from transformers import GenerationMixin, Phi3Model
from transformers import initialization as init
from transformers.cache_utils import Cache
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast
from transformers.models.phi3.modeling_phi3 import Phi3PreTrainedModel
from transformers.utils.generic import can_return_tuple

from extractor.phi3v.configuration import Phi3VConfig
from extractor.phi3v.vision import Phi3VImageEmbedding

# The published vocabulary ends a turn with <|end|>, a text with <|endoftext|> or </s>; its files name </s> alone.
OFFICIAL_VOCABULARY, OFFICIAL_STOPS = 32064, (32007, 32000, 2)


# What this version of transformers calls the KV cache, in its arguments and in its outputs.
CACHE = "cache" if "cache" in inspect.signature(Phi3Model.forward).parameters else "past_key_values"


class Phi3VRotaryEmbedding(nn.Module):
    """Cosines and sines of both factor sets, chosen for each row by its own longest position.

    Free of branches on data, so that a decoding step can be compiled or captured; always in float32, whatever the
    model is cast to.
    """

    def __init__(self, config: Phi3VConfig) -> None:
        super().__init__()
        self.config = config
        self.switch = config.rope_switch or config.max_position_embeddings
        self.attention_scaling = config.rope_attention_factor
        short, long = self.frequencies()
        self.short_inv_freq = nn.Buffer(short, persistent=False)
        self.long_inv_freq = nn.Buffer(long, persistent=False)

    def frequencies(self, device: torch.device | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Inverse frequencies (head size / 2) for short and for long sequences."""
        rope: dict[str, Any] = dict(self.config.rope_parameters or {})
        size = self.config.hidden_size // self.config.num_attention_heads
        powers = rope["rope_theta"] ** (torch.arange(0, size, 2, dtype=torch.int64, device=device).float() / size)
        plain = [1.0] * (size // 2)
        factors = [rope.get(key) or plain for key in ("short_factor", "long_factor")]
        short, long = (1.0 / (torch.tensor(f, dtype=torch.float32, device=device) * powers) for f in factors)
        return short, long

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        # Casting a model to bfloat16 would leave angles that are off by whole radians at position 4000.
        super()._apply(fn, recurse)
        short, long = self.frequencies(self.short_inv_freq.device)
        self.short_inv_freq, self.long_inv_freq = nn.Buffer(short, persistent=False), nn.Buffer(long, persistent=False)
        return self

    @torch.no_grad()
    def forward(self, x: torch.Tensor, position_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """`position_ids` (B, T) to cosines and sines (B, T, head size) of x's type."""
        longest = position_ids.amax(dim=-1, keepdim=True) + 1
        inv_freq = torch.where(longest > self.switch, self.long_inv_freq, self.short_inv_freq)
        angles = position_ids[..., None].float() * inv_freq[:, None, :]
        angles = torch.cat((angles, angles), dim=-1)
        return (
            (angles.cos() * self.attention_scaling).to(x.dtype),
            (angles.sin() * self.attention_scaling).to(x.dtype),
        )


class Phi3VPreTrainedModel(Phi3PreTrainedModel):
    """What transformers needs to know to build, place and load the parts."""

    config: Phi3VConfig
    _no_split_modules = ["Phi3DecoderLayer", "Phi3VImageEmbedding"]  # noqa: RUF012

    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, Phi3VImageEmbedding):
            init.normal_(module.sub_GN, std=self.config.initializer_range)
            init.normal_(module.glb_GN, std=self.config.initializer_range)
        elif isinstance(module, Phi3VRotaryEmbedding):
            short, long = module.frequencies(module.short_inv_freq.device)
            init.copy_(module.short_inv_freq, short)
            init.copy_(module.long_inv_freq, long)


class Phi3VModel(Phi3VPreTrainedModel, Phi3Model):
    """The decoder without its head, over words and pictures."""

    def __init__(self, config: Phi3VConfig) -> None:
        super().__init__(config)
        self.rotary_emb = Phi3VRotaryEmbedding(config)  # type: ignore[assignment]
        self.vision_embed_tokens = Phi3VImageEmbedding(config)
        self.post_init()

    def embed(
        self,
        input_ids: torch.Tensor,
        pixel_values: torch.Tensor | None = None,
        image_sizes: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Ids (B, T), where -n stands for a place of picture n, to embeddings (B, T, hidden).

        Raises ValueError when the pictures given and the places in `input_ids` do not match.
        """
        if pixel_values is None:
            return self.embed_tokens(input_ids)
        if image_sizes is None:
            raise ValueError("pixel_values need their image_sizes")
        features = self.vision_embed_tokens(pixel_values, image_sizes)
        return place_pictures(input_ids, self.embed_tokens(input_ids.clamp(min=0)), features)

    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.Tensor | None = None,
        *,
        cache: Cache | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        pixel_values: torch.Tensor | None = None,
        image_sizes: torch.Tensor | None = None,
        use_cache: bool | None = None,
        **kwargs: Any,
    ) -> BaseModelOutputWithPast:
        """As `Phi3Model.forward`, with pictures; give either `input_ids` or `inputs_embeds`."""
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("give either input_ids or inputs_embeds")
        held = past_key_values if cache is None else cache
        if input_ids is not None:
            # Only for a prompt: the check waits for the device, and later steps have no pictures.
            starts = held is None or not held.is_initialized
            checks = starts and pixel_values is None and not torch.compiler.is_compiling()
            if checks and bool((input_ids < 0).any()):
                raise ValueError("input_ids hold places of pictures, but no pixel_values were given")
            inputs_embeds = self.embed(input_ids, pixel_values, image_sizes)
        return super().forward(
            attention_mask=attention_mask,
            position_ids=position_ids,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            **{CACHE: held},
            **kwargs,
        )


def place_pictures(
    input_ids: torch.Tensor, embeddings: torch.Tensor, features: tuple[torch.Tensor, ...]
) -> torch.Tensor:
    """Puts the features of picture n, (tokens, hidden) each, at every run of -n in `input_ids`.

    A picture may occur in several rows, or twice in one: beams and samples of one prompt share its pictures.
    Raises ValueError for a picture nothing refers to, a reference to no picture, or a run of another length.
    """
    placed = 0
    for number, feature in enumerate(features, start=1):
        rows, columns = (input_ids == -number).nonzero(as_tuple=True)
        if len(rows) == 0 or len(rows) % len(feature):
            raise ValueError(f"picture {number} has {len(feature)} features for {len(rows)} places in input_ids")
        copies = feature.to(embeddings).repeat(len(rows) // len(feature), 1)
        embeddings = embeddings.index_put((rows, columns), copies)
        placed += len(rows)
    if placed != int((input_ids < 0).sum()):
        raise ValueError(f"input_ids refer to more pictures than the {len(features)} given")
    return embeddings


class Phi3VForConditionalGeneration(Phi3VPreTrainedModel, GenerationMixin):
    """Phi-3-vision with its head: loads the published folders of Phi-3-vision and Phi-3.5-vision as they are."""

    _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}  # noqa: RUF012

    def __init__(self, config: Phi3VConfig) -> None:
        super().__init__(config)
        self.model = Phi3VModel(config)
        self.vocab_size = config.vocab_size
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    @classmethod
    def from_pretrained(cls, *args: Any, **kwargs: Any) -> Any:
        """As transformers' method; a checkpoint of the published vocabulary also stops at the end of its turn."""
        loaded = super().from_pretrained(*args, **kwargs)
        model = loaded[0] if isinstance(loaded, tuple) else loaded
        if model.config.vocab_size == OFFICIAL_VOCABULARY:
            model.generation_config.eos_token_id = list(OFFICIAL_STOPS)
        return loaded

    def get_image_features(self, pixel_values: torch.Tensor, image_sizes: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The projected features of each picture, (tokens, hidden), in the order of the prompt."""
        return self.model.vision_embed_tokens(pixel_values, image_sizes)

    @can_return_tuple
    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.Tensor | None = None,
        *,
        cache: Cache | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        pixel_values: torch.Tensor | None = None,
        image_sizes: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | torch.Tensor = 0,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast:
        """Logits (B, T or `logits_to_keep`, vocabulary), and with `labels` (B, T; -100 ignored) the loss.

        `input_ids` (B, T) hold -n at the places of picture n; `pixel_values` (P, 1 + crops, 3, 336, 336) and
        `image_sizes` (P, 2) hold the pictures, numbered from 1 over the whole batch, and are needed whenever those
        places are among `input_ids`: that is, with the prompt, and again when its cache is computed again.
        """
        outputs = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            cache=past_key_values if cache is None else cache,
            inputs_embeds=inputs_embeds,
            pixel_values=pixel_values,
            image_sizes=image_sizes,
            use_cache=use_cache,
            **kwargs,
        )
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        logits = self.lm_head(outputs.last_hidden_state[:, kept, :])
        loss = None
        if labels is not None:
            loss = self.loss_function(logits=logits, labels=labels, vocab_size=self.config.vocab_size, **kwargs)
        return CausalLMOutputWithPast(
            loss=loss,
            logits=logits,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
            **{CACHE: getattr(outputs, CACHE)},
        )

    def prepare_inputs_for_generation(
        self,
        input_ids: torch.Tensor,
        *,
        next_sequence_length: int | None = None,
        cache: Cache | None = None,
        past_key_values: Cache | None = None,
        attention_mask: torch.Tensor | None = None,
        inputs_embeds: torch.Tensor | None = None,
        is_first_iteration: bool | None = False,
        pixel_values: torch.Tensor | None = None,
        image_sizes: torch.Tensor | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """One step's inputs for `generate`; at the rotary switch, those of the whole sequence with an empty cache."""
        position_ids = kwargs.get("position_ids")
        held = past_key_values if cache is None else cache
        if held is not None and position_ids is not None:
            past = position_ids.shape[-1] - (next_sequence_length or position_ids.shape[-1])
            if past and crosses_rope_switch(self.config, position_ids, past):
                empty_cache(held)
                next_sequence_length, is_first_iteration = None, True
                if inputs_embeds is not None:
                    new = position_ids.shape[-1] - inputs_embeds.shape[1]
                    inputs_embeds = torch.cat([inputs_embeds, self.model.embed(input_ids[:, -new:])], dim=1)
        generation: Any = super()
        return generation.prepare_inputs_for_generation(
            input_ids,
            next_sequence_length=next_sequence_length,
            attention_mask=attention_mask,
            inputs_embeds=inputs_embeds,
            is_first_iteration=is_first_iteration,
            pixel_values=pixel_values,
            image_sizes=image_sizes,
            **{CACHE: held},
            **kwargs,
        )

    def _expand_inputs_for_generation(
        self, expand_size: int = 1, is_encoder_decoder: bool = False, input_ids: Any = None, **model_kwargs: Any
    ) -> tuple[Any, dict[str, Any]]:
        # Rows refer to pictures by number: beams and samples share them, and the tower runs once for all.
        pictures = {key: model_kwargs.pop(key, None) for key in ("pixel_values", "image_sizes")}
        generation: Any = super()
        input_ids, model_kwargs = generation._expand_inputs_for_generation(
            expand_size=expand_size, is_encoder_decoder=is_encoder_decoder, input_ids=input_ids, **model_kwargs
        )
        return input_ids, {**model_kwargs, **pictures}


def crosses_rope_switch(config: Phi3VConfig, position_ids: torch.Tensor, past: int) -> bool:
    """Whether what is cached for some row (its first `past` columns) was rotated with factors that no longer hold.

    `position_ids` (B, T) are those of the whole sequence. A loop of one's own over `forward` asks this before each
    step once T exceeds `config.rope_switch`, and on True empties the cache (`empty_cache`) and runs the whole
    sequence again, pictures included. Costs nothing before the switch, one transfer from the device after it.
    """
    switch = config.rope_switch
    if switch is None or position_ids.shape[-1] <= switch:
        return False
    cached, now = position_ids[:, past - 1], position_ids[:, -1]
    return bool(((cached < switch) & (now >= switch)).any())


def empty_cache(cache: Cache) -> None:
    """Empties a cache and keeps the object (a static one also keeps its memory)."""
    if cache.is_compileable:
        cache.reset()
    else:
        cache.crop(-int(cache.get_seq_length()))
