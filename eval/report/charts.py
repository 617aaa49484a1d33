"""The report's plots as inline SVG: no library, no script, colours from the page's own theme.

Each function takes series and returns one `<svg>` element. Sizes are in CSS pixels of a narrow phone, so that text
stays legible where the plot is not scaled up; every mark has a title that says its numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

ToPixels = Callable[[float], float]

WIDTH, HEIGHT = 360, 250
#: Room for the axes' numbers and names.
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 10, 40
#: How many colours the style sheet has for series (--series-0 ...).
COLOURS = 10


@dataclass(frozen=True)
class Mark:
    """A point: where, what it says, an interval of y if there is one, and its radius."""

    x: float
    y: float
    title: str
    low: float | None = None
    high: float | None = None
    radius: float = 3.5


@dataclass(frozen=True)
class Series:
    """Marks of one colour; `line` joins them, `dots` draws them."""

    name: str
    marks: Sequence[Mark]
    line: bool = False
    dots: bool = True


@dataclass(frozen=True)
class Axis:
    """A range of values and how they are written; `percent` writes shares."""

    name: str
    low: float
    high: float
    percent: bool = True
    ticks: tuple[float, ...] = field(default=())

    def text(self, value: float) -> str:
        if self.percent:
            return f"{100 * value:g}%" if self.high - self.low >= 0.05 else f"{100 * value:.1f}%"
        return f"{value:g}"


def axis(name: str, values: Sequence[float], *, percent: bool = True, floor: float | None = None) -> Axis:
    """An axis that holds all values, with about five round ticks; from `floor` where one is given."""
    low = min(values, default=0.0) if floor is None else floor
    high = max(values, default=1.0)
    if high - low < 1e-9:
        high = low + (0.05 if percent else 1.0)
    raw = (high - low) / 4
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * times for times in (1, 2, 2.5, 5, 10) if size * times >= raw - 1e-12)
    start = math.floor(low / step + 1e-9)
    end = math.ceil(high / step - 1e-9)
    ticks = tuple(round(k * step, 10) for k in range(start, end + 1))
    return Axis(name, ticks[0], ticks[-1], percent, ticks)


def plot(
    title: str,
    x: Axis,
    y: Axis,
    series: Sequence[Series],
    *,
    diagonal: bool = False,
    level: tuple[float, str] | None = None,
    labels: bool = False,
) -> str:
    """One plot. `diagonal` draws where x is y, `level` a dashed line at a height with its name, `labels` writes each
    series' name beside its last mark."""

    def px(value: float) -> float:
        share = (value - x.low) / (x.high - x.low)
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def py(value: float) -> float:
        share = (value - y.low) / (y.high - y.low)
        return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)

    parts = [f"<title>{escape(title)}</title>", *_axes(x, y, px, py)]
    if diagonal:
        low, high = max(x.low, y.low), min(x.high, y.high)
        parts.append(f'<line class="guide" x1="{px(low)}" y1="{py(low)}" x2="{px(high)}" y2="{py(high)}"/>')
    if level is not None and y.low <= level[0] <= y.high:
        height = py(level[0])
        parts.append(f'<line class="guide" x1="{_LEFT}" y1="{height}" x2="{WIDTH - _RIGHT}" y2="{height}"/>')
        parts.append(f'<text class="note" x="{_LEFT + 4}" y="{height - 4}">{escape(level[1])}</text>')
    for number, one in enumerate(series):
        parts += _series(one, number % COLOURS, px, py)
    if labels:
        parts += _labels(series, px, py)
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )


def _axes(x: Axis, y: Axis, px: ToPixels, py: ToPixels) -> list[str]:
    bottom = HEIGHT - _BOTTOM
    parts = []
    for tick in y.ticks:
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{py(tick)}" x2="{WIDTH - _RIGHT}" y2="{py(tick)}"/>')
        parts.append(f'<text class="tick" text-anchor="end" x="{_LEFT - 6}" y="{py(tick) + 4}">{y.text(tick)}</text>')
    for tick in x.ticks:
        parts.append(f'<line class="grid" x1="{px(tick)}" y1="{_TOP}" x2="{px(tick)}" y2="{bottom}"/>')
        anchor = "end" if px(tick) > WIDTH - 24 else "middle"
        parts.append(
            f'<text class="tick" text-anchor="{anchor}" x="{px(tick)}" y="{bottom + 15}">{x.text(tick)}</text>'
        )
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    parts.append(f'<text class="axis" text-anchor="middle" x="{middle}" y="{HEIGHT - 6}">{escape(x.name)}</text>')
    height = (_TOP + bottom) / 2
    turn = f'transform="translate(12 {height}) rotate(-90)"'
    parts.append(f'<text class="axis" text-anchor="middle" {turn}>{escape(y.name)}</text>')
    return parts


def _series(one: Series, colour: int, px: ToPixels, py: ToPixels) -> list[str]:
    parts = []
    if one.line and len(one.marks) > 1:
        path = f"M{px(one.marks[0].x)} {py(one.marks[0].y)}"
        for mark in one.marks[1:]:
            path += f"L{px(mark.x)} {py(mark.y)}"
        parts.append(f'<path class="line" d="{path}" style="stroke:var(--series-{colour})"/>')
    for mark in one.marks if one.dots else ():
        if mark.low is not None and mark.high is not None:
            parts.append(
                f'<line class="whisker" x1="{px(mark.x)}" x2="{px(mark.x)}" y1="{py(mark.low)}" y2="{py(mark.high)}"'
                f' style="stroke:var(--series-{colour})"/>'
            )
        parts.append(
            f'<circle class="dot" cx="{px(mark.x)}" cy="{py(mark.y)}" r="{mark.radius:g}"'
            f' style="fill:var(--series-{colour})"><title>{escape(mark.title)}</title></circle>'
        )
    return parts


def _labels(series: Sequence[Series], px: ToPixels, py: ToPixels) -> list[str]:
    """Each series' name beside its last mark, where there is room, none upon another."""
    parts = []
    # Names keep off the marks of other series as well as off each other.
    taken = [(px(s.marks[-1].x) - 5, px(s.marks[-1].x) + 5, py(s.marks[-1].y) + 4) for s in series if s.marks]
    for one in sorted((s for s in series if s.marks), key=lambda s: py(s.marks[-1].y)):
        x, y = px(one.marks[-1].x), py(one.marks[-1].y) + 4
        width = 6.2 * len(one.name)
        left = x + 9 + width > WIDTH - _RIGHT
        start = x - 9 - width if left else x + 9
        while any(abs(y - other) < 12 and start < end and begin < start + width for begin, end, other in taken):
            y += 4
        taken.append((start, start + width, y))
        place, anchor = (x - 9, "end") if left else (x + 9, "start")
        parts.append(f'<text class="label" text-anchor="{anchor}" x="{place:g}" y="{y:g}">{escape(one.name)}</text>')
    return parts
