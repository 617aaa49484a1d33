"""Setting one side of a document: captions and values flow into the rows of a layout.

Rows share the body's height by the lines their values need. A value too wide for its cell is broken where its field
allows it, then narrowed, then set smaller; nothing is ever cut off or laid over its neighbour.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from extractor.schemas.captions import LICENCE_NUMBERS
from extractor.synthesis import ornaments
from extractor.synthesis.canvas import Canvas, Lettering, TextRun
from extractor.synthesis.content import Content, RunLines
from extractor.synthesis.fonts import advance
from extractor.synthesis.shaping import is_arabic
from extractor.synthesis.templates import Template, TemplateCell, TemplateSide

#: Fields whose values may be broken into several lines.
_BREAKABLE = frozenset(
    "address authority endorsements place_of_birth category given_names surname name restrictions".split()
)
#: Between neighbouring cells, millimetres.
_GAP = 1.2
#: How far letters may be narrowed; and how much of that a value is counted on for before it is broken.
_NARROWEST = 0.74
_BEFORE_BREAKING = 0.86
#: Distance of baselines, in ems.
_LINE = 1.18
_NUMBER_OF_FIELD = {name: number for number, names in LICENCE_NUMBERS.items() for name in names}


@dataclass(frozen=True)
class FlowStyle:
    """How one specimen is set, chosen once per specimen; `shift` moves all text, millimetres."""

    caption: Lettering
    value: Lettering
    title: Lettering
    mrz: Lettering
    caption_upper: bool
    caption_joint: str
    shift: tuple[float, float]


@dataclass(frozen=True)
class Setting:
    """All that one side is drawn from."""

    canvas: Canvas
    side: TemplateSide
    template: Template
    content: Content
    style: FlowStyle
    rng: random.Random

    @property
    def rtl(self) -> bool:
        return bool(self.template.document.option("rtl"))


@dataclass(frozen=True)
class _Fit:
    """A value made to fit: its lines, their size in millimetres and how far they are narrowed."""

    lines: RunLines
    size: float
    squeeze: float


def draw_side(setting: Setting) -> set[str]:
    """Draws a side's frame, text and zone; returns the fields whose place is on it, filled or blank."""
    _frame(setting)
    rows = _rows(setting)
    drawn = {name for row in rows for cell in row for name in _fields_of(setting, cell.field)}
    if rows:
        _set_rows(setting, rows)
    if setting.content.mrz and "mrz" in setting.side.places:
        _zone(setting)
        drawn.add("mrz")
    return drawn


def _fields_of(setting: Setting, name: str) -> set[str]:
    """The fields that cell `name` shows: its own, and what is printed along with it."""
    shown = {run.field for line in setting.content.lines.get(name, []) for run in line if run.field}
    if name == "birth_date" and setting.template.document.option("birth_with_place"):
        shown.add("place_of_birth")
    return shown | {name}


def _frame(setting: Setting) -> None:
    canvas, places, rng = setting.canvas, setting.side.places, setting.rng
    document, pool = setting.template.document, setting.template.pool
    if setting.template.layout.bands:
        tone = (rng.randint(120, 210), rng.randint(120, 210), rng.randint(140, 220))
        ornaments.panel(canvas, (0, 0, setting.side.size[0], 9.5), tone, 0.6)
    if "state_sign" in places:
        _state_sign(setting, document.option("sign", document.state))
    if "emblem" in places:
        ornaments.emblem(canvas, rng, places["emblem"])
    face = ornaments.choose_face(rng)
    if "portrait" in places:
        ornaments.portrait(canvas, pool, face, places["portrait"], grey=rng.random() < 0.35)
    if "ghost" in places and rng.random() < 0.7:
        ornaments.ghost(canvas, pool, face, places["ghost"])
    if "chip" in places:
        ornaments.chip(canvas, rng, places["chip"])
    if "signature" in places and rng.random() < 0.8:
        ornaments.signature(canvas, rng, places["signature"])
    for name in ("country", "title"):
        if name in places:
            wording = document.option(name, "")
            _heading(setting, places[name], wording if isinstance(wording, str) else rng.choice(wording))


def _heading(setting: Setting, place: Sequence[float | str], text: str) -> None:
    """A heading at `place`: x, y and size, then how it is aligned and how wide it may be, if those are said."""
    x, y, size = (float(value) for value in place[:3])
    align = str(place[3]) if len(place) > 3 else "left"
    width = setting.side.size[0]
    edge = {"left": width - x - 2, "right": x - 2, "centre": 2 * min(x, width - x) - 4}[align]
    room = float(place[4]) if len(place) > 4 else edge
    fit = _fitted(setting.canvas, [[TextRun(text)]], setting.style.title.resized(size), room)
    lettering = setting.style.title.resized(fit.size)
    setting.canvas.line(x, y, fit.lines[0], lettering, align=align, squeeze=fit.squeeze)


