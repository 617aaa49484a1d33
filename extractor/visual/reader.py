"""The layout reader: which words of a page are the value of which field, by a network that learned how documents look.

    layout = read_layout(page.lines, facts)      # facts: what the MRZ says (`features.zone_facts`), or None
    layout.tags[i]                               # of word i, the probability of each of `tags.TAGS`

It is asked once a page, whatever the schema: `candidates` turns its answers into values. Trained by
`extractor.training.visual`; the card of the network stands beside it in `networks/`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from extractor.schemas import VOCABULARY, Kind
from extractor.text.ocr import Line, threads
from extractor.visual.features import page_features
from extractor.visual.tags import CAPTION_TAGS, FIELDS, KINDS, TAGS, VALUE_TAGS
from extractor.visual.words import Word, words_of

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

NETWORK = Path(__file__).with_name("networks") / "layout.onnx"
#: The fields that are numbers, by index: only a caption tells them apart.
_NUMBERS = np.array(
    [FIELDS.index(name) for name in FIELDS if name in VOCABULARY and VOCABULARY[name].kind is Kind.NUMBER]
)
#: What a number's field counts that the caption does not name.
_UNNAMED = 0.05
_chosen: ContextVar[Path] = ContextVar("layout network", default=NETWORK)


@dataclass(frozen=True)
class Layout:
    """What the network says of a page's n words, as probabilities: `tags` (n, classes); `before` and `caption`
    (n, n + 1), the word before in the same value and the first word of the caption, the last column being none;
    `together` (n, n), two words being of the same document; `kinds`, by kind of document."""

    words: tuple[Word, ...]
    tags: np.ndarray
    before: np.ndarray
    caption: np.ndarray
    together: np.ndarray
    kinds: Mapping[str, float]

    @property
    def values(self) -> np.ndarray:
        """(n, fields): the probability of being the value of each field."""
        return self.tags[:, VALUE_TAGS]

    @property
    def captions(self) -> np.ndarray:
        """(n, fields): the probability of being the caption of each field."""
        return self.tags[:, CAPTION_TAGS]


def read_layout(lines: Sequence[Line], zone: Mapping[str, str] | None) -> Layout:
    """What the network says of a page's lines; `zone` is what the MRZ says, by field."""
    words = words_of(lines)
    if not words:
        nothing = np.zeros((0, len(TAGS)), np.float32)
        return Layout((), nothing, np.zeros((0, 1)), np.zeros((0, 1)), np.zeros((0, 0)), {})
    features = page_features(words, [line.text for line in lines], [line.score for line in lines], zone)
    tags, before, caption, holder, kind = _session(_chosen.get(), threads()).run(
        None, {"characters": features.characters, "numbers": features.numbers, "places": features.places}
    )
    kinds = dict(zip(KINDS, map(float, _softmax(kind)), strict=True))
    pointers = _softmax(caption)
    read = _as_captioned(_softmax(tags), pointers)
    return Layout(tuple(words), read, _softmax(before), pointers, 1 / (1 + np.exp(-holder)), kinds)


def _as_captioned(tags: np.ndarray, pointers: np.ndarray) -> np.ndarray:
    """`tags` (n, classes) with what words say of the fields that are numbers weighed by the captions that they point to
    (n, n + 1): a number behind `Document No.` is the document's, whatever it looks like."""
    named = (pointers[:, :-1] @ tags[:, CAPTION_TAGS])[:, _NUMBERS]
    columns = VALUE_TAGS.start + _NUMBERS
    before = tags[:, columns]
    weighed = before * (named + (1 - named.sum(1, keepdims=True)) + _UNNAMED)
    read = tags.copy()
    read[:, columns] = weighed * before.sum(1, keepdims=True) / np.maximum(weighed.sum(1, keepdims=True), 1e-12)
    return read


@cache
def _session(network: Path, intra_threads: int) -> InferenceSession:
    from extractor.networks import session

    return session(network, intra_threads)


@contextmanager
def reading_with(network: Path) -> Iterator[None]:
    """Has this thread's pages read by another network than the shipped one: an evaluation's, or a trial's."""
    token = _chosen.set(network)
    try:
        yield
    finally:
        _chosen.reset(token)


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
