"""Engines: what turns the evidence of a document into sources for its fields. One file each."""

from __future__ import annotations

from typing import Protocol

from extractor.engines.embedded import EmbeddedEngine
from extractor.evidence.gather import DocumentEvidence
from extractor.extraction import Source

__all__ = ["EmbeddedEngine", "Engine"]


class Engine(Protocol):
    """Reads a document: for each field of the schema, what each source says."""

    name: str

    def read(self, evidence: DocumentEvidence) -> dict[str, list[Source]]: ...
