"""The real reader with the embedded engine, which recognises the text of a picture only the first time it sees it.

What a schema does to the reading is then tried thousands of times in minutes.
"""

from collections.abc import Mapping
from typing import Any

from extractor import pipeline
from extractor.server.reading import EngineReader, make_reader


def make(options: Mapping[str, Any]) -> EngineReader:
    read = pipeline.read_pages
    seen: dict[bytes, Any] = {}

    def read_once(image: Any, index: int) -> Any:
        key = image.tobytes()
        if key not in seen:
            seen[key] = read(image, index)
        return seen[key]

    pipeline.read_pages = read_once
    return make_reader({**options, "engine": "embedded"})
