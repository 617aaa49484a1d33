"""Portraits made up at random: heads of ellipses as photographs, drawings, silhouettes, blurred or covered ones.

Nothing is taken from a real face.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

#: Width and height at which people are drawn, pixels.
SIZE = (96, 124)
Rng = np.random.Generator
RgbColour = tuple[int, int, int]


@dataclass(frozen=True)
class DrawnPerson:
    """`image` (124, 96, 3) uint8 RGB, and how much of each pixel is the person (124, 96) float32, 0..1."""

    image: np.ndarray
    cover: np.ndarray


@dataclass
class _Painting:
    """A picture and the person's mask, painted together; places and radii are shares of the width and height."""

    image: np.ndarray
    mask: np.ndarray

    def _at(self, x: float, y: float) -> tuple[int, int]:
        return round(x * SIZE[0]), round(y * SIZE[1])

    def oval(self, x: float, y: float, rx: float, ry: float, colour: RgbColour, *, start: int = 0) -> None:
        axes = max(1, round(rx * SIZE[0])), max(1, round(ry * SIZE[0]))
        for target, value in ((self.image, colour), (self.mask, 1.0)):
            cv2.ellipse(target, self._at(x, y), axes, 0, start, 360, value, -1, cv2.LINE_AA)

    def area(self, points: list[tuple[float, float]], colour: RgbColour) -> None:
        corners = np.array([self._at(x, y) for x, y in points], np.int32)
        for target, value in ((self.image, colour), (self.mask, 1.0)):
            cv2.fillPoly(target, [corners], value, cv2.LINE_AA)


def _darker(colour: RgbColour, shares: tuple[float, float, float]) -> RgbColour:
    r, g, b = (int(one * share) for one, share in zip(colour, shares, strict=True))
    return r, g, b


@dataclass(frozen=True)
class _Head:
    x: float
    y: float
    wide: float
    tall: float
    skin: RgbColour
    hair: RgbColour
    clothes: RgbColour


def person(rng: Rng) -> DrawnPerson:
    """A portrait of one of the ways in which documents show one."""
    way = rng.choice(5, p=(0.36, 0.2, 0.2, 0.16, 0.08))
    ground = _colour(rng, 120, 255, 30) if rng.random() < 0.7 else (250, 250, 250)
    easel = _Painting(np.full((SIZE[1], SIZE[0], 3), ground, np.uint8), np.zeros((SIZE[1], SIZE[0]), np.float32))
    head = _head(rng)
    if way == 2:
        _as_silhouette(easel, head, rng)
    else:
        _draw(easel, head, rng, features=way != 4)
    image = easel.image.astype(np.float32)
    if way in (0, 3, 4):  # a photograph
        image = _lit(image, rng)
    elif rng.random() < 0.35:
        image = _outlined(image)
    if way == 3:
        image = rng.choice([_blurred, _pixels, _covered, _barred])(image, head, rng)  # type: ignore[arg-type]
    if rng.random() < 0.45:
        image = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2)
        if rng.random() < 0.4:
            image = (image * rng.uniform(0.8, 1.0, 3) + rng.uniform(0, 30, 3)).astype(np.float32)
    turn = -1 if rng.random() < 0.5 else 1
    shown = np.clip(image, 0, 255).astype(np.uint8)[:, ::turn].copy()
    return DrawnPerson(shown, cv2.GaussianBlur(easel.mask[:, ::turn].copy(), (0, 0), 0.8))


def _colour(rng: Rng, low: float, high: float, spread: float) -> RgbColour:
    r, g, b = np.clip(rng.uniform(low, high) + rng.uniform(-spread, spread, 3), 0, 255).astype(int)
    return int(r), int(g), int(b)


def _head(rng: Rng) -> _Head:
    tone = rng.uniform(0.3, 1.05)
    skin = np.clip(np.array([236, 194, 164]) * tone + rng.uniform(-14, 14, 3), 0, 255).astype(int)
    wide = rng.uniform(0.17, 0.33)
    return _Head(
        x=rng.uniform(0.45, 0.55),
        y=rng.uniform(0.36, 0.5),
        wide=wide,
        tall=wide * rng.uniform(1.15, 1.5),
        skin=(int(skin[0]), int(skin[1]), int(skin[2])),
        hair=_colour(rng, 10, rng.choice([60, 200]), 35),
        clothes=_colour(rng, 10, 250, 60),
    )


