"""The work a vision language model is measured by: one passport as the original article read it, without the picture.

2,168 tokens of prompt, 1,921 of them a picture of 4 x 3 tiles; the answer is a passport's thirteen fields as compact
JSON, with values that are made up. How long a pass takes does not depend on what the weights say, so the weights may
be random. What a network of random weights would write is noise of any length; so that the answer has the length of
a passport's, tokens are chosen as always (masked, compared, their probabilities computed and brought over) and then
replaced by the passport's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from pydantic import BaseModel
from transformers import PreTrainedTokenizerFast

from extractor.decoding.answer import Answer, AnswerLimits
from extractor.decoding.grammar import Grammar, Vocabulary
from extractor.decoding.masks import Chooser
from extractor.phi3v import Phi3VConfig, Phi3VForConditionalGeneration, Phi3VImageProcessor
from extractor.phi3v.packing import pack_layer
from extractor.prompting import prompt
from extractor.schemas.base import IsoDate, StateCode

#: The published architecture; the rotary factors decide nothing that takes time.
FULL: Mapping[str, Any] = {
    "hidden_size": 3072,
    "intermediate_size": 8192,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "vocab_size": 32064,
    "max_position_embeddings": 131072,
    "original_max_position_embeddings": 4096,
    "rope_scaling": {"type": "su", "short_factor": [1.0] * 48, "long_factor": [1.0] * 48},
}
#: Small enough for a CPU: to try the bench itself.
SMALL: Mapping[str, Any] = {
    **FULL,
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "rope_scaling": {"type": "su", "short_factor": [1.0] * 32, "long_factor": [1.0] * 32},
    "vision_config": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4},
}
PROMPT_TOKENS, CROPS, PICTURE = 2168, 16, (1600, 1200)
_MARKS = ("<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>")


class UsPassport(BaseModel):
    """The thirteen fields that the original article asked a US passport for."""

    document_type: str | None = None
    issuing_country: StateCode | None = None
    document_number: str | None = None
    surname: str | None = None
    given_names: str | None = None
    nationality: StateCode | None = None
    birth_date: IsoDate | None = None
    place_of_birth: str | None = None
    sex: str | None = None
    issue_date: IsoDate | None = None
    expiry_date: IsoDate | None = None
    authority: str | None = None
    endorsements: str | None = None


VALUES: Mapping[str, Any] = {
    "document_type": "P",
    "issuing_country": "USA",
    "document_number": "598214406",
    "surname": "HOLLOWAY-BRANDT",
    "given_names": "MARGUERITE ANNE",
    "nationality": "USA",
    "birth_date": "1974-01-22",
    "place_of_birth": "MINNESOTA, U.S.A.",
    "sex": "F",
    "issue_date": "2015-09-18",
    "expiry_date": "2025-09-17",
    "authority": "United States Department of State",
    "endorsements": "SEE PAGE 51",
}
#: Two of thirteen fields wrong, by one character each.
DRAFT: Mapping[str, Any] = {**VALUES, "given_names": "MARGUERITA ANNE", "expiry_date": "2026-09-17"}


class Scripted(Chooser):
    """Chooses as Chooser does, and then says what a script says; every answer has the same one."""

    def __init__(self, script: list[int]) -> None:
        super().__init__()
        self.script = script

    def __call__(
        self, logits: torch.Tensor, allowed: torch.Tensor | None, places: list[tuple[int, int]]
    ) -> tuple[list[int], list[float]]:
        _, probabilities = super().__call__(logits, allowed, places)
        return [self.script[min(before, len(self.script) - 1)] for _, before in places], probabilities


@dataclass(frozen=True)
class Workload:
    """One document's reading: its grammar, the tokens of its answer, and what is put in."""

    vocabulary: Vocabulary
    prompt_ids: list[int]
    picture: Image.Image
    crops: int

    @cached_property
    def grammar(self) -> Grammar:
        return self.vocabulary.grammar(UsPassport)

    @cached_property
    def script(self) -> list[int]:
        """The tokens of the answer, as masked decoding gives them to a network that says so."""
        text = json.dumps(VALUES, separators=(",", ":")).encode()
        answer = Answer(self.grammar, AnswerLimits(5000, 5000))
        while not answer.done:
            answer.push(self.vocabulary.tokenize(text[len(answer.spans.text) :])[0], 1.0)
            answer.force()
        if bytes(answer.spans.text) != text:
            raise ValueError("the answer of the workload is not one of its grammar's")
        return answer.tokens

    def inputs(self, documents: int = 1) -> dict[str, torch.Tensor]:
        """A processor's output for `documents` prompts, a picture each."""
        pixels = Phi3VImageProcessor(num_crops=self.crops)([self.picture] * documents, return_tensors="pt")
        picture = [-1] * int(pixels["num_img_tokens"][0])
        ids = torch.tensor([[1, *picture, *self.prompt_ids]])
        rows = torch.where(ids < 0, -1 - torch.arange(documents)[:, None], ids)
        return {
            "input_ids": rows,
            "attention_mask": torch.ones_like(rows),
            "pixel_values": pixels["pixel_values"],
            "image_sizes": pixels["image_sizes"],
        }


