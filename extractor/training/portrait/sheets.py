"""Documents made up at random, as small as the network sees them: a portrait, a ghost, and what is taken for them."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from extractor.portrait.frame import Rectangle
from extractor.portrait.shown import SIDE
from extractor.synthesis.backgrounds import background
from extractor.training.portrait.people import Rng, person


@dataclass(frozen=True)
class PortraitSheet:
    """`image` (SIDE, SIDE, 3) uint8 RGB; the box of the portrait and that of its ghost in pixels, None where there is
    none."""

    image: np.ndarray
    portrait: Rectangle | None
    ghost: Rectangle | None


def sheet(seed: int) -> PortraitSheet:
    """PortraitSheet `seed`."""
    rng = np.random.default_rng(seed)
    wide, high = _size(rng)
    paper = _paper(rng, wide, high)
    taken: list[Rectangle] = []
    portrait, ghost = _people(paper, rng, taken)
    for _ in range(int(rng.integers(0, 6))):
        _ornament(paper, rng, taken)
    _text(paper, rng, taken)
    if rng.random() < 0.5:
        _marks(paper, rng)
    return _laid(paper, rng, portrait, ghost)


def _size(rng: Rng) -> tuple[int, int]:
    """Width and height: a card, a page, two of them one above the other or beside each other, or anything."""
    ratio = rng.choice(
        [1.585, 1.42, 1.35, 0.72, 0.66, 0.8, 2.6, rng.uniform(0.6, 2.2)], p=[0.3, 0.25, 0.1, 0.1, 0.05, 0.06, 0.04, 0.1]
    )
    return (SIDE, max(70, round(SIDE / ratio))) if ratio >= 1 else (max(70, round(SIDE * ratio)), SIDE)


def _paper(rng: Rng, wide: int, high: int) -> np.ndarray:
    if rng.random() < 0.6:
        drawn = background(random.Random(int(rng.integers(1 << 30))), "training", 2 * wide, 2 * high)
        paper = cv2.resize(drawn, (wide, high), interpolation=cv2.INTER_AREA)
    else:
        corners = rng.uniform(130, 256, (2, 2, 1)) + rng.uniform(-30, 30, (2, 2, 3))
        paper = np.clip(cv2.resize(corners.astype(np.float32), (wide, high)), 0, 255).astype(np.uint8)
    if rng.random() < 0.3:  # a band
        edge = int(rng.uniform(0.08, 0.25) * high)
        rows = slice(0, edge) if rng.random() < 0.7 else slice(high - edge, high)
        paper[rows] = (0.3 * paper[rows] + 0.7 * rng.uniform(0, 255, 3)).astype(np.uint8)
    return np.ascontiguousarray(paper)


def _people(paper: np.ndarray, rng: Rng, taken: list[Rectangle]) -> tuple[Rectangle | None, Rectangle | None]:
    high, wide = paper.shape[:2]
    portrait = ghost = None
    one = person(rng)
    tall = rng.uniform(0.3, 0.75) * min(high, 0.75 * wide)
    if rng.random() < 0.8 and (place := _free(paper, rng, taken, tall / rng.uniform(1.1, 1.45), tall)):
        _put(paper, one.image, one.cover, place, rng, 1.0 if rng.random() < 0.85 else rng.uniform(0.4, 0.9))
        portrait = place
        taken.append(place)
    tall *= rng.uniform(0.25, 0.65)
    if rng.random() < 0.4 and tall > 13:
        shown = one if portrait else person(rng)
        if place := _free(paper, rng, taken, tall / rng.uniform(1.1, 1.45), tall):
            grey = np.repeat(cv2.cvtColor(shown.image, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
            tint = rng.uniform(0.7, 1.0, 3) if rng.random() < 0.5 else np.ones(3)
            image = np.clip((grey if rng.random() < 0.7 else shown.image) * tint, 0, 255).astype(np.uint8)
            _put(paper, image, shown.cover, place, rng, rng.uniform(0.12, 0.95))
            ghost = place
            taken.append(place)
    return portrait, ghost


def _put(paper: np.ndarray, image: np.ndarray, cover: np.ndarray, place: Rectangle, rng: Rng, strength: float) -> None:
    """A picture with its ground, an oval of it, or the person alone on the paper."""
    left, top, right, bottom = (round(side) for side in place)
    size = right - left, bottom - top
    image, cover = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (image, cover))
    kind = rng.choice(3, p=(0.6, 0.32, 0.08))
    if kind == 0:
        cover = np.ones_like(cover)
    elif kind == 2:
        cover = np.zeros_like(cover)
        cv2.ellipse(cover, (size[0] // 2, size[1] // 2), (size[0] // 2, size[1] // 2), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    share = (strength * cover)[..., None]
    part = paper[top:bottom, left:right]
    part[:] = (image * share + part * (1 - share)).astype(np.uint8)
    if kind == 0 and rng.random() < 0.25:
        cv2.rectangle(paper, (left, top), (right - 1, bottom - 1), rng.uniform(0, 160, 3).tolist(), 1)


def _free(paper: np.ndarray, rng: Rng, taken: list[Rectangle], wide: float, high: float) -> Rectangle | None:
    """A place of that size, mostly at a side, that touches none of `taken`."""
    rows, columns = paper.shape[:2]
    if wide >= columns - 4 or high >= rows - 4:
        return None
    for _ in range(12):
        x = rng.uniform(2, columns - wide - 2)
        if rng.random() < 0.7:
            x = rng.choice([rng.uniform(0.01, 0.06), rng.uniform(0.94, 0.99)]) * (columns - wide)
        y = rng.uniform(2, rows - high - 2)
        if not any(x < r and left < x + wide and y < b and top < y + high for left, top, r, b in taken):
            return float(x), float(y), float(x + wide), float(y + high)
    return None


def _ornament(paper: np.ndarray, rng: Rng, taken: list[Rectangle]) -> None:
    size = rng.uniform(0.08, 0.4) * min(paper.shape[:2])
    place = _free(paper, rng, taken, size * rng.uniform(0.7, 1.6), size)
    if place is None:
        return
    left, top, right, bottom = (round(side) for side in place)
    part = paper[top:bottom, left:right]
    if min(part.shape[:2]) < 6:
        return
    before = part.copy()
    _ORNAMENTS[int(rng.integers(len(_ORNAMENTS)))](part, rng)
    if rng.random() < 0.5:
        strength = rng.uniform(0.1, 0.8)
        part[:] = (strength * part + (1 - strength) * before).astype(np.uint8)
    taken.append(place)


def _ink(rng: Rng) -> list[float]:
    return np.clip(rng.uniform(0, 200) + rng.uniform(-60, 60, 3), 0, 255).tolist()


def _emblem(part: np.ndarray, rng: Rng) -> None:
    high, wide = part.shape[:2]
    middle, ink = np.array([wide / 2, high / 2]), _ink(rng)
    points = int(rng.integers(5, 14))
    angles = rng.random() * 6 + np.arange(points) * 2 * np.pi / points
    for size in (0.48, 0.34, 0.2):
        radius = np.array([wide, high]) * size * np.where(np.arange(points) % 2, 1.0, rng.uniform(0.4, 0.9))[:, None]
        corners = (middle + radius * np.stack([np.cos(angles), np.sin(angles)], 1)).astype(np.int32)
        if rng.random() < 0.4:
            cv2.fillPoly(part, [corners], _ink(rng), cv2.LINE_AA)
        else:
            cv2.polylines(part, [corners], True, ink, 1, cv2.LINE_AA)


def _disc(part: np.ndarray, rng: Rng) -> None:
    high, wide = part.shape[:2]
    for size in rng.uniform(0.1, 0.5, int(rng.integers(1, 4))):
        axes = max(1, int(size * wide)), max(1, int(size * high))
        cv2.ellipse(part, (wide // 2, high // 2), axes, 0, 0, 360, _ink(rng), int(rng.choice([-1, 1, 2])), cv2.LINE_AA)


def _flag(part: np.ndarray, rng: Rng) -> None:
    stripes = int(rng.integers(1, 6))
    target = part if rng.random() < 0.7 else part.swapaxes(0, 1)
    edges = np.linspace(0, len(target), stripes + 1).astype(int)
    for low, high in pairwise(edges):
        target[low:high] = _ink(rng)


def _chip(part: np.ndarray, rng: Rng) -> None:
    part[:] = (rng.uniform(180, 225), rng.uniform(160, 195), rng.uniform(80, 140))
    high, wide = part.shape[:2]
    for third in (1, 2):
        cv2.line(part, (0, third * high // 3), (wide, third * high // 3), (120, 100, 60), 1)
        cv2.line(part, (third * wide // 3, 0), (third * wide // 3, high), (120, 100, 60), 1)


def _code(part: np.ndarray, rng: Rng) -> None:
    high, wide = part.shape[:2]
    cells = int(rng.integers(8, 40))
    bits = rng.integers(0, 2, (cells if rng.random() < 0.6 else 1, cells)).astype(np.float32) * 255
    part[:] = cv2.resize(bits, (wide, high), interpolation=cv2.INTER_AREA)[..., None]


def _fingerprint(part: np.ndarray, rng: Rng) -> None:
    high, wide = part.shape[:2]
    ink, turn = _ink(rng), float(rng.uniform(-30, 30))
    for radius in np.arange(1.5, wide / 2, rng.uniform(1.8, 3.5)):
        axes = int(radius), int(radius * high / wide)
        cv2.ellipse(part, (wide // 2, high // 2), axes, turn, int(rng.integers(200)), 360, ink, 1, cv2.LINE_AA)


def _blot(part: np.ndarray, rng: Rng) -> None:
    """A map, an animal, a building: a shape of one colour that is no head on shoulders."""
    high, wide = part.shape[:2]
    angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(7, 24))))
    radius = rng.uniform(0.12, 0.5, len(angles))[:, None] * np.array([wide, high])
    corners = np.array([wide, high]) / 2 + radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    cv2.fillPoly(part, [corners.astype(np.int32)], _ink(rng), cv2.LINE_AA)


def _frame(part: np.ndarray, rng: Rng) -> None:
    """An empty place for a picture."""
    high, wide = part.shape[:2]
    if rng.random() < 0.5:
        part[:] = rng.uniform(200, 255)
    if rng.random() < 0.7:
        cv2.rectangle(part, (0, 0), (wide - 1, high - 1), _ink(rng), 1)


def _columns(part: np.ndarray, rng: Rng) -> None:
    high, wide = part.shape[:2]
    ink = _ink(rng)
    for x in np.linspace(0, wide - 3, int(rng.integers(3, 8))).astype(int):
        cv2.rectangle(part, (int(x), high // 3), (int(x) + 2, high), ink, -1)
    cv2.fillPoly(part, [np.array([[0, high // 3], [wide // 2, 0], [wide, high // 3]])], ink, cv2.LINE_AA)


_ORNAMENTS: tuple[Callable[[np.ndarray, Rng], None], ...] = (
    _emblem, _disc, _flag, _chip, _code, _fingerprint, _blot, _frame, _columns,
)  # fmt: skip


def _text(paper: np.ndarray, rng: Rng, taken: list[Rectangle]) -> None:
    high, wide = paper.shape[:2]
    ink = rng.uniform(0, 90, 3).tolist()
    y = rng.uniform(6, 20)
    while y < high - 4:
        size = rng.uniform(3, 9) if rng.random() < 0.9 else rng.uniform(9, 18)
        x = rng.uniform(2, 0.3 * wide)
        while x < wide - 8:
            words = "".join(
                rng.choice(
                    list(string.ascii_uppercase + string.ascii_lowercase + "   0123456789<<"), int(rng.integers(2, 16))
                )
            )
            length = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, size / 22, 1)[0][0]
            box = (x, y - size, min(x + length, wide), y + 2)
            if rng.random() < 0.6 and not any(
                box[0] < r and le < box[2] and box[1] < b and t < box[3] for le, t, r, b in taken
            ):
                face = cv2.FONT_HERSHEY_SIMPLEX if rng.random() < 0.7 else cv2.FONT_HERSHEY_TRIPLEX
                cv2.putText(paper, words, (int(x), int(y)), face, size / 22, ink, 1, cv2.LINE_AA)
            x += length + rng.uniform(4, 30)
        y += size * rng.uniform(1.1, 3.0)


def _marks(paper: np.ndarray, rng: Rng) -> None:
    """What lies across everything: SPECIMEN, a stamp, a signature."""
    high, wide = paper.shape[:2]
    layer, ink = paper.copy(), _ink(rng)
    at = (int(rng.uniform(0, 0.7) * wide), int(rng.uniform(0.2, 1) * high))
    kind = rng.integers(3)
    if kind == 0:
        cv2.putText(
            layer,
            "SPECIMEN",
            at,
            cv2.FONT_HERSHEY_TRIPLEX,
            rng.uniform(0.4, 1.4),
            ink,
            int(rng.integers(1, 3)),
            cv2.LINE_AA,
        )
        turn = cv2.getRotationMatrix2D(at, float(rng.uniform(-40, 40)), 1)
        moved = cv2.warpAffine(layer.astype(np.float32) - paper, turn, (wide, high))
        layer = np.clip(paper + moved, 0, 255).astype(np.uint8)
    elif kind == 1:
        cv2.circle(layer, at, int(rng.uniform(8, 30)), ink, 2, cv2.LINE_AA)
    else:
        steps = np.linspace(0, 1, 40)
        xs = at[0] + rng.uniform(30, 80) * steps + 6 * np.sin(rng.uniform(10, 30) * steps)
        ys = at[1] + rng.uniform(4, 12) * np.sin(rng.uniform(15, 40) * steps)
        cv2.polylines(layer, [np.stack([xs, ys], 1).astype(np.int32)], False, ink, 1, cv2.LINE_AA)
    share = rng.uniform(0.2, 1.0)
    paper[:] = (share * layer + (1 - share) * paper).astype(np.uint8)


def _laid(paper: np.ndarray, rng: Rng, portrait: Rectangle | None, ghost: Rectangle | None) -> PortraitSheet:
    """The sheet on a square, a little turned, larger or smaller than its outline says, photographed."""
    high, wide = paper.shape[:2]
    scale = rng.uniform(0.9, 1.12) if rng.random() < 0.6 else rng.uniform(0.35, 0.95)
    angle = rng.normal(0, 2.5)
    turn = cv2.getRotationMatrix2D((wide / 2, high / 2), angle, scale)
    free = abs(SIDE - scale * np.array([wide, high])) / 2 if scale < 0.9 else np.array([4.0, 4.0])
    turn[:, 2] = turn[:, 2] + (SIDE - np.array([wide, high])) / 2 + rng.uniform(-1, 1, 2) * free
    around = rng.uniform(0, 255, 3).tolist() if scale < 0.9 else (128, 128, 128)
    image = cv2.warpAffine(paper, turn, (SIDE, SIDE), flags=cv2.INTER_AREA, borderValue=around)
    boxes = [_turned(box, turn) if box else None for box in (portrait, ghost)]
    return PortraitSheet(_photographed(image, rng), boxes[0], boxes[1])


def _turned(box: Rectangle, turn: np.ndarray) -> Rectangle | None:
    left, top, right, bottom = box
    corners = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]]) @ turn.T
    middle = corners.mean(axis=0)
    wide, high = np.array([right - left, bottom - top]) * np.hypot(turn[0, 0], turn[0, 1]) / 2
    if not (0 < middle[0] < SIDE and 0 < middle[1] < SIDE):
        return None
    return (
        max(0.0, middle[0] - wide), max(0.0, middle[1] - high),
        min(float(SIDE), middle[0] + wide), min(float(SIDE), middle[1] + high),
    )  # fmt: skip


def _photographed(image: np.ndarray, rng: Rng) -> np.ndarray:
    made: np.ndarray = image.astype(np.float32)
    if rng.random() < 0.15:
        made = cv2.cvtColor(cv2.cvtColor(made, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if rng.random() < 0.4:
        made = cv2.GaussianBlur(made, (0, 0), rng.uniform(0.4, 1.4))
    tint = rng.uniform(0.6, 1.25) * rng.uniform(0.9, 1.1, 3)
    light = np.ones((1, SIDE), np.float32)
    if rng.random() < 0.3:
        light = np.linspace(rng.uniform(0.5, 1.2), rng.uniform(0.5, 1.2), SIDE, dtype=np.float32)[None]
    made = made * (light if rng.random() < 0.5 else light.T)[..., None] * tint.astype(np.float32)
    made += np.float32(128 * (1 - tint.mean()) + rng.uniform(-35, 25))
    made += rng.standard_normal((SIDE, SIDE, 1), np.float32) * np.float32(rng.uniform(0, 6))
    return np.clip(made, 0, 255).astype(np.uint8)
