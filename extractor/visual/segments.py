"""Parts of lines with their places on a page, before anything is known of their meaning."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from extractor.imaging.geometry import quad_size
from extractor.schemas.dates import find_dates
from extractor.text.ocr import Line


@dataclass(frozen=True)
class Segment:
    """A part of a line: text, the four corners of where it stands, the reader's mean probability and its weakest
    character's, and the index of its line."""

    text: str
    box: np.ndarray
    score: float
    weakest: float
    line: int

    @property
    def left(self) -> float:
        return float((self.box[0, 0] + self.box[3, 0]) / 2)

    @property
    def right(self) -> float:
        return float((self.box[1, 0] + self.box[2, 0]) / 2)

    @property
    def top(self) -> float:
        return float((self.box[0, 1] + self.box[1, 1]) / 2)

    @property
    def bottom(self) -> float:
        return float((self.box[2, 1] + self.box[3, 1]) / 2)

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        return quad_size(self.box)[1]


def segment_of(line: Line, index: int, start: int, end: int) -> Segment:
    """Characters start..end-1 of a line, with the part of its box they stand in."""
    probabilities = line.probabilities[start:end] if len(line.probabilities) == len(line.text) else np.empty(0)
    weakest = float(probabilities.min()) if len(probabilities) else line.score
    score = float(probabilities.mean()) if len(probabilities) else line.score
    if start == 0 and end == len(line.text):
        return Segment(line.text, line.box, score, weakest, index)
    places = (
        line.positions if len(line.positions) == len(line.text) else (np.arange(len(line.text)) + 0.5) / len(line.text)
    )
    half = 0.5 / max(len(line.text), 1)
    left = 0.0 if start == 0 else max(0.0, float(places[start]) - half)
    right = 1.0 if end == len(line.text) else min(1.0, float(places[end - 1]) + half)
    if places[0] > places[-1]:  # the line runs to the left
        left = 0.0 if end == len(line.text) else max(0.0, float(places[end - 1]) - half)
        right = 1.0 if start == 0 else min(1.0, float(places[start]) + half)
    top_left, top_right, bottom_right, bottom_left = line.box
    box = np.array(
        [
            top_left + (top_right - top_left) * left,
            top_left + (top_right - top_left) * right,
            bottom_left + (bottom_right - bottom_left) * right,
            bottom_left + (bottom_right - bottom_left) * left,
        ],
        np.float32,
    )
    return Segment(line.text[start:end], box, score, weakest, index)


def part_of(segment: Segment, start: int, end: int) -> Segment:
    """Characters start..end-1 of a segment, with their share of its box."""
    length = max(len(segment.text), 1)
    left, right = start / length, end / length
    a, b, c, d = segment.box
    box = np.array([a + (b - a) * left, a + (b - a) * right, d + (c - d) * right, d + (c - d) * left], np.float32)
    return replace(segment, text=segment.text[start:end], box=box)


def split_dates(segment: Segment) -> list[Segment]:
    """`10 DEC 11  10 DEC 16` as two segments: two columns that the detector joined. A dash makes a period of them."""
    dates = find_dates(segment.text)
    if len(dates) != 2 or segment.text[dates[0].end : dates[1].start].strip():
        return [segment]
    return [part_of(segment, 0, dates[0].end), part_of(segment, dates[1].start, len(segment.text))]


def join_dates(segments: list[Segment]) -> list[Segment]:
    """Neighbours in a row that are a date only together (`19 OKT/OCT` `1971`) as one segment."""
    joined: list[Segment] = []
    waiting = list(segments)
    while waiting:
        segment = waiting.pop(0)
        if any(c.isdigit() for c in segment.text) and len(segment.text) <= 14 and not find_dates(segment.text):
            for other in waiting:
                level = abs(other.middle - segment.middle) < 0.5 * max(segment.height, other.height)
                gap = other.left - segment.right
                if level and -0.5 * segment.height < gap < 6 * segment.height and len(other.text) <= 14:
                    text = f"{segment.text} {other.text}"
                    if not find_dates(other.text) and find_dates(text):
                        box = np.array([segment.box[0], other.box[1], other.box[2], segment.box[3]], np.float32)
                        weakest = min(segment.weakest, other.weakest)
                        score = (segment.score + other.score) / 2
                        segment = Segment(text, box, score, weakest, segment.line)
                        waiting.remove(other)
                        break
        joined.append(segment)
    return joined
