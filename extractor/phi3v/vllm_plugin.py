"""What vLLM finds of this package: the entry point `vllm.general_plugins` calls `register` in each of its processes.

    vllm serve FOLDER --max-model-len 4096

Then `vllm serve` takes the small model, or a published folder, without `--trust-remote-code`: configuration and
processor are this package's. vLLM's own class for Phi-3-vision has the published vision tower and the published image
token written into it. Folders that have just these go through that class as it is; others go through ours
(`extractor.phi3v.vllm_model`), which takes both from the configuration.
"""

from __future__ import annotations

from typing import Any

from transformers import AutoConfig, AutoProcessor

from extractor.phi3v import Phi3VConfig, Phi3VProcessor
from extractor.phi3v.configuration import CLIP_VIT_LARGE_PATCH14_336
from extractor.phi3v.modeling import OFFICIAL_VOCABULARY

#: The architecture's name of folders whose tower or vocabulary is not the published one.
CONFIGURED = "Phi3VConfiguredForCausalLM"


class ServedConfig(Phi3VConfig):
    """The configuration, which sends a folder to the class that can hold it."""

    def __post_init__(self, **kwargs: Any) -> None:
        super().__post_init__(**kwargs)
        tower = self.vision_config.to_dict()
        is_published = {**tower, **CLIP_VIT_LARGE_PATCH14_336} == tower and self.vocab_size == OFFICIAL_VOCABULARY
        if not is_published:
            self.architectures = [CONFIGURED]


def register() -> None:
    """Teaches transformers and vLLM the model; may be called again."""
    from vllm import ModelRegistry
    from vllm.tokenizers import registry

    AutoConfig.register(Phi3VConfig.model_type, ServedConfig, exist_ok=True)
    AutoProcessor.register(ServedConfig, Phi3VProcessor, exist_ok=True)
    ModelRegistry.register_model(CONFIGURED, "extractor.phi3v.vllm_model:Phi3VConfiguredForCausalLM")
    # The class that published folders name rebuilds the normaliser, and drops a token that the model was trained with.
    registry._MODEL_TYPES_WITH_INCORRECT_TOKENIZER_CLASS.add(Phi3VConfig.model_type)
