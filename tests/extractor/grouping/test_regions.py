"""Where on a page there may be several documents."""

from dataclasses import replace

import numpy as np

from extractor.grouping.regions import find_regions
from extractor.text.page import Page

from ..printed import line, page, rows

PAPER, CARD = 250, 215


def sheet(*cards: tuple[int, int, int, int], paper: int = PAPER) -> Page:
    """A page with cards (left, top, right, bottom) on it, three lines of text on each."""
    image = np.full((1400, 1000, 3), paper, np.uint8)
    lines = []
    for left, top, right, bottom in cards:
        image[top:bottom, left:right] = CARD
        lines += rows("SURNAME", "ERIKSSON", "12.08.1974", left=left + 40, top=top + 40)
    return replace(page(lines, size=(1000, 1400)), image=image)


def test_cards_on_paper_are_parts_with_their_lines() -> None:
    regions = find_regions(sheet((50, 60, 700, 480), (80, 520, 730, 940)))
    assert [region.on_paper for region in regions] == [True, True]
    assert [len(region.lines) for region in regions] == [3, 3]
    left, top, right, bottom = regions[1].box
    assert abs(left - 80) + abs(top - 520) + abs(right - 730) + abs(bottom - 940) < 20


def test_one_card_on_paper_is_the_page() -> None:
    one = sheet((50, 60, 700, 480))
    assert [region.box for region in find_regions(one)] == [(0, 0, 1000, 1400)]


def test_a_card_without_text_is_none() -> None:
    one = sheet((50, 60, 700, 480))
    one.image[600:900, 100:800] = CARD
    assert len(find_regions(one)) == 1


def test_specks_and_frames_of_the_scanner_are_no_cards() -> None:
    one = sheet((50, 60, 700, 480), (80, 520, 730, 940))
    one.image[1300:1310, 500:520] = 0
    assert len(find_regions(one)) == 2


def test_a_strip_that_is_as_light_as_the_paper_belongs_to_its_card() -> None:
    one = sheet((50, 60, 700, 300), (80, 600, 730, 940))
    zone = [line("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", 60, 320), line("L898902C36UTO7408122F120415", 60, 360)]
    upper, lower = find_regions(replace(one, lines=(*one.lines, *zone)))
    assert (len(upper.lines), len(lower.lines)) == (5, 3)
    assert upper.box[3] >= 380


def test_much_text_beside_the_only_card_may_be_another_document() -> None:
    one = sheet((50, 60, 700, 480))
    letter = [line(f"a letter that lies beside the card, line {k}", 60, 600 + 30 * k) for k in range(8)]
    regions = find_regions(replace(one, lines=(*one.lines, *letter)))
    assert [len(region.lines) for region in regions] == [3, 8]
    little = rows("Place of birth", "LUND", "SWEDEN", left=60, top=600)
    assert len(find_regions(replace(one, lines=(*one.lines, *little)))) == 1


def test_a_page_without_text_is_one_region() -> None:
    assert len(find_regions(page([]))) == 1
