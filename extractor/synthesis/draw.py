"""A clean, upright specimen page from a template and a seed: picture, label and the place of every character.

    page = draw(template, seed)
    page.image, page.fields, page.boxes, page.characters, page.centres

This is the fast half of the synthesis (`capture` makes scans and photographs of it), made for training: fonts, glyphs,
textures and faces are cached, and nothing is drawn twice.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from extractor.schemas import SCHEMAS
from extractor.synthesis import chinese_id, content, flow, ornaments
from extractor.synthesis.backgrounds import background
from extractor.synthesis.canvas import Canvas, Lettering, PrintedLine
from extractor.synthesis.content import Content
from extractor.synthesis.flow import FlowStyle, Setting
from extractor.synthesis.fonts import FontFace, choose_face, single_font
from extractor.synthesis.pools import Pool, seeded
from extractor.synthesis.templates import Template, TemplateSide

#: Round and between the sides of a card on the sheet that shows both, millimetres.
MARGIN = 3.0
#: How often a card with two sides is shown from the front only.
_FRONT_ONLY = 0.25


@dataclass(frozen=True)
class DrawnPage:
    """A drawn specimen. `image` is (h, w, 3) uint8 RGB; `boxes` maps a field to (n, 4, 2) float32 polygons, clockwise
    from the top left, one per printed piece; `centres` is (n, 2) float32, where each of `characters` stands; `lines`
    are all printed lines, captions too, each with its (left, top, right, bottom); pixels."""

    image: np.ndarray
    schema: str
    kind: str
    language: str
    pool: Pool
    template: str
    seed: int
    fields: Mapping[str, Any]
    printed: Mapping[str, str]
    boxes: Mapping[str, np.ndarray]
    characters: tuple[str, ...]
    centres: np.ndarray
    lines: tuple[PrintedLine, ...] = ()

    def mrz_says(self, name: str) -> bool:
        """Whether the page has an MRZ and that has a place for field `name`."""
        return self.fields.get("mrz") is not None and name in content.MRZ_FIELDS


def draw(template: Template, seed: int, *, width: int | None = None) -> DrawnPage:
    """Draws specimen `seed` of `template`. `width` is the page's width in pixels; without it the resolution is one
    that scanners and cameras give (170 to 265 pixels an inch). Raises FontsMissingError."""
    rng = seeded(template.pool, template.name, seed)
    sides, kind = _sides(template, rng)
    corners, sheet_size = _arranged(sides, template.layout.beside)
    per_millimetre = rng.uniform(6.8, 8.2) if sides[0].size[0] > 100 else rng.uniform(8.2, 10.4)
    scale = width / sheet_size[0] if width else per_millimetre
    special = template.layout.group.startswith("chinese_id")
    said = (chinese_id if special else content).invent(template.document, template.pool, rng)
    style = _style(template, rng)
    sheet = Canvas(_paper(rng, sheet_size, scale), scale)
    drawn: set[str] = set()
    for side, corner in zip(sides, corners, strict=True):
        canvas = _side_canvas(sheet, side, corner, template.pool, rng)
        setting = Setting(canvas, side, template, said, style, rng)
        drawn |= (chinese_id if special else flow).draw_side(setting)
        _mark(setting)
        _take_over(sheet, canvas, corner)
    return _page(template, seed, kind, _Drawn(sheet, said, drawn))


def _sides(template: Template, rng: random.Random) -> tuple[tuple[TemplateSide, ...], str]:
    sides, kind = template.layout.sides, template.kind
    if template.document.option("rtl"):
        sides = tuple(side.mirrored() for side in sides)
    if len(sides) > 1 and not kind.startswith("chinese") and rng.random() < _FRONT_ONLY:
        return sides[:1], f"{kind}_front"
    return sides, kind


def _arranged(sides: tuple[TemplateSide, ...], beside: bool) -> tuple[list[tuple[float, float]], tuple[float, float]]:
    """Where each side's corner lies on the sheet, and the sheet's size, millimetres. A single side fills the sheet."""
    if len(sides) == 1:
        return [(0.0, 0.0)], sides[0].size
    corners, x, y = [], MARGIN, MARGIN
    for side in sides:
        corners.append((x, y))
        x, y = (x + side.size[0] + MARGIN, y) if beside else (x, y + side.size[1] + MARGIN)
    width, height = sides[0].size
    return corners, (x, height + 2 * MARGIN) if beside else (width + 2 * MARGIN, y)


def _paper(rng: random.Random, size: tuple[float, float], scale: float) -> np.ndarray:
    paper = np.empty((round(size[1] * scale), round(size[0] * scale), 3), np.uint8)
    paper[:] = rng.randint(225, 255)
    return paper


def _side_canvas(
    sheet: Canvas, side: TemplateSide, corner: tuple[float, float], pool: Pool, rng: random.Random
) -> Canvas:
    """A canvas on the sheet's own pixels, with the side's background."""
    x, y, width, height = sheet.pixels(*corner, *side.size)
    region = sheet.image[y : y + height, x : x + width]
    region[:] = background(rng, pool, region.shape[1], region.shape[0])
    return Canvas(region, sheet.scale)


def _take_over(sheet: Canvas, canvas: Canvas, corner: tuple[float, float]) -> None:
    x, y = sheet.pixels(*corner)
    sheet.characters += canvas.characters
    sheet.centres += [(cx + x, cy + y) for cx, cy in canvas.centres]
    sheet.lines += [(text, (l + x, t + y, r + x, b + y)) for text, (l, t, r, b) in canvas.lines]  # noqa: E741
    for name, boxes in canvas.boxes.items():
        moved = [(left + x, top + y, right + x, bottom + y) for left, top, right, bottom in boxes]
        sheet.boxes.setdefault(name, []).extend(moved)
    for name, texts in canvas.texts.items():
        sheet.texts.setdefault(name, []).extend(texts)


def _style(template: Template, rng: random.Random) -> FlowStyle:
    layout, pool, language = template.layout, template.pool, template.language
    dark = rng.randint(0, 60)
    ink = (dark + rng.randint(0, 35), dark + rng.randint(0, 35), dark + rng.randint(0, 35))
    tint = (rng.randint(20, 130), rng.randint(20, 130), rng.randint(20, 130))
    roles = rng.choice((("sans",), ("sans",), ("bold",), ("serif",), ("mono",)))
    caption = choose_face(rng, pool, ("sans",) if rng.random() < 0.85 else ("serif",), language)
    title = choose_face(rng, pool, ("bold",) if rng.random() < 0.7 else ("serif",), language)
    zone = single_font(rng, pool, "ocr" if rng.random() < 0.85 else "mrz")
    return FlowStyle(
        caption=Lettering(caption, rng.uniform(*layout.caption_sizes), tint),
        value=Lettering(choose_face(rng, pool, roles, language), rng.uniform(*layout.value_sizes), ink),
        title=Lettering(title, 3.0, (tint[1] // 2, tint[2] // 2, tint[0])),
        mrz=Lettering(FontFace(zone, zone), 4.2, (25, 25, 30)),
        caption_upper=rng.random() < 0.15,
        caption_joint=rng.choice((" / ", "/", " / ")),
        shift=(rng.uniform(-0.6, 0.6), rng.uniform(-0.6, 0.6)),
    )


def _mark(setting: Setting) -> None:
    """The SPECIMEN mark: over the face, where it hides no value, or faintly across the whole side."""
    rng, places = setting.rng, setting.side.places
    word = ornaments.SPECIMEN_WORDS[setting.template.language]
    width, height = setting.side.size
    if "portrait" in places and rng.random() < 0.75:
        x, y, w, h = places["portrait"]
        size = w * 1.05 / max(2.0, 0.66 * len(word))
        centre, angle, opacity = (x + w / 2, y + h * rng.uniform(0.78, 0.9)), rng.uniform(0, 35), 0.85
    else:
        size = width * 0.7 / max(2.5, 0.66 * len(word))
        centre, angle, opacity = (
            (width / 2, height * rng.uniform(0.45, 0.6)),
            rng.uniform(12, 32),
            rng.uniform(0.1, 0.17),
        )
    lettering = Lettering(setting.style.title.face, size, ornaments.MARK_COLOUR)
    ornaments.specimen_mark(setting.canvas, word, lettering, centre, angle=angle, opacity=opacity)


@dataclass(frozen=True)
class _Drawn:
    """What a sheet shows: everything on it, the content it is made from, and the fields that have a place there."""

    sheet: Canvas
    said: Content
    fields: set[str]


def _page(template: Template, seed: int, kind: str, shown: _Drawn) -> DrawnPage:
    """The label: drawn values, values of the zone alone, and null for fields that are not on these sides."""
    sheet, said, drawn = shown.sheet, shown.said, shown.fields
    fields: dict[str, Any] = {}
    for name in SCHEMAS[template.document.schema].model_fields:
        if name == "mrz":
            fields[name] = list(said.mrz) if "mrz" in drawn else None
        elif name == "issuing_country":
            fields[name] = template.document.state
        elif name in drawn and said.values.get(name) is not None:
            fields[name] = said.values[name]
        else:
            fields[name] = said.carried.get(name) if "mrz" in drawn else None
    printed = {name: "\n".join(texts) for name, texts in sheet.texts.items() if name in fields}
    printed |= {name: text for name, text in said.printed.items() if name in printed}
    boxes = {name: _polygons(found) for name, found in sheet.boxes.items() if name in fields}
    return DrawnPage(
        image=sheet.image,
        schema=template.document.schema,
        kind=kind,
        language=template.language,
        pool=template.pool,
        template=template.name,
        seed=seed,
        fields=fields,
        printed=printed,
        boxes=boxes,
        characters=tuple(sheet.characters),
        centres=np.asarray(sheet.centres, np.float32).reshape(-1, 2),
        lines=tuple(sheet.lines),
    )


def _polygons(boxes: list[tuple[float, float, float, float]]) -> np.ndarray:
    corners = [((l, t), (r, t), (r, b), (l, b)) for l, t, r, b in boxes]  # noqa: E741
    return np.asarray(corners, np.float32).reshape(-1, 4, 2)
