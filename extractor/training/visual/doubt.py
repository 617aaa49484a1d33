"""What a layout network says where labels alone do not decide: of two fields with one value, of short codes, of words
beside a value.

A label says a value, and a value may stand where it means something else: the `P` of a passport is a sex in some
languages, a card issued on its holder's birthday prints one date for two fields. The network that is asked has seen
no real page, or not these; it chooses between the places that labels allow and adds none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from extractor.schemas import VOCABULARY, Kind
from extractor.training.visual.labelled import SheetLine
from extractor.visual.reader import Layout
from extractor.visual.tags import NOTHING, is_value, value_tag

#: The tag of characters that may or may not be a value.
UNKNOWN = -100
#: Line, start and end of characters.
LineSpan = tuple[int, int, int]
#: Kinds of value that are a letter, a code or a word which stands elsewhere, too.
_SHORT = frozenset((Kind.SEX, Kind.STATE, Kind.DATE))
#: A place of a short value is another thing where the network gives the field less than this, and something else more.
_HARDLY, _SURELY = 0.05, 0.9
#: From this on the network's choice between two fields counts, and words beside a value may belong to it.
_RATHER, _BESIDE = 0.2, 0.5


@dataclass(frozen=True)
class Opinion:
    """What a network says of the characters of a page's lines."""

    layout: Layout

    def of(self, place: LineSpan) -> np.ndarray:
        """(classes,): the mean probabilities of the words that a place touches; of none, zeros."""
        line, start, end = place
        rows = [
            self.layout.tags[index]
            for index, word in enumerate(self.layout.words)
            if word.line == line and word.start < end and start < word.end
        ]
        mean: np.ndarray = np.mean(rows, axis=0) if rows else np.zeros(self.layout.tags.shape[1])
        return mean

    def is_another(self, name: str, place: LineSpan) -> bool:
        """Whether a place is surely something else than the field."""
        chances = self.of(place)
        return bool(chances[value_tag(name)] < _HARDLY and chances.max() >= _SURELY)

    def likelier(self, names: Sequence[str], place: LineSpan) -> str | None:
        """Which of the fields a place is; None where the network says neither."""
        chances = self.of(place)
        best = max(names, key=lambda name: chances[value_tag(name)])
        return best if chances[value_tag(best)] >= _RATHER else None


def _is_short(name: str) -> bool:
    """Whether a field's values are short, and may stand elsewhere with another meaning."""
    return name in VOCABULARY and VOCABULARY[name].kind in _SHORT


def settled(
    found: Mapping[str, Sequence[Sequence[LineSpan]]], opinion: Opinion | None
) -> tuple[dict[str, list[list[LineSpan]]], list[LineSpan]]:
    """The places of each field that are its own, and those that are not taught: that two fields claim and nobody
    decides between, and, of a value in several places, those that are surely something else, as in signatures."""
    claims: dict[tuple[LineSpan, ...], list[str]] = {}
    open_places: list[LineSpan] = []
    for name, places in found.items():
        doubted = [opinion is not None and all(opinion.is_another(name, place) for place in one) for one in places]
        for one, is_another in zip(places, doubted, strict=True):
            if not is_another or (all(doubted) and not _is_short(name)):
                claims.setdefault(tuple(one), []).append(name)
            elif not _is_short(name):
                open_places += one
    own: dict[str, list[list[LineSpan]]] = {name: [] for name in found}
    for one, names in claims.items():
        chosen = names[0] if len(names) == 1 else opinion.likelier(names, one[0]) if opinion else None
        if chosen:
            own[chosen].append(list(one))
        else:
            open_places += one
    return own, open_places


def bridge(lines: Sequence[SheetLine]) -> None:
    """Makes two parts of a field with only spaces and marks between them one value: `M/M`, `ITALIANA / ITALIAN`."""
    for line in lines:
        runs = [run for run in line.runs() if is_value(run[2])]
        for before, after in pairwise(runs):
            between = slice(before[1], after[0])
            if before[2] == after[2] and not any(map(str.isalnum, line.text[between])):
                line.tags[between] = [before[2]] * (after[0] - before[1])
                owner = line.owners[before[0]]
                line.owners[before[1] : after[1]] = [owner] * (after[1] - before[1])


def leave_open(lines: Sequence[SheetLine], printed: Sequence[str], opinion: Opinion) -> None:
    """Takes words without a tag out of what is taught where the network takes them for a part of a value beside them,
    or for a date that was misread or is of another calendar; `printed`: fields whose values the page prints."""
    dates = {value_tag(name) for name in printed if name in VOCABULARY and VOCABULARY[name].kind is Kind.DATE}
    for index, word in enumerate(opinion.layout.words):
        line = lines[word.line]
        own = slice(word.start, word.end)
        chances = opinion.layout.tags[index]
        likeliest = int(chances.argmax())
        if not is_value(likeliest) or chances[likeliest] < _BESIDE or any(tag != NOTHING for tag in line.tags[own]):
            continue
        if likeliest in line.tags or likeliest in dates:
            line.tags[own] = [UNKNOWN] * (word.end - word.start)
