"""What a model answers when nothing holds it to the schema: how often is that still a document of it?

With constrained decoding every answer is valid; the share that would be without says what the constraint is worth. The
question, the pictures and the number of tokens are the same. The time this takes is not counted to the document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from extractor.errors import UsageError

if TYPE_CHECKING:
    from extractor.decoding.answer import FieldReading
    from extractor.evidence import DocumentEvidence
    from extractor.sources.model import Own

#: Models like to fence their answers; whoever uses them takes that off, and so is it here.
_FENCED = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)


class Unconstrained:
    """An engine with a model, that remembers what it was asked last, so that it can be asked again without grammar.

    Raises UsageError for an engine that has no model to ask.
    """

    def __init__(self, engine: Any) -> None:
        if not hasattr(engine, "question"):
            raise UsageError("--unconstrained needs an engine with a model: --engine phi3v")
        self.engine = engine
        self.name: str = engine.name
        self._evidence: DocumentEvidence | None = None

    @property
    def details(self) -> Mapping[str, str]:
        value: Mapping[str, str] = self.engine.details
        return value

    @property
    def tokens(self) -> tuple[int, ...]:
        value: tuple[int, ...] = self.engine.tokens
        return value

    @property
    def label(self) -> str:
        value: str = self.engine.label
        return value

    def answer(self, evidence: DocumentEvidence, own: Own) -> Mapping[str, FieldReading]:
        self._evidence = evidence
        found: Mapping[str, FieldReading] = self.engine.answer(evidence, own)
        return found

    def answers_validly(self) -> bool | None:
        """Whether the last document's answer without grammar is one of its schema; None where nothing was asked."""
        evidence, self._evidence = self._evidence, None
        if evidence is None:
            return None
        pieces = self.engine.ask(
            self.engine.pictures(evidence), self.engine.question(evidence), max_tokens=self.engine.limits.max_tokens
        )
        return is_document("".join(pieces), evidence.schema)


def is_document(text: str, schema: type[BaseModel]) -> bool:
    """Whether `text` is a JSON object with the schema's fields and no others, and values that they take."""
    fenced = _FENCED.fullmatch(text.strip())
    try:
        answer = json.loads(fenced[1] if fenced else text)
        if not isinstance(answer, dict) or set(answer) != set(schema.model_fields):
            return False
        schema.model_validate(answer)
    except (ValueError, ValidationError, RecursionError):
        return False
    return True
