"""A labelled page as text and geometry, set as a document would be.

Made from a document's description (`extractor.synthesis.catalogue`, or `designs`) and its holder's values (`holder`):
no pixel is drawn, so that a core makes a hundred pages a second. `noise` then does to it what recognition does.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extractor.training.visual.holder import Holder
from extractor.training.visual.labelled import Sheet, SheetLine
from extractor.visual.tags import FIELDS, NOTHING, TITLE, caption_tag, value_tag

#: Width and height in millimetres (ICAO Doc 9303-3 to 9303-7; ID2 is TD2).
SIZES: Mapping[str, tuple[float, float]] = {
    "ID1": (85.6, 54.0), "TD1": (85.6, 54.0), "ID2": (105.0, 74.0), "TD2": (105.0, 74.0), "TD3": (125.0, 88.0),
    "BOOK": (88.0, 125.0), "MRVA": (120.0, 80.0), "MRVB": (105.0, 74.0),
}  # fmt: skip
_PLACEHOLDER = re.compile(r"\{(\??[^{}]+)\}")
_MARGIN = 2.5
#: What a line may be broken between: words, and ideographs, kana and Thai letters, which have no spaces.
_UNITS = re.compile(r"\s+|[\u2e80-\u9fff\uf900-\ufaff\u0e00-\u0eff]|[^\s\u2e80-\u9fff\uf900-\ufaff\u0e00-\u0eff]+")


@dataclass
class _TaggedText:
    """Text with one tag and one owner."""

    text: str
    tag: int = NOTHING
    owner: int = 0


@dataclass
class _Setter:
    """Sets the rows of one side, with what all of its lines have in common."""

    entry: Mapping[str, Any]
    holder: Holder
    rng: random.Random
    size: tuple[float, float]
    value: float
    caption: float
    #: How wide its letters are beside ordinary ones.
    wide: float
    owners: list[int]
    lines: list[SheetLine] = field(default_factory=list)
    links: dict[int, int] = field(default_factory=dict)

    def owner(self) -> int:
        self.owners[0] += 1
        return self.owners[0]


def make_sheet(entry: Mapping[str, Any], holder: Holder, rng: random.Random) -> Sheet:
    """The document `entry` of `holder` on one picture: its sides above or beside each other, or only some of them."""
    sides = list(entry["sides"])
    shown = _chosen_sides(rng, len(sides))
    lines: list[SheetLine] = []
    links: dict[int, int] = {}
    owners = [0]
    x = y = 0.0
    beside = rng.random() < 0.4
    zone = False
    upper_caption = rng.random() < 0.15
    # Letters of one document are of one face.
    wide = rng.uniform(0.9, 1.55)
    if len(shown) > 1 and rng.random() < 0.12:
        shown = shown[::-1]
    for index in shown:
        side = sides[index]
        size = _size(side.get("size", "ID1"))
        base = (2.5 if size[0] < 100 else 2.9) * rng.uniform(0.85, 1.2)
        caption = base * (1.0 if entry.get("even") else rng.uniform(0.5, 1.0))
        setter = _Setter(entry, holder, rng, size, base, caption, wide, owners)
        _set_rows(setter, side.get("rows", ()), upper_caption=upper_caption, zone=bool(side.get("mrz")))
        zone = zone or bool(side.get("mrz"))
        if side.get("mrz") and entry.get("mrz"):
            _set_zone(setter)
        # Pictures of two sides are put together of two photographs.
        scale = rng.uniform(0.75, 1.3) if len(shown) > 1 and rng.random() < 0.5 else 1.0
        aside = rng.uniform(-6, 6) if len(shown) > 1 else 0.0
        dx, dy = (x, y + aside) if beside else (x + aside, y)
        for line in setter.lines:
            left, top, right, bottom = (scale * edge for edge in line.box)
            line.box = [left + dx, top + dy, right + dx, bottom + dy]
        lines += setter.lines
        links |= setter.links
        gap = rng.uniform(1, 15)
        x, y = (x + scale * size[0] + gap, y) if beside else (x, y + scale * size[1] + gap)
    facts = holder.facts if zone and entry.get("mrz") else None
    return Sheet(lines, links, entry["kind"], facts)


def _set_zone(setter: _Setter) -> None:
    """The machine-readable zone at the foot of a side, and what it says."""
    setter.holder.facts = setter.holder.zone(setter.entry)
    text = setter.holder.facts.pop("lines").split("\n")
    width, height = setter.size
    y = height - 1.5 - 4.4 * len(text)
    for index, line in enumerate(text):
        box = [4.0, y + index * 4.4, width - 4.0, y + index * 4.4 + 3.0]
        setter.lines.append(SheetLine(line, [NOTHING] * len(line), [0] * len(line), box))


def _chosen_sides(rng: random.Random, count: int) -> list[int]:
    if count == 1:
        return [0]
    chance = rng.random()
    if chance < 0.45:
        return [0]
    if chance < 0.58:
        return [rng.randrange(1, count)]
    return list(range(count))


def _size(size: str | Sequence[float]) -> tuple[float, float]:
    return SIZES.get(size, SIZES["ID1"]) if isinstance(size, str) else (float(size[0]), float(size[1]))


def _set_rows(setter: _Setter, rows: Sequence[Sequence[Mapping[str, Any]]], *, upper_caption: bool, zone: bool) -> None:
    rng = setter.rng
    kept = [[cell for cell in row if rng.random() < cell.get("opt", 1.0) ** 0.7] for row in rows]
    kept = [row for row in kept if row]
    cells = [[_cell(setter, cell, _room(setter, row, cell), upper_caption) for cell in row] for row in kept]
    heights = [max(cell.height for cell in row) for row in cells]
    bottom = setter.size[1] - (15.0 if zone else _MARGIN)
    spare = (bottom - _MARGIN - sum(heights)) / max(len(heights), 1)
    pad = max(0.15, min(spare, rng.uniform(0.3, 2.5)))
    y = _MARGIN + rng.uniform(0, 2)
    squeeze = min(1.0, (bottom - _MARGIN) / (sum(heights) + pad * len(heights) + 0.1))
    for row, height in zip(cells, heights, strict=True):
        for cell in row:
            cell.put(setter, y, squeeze)
        y += (height + pad) * squeeze


def _room(setter: _Setter, row: Sequence[Mapping[str, Any]], cell: Mapping[str, Any]) -> float:
    """Millimetres from a cell's left edge to the next cell's or the side's right edge."""
    width = setter.size[0]
    x = float(cell.get("x", 0.05)) * width
    if cell.get("right"):
        before = [float(other.get("x", 0.05)) * width for other in row if float(other.get("x", 0.05)) * width < x - 1]
        return max(6.0, x - max([*before, 0.2]) - 0.8)
    after = [float(other.get("x", 0.05)) * width for other in row if float(other.get("x", 0.05)) * width > x + 1]
    return max(6.0, min([*after, width - 1.0]) - x - 0.8)


