"""Where on a page there may be several documents: parts separated by blank paper, or by the layout reader.

A flatbed scan has one colour between the cards that lie on it; what differs from it is a card. Where there is no such
colour, as on a photograph, a page is cut along bands without text whose two sides do not belong together by the layout
reader. These are proposals: whether two parts are two documents is for `identity` to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from extractor.text.ocr import Line
from extractor.text.page import Page
from extractor.visual.reader import read_layout

#: The longer side on which paper is looked for, in pixels.
_LOOKED_AT = 800
#: Share of a page's border that has the paper's colour, and the greatest difference (0..255) from it.
_BORDER_SHARE, _ALIKE = 0.7, 9
#: A card takes this share of a page at least, and its lines are this many.
_LEAST_AREA, _LEAST_LINES = 0.015, 2
#: A line at most this far from a card, in its heights, is on it.
_AT_EDGE = 1.5
#: So many lines off every card make a part of their own.
_LEAST_OUTSIDE = 6
#: A band without text is this many line heights wide; its sides belong together from this mean probability on.
_BAND, _TOGETHER = 1.5, 0.5
#: Bands that are tried, the widest first; parts that a page is cut into at most.
_TRIED, _MOST = 6, 12
#: Pixels round a part that belong to it, in line heights.
_MARGIN = 1.0


@dataclass(frozen=True)
class Region:
    """A part of a page: its (left, top, right, bottom) in the page's pixels, and its lines. `on_paper`: paper parts
    it from the others."""

    box: tuple[int, int, int, int]
    lines: tuple[Line, ...]
    on_paper: bool

    @property
    def area(self) -> int:
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top)


def whole(page: Page) -> Region:
    """A page as one region."""
    return Region((0, 0, page.image.shape[1], page.image.shape[0]), page.lines, False)


def find_regions(page: Page) -> list[Region]:
    """The parts of a page that may be documents of their own; the whole page if there is one."""
    found = _cards(page)
    if len(found) < 2:
        found = [
            _around(page, lines, on_paper=False) for lines in _cut(page.lines, _MOST) if len(lines) >= _LEAST_LINES
        ]
    return found if len(found) > 1 else [whole(page)]


def _cards(page: Page) -> list[Region]:
    """What lies on paper of one colour, with the lines on each."""
    import cv2

    scale = min(1.0, _LOOKED_AT / max(page.image.shape[:2]))
    small = cv2.resize(page.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    paper = _paper(small)
    if paper is None or not page.lines:
        return []
    differs = (np.abs(small.astype(np.int16) - paper).max(axis=2) > _ALIKE).astype(np.uint8)
    differs = cv2.morphologyEx(differs, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    differs = cv2.morphologyEx(differs, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(differs)
    cards = []
    for left, top, width, height, _ in stats[1:]:
        if width * height >= _LEAST_AREA * differs.size:
            edges = (np.array([left, top, left + width, top + height]) / scale).round().astype(int)
            cards.append(tuple(map(int, edges)))
    return _filled(page, [card for card in cards if not any(_inside(card, other) for other in cards)])


def _paper(image: np.ndarray) -> np.ndarray | None:
    """The colour (3,) round everything on a page, if there is one."""
    frame = max(2, round(0.012 * max(image.shape[:2])))
    border = np.concatenate([
        image[:frame].reshape(-1, 3), image[-frame:].reshape(-1, 3),
        image[:, :frame].reshape(-1, 3), image[:, -frame:].reshape(-1, 3),
    ])  # fmt: skip
    colour = np.median(border, axis=0).astype(np.int16)
    alike = np.abs(border.astype(np.int16) - colour).max(axis=1) <= _ALIKE
    return colour if alike.mean() >= _BORDER_SHARE else None


def _inside(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether a box lies in another one."""
    if one == other:
        return False
    return one[0] >= other[0] and one[1] >= other[1] and one[2] <= other[2] and one[3] <= other[3]


def _filled(page: Page, cards: Sequence[tuple[int, ...]]) -> list[Region]:
    """Cards with their lines, and what stands beside them all where that is much."""
    boxes = [np.array(card, np.float64) for card in cards]
    on: list[list[Line]] = [[] for _ in cards]
    outside = []
    for line in page.lines:
        x, y = line.box.mean(axis=0)
        # Boxes of turned cards may overlap at their corners: the one whose middle is nearer has the line.
        holding = [k for k, (left, top, right, bottom) in enumerate(boxes) if left <= x <= right and top <= y <= bottom]
        if holding:
            on[min(holding, key=lambda k: _distance(cards[k], x, y))].append(line)
        else:
            outside.append(line)
    if cards:
        outside = _without_borders(outside, boxes, on)
    found = [
        Region(_edges(page, box), tuple(lines), True)
        for box, lines in zip(boxes, on, strict=True)
        if len(lines) >= _LEAST_LINES
    ]
    if len(outside) >= _LEAST_OUTSIDE:
        found.append(_around(page, outside, on_paper=True))
    return found


