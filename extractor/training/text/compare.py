"""Compares a trained network with its original, as the product runs them: differing readings, and time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from extractor.networks import session
from extractor.text.ocr import NetworkName, at_detection_size, best_path
from extractor.training.text import pictures
from extractor.training.text.rounding import original

#: A line is read surely from this mean probability on; text is where the detector's map is above the second.
_SURE, _TEXT = 0.9, 0.3


def compare(name: NetworkName, trained: Path, data: Path, tell: Callable[[int, int], None]) -> dict[str, float]:
    """Both networks on every picture of `data`, one thread each, in turn.

    For the recogniser: `lines`, how many of them the original reads `sure`ly, the shares of all and of those that are
    read `otherwise` and `surely_otherwise`, and the share of the latter's characters that were edited, `edits`; for the
    detector: `pages`, and how far the two maps `overlap`. `time` is the trained network's, the original's being 1.
    """
    pages, lines = pictures.read(data)
    images = map(at_detection_size, pages) if name == "detector" else chain.from_iterable(lines.values())
    inputs = list(_inputs(images))
    old, new = session(original(name), 1), session(trained, 1)
    spent, counts = np.zeros(2), np.zeros(6)
    for done, x in enumerate(inputs, 1):
        answers = []
        for place, network in enumerate((old, new)):
            started = time.perf_counter()
            answers.append(network.run(None, {"x": x})[0][0])
            spent[place] += time.perf_counter() - started
        counts += _masks(*answers) if name == "detector" else _texts(*answers)
        tell(done, len(inputs))
    ratio = {"time": round(float(spent[1] / spent[0]), 3)}
    if name == "detector":
        return {"pages": len(inputs), "overlap": round(float(counts[0] / counts[1]), 4), **ratio}
    _, sure, otherwise, surely_otherwise, edits, characters = counts.tolist()
    return {
        "lines": len(inputs),
        "sure": int(sure),
        "otherwise": round(otherwise / len(inputs), 4),
        "surely_otherwise": round(surely_otherwise / max(1, sure), 4),
        "edits": round(edits / max(1, characters), 4),
        **ratio,
    }


def _inputs(images: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for image in images:
        yield np.ascontiguousarray((image[:, :, ::-1].astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None])


def _masks(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Pixels that both take for text, and that either does."""
    one, two = old > _TEXT, new > _TEXT
    return np.array([(one & two).sum(), (one | two).sum(), 0, 0, 0, 0])


def _texts(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """1, whether the original is sure, whether the reading is another one, whether both; and if it is sure, edits from
    one to the other, and characters."""
    (text, chances), (other, _) = _read(old), _read(new)
    sure = len(text) > 0 and chances.mean() > _SURE
    edits = Levenshtein.distance(text.tolist(), other.tolist())
    return np.array([1, sure, edits > 0, sure and edits > 0, sure * edits, sure * len(text)])


def _read(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    best, chances = best_path(probabilities)
    keep = (best != 0) & (best != np.r_[-1, best[:-1]])
    return best[keep], chances[keep]