@dataclass
class _Cell:
    """A cell made ready: its lines of caption and of value, and where they stand to each other."""

    x: float
    room: float
    right: bool
    at: str
    caption: list[list[_TaggedText]]
    value: list[list[_TaggedText]]
    caption_size: float
    value_size: float

    @property
    def height(self) -> float:
        caption, value = len(self.caption) * self.caption_size * 1.2, len(self.value) * self.value_size * 1.25
        return max(caption, value, 0.6 * self.value_size) if self.at in ("left", "right", "over") else caption + value

    def put(self, setter: _Setter, y: float, squeeze: float) -> None:
        caption, value = self.caption_size * squeeze, self.value_size * squeeze
        if self.at == "over" and self.caption and self.value:
            joined = [self.caption[-1] + self.value[0], *self.value[1:]]
            rest = self.caption[:-1]
            for index, line in enumerate([*rest, *joined]):
                self._line(setter, line, self.x, y + index * value * 1.25, value)
            return
        if self.at in ("left", "right") and self.caption and self.value:
            used = max(width_of(line, caption * setter.wide) for line in self.caption) + setter.rng.uniform(0.3, 2.0)
            after = max(width_of(line, value * setter.wide) for line in self.value) + setter.rng.uniform(0.3, 2.0)
            used, after = (-used, -after) if self.right else (used, after)
            caption_x, value_x = (self.x, self.x + used) if self.at == "left" else (self.x + after, self.x)
            for index, line in enumerate(self.caption):
                self._line(setter, line, caption_x, y + index * caption * 1.2 + (value - caption) * 0.6, caption)
            for index, line in enumerate(self.value):
                self._line(setter, line, value_x, y + index * value * 1.25, value)
            return
        first, second = (self.value, self.caption) if self.at == "below" else (self.caption, self.value)
        for line in first:
            size = value if self.at == "below" else caption
            self._line(setter, line, self.x, y, size)
            y += size * 1.22
        for line in second:
            size = caption if self.at == "below" else value
            self._line(setter, line, self.x, y, size)
            y += size * 1.22

    def _line(self, setter: _Setter, pieces: list[_TaggedText], x: float, y: float, size: float) -> None:
        text = "".join(piece.text for piece in pieces)
        if not text.strip():
            return
        width = width_of(pieces, size * setter.wide)
        if width > self.room * 1.1:
            width = max(self.room, width * 0.72)
        left = x - width if self.right else x
        tags = [piece.tag for piece in pieces for _ in piece.text]
        owners = [piece.owner for piece in pieces for _ in piece.text]
        setter.lines.append(SheetLine(text, tags, owners, [left, y, left + width, y + size]))


def width_of(pieces: Sequence[_TaggedText], size: float) -> float:
    """Millimetres that text of `size` takes, by rough widths of letters."""
    return sum(_advance(c) for piece in pieces for c in piece.text) * size * 0.92


