"""Security-print backgrounds, drawn from formulas: waves, rosettes, lattices, rays and grains in pale inks.

Each pool has its own styles. A texture is made once per style and number and kept; a document gets a crop of one,
mirrored and tinted, so that a background costs a copy.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from extractor.synthesis.pools import Pool

#: Height and width of a texture, pixels: larger than most pages; larger pages stretch it.
_SHAPE = (760, 1060)
#: Textures per style: variety against memory (2.4 MB each) and the time to make them.
_VARIANTS = 10

Curves = list[np.ndarray]


def _waves(rng: np.random.Generator, xs: np.ndarray) -> Curves:
    h = _SHAPE[0]
    phase, swing, period = rng.uniform(0, 6.3), rng.uniform(8, 60), rng.uniform(80, 400)
    drift = rng.uniform(0.002, 0.02)
    return [
        np.stack([xs, y + swing * np.sin(xs / period + phase + y * drift) * np.cos(xs / (period * 3.1))], 1)
        for y in np.arange(-60, h + 60, rng.uniform(6, 14))
    ]


def _rosettes(rng: np.random.Generator, _: np.ndarray) -> Curves:
    h, w = _SHAPE
    curves = []
    for _rosette in range(int(rng.integers(3, 7))):
        t = np.linspace(0, 2 * np.pi, 700)
        petals, radius = rng.integers(5, 17), rng.uniform(60, 260)
        cx, cy = rng.uniform(0, w), rng.uniform(0, h)
        for k in np.linspace(0.35, 1.0, int(rng.integers(5, 12))):
            r = radius * k * (1 + 0.28 * np.cos(petals * t + k * 4))
            curves.append(np.stack([cx + r * np.cos(t), cy + r * np.sin(t)], 1))
    return curves


def _lattice(rng: np.random.Generator, xs: np.ndarray) -> Curves:
    h, w = _SHAPE
    step, slope, bend = rng.uniform(14, 30), rng.uniform(0.3, 1.2), rng.uniform(2, 9)
    starts = np.arange(-slope * w, h + slope * w, step)
    up = [np.stack([xs, y + slope * xs + bend * np.sin(xs / 37)], 1) for y in starts]
    down = [np.stack([xs, y - slope * xs + bend * np.cos(xs / 41)], 1) for y in starts + slope * w / 2]
    return up + down


def _envelopes(rng: np.random.Generator, xs: np.ndarray) -> Curves:
    h = _SHAPE[0]
    curves = []
    for _ in range(int(rng.integers(2, 5))):
        y, width, period = rng.uniform(0, h), rng.uniform(30, 130), rng.uniform(40, 160)
        shares = np.linspace(-1, 1, 15)
        curves += [
            np.stack([xs, y + width * np.sin(xs / period) * k + 12 * np.sin(xs / 19 + k * 3)], 1) for k in shares
        ]
    return curves


def _rays(rng: np.random.Generator, _: np.ndarray) -> Curves:
    h, w = _SHAPE
    cx, cy = rng.uniform(-0.2, 1.2) * w, rng.uniform(-0.3, 1.3) * h
    t = np.linspace(20, 1500, 160)
    twist = rng.uniform(0.0002, 0.0012)
    return [
        np.stack([cx + t * np.cos(a + t * twist), cy + t * np.sin(a + t * twist)], 1)
        for a in np.arange(0, 2 * np.pi, rng.uniform(0.018, 0.04))
    ]


def _rings(rng: np.random.Generator, _: np.ndarray) -> Curves:
    h, w = _SHAPE
    t = np.linspace(0, 2 * np.pi, 400)
    centres = [(rng.uniform(0, w), rng.uniform(0, h)) for _ in range(2)]
    step = rng.uniform(9, 18)
    return [
        np.stack([cx + r * np.cos(t), cy + r * np.sin(t) * 0.8], 1)
        for cx, cy in centres
        for r in np.arange(20, 700, step)
    ]


def _braids(rng: np.random.Generator, xs: np.ndarray) -> Curves:
    h = _SHAPE[0]
    step, period = rng.uniform(26, 60), rng.uniform(16, 50)
    return [
        np.stack([xs, y + step * 0.55 * np.sin(xs / period + phase)], 1)
        for y in np.arange(0, h + step, step)
        for phase in (0.0, np.pi / 2, np.pi)
    ]


def _scales(rng: np.random.Generator, _: np.ndarray) -> Curves:
    h, w = _SHAPE
    size = rng.uniform(26, 54)
    t = np.linspace(0, np.pi, 24)
    return [
        np.stack([x + (row % 2) * size / 2 + size / 2 * k * np.cos(t), y + size / 2 * k * np.sin(t)], 1)
        for row, y in enumerate(np.arange(-size, h + size, size / 2))
        for x in np.arange(-size, w + size, size)
        for k in (1.0, 0.62)
    ]


_NOTHING: Callable[[np.random.Generator, np.ndarray], Curves] = lambda _rng, _xs: []  # noqa: E731
STYLES: dict[Pool, dict[str, Callable[[np.random.Generator, np.ndarray], Curves]]] = {
    "training": {
        "waves": _waves,
        "rosettes": _rosettes,
        "lattice": _lattice,
        "envelopes": _envelopes,
        "paper": _NOTHING,
    },
    "evaluation": {"rays": _rays, "rings": _rings, "braids": _braids, "scales": _scales},
}


@lru_cache(maxsize=64)
def _texture(pool: Pool, style: str, variant: int) -> np.ndarray:
    """The texture `variant` of a style: (h, w, 3) uint8, pale."""
    import cv2

    rng = np.random.default_rng([len(pool), *style.encode(), variant])
    h, w = _SHAPE
    # A slow change of colour across the page, as rainbow printing gives.
    cells = (int(rng.integers(2, 4)), int(rng.integers(2, 5)), 3)
    colours = rng.uniform(218, 250, 3) + rng.uniform(-16, 6, cells)
    page = cv2.resize(colours.clip(0, 255).astype(np.uint8), (w, h), interpolation=cv2.INTER_CUBIC)
    curves = STYLES[pool][style](rng, np.linspace(-10, w + 10, 220))
    ink = np.zeros((h, w), np.uint8)
    for curve in curves:
        cv2.polylines(ink, [np.round(curve * 16).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
    inks = [cv2.convertScaleAbs(ink, alpha=depth / 255) for depth in rng.uniform(14, 46, 3)]
    page = cv2.subtract(page, cv2.merge(inks))
    if not curves or rng.random() < 0.3:
        grain = rng.normal(0, rng.uniform(1, 3), (h, w)).astype(np.int8)
        page = cv2.add(page, cv2.merge([grain] * 3), dtype=cv2.CV_8U)
    return np.maximum(page, 150)


def background(rng: random.Random, pool: Pool, width: int, height: int) -> np.ndarray:
    """A background of `height` x `width` pixels, (h, w, 3) uint8, writable."""
    import cv2

    style = rng.choice(tuple(STYLES[pool]))
    texture = _texture(pool, style, rng.randrange(_VARIANTS))
    flips = rng.randrange(4)
    x, y = rng.random(), rng.random()
    tint = np.array([rng.uniform(0.93, 1.03) for _ in range(3)])
    if flips & 1:
        texture = texture[:, ::-1]
    if flips & 2:
        texture = texture[::-1]
    if width > _SHAPE[1] or height > _SHAPE[0]:
        factor = max(width / _SHAPE[1], height / _SHAPE[0])
        size = (round(_SHAPE[1] * factor) + 1, round(_SHAPE[0] * factor) + 1)
        texture = cv2.resize(texture, size, interpolation=cv2.INTER_LINEAR)
    x0, y0 = int(x * (texture.shape[1] - width)), int(y * (texture.shape[0] - height))
    crop = texture[y0 : y0 + height, x0 : x0 + width]
    table = np.clip(np.arange(256)[:, None] * tint, 0, 255).astype(np.uint8)
    return cv2.LUT(crop, table.reshape(1, 256, 3))
