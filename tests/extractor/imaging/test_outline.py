"""Where a document's edges are: on a table, tilted, two sides on one picture, and where none can be seen."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from extractor.imaging.geometry import apply
from extractor.imaging.outline import Zone, find_outlines, format_of
from extractor.imaging.straighten import pixels_of, straighten
from extractor.synthesis.capture import capture
from extractor.synthesis.draw import draw
from extractor.synthesis.produce import template_named
from extractor.text.page import read_pages

from ...tables import each

TABLE = (96, 74, 52)


def card(width: int = 428, height: int = 270) -> np.ndarray:
    """A light card with four lines, a mark in its top left corner."""
    image = np.full((height, width, 3), (228, 232, 238), np.uint8)
    for row in range(4):
        cv2.rectangle(image, (150, 60 + 44 * row), (380, 76 + 44 * row), (40, 40, 60), -1)
    cv2.rectangle(image, (8, 8), (40, 40), (200, 30, 30), -1)
    return image


LINES = np.array([[[150, y], [380, y], [380, y + 16], [150, y + 16]] for y in (60, 104, 148, 192)], np.float32)


def laid(image: np.ndarray, corners: np.ndarray, size: tuple[int, int], ground: np.ndarray | None = None) -> tuple:
    """`image` with its corners at `corners` on a picture of `size`, and its lines of text there."""
    height, width = image.shape[:2]
    own = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(own, corners.astype(np.float32))
    picture = np.full((size[1], size[0], 3), TABLE, np.uint8) if ground is None else ground
    cv2.warpPerspective(image, matrix, size, dst=picture, borderMode=cv2.BORDER_TRANSPARENT)
    return picture, apply(matrix, LINES).astype(np.float32)


def off(found: np.ndarray, true: np.ndarray) -> float:
    """The largest distance of a corner, as a share of the document's width."""
    return float(np.linalg.norm(found - true, axis=1).max() / np.linalg.norm(true[1] - true[0]))


@pytest.mark.parametrize(
    "corners",
    [
        [[120, 90], [548, 90], [548, 360], [120, 360]],
        [[140, 80], [560, 120], [540, 392], [112, 350]],
        [[160, 100], [520, 84], [566, 372], [110, 360]],
    ],
)
def test_a_card_on_a_table_is_found_and_laid_flat(corners: list[list[int]]) -> None:
    true = np.array(corners, np.float64)
    picture, boxes = laid(card(), true, (680, 470))
    (found,) = find_outlines(picture, boxes)
    assert (found.seen, found.format) == (True, "ID-1")
    assert off(found.corners, true) < 0.02
    flat = straighten(picture, found)
    assert (flat.image.shape[1::-1], flat.dpi) == ((1011, 638), 300)
    red = flat.image[60, 60].astype(int)
    assert red[0] > red[1] + 100, "the top left of the document is the top left of the picture"


def test_two_sides_of_a_card_on_one_picture_are_two_documents() -> None:
    upper = np.array([[60, 40], [488, 40], [488, 310], [60, 310]], np.float64)
    picture, first = laid(card(), upper, (560, 700))
    lower = upper + np.array([0.0, 330.0])
    picture, second = laid(card(), lower, (560, 700), picture)
    found = find_outlines(picture, np.concatenate([first, second]))
    assert [one.format for one in found] == ["ID-1", "ID-1"]
    assert off(found[0].corners, upper) < 0.02
    assert off(found[1].corners, lower) < 0.02


def test_a_picture_of_nothing_but_the_document_is_taken_whole() -> None:
    (found,) = find_outlines(card(), LINES)
    assert (found.seen, found.format) == (False, "ID-1")
    assert off(found.corners, np.array([[0, 0], [428, 0], [428, 270], [0, 270]])) == 0


def test_without_edges_the_zone_says_where_the_document_lies() -> None:
    paper = np.full((900, 1200, 3), 250, np.uint8)
    # 44 characters an inch tenth each are 111.76 mm; 8 pixels a millimetre.
    left, right, top, bottom = 200.0, 200.0 + 8 * 111.76, 700.0, 780.0
    zone = Zone("TD3", np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))
    (found,) = find_outlines(paper, np.array([zone.corners], np.float32), zone)
    assert (found.seen, found.format) == (False, "ID-3")
    assert np.linalg.norm(found.corners[1] - found.corners[0]) == pytest.approx(8 * 125, rel=0.02)


def test_text_outside_a_rectangle_keeps_it_from_being_the_document() -> None:
    true = np.array([[120, 90], [548, 90], [548, 360], [120, 360]], np.float64)
    picture, boxes = laid(card(), true, (680, 640))
    beside = np.array([[[60, y], [600, y], [600, y + 20], [60, y + 20]] for y in (420, 470, 520)], np.float32)
    (found,) = find_outlines(picture, np.concatenate([boxes, beside]))
    assert not found.seen


@each(
    ("size", "passport", "name"),
    [
        ((856, 540), False, "ID-1"),
        ((540, 856), False, "ID-1, upright"),
        ((1050, 740), False, "ID-2"),
        ((1250, 880), True, "ID-3"),
        ((1250, 1760), True, "ID-3, two pages"),
        ((300, 1200), False, None),
    ],
)
def test_the_shape_names_the_format(size: tuple[int, int], passport: bool, name: str | None) -> None:
    width, height = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    assert format_of(corners, passport=passport) == name


def test_sizes_at_300_dpi() -> None:
    assert pixels_of("ID-1") == (1011, 638)
    assert pixels_of("ID-3") == (1476, 1039)


@pytest.mark.slow
def test_drawn_documents_photographed_on_desks(evaluation_fonts: None) -> None:
    good = 0
    for name, seed in (("prt_passport/passport_x", 0), *(("fra_licence/licence_eu_x", seed) for seed in range(3))):
        page = draw(template_named("evaluation", name), seed)
        height, width = page.image.shape[:2]
        edge = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float32)
        shot = capture(replace(page, boxes={"edge": edge}), "photo")
        read = read_pages(shot.image)[0]
        (found, *_) = find_outlines(read.image, read.boxes, passport=page.schema == "passport")
        true = apply(np.linalg.inv(read.to_source), shot.boxes["edge"][0])
        good += off(found.corners, true) < 0.03
    assert good >= 3
