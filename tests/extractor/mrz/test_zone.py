"""The machine-readable zone of a page, and the closer looks where the first reading does not prove it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from extractor.mrz.zone import read_zone
from extractor.text import ocr
from extractor.text.page import Page

from ..printed import TODAY, page, rows

LINES = ["P<GBRUNDERHILL<<JOSHUA<<<<<<<<<<<<<<<<<<<<<<", "3599705211GBR2003304M3301096<<<<<<<<<<<<<<<6"]


@pytest.fixture
def passport(example_page: Callable[[str], Page]) -> Page:
    return example_page("passport.png")


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The shapes of the pictures that the detector is asked about from here on."""
    shapes: list[tuple[int, ...]] = []
    detect = ocr.detect

    def counted(image: np.ndarray) -> Any:
        shapes.append(image.shape)
        return detect(image)

    monkeypatch.setattr(ocr, "detect", counted)
    return shapes


def spoiled(passport: Page, change: Callable[[str], str]) -> Page:
    """The page as a reader that errs on the zone would give it, without what else it saw there."""
    lines = tuple(
        replace(line, text=change(line.text), log_probs=None) if line.text.count("<") > 4 else line
        for line in passport.lines
    )
    assert [line.text for line in lines] != [line.text for line in passport.lines]
    return replace(passport, lines=lines)


def test_a_zone_that_proves_itself_is_looked_at_once(passport: Page, looks: list[tuple[int, ...]]) -> None:
    zone = read_zone(passport, today=TODAY)
    assert zone is not None
    assert list(zone.lines) == LINES
    assert zone.valid
    assert looks == []


def test_a_page_without_a_zone_has_none_and_is_not_looked_at_again(looks: list[tuple[int, ...]]) -> None:
    assert read_zone(page(rows("KINGDOM OF UTOPIA", "Surname", "ERIKSSON")), today=TODAY) is None
    assert read_zone(page([]), today=TODAY) is None
    assert looks == []


@pytest.mark.parametrize(
    "change",
    [lambda text: text.replace("9", "4"), lambda text: text[:-14], lambda text: text[6:]],
    ids=["digits misread", "end not seen", "start not seen"],
)
def test_what_the_first_reading_spoiled_a_closer_look_mends(
    passport: Page, looks: list[tuple[int, ...]], change: Callable[[str], str]
) -> None:
    zone = read_zone(spoiled(passport, change), today=TODAY)
    assert zone is not None
    assert list(zone.lines) == LINES
    assert zone.valid
    # The strip is enlarged for the look: wider than the page was.
    assert all(height < passport.image.shape[0] and width > 800 for height, width, _ in looks)


def test_boxes_of_a_closer_look_lie_on_the_page(passport: Page, looks: list[tuple[int, ...]]) -> None:
    first, again = (
        read_zone(one, today=TODAY) for one in (passport, spoiled(passport, lambda text: text.replace("9", "4")))
    )
    assert first is not None
    assert again is not None
    assert looks
    for before, after in zip(first.line_boxes, again.line_boxes, strict=True):
        corners = [np.concatenate(boxes) for boxes in (before, after)]
        assert np.abs(corners[0].min(axis=0) - corners[1].min(axis=0)).max() < 15
        assert np.abs(corners[0].max(axis=0) - corners[1].max(axis=0)).max() < 15


def test_a_zone_that_no_look_mends_is_still_given(passport: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed check digit lowers confidence; it never loses the text."""
    monkeypatch.setattr(ocr, "detect", lambda image: (np.empty((0, 4, 2), np.float32), np.empty(0)))
    whole = read_zone(passport, today=TODAY)
    zone = read_zone(spoiled(passport, lambda text: text.replace("9", "4")), today=TODAY)
    assert zone is not None
    assert whole is not None
    assert not zone.valid
    assert zone.mrz.surname == "UNDERHILL"
    assert zone.confidence < whole.confidence


def test_a_strip_that_would_grow_beyond_bounds_is_left(passport: Page, looks: list[tuple[int, ...]]) -> None:
    """Lines of a hair's height would be enlarged to a picture of many thousands of pixels."""
    flat = spoiled(passport, lambda text: text.replace("9", "4"))
    lines = tuple(
        replace(
            line, box=np.stack([line.box[:, 0], line.box[:, 1].mean() + (line.box[:, 1] > line.box[:, 1].mean())], 1)
        )
        if line.text.count("<") > 4
        else line
        for line in flat.lines
    )
    read_zone(replace(flat, lines=lines), today=TODAY)
    assert looks == []
