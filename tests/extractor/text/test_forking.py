"""A forked child (multiprocessing's "fork", a preforking web server) reads after its parent has read."""

import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from extractor import extract

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]

NUMBER = "66LG67695"


def number(path: str) -> str | None:
    value = extract(path, "driving_licence").values["document_number"]
    return None if value is None else str(value)


def test_parent_and_children_read(examples_dir: Path) -> None:
    """The second child is forked while the parent is reading."""
    path = str(examples_dir / "driving_licence.png")
    assert number(path) == NUMBER
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.map_async(number, [path]).get(120) == [NUMBER]
    reading = threading.Thread(target=number, args=(path,))
    reading.start()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.map_async(number, [path]).get(120) == [NUMBER]
    reading.join()
    assert number(path) == NUMBER
