"""Pages written down by hand: lines of text in boxes, as the reader would give them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from pydantic import BaseModel

from extractor.evidence import gather
from extractor.mrz import Mrz
from extractor.schemas import SCHEMAS, field_specs
from extractor.text.ocr import Line
from extractor.text.page import Page, reading_order
from extractor.visual.features import zone_facts
from extractor.visual.fields import Found, ReadPage, read_fields
from extractor.visual.reader import read_layout
from extractor.visual.segments import Segment
from extractor.visual.values import Context

TODAY = date(2026, 3, 1)
HEIGHT = 20.0


def advances(text: str, height: float = HEIGHT) -> np.ndarray:
    """Widths of the characters in pixels: ideographs are as wide as high, letters half of it."""
    return np.array([height if character >= "\u2e80" else height / 2 for character in text])


def line(text: str, left: float, top: float, *, height: float = HEIGHT, score: float = 0.99) -> Line:
    """A line of print with its top left corner at (left, top)."""
    widths = advances(text, height)
    width = float(widths.sum())
    box = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]], np.float32)
    places = (np.cumsum(widths) - widths / 2) / max(width, 1.0)
    return Line(text, score, box, np.full(len(text), score), places)


def joined(*parts: tuple[str, float], top: float, height: float = HEIGHT) -> Line:
    """Texts of one row that the detector took for one line: (text, left) each, parted by one space in the reading."""
    lines = [line(text, left, top, height=height) for text, left in parts]
    left, right = lines[0].box[0, 0], lines[-1].box[1, 0]
    box = np.array([lines[0].box[0], lines[-1].box[1], lines[-1].box[2], lines[0].box[3]])
    text = " ".join(one.text for one in lines)
    places: list[float] = []
    for number, one in enumerate(lines):
        start, width = float(one.box[0, 0]), float(one.box[1, 0] - one.box[0, 0])
        if number:
            places.append((places[-1] + start) / 2 if places else start)
        places += [start + place * width for place in one.positions]
    positions = (np.array(places) - left) / (right - left)
    return Line(text, 0.99, box, np.full(len(text), 0.99), positions)


def rows(*texts: str, left: float = 40, top: float = 40, pitch: float = 30) -> list[Line]:
    """Lines under one another."""
    return [line(text, left, top + pitch * number) for number, text in enumerate(texts)]


def segment(text: str, left: float = 0, top: float = 0, *, height: float = HEIGHT, score: float = 0.99) -> Segment:
    one = line(text, left, top, height=height, score=score)
    return Segment(text, one.box, score, score, 0)


def page(lines: Sequence[Line], *, size: tuple[int, int] = (1000, 700)) -> Page:
    image = np.full((size[1], size[0], 3), 255, np.uint8)
    return Page(image, tuple(reading_order(list(lines))), np.eye(3), 0, size)


def found(
    lines: Sequence[Line], schema: str | type[BaseModel] = "passport", *, mrz: Mrz | None = None, issuer: str = ""
) -> dict[str, Found]:
    """What the visual zone says of each field."""
    model = SCHEMAS[schema] if isinstance(schema, str) else schema
    evidence = gather([page(lines)], [None], model, today=TODAY)
    (one,) = evidence.pages
    context = replace(evidence.context, issuer=issuer) if issuer else evidence.context
    layout = read_layout(one.page.lines, zone_facts(mrz) if mrz else None)
    read = ReadPage(one.page.lines, layout)
    return {item.field: item for item in read_fields(read, field_specs(model), context, mrz)}


def values(lines: Sequence[Line], schema: str | type[BaseModel] = "passport", **options: Any) -> dict[str, Any]:
    """Field -> value."""
    return {name: item.value.value for name, item in found(lines, schema, **options).items()}


CONTEXT = Context(today=TODAY)