def _draw(easel: _Painting, head: _Head, rng: Rng, *, features: bool) -> None:
    x, y, wide, tall = head.x, head.y, head.wide, head.tall
    ratio = SIZE[0] / SIZE[1]
    chin, top = y + tall * ratio, y - tall * ratio
    style = rng.choice(6, p=(0.38, 0.24, 0.12, 0.08, 0.1, 0.08))  # short, long, bald, curls, scarf, hat
    shade = _darker(head.skin, (0.82, 0.82, 0.82))
    if style == 1:
        length = rng.uniform(0.9, 1.9)
        easel.oval(x, y + 0.25 * tall * length * ratio, wide * rng.uniform(1.2, 1.55), tall * length, head.hair)
    _shoulders(easel, head, rng, chin)
    easel.area(
        [(x - 0.5 * wide, y), (x + 0.5 * wide, y), (x + 0.55 * wide, chin + 0.1), (x - 0.55 * wide, chin + 0.1)], shade
    )
    if style == 4:
        easel.oval(x, y + 0.04, wide * 1.35, tall * 1.3, head.clothes)
        easel.oval(x, chin + 0.06, wide * 1.4, tall * 0.7, head.clothes)
    elif style != 2:
        easel.oval(x, y - 0.1 * tall, wide * rng.uniform(1.06, 1.2), tall * 1.1, head.hair)
    for side in (-1, 1):
        easel.oval(x + side * wide, y + 0.02, 0.14 * wide, 0.25 * wide, shade)
    easel.oval(x, y, wide, tall, head.skin)
    if style in (0, 1):
        depth = rng.uniform(0.3, 0.6)
        easel.oval(x + rng.uniform(-0.2, 0.2) * wide, top + 0.1 * tall, wide * 0.98, tall * depth, head.hair, start=180)
    elif style == 3:
        for angle in np.linspace(np.pi, 2 * np.pi, 14):
            spot = x + 1.05 * wide * np.cos(angle), y + 0.95 * tall * ratio * np.sin(angle)
            easel.oval(*spot, 0.3 * wide, 0.3 * wide, head.hair)
    elif style == 5:
        easel.oval(x, top + 0.25 * tall * ratio, wide * rng.uniform(1.1, 1.5), tall * 0.35, head.clothes)
        easel.oval(x, top, wide * 1.05, tall * 0.5, head.clothes)
    if features:
        _features(easel, head, rng)


def _shoulders(easel: _Painting, head: _Head, rng: Rng, chin: float) -> None:
    x, width, high = head.x, rng.uniform(0.36, 0.56), rng.uniform(0.08, 0.2)
    neck = chin + rng.uniform(0.02, 0.07)
    if rng.random() < 0.6:
        easel.oval(x, neck + high + 0.35, width, (high + 0.4) * SIZE[1] / SIZE[0], head.clothes)
    else:
        slope = neck + high
        easel.area(
            [
                (x - 0.12, neck),
                (x + 0.12, neck),
                (x + width, slope),
                (x + width, 1.1),
                (x - width, 1.1),
                (x - width, slope),
            ],
            head.clothes,
        )
    if rng.random() < 0.5:  # a shirt, a tie
        easel.area([(x - 0.1, neck), (x + 0.1, neck), (x, neck + rng.uniform(0.12, 0.3))], _colour(rng, 150, 255, 30))
        if rng.random() < 0.5:
            easel.area([(x - 0.03, neck + 0.04), (x + 0.03, neck + 0.04), (x, 1.0)], _colour(rng, 10, 160, 60))


