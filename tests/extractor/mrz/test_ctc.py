"""Folding a recogniser's classes."""

import numpy as np
import pytest

from extractor.mrz.checkdigit import INDEX
from extractor.mrz.ctc import Folder

CLASSES = ["blank", "A", "a", "<", "«", "漢", "7", " "]


def fold(*frame: float) -> np.ndarray:
    return np.exp(Folder(CLASSES)(np.array([frame])))[0]


def test_cases_and_look_alikes_are_added_up() -> None:
    folded = fold(0.1, 0.4, 0.2, 0.1, 0.2, 0.0, 0.0, 0.0)
    assert folded[0] == pytest.approx(0.1)
    assert folded[1 + INDEX["A"]] == pytest.approx(0.6)
    assert folded[1 + INDEX["<"]] == pytest.approx(0.3)


def test_what_tells_nothing_is_spread_evenly() -> None:
    folded = fold(0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    assert folded[1:] == pytest.approx(1 / 37)


def test_probability_is_kept() -> None:
    rng = np.random.default_rng(0)
    frames = rng.dirichlet(np.ones(len(CLASSES)), size=20)
    assert np.exp(Folder(CLASSES)(frames)).sum(axis=1) == pytest.approx(np.ones(20), abs=1e-5)


def test_another_recogniser_is_refused() -> None:
    with pytest.raises(ValueError, match="8"):
        Folder(CLASSES)(np.ones((3, 5)))
