"""The catalogue of the world's documents, as data: which fields a document prints, where, and with which captions."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def catalogue() -> tuple[dict[str, Any], ...]:
    """Every entry, in the order of the files' names; README.md beside them describes the keys."""
    folder = files("extractor.synthesis.catalogue")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".json"))
    return tuple(entry for name in names for entry in json.loads(folder.joinpath(name).read_text("utf-8")))
