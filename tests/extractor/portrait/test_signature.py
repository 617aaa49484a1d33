"""What is a signature and what only looks like one: strokes, beside the things that cards carry."""

import random

import numpy as np
import pytest

from extractor.portrait.signature import find_signature
from extractor.synthesis import ornaments
from extractor.synthesis.canvas import Canvas

#: Pixels a millimetre of a card of 85.6 x 54 mm.
SCALE = 12.0
SIGNATURE = (6.0, 42.0, 26.0, 6.0)


def card() -> Canvas:
    return Canvas(np.full((648, 1027, 3), (226, 230, 218), np.uint8), SCALE)


def found(canvas: Canvas) -> tuple[float, float, float, float] | None:
    """The signature's (left, top, right, bottom) in millimetres."""
    signature = find_signature(canvas.image, np.zeros((0, 4, 2)), [], [])
    if signature is None:
        return None
    left, top, right, bottom = (side / SCALE for side in signature[0])
    return left, top, right, bottom


def is_it(place: tuple[float, float, float, float] | None) -> bool:
    x, y, width, height = SIGNATURE
    return place is not None and bool(np.abs(np.array(place) - (x, y, x + width, y + height)).max() < 4.0)


@pytest.mark.parametrize("seed", range(8))
def test_strokes_alone_are_found(seed: int) -> None:
    canvas = card()
    ornaments.signature(canvas, random.Random(seed), SIGNATURE)
    assert is_it(found(canvas))


@pytest.mark.parametrize("seed", range(8))
def test_a_chip_an_emblem_and_the_end_of_a_portrait_are_none(seed: int) -> None:
    canvas, rng = card(), random.Random(seed)
    ornaments.chip(canvas, rng, (8, 8, 13, 11))
    ornaments.emblem(canvas, rng, (40, 8, 12, 12))
    ornaments.emblem(canvas, rng, (60, 8, 14, 10))
    # What a crop leaves of a portrait: shoulders in dark cloth, cut off straight.
    height, width = canvas.image.shape[:2]
    rows, columns = np.mgrid[:height, :width] / SCALE
    shoulders = ((columns - 70) / 10) ** 2 + ((rows - 46) / 8) ** 2 < 1
    canvas.image[shoulders & (rows < 46)] = (80, 60, 90)
    assert found(canvas) is None

    ornaments.signature(canvas, rng, SIGNATURE)
    assert is_it(found(canvas)), "beside all of them"


@pytest.mark.parametrize("seed", range(4))
def test_an_emblem_close_by_is_no_part_of_it(seed: int) -> None:
    canvas, rng = card(), random.Random(seed)
    ornaments.signature(canvas, rng, SIGNATURE)
    ornaments.emblem(canvas, rng, (SIGNATURE[0] + SIGNATURE[2] + 2.5, 38, 11, 11))
    assert is_it(found(canvas))
