"""Phi-3-vision, native on current transformers: configuration, network, processor, loading in every precision.

Importing this package teaches transformers' Auto classes the model, so that afterwards

    AutoModelForImageTextToText.from_pretrained(folder)
    AutoProcessor.from_pretrained(folder)

load a published folder as it is, without `trust_remote_code`. That takes torch and transformers, seconds of import;
what can be known about a checkpoint without them (is one here, is it whole) is in `extractor.checkpoints`.
"""

from extractor.errors import MissingExtraError

try:
    from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor

    # From its own module: older transformers replace the name at the top by a notice when torchvision is absent.
    from transformers.models.auto.image_processing_auto import AutoImageProcessor

    from extractor.phi3v.configuration import Phi3VConfig
    from extractor.phi3v.image_processing import Phi3VImageProcessor
    from extractor.phi3v.modeling import Phi3VForConditionalGeneration, Phi3VModel
    from extractor.phi3v.processing import Phi3VProcessor
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("torch", "transformers", "huggingface_hub"):
        raise
    raise MissingExtraError("The Phi-3-vision engine", "phi3v") from error

__all__ = ["Phi3VConfig", "Phi3VForConditionalGeneration", "Phi3VImageProcessor", "Phi3VModel", "Phi3VProcessor"]

AutoConfig.register(Phi3VConfig.model_type, Phi3VConfig, exist_ok=True)
AutoModelForImageTextToText.register(Phi3VConfig, Phi3VForConditionalGeneration, exist_ok=True)
AutoProcessor.register(Phi3VConfig, Phi3VProcessor, exist_ok=True)
AutoImageProcessor.register(Phi3VConfig, image_processor_classes={"pil": Phi3VImageProcessor}, exist_ok=True)
