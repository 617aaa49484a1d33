"""A caption that only a user's schema knows: where it stands on a page, and what stands beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractor.schemas.text import spell
from extractor.schemas.vocabulary import FieldSpec
from extractor.visual.words import Word, split_words

#: Similarity (rapidfuzz ratio) of a user's caption to words of the page, 0..100.
CAPTION_LIKENESS = 86.0
#: How far a value stands from a caption in its row or above it, and how wide a gap parts columns, in heights of print.
_RIGHT, _BELOW, _COLUMN = 14.0, 2.2, 1.4
#: How far a value below a caption may begin beside where the caption begins, in heights of print.
_ALIGNED = 1.5
#: Hebrew, Arabic, Syriac, Thaana.
LEFTWARDS = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")

_Box = tuple[float, float, float, float]


def spans_of_caption(words: Sequence[Word], spec: FieldSpec) -> list[range]:
    """Where a page has one of a field's captions: runs of words that begin and end with a word, no colon. Spaces do not
    count, since some scripts are written without."""
    from rapidfuzz import fuzz

    texts = [spell(word.text) for word in words]
    phrases = {(spell(phrase), len(split_words(phrase))) for own in spec.captions.values() for phrase in own}
    best: tuple[float, list[range]] = (CAPTION_LIKENESS, [])
    for phrase, count in phrases:
        for start, first in enumerate(texts):
            for end in {start + max(1, count - 1), start + count, start + count + 1} if first and phrase else ():
                if end > len(texts) or not texts[end - 1]:
                    continue
                shown = "".join(texts[start:end])
                if abs(len(shown) - len(phrase)) > 0.25 * len(phrase) + 1:
                    continue
                likeness = fuzz.ratio(shown, phrase)
                if likeness > best[0]:
                    best = (likeness, [range(start, end)])
                elif likeness == best[0] and best[1]:
                    best[1].append(range(start, end))
    return best[1]


def words_beside(words: Sequence[Word], span: range, free: set[int]) -> tuple[int, ...]:
    """The words behind a caption in its row, else those of the row below that begin where it does; they end at a wide
    gap and at a word that is not one of `free`."""
    leftwards = LEFTWARDS.search("".join(words[index].text for index in span)) is not None
    boxes = [_mirrored(word.box) if leftwards else word.box for word in words]
    last = boxes[span[-1]]
    height = max(last[3] - last[1], 1.0)

    def run(row: Sequence[int], edge: float, reach: float) -> tuple[int, ...]:
        found: list[int] = []
        for index in sorted(row, key=lambda one: boxes[one][0]):
            gap = (boxes[index][0] - edge) / height
            if gap < -0.5:
                continue
            if gap > (_COLUMN if found else reach) or index not in free:
                break
            edge = boxes[index][2]
            if found or spell(words[index].text):  # not the caption's colon
                found.append(index)
        return tuple(found)

    def drop(index: int) -> float:
        """How far a word stands below the caption, middle to middle, in heights."""
        return ((boxes[index][1] + boxes[index][3]) - (last[1] + last[3])) / 2 / height

    level = [index for index in range(len(words)) if abs(drop(index)) < 0.5]
    if right := run(level, last[2], _RIGHT):
        return right
    left = boxes[span[0]][0]
    under = [i for i in range(len(words)) if 0.5 <= drop(i) < _BELOW and abs(boxes[i][0] - left) < _ALIGNED * height]
    first = min(under, key=drop, default=None)
    if first is None:
        return ()
    row = [index for index in range(len(words)) if abs(drop(index) - drop(first)) < 0.5]
    return run(row, boxes[first][0], 0.0)


def is_next(word: Word, other: Word) -> bool:
    """Whether a word follows another one in its line, without a gap that parts columns."""
    gap = max(other.box[0] - word.box[2], word.box[0] - other.box[2])
    return word.line == other.line and gap <= _COLUMN * (word.box[3] - word.box[1])


def _mirrored(box: _Box) -> _Box:
    """A box as it stands for who reads to the left."""
    return -box[2], box[1], -box[0], box[3]