def _state_sign(setting: Setting, sign: str) -> None:
    x, y, w, h = setting.side.places["state_sign"]
    ornaments.panel(setting.canvas, (x, y, w, h), (30, 60, 150))
    lettering = Lettering(setting.style.title.face, min(h * 0.62, w * 1.5 / max(1, len(sign))), (250, 250, 250))
    setting.canvas.line(x + w / 2, y + h * 0.68, [TextRun(sign)], lettering, align="centre")


def _rows(setting: Setting) -> list[tuple[TemplateCell, ...]]:
    """The layout's rows with the cells that this document prints, the first of each moved to the row's start."""
    document = setting.template.document
    names = set(document.fields)
    if document.option("names") == "native_plus":
        names |= {"name", "surname", "given_names"}
    if document.option("birth_with_place"):
        names.discard("place_of_birth")
    printed = ([cell for cell in row if cell.field in names] for row in setting.side.rows)
    return [(TemplateCell(cells[0].field, 0.0), *cells[1:]) for cells in printed if cells]


def _set_rows(setting: Setting, rows: list[tuple[TemplateCell, ...]]) -> None:
    left, top, right, bottom = setting.side.body
    style, width = setting.style, right - left
    rooms = [[(after - cell.share) * width - _GAP for cell, after in _with_ends(row)] for row in rows]
    fits = [
        [_fit(setting, cell.field, room) for cell, room in zip(row, row_rooms, strict=True)]
        for row, row_rooms in zip(rows, rooms, strict=True)
    ]
    head = style.caption.size * 1.12 if setting.template.layout.caption == "above" else 0.0
    heights = [head + max([1, *(len(fit.lines) for fit in row)]) * style.value.size * _LINE for row in fits]
    spare = bottom - top - sum(heights)
    shrink = min(1.0, (bottom - top) / sum(heights))
    pad = max(0.0, min(spare / max(1, len(rows)), 0.9 * style.value.size))
    y = top + style.shift[1]
    for row, row_rooms, row_fits, height in zip(rows, rooms, fits, heights, strict=True):
        for cell, room, fit in zip(row, row_rooms, row_fits, strict=True):
            start = width - cell.share * width - room if setting.rtl else cell.share * width
            _set_cell(setting, cell, fit, (left + style.shift[0] + start, y, room), shrink)
        y += height * shrink + pad


def _with_ends(row: tuple[TemplateCell, ...]) -> list[tuple[TemplateCell, float]]:
    """Each cell with the share at which the next one begins."""
    return [(cell, after) for cell, (_, after) in zip(row, pairwise([*(c.share for c in row), 1.0]), strict=True)]


def _caption_text(setting: Setting, name: str) -> str:
    document, style = setting.template.document, setting.style
    if name in _NUMBER_OF_FIELD and document.group == "licence_eu":
        return f"{_NUMBER_OF_FIELD[name]}."
    return style.caption_joint.join(c.upper() if style.caption_upper else c for c in document.captions(name))


def _fit(setting: Setting, name: str, room: float) -> _Fit:
    """The value of cell `name` made to fit `room` millimetres."""
    lines = setting.content.lines.get(name, [])
    value = setting.style.value
    if name in _BREAKABLE and all(len(line) == 1 for line in lines):
        wide = room / _NARROWEST * _BEFORE_BREAKING
        lines = [piece for line in lines for piece in _broken(setting.canvas, line[0], value, wide)]
    return _fitted(setting.canvas, lines, value, room)


def _fitted(canvas: Canvas, lines: RunLines, lettering: Lettering, room: float) -> _Fit:
    """`lines` narrowed, and where that is not enough set smaller, until the widest has `room` millimetres."""
    widest = max((sum(canvas.width_of(run.text, lettering) for run in line) for line in lines), default=0.0)
    if widest <= room:
        return _Fit(lines, lettering.size, 1.0)
    squeeze = max(_NARROWEST, room / widest)
    return _Fit(lines, lettering.size * min(1.0, room / (widest * squeeze)), squeeze)


def _broken(canvas: Canvas, run: TextRun, lettering: Lettering, room: float) -> RunLines:
    """A run as lines no wider than `room`, broken between words, or between characters where there are no spaces."""
    if canvas.width_of(run.text, lettering) <= room:
        return [[run]]
    joint = " " if " " in run.text else ""
    pieces = run.text.split(" ") if joint else list(run.text)
    lines, current = [], pieces[0]
    for piece in pieces[1:]:
        longer = current + joint + piece
        if canvas.width_of(longer, lettering) > room:
            lines.append(current)
            current = piece
        else:
            current = longer
    return [[TextRun(text, run.field)] for text in [*lines, current]]


