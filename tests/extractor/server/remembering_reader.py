"""The real reader with the embedded engine, which recognises the text of a picture only the first time it sees it."""

from collections.abc import Mapping
from typing import Any

from extractor import pipeline
from extractor.grouping import documents
from extractor.server.reading import EngineReader, make_reader
from extractor.text import page
from tests.memory import pages_once, parts_once


def make(options: Mapping[str, Any]) -> EngineReader:
    pipeline.read_pages = page.read_pages = pages_once()
    documents.read_part = parts_once()
    return make_reader({**options, "engine": "embedded"})
