"""Layouts made up at random: where the portrait is, how fields share rows, how captions stand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from extractor.synthesis.templates import TemplateCell, TemplateDocument, TemplateLayout, TemplateSide

#: How much of a row's width a field's value needs.
_NARROW = frozenset(("document_type", "issuing_country", "sex", "entries", "visa_class", "duration_of_stay"))
_WIDE = frozenset(("address", "authority", "given_names", "name", "category", "surname", "place_of_birth"))


def random_layout(rng: random.Random, layout: TemplateLayout, document: TemplateDocument) -> TemplateLayout:
    """A layout of the same group and sides as `layout` with everything elsewhere."""
    name = f"{layout.name}-{rng.getrandbits(32)}"
    caption_size, value_size = rng.uniform(1.35, 2.0), rng.uniform(2.3, 3.3)
    captions, values = (caption_size, caption_size + 0.2), (value_size, value_size + 0.2)
    if layout.group.startswith("chinese_id"):
        sides = tuple(_chinese_side(rng, side) for side in layout.sides)
        return replace(layout, name=name, sides=sides, beside=rng.random() < 0.5)
    caption = layout.caption
    if layout.group != "licence_eu":
        caption = rng.choices(("above", "left", "inline"), (0.62, 0.16, 0.22))[0]
    step = value_size * 1.2 + (caption_size * 1.15 if caption == "above" else 0.0)
    printed = frozenset(document.fields) | {"name"}
    sides = tuple(_side(rng, side, printed, step) for side in layout.sides)
    beside = rng.random() < 0.5 if len(sides) > 1 else layout.beside
    bands = rng.random() < 0.2
    return replace(
        layout,
        name=name,
        sides=sides,
        beside=beside,
        caption=caption,
        bands=bands,
        caption_sizes=captions,
        value_sizes=values,
    )


def _side(rng: random.Random, side: TemplateSide, printed: frozenset[str], step: float) -> TemplateSide:
    """A side made up anew; `step` is the height of a row of one line, millimetres."""
    width, height = side.size
    places: dict[str, Any] = {}
    bottom = height - 2.5
    if "mrz" in side.places:
        x, y = side.places["mrz"]
        y += rng.uniform(-1.2, 0.8)
        places["mrz"] = [x + rng.uniform(-0.8, 0.8), y]
        bottom = y - 5.8
    left, right, top = rng.uniform(3.5, 6), width - rng.uniform(3.5, 6), rng.uniform(3, 6)
    if "country" in side.places or "title" in side.places:
        top = _headings(rng, side, places)
    if "portrait" in side.places:
        left, right = _portrait(rng, places, (left, top, right, bottom), width)
    elif rng.random() < 0.3 and "chip" in side.places:
        places["chip"] = [left, top + 2, 12, 10]
        left += 15
    if rng.random() < 0.25:
        places["ghost"] = [right - rng.uniform(12, 22), rng.uniform(top, max(top + 1, bottom - 20)), 11, 14]
    if rng.random() < 0.25:
        places["emblem"] = [rng.uniform(4, width - 14), rng.uniform(2, 8), 8, 8]
    if "state_sign" in side.places:
        places["state_sign"] = side.places["state_sign"]
    rows = [[cell.field for cell in row if cell.field in printed] for row in side.rows]
    # The fullest of a few tries where rows would have to be shrunk to fit.
    most = (bottom - top) / step
    tries = (_rows(rng, [name for row in rows for name in row], packed) for packed in (rng.uniform(0.3, 1), 0.9, 1, 1))
    fitting = min(tries, key=lambda made: max(0.0, len(made) - most))
    return TemplateSide(side.size, (left, top, right, bottom), fitting, places)


def _headings(rng: random.Random, side: TemplateSide, places: dict[str, Any]) -> float:
    """Places country and title in the upper margin; returns where the body begins."""
    width = side.size[0]
    first, second = rng.uniform(4.8, 6.8), rng.uniform(9.0, 11.5)
    names = ["country", "title"]
    rng.shuffle(names)
    start = 14 if "state_sign" in side.places else rng.uniform(4, 9)
    if rng.random() < 0.35:
        half = width / 2 - 6
        places[names[0]] = [start, first, rng.uniform(2.2, 3.2), "left", half - (start - 4)]
        places[names[1]] = [width - rng.uniform(4, 9), first, rng.uniform(2.2, 3.2), "right", half]
        return first + rng.uniform(2, 4)
    for name, y in zip(names, (first, second), strict=True):
        align = rng.choice(("left", "centre", "right"))
        x = {"left": start, "centre": width / 2, "right": width - rng.uniform(4, 9)}[align]
        places[name] = [x, y, rng.uniform(2.2, 3.3), align]
    return second + rng.uniform(1, 3)


def _portrait(
    rng: random.Random, places: dict[str, Any], body: tuple[float, float, float, float], width: float
) -> tuple[float, float]:
    """Places the portrait at an end of the body; returns the rest of the body's width."""
    left, top, right, bottom = body
    wide = width * rng.uniform(0.22, 0.29)
    high = min(wide * rng.uniform(1.2, 1.35), bottom - top)
    y = rng.uniform(top, max(top + 0.1, bottom - high))
    on_left = rng.random() < 0.65
    x = left if on_left else right - wide
    places["portrait"] = [x, y, wide, high]
    if rng.random() < 0.5 and y + high + 6 < bottom + 3:
        places["signature"] = [x, y + high + 1, wide, 5.5]
    gap = rng.uniform(2.5, 5)
    return (left + wide + gap, right) if on_left else (left, right - wide - gap)


