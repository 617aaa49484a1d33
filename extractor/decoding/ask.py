"""Free questions about pictures, answered in words, piece by piece."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from extractor.decoding.grammar import Vocabulary
from extractor.decoding.graphs import make_runner
from extractor.decoding.masks import Chooser
from extractor.decoding.runner import Runner
from extractor.errors import UsageError
from extractor.prompting import conversation
from extractor.stages import stage

if TYPE_CHECKING:
    from extractor.phi3v.loading import LoadedModel


def ask(
    loaded: LoadedModel,
    images: Sequence[Any],
    question: str,
    *,
    max_tokens: int = 512,
    temperature: float = 0.0,
    seed: int = 0,
    num_crops: int | None = None,
) -> Iterator[str]:
    """The answer to a question about pictures (or none), as pieces of text while it is being written.

    Nothing constrains it: it is what the model says, not what is known. Raises UsageError for an empty question.
    """
    if not question.strip():
        raise UsageError("there is no question")
    return _pieces(loaded, list(images), question, max_tokens, Chooser(temperature, seed), num_crops)


def _pieces(
    loaded: LoadedModel,
    images: list[Any],
    question: str,
    max_tokens: int,
    chooser: Chooser,
    num_crops: int | None,
) -> Iterator[str]:
    processor = loaded.processor
    text = processor.apply_chat_template(conversation(question, len(images)), add_generation_prompt=True)
    inputs = processor(text=text, images=images or None, num_crops=num_crops, return_tensors="pt")
    length = inputs["input_ids"].shape[1]
    runner = make_runner(loaded.model, 1, length + max_tokens)
    runner.take(inputs)
    vocabulary = Vocabulary.of(processor.tokenizer, loaded.model.config.vocab_size)
    stops, silent = frozenset(processor.stop_token_ids), frozenset(processor.tokenizer.all_special_ids)
    yield from write_freely(runner, vocabulary, chooser, max_tokens=max_tokens, stops=stops, silent=silent)


def write_freely(
    runner: Runner,
    vocabulary: Vocabulary,
    chooser: Chooser,
    *,
    max_tokens: int,
    stops: Set[int] = frozenset(),
    silent: Set[int] = frozenset(),
) -> Iterator[str]:
    """What a model says behind the one prompt that `runner` has taken, until it says one of `stops`.

    Tokens that are `silent` write nothing. Each pass is a stage (`extractor.stages`).
    """
    (length,) = runner.lengths
    characters = getincrementaldecoder("utf-8")(errors="replace")  # a token may end in the middle of one
    said: list[int] = []
    while len(said) < max_tokens:
        with stage("pass"), torch.inference_mode():
            logits = _next(runner, said, length)
            token = chooser(logits[:, -1], None, [(0, len(said))])[0][0]
        if token in stops:
            break
        written = b"" if token in silent else vocabulary.bytes_of(token)
        # The space that the tokenizer puts before every text is none of the answer's.
        piece = characters.decode(written.removeprefix(b" ") if not said else written)
        said.append(token)
        if piece:
            yield piece
    if rest := characters.decode(b"", final=True):
        yield rest


def _next(runner: Runner, said: list[int], length: int) -> torch.Tensor:
    """The logits behind what was said; at the rotary switch everything is run again."""
    total = length + len(said)
    if not said or total - 1 == runner.rope_switch:
        return runner.prefill([said])
    return runner.step(np.array([said[-1:]]), np.array([[total - 1]]))
