"""Where to look again."""

import numpy as np
import pytest

from extractor.mrz.find import read_mrz
from extractor.mrz.fit import fit_line
from extractor.mrz.formats import TD3
from extractor.mrz.lattice import from_text
from extractor.mrz.region import likely_region, missing_line_boxes, zone_region
from extractor.mrz.repair import conclude

from .documents import FakeLine, box, page

NAME = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
DATA = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"


def extent(corners: np.ndarray) -> tuple[float, float, float, float]:
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0)
    return left, top, right, bottom


def test_the_region_holds_the_zone() -> None:
    region = zone_region(read_mrz(page([NAME, DATA])))
    left, top, right, bottom = extent(region)
    assert left < 20
    assert top < 300
    assert right > 548
    assert bottom > 348
    assert bottom - top < 100


def test_room_for_a_line_that_was_not_found() -> None:
    only_data = zone_region(read_mrz(page([DATA])))
    both = zone_region(read_mrz(page([NAME, DATA])))
    assert extent(only_data)[1] < 300 - 2 * 18  # room above for the first line
    assert extent(only_data)[3] < extent(both)[3]  # none below


def test_room_for_the_rest_of_a_line_that_was_cut() -> None:
    cut = zone_region(read_mrz(page([NAME[:40], DATA[:41]])))
    assert extent(cut)[2] > 20 + 12 * 44


def test_a_tilted_zone_has_a_tilted_region() -> None:
    angle = np.deg2rad(10)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    lines = [FakeLine(line.text, line.box @ turn) for line in page([NAME, DATA])]
    region = zone_region(read_mrz(lines))
    top_edge = region[1] - region[0]
    assert np.rad2deg(np.arctan2(top_edge[1], top_edge[0])) == pytest.approx(10, abs=0.5)


def test_where_a_line_must_be_that_no_detector_found() -> None:
    guesses = missing_line_boxes(read_mrz(page([DATA])))
    assert len(guesses) > 1
    for (guess,) in guesses:
        left, top, right, bottom = extent(guess)
        assert (left, right) == pytest.approx((20, 548))
        assert 250 < top < bottom < 305
    assert missing_line_boxes(read_mrz(page([NAME, DATA]))) == ()


def test_two_lines_tell_where_the_third_is() -> None:
    card = ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"]
    ((guess,),) = missing_line_boxes(read_mrz(page(card)[:2]))
    assert guess.mean(axis=0) == pytest.approx((200, 369))
    ((guess,),) = missing_line_boxes(read_mrz([page(card)[0], page(card)[2]]))
    assert guess.mean(axis=0) == pytest.approx((200, 339))


def test_rows_that_look_like_a_zone_are_worth_a_look() -> None:
    scrap = FakeLine("458902<<<78", box(400, 300, 132, 18))
    assert read_mrz([scrap]) is None
    assert extent(likely_region([scrap]))[1] < 280
    assert likely_region(page(["Passport", "Signature of bearer"])) is None


def test_a_reading_without_a_page_has_no_region() -> None:
    reading = conclude(TD3, [fit_line(TD3, k, from_text(text)) for k, text in enumerate((NAME, DATA))])
    with pytest.raises(ValueError, match="boxes"):
        zone_region(reading)
