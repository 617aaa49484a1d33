"""Setting one side of a document: captions and values flow into the rows of a layout.

Rows share the body's height by the lines their values need. A value too wide for its cell is broken where its field
allows it, then narrowed, then set smaller; nothing is ever cut off or laid over its neighbour.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.synthesis import ornaments
from eval.synthesis.canvas import Canvas, Colour, Run
from eval.synthesis.content import Content, Lines
from eval.synthesis.fonts import Face, FontFile
from eval.synthesis.shaping import is_arabic
from eval.synthesis.templates import Cell, Document, Layout, Side, Template
from schemas.captions import LICENCE_NUMBERS

#: Fields whose values may be broken into several lines.
_BREAKABLE = frozenset(
    "address authority endorsements place_of_birth category given_names surname name restrictions".split()
)
_GAP = 1.2
_NARROWEST = 0.74
_LINE = 1.18
_NUMBER_OF_FIELD = {name: number for number, name in LICENCE_NUMBERS.items()}


@dataclass(frozen=True)
class Style:
    """How one specimen is set: faces, sizes in millimetres and colours, chosen once per specimen."""

    caption_face: Face
    value_face: Face
    title_face: Face
    mrz_font: FontFile
    caption_size: float
    value_size: float
    caption_colour: Colour
    value_colour: Colour
    title_colour: Colour
    caption_upper: bool
    caption_joint: str
    shift: tuple[float, float]


@dataclass(frozen=True)
class _Fit:
    lines: Lines
    size: float
    squeeze: float


def draw_side(
    canvas: Canvas, side: Side, template: Template, content: Content, style: Style, rng: random.Random
) -> set[str]:
    """Draws a side's frame, text and zone; returns the fields whose place is on it, filled or blank."""
    _frame(canvas, side, template, style, rng)
    shown = _rows(side, template.document)
    drawn = {name for row in shown for cell in row for name in _fields_of(cell.field, content, template.document)}
    _set_rows(canvas, side, template, content, style, shown)
    if content.mrz and "mrz" in side.places:
        _zone(canvas, side, content, style)
        drawn.add("mrz")
    return drawn


def _fields_of(name: str, content: Content, document: Document) -> set[str]:
    """The fields that cell `name` shows: its own, and what is printed along with it."""
    own = {run.field for line in content.lines.get(name, []) for run in line if run.field}
    if name == "birth_date" and document.option("birth_with_place"):
        own.add("place_of_birth")
    return own | {name}


def _frame(canvas: Canvas, side: Side, template: Template, style: Style, rng: random.Random) -> None:
    places = side.places
    document = template.document
    width, height = side.size
    if template.layout.bands:
        tone = tuple(max(0, c - 30) for c in (rng.randint(150, 240), rng.randint(150, 240), rng.randint(170, 250)))
        ornaments.panel(canvas, (0, 0, width, 9.5), tone, 0.6)  # type: ignore[arg-type]
    if "state_sign" in places:
        _state_sign(canvas, places["state_sign"], document.option("sign", document.state), style)
    if "emblem" in places:
        ornaments.emblem(canvas, rng, places["emblem"])
    if "portrait" in places:
        number = ornaments.portrait(canvas, rng, template.pool, places["portrait"])
        if "ghost" in places and rng.random() < 0.7:
            ornaments.ghost(canvas, template.pool, number, places["ghost"])
    elif "ghost" in places:
        ornaments.ghost(canvas, template.pool, rng.randrange(40), places["ghost"])
    if "chip" in places:
        ornaments.chip(canvas, rng, places["chip"])
    if "signature" in places and rng.random() < 0.8:
        ornaments.signature(canvas, rng, places["signature"])
    for name in ("country", "title"):
        if name in places:
            wording = document.option(name, "")
            text = wording if isinstance(wording, str) else rng.choice(wording)
            _heading(canvas, places[name], text, style, width)


def _heading(canvas: Canvas, place: Sequence[object], text: str, style: Style, width: float) -> None:
    x, y, size = (float(value) for value in place[:3])  # type: ignore[arg-type]
    align = str(place[3]) if len(place) > 3 else "left"
    edge = {"left": width - x - 2, "right": x - 2, "centre": 2 * min(x, width - x) - 4}[align]
    room = float(place[4]) if len(place) > 4 else edge  # type: ignore[arg-type]
    needed = canvas.width_of(text, style.title_face, size)
    squeeze = max(_NARROWEST, min(1.0, room / needed))
    size = size if needed * squeeze <= room else size * room / (needed * squeeze)
    canvas.line(x, y, [Run(text)], style.title_face, size, style.title_colour, align=align, squeeze=squeeze)