def _without_borders(outside: Sequence[Line], boxes: list[np.ndarray], on: list[list[Line]]) -> list[Line]:
    """The lines that stand on no card. Those at a card's edge are on a part of it that is as light as the paper, as
    the strip of the MRZ often is; the card grows by them."""
    left = list(outside)
    while left:
        gaps = [(_gap(boxes[k], line) / line.height, n, k) for n, line in enumerate(left) for k in range(len(boxes))]
        gap, nearest, k = min(gaps)
        if gap > _AT_EDGE:
            break
        line = left.pop(nearest)
        on[k].append(line)
        low, high = line.box.min(axis=0) - line.height / 2, line.box.max(axis=0) + line.height / 2
        boxes[k] = np.r_[np.minimum(boxes[k][:2], low), np.maximum(boxes[k][2:], high)]
    return left


def _gap(box: np.ndarray, line: Line) -> float:
    """How far a line stands from a box, in pixels."""
    low, high = line.box.min(axis=0), line.box.max(axis=0)
    return float(np.maximum(np.maximum(box[:2] - high, low - box[2:]), 0).max())


def _edges(page: Page, box: np.ndarray) -> tuple[int, int, int, int]:
    height, width = page.image.shape[:2]
    left, top, right, bottom = (int(edge) for edge in np.clip(box, 0, [width, height, width, height]))
    return left, top, right, bottom


def _distance(card: tuple[int, ...], x: float, y: float) -> float:
    """How far from a card's middle, in its own half sides."""
    left, top, right, bottom = card
    return max(abs(2 * x - left - right) / (right - left), abs(2 * y - top - bottom) / (bottom - top))


def _around(page: Page, lines: Sequence[Line], *, on_paper: bool) -> Region:
    corners = np.concatenate([line.box for line in lines])
    margin = _MARGIN * float(np.median([line.height for line in lines]))
    left, top = np.maximum(corners.min(axis=0) - margin, 0).astype(int)
    right, bottom = np.minimum(corners.max(axis=0) + margin, page.image.shape[1::-1]).astype(int)
    return Region((int(left), int(top), int(right), int(bottom)), tuple(lines), on_paper)


def _cut(lines: Sequence[Line], most: int) -> list[Sequence[Line]]:
    """Lines in parts: cut along the band whose sides belong together least, and each side again."""
    bands = _bands(lines) if most > 1 else []
    if not bands:
        return [lines]
    layout = read_layout(lines, None)
    of_line = np.array([word.line for word in layout.words])
    best: tuple[float, np.ndarray] | None = None
    for _, before in bands[:_TRIED]:
        one, other = np.flatnonzero(before[of_line]), np.flatnonzero(~before[of_line])
        if len(one) and len(other):
            mean = float(layout.together[np.ix_(one, other)].mean())
            if best is None or mean < best[0]:
                best = mean, before
    if best is None or best[0] >= _TOGETHER:
        return [lines]
    first = [line for line, before in zip(lines, best[1], strict=True) if before]
    second = [line for line, before in zip(lines, best[1], strict=True) if not before]
    parts = _cut(first, most - 1)
    return [*parts, *_cut(second, most - len(parts))]


def _bands(lines: Sequence[Line]) -> list[tuple[float, np.ndarray]]:
    """Bands without text across all lines: their widths in line heights, and which lines (n,) stand before each."""
    if len(lines) < 2 * _LEAST_LINES:
        return []
    boxes = np.array([(*line.box.min(axis=0), *line.box.max(axis=0)) for line in lines])
    height = float(np.median(boxes[:, 3] - boxes[:, 1]))
    found = []
    for low, high in ((0, 2), (1, 3)):
        order = np.argsort(boxes[:, low], kind="stable")
        ends = np.maximum.accumulate(boxes[order, high])
        for k in np.flatnonzero(boxes[order[1:], low] - ends[:-1] >= _BAND * height):
            before = np.zeros(len(lines), dtype=bool)
            before[order[: k + 1]] = True
            if min(before.sum(), (~before).sum()) >= _LEAST_LINES:
                found.append((float(boxes[order[k + 1], low] - ends[k]) / height, before))
    return sorted(found, key=lambda one: -one[0])
