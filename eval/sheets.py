"""Drawn pictures and PDFs with several documents on them, for `eval.documents`.

A sheet is what a flatbed scanner sees of two to five cards and passports: gaps between them, each turned a little. A
PDF has a page for every side, in any order, or a page for every holder with front and back on it. Every case is
reproducible from its seed, and says for each document where its sides lie and what stands on them.
"""

from __future__ import annotations

import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from PIL import Image

from extractor.synthesis import Template, draw, templates
from extractor.synthesis.draw import MARGIN
from extractor.synthesis.pools import Pool

POOL: Pool = "evaluation"
FORMS = ("sheet", "sheet", "pages", "holders")
#: Pixels of the gaps round documents on a sheet, and the standard deviation of their turn in degrees.
_GAP, _TURN = (30, 150), 1.2
#: Nothing on the back of a Chinese card says whose it is, so that it cannot be put beside others.
_LEFT_OUT = frozenset({"chinese_id_back", "chinese_id_both"})


@dataclass(frozen=True)
class Side:
    """Where a side of document `document` lies: its page and corners (4, 2) there, in pixels."""

    document: int
    page: int
    corners: np.ndarray


@dataclass(frozen=True)
class Case:
    """`pages` are RGB pictures; `source` is what is read (a picture, or the bytes of a PDF); `fields` are each
    document's label."""

    seed: int
    form: str
    pages: tuple[np.ndarray, ...]
    sides: tuple[Side, ...]
    fields: tuple[Mapping[str, Any], ...]

    @property
    def source(self) -> Any:
        return self.pages[0] if self.form == "sheet" else _pdf(self.pages)


def make_case(seed: int) -> Case:
    """The case of a seed."""
    rng = random.Random(f"documents:{seed}")
    form = FORMS[seed % len(FORMS)]
    drawn = [_drawn(rng) for _ in range(rng.randint(2, 5))]
    cut = [(number, picture) for number, (sides, _) in enumerate(drawn) for picture in sides]
    if form == "sheet":
        rng.shuffle(cut)
        pages, sides = _sheets([cut], rng)
    elif form == "pages":
        rng.shuffle(cut)
        pages, sides = _sheets([[one] for one in cut], rng)
    else:
        pages, sides = _sheets([[one for one in cut if one[0] == number] for number in range(len(drawn))], rng)
    return Case(seed, form, pages, sides, tuple(fields for _, fields in drawn))


@cache
def _choices() -> Mapping[str, Sequence[Template]]:
    by_kind: dict[str, list[Template]] = {}
    for template in templates(POOL):
        if template.kind not in _LEFT_OUT:
            by_kind.setdefault(template.kind, []).append(template)
    return by_kind


def _drawn(rng: random.Random) -> tuple[list[np.ndarray], Mapping[str, Any]]:
    """The sides of a drawn document, each a picture of its own, and its label."""
    by_kind = _choices()
    template = rng.choice(by_kind[rng.choice(sorted(by_kind))])
    page = draw(template, rng.getrandbits(40))
    if page.kind.endswith("_front") or len(template.layout.sides) == 1:
        return [page.image], page.fields
    beside, sides = template.layout.beside, template.layout.sides
    across = sum(side.size[0] + MARGIN for side in sides) + MARGIN if beside else sides[0].size[0] + 2 * MARGIN
    scale = page.image.shape[1] / across
    found, x, y = [], MARGIN, MARGIN
    for side in sides:
        width, height = side.size
        left, top, right, bottom = (round(edge * scale) for edge in (x, y, x + width, y + height))
        found.append(page.image[top:bottom, left:right])
        x, y = (x + width + MARGIN, y) if beside else (x, y + height + MARGIN)
    return found, page.fields


def _sheets(
    groups: Sequence[Sequence[tuple[int, np.ndarray]]], rng: random.Random
) -> tuple[tuple[np.ndarray, ...], tuple[Side, ...]]:
    """A page for every group of (document, picture)."""
    pages, sides = [], []
    for number, group in enumerate(groups):
        image, corners = _sheet([picture for _, picture in group], rng)
        pages.append(image)
        sides += [Side(document, number, place) for (document, _), place in zip(group, corners, strict=True)]
    return tuple(pages), tuple(sides)


def _sheet(pictures: Sequence[np.ndarray], rng: random.Random) -> tuple[np.ndarray, list[np.ndarray]]:
    """Pictures in rows of one or two on a scanner's white or grey, each turned a little; and where each one lies."""
    columns = 1 if len(pictures) == 1 or (len(pictures) < 4 and rng.random() < 0.6) else 2
    rows = [pictures[k : k + columns] for k in range(0, len(pictures), columns)]
    places, top = [], 0
    for row in rows:
        left = 0
        for picture in row:
            x, y = left + rng.randint(*_GAP), top + rng.randint(*_GAP)
            places.append((x, y))
            left = x + picture.shape[1] + rng.randint(*_GAP)
        top = max(y + picture.shape[0] for (_, y), picture in zip(places[-len(row) :], row, strict=True)) + _GAP[0]
    width = max(x + picture.shape[1] for (x, _), picture in zip(places, pictures, strict=True)) + _GAP[1]
    paper = rng.choice((255, 250, 238, 205, 120))
    sheet = np.full((top + _GAP[1], width, 3), paper, np.uint8)
    corners = [
        _lay(sheet, picture, place, rng.gauss(0, _TURN)) for place, picture in zip(places, pictures, strict=True)
    ]
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.uniform(0.5, 4), sheet.shape[:2])
    sheet = np.clip(sheet + noise[..., None], 0, 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, rng.randint(75, 94)]
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", sheet, quality)[1], cv2.IMREAD_COLOR)), corners


def _lay(sheet: np.ndarray, picture: np.ndarray, place: tuple[int, int], angle: float) -> np.ndarray:
    """Lays a picture on the sheet, turned about its middle; its corners there."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    matrix[:, 2] += place
    size = sheet.shape[1], sheet.shape[0]
    mask = cv2.warpAffine(np.full((height, width), 255, np.uint8), matrix, size) > 127
    sheet[mask] = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[mask]
    edges = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    return np.asarray(edges @ matrix[:, :2].T + matrix[:, 2])


def _pdf(pages: Sequence[np.ndarray]) -> bytes:
    pictures = [Image.fromarray(page) for page in pages]
    buffer = io.BytesIO()
    pictures[0].save(buffer, "PDF", save_all=True, append_images=pictures[1:], resolution=200)
    return buffer.getvalue()
