"""Engines: the models that can be asked about a document, one file each. Without one the document speaks alone."""

from __future__ import annotations

from extractor.engines.choose import EMBEDDED, choose_engine, describe
from extractor.sources.model import Engine

__all__ = ["EMBEDDED", "Engine", "choose_engine", "describe"]
