"""Engines: what turns the evidence of a document into sources for its fields. One file each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from extractor.engines.choose import ask_about, choose_engine
from extractor.engines.embedded import EmbeddedEngine
from extractor.evidence import DocumentEvidence
from extractor.extraction import Source

__all__ = ["EmbeddedEngine", "Engine", "ask_about", "choose_engine"]


class Engine(Protocol):
    """Reads a document: for each field of the schema, what each source says.

    `details` say which of its kind it is (checkpoint, precision, device); they stand in `Extraction.engine`.
    """

    name: str

    @property
    def details(self) -> Mapping[str, str]: ...

    def read(self, evidence: DocumentEvidence) -> dict[str, list[Source]]: ...
