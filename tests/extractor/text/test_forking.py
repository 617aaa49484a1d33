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


def surname(path: str) -> str | None:
    value = extract(path, "passport").values["surname"]
    return None if value is None else str(value)


def test_parent_and_children_read(examples_dir: Path) -> None:
    """The second child is forked while the parent is reading."""
    path = str(examples_dir / "passport.png")
    assert surname(path) == "UNDERHILL"
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.map_async(surname, [path]).get(120) == ["UNDERHILL"]
    reading = threading.Thread(target=surname, args=(path,))
    reading.start()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.map_async(surname, [path]).get(120) == ["UNDERHILL"]
    reading.join()
    assert surname(path) == "UNDERHILL"
