"""A page in pieces: its captions, as the layout reader knows them, and what else is printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from extractor.schemas.text import squash
from extractor.text.ocr import Line
from extractor.visual.reader import Layout
from extractor.visual.segments import Segment, join_dates, segment_of, split_dates
from extractor.visual.tags import FIELDS

#: Probability from which a word belongs to a field's caption.
_CAPTION = 0.5
#: A gap between two words, in heights of their line, that parts columns which the detector took for one line.
_COLUMN = 1.4
#: A line with more fillers is one of an MRZ.
_FILLERS = 2


@dataclass(frozen=True)
class Caption:
    """A caption on the page: the field that it names (`tags.FIELDS`), and where it stands."""

    field: str
    segment: Segment


def take_apart(lines: Sequence[Line], layout: Layout) -> tuple[list[Caption], list[Segment]]:
    """The captions of a page and its other pieces of text, both in the order of its lines; an MRZ is left out."""
    captions: list[Caption] = []
    others: list[Segment] = []
    words: list[list[int]] = [[] for _ in lines]
    for number, word in enumerate(layout.words):
        words[word.line].append(number)
    for index, line in enumerate(lines):
        if line.text.count("<") > _FILLERS:
            continue
        if not words[index]:  # more words than the layout reader looks at
            others.append(segment_of(line, index, 0, len(line.text)))
        runs = list(_runs(layout, line, words[index]))
        for field, run in runs:
            # Slashes and colons at the ends part a piece from what is beside it; alone they are what the line says.
            own = [layout.words[number] for number in run if squash(layout.words[number].text) or len(runs) == 1]
            segment = segment_of(line, index, own[0].start, own[-1].end) if own else None
            if segment and field is not None:
                captions.append(Caption(FIELDS[field], segment))
            elif segment:
                others.append(segment)
    return captions, join_dates([part for one in others for part in split_dates(one)])


def _runs(layout: Layout, line: Line, words: Sequence[int]) -> Iterator[tuple[int | None, list[int]]]:
    """Neighbouring words of a line that belong together: of one field's caption, or of no caption and of one column."""
    run: list[int] = []
    named: int | None = None
    for number in words:
        chances = layout.captions[number]
        field = int(np.argmax(chances)) if chances.max() >= _CAPTION else None
        wide = run and layout.words[number].box[0] - layout.words[run[-1]].box[2] > _COLUMN * line.height
        if run and (field != named or wide):
            yield named, run
            run = []
        run.append(number)
        named = field
    if run:
        yield named, run
