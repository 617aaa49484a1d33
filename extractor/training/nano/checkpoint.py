"""The small Phi-3-vision: the published architecture, sizes that can be shipped, and our own tokenizer.

`new_model` makes one with random weights, `write_folder` lays it out as the published folders are, `warm_start` takes
over the weights of another small one, whose vocabulary may differ: shared tokens keep their rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from extractor.phi3v import Phi3VConfig, Phi3VForConditionalGeneration, Phi3VProcessor
from extractor.phi3v.image_processing import Phi3VImageProcessor
from extractor.training.nano.tokenizer import BEGIN, STOP, build_tokenizer, fast_tokenizer

#: Tiles a page is read on: three by two show a passport at 8 pixels a millimetre, and 672 x 672 would show 5.
NUM_CROPS = 6
#: The vocabulary is padded to a multiple of this, which matrix units like.
_ROWS = 64
TEXT: Mapping[str, Any] = {
    "hidden_size": 384,
    "intermediate_size": 1024,
    "num_hidden_layers": 6,
    "num_attention_heads": 6,
    "num_key_value_heads": 6,
    "max_position_embeddings": 4096,
    "original_max_position_embeddings": 4096,
}
VISION: Mapping[str, Any] = {
    "hidden_size": 256,
    "intermediate_size": 1024,
    "num_hidden_layers": 8,
    "num_attention_heads": 4,
    "image_size": 336,
    "patch_size": 14,
}
#: The most bytes of hints it is trained with.
HINT_BYTES = 1000
#: What null weighs more where a value begins, logits: it halves what is invented on the blanks of 1,024 pages drawn as
#: training pages are (0.32 % without, 0.15 % with it; missed values 0.18 and 0.34 %; LOG.md has the whole table).
NULL_BONUS = 1.0
#: How the engine asks it (`extractor.engines.phi3v`).
WISHES: Mapping[str, Any] = {
    "prompt": "short",
    "hints": True,
    "lang": "en",
    "framed": True,
    "hint_bytes": HINT_BYTES,
    "null_bonus": NULL_BONUS,
}
_EMBEDDINGS = ("model.embed_tokens.weight", "lm_head.weight")


def new_processor() -> Phi3VProcessor:
    """The processor of the small model."""
    return Phi3VProcessor(Phi3VImageProcessor(num_crops=NUM_CROPS), fast_tokenizer(build_tokenizer()))


def new_config(tokenizer: PreTrainedTokenizerFast) -> Phi3VConfig:
    """Its configuration, as large as `tokenizer` needs it."""
    rows = -(-len(tokenizer) // _ROWS) * _ROWS
    words: Any = tokenizer.get_vocab()
    stop = words[STOP]
    settings: dict[str, Any] = {**TEXT, "extractor": dict(WISHES)}
    config = Phi3VConfig(
        **settings,
        vocab_size=rows,
        bos_token_id=words[BEGIN],
        eos_token_id=stop,
        pad_token_id=stop,
        vision_config=dict(VISION),
        img_processor={"name": "clip_vision_model", "image_dim_out": VISION["hidden_size"], "num_img_tokens": 144},
    )
    config.architectures = ["Phi3VForCausalLM"]
    return config


def new_model(config: Phi3VConfig, seed: int = 0) -> Phi3VForConditionalGeneration:
    """The network with random weights, float32, drawn wider than a pretrained one's would be: it has to learn fast."""
    torch.manual_seed(seed)
    model = Phi3VForConditionalGeneration(config)
    depths = {True: config.vision_config.num_hidden_layers, False: config.num_hidden_layers}
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() < 2 or "_GN" in name:
                continue
            spread = (
                0.02
                if "embed" in name.rpartition(".vision_model")[2] or "head" in name
                else 0.7 * float(weight[0].numel()) ** -0.5
            )
            if name.endswith(("out_proj.weight", "fc2.weight", "o_proj.weight", "down_proj.weight")):
                # What adds to the residual stream starts small, so that depth does not add up.
                spread /= (2 * depths["vision" in name]) ** 0.5
            torch.nn.init.trunc_normal_(weight, std=spread, a=-3 * spread, b=3 * spread)
    return model


def write_folder(
    folder: Path, config: Phi3VConfig, processor: Phi3VProcessor, weights: Mapping[str, torch.Tensor]
) -> None:
    """Writes a checkpoint in bfloat16, laid out as the published ones."""
    folder.mkdir(parents=True, exist_ok=True)
    config.dtype = "bfloat16"
    config.save_pretrained(folder)
    processor.save_pretrained(folder)
    tensors = {name: weight.detach().to("cpu", torch.bfloat16).contiguous() for name, weight in weights.items()}
    unfinished = folder / "model.part"
    save_file(tensors, unfinished, metadata={"format": "pt"})
    unfinished.replace(folder / "model.safetensors")


def warm_start(model: Phi3VForConditionalGeneration, tokenizer: PreTrainedTokenizerFast, folder: Path) -> int:
    """Takes over the weights in `folder` (safetensors and a tokenizer.json); returns how many rows were shared.

    Tensors of equal name and shape are copied; of the embeddings and the head, the rows of tokens that both
    vocabularies have. Raises ValueError where nothing fits.
    """
    found: dict[str, torch.Tensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        found.update(load_file(file))
    theirs = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    ours = tokenizer.get_vocab()
    # A key of ours is a word of theirs where its quotation marks are tokens of their own.
    pairs = [(row, theirs[word]) for token, row in ours.items() if (word := _known(token, theirs)) is not None]
    copied = 0
    with torch.no_grad():
        for name, weight in model.named_parameters():
            other = found.get(name)
            if other is None:
                continue
            if name in _EMBEDDINGS and other.shape[1:] == weight.shape[1:]:
                rows, sources = (torch.tensor(numbers) for numbers in zip(*pairs, strict=True))
                weight[rows] = other[sources].to(weight)
                copied += 1
            elif other.shape == weight.shape:
                weight.copy_(other.to(weight))
                copied += 1
    if not copied:
        raise ValueError(f"{folder} holds no tensor that fits this model")
    return len(pairs)


def _known(token: str, vocabulary: Mapping[str, int]) -> str | None:
    candidates = (token, token.strip('":'), token.strip(" :"))
    return next((word for word in candidates if word and word in vocabulary), None)
