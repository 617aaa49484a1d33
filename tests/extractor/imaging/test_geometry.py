"""Turning, straightening and cropping: what is turned comes back, and points go where pixels go."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from extractor.imaging.geometry import (
    apply,
    crop_quad,
    quad_matrix,
    quad_size,
    tilt_matrix,
    turn,
    turn_matrix,
    warp,
)

ROTATIONS = (0, 90, 180, 270)
sides = st.integers(1, 60)
#: Corners of a square, each moved a little: never crossed, never flat.
moves = st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=4, max_size=4)


def picture(width: int, height: int) -> np.ndarray:
    """Every pixel another colour."""
    y, x = np.mgrid[:height, :width]
    return np.dstack([x, y, (x + y) // 2]).astype(np.uint8)


def quad(moved: list[tuple[float, float]], side: float = 40.0) -> np.ndarray:
    square = np.array([[0, 0], [side, 0], [side, side], [0, side]])
    return 30 + square + np.array(moved)


@given(sides, sides, st.sampled_from(ROTATIONS))
def test_turning_there_and_back_is_nothing(width: int, height: int, rotation: int) -> None:
    image = picture(width, height)
    assert np.array_equal(turn(turn(image, rotation), (360 - rotation) % 360), image)


def test_turns_are_clockwise() -> None:
    image = np.array([[1, 2, 3], [4, 5, 6]])
    assert turn(image, 90).tolist() == [[4, 1], [5, 2], [6, 3]]
    assert turn(image, 180).tolist() == [[6, 5, 4], [3, 2, 1]]
    assert turn(image, 270).tolist() == [[3, 6], [2, 5], [1, 4]]
    assert turn(image, 90).flags.c_contiguous


@given(sides, sides, st.sampled_from(ROTATIONS), st.data())
def test_points_go_where_pixels_go(width: int, height: int, rotation: int, data: st.DataObject) -> None:
    image = picture(width, height)
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    middle = np.array([x + 0.5, y + 0.5])
    moved_x, moved_y = apply(turn_matrix(rotation, width, height), middle) - 0.5
    assert np.array_equal(turn(image, rotation)[round(moved_y), round(moved_x)], image[y, x])


@given(st.floats(-180, 180), sides, sides)
def test_a_tilted_page_keeps_every_corner_and_its_middle(angle: float, width: int, height: int) -> None:
    matrix, (new_width, new_height) = tilt_matrix(angle, width, height)
    corners = apply(matrix, np.array([[0.0, 0], [width, 0], [width, height], [0, height]]))
    assert corners.min() > -1e-6
    assert (corners <= [new_width + 1e-6, new_height + 1e-6]).all()
    assert np.allclose(apply(matrix, np.array([width / 2, height / 2])), [new_width / 2, new_height / 2])
    assert new_width * new_height <= (width + height + 2) ** 2


def test_tilting_is_clockwise() -> None:
    matrix, size = tilt_matrix(90, 40, 20)
    assert np.allclose(size, (20, 40), atol=1)
    assert np.allclose(apply(matrix, np.array([[0.0, 0], [40, 0]])), [[20, 0], [20, 40]], atol=1)


@given(moves, st.floats(5, 200), st.floats(5, 200))
def test_a_quadrilateral_is_laid_flat_and_back(moved: list[tuple[float, float]], width: float, height: float) -> None:
    corners = quad(moved)
    matrix = quad_matrix(corners, width, height)
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]])
    assert np.allclose(apply(matrix, corners), flat, atol=0.05)
    assert np.allclose(apply(np.linalg.inv(matrix), flat), corners, atol=0.05)


@given(moves)
def test_the_size_of_a_quadrilateral_is_that_of_its_longer_sides(moved: list[tuple[float, float]]) -> None:
    corners = quad(moved)
    width, height = quad_size(corners)
    assert width == pytest.approx(max(np.hypot(*(corners[1] - corners[0])), np.hypot(*(corners[2] - corners[3]))))
    assert height == pytest.approx(max(np.hypot(*(corners[3] - corners[0])), np.hypot(*(corners[2] - corners[1]))))


@given(st.integers(2, 12), st.integers(2, 12), st.integers(4, 20), st.integers(4, 20))
def test_an_upright_crop_is_a_slice(left: int, top: int, width: int, height: int) -> None:
    image = picture(40, 40)
    assume(left + width <= 38)
    assume(top + height <= 38)
    corners = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]], float)
    crop = crop_quad(image, corners)
    wanted = image[top : top + height, left : left + width]
    assert crop.shape == wanted.shape
    # OpenCV counts from pixel middles, boxes from pixel edges: half a pixel at most.
    assert np.abs(crop.astype(int) - wanted).max() <= 1


@given(st.sampled_from([8, 48, 100]), moves)
def test_a_crop_of_a_given_height_keeps_its_shape(height: int, moved: list[tuple[float, float]]) -> None:
    corners = quad(moved)
    natural_width, natural_height = quad_size(corners)
    crop = crop_quad(picture(120, 120), corners, height=height)
    assert crop.shape[0] == height
    assert crop.shape[1] == pytest.approx(natural_width * height / natural_height, abs=1)


def test_a_crop_that_is_turned_is_laid_flat() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[30:50, 20:80] = 255
    matrix, size = tilt_matrix(20, 100, 100)
    tilted = warp(image, matrix, size)
    corners = apply(matrix, np.array([[20.0, 30], [80, 30], [80, 50], [20, 50]]))
    crop = crop_quad(tilted, corners)
    assert crop.shape == (20, 60, 3)
    assert crop[3:-3, 3:-3].min() > 240


def test_a_flat_quadrilateral_still_gives_a_pixel() -> None:
    corners = np.array([[5, 5], [5.2, 5], [5.2, 5.2], [5, 5.2]])
    assert crop_quad(picture(20, 20), corners).shape == (1, 1, 3)


def test_beyond_the_edge_a_warp_repeats_it() -> None:
    image = np.full((10, 10, 3), 77, np.uint8)
    shifted = warp(image, np.array([[1, 0, 5], [0, 1, 5], [0, 0, 1.0]]), (20, 20))
    assert shifted.shape == (20, 20, 3)
    assert (shifted == 77).all()
