"""Captured pages: whole, readable as pictures, and with boxes and centres where the page went."""

from dataclasses import replace

import numpy as np
import pytest

from extractor.synthesis.capture import MODES, Mode, Shot, capture
from extractor.synthesis.draw import DrawnPage

H, W = 360, 520
SPOTS = [(40, 30), (470, 40), (480, 320), (30, 310), (260, 180)]


@pytest.fixture
def page() -> DrawnPage:
    """A white page with five dark discs, each a "character" and a "field"."""
    import cv2

    image = np.full((H, W, 3), 245, np.uint8)
    boxes = {}
    for i, (x, y) in enumerate(SPOTS):
        cv2.circle(image, (x, y), 9, (10, 10, 10), -1)
        boxes[f"spot{i}"] = np.array([[[x - 9, y - 9], [x + 9, y - 9], [x + 9, y + 9], [x - 9, y + 9]]], np.float32)
    centres = np.array(SPOTS, np.float32)
    return DrawnPage(
        image, "passport", "td3_passport", "en", "training", "t/x", 1, {}, {}, boxes, tuple("abcde"), centres
    )


def _darkness(shot: Shot, x: float, y: float) -> float:
    patch = shot.image[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3]
    return float(np.median(patch))


@pytest.mark.parametrize("mode", MODES)
def test_centres_and_boxes_move_with_the_page(mode: Mode, page: DrawnPage) -> None:
    for seed in range(12):
        shot = capture(replace(page, seed=seed), mode)
        h, w = shot.image.shape[:2]
        for (x, y), polygons in zip(shot.centres, shot.boxes.values(), strict=True):
            assert 0 <= x < w
            assert 0 <= y < h
            # Glare can wash out a spot, never turn the others: each is dark against its own surroundings.
            around = shot.image[max(0, int(y) - 30) : int(y) + 30, max(0, int(x) - 30) : int(x) + 30]
            assert _darkness(shot, x, y) < np.percentile(around, 60), (mode, seed)
            assert polygons.reshape(-1, 2).mean(0) == pytest.approx([x, y], abs=1.5)
            assert polygons.min() >= 0


@pytest.mark.parametrize("mode", MODES)
def test_the_same_page_is_captured_the_same_way(mode: Mode, page: DrawnPage) -> None:
    one, again = capture(page, mode), capture(page, mode)
    assert np.array_equal(one.image, again.image)
    assert all(np.array_equal(one.boxes[name], again.boxes[name]) for name in one.boxes)


def test_clean_pages_are_left_alone(page: DrawnPage) -> None:
    assert np.array_equal(capture(page, "clean").image, page.image)


def test_low_resolution_is_low_and_the_others_are_not(page: DrawnPage) -> None:
    for seed in range(8):
        assert capture(replace(page, seed=seed), "low_resolution").image.shape[1] < 0.75 * W
        assert capture(replace(page, seed=seed), "scan").image.shape[1] > 0.77 * W


def test_rotated_pages_say_how_far(page: DrawnPage) -> None:
    turns = []
    for seed in range(24):
        shot = capture(replace(page, seed=seed), "rotated")
        across = shot.centres[1] - shot.centres[0]
        measured = np.degrees(np.arctan2(across[1], across[0]))
        assert (measured - shot.turned + 180) % 360 - 180 == pytest.approx(1.2, abs=4)
        turns.append(shot.turned)
    assert {round(turn / 90) % 4 for turn in turns} == {0, 1, 2, 3}


def test_photographs_differ_in_light(page: DrawnPage) -> None:
    def spread(shot: Shot) -> float:
        paper = [shot.image[int(y) - 25 : int(y) - 15, int(x) - 4 : int(x) + 4].mean() for x, y in shot.centres]
        return float(max(paper) - min(paper))

    photos = [spread(capture(replace(page, seed=seed), "photo")) for seed in range(20)]
    scans = [spread(capture(replace(page, seed=seed), "scan")) for seed in range(20)]
    assert np.median(photos) > 3 * np.median(scans)
