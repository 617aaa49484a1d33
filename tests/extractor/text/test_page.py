"""Pages are set upright, straightened and read, and everything on them is found again on the picture as given."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from extractor.imaging import load_pages
from extractor.imaging.geometry import apply, turn
from extractor.text import page as module
from extractor.text.page import Page, read_pages, reading_order

from ...tables import each
from ..drawn import drawn, on_a_table, tilted
from ..printed import line

TEXTS = [
    ("KINGDOM OF UTOPIA", 60, 40),
    ("Surname", 60, 120),
    ("BLACKWELL-SMITH", 60, 160),
    ("Given names", 60, 220),
    ("ANNA MARIA", 60, 260),
    ("Date of birth", 60, 320),
    ("12 AUG 1974", 60, 360),
    ("Place of birth", 420, 320),
    ("MELBOURNE", 420, 360),
]


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return drawn(TEXTS)


def only(pages: list[Page]) -> Page:
    (page,) = pages
    return page


def places(page: Page) -> dict[str, np.ndarray]:
    """Text -> middle of its box on the picture as given."""
    return {line.text: apply(page.to_source, line.box.astype(np.float64)).mean(axis=0) for line in page.lines}


def test_an_upright_page_is_left_as_it_is(picture: np.ndarray) -> None:
    page = only(read_pages(picture, index=3))
    assert [line.text for line in page.lines][:5] == [text for text, *_ in TEXTS[:5]]
    assert (page.rotation, page.source_size, page.index) == (0, (800, 500), 3)
    assert np.allclose(page.to_source, np.eye(3))
    assert len(page.boxes) >= len(page.lines)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_page_on_its_side_or_head_reads_as_well(picture: np.ndarray, rotation: int) -> None:
    upright = only(read_pages(picture))
    turned = turn(picture, rotation)
    page = only(read_pages(turned))
    assert page.rotation == (360 - rotation) % 360
    assert page.image.shape == picture.shape
    assert page.source_size == (turned.shape[1], turned.shape[0])
    # A pixel more or less at its ends may cost a line a character.
    for one, two in zip(upright.lines, page.lines, strict=True):
        assert fuzz.ratio(one.text, two.text) > 90
    # Boxes lie on the picture as given, which is still turned.
    for text, left, top in TEXTS:
        x, y = next(place for read, place in places(page).items() if fuzz.ratio(read, text) > 90)
        height, width = turned.shape[:2]
        back = {90: (y, width - x), 180: (width - x, height - y), 270: (height - y, x)}[rotation]
        assert back == pytest.approx((left + 6.5 * len(text), top + 14), abs=32)


@pytest.mark.parametrize("degrees", [-5, 5])
def test_a_tilted_page_is_straightened(picture: np.ndarray, degrees: float) -> None:
    page = only(read_pages(tilted(picture, degrees)))
    assert {line.text for line in page.lines} == {text for text, *_ in TEXTS}
    slopes = [line.box[1, 1] - line.box[0, 1] for line in page.lines if len(line.text) > 8]
    assert max(map(abs, slopes)) < 8
    assert page.rotation == 0


def test_a_small_document_in_a_large_photograph_is_looked_at_closer() -> None:
    small = drawn([(text, left * 6 // 10, top * 6 // 10) for text, left, top in TEXTS], size=(480, 300), height=14)
    photograph = on_a_table(small, (3000, 2250), (1500, 750))
    page = only(read_pages(photograph))
    assert {line.text for line in page.lines} == {text for text, *_ in TEXTS}
    assert places(page)["ANNA MARIA"] == pytest.approx((1500 + 36 + 45, 750 + 156 + 9), abs=20)


@each("size", [(24, 24), (24, 900), (900, 24), (640, 480)])
def test_a_blank_page_of_any_size_has_no_lines(size: tuple[int, int]) -> None:
    page = only(read_pages(np.full((size[1], size[0], 3), 230, np.uint8)))
    assert page.lines == ()
    assert page.rotation == 0


def test_of_two_pages_that_lie_each_its_own_way_the_one_that_reads_better_decides(picture: np.ndarray) -> None:
    """Lines that run sideways beside lines that do not: neither direction has it by their number."""
    beside = np.full((500, 300, 3), 240, np.uint8)
    sideways = turn(drawn([("KINGDOM OF UTOPIA", 40, 60), ("SOMETHING ELSE HERE", 40, 160)], size=(500, 300)), 90)
    beside[: sideways.shape[0]] = sideways[:, :300] // 2 + 110  # faded
    pages = read_pages(np.concatenate([picture, beside], axis=1))
    assert pages[0].rotation == 0
    assert {text for text, *_ in TEXTS} <= {line.text for page in pages for line in page.lines}


def test_of_a_script_that_reads_badly_either_way_the_mrz_says_which_way_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The short lines, which are tried first, are of some other script: here they tell nothing at all."""
    zone = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
    page = drawn([*[("OTHER", 60, top) for top in (40, 120, 200, 280)], (zone, 30, 400)], size=(1000, 500))
    monkeypatch.setattr(module, "_probe_score", lambda readings: 0.5)
    assert only(read_pages(page)).rotation == 0
    assert only(read_pages(turn(page, 180))).rotation == 180


@pytest.mark.slow
def test_two_cards_on_one_picture_each_turned_its_own_way(
    examples_dir: Path, example_page: Callable[[str], Page]
) -> None:
    card = load_pages(examples_dir / "id_card.png")[0]
    top = card[: card.shape[0] // 2]
    bottom = turn(np.ascontiguousarray(card[card.shape[0] // 2 :]), 180)
    pages = read_pages(np.concatenate([top, bottom]))
    read = {line.text.replace(" ", "") for page in pages for line in page.lines}
    whole = {line.text.replace(" ", "") for line in example_page("id_card.png").lines}
    assert len(read & whole) > 0.8 * len(whole)


def test_reading_order_is_rows_from_top_and_each_from_the_left() -> None:
    lines = [line("D", 300, 102), line("C", 40, 100), line("B", 500, 38), line("A", 40, 44), line("E", 40, 140)]
    assert [one.text for one in reading_order(lines)] == ["A", "B", "C", "D", "E"]
    assert reading_order([]) == []


@given(st.permutations(range(12)))
def test_reading_order_does_not_depend_on_the_order_given(order: list[int]) -> None:
    grid = [line(f"{row}{column}", 200 * column, 40 * row) for row in range(4) for column in range(3)]
    assert [one.text for one in reading_order([grid[i] for i in order])] == [one.text for one in grid]
