"""Training samples: features of a page's words, and what the network should answer for each.

`ANY` as a target says that the answer is not known and not asked for. Of real pages only labelled fields are known:
a word without a tag may be a caption or an unlabelled field's value, which `allowed` says class by class.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from extractor.training.visual.labelled import Sheet, SheetLine
from extractor.visual.features import ZONE_FIELDS, Features, page_features
from extractor.visual.tags import CAPTION_TAGS, FIELDS, KINDS, NOTHING, TAGS, is_caption, is_value, value_tag
from extractor.visual.words import Word, character_places, split_words

ANY = -100


@dataclass(frozen=True)
class LayoutSample:
    """Features of n words and their targets: `tags` (n,), `before` and `caption` (n,) word indices (n: none),
    `holders` (n,), `kind`, and `allowed` (classes,) bool: what a word without a tag may be."""

    features: Features
    tags: np.ndarray
    before: np.ndarray
    caption: np.ndarray
    holders: np.ndarray
    kind: int
    allowed: np.ndarray


def make_sample(sheet: Sheet, rng: random.Random, most: int) -> LayoutSample:
    """One sample of a page, of at most `most` words."""
    words, texts = words_of_sheet(sheet.lines)
    if len(words) > most:
        start = rng.randrange(len(words) - most + 1)
        words = words[start : start + most]
    scores = [line.score for line in sheet.lines]
    features = page_features(words, texts, scores, _doubtful(sheet.zone, rng))
    tags, owners = _tags(words, sheet.lines)
    allowed = np.zeros(len(TAGS), bool)
    allowed[NOTHING] = True
    if sheet.labelled is not None:
        allowed[CAPTION_TAGS] = True
        allowed[1] = True
        for name in FIELDS:
            if name not in sheet.labelled:
                allowed[value_tag(name)] = True
    before, caption = _pointers(tags, owners, sheet, len(words))
    holders = np.array([sheet.lines[word.line].holder for word in words], np.int16)
    kind = KINDS.index(sheet.kind)
    return LayoutSample(features, tags, before, caption, holders, kind, allowed)


def words_of_sheet(lines: Sequence[SheetLine]) -> tuple[list[Word], list[str]]:
    """The words of a made page, as `extractor.visual.words` cuts real ones."""
    found = []
    for index, line in enumerate(lines):
        places = character_places(line.text)
        half = 0.5 / max(len(line.text), 1)
        left, top, right, bottom = line.box
        for start, end in split_words(line.text):
            first = 0.0 if start == 0 else max(0.0, float(places[start]) - half)
            last = 1.0 if end == len(line.text) else min(1.0, float(places[end - 1]) + half)
            box = (left + (right - left) * first, top, left + (right - left) * last, bottom)
            found.append(Word(index, start, end, line.text[start:end], box))
    return found, [line.text for line in lines]


def _doubtful(zone: dict[str, str] | None, rng: random.Random) -> dict[str, str] | None:
    """What is known of a zone: sometimes nothing, often all, sometimes a part of it."""
    if zone is None or rng.random() < 0.3:
        return None
    if rng.random() < 0.3:
        return {name: value for name, value in zone.items() if name not in ZONE_FIELDS or rng.random() > 0.15}
    return zone


def _tags(words: Sequence[Word], lines: Sequence[SheetLine]) -> tuple[np.ndarray, np.ndarray]:
    tags, owners = np.zeros(len(words), np.int64), np.zeros(len(words), np.int64)
    for index, word in enumerate(words):
        line = lines[word.line]
        own, owner = line.tags[word.start : word.end], line.owners[word.start : word.end]
        if own.count(own[0]) < len(own):
            tag = Counter(own).most_common(1)[0][0]
            owner = [o for t, o in zip(own, owner, strict=True) if t == tag]
        else:
            tag = own[0]
        tags[index] = tag
        if tag not in (NOTHING, ANY):
            owners[index] = owner[0] if owner.count(owner[0]) == len(owner) else Counter(owner).most_common(1)[0][0]
    return tags, owners


def _pointers(tags: np.ndarray, owners: np.ndarray, sheet: Sheet, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Which word stands before each, and where its caption begins. The order of words is the order they were set in,
    which of one value is the reading order of its lines."""
    before, caption = np.full(count, ANY, np.int64), np.full(count, ANY, np.int64)
    last: dict[int, int] = {}
    first: dict[int, int] = {}
    for index in range(count):
        owner = int(owners[index])
        if not owner or not (is_value(int(tags[index])) or is_caption(int(tags[index]))):
            continue
        before[index] = last.get(owner, count)
        last[owner] = index
        first.setdefault(owner, index)
    if sheet.labelled is None:
        for index in range(count):
            owner = int(owners[index])
            if owner and is_value(int(tags[index])):
                caption[index] = first.get(sheet.captions.get(owner, -1), count)
    return before, caption


def two_documents(first: Sheet, second: Sheet, rng: random.Random) -> Sheet:
    """Two documents on one picture, beside or above each other."""
    lines = [replace(one, holder=0) for one in first.lines]
    if not lines or not second.lines:
        return first
    most = max((owner for line in lines for owner in line.owners), default=0)
    beside = rng.random() < 0.5
    edge = max(line.box[2 if beside else 3] for line in lines) + rng.uniform(2, 12)
    start = min(line.box[0 if beside else 1] for line in second.lines)
    for line in second.lines:
        shift = edge - start
        box = [line.box[0] + shift * beside, line.box[1] + shift * (not beside)]
        box += [line.box[2] + shift * beside, line.box[3] + shift * (not beside)]
        owners = [owner + most if owner else 0 for owner in line.owners]
        lines.append(replace(line, owners=owners, box=box, holder=1))
    captions = {**first.captions, **{a + most: b + most for a, b in second.captions.items()}}
    return Sheet(lines, captions, first.kind, None)