def make_workload(vocabulary: Vocabulary, tokenizer: PreTrainedTokenizerFast, *, small: bool = False) -> Workload:
    """The workload over a vocabulary; `small` has one tile and a short prompt, for trying things out."""
    ids = tokenizer(f"<|user|>\n{prompt(UsPassport)}<|end|>\n<|assistant|>\n")["input_ids"]
    width, height = PICTURE
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8))
    if small:
        return Workload(vocabulary, ids[:60], picture, 1)
    # 12 tiles and the coarse view take 1,921 tokens; what is left are words.
    words = PROMPT_TOKENS - 1 - 1921
    return Workload(vocabulary, (ids * (1 + words // len(ids)))[:words], picture, CROPS)


def made_tokenizer(rows: int) -> PreTrainedTokenizerFast:
    """A tokenizer of the published one's make and size: byte-pair merges with single digits, and bytes for the rest.

    Its merges are learnt from the sources of Python's own library, which are on every machine that runs this.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    space = "▁"
    learner = Tokenizer(models.BPE())
    learner.normalizer = normalizers.Replace(" ", space)
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\d"), "isolated"),
            pre_tokenizers.Split(Regex(f"{space}?[^{space}\\s]+|{space}+|\\s+"), "isolated"),
        ]
    )
    size = rows - 64 - 259
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, limit_alphabet=500, max_token_length=16)
    learner.train_from_iterator(_texts(), trainer)
    learnt = json.loads(learner.to_str())["model"]
    names = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    names += [token for token, _ in sorted(learnt["vocab"].items(), key=lambda pair: pair[1])]
    vocabulary = {name: number for number, name in enumerate(names)}
    merges = [tuple(pair) for pair in learnt["merges"]]
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend(space), normalizers.Replace(" ", space)])
    made.decoder = decoders.Sequence(
        [decoders.Replace(space, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    made.add_special_tokens(list(_MARKS))
    return PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


def _texts() -> list[str]:
    library = Path(os.__file__).parent
    files = sorted([*library.glob("*.py"), *library.glob("email/*.py"), *library.glob("xml/**/*.py")])
    return [line for file in files for line in file.read_text(encoding="utf-8", errors="ignore").splitlines()]


@torch.no_grad()
def random_model(
    sizes: Mapping[str, Any], device: torch.device, dtype: torch.dtype, quantize: Callable[[Any], Any] | None = None
) -> Phi3VForConditionalGeneration:
    """A network of random weights, made on the device; `quantize` is given each layer of the decoder when it is there,
    so that the whole never stands there in 16 bits."""
    config = Phi3VConfig(**sizes)
    config._attn_implementation = "sdpa"
    with torch.device("meta"):
        model: Any = Phi3VForConditionalGeneration(config).eval()
        model.to(dtype)
    torch.manual_seed(0)
    network = model.model
    for layer in network.layers:
        _fill(layer.to_empty(device=device))
        if quantize is not None:
            quantize(layer)
    for part in (network.embed_tokens, network.norm, network.rotary_emb, network.vision_embed_tokens, model.lm_head):
        _fill(part.to_empty(device=device))
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = 0
    return model


def _fill(module: torch.nn.Module) -> None:
    for name, weight in module.named_parameters():
        if weight.dim() > 1:
            weight.normal_(0, 0.02)
        else:
            weight.fill_(0.0 if name.endswith("bias") else 1.0)
    for name, buffer in module.named_buffers():
        if name.endswith("position_ids"):
            buffer.copy_(torch.arange(buffer.numel(), device=buffer.device).view_as(buffer))


def packed(bits: int, device: torch.device) -> Callable[[Any], Any]:
    """Packs each layer."""
    return lambda layer: pack_layer(layer, bits, device)


def by_bitsandbytes(bits: int, device: torch.device) -> Callable[[Any], Any]:
    """Quantizes each layer as transformers does with bitsandbytes: nf4 with double quantization, or int8."""
    from bitsandbytes import nn as quantized

    def replace(layer: Any) -> None:
        for part in (layer.self_attn, layer.mlp):
            for name, child in list(part.named_children()):
                if type(child) is not torch.nn.Linear:
                    continue
                weight, shape = child.weight.data.cpu(), (child.in_features, child.out_features)
                made: Any
                if bits == 4:
                    made = quantized.Linear4bit(
                        *shape, bias=False, compute_dtype=weight.dtype, compress_statistics=True, quant_type="nf4"
                    )
                    made.weight = quantized.Params4bit(
                        weight, requires_grad=False, compress_statistics=True, quant_type="nf4"
                    )
                else:
                    made = quantized.Linear8bitLt(*shape, bias=False, has_fp16_weights=False, threshold=6.0)
                    made.weight = quantized.Int8Params(weight, requires_grad=False, has_fp16_weights=False)
                setattr(part, name, made.to(device).eval())

    return replace