def _features(easel: _Painting, head: _Head, rng: Rng) -> None:
    x, y, wide, tall = head.x, head.y, head.wide, head.tall
    ratio, dark = SIZE[0] / SIZE[1], _colour(rng, 5, 70, 20)
    shade = _darker(head.skin, (0.78, 0.78, 0.78))
    eyes, big, glasses = y - rng.uniform(-0.05, 0.12) * tall, rng.uniform(0.7, 1.9), rng.random() < 0.25
    for side in (-1, 1):
        at = x + side * wide * rng.uniform(0.36, 0.46)
        if rng.random() < 0.6:
            easel.oval(at, eyes, 0.17 * wide * big, 0.1 * wide * big, (240, 240, 240))
        easel.oval(at, eyes, 0.08 * wide * big, 0.08 * wide * big, dark)
        easel.oval(at, eyes - 0.22 * tall * ratio, 0.24 * wide, 0.05 * wide, head.hair)
        if glasses:
            centre = (round(at * SIZE[0]), round(eyes * SIZE[1]))
            cv2.circle(easel.image, centre, round(0.3 * wide * SIZE[0]), dark, 1, cv2.LINE_AA)
    easel.oval(x, y + 0.25 * tall * ratio, 0.12 * wide, 0.22 * wide, shade)
    mouth = _darker(head.skin, (0.75, 0.5, 0.5))
    if rng.random() < 0.2:
        easel.oval(x, y + 0.72 * tall * ratio, 0.62 * wide, 0.42 * tall, head.hair)
    easel.oval(x, y + 0.55 * tall * ratio, rng.uniform(0.2, 0.45) * wide, rng.uniform(0.04, 0.14) * wide, mouth)


def _as_silhouette(easel: _Painting, head: _Head, rng: Rng) -> None:
    """One colour, or one for the head and one for what is below it, darker or lighter than the ground."""
    tone = _colour(rng, 0, 190, 25) if rng.random() < 0.8 else (255, 255, 255)
    if tone == (255, 255, 255):
        easel.image[:] = _colour(rng, 60, 190, 30)
    below = tone if rng.random() < 0.6 else _colour(rng, 0, 190, 30)
    plain = _Head(head.x, head.y, head.wide, head.tall, tone, tone if rng.random() < 0.7 else below, below)
    _draw(easel, plain, rng, features=False)
    if rng.random() < 0.25:  # an outline
        edges = cv2.morphologyEx((easel.mask > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        easel.image[:] = np.where(edges[..., None] > 0, tone, easel.image[0, 0])


def _outlined(image: np.ndarray) -> np.ndarray:
    """Dark lines where colours meet."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    lines = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8)) > 12
    return np.where(lines[..., None], np.float32(30), image)


def _lit(image: np.ndarray, rng: Rng) -> np.ndarray:
    """Light from a side, unevenness and blur: what drawings lack."""
    height, width = image.shape[:2]
    light = np.linspace(rng.uniform(0.75, 1.2), rng.uniform(0.75, 1.2), width)[None, :, None]
    uneven = cv2.resize(
        rng.normal(1, 0.16, (7, 6, 1)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.8, 2.0)) * light * uneven[..., None]


def _face_box(head: _Head) -> tuple[slice, slice]:
    ratio = SIZE[0] / SIZE[1]
    rows = slice(round((head.y - head.tall * ratio) * SIZE[1]), round((head.y + head.tall * ratio) * SIZE[1]))
    return rows, slice(round((head.x - head.wide) * SIZE[0]), round((head.x + head.wide) * SIZE[0]))


def _blurred(image: np.ndarray, head: _Head, rng: Rng) -> np.ndarray:
    part = _face_box(head) if rng.random() < 0.7 else (slice(None), slice(None))
    made = image.copy()
    made[part] = cv2.GaussianBlur(image, (0, 0), rng.uniform(4, 10))[part]
    return made


def _pixels(image: np.ndarray, head: _Head, rng: Rng) -> np.ndarray:
    step = rng.uniform(7, 14)
    small = cv2.resize(image, (round(SIZE[0] / step), round(SIZE[1] / step)), interpolation=cv2.INTER_AREA)
    made, part = image.copy(), _face_box(head)
    made[part] = cv2.resize(small, SIZE, interpolation=cv2.INTER_NEAREST)[part]
    return made


def _covered(image: np.ndarray, head: _Head, rng: Rng) -> np.ndarray:
    made = image.copy()
    made[_face_box(head)] = _colour(rng, 0, 255, 20) if rng.random() < 0.5 else 255
    return made


def _barred(image: np.ndarray, head: _Head, rng: Rng) -> np.ndarray:
    rows, columns = _face_box(head)
    middle, made = (rows.start + rows.stop) // 2 - 4, image.copy()
    made[middle - int(rng.integers(3, 9)) : middle + int(rng.integers(3, 9)), columns] = rng.choice([0, 255])
    return made