def _advance(character: str) -> float:
    if character > "\u2e80":
        return 1.0
    if character == " ":
        return 0.3
    if character in "il.,:;'|!I1-":
        return 0.32
    return 0.68 if character.isupper() else 0.54


def _cell(setter: _Setter, cell: Mapping[str, Any], room: float, upper_caption: bool) -> _Cell:
    scale = float(cell.get("s", 1.0))
    x = float(cell.get("x", 0.05)) * setter.size[0] + setter.rng.gauss(0, 0.4)
    right, at = bool(cell.get("right")), cell.get("at", "above")
    if "t" in cell:
        tag = TITLE if cell.get("f") == "title" else NOTHING
        owner = setter.owner()
        if cell.get("f") == "issuing_country":
            tag = value_tag("issuing_country")
        text = setter.rng.choice(cell["t"]) if isinstance(cell["t"], list) else str(cell["t"])
        lines = [
            [_TaggedText(part, tag, owner if tag else 0)]
            for part in _wrapped(text, room, setter.value * setter.wide * scale)
        ]
        return _Cell(x, room, right, "above", [], lines, setter.caption, setter.value * scale)
    value, owners = _value(setter, cell, room, setter.value * setter.wide * scale)
    caption = _caption(setter, cell, owners, upper_caption)
    return _Cell(x, room, right, at, caption, value, setter.caption * min(scale, 1.4), setter.value * scale)


def _caption(
    setter: _Setter, cell: Mapping[str, Any], owners: Sequence[tuple[str, int]], upper: bool
) -> list[list[_TaggedText]]:
    text = _PLACEHOLDER.sub(lambda one: setter.holder.filler(one[1]), str(cell.get("c") or ""))
    if not text:
        return []
    name = cell.get("f") or next((name for name, _ in owners), None) or _first_field(cell.get("v", ""))
    owner = setter.owner()
    for _, value in owners:
        setter.links[value] = owner
    tag = caption_tag(name) if name else NOTHING
    if upper:
        text = text.upper()
    return [[_TaggedText(part, tag, owner if name else 0)] for part in text.split("\n")]


def _first_field(template: str) -> str | None:
    for match in _PLACEHOLDER.finditer(template):
        if not match[1].startswith("?"):
            return canonical(match[1])
    return "other" if _PLACEHOLDER.search(template) else None


def canonical(placeholder: str) -> str:
    """The vocabulary's name of a placeholder: the native parts of a name are the field `name`."""
    if placeholder.endswith(("_native", "_latin")):
        return "name"
    return placeholder if placeholder in FIELDS else "other"


def _value(
    setter: _Setter, cell: Mapping[str, Any], room: float, size: float
) -> tuple[list[list[_TaggedText]], list[tuple[str, int]]]:
    """The lines of a cell's value, and the fields in it with their owners; empty where the holder has no value."""
    pieces: list[_TaggedText] = []
    owners: list[tuple[str, int]] = []
    position = 0
    template = str(cell.get("v", ""))
    missing = False
    for match in _PLACEHOLDER.finditer(template):
        if match.start() > position:
            pieces.append(_TaggedText(template[position : match.start()]))
        position = match.end()
        name = match[1]
        text = setter.holder.filler(name) if name.startswith("?") else setter.holder.value(name)
        if not text:
            missing = True
            continue
        known = "other" if name.startswith("?") else canonical(name)
        owner = setter.owner()
        if not (name.startswith("?") and not cell.get("c")):
            owners.append((known, owner))
            pieces.append(_TaggedText(text, value_tag(known), owner))
        else:
            pieces.append(_TaggedText(text))
    if position < len(template):
        pieces.append(_TaggedText(template[position:]))
    if missing and not owners:
        return [], []
    return _broken(pieces, room if cell.get("lines", 1) > 1 or setter.rng.random() < 0.7 else 1e9, size), owners


def _broken(pieces: Sequence[_TaggedText], room: float, size: float) -> list[list[_TaggedText]]:
    """Pieces as lines: broken at line breaks, and between words where a line gets wider than `room`."""
    lines: list[list[_TaggedText]] = [[]]
    used = 0.0
    for piece in pieces:
        for part_index, part in enumerate(piece.text.split("\n")):
            if part_index:
                lines.append([])
                used = 0.0
            for word in _UNITS.findall(part):
                wide = width_of([_TaggedText(word)], size)
                if used and used + wide > room * 1.15 and not word.isspace():
                    lines.append([])
                    used = 0.0
                if word.isspace() and not used:
                    continue
                lines[-1].append(_TaggedText(word, piece.tag, piece.owner))
                used += wide
    return [line for line in lines if any(piece.text.strip() for piece in line)]


def _wrapped(text: str, room: float, size: float) -> list[str]:
    lines = []
    for part in text.split("\n"):
        current = ""
        for word in part.split(" "):
            longer = f"{current} {word}".strip()
            if current and width_of([_TaggedText(longer)], size) > room * 1.2:
                lines.append(current)
                current = word
            else:
                current = longer
        lines.append(current)
    return [line for line in lines if line]
