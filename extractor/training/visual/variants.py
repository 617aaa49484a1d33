"""Relatives of a catalogue entry: the same document as another state or another year might have set it.

What is learned from an entry must not be its exact places and captions, since the documents that matter are those
that the catalogue lacks. So half of the pages are of relatives: captions in other languages or none, cells moved,
dropped, exchanged or taken over from another document of the same kind, another side of the caption for the values.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from extractor.training.visual.designs import caption_languages, caption_of

EntryCell = dict[str, Any]
Rows = list[list[EntryCell]]

#: What stands between a caption and its value on one line, and how high a line of a list is, millimetres.
_SEPARATORS = (": ", ": ", ": ", " ", " ", ":", " : ", "  ", " - ", ". ")
_LINE = (3.2, 6.5)
#: Millimetres of the zone below a list.
_ZONE = 15.0
_SIDES = ("above", "above", "left", "left", "below", "over", "right")


def relative(entry: Mapping[str, Any], donors: Sequence[Mapping[str, Any]], rng: random.Random) -> dict[str, Any]:
    """A copy of `entry` with some of its design changed; `donors` are entries whose cells may be taken over."""
    sides = [
        {**side, "rows": [[dict(cell) for cell in row] for row in side.get("rows", ())]} for side in entry["sides"]
    ]
    changed = {**entry, "sides": sides}
    for change in rng.sample(_CHANGES, rng.choice((1, 1, 2, 2, 3, 4))):
        for side in sides:
            side["rows"] = [row for row in change(side["rows"], changed, donors, rng) if row]
    return changed


def as_list(entry: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """A document as one would type it: a column of lines of one height, each a caption and its value, or now and then
    one below the other. `even` tells `sheet` that captions are as high as values."""
    separator, own_line = rng.choice(_SEPARATORS), rng.random() < 0.25
    x = rng.choice((0.03, 0.05, 0.3))

    def typed(cell: Mapping[str, Any]) -> EntryCell:
        kept = {name: value for name, value in cell.items() if name not in ("right", "at", "s")} | {"x": x}
        if own_line or not cell.get("c"):
            return kept
        caption = " ".join(str(cell["c"]).split("\n")).rstrip(" :")
        return kept | {"c": caption + separator, "at": "over"}

    sides = []
    for side in entry["sides"]:
        rows = [[typed(cell)] for row in side.get("rows", ()) for cell in row]
        high = 8 + rng.uniform(*_LINE) * len(rows) * (1.6 if own_line else 1) + _ZONE * bool(side.get("mrz"))
        sides.append({**side, "size": [rng.uniform(80, 150), high], "rows": rows})
    return {**entry, "sides": sides, "even": True}


def _cells(rows: Rows) -> list[EntryCell]:
    return [cell for row in rows for cell in row]


def _valued(rows: Rows) -> list[EntryCell]:
    return [cell for cell in _cells(rows) if "v" in cell]


def _field_of(cell: EntryCell) -> str:
    value = str(cell.get("v", ""))
    return str(cell.get("f") or value[value.find("{") + 1 : value.find("}")]).removesuffix("_native")


def _other_captions(rows: Rows, entry: Mapping[str, Any], _donors: object, rng: random.Random) -> Rows:
    """Captions in other languages, of words that the vocabulary has for the field."""
    tags = caption_languages(rng, str(entry.get("language") or "en"))
    share = rng.choice((0.3, 0.7, 1.0))
    for cell in _valued(rows):
        if cell.get("c") and rng.random() < share and (caption := caption_of(rng, _field_of(cell), tags)):
            cell["c"] = caption
    return rows


def _no_captions(rows: Rows, _entry: object, _donors: object, rng: random.Random) -> Rows:
    """Captions missing: a few, most or all."""
    share = rng.choice((0.15, 0.4, 0.8, 1.0))
    for cell in _valued(rows):
        if rng.random() < share:
            cell["c"] = ""
    return rows


def _other_side(rows: Rows, _entry: object, _donors: object, rng: random.Random) -> Rows:
    """Captions on another side of their values."""
    side, share = rng.choice(_SIDES), rng.choice((0.3, 1.0))
    for cell in _valued(rows):
        if rng.random() < share:
            cell["at"] = side
    return rows


def _exchanged(rows: Rows, _entry: object, _donors: object, rng: random.Random) -> Rows:
    """Rows or cells in another order."""
    if len(rows) > 3 and rng.random() < 0.5:
        first, second = rng.sample(range(1, len(rows)), 2)
        rows[first], rows[second] = rows[second], rows[first]
    cells = _valued(rows)
    if len(cells) > 1:
        one, other = rng.sample(cells, 2)
        kept = {name: (one.get(name), other.get(name)) for name in ("c", "v", "f", "lines")}
        for name, (first_value, second_value) in kept.items():
            for cell, value in ((one, second_value), (other, first_value)):
                cell.pop(name, None) if value is None else cell.update({name: value})
    return rows


def _dropped(rows: Rows, _entry: object, _donors: object, rng: random.Random) -> Rows:
    share = rng.choice((0.08, 0.2, 0.4))
    return [[cell for cell in row if "v" not in cell or rng.random() >= share] for row in rows]


def _moved(rows: Rows, _entry: object, _donors: object, rng: random.Random) -> Rows:
    """All cells moved or squeezed across, and some by themselves."""
    shift, squeeze, own = rng.uniform(-0.2, 0.25), rng.uniform(0.7, 1.15), rng.choice((0.0, 0.02, 0.06))
    for cell in _cells(rows):
        cell["x"] = min(0.85, max(0.02, float(cell.get("x", 0.05)) * squeeze + shift + rng.gauss(0, own)))
    return rows


def _sized(rows: Rows, _entry: object, _donors: object, rng: random.Random) -> Rows:
    """Values of other sizes than the rest."""
    for cell in rng.sample(cells := _cells(rows), min(len(cells), rng.choice((1, 2, 4)))):
        cell["s"] = float(cell.get("s", 1.0)) * rng.uniform(0.6, 1.7)
    return rows


def _taken_over(rows: Rows, _entry: object, donors: Sequence[Mapping[str, Any]], rng: random.Random) -> Rows:
    """Cells of another document in rows of their own or beside others; only of fields that are not there yet."""
    there = {_field_of(cell) for cell in _valued(rows)}
    donor = rng.choice(donors)
    offered = [cell for cell in _valued(rng.choice(donor["sides"]).get("rows", [])) if _field_of(cell) not in there]
    for cell in rng.sample(offered, min(len(offered), rng.choice((1, 2, 3)))):
        if rows and rng.random() < 0.4:
            rng.choice(rows).append({**cell, "x": rng.uniform(0.4, 0.75)})
        else:
            rows.insert(rng.randrange(len(rows) + 1), [dict(cell)])
    return rows


_CHANGES: tuple[Callable[[Rows, Mapping[str, Any], Sequence[Mapping[str, Any]], random.Random], Rows], ...] = (
    _other_captions, _other_captions, _no_captions, _other_side, _exchanged, _dropped, _moved, _sized, _taken_over,
)  # fmt: skip
