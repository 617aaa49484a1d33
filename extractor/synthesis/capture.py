"""A page as it reaches a reader: scanned, photographed, turned, or small. Boxes and character centres move along.

    shot = capture(page, "photo")
    shot.image, shot.boxes, shot.centres

Every mode keeps the whole document inside the picture. Light, shadow, glare, blur, noise and compression are chosen so
that a person can still read the page; about one photograph in twelve is hard.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np

from extractor.synthesis.draw import DrawnPage
from extractor.synthesis.ornaments import as_grey
from extractor.synthesis.pools import Pool, seeded

Mode = Literal["clean", "scan", "photo", "rotated", "low_resolution"]
MODES: tuple[Mode, ...] = get_args(Mode)
#: Shares of the modes where none is asked for.
MODE_SHARES: Mapping[Mode, float] = {"clean": 0.1, "scan": 0.3, "photo": 0.35, "rotated": 0.12, "low_resolution": 0.13}
#: Side of the field of normal noise that every picture takes a crop of; larger pictures repeat it.
_NOISE_SIDE = 512
_DESKS = 6
_DESK_SIDE = 640
_HARD = 0.08


@dataclass(frozen=True)
class Shot:
    """A captured page: `image` (h, w, 3) uint8 RGB; `boxes` and `centres` as in DrawnPage, in the picture's pixels.
    `turned` is the clockwise angle, in degrees, by which the page is turned in the picture."""

    image: np.ndarray
    mode: Mode
    boxes: Mapping[str, np.ndarray]
    centres: np.ndarray
    turned: float = 0.0


@dataclass
class _View:
    """A picture in the making, and the map (3, 3) from the page's pixels to its own."""

    image: np.ndarray
    matrix: np.ndarray
    turned: float = 0.0


def capture(page: DrawnPage, mode: Mode) -> Shot:
    """`page` in `mode`, the same picture every time."""
    rng = seeded(page.pool, page.template, page.seed, mode)
    noise = np.random.default_rng(rng.getrandbits(64))
    view = _MAKERS[mode](page.image, page.pool, rng, noise)
    boxes = {name: _moved(polygons, view.matrix) for name, polygons in page.boxes.items()}
    return Shot(view.image, mode, boxes, _moved(page.centres, view.matrix), view.turned)


def choose_mode(rng: random.Random) -> Mode:
    """A mode by the usual shares."""
    return rng.choices(tuple(MODE_SHARES), tuple(MODE_SHARES.values()))[0]


