"""Engines: the models that can be asked about a document, one file each. Without one the document speaks alone."""

from __future__ import annotations

from extractor.engines.choose import EMBEDDED, ask_about, choose_engine, describe
from extractor.sources.model import Engine

__all__ = ["EMBEDDED", "Engine", "ask_about", "choose_engine", "describe"]
