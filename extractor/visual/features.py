"""The layout reader's input: for each word its characters, its place, and whether the MRZ has it too.

    features = page_features(words, lines, facts)     # arrays of n words, ready for the network

Nothing here knows a caption, a kind of document or a state: what captions mean is learned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from extractor.mrz import Mrz
from extractor.schemas.dates import find_dates
from extractor.schemas.text import fold
from extractor.visual.words import Word

#: Characters of a word that are looked at: the first ones, and of long words the last ones.
LENGTH, _LAST = 12, 4
#: Rows of the table of characters: Latin to Arabic letters have their own, the others share the rest by a hash.
CHARACTERS, _OWN = 4608, 0x0700
#: What the MRZ can say of a word: it is (a part of) this field's value.
ZONE_FIELDS = (
    "surname", "given_names", "document_number", "personal_number", "birth_date", "expiry_date", "nationality",
    "issuing_country", "sex",
)  # fmt: skip
#: Formats of zones, one flag each; none of them set where no zone was read.
FORMATS = ("TD1", "TD2", "TD3", "MRVA", "MRVB", "other")
_PLACE = 11
#: Numbers a word has beside its characters.
NUMBERS = _PLACE + len(ZONE_FIELDS) + len(FORMATS)
#: Those of them that come from the MRZ.
ZONE = slice(_PLACE, NUMBERS)


@dataclass(frozen=True)
class Features:
    """Of n words: `characters` (n, LENGTH) int64, `numbers` (n, NUMBERS) float32, `places` (n, 3) float32: middle
    x, middle y and left edge in line heights, from which the network computes how words lie relative to each other."""

    characters: np.ndarray
    numbers: np.ndarray
    places: np.ndarray


def zone_facts(mrz: Mrz) -> dict[str, str]:
    """What an MRZ says, by our names of the fields."""
    named = {name: getattr(mrz, "issuing_state" if name == "issuing_country" else name) for name in ZONE_FIELDS}
    return {"format": mrz.format, **{name: value for name, value in named.items() if value}}


@lru_cache(maxsize=16384)
def _row(character: str) -> int:
    code = ord(character)
    return code if code < _OWN else _OWN + (code * 2654435761 >> 7) % (CHARACTERS - _OWN)


@lru_cache(maxsize=65536)
def _rows(text: str) -> tuple[int, ...]:
    shown = text if len(text) <= LENGTH else text[: LENGTH - _LAST] + text[-_LAST:]
    return tuple(map(_row, shown)) + (0,) * (LENGTH - len(shown))


def page_features(
    words: Sequence[Word], texts: Sequence[str], scores: Sequence[float], zone: Mapping[str, str] | None
) -> Features:
    """Features of a page's words. `texts` and `scores` are the lines'; `zone` is what the MRZ says, by field (states
    as three letters, dates ISO), with its `format`; None without a zone."""
    count = len(words)
    characters = np.array([_rows(word.text) for word in words], np.int64).reshape(count, LENGTH)
    numbers = np.zeros((count, NUMBERS), np.float32)
    if not count:
        return Features(characters, numbers, np.zeros((0, 3), np.float32))
    boxes = np.array([word.box for word in words], np.float32)
    height = max(float(np.median(boxes[:, 3] - boxes[:, 1])), 1.0)
    left, top, right, bottom = boxes[:, 0].min(), boxes[:, 1].min(), boxes[:, 2].max(), boxes[:, 3].max()
    wide, high = max(right - left, 1.0), max(bottom - top, 1.0)
    middle_x, middle_y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    same = np.array([a.line == b.line for a, b in pairwise(words)], bool)
    gap = np.zeros(count, np.float32)
    gap[1:] = np.where(same, (boxes[1:, 0] - boxes[:-1, 2]) / height, 3.0)
    first = np.ones(count, np.float32)
    first[1:] = ~same
    last = np.ones(count, np.float32)
    last[:-1] = ~same
    numbers[:, 0] = (boxes[:, 0] - left) / wide
    numbers[:, 1] = (boxes[:, 2] - left) / wide
    numbers[:, 2] = (middle_y - top) / high
    numbers[:, 3] = np.clip((boxes[:, 3] - boxes[:, 1]) / height, 0, 4)
    numbers[:, 4] = np.log1p(np.maximum(middle_x - left, 0) / height)
    numbers[:, 5] = np.log1p(np.maximum(middle_y - top, 0) / height)
    numbers[:, 6] = [min(len(word.text), 30) / 10 for word in words]
    numbers[:, 7], numbers[:, 8], numbers[:, 9] = first, last, np.clip(gap, -1, 6)
    numbers[:, 10] = [scores[word.line] for word in words]
    if zone:
        numbers[:, _PLACE : _PLACE + len(ZONE_FIELDS)] = _zone_flags(words, texts, zone)
        form = str(zone.get("format", "")).replace("-", "")
        numbers[:, _PLACE + len(ZONE_FIELDS) + (FORMATS.index(form) if form in FORMATS else len(FORMATS) - 1)] = 1
    places = np.stack([middle_x, middle_y, boxes[:, 0]], 1) / height
    return Features(characters, numbers, places.astype(np.float32))


def _zone_flags(words: Sequence[Word], texts: Sequence[str], zone: Mapping[str, str]) -> np.ndarray:
    flags = np.zeros((len(words), len(ZONE_FIELDS)), np.float32)
    names = [set(re.split(r"[\s'-]+", fold(zone.get(name) or ""))) - {""} for name in ZONE_FIELDS[:2]]
    whole = [fold(zone.get(name) or "").replace(" ", "") for name in ZONE_FIELDS[:2]]
    values = [fold(zone.get(name) or "").replace(" ", "") for name in ZONE_FIELDS[2:4]]
    codes = [fold(zone.get(name) or "") for name in ZONE_FIELDS[6:9]]
    lines = {word.line for word in words}
    days = {line: _dates_of(texts[line], zone) for line in lines if any(c.isdigit() for c in texts[line])}
    for index, word in enumerate(words):
        own = fold(word.text).replace(" ", "")
        if not own or word.text.count("<") > 2:
            continue
        flags[index, 0] = own in names[0] or own == whole[0]
        flags[index, 1] = own in names[1] or own == whole[1]
        for column, value in enumerate(values, start=2):
            part = len(own) >= 3 and own in value and value in fold(texts[word.line]).replace(" ", "")
            flags[index, column] = own == value or part
        for start, end, column in days.get(word.line, ()):
            flags[index, column] = max(flags[index, column], float(start < word.end and word.start < end))
        for column, code in enumerate(codes, start=6):
            flags[index, column] = own == code and code != ""
    return flags


def _dates_of(text: str, zone: Mapping[str, str]) -> list[tuple[int, int, int]]:
    """Where a line has the zone's dates of birth and of expiry: start, end and column."""
    if text.count("<") > 2:
        return []
    found = []
    for column, name in ((4, "birth_date"), (5, "expiry_date")):
        day = zone.get(name) or ""
        if len(day) < 10:
            continue
        for order in ("dmy", "mdy"):
            # Without a meaning a year of two digits has no century.
            found += [
                (printed.start, printed.end, column)
                for printed in find_dates(text, order=order)
                if printed.iso == day or (printed.iso[2:] == day[2:] and day[:4] not in text)
            ]
    return found
