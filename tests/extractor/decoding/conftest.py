"""The tiny checkpoint, and a fake network: its logits are drawn from what it has been shown."""

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from extractor.decoding.grammar import Grammar, Vocabulary
from extractor.decoding.masks import Chooser, Masks
from extractor.decoding.runner import PADDING
from extractor.phi3v import Phi3VForConditionalGeneration, Phi3VProcessor

DATA = Path(__file__).parents[2] / "data" / "phi3v"
ROWS = 512


@pytest.fixture(scope="session")
def tiny() -> Path:
    return DATA / "tiny"


@pytest.fixture(scope="session")
def picture() -> Image.Image:
    image = Image.open(DATA / "images" / "portrait.png")
    image.load()
    return image


@pytest.fixture(scope="session")
def processor(tiny: Path) -> Phi3VProcessor:
    return Phi3VProcessor.from_pretrained(tiny)


@pytest.fixture(scope="session")
def model(tiny: Path) -> Phi3VForConditionalGeneration:
    return Phi3VForConditionalGeneration.from_pretrained(tiny).eval()


@pytest.fixture(scope="session")
def vocabulary(processor: Phi3VProcessor) -> Vocabulary:
    """476 tokens, of which 256 are single bytes: Chinese is written byte by byte."""
    return Vocabulary.of(processor.tokenizer, ROWS)


class Pretender:
    """A runner whose logits depend on everything it has been shown and on nothing else, as a network's do.

    It keeps what it is shown by place, and stops the test when a place is shown before those before it, or when keys
    that were rotated for a short sequence are used in a long one.
    """

    rows, device = ROWS, torch.device("cpu")

    def __init__(self, vocabulary: Vocabulary, seed: int = 0, rope_switch: int | None = None) -> None:
        self.rope_switch = rope_switch
        self.prefills = self.steps = 0
        # Without a liking for the end of a text, every text would be as long as it may be.
        liking = torch.tensor([1.5 * (b'"' in vocabulary.bytes_of(token)) for token in range(ROWS)])
        self.opinions = torch.randn(4001, ROWS, generator=torch.Generator().manual_seed(seed)) + liking

    def take(self, inputs: Any) -> None:
        pairs = zip(inputs["input_ids"].tolist(), inputs["attention_mask"].sum(dim=1).tolist(), strict=True)
        self.prompts = [row[len(row) - length :] for row, length in pairs]
        self.memory: list[list[tuple[int, bool]]] = [[] for _ in self.prompts]

    @property
    def lengths(self) -> list[int]:
        return [len(prompt) for prompt in self.prompts]

    def prefill(self, tails: Sequence[Sequence[int]], keep: int = 1) -> torch.Tensor:
        self.prefills += 1
        made = torch.zeros(len(tails), keep, ROWS)
        for number, tail in enumerate(tails):
            whole = [*self.prompts[number], *tail]
            self.memory[number] = [(token, self._long(len(whole))) for token in whole]
            for place in range(max(0, keep - len(whole)), keep):
                made[number, place] = self.logits(
                    [token for token, _ in self.memory[number]][: len(whole) - keep + place + 1]
                )
        return made

    def step(self, tokens: torch.Tensor, positions: torch.Tensor, keep: int | None = None) -> torch.Tensor:
        self.steps += 1
        made = torch.zeros(*tokens.shape, ROWS)
        for number, (row, places) in enumerate(zip(tokens.tolist(), positions.tolist(), strict=True)):
            long = self._long(max(places) + 1)
            for column, (token, place) in enumerate(zip(row, places, strict=True)):
                if place != PADDING:
                    memory = self.memory[number]
                    assert place <= len(memory), "a place was left out"
                    memory[place:] = [(token, long)]
                    assert all(kept == long for _, kept in memory), "keys of both rotary regimes together"
                    made[number, column] = self.logits([kept for kept, _ in memory])
        return made[:, -(keep or tokens.shape[1]) :]

    def _long(self, length: int) -> bool:
        return self.rope_switch is not None and length > self.rope_switch

    def logits(self, shown: Sequence[int]) -> torch.Tensor:
        return self.opinions[zlib.crc32(np.array([self._long(len(shown)), *shown]).tobytes()) % len(self.opinions)]


@pytest.fixture
def pretender(vocabulary: Vocabulary) -> Callable[..., Pretender]:
    """`pretender(seed=0, rope_switch=None)`: a fake network."""

    def make(seed: int = 0, rope_switch: int | None = None) -> Pretender:
        return Pretender(vocabulary, seed, rope_switch)

    return make


@pytest.fixture(scope="session")
def prompts(processor: Phi3VProcessor) -> Callable[..., Any]:
    """`prompts("Read.", "Read it all.")`: inputs of prompts without pictures."""

    def make(*texts: str) -> Any:
        asked = [f"<|user|>\n{text}<|end|>\n<|assistant|>\n" for text in texts]
        return processor(text=asked, padding=True, return_tensors="pt")

    return make


@pytest.fixture(scope="session")
def plainly() -> Callable[..., list[int]]:
    """`plainly(grammar, logits, prompt, most, chooser)`: the tokens of an answer, `logits` being asked of all ids."""
    return plain


def plain(
    grammar: Grammar, logits: Callable[[list[int]], torch.Tensor], prompt: list[int], most: int, chooser: Chooser
) -> list[int]:
    """Masked decoding as anybody would write it: one token after the other, no cache, no shortcut."""
    matcher, vocabulary = grammar.matcher(), grammar.vocabulary
    opening = b""
    while forced := matcher.compute_ff_tokens():
        matcher.consume_token(forced[0])
        opening += vocabulary.bytes_of(forced[0])
    written = vocabulary.begin(opening)
    masks = Masks(vocabulary, torch.device("cpu"))
    while len(written) < most and not matcher.is_stopped():
        masks.fill([matcher])
        chosen, _ = chooser(logits(prompt + written)[None], masks.allowed(1), [(0, len(written))])
        assert matcher.consume_token(chosen[0])
        written += chosen
    return written
