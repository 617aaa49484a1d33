"""Where a portrait and a ghost of it are on a document, by a small network that learned from drawn documents alone.

It knows how a portrait lies on a document and what stands around it, and so finds what no detector of faces sees:
drawings, silhouettes, faces blurred or covered, ghosts too pale to have eyes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from extractor.portrait.faces import shared
from extractor.portrait.frame import Rectangle

#: The network looks at squares of SIDE pixels, and answers for cells of STEP pixels.
SIDE, STEP = 192, 8
#: What it looks for, in the order of its answers.
KINDS: tuple[Literal["portrait", "ghost"], ...] = ("portrait", "ghost")
#: What is around a document that is no square.
_GREY = 128
#: Boxes that share more than this of the smaller one are the same.
_SAME = 0.3


@dataclass(frozen=True)
class Shown:
    """A portrait or a ghost: its frame (left, top, right, bottom) in pixels, and how likely it is one (0..1)."""

    kind: Literal["portrait", "ghost"]
    box: Rectangle
    chance: float


def find_shown(image: np.ndarray, least: float) -> list[Shown]:
    """Portraits and ghosts on an upright RGB document with at least this chance, most likely first."""
    import cv2

    scale = SIDE / max(image.shape[:2])
    width, height = (max(1, round(side * scale)) for side in image.shape[1::-1])
    left, top = (SIDE - width) // 2, (SIDE - height) // 2
    square = np.full((SIDE, SIDE, 3), _GREY, np.uint8)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    square[top : top + height, left : left + width] = cv2.resize(image, (width, height), interpolation=method)
    kept: list[Shown] = []
    shift, edges = np.array([left, top, left, top]), np.array(image.shape[1::-1] * 2)
    for kind, box, chance in sorted(_in_square(square, least), key=lambda one: -one[2]):
        x0, y0, x1, y1 = ((np.array(box) - shift) / scale).clip(0, edges).tolist()
        if min(x1 - x0, y1 - y0) * scale > STEP and not any(shared((x0, y0, x1, y1), one.box) > _SAME for one in kept):
            kept.append(Shown(kind, (x0, y0, x1, y1), chance))
    return kept


def _in_square(square: np.ndarray, least: float) -> Iterator[tuple[Literal["portrait", "ghost"], Rectangle, float]]:
    """Each cell's answer."""
    pixels = square.astype(np.float32).transpose(2, 0, 1)[None] / 255
    chances, sides = _network().run(["chances", "sides"], {"image": pixels})
    for number, row, column in np.argwhere(chances[0] >= least):
        x, y = (column + 0.5) * STEP, (row + 0.5) * STEP
        left, top, right, bottom = sides[0, :, row, column]
        box = (float(x - left), float(y - top), float(x + right), float(y + bottom))
        yield KINDS[number], box, float(chances[0, number, row, column])


def _network() -> Any:
    from extractor.networks import kept_session

    return kept_session(Path(__file__).with_name("networks") / "portraits.onnx", 1)
