"""What stands on a document beside its text: a drawn face, a signature, a chip, a flat emblem, the SPECIMEN mark.

Everything is made of ellipses, curves and flat colour; nothing is taken from a real document or a real face.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from extractor.synthesis.canvas import Canvas, Colour, Lettering, TextRun
from extractor.synthesis.pools import Pool
from extractor.synthesis.templates import TemplateBox

#: The word that says "not a real document", by language.
SPECIMEN_WORDS = {
    "en": "SPECIMEN", "fr": "SPÉCIMEN", "de": "MUSTER", "es": "MUESTRA", "it": "FAC-SIMILE", "pt": "ESPÉCIME",
    "pl": "WZÓR", "ru": "ОБРАЗЕЦ", "zh": "样本", "ja": "見本", "ko": "견본", "ar": "نموذج",
}  # fmt: skip
_FACES = 40
#: Colour of the SPECIMEN mark.
MARK_COLOUR = (170, 30, 40)
_FACE_SIZE = (240, 320)


@dataclass(frozen=True)
class _Easel:
    """A picture on which ovals are drawn by shares of its width and height."""

    image: np.ndarray

    def oval(self, centre: tuple[float, float], radii: tuple[float, float], fill: Colour, start: int = 0) -> None:
        import cv2

        h, w = self.image.shape[:2]
        at = (round(centre[0] * w), round(centre[1] * h))
        cv2.ellipse(self.image, at, (round(radii[0] * w), round(radii[1] * h)), 0, start, 360, fill, -1, cv2.LINE_AA)


@lru_cache(maxsize=2 * _FACES)
def _face(pool: Pool, number: int) -> np.ndarray:
    """Portrait `number` of a pool, (320, 240, 3) uint8: a plainly artificial face of ellipses."""
    import cv2

    rng = np.random.default_rng([len(pool), number])

    def colour(low: float, high: float, spread: float) -> Colour:
        r, g, b = np.clip(rng.uniform(low, high) + rng.uniform(-spread, spread, 3), 0, 255).astype(int)
        return int(r), int(g), int(b)

    w, h = _FACE_SIZE
    easel = _Easel(np.full((h, w, 3), colour(185, 240, 8), np.uint8))
    hair, clothes, tone = colour(15, 130, 30), colour(25, 150, 40), rng.uniform(0.45, 1.0)
    skin = (int(235 * tone), int(190 * tone), int(160 * tone))
    shade = (int(193 * tone), int(156 * tone), int(131 * tone))
    wide, tall = rng.uniform(0.2, 0.25), rng.uniform(0.23, 0.27)
    if rng.random() < 0.5:
        easel.oval((0.5, 0.46), (wide * 1.28, tall * 1.5), hair)
    easel.oval((0.5, 1.08), (rng.uniform(0.4, 0.5), 0.33), clothes)
    easel.oval((0.5, 0.76), (wide * 0.5, 0.13), shade)
    easel.oval((0.5, 0.42), (wide * 1.1, tall * 1.1), hair)
    easel.oval((0.5, 0.47), (wide, tall), skin)
    easel.oval((0.5, 0.36 - tall * 0.35), (wide * 0.98, tall * 0.52), hair, 180)
    glasses = rng.random() < 0.25
    for side in (-1, 1):
        x = 0.5 + side * wide * 0.42
        easel.oval((x, 0.45), (0.035, 0.014), (245, 245, 245))
        easel.oval((x, 0.45), (0.014, 0.012), (30, 25, 20))
        easel.oval((x, 0.415), (0.05, 0.007), hair)
        easel.oval((0.5 + side * wide, 0.48), (0.025, 0.035), shade)
        if glasses:
            centre = (round(x * w), round(0.45 * h))
            cv2.circle(easel.image, centre, round(0.07 * w), (40, 40, 45), 2, cv2.LINE_AA)
    easel.oval((0.5, 0.52), (0.018, 0.022), shade)
    easel.oval((0.5, 0.6), (0.055, 0.012), (int(176 * tone), int(95 * tone), int(80 * tone)))
    light = np.linspace(1.06, 0.9, w, dtype=np.float32)[None, :, None]
    return np.clip(cv2.GaussianBlur(easel.image, (0, 0), 1.2) * light, 0, 255).astype(np.uint8)


def choose_face(rng: random.Random) -> int:
    """The number of a face."""
    return rng.randrange(_FACES)


def portrait(canvas: Canvas, pool: Pool, number: int, box: TemplateBox, *, grey: bool) -> None:
    """Draws a face into `box` (x, y, width, height, millimetres)."""
    target, face = _face_for(canvas, pool, number, box)
    target[:] = as_grey(face) if grey else face


def ghost(canvas: Canvas, pool: Pool, number: int, box: TemplateBox) -> None:
    """A face, small and faint."""
    import cv2

    target, face = _face_for(canvas, pool, number, box)
    target[:] = cv2.addWeighted(as_grey(face), 0.3, target, 0.7, 0)


def _face_for(canvas: Canvas, pool: Pool, number: int, box: TemplateBox) -> tuple[np.ndarray, np.ndarray]:
    """The part of the page that `box` is, and the face in its size."""
    import cv2

    x, y, w, h = canvas.pixels(*box)
    target = canvas.image[y : y + h, x : x + w]
    size = (target.shape[1], target.shape[0])
    return target, cv2.resize(_face(pool, number), size, interpolation=cv2.INTER_AREA)


def as_grey(face: np.ndarray) -> np.ndarray:
    """A colour picture without its colours, still (h, w, 3)."""
    import cv2

    return np.repeat(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)


def signature(canvas: Canvas, rng: random.Random, box: TemplateBox) -> None:
    """A scribble of pen strokes in `box`."""
    import cv2

    x, y, w, h = canvas.pixels(*box)
    steps = np.linspace(0, 1, 90)
    a, b, c = rng.uniform(14, 30), rng.uniform(5, 11), rng.uniform(0, 6)
    xs = x + w * (steps + 0.05 * np.sin(a * steps + c))
    ys = y + h * (0.5 + 0.42 * np.sin(a * 0.9 * steps + c) * np.cos(b * steps) * (1 - 0.5 * steps))
    points = np.round(np.stack([xs, ys], 1) * 16).astype(np.int32)
    ink = (rng.randint(10, 40), rng.randint(10, 50), rng.randint(30, 120))
    cv2.polylines(canvas.image, [points], False, ink, max(1, round(0.25 * canvas.scale)), cv2.LINE_AA, 4)


def chip(canvas: Canvas, rng: random.Random, box: TemplateBox) -> None:
    """A contact chip: a gilt plate with its fields."""
    import cv2

    x, y, w, h = canvas.pixels(*box)
    gold = (rng.randint(190, 225), rng.randint(165, 195), rng.randint(90, 130))
    cv2.rectangle(canvas.image, (x, y), (x + w, y + h), gold, -1, cv2.LINE_AA)
    dark = tuple(c - 70 for c in gold)
    for i in (1, 2):
        cv2.line(canvas.image, (x, y + i * h // 3), (x + w, y + i * h // 3), dark, 1, cv2.LINE_AA)
        cv2.line(canvas.image, (x + i * w // 3, y), (x + i * w // 3, y + h), dark, 1, cv2.LINE_AA)
    cv2.rectangle(canvas.image, (x, y), (x + w, y + h), dark, 1, cv2.LINE_AA)


def emblem(canvas: Canvas, rng: random.Random, box: TemplateBox) -> None:
    """A disc of nested polygons in place of a coat of arms; no state has it."""
    import cv2

    x, y, w, h = canvas.pixels(*box)
    colour = tuple(rng.randint(60, 200) for _ in range(3))
    centre = np.array([x + w / 2, y + h / 2])
    points, turn = rng.randint(5, 12), rng.random()
    for k in (0.5, 0.36, 0.22):
        angles = turn + np.arange(points) * 2 * math.pi / points
        radius = np.array([w, h]) * k * np.where(np.arange(points) % 2, 1.0, 0.7)[:, None]
        shape = np.round((centre + radius * np.stack([np.cos(angles), np.sin(angles)], 1)) * 16).astype(np.int32)
        cv2.polylines(canvas.image, [shape], True, colour, max(1, round(0.2 * canvas.scale)), cv2.LINE_AA, 4)
    cv2.circle(canvas.image, (round(centre[0]), round(centre[1])), round(w / 2), colour, 1, cv2.LINE_AA)


def panel(canvas: Canvas, box: TemplateBox, colour: Colour, opacity: float = 1.0) -> None:
    """A flat area of colour."""
    import cv2

    x, y, w, h = canvas.pixels(*box)
    region = canvas.image[max(0, y) : y + h, max(0, x) : x + w]
    region[:] = cv2.addWeighted(region, 1 - opacity, np.full_like(region, colour), opacity, 0)


def specimen_mark(
    canvas: Canvas, text: str, lettering: Lettering, centre: tuple[float, float], *, angle: float, opacity: float
) -> None:
    """`text` across `centre`, turned by `angle` degrees. It is no part of the record."""
    import cv2

    side = math.ceil(max(canvas.width_of(text, lettering), lettering.size) * canvas.scale * 1.15)
    sheet = Canvas(np.zeros((side, side, 3), np.uint8), canvas.scale)
    middle, white = side / canvas.scale / 2, replace(lettering, colour=(255, 255, 255))
    sheet.line(middle, middle + 0.36 * lettering.size, [TextRun(text)], white, align="centre", record=False)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), angle, 1.0)
    cover = cv2.warpAffine(np.ascontiguousarray(sheet.image[..., 0]), turn, (side, side), flags=cv2.INTER_LINEAR)
    left, top, w, h = cv2.boundingRect(cover)
    x, y = round(centre[0] * canvas.scale - side / 2) + left, round(centre[1] * canvas.scale - side / 2) + top
    height, length = canvas.image.shape[:2]
    x0, y0, x1, y1 = max(0, x), max(0, y), min(length, x + w), min(height, y + h)
    if x1 > x0 and y1 > y0:
        region = canvas.image[y0:y1, x0:x1]
        share = cover[top + y0 - y : top + y1 - y, left + x0 - x : left + x1 - x] * np.float32(opacity / 255)
        paint = np.full_like(region, lettering.colour)
        region[:] = cv2.blendLinear(paint, np.ascontiguousarray(region), share, 1 - share)