def _rows(rng: random.Random, fields: Sequence[str], packed: float) -> tuple[tuple[TemplateCell, ...], ...]:
    """Fields in rows: neighbours change places, and with a chance of `packed` share a row if there is room."""
    names = list(fields)
    if rng.random() < 0.25:
        rng.shuffle(names)
    else:
        for _ in range(rng.randint(0, 6)):
            i = rng.randrange(max(1, len(names) - 1))
            names[i : i + 2] = names[i : i + 2][::-1]
    made: list[list[tuple[str, float]]] = []
    for name in names:
        need = (
            rng.uniform(0.16, 0.3)
            if name in _NARROW
            else rng.uniform(0.5, 1.0)
            if name in _WIDE
            else rng.uniform(0.36, 0.52)
        )
        taken = sum(share for _, share in made[-1]) if made else 1.0
        if taken + need <= 1.0 and rng.random() < packed:
            made[-1].append((name, need))
        else:
            made.append([(name, need)])
    return tuple(_spaced(row) for row in made)


def _spaced(row: Sequence[tuple[str, float]]) -> tuple[TemplateCell, ...]:
    """Cells one after the other, stretched over the row's whole width."""
    total, start, cells = sum(share for _, share in row), 0.0, []
    for name, share in row:
        cells.append(TemplateCell(name, start / total))
        start += share
    return tuple(cells)


def _chinese_side(rng: random.Random, side: TemplateSide) -> TemplateSide:
    """Chinese cards are all alike; everything is moved a little, and their print made larger or smaller."""
    left, top, right, bottom = side.body
    places = dict(side.places)

    def moved(value: float, by: float) -> float:
        return float(value) + rng.uniform(-by, by)

    if "portrait" in places:
        x, y, w, h = places["portrait"]
        places["portrait"] = [moved(x, 1.0), moved(y, 1.2), moved(w, 1.0), moved(h, 1.5)]
        places["value_x"], places["step"] = moved(places["value_x"], 1.0), moved(places["step"], 0.35)
        places["number_x"] = moved(places["number_x"], 1.2)
    else:
        x, y, w, h = places["emblem"]
        places["emblem"] = [moved(x, 2.0), moved(y, 1.2), moved(w, 1.5), moved(h, 1.5)]
        centre, first, second = places["heading"]
        places["heading"] = [moved(centre, 1.5), moved(first, 1.0), moved(second, 1.0)]
        places["value_x"] = moved(places["value_x"], 0.8)
    body = (moved(left, 1.5), moved(top, 1.0), moved(right, 0.6), moved(bottom, 1.0))
    return TemplateSide(side.size, body, side.rows, places)
