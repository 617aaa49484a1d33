"""The tiny checkpoint, and golden data made by the published reference implementation on its random weights.

tests/data/phi3v/README.md says how the data was made.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from extractor.phi3v import Phi3VForConditionalGeneration, Phi3VProcessor

DATA = Path(__file__).parents[2] / "data" / "phi3v"


def open_picture(name: str) -> Image.Image:
    image = Image.open(DATA / "images" / f"{name}.png")
    image.load()  # which also closes the file
    return image


@dataclass(frozen=True)
class Case:
    """One golden case: what goes in, and what the reference makes of it."""

    prompt: str | None
    images: list[str]
    num_crops: int
    new: int
    golden: dict[str, torch.Tensor]

    def pictures(self) -> list[Image.Image]:
        return [open_picture(name) for name in self.images]

    def inputs(self, processor: Phi3VProcessor) -> dict[str, Any]:
        """The processor's output, or the golden ids where the reference was given ids."""
        if self.prompt is None:
            ids = self.golden["input_ids"].long()
            return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        return dict(processor(text=self.prompt, images=self.pictures(), num_crops=self.num_crops, return_tensors="pt"))


#: The published network's sizes.
OFFICIAL = {
    "hidden_size": 3072,
    "intermediate_size": 8192,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "vocab_size": 32064,
    "max_position_embeddings": 131072,
}


@pytest.fixture(scope="session")
def data() -> Path:
    return DATA


@pytest.fixture(scope="session")
def picture() -> Callable[[str], Image.Image]:
    """`picture(name)`: one of the synthetic pictures."""
    return open_picture


@pytest.fixture(scope="session")
def tiny() -> Path:
    return DATA / "tiny"


@pytest.fixture(scope="session")
def processor(tiny: Path) -> Phi3VProcessor:
    return Phi3VProcessor.from_pretrained(tiny)


@pytest.fixture(scope="session")
def load_tiny(tiny: Path) -> Any:
    """`load_tiny("sdpa" | "eager")`: the tiny network in float32, which stops at no token."""

    @cache
    def load(attention: str) -> Phi3VForConditionalGeneration:
        model = Phi3VForConditionalGeneration.from_pretrained(tiny, attn_implementation=attention).eval()
        model.generation_config.eos_token_id = None
        return model

    return load


@pytest.fixture
def model(load_tiny: Any) -> Phi3VForConditionalGeneration:
    return load_tiny("sdpa")


@pytest.fixture(scope="session")
def cases() -> dict[str, Case]:
    tensors = load_file(DATA / "cases.safetensors")
    described = json.loads((DATA / "cases.json").read_text(encoding="utf-8"))
    return {
        name: Case(
            **case,
            golden={key.partition(".")[2]: value for key, value in tensors.items() if key.startswith(f"{name}.")},
        )
        for name, case in described.items()
    }
