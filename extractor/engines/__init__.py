"""Engines: what turns the evidence of a document into sources for its fields. One file each."""

from __future__ import annotations

from typing import Protocol

from extractor.engines.embedded import EmbeddedEngine
from extractor.evidence.gather import DocumentEvidence
from extractor.extraction import Source

__all__ = ["EmbeddedEngine", "Engine", "choose_engine"]


class Engine(Protocol):
    """Reads a document: for each field of the schema, what each source says."""

    name: str

    def read(self, evidence: DocumentEvidence) -> dict[str, list[Source]]: ...


def choose_engine(name: str = "auto", **_options: object) -> tuple[Engine, str]:
    """The engine called `name`, and why it was chosen."""
    return EmbeddedEngine(), "the base installation" if name == "auto" else "asked for"
