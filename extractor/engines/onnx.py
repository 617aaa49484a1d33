"""Phi-3-vision on a CPU by onnxruntime: a folder in ONNX Runtime GenAI's layout, under this program's loop and grammar.

    extract card.jpg --engine onnx --model DIR

The prompt, the pictures, the drafts and the masks are the phi3v engine's; only the network runs elsewhere
(`extractor.decoding.onnx_runner`), one document at a time. `python -m extractor.phi3v.export` writes such folders.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from extractor.checkpoints.onnx_folder import OnnxFolder, read_onnx_folder
from extractor.checkpoints.values import MAX_CROPS
from extractor.decoding.answer import AnswerLimits, FieldReading
from extractor.decoding.ask import write_freely
from extractor.decoding.grammar import Vocabulary
from extractor.decoding.masks import Chooser
from extractor.decoding.onnx_runner import Models, OnnxRunner
from extractor.decoding.runner import Runner, round_up
from extractor.engines.asking import Asking
from extractor.engines.phi3v import USUAL_ANSWER, Phi3VEngine
from extractor.errors import CheckpointError, UsageError
from extractor.evidence import DocumentEvidence
from extractor.prompting import conversation
from extractor.sources.model import Own
from extractor.text.ocr import threads

if TYPE_CHECKING:
    from extractor.phi3v.processing import Phi3VProcessor


class OnnxEngine(Phi3VEngine):
    """Reads documents with a folder of ONNX models, which are loaded when the first is read.

    Arguments as `Phi3VEngine`'s. Raises CheckpointError for a folder that is broken or not of this layout.
    """

    name = "onnx"

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        num_crops: int | None = None,
        hints: bool | None = None,
        limits: AnswerLimits | None = None,
        keep_unsupported: bool = False,
    ) -> None:
        if num_crops is not None and not 1 <= num_crops <= MAX_CROPS:
            raise UsageError(f"--num-crops takes 1 to {MAX_CROPS}, not {num_crops}")
        self.folder: OnnxFolder = read_onnx_folder(folder)
        self.asking = Asking.said(self.folder.wishes, hints)
        self.num_crops, self.limits = num_crops, limits or AnswerLimits()
        self._temperature, self._seed = 0.0, 0
        self.keep_unsupported = keep_unsupported
        self._runner: Runner | None = None
        self._shape = (0, 0)
        self._lock = Lock()
        self.tokens: tuple[int, ...] = ()

    @property
    def called(self) -> str:
        return self.folder.name

    @cached_property
    def details(self) -> Mapping[str, str]:
        return {
            "checkpoint": self.folder.name,
            "digest": self.folder.digest,
            "dtype": self.folder.dtype,
            "device": "cpu",
            "hints": "yes" if self.asking.hints else "no",
        }

    @property
    def label(self) -> str:
        return f"{self.folder.name}, {self.folder.dtype} by onnxruntime"

    @cached_property
    def models(self) -> Models:
        """The models in memory."""
        return Models(self.folder, threads())

    @cached_property
    def processor(self) -> Phi3VProcessor:
        from transformers import PreTrainedTokenizerFast

        from extractor.phi3v.image_processing import Phi3VImageProcessor
        from extractor.phi3v.processing import Phi3VProcessor

        try:
            tokenizer = PreTrainedTokenizerFast.from_pretrained(self.folder.folder, local_files_only=True)
        except Exception as error:  # tokenizers raises the base class
            kind = type(error).__name__
            raise CheckpointError(f"{self.folder.folder} holds no tokenizer that transformers reads ({kind})") from None
        if len(tokenizer) > self.rows:
            raise CheckpointError(f"the tokenizer knows {len(tokenizer)} tokens, the model {self.rows}")
        return Phi3VProcessor(Phi3VImageProcessor(num_crops=self.folder.num_crops), tokenizer)

    @property
    def rows(self) -> int:
        return self.folder.vocab_size

    def answer_batch(
        self, evidences: Sequence[DocumentEvidence], owns: Sequence[Own]
    ) -> list[Mapping[str, FieldReading]]:
        """One document after the other."""
        with self._lock:
            answers = [self._write([evidence], [own])[0] for evidence, own in zip(evidences, owns, strict=True)]
        self.tokens = tuple(len(answer.tokens) for answer in answers)
        return [answer.fields for answer in answers]

    def ask(self, images: Sequence[Any], question: str, *, max_tokens: int = 512, **_: Any) -> Iterator[str]:
        """Answers a free question about pictures, piece by piece. Raises UsageError for an empty one."""
        if not question.strip():
            raise UsageError("there is no question")
        processor, pictures = self.processor, list(images)
        text = processor.apply_chat_template(conversation(question, len(pictures)), add_generation_prompt=True)
        inputs = processor(text=text, images=pictures or None, num_crops=self.num_crops, return_tensors="pt")
        with self._lock:
            runner = self._runner_for(1, inputs["input_ids"].shape[1])
            runner.take(inputs)
            vocabulary = Vocabulary.of(processor.tokenizer, self.rows)
            stops, silent = frozenset(processor.stop_token_ids), frozenset(processor.tokenizer.all_special_ids)
            most = min(max_tokens, self._shape[1] - inputs["input_ids"].shape[1])
            yield from write_freely(runner, vocabulary, Chooser(), max_tokens=most, stops=stops, silent=silent)

    def _runner_for(self, documents: int, prompt: int) -> Runner:
        tokens = prompt + self.limits.max_tokens
        if self._runner is None or self._shape[1] < tokens:
            self._runner = None
            places = min(round_up(tokens), max(tokens, self.folder.context))
            room = prompt + min(self.limits.max_tokens, USUAL_ANSWER)
            self._runner, self._shape = OnnxRunner(self.models, places, room), (documents, places)
        return self._runner