def _state_sign(canvas: Canvas, place: tuple[float, float, float, float], sign: str, style: Style) -> None:
    x, y, w, h = place
    ornaments.panel(canvas, place, (30, 60, 150))
    size = min(h * 0.62, w * 1.5 / max(1, len(sign)))
    canvas.line(x + w / 2, y + h * 0.68, [Run(sign)], style.title_face, size, (250, 250, 250), align="centre")


def _rows(side: Side, document: Document) -> list[tuple[Cell, ...]]:
    """The layout's rows with the cells that this document prints; a lone cell gets the whole row's start."""
    rows = []
    names = set(document.fields) | _name_cells(document)
    if document.option("birth_with_place"):
        names.discard("place_of_birth")
    for row in side.rows:
        cells = [cell for cell in row if cell.field in names]
        if cells:
            rows.append((Cell(cells[0].field, min(cells[0].share, 0.0)), *cells[1:]))
    return rows


def _name_cells(document: Document) -> set[str]:
    return {"native_plus": {"name", "surname", "given_names"}}.get(document.option("names", "latin"), set())


def _set_rows(
    canvas: Canvas, side: Side, template: Template, content: Content, style: Style, rows: list[tuple[Cell, ...]]
) -> None:
    left, top, right, bottom = side.body
    dx, dy = style.shift
    layout, document = template.layout, template.document
    width = right - left
    fits = [[_fit(canvas, content.lines.get(cell.field, []), cell.field, room, style.value_size, style)
             for cell, room in zip(row, _rooms(row, width, layout, style), strict=True)] for row in rows]  # fmt: skip
    above = layout.caption == "above"
    head = style.caption_size * 1.12 if above else 0.0
    heights = [head + max([1, *(len(fit.lines) for fit in row)]) * style.value_size * _LINE for row in fits]
    spare = (bottom - top) - sum(heights)
    shrink = 1.0 if spare >= 0 else (bottom - top) / sum(heights)
    pad = max(0.0, min(spare / max(1, len(rows)), 0.9 * style.value_size))
    y = top + dy
    for row, row_fits, height in zip(rows, fits, heights, strict=True):
        for cell, fit, room in zip(row, row_fits, _rooms(row, width, layout, style), strict=True):
            start = 1.0 - cell.share - (room + _GAP) / width if document.option("rtl") else cell.share
            x = left + dx + max(0.0, start) * width
            box = (x, y, room)
            _set_cell(canvas, cell.field, fit, box, style, template, shrink)
        y += height * shrink + pad


def _rooms(row: tuple[Cell, ...], width: float, layout: Layout, style: Style) -> list[float]:
    """How wide each cell of a row may be."""
    edges = [cell.share for cell in row] + [1.0]
    return [(after - before) * width - _GAP for before, after in zip(edges, edges[1:], strict=False)]


def _caption_text(document: Document, name: str, style: Style) -> str:
    if name in _NUMBER_OF_FIELD and document.group == "licence_eu":
        return f"{_NUMBER_OF_FIELD[name]}."
    captions = document.captions(name)
    return style.caption_joint.join(caption.upper() if style.caption_upper else caption for caption in captions)


def _fit(canvas: Canvas, lines: Lines, name: str, room: float, size: float, style: Style) -> _Fit:
    """`lines` made to fit `room` millimetres."""
    if not lines:
        return _Fit([], size, 1.0)
    if name in _BREAKABLE and all(len(line) == 1 for line in lines):
        lines = [piece for line in lines for piece in _broken(canvas, line[0], room / _NARROWEST * 0.86, size, style)]
    widest = max(sum(canvas.width_of(run.text, style.value_face, size) for run in line) for line in lines)
    squeeze = max(_NARROWEST, min(1.0, room / widest)) if widest else 1.0
    if widest * squeeze > room:
        size *= room / (widest * squeeze)
    return _Fit(lines, size, squeeze)


def _broken(canvas: Canvas, run: Run, room: float, size: float, style: Style) -> Lines:
    """A run as lines no wider than `room`, broken between words, or between characters where there are no spaces."""
    if canvas.width_of(run.text, style.value_face, size) <= room:
        return [[run]]
    spaced = " " in run.text
    pieces = run.text.split(" ") if spaced else list(run.text)
    joint = " " if spaced else ""
    lines, current = [], pieces[0]
    for piece in pieces[1:]:
        longer = current + joint + piece
        if canvas.width_of(longer, style.value_face, size) > room:
            lines.append(current)
            current = piece
        else:
            current = longer
    return [[Run(text, run.field)] for text in [*lines, current]]


