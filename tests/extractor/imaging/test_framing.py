"""Pages are framed so that their print comes out as large as the model's sheet allows, and none of it is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.imaging.framing import canvas_for, framed, sheet_scale, text_region
from extractor.phi3v.image_processing import sheet_size

SIDES = st.integers(24, 3000)


def box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


@given(SIDES, SIDES, st.integers(1, 16))
def test_the_scale_is_the_processors(width: int, height: int, num_crops: int) -> None:
    rows, columns = sheet_size(width, height, num_crops)
    along_the_longer_side = columns if width >= height else rows
    assert sheet_scale(width, height, num_crops) * max(width, height) == pytest.approx(along_the_longer_side)


@given(SIDES, SIDES, st.integers(1, 16))
def test_widening_never_shrinks_a_picture_nor_its_print(width: int, height: int, num_crops: int) -> None:
    wide, high = canvas_for(width, height, num_crops)
    assert wide >= width
    assert high >= height
    assert sheet_scale(wide, high, num_crops) >= sheet_scale(width, height, num_crops)


def test_a_passport_page_gets_three_tiles_by_two() -> None:
    assert sheet_size(1120, 790, 6) == (2, 2)
    wide, high = canvas_for(1120, 790, 6)
    assert sheet_size(wide, high, 6) == (2, 3)
    assert sheet_scale(wide, high, 6) > 1.4 * sheet_scale(1120, 790, 6)


def test_a_page_is_cut_to_its_text_with_a_margin() -> None:
    left, top, right, bottom = text_region((1000, 800), np.array([box(200, 300, 700, 330), box(220, 500, 600, 530)]))
    assert 150 < left < 200
    assert 250 < top < 300
    assert 700 < right < 750
    assert 530 < bottom < 580


def test_a_page_without_text_and_one_full_of_it_stay_whole() -> None:
    assert text_region((300, 200), np.empty((0, 4, 2), np.float32)) == (0, 0, 300, 200)
    assert text_region((300, 200), np.array([box(2, 2, 298, 20), box(2, 180, 298, 199)])) == (0, 0, 300, 200)


def test_what_is_round_the_text_fills_the_frame_before_white_does() -> None:
    image = np.full((400, 900, 3), 90, np.uint8)
    picture = framed([(image, np.array([box(250, 40, 650, 60), box(250, 340, 650, 360)]))], 6)
    height, width = picture.shape[:2]
    assert width / height == pytest.approx(1.5, abs=0.01)
    assert (picture[height // 2] == 90).all()


def test_two_sides_become_one_picture_with_all_of_both() -> None:
    front, back = (np.full((540, 856, 3), tone, np.uint8) for tone in (10, 200))
    text = np.array([box(20, 20, 830, 60), box(20, 480, 830, 520)])
    picture = framed([(front, text), (back, text)], 6)
    assert picture.shape[0] > picture.shape[1]
    shares = [(picture == tone).all(axis=2).mean() for tone in (10, 200)]
    assert min(shares) > 0.3
    assert shares[0] == pytest.approx(shares[1], rel=0.05)
