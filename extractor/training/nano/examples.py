"""Labelled documents as fine-tuning sees them: exactly what the engine would show and ask, and the right answer.

Every document goes down the product's own road once (OCR, zone, evidence); what the engine makes of that, pictures
and prompt, is kept. So a model is trained on what it will be asked, with the hints that OCR really gives.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from extractor.engines.phi3v import Phi3VEngine
from extractor.errors import UsageError
from extractor.labels.format import Specimen
from extractor.pipeline import prepare
from extractor.prompting import conversation
from extractor.schemas import SCHEMAS
from extractor.training.nano.targets import answer_ids, answer_text

if TYPE_CHECKING:
    from extractor.evidence import DocumentEvidence


@dataclass(frozen=True)
class Example:
    """A labelled document: its evidence, and for each way of asking (without hints, with hints) the ids of prompt and
    answer, (length,) int64 with -1 at the picture's places, and how many of them the answer is."""

    specimen: Specimen
    evidence: DocumentEvidence
    ways: tuple[tuple[torch.Tensor, int], ...]
    pixel_values: torch.Tensor
    image_sizes: torch.Tensor


def examples(specimens: Sequence[Specimen], engine: Phi3VEngine, *, hints: Sequence[bool]) -> Iterator[Example]:
    """The examples of labelled pictures, one by one: OCR takes a second or more each.

    `hints` are the ways to ask, each document in all of them. A field that nobody labelled is taught as null: label
    every field of the documents to train on. Raises UsageError for none at all, UnreadableInputError for a picture
    that cannot be read.
    """
    if not specimens:
        raise UsageError("there are no labelled documents to train on")
    for specimen in specimens:
        evidence = gathered(specimen)
        pictures = engine.pictures(evidence)
        processor = engine.loaded.processor
        schema = SCHEMAS[specimen.schema]
        text = answer_text(list(schema.model_fields), specimen.fields)
        answer = answer_ids(processor.tokenizer, text)
        ways = []
        inputs: Any = None
        for hinted in hints:
            engine.asking = replace(engine.asking, hints=hinted)
            asked = conversation(engine.question(evidence), len(pictures))
            prompt = processor.apply_chat_template(asked, add_generation_prompt=True)
            inputs = processor(text=prompt, images=pictures, return_tensors="pt")
            ids = torch.cat([inputs["input_ids"][0], torch.tensor(answer)])
            ways.append((ids, len(answer)))
        yield Example(specimen, evidence, tuple(ways), inputs["pixel_values"], inputs["image_sizes"])


def gathered(specimen: Specimen) -> DocumentEvidence:
    """The evidence of a labelled picture, as the pipeline gathers it. Raises UnreadableInputError."""
    return prepare(specimen.path, SCHEMAS[specimen.schema]).evidence


def split(specimens: Sequence[Specimen], held_out: float, seed: int) -> tuple[list[Specimen], list[Specimen]]:
    """Documents to train on and documents to check by. Pictures of one document stay together.

    Raises UsageError when one side would be empty.
    """
    groups = sorted({specimen.group or str(specimen.path) for specimen in specimens})
    random.Random(seed).shuffle(groups)
    count = round(held_out * len(groups))
    if held_out and not 0 < count < len(groups):
        raise UsageError(f"{len(groups)} documents are too few to hold {held_out:.0%} of them out")
    held = set(groups[:count])
    sides: tuple[list[Specimen], list[Specimen]] = ([], [])
    for specimen in specimens:
        sides[(specimen.group or str(specimen.path)) in held].append(specimen)
    return sides