def _moved(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Points (..., 2) through a projective map."""
    flat = points.reshape(-1, 2).astype(np.float64)
    mapped = np.c_[flat, np.ones(len(flat))] @ matrix.T
    return (mapped[:, :2] / mapped[:, 2:]).astype(np.float32).reshape(points.shape)


def _clean(image: np.ndarray, pool: Pool, rng: random.Random, noise: np.random.Generator) -> _View:
    del pool, rng, noise
    return _View(image, np.eye(3))


def _scan(image: np.ndarray, pool: Pool, rng: random.Random, noise: np.random.Generator) -> _View:
    del pool
    bed = _plain(rng.choice((255, 250, 238, 205, 35)))
    view = _placed(image, rng, rng.uniform(0.78, 1.0), bed, turn=rng.gauss(0, 0.7), margin=(0.005, 0.05))
    if rng.random() < 0.2:
        view.image = as_grey(view.image)
    view.image = _toned(view.image, rng.uniform(0.85, 1.15), rng.uniform(0.92, 1.04))
    if rng.random() < 0.5:
        view.image = _blurred(view.image, rng.uniform(0.3, 0.75))
    return _finished(view, noise, rng.uniform(0.5, 4.0), rng.randint(68, 94))


def _photo(image: np.ndarray, pool: Pool, rng: random.Random, noise: np.random.Generator) -> _View:
    hard = rng.random() < _HARD
    ground = desk(pool, rng)
    slant = rng.uniform(0.01, 0.09 if hard else 0.055)
    view = _placed(image, rng, rng.uniform(0.8, 1.0), ground, turn=rng.gauss(0, 4), margin=(0.03, 0.12), slant=slant)
    h, w = view.image.shape[:2]
    light = _light(rng, noise, h, w)
    glare = _glare(rng, 0.75 if hard else 0.5, h, w) if rng.random() < (0.8 if hard else 0.3) else None
    view.image = _lit(view.image, light, (rng.uniform(0.93, 1.06), 1.0, rng.uniform(0.9, 1.07)), glare)
    if rng.random() < 0.2:
        view.image = _shaken(view.image, rng.uniform(1.5, 6 if hard else 3.5), rng.uniform(0, math.pi))
    else:
        view.image = _blurred(view.image, rng.uniform(0.4, 1.7 if hard else 1.1))
    return _finished(view, noise, rng.uniform(1.5, 11 if hard else 7), rng.randint(60, 90))


def _rotated(image: np.ndarray, pool: Pool, rng: random.Random, noise: np.random.Generator) -> _View:
    turn = rng.choice((90.0, 180.0, 270.0, 180.0, rng.uniform(8, 40), -rng.uniform(8, 40)))
    ground = desk(pool, rng) if rng.random() < 0.5 else _plain(rng.choice((255, 240, 60)))
    turn += rng.gauss(0, 1.2)
    view = _placed(image, rng, rng.uniform(0.8, 1.0), ground, turn=turn, margin=(0.02, 0.08), slant=0.008)
    view.image = _blurred(view.image, rng.uniform(0.3, 0.8))
    return _finished(view, noise, rng.uniform(1, 5), rng.randint(70, 92))


def _low_resolution(image: np.ndarray, pool: Pool, rng: random.Random, noise: np.random.Generator) -> _View:
    del pool
    # A page's own pixels are 170 to 265 an inch; about half of that is the least that its print survives.
    ground = _plain(rng.choice((255, 225)))
    view = _placed(image, rng, rng.uniform(0.5, 0.68), ground, turn=rng.gauss(0, 0.5), margin=(0.0, 0.03))
    return _finished(view, noise, rng.uniform(0, 3), rng.randint(62, 88))


_MAKERS: Mapping[Mode, Callable[[np.ndarray, Pool, random.Random, np.random.Generator], _View]] = {
    "clean": _clean,
    "scan": _scan,
    "photo": _photo,
    "rotated": _rotated,
    "low_resolution": _low_resolution,
}


def _plain(level: int) -> Callable[[int, int], np.ndarray]:
    return lambda h, w: np.full((h, w, 3), level, np.uint8)


def desk(pool: Pool, rng: random.Random) -> Callable[[int, int], np.ndarray]:
    """One of the desks of `pool`: called with a height and a width, it gives (h, w, 3) uint8."""
    import cv2

    number = rng.randrange(_DESKS)

    def ground(h: int, w: int) -> np.ndarray:
        return cv2.resize(_desk_texture(pool, number), (w, h), interpolation=cv2.INTER_LINEAR)

    return ground


@lru_cache(maxsize=2 * _DESKS)
def _desk_texture(pool: Pool, number: int) -> np.ndarray:
    """What a document lies on: cloth or wood of one pool, (640, 640, 3) uint8."""
    import cv2

    noise = np.random.default_rng([number, len(pool), 7])
    colour = noise.uniform(50, 200) + noise.uniform(-25, 25, 3)
    # Grain of unequal length and width is wood, of equal ones cloth or stone.
    rows, columns = ((90, 8), (24, 24), (8, 70), (160, 160), (40, 12), (64, 64))[number]
    grain = cv2.resize(
        noise.normal(0, 1, (rows, columns)).astype(np.float32), (_DESK_SIDE, _DESK_SIDE), interpolation=cv2.INTER_CUBIC
    )
    slope = np.linspace(-12, 12, _DESK_SIDE, dtype=np.float32)[:, None] * noise.uniform(-1, 1)
    return np.clip(colour + (grain * noise.uniform(4, 14) + slope)[..., None], 0, 255).astype(np.uint8)


def _placed(
    image: np.ndarray,
    rng: random.Random,
    factor: float,
    ground: Callable[[int, int], np.ndarray],
    *,
    turn: float,
    margin: tuple[float, float],
    slant: float = 0.0,
) -> _View:
    """The page reduced by `factor`, turned by `turn` degrees clockwise, its corners moved by up to `slant` of its
    diagonal, on a `ground` that leaves `margin` (shares of the width, least and most) round it."""
    import cv2

    height, width = image.shape[:2]
    small = image if factor > 0.98 else cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    h, w = small.shape[:2]
    angle = math.radians(turn)
    rotation = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float64)
    reach = slant * math.hypot(w, h)
    moved = corners @ rotation + [[rng.uniform(-reach, reach), rng.uniform(-reach, reach)] for _ in range(4)]
    low, high = moved.min(0), moved.max(0)
    edges = [rng.uniform(*margin) * (high - low).max() for _ in range(4)]
    moved += np.array(edges[:2]) - low
    size = np.ceil(high - low + np.array(edges[:2]) + np.array(edges[2:])).astype(int)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), moved.astype(np.float32))
    canvas = np.ascontiguousarray(ground(int(size[1]), int(size[0])))
    cv2.warpPerspective(
        small,
        matrix,
        (int(size[0]), int(size[1])),
        dst=canvas,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    # Pixel centres: a page's pixel (x, y) is the reduced one's ((x + 0.5) * f - 0.5).
    fx, fy = w / width, h / height
    reduced = np.array([[fx, 0, fx / 2 - 0.5], [0, fy, fy / 2 - 0.5], [0, 0, 1]])
    return _View(canvas, matrix @ reduced, turn)


def _light(rng: random.Random, noise: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Uneven light with, half the time, a soft-edged shadow: (h/8, w/8) float32, to be stretched over the picture."""
    import cv2

    shape = (h // 8 + 1, w // 8 + 1)
    cells = 1 + noise.uniform(-0.16, 0.12, (3, 3)).astype(np.float32)
    light = cv2.resize(cells, shape[::-1], interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.5:
        depth = rng.uniform(0.18, 0.42)
        angle, offset = rng.uniform(0, 2 * math.pi), rng.uniform(-0.25, 0.35)
        ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
        across = (xs / shape[1] - 0.5) * math.cos(angle) + (ys / shape[0] - 0.5) * math.sin(angle) - offset
        light *= 1 - depth / (1 + np.exp(-across / rng.uniform(0.01, 0.08)))
    return light


def _glare(rng: random.Random, strength: float, h: int, w: int) -> np.ndarray:
    """A bright patch to be added, grey levels: (h/8, w/8) float32."""
    ys, xs = np.mgrid[0 : h // 8 + 1, 0 : w // 8 + 1].astype(np.float32)
    cx, cy = rng.uniform(0.05, 0.95) * w / 8, rng.uniform(0.05, 0.95) * h / 8
    a, b = rng.uniform(0.06, 0.16) * w / 8, rng.uniform(0.05, 0.14) * h / 8
    return 255 * strength * np.exp(-(((xs - cx) / a) ** 2 + ((ys - cy) / b) ** 2))


def _lit(
    image: np.ndarray, light: np.ndarray, cast: tuple[float, float, float], glare: np.ndarray | None
) -> np.ndarray:
    """`image` under `light` of the colour `cast`, with `glare` laid over it."""
    import cv2

    size = (image.shape[1], image.shape[0])
    coloured = cv2.resize(light[..., None] * np.array(cast, np.float32), size, interpolation=cv2.INTER_LINEAR)
    lit = cv2.multiply(image, coloured, dtype=cv2.CV_8U)
    if glare is not None:
        patch = cv2.resize(glare.clip(0, 255).astype(np.uint8), size, interpolation=cv2.INTER_LINEAR)
        lit = cv2.add(lit, cv2.merge([patch] * 3))
    return np.asarray(lit)


def _blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    import cv2

    return cv2.GaussianBlur(image, (0, 0), sigma)


def _shaken(image: np.ndarray, length: float, angle: float) -> np.ndarray:
    """Motion blur of `length` pixels."""
    import cv2

    side = math.ceil(length) | 1
    kernel = np.zeros((side, side), np.float32)
    middle = side // 2
    for t in np.linspace(-length / 2, length / 2, 8 * side):
        x, y = middle + t * math.cos(angle), middle + t * math.sin(angle)
        kernel[min(side - 1, max(0, round(y))), min(side - 1, max(0, round(x)))] += 1
    return cv2.filter2D(image, -1, kernel / kernel.sum())


def _toned(image: np.ndarray, gamma: float, gain: float) -> np.ndarray:
    import cv2

    levels = np.clip(255 * gain * (np.arange(256) / 255) ** gamma, 0, 255).astype(np.uint8)
    return cv2.LUT(image, levels)


@lru_cache(maxsize=24)
def _noise_field(level: int) -> np.ndarray:
    """Normal noise of `level` half grey levels, int8."""
    shape = (_NOISE_SIDE, _NOISE_SIDE, 3)
    return np.random.default_rng(level).normal(0, level / 2, shape).clip(-127, 127).astype(np.int8)


def _finished(view: _View, noise: np.random.Generator, sigma: float, quality: int) -> _View:
    """Sensor noise of `sigma` grey levels, then JPEG."""
    import cv2

    h, w = view.image.shape[:2]
    y, x = (int(v) for v in noise.integers(0, _NOISE_SIDE // 2, 2))
    field = _noise_field(round(2 * sigma))
    repeats = (-(-(h + y) // _NOISE_SIDE), -(-(w + x) // _NOISE_SIDE), 1)
    tile = (field if repeats == (1, 1, 1) else np.tile(field, repeats))[y : y + h, x : x + w]
    grainy = cv2.add(view.image, tile, dtype=cv2.CV_8U)
    _, data = cv2.imencode(".jpg", grainy, [cv2.IMWRITE_JPEG_QUALITY, quality])
    # OpenCV takes red for blue here and back again: their weights in the luma trade places, which does not show.
    view.image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return view
