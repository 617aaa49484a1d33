"""Which words on a page are captions, and of which field.

Every run of words in a line is compared with the printed captions of the schema's fields and of all other known
fields (whose values must not be taken for something else). Spacing, case and diacritics do not matter, vowel signs do
(`पिता` is the father, `पता` the address); longer captions may differ by a few letters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
from pydantic import BaseModel

from extractor.schemas import VOCABULARY, field_specs, schema_name
from extractor.schemas.captions import LICENCE_NUMBERS, TITLES
from extractor.schemas.text import spell

#: Longest caption, in words.
MAX_WORDS = 8
#: A caption this short is believed only where it stands alone or right before a value of its kind.
WEAK_LENGTH = 3
#: How well a caption fits a field that it names but that the schema does not have.
NOT_ASKED_FOR = 0.9
#: Shortest caption that is compared letter by letter; and how alike it must be, by length.
_FUZZY_LENGTH = 5

#: The name under which titles of documents stand among the captions.
TITLE = "document"

#: One caption can belong to two fields of one schema; the first named here wins there.
_PREFERRED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "visa": (("visa_class", "document_type"), ("passport_number", "document_number"), ("visa_class", "category")),
    "residence_permit": (("category", "document_type"), ("document_number", "personal_number")),
    "driving_licence": (("vehicle_classes", "document_type"), ("document_number", "personal_number")),
    "passport": (("document_number", "personal_number"), ("issuing_country", "document_type")),
    "id_card": (("document_number", "personal_number"), ("issuing_country", "document_type")),
    "chinese_id_card": (("document_number", "personal_number"),),
}


@dataclass(frozen=True)
class Match:
    """A caption found: the fields it may name, each with how well it fits (0..1), and how many letters matched."""

    fields: Mapping[str, float]
    letters: int
    exact: bool

    @property
    def weak(self) -> bool:
        return self.letters <= WEAK_LENGTH


class Lexicon:
    """The captions that count on one kind of document."""

    def __init__(self, schema: type[BaseModel]) -> None:
        self.specs = field_specs(schema)
        self.name = schema_name(schema)
        self._fields: dict[str, dict[str, float]] = {}
        others = {name: spec for name, spec in VOCABULARY.items() if name not in self.specs}
        for name, spec in {**others, **self.specs}.items():
            own = name in self.specs
            for phrase in chain.from_iterable(spec.captions.values()):
                # A single letter says nothing; a single ideograph does.
                if (key := spell(phrase)) and letters_in(key) > 1:
                    # A field of the schema is what was asked for; another one only takes what is left.
                    self._fields.setdefault(key, {})[name] = 1.0 if own else NOT_ASKED_FOR
        # A document's title is no caption and no value either; it stands under a name of its own.
        for titles in TITLES.values():
            for title in titles:
                self._fields.setdefault(spell(title), {}).setdefault(TITLE, 0.95)
        for preferred, other in _PREFERRED.get(self.name, ()):
            for fields in self._fields.values():
                if preferred in fields and other in fields:
                    fields[other] *= 0.8
        self._fuzzy = [key for key in self._fields if len(key) >= _FUZZY_LENGTH]
        self.numbered = LICENCE_NUMBERS if self.name == "driving_licence" else {}

    def match(self, words: Sequence[str], fuzzy: Sequence[float]) -> list[Match | None]:
        """For each run of words, as `spell` gives them, the caption it is, or None.

        `fuzzy` is how alike a run must at least be to count where it is no caption to the letter; 1 for never.
        """
        found: list[Match | None] = [None] * len(words)
        inexact: list[int] = []
        for i, word in enumerate(words):
            if fields := self._fields.get(word):
                found[i] = Match(fields, letters_in(word), True)
            elif fuzzy[i] < 1 and len(word) >= _FUZZY_LENGTH:
                inexact.append(i)
        if inexact:
            for i, match in zip(inexact, self._nearest(tuple(words[i] for i in inexact)), strict=True):
                found[i] = match if match and max(match.fields.values()) >= 0.9 * fuzzy[i] else None
        return found

    def _nearest(self, words: Sequence[str]) -> list[Match | None]:
        from rapidfuzz import process
        from rapidfuzz.distance import Levenshtein

        similarity = process.cdist(
            words, self._fuzzy, scorer=Levenshtein.normalized_similarity, score_cutoff=0.7, dtype=np.float32
        )
        results: list[Match | None] = []
        for word, row in zip(words, similarity, strict=True):
            best = int(row.argmax())
            length = max(len(word), len(self._fuzzy[best]))
            # Short captions may have one letter wrong, or values like them would be lost; long ones, a quarter.
            if row[best] < (0.75 if length > 11 else 1 - (1.01 if length < 8 else 2.01) / length):
                results.append(None)
                continue
            fields: dict[str, float] = {}
            for index in np.flatnonzero(row >= row[best] - 0.02):
                for name, fit in self._fields[self._fuzzy[index]].items():
                    fields[name] = max(fields.get(name, 0.0), fit * float(row[index]))
            # Letters that the caption does not have explain nothing (`Address 辽`).
            letters = min(letters_in(word), letters_in(self._fuzzy[best]))
            results.append(Match(fields, letters, False))
        return results


def letters_in(word: str) -> int:
    """Letters, of which an ideograph counts two: it says as much."""
    return len(word) + sum("\u2e80" <= character <= "\u9fff" for character in word)


@lru_cache(maxsize=32)
def lexicon(schema: type[BaseModel]) -> Lexicon:
    """The lexicon of a schema, built once."""
    return Lexicon(schema)


#: Japanese writes `born` and `valid until` after the date: 平成元年3月31日生, 2025年3月31日まで有効.
AFTER_THE_VALUE = frozenset({"生", "生まれ", "まて有効", "まで有効", "で有効"})

#: `1.`, `4b.`, `(3)`, `04`: the numbers that many documents print before a caption.
NUMBERING = re.compile(r"^\(?(\d{1,2}[a-d]?)[.):]?$", re.IGNORECASE)
