"""A document is prepared once for all cells of a run, and no more of them are kept than there is room for."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import extractor.pipeline
import extractor.reading
from eval.running.cache import PreparedCache
from eval.running.selection import select
from extractor.extraction import Extraction
from extractor.pipeline import conclude

EXAMPLES = Path(__file__).parents[3] / "datasets" / "examples"
TODAY = date(2025, 6, 30)


@pytest.fixture
def selection():
    return select(EXAMPLES, schemas=["visa"])


@pytest.fixture
def prepared(monkeypatch):
    """How often a document was prepared; what comes of it has a page of a kilobyte."""
    calls = []
    page = SimpleNamespace(page=SimpleNamespace(image=np.zeros(1024, np.uint8)))

    def prepare(*given, **named):
        calls.append(given[0])
        return SimpleNamespace(evidence=SimpleNamespace(pages=[page]))

    monkeypatch.setattr(extractor.pipeline, "prepare", prepare)
    return calls


def test_what_is_kept_is_not_made_again(selection, prepared):
    cache = PreparedCache(selection, TODAY, keep=True)
    specimen = selection.specimens[0]
    assert cache.get(specimen) is cache.get(specimen)
    assert len(prepared) == 1
    assert cache.hits == 1


@pytest.mark.parametrize(("keep", "room"), [(False, 10**9), (True, 1023)])
def test_what_there_is_no_room_for_is_made_again(selection, prepared, keep, room):
    cache = PreparedCache(selection, TODAY, keep=keep, room=room)
    specimen = selection.specimens[0]
    cache.get(specimen)
    cache.get(specimen)
    assert len(prepared) == 2


def test_a_prepared_document_reads_like_the_picture(selection):
    specimen = selection.specimens[0]
    first, second = (conclude(PreparedCache(selection, TODAY, keep=True).get(specimen)) for _ in range(2))
    assert isinstance(first, Extraction)
    assert first.values == second.values == extractor.reading.extract(specimen.path, "visa", today=TODAY).values
