"""Phi-3-vision in vLLM with the vision tower and the image token that a folder's configuration says.

Beside those two it is vLLM's class; the tower is this package's own, so that features are the native engine's. The
prompt is tokenised as the network was trained on it, by the same code that the native engine uses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn
from vllm.config import VllmConfig
from vllm.model_executor.layers.vocab_parallel_embedding import VocabParallelEmbedding
from vllm.model_executor.models import phi3v
from vllm.model_executor.models.utils import init_vllm_registered_model, maybe_prefix
from vllm.multimodal import MULTIMODAL_REGISTRY
from vllm.multimodal.processing.processor import PlaceholderFeaturesInfo, PromptReplacement

from extractor.phi3v.configuration import Phi3VConfig
from extractor.phi3v.processing import IMAGE_TAG
from extractor.phi3v.vision import Phi3VImageEmbedding


def image_token(config: Phi3VConfig) -> int:
    """The id that fills a picture's places in a prompt. Its embedding is never used, so any that ends no text does."""
    return int(getattr(config, "image_token_id", None) or config.pad_token_id or 0)


class ConfiguredProcessor(phi3v.Phi3VMultiModalProcessor):
    """vLLM's processor, with the configuration's image token and the native engine's tokens of a prompt."""

    def _get_prompt_updates(self, mm_items: Any, hf_processor_mm_kwargs: Any, out_mm_kwargs: Any) -> Sequence[Any]:
        (update,) = super()._get_prompt_updates(mm_items, hf_processor_mm_kwargs, out_mm_kwargs)
        token = image_token(self.info.get_hf_config())

        def places(index: int) -> list[int]:
            return [token] * len(update.replacement(index))

        return [PromptReplacement(modality="image", target=update.target, replacement=places)]

    def _apply_prompt_updates(
        self, token_ids: list[int], mm_prompt_updates: Any
    ) -> tuple[list[int], Mapping[str, list[PlaceholderFeaturesInfo]]]:
        """The prompt's tokens with the places of its pictures, and where those are."""
        if not mm_prompt_updates:
            return token_ids, {}
        tokenizer = self.info.get_tokenizer()
        start = 1 if token_ids[:1] == [tokenizer.bos_token_id] else 0
        pieces = IMAGE_TAG.split(tokenizer.decode(token_ids[start:]))
        places = [alternatives[0].content.full for alternatives in mm_prompt_updates["image"]]
        ids: list[int] = []
        found: dict[int, PlaceholderFeaturesInfo] = {}
        for text, number in zip(pieces[::2], [*pieces[1::2], None], strict=True):
            ids += tokenizer(text)["input_ids"]
            index = -1 if number is None else int(number) - 1
            if 0 <= index < len(places):
                found[index] = PlaceholderFeaturesInfo("image", index, len(ids), places[index], None)
                ids += places[index]
        return ids, {"image": [found[index] for index in sorted(found)]}


@MULTIMODAL_REGISTRY.register_processor(
    ConfiguredProcessor, info=phi3v.Phi3VProcessingInfo, dummy_inputs=phi3v.Phi3VDummyInputsBuilder
)
class Phi3VConfiguredForCausalLM(phi3v.Phi3VForCausalLM):
    """vLLM's class over this package's vision tower."""

    def __init__(self, *, vllm_config: VllmConfig, prefix: str = "") -> None:
        # vLLM's own constructor would build the published tower.
        nn.Module.__init__(self)
        config = vllm_config.model_config.hf_config
        self.config, self.multimodal_config = config, vllm_config.model_config.multimodal_config
        self.image_token_id = image_token(config)
        with self._mark_tower_model(vllm_config, "image"):
            name = maybe_prefix(prefix, "model.embed_tokens")
            self.embed_tokens = VocabParallelEmbedding(config.vocab_size, config.hidden_size, prefix=name)
            self.vision_embed_tokens = Phi3VImageEmbedding(config)
        with self._mark_language_model(vllm_config):
            self.language_model = init_vllm_registered_model(
                vllm_config=vllm_config, prefix="", architectures=["LlamaForCausalLM"]
            )
        self.make_empty_intermediate_tensors = self.language_model.make_empty_intermediate_tensors