def _set_cell(
    canvas: Canvas,
    name: str,
    fit: _Fit,
    box: tuple[float, float, float],
    style: Style,
    template: Template,
    shrink: float,
) -> None:
    x, y, room = box
    layout, document = template.layout, template.document
    rtl = bool(document.option("rtl"))
    caption = _caption_text(document, name, style)
    size = style.caption_size * shrink
    if layout.caption == "above":
        _set_caption(canvas, caption, x, y + size, room, size, style, rtl)
        baseline, start = y + size * 1.12 + fit.size * shrink, 0.0
    else:
        baseline = y + style.value_size * shrink
        used = _set_caption(canvas, caption, x, baseline, room * 0.55, size, style, rtl, whole=room)
        # Captions to the left leave a common column for the values.
        start = max(used + 0.8, 0.3 * room if layout.caption == "left" else 0.0)
        fit = _refit(canvas, fit, room - start, style)
    for i, line in enumerate(fit.lines):
        right = rtl or (is_arabic(line[0].text[:1]) and layout.caption == "above")
        canvas.line(
            x + room - (start if rtl else 0.0) if right else x + start,
            baseline + i * fit.size * shrink * _LINE,
            list(reversed(line)) if right else line,
            style.value_face,
            fit.size * shrink,
            style.value_colour,
            align="right" if right else "left",
            squeeze=fit.squeeze,
        )


def _refit(canvas: Canvas, fit: _Fit, room: float, style: Style) -> _Fit:
    """The fit again, beside a caption whose width is only now known; lines are not broken anew."""
    if not fit.lines:
        return fit
    widest = max(sum(canvas.width_of(run.text, style.value_face, fit.size) for run in line) for line in fit.lines)
    squeeze = max(_NARROWEST, min(1.0, room / widest))
    size = fit.size if widest * squeeze <= room else fit.size * room / (widest * squeeze)
    return _Fit(fit.lines, size, squeeze)


def _set_caption(
    canvas: Canvas,
    text: str,
    x: float,
    y: float,
    room: float,
    size: float,
    style: Style,
    rtl: bool,
    *,
    whole: float | None = None,
) -> float:
    """Sets a caption into `room` millimetres from `x`, or, right to left, up to the cell's right edge (`whole` from
    `x`); returns the width it took. Latin and Arabic take the two ends."""
    if not text:
        return 0.0
    face, colour = style.caption_face, style.caption_colour
    latin, arabic = _split_scripts(text, style.caption_joint)
    if arabic and latin and not rtl and whole is None:
        needed = canvas.width_of(latin, face, size) + canvas.width_of(arabic, face, size)
        small = size * min(1.0, max(0.4, (room - 0.6) / needed))
        canvas.line(x + room, y, [Run(arabic)], face, small, colour, align="right")
        return canvas.line(x, y, [Run(latin)], face, small, colour)
    needed = canvas.width_of(text, face, size)
    squeeze = max(_NARROWEST, min(1.0, room / needed))
    size = size if needed * squeeze <= room else size * room / (needed * squeeze)
    align, at = ("right", x + (whole or room)) if rtl else ("left", x)
    return canvas.line(at, y, [Run(text)], face, size, colour, align=align, squeeze=squeeze)


def _split_scripts(text: str, joint: str) -> tuple[str, str]:
    parts = text.split(joint)
    arabic = [part for part in parts if is_arabic(part[:1])]
    return joint.join(part for part in parts if part not in arabic), joint.join(arabic)


def _zone(canvas: Canvas, side: Side, content: Content, style: Style) -> None:
    """The machine-readable zone: 10 characters an inch, 4.233 mm between lines (ICAO Doc 9303-3, 4.4 and 4.5)."""
    x, y = side.places["mrz"]
    width, height = side.size
    pitch = min(2.54, (width - 2 * x + 1.5) / len(content.mrz[0]))
    pale: Mapping[str, Colour] = {"paper": (246, 246, 243)}
    ornaments.panel(canvas, (0, y - 5.2, width, height - y + 5.2), pale["paper"], 0.72)
    for i, line in enumerate(content.mrz):
        canvas.pitched(x, y + i * 4.6, Run(line, "mrz"), style.mrz_font, 3.45, pitch, (25, 25, 30))