def _set_cell(
    setting: Setting, cell: TemplateCell, fit: _Fit, place: tuple[float, float, float], shrink: float
) -> None:
    """Sets a caption and its value at `place`: x, y and the room to its right; `shrink` makes all smaller."""
    x, y, room = place
    name, first = cell.field, cell.share == 0.0
    style, caption_style = setting.style, setting.template.layout.caption
    caption = _caption_text(setting, name)
    size = style.caption.size * shrink
    if caption_style == "above":
        _set_caption(setting, caption, (x, y + size, room), size)
        baseline, start = y + size * 1.12 + fit.size * shrink, 0.0
    else:
        baseline = y + style.value.size * shrink
        used = _set_whole_caption(setting, caption, (x, baseline, room), size, 0.55 * room) if caption else 0.0
        start = used + 0.8
        if caption_style == "left" and first:
            start = min(max(start, _column(setting, shrink)), 0.65 * room)
        fit = _fitted(setting.canvas, fit.lines, style.value.resized(fit.size), room - start)
    lettering = style.value.resized(fit.size * shrink)
    for i, line in enumerate(fit.lines):
        at = baseline + i * lettering.size * _LINE
        if setting.rtl:
            setting.canvas.line(x + room - start, at, line[::-1], lettering, align="right", squeeze=fit.squeeze)
        elif is_arabic(line[0].text[:1]) and caption_style == "above":
            setting.canvas.line(x + room, at, line[::-1], lettering, align="right", squeeze=fit.squeeze)
        else:
            setting.canvas.line(x + start, at, line, lettering, squeeze=fit.squeeze)


def _column(setting: Setting, shrink: float) -> float:
    """Where values stand beside captions to their left: past the widest caption that begins a row."""
    width = setting.side.body[2] - setting.side.body[0]
    lettering = setting.style.caption.resized(setting.style.caption.size * shrink)
    captions = [_caption_text(setting, row[0].field) for row in _rows(setting)]
    widest = max(setting.canvas.width_of(caption, lettering) for caption in captions)
    return min(widest + 0.8, 0.5 * width)


def _set_caption(setting: Setting, text: str, place: tuple[float, float, float], size: float) -> None:
    """Sets a caption above its value; of a Latin and an Arabic one, each takes its end of the cell."""
    x, y, room = place
    canvas, joint = setting.canvas, setting.style.caption_joint
    parts = text.split(joint)
    arabic = [part for part in parts if is_arabic(part[:1])]
    if arabic and len(arabic) < len(parts) and not setting.rtl:
        ends = joint.join(part for part in parts if part not in arabic), joint.join(arabic)
        lettering = setting.style.caption.resized(size)
        needed = sum(canvas.width_of(end, lettering) for end in ends)
        lettering = lettering.resized(size * min(1.0, max(0.4, (room - 0.6) / needed)))
        canvas.line(x, y, [TextRun(ends[0])], lettering)
        canvas.line(x + room, y, [TextRun(ends[1])], lettering, align="right")
        return
    _set_whole_caption(setting, text, place, size, room)


def _set_whole_caption(
    setting: Setting, text: str, place: tuple[float, float, float], size: float, at_most: float
) -> float:
    x, y, room = place
    fit = _fitted(setting.canvas, [[TextRun(text)]], setting.style.caption.resized(size), at_most)
    align, at = ("right", x + room) if setting.rtl else ("left", x)
    lettering = setting.style.caption.resized(fit.size)
    return setting.canvas.line(at, y, fit.lines[0], lettering, align=align, squeeze=fit.squeeze)


def _zone(setting: Setting) -> None:
    """The machine-readable zone: 10 characters an inch (ICAO Doc 9303-3, 4.4)."""
    x, y = setting.side.places["mrz"]
    width, height = setting.side.size
    lines = setting.content.mrz
    pitch = min(2.54, (width - 2 * x + 1.5) / len(lines[0]))
    # The size at which the font itself would set ten characters an inch, as OCR-B does at 12 points.
    size = 0.98 * pitch / advance(setting.style.mrz.face.latin, "A", 1.0)
    ornaments.panel(setting.canvas, (0, y - 5.4, width, height - y + 5.4), (246, 246, 243), 0.72)
    for i, line in enumerate(lines):
        setting.canvas.pitched(x, y + i * 4.7, TextRun(line, "mrz"), setting.style.mrz.resized(size), pitch)
