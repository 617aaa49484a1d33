"""Faults of pictures: each is found by what it does to the text, with its region, and nothing else is."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from extractor.imaging.quality import faults, measure

from ...tables import each

#: Lines of the drawn page: left, baseline; and their boxes as a detector finds them, 1.6 times as high as the letters.
_ROWS = range(60, 460, 50)
_LETTERS = 26


def page(height: int = 500, width: int = 800, left: int = 40) -> np.ndarray:
    """Coloured paper with dark print."""
    image = np.full((height, width, 3), (200, 205, 190), np.uint8)
    for row in _ROWS:
        cv2.putText(
            image, "THE QUICK BROWN FOX 0123456789", (left, row), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (40, 30, 30), 2
        )
    return image


def boxes(left: int = 40, width: int = 620) -> np.ndarray:
    margin = 0.3 * _LETTERS
    corners = [
        [[left, row - _LETTERS - margin], [left + width, row - _LETTERS - margin], [left + width, row + margin],
         [left, row + margin]]
        for row in _ROWS
    ]  # fmt: skip
    return np.array(corners, np.float32)


def codes(image: np.ndarray, found: np.ndarray) -> list[str]:
    return [fault.code for fault in faults(image, found, measure(image, found))]


def test_a_good_page_has_no_fault() -> None:
    measured = measure(page(), boxes())
    assert measured["edge_width"] < 0.2
    assert measured["text_height"] == pytest.approx(_LETTERS, rel=0.1)
    assert (measured["light"], measured["contrast"]) == pytest.approx((0.78, 0.65), abs=0.06)
    assert codes(page(), boxes()) == []


def test_a_page_without_text_has_no_measures_and_no_faults() -> None:
    blank = np.full((300, 300, 3), 90, np.uint8)
    assert measure(blank, np.empty((0, 4, 2), np.float32)) == {}
    assert faults(blank, np.empty((0, 4, 2), np.float32), {}) == []


def glare(image: np.ndarray) -> np.ndarray:
    return cv2.circle(image.copy(), (400, 250), 90, (255, 255, 255), -1)


def screen(image: np.ndarray) -> np.ndarray:
    """Photographed from a screen: each of its pixels is a stripe of red, of green and of blue, turned a little."""
    ys, xs = np.mgrid[: image.shape[0], : image.shape[1]]
    phase = (xs + 0.03 * ys) / 3.3
    stripes = [1 + 0.3 * np.cos(2 * np.pi * (phase - colour / 3)) for colour in range(3)]
    return np.clip(image * np.stack(stripes, axis=2), 0, 255).astype(np.uint8)


def half(image: np.ndarray) -> np.ndarray:
    return image[::2, ::2]


@each(
    ("spoil", "code"),
    [
        (lambda image: cv2.GaussianBlur(image, (0, 0), 6), "picture_blurred"),
        (lambda image: (image * 0.15).astype(np.uint8), "picture_dark"),
        (glare, "picture_glare"),
        (lambda image: np.where(image > 120, 255, 0).astype(np.uint8), "picture_two_tones"),
        (screen, "picture_screen"),
        (lambda image: half(screen(np.repeat(np.repeat(image, 2, 0), 2, 1))), "picture_screen"),
    ],
    ids=["blur", "dark", "glare", "two tones", "screen", "screen, made smaller"],
)
def test_each_fault_is_told_alone(spoil: Callable[[np.ndarray], np.ndarray], code: str) -> None:
    assert codes(spoil(page()), boxes()) == [code]


def test_too_few_pixels_are_told_rather_than_the_blur_they_make() -> None:
    small = cv2.resize(page(), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    assert codes(small, boxes() / 4) == ["picture_small"]


@each(
    ("slices", "edge"),
    [
        ((slice(None), slice(200, None)), "left"),
        ((slice(None), slice(None, 500)), "right"),
        ((slice(None, 255), slice(None)), "lower"),
        ((slice(45, None), slice(None)), "upper"),
    ],
)
def test_an_edge_that_cuts_lines_is_named_with_its_region(slices: tuple[slice, slice], edge: str) -> None:
    image = np.ascontiguousarray(page()[slices])
    moved = boxes() - np.array([slices[1].start or 0, slices[0].start or 0], np.float32)
    height, width = image.shape[:2]
    inside = moved[(moved[:, 0, 1] < height) & (moved[:, 2, 1] > 0)]
    found = np.clip(inside, 0, [width, height]).astype(np.float32)
    (fault,) = faults(image, found, measure(image, found))
    assert (fault.code, f"the {edge} edge" in fault.message) == ("picture_cut_off", True)
    assert fault.corners.shape == (4, 2)


def test_the_region_of_glare_is_where_it_is() -> None:
    (fault,) = faults(glare(page()), boxes(), measure(glare(page()), boxes()))
    assert fault.corners.mean(axis=0) == pytest.approx((400, 250), abs=4)
    assert fault.corners[2] - fault.corners[0] == pytest.approx((180, 180), abs=4)


def test_what_is_printed_or_compressed_is_no_screen() -> None:
    """Guilloches are lines of one width that turn; JPEG leaves blocks of one size."""
    ys, xs = np.mgrid[:500, :800]
    waves = 20 * np.sin((xs + 14 * np.sin(ys / 17)) * 1.3)
    guilloche = np.clip(page() + waves[..., None], 0, 255).astype(np.uint8)
    assert codes(guilloche, boxes()) == []
    blocks = cv2.imdecode(cv2.imencode(".jpg", page(), [cv2.IMWRITE_JPEG_QUALITY, 15])[1], cv2.IMREAD_COLOR)
    assert codes(blocks, boxes()) == []


def test_glare_over_most_of_a_page_is_told_from_white_paper() -> None:
    ys, xs = np.mgrid[:500, :800]
    light = 400 * np.exp(-(((xs - 350) / 215) ** 2) - ((ys - 225) / 140) ** 2)
    sparse = page()
    sparse[80:380] = sparse[0, 0]  # as on a card, where little is printed in the middle
    flooded = np.clip(sparse * 0.85 + light[..., None], 0, 255).astype(np.uint8)
    assert "picture_glare" in codes(flooded, boxes())
    white = np.where(page() > 120, 255, page())
    white[np.random.default_rng(1).random(white.shape[:2]) < 0.02] = 250
    assert "picture_glare" not in codes(white.astype(np.uint8), boxes())
