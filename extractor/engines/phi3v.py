"""The Phi-3-vision engine: what a vision language model reads, as one more source beside the document's own.

The text of the pages goes into the prompt as hints (if wanted), and what the document's own sources say serves as a
draft that the model verifies in one pass.

All pages or sides of a document are pictures of one prompt, each as it was set upright, in the order they were given.
A single picture is cut into as many crops as the checkpoint's processor says; several share that number, but none
has fewer than four.

A checkpoint that was trained for this program says in its config.json how it wants to be asked
(`extractor.engines.asking`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import Any

from PIL import Image

from extractor.checkpoints import Checkpoint, verify_checkpoint
from extractor.checkpoints.values import MAX_CROPS
from extractor.decoding.answer import AnswerLimits, FieldReading
from extractor.decoding.ask import ask
from extractor.decoding.grammar import Vocabulary
from extractor.decoding.graphs import make_runner
from extractor.decoding.loop import Written, write
from extractor.decoding.masks import Chooser
from extractor.decoding.runner import Runner, round_up
from extractor.engines.asking import Asking
from extractor.errors import CheckpointError, UsageError
from extractor.evidence import DocumentEvidence
from extractor.phi3v.loading import LoadedModel, load, make_plan, memory_guard
from extractor.prompting import conversation
from extractor.reconcile import reconcile_field
from extractor.schemas import field_specs
from extractor.sources.model import Own

#: Tokens of an answer that the cache has room for at first; it grows for longer ones.
USUAL_ANSWER = 384
#: The value that stands for none, where it is one token.
_NULL = "null"
#: Crops that each of several pictures has at least.
_FEWEST_CROPS = 4


class Phi3VEngine:
    """Reads documents with a checkpoint of Phi-3-vision; the weights are loaded when the first is read.

    `hints` gives the page's OCR text along (None: as the checkpoint wants it, else yes). Raises what
    `verify_checkpoint` and `make_plan` raise: CheckpointError, DeviceError, UsageError, MissingExtraError.
    """

    name = "phi3v"

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        dtype: str = "auto",
        device: str = "auto",
        quantizer: str = "auto",
        num_crops: int | None = None,
        hints: bool | None = None,
        limits: AnswerLimits | None = None,
        temperature: float = 0.0,
        seed: int = 0,
        keep_unsupported: bool = False,
    ) -> None:
        if num_crops is not None and not 1 <= num_crops <= MAX_CROPS:
            raise UsageError(f"--num-crops takes 1 to {MAX_CROPS}, not {num_crops}")
        verify_checkpoint(checkpoint)
        self.checkpoint = checkpoint
        self.plan = make_plan(checkpoint, dtype=dtype, device=device, quantizer=quantizer)
        self.asking = Asking.of(checkpoint, hints)
        self.num_crops, self.limits = num_crops, limits or AnswerLimits()
        self._temperature, self._seed = temperature, seed
        self.keep_unsupported = keep_unsupported
        self._runner: Runner | None = None
        self._shape = (0, 0)
        self._lock = Lock()
        #: Tokens of each answer of the last reading: what it cost, for evaluations.
        self.tokens: tuple[int, ...] = ()

    @cached_property
    def details(self) -> Mapping[str, str]:
        """Which checkpoint reads, in which precision and where; stands in `Extraction.engine`."""
        revision = {"revision": self.checkpoint.revision} if self.checkpoint.revision else {}
        quantizer = {"quantizer": self.plan.quantizer} if self.plan.quantizer else {}
        return {
            "checkpoint": self.checkpoint.name,
            **revision,
            "digest": self.checkpoint.digest,
            "dtype": self.plan.dtype,
            **quantizer,
            "device": self.plan.device,
            "hints": "yes" if self.asking.hints else "no",
        }

    @cached_property
    def loaded(self) -> LoadedModel:
        """The checkpoint in memory."""
        quantizer = self.plan.quantizer or "auto"
        return load(self.checkpoint, dtype=self.plan.dtype, device=self.plan.device, quantizer=quantizer)

    @property
    def called(self) -> str:
        """What the checkpoint is called."""
        return self.checkpoint.name

    @property
    def processor(self) -> Any:
        """Prompts and pictures to tensors."""
        return self.loaded.processor

    @property
    def rows(self) -> int:
        """The number of logits of one token."""
        return int(self.loaded.model.config.vocab_size)

    @cached_property
    def _chooser(self) -> Chooser:
        """How tokens are picked. A checkpoint may ask for nulls to weigh more than it was trained to let them: it then
        misses a little more and invents a little less."""
        if not self.asking.null_bonus:
            return Chooser(self._temperature, self._seed)
        null = self.processor.tokenizer.get_vocab().get(_NULL)
        if null is None:
            raise CheckpointError(f"{self.called} asks for a bonus of null, which is no token of its own there")
        return Chooser(self._temperature, self._seed, (null, self.asking.null_bonus))

    @property
    def label(self) -> str:
        """What the basis of a source calls this engine."""
        return f"{self.checkpoint.name}, {self.plan.dtype}"

    def answer(self, evidence: DocumentEvidence, own: Own) -> Mapping[str, FieldReading]:
        """What the model reads for every field. Raises DeviceError when memory runs out."""
        return self.answer_batch([evidence], [own])[0]

    def answer_batch(
        self, evidences: Sequence[DocumentEvidence], owns: Sequence[Own]
    ) -> list[Mapping[str, FieldReading]]:
        """Asks about several documents at once, of any schemas."""
        with self._lock, memory_guard(self.plan.device, f"reading {len(evidences)} documents"):
            answers = self._write(evidences, owns)
        self.tokens = tuple(len(answer.tokens) for answer in answers)
        return [answer.fields for answer in answers]

    def ask(self, images: Sequence[Any], question: str, **options: Any) -> Iterator[str]:
        """Answers a free question about pictures; see `extractor.decoding.ask`."""
        with self._lock, memory_guard(self.plan.device, "answering"):
            yield from ask(self.loaded, images, question, num_crops=self.num_crops, **options)

    def question(self, evidence: DocumentEvidence) -> str:
        """What the model is asked about a document."""
        return self.asking.question(evidence)

    def pictures(self, evidence: DocumentEvidence) -> list[Image.Image]:
        """What the model is shown of a document: its upright pages, or one picture framed from them."""
        if not self.asking.framed:  # nothing has to be loaded to know how many crops there are
            return self.asking.pictures(evidence, 1)
        return self.asking.pictures(evidence, self.num_crops or int(self.processor.image_processor.num_crops))

    def _write(self, evidences: Sequence[DocumentEvidence], owns: Sequence[Own]) -> list[Written]:
        processor = self.processor
        vocabulary = Vocabulary.of(processor.tokenizer, self.rows)
        grammars = [vocabulary.grammar(evidence.schema) for evidence in evidences]
        pictures = [self.pictures(evidence) for evidence in evidences]
        texts = [
            processor.apply_chat_template(conversation(self.question(evidence), len(own)), add_generation_prompt=True)
            for evidence, own in zip(evidences, pictures, strict=True)
        ]
        inputs = processor(
            text=texts, images=pictures, num_crops=self._crops(pictures), padding=True, return_tensors="pt"
        )
        drafts = [_draft(evidence, own) for evidence, own in zip(evidences, owns, strict=True)]
        runner = self._runner_for(len(evidences), inputs["input_ids"].shape[1])
        return write(runner, inputs, grammars, limits=self.limits, chooser=self._chooser, drafts=drafts)

    def _crops(self, pictures: Sequence[Sequence[Any]]) -> int | None:
        most = self.num_crops or int(self.processor.image_processor.num_crops)
        return min(most, max(_FEWEST_CROPS, most // max(map(len, pictures))))

    def _runner_for(self, documents: int, prompt: int) -> Runner:
        """A runner for prompts of `prompt` tokens; the last one is reused if large enough: memory does not grow."""
        tokens = prompt + self.limits.max_tokens
        places = round_up(tokens + 1) - 1
        if self._runner is None or self._shape[0] != documents or self._shape[1] < places:
            self._runner = None  # its memory goes before the next one's comes
            places = min(places, max(tokens, self.loaded.model.config.max_position_embeddings))
            room = prompt + min(self.limits.max_tokens, USUAL_ANSWER)
            self._runner, self._shape = make_runner(self.loaded.model, documents, places, room), (documents, places)
        return self._runner


def _draft(evidence: DocumentEvidence, own: Own) -> dict[str, Any]:
    """What the document's own sources say, as far as an answer would say it."""
    specs = field_specs(evidence.schema)
    return {name: reconcile_field(spec.kind, own[name]).value for name, spec in specs.items()}
