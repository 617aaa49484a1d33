"""Parts of lines stand where their characters do; joined columns are parted, broken dates joined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.text.ocr import Line
from extractor.visual.segments import Segment, join_dates, segment_of, split_dates

from ...tables import each
from ..printed import line, segment


def test_a_whole_line_is_its_own_segment() -> None:
    one = line("BLACKWELL", 40, 60, score=0.9)
    whole = segment_of(one, 3, 0, 9)
    assert (whole.text, whole.line) == ("BLACKWELL", 3)
    assert (whole.left, whole.right, whole.top, whole.bottom) == (40, 130, 60, 80)
    assert (whole.middle, whole.height) == (70, 20)
    assert (whole.score, whole.weakest) == (pytest.approx(0.9), pytest.approx(0.9))


def test_a_part_has_the_scores_of_its_own_characters() -> None:
    one = line("AB CD", 0, 0)
    one.probabilities[:] = [0.9, 0.5, 1.0, 0.8, 0.7]
    part = segment_of(one, 0, 3, 5)
    assert (part.text, part.score, part.weakest) == ("CD", pytest.approx(0.75), pytest.approx(0.7))


@given(st.integers(0, 8), st.integers(1, 9), st.floats(-30, 30))
def test_parts_lie_on_their_line_however_it_is_tilted(start: int, length: int, degrees: float) -> None:
    text = "BLACKWELL"
    one = line(text, 200, 200)
    radians = np.deg2rad(degrees)
    turn = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
    tilted = Line(text, 0.99, (one.box @ turn.T).astype(np.float32), one.probabilities, one.positions)
    end = min(start + length, len(text))
    part = segment_of(tilted, 0, start, end)
    straight = part.box @ turn
    wanted = [[200 + 10 * start, 200], [200 + 10 * end, 200], [200 + 10 * end, 220], [200 + 10 * start, 220]]
    assert np.allclose(straight, wanted, atol=0.1)


def test_without_places_characters_are_as_wide_as_one_another() -> None:
    one = line("ABCDEFGHIJ", 0, 0)
    bare = Line(one.text, 0.8, one.box)
    part = segment_of(bare, 0, 5, 10)
    assert (part.left, part.right) == (pytest.approx(50), pytest.approx(100))
    assert part.score == part.weakest == 0.8


def texts(segments: list[Segment]) -> list[str]:
    return [one.text for one in segments]


@pytest.mark.parametrize(
    ("left", "right", "together"),
    [
        (segment("19 OKT/OCT", 40), segment("1971", 150), "19 OKT/OCT 1971"),
        (segment("19", 40), segment("OCT 1971", 70), "19 OCT 1971"),
        (segment("1997年5月", 40), segment("2日", 170), "1997年5月 2日"),
    ],
)
def test_neighbours_that_are_a_date_only_together_are_joined(left: Segment, right: Segment, together: str) -> None:
    (one,) = join_dates([left, right])
    assert one.text == together
    assert (one.left, one.right) == (left.left, right.right)


@each(
    ("left", "right"),
    [
        (segment("19 OCT", 40), segment("1971", 40, 40)),  # another row
        (segment("19 OCT", 40), segment("1971", 400)),  # too far
        (segment("19 OCT 1971", 40), segment("2020", 160)),  # a date already
        (segment("BLACKWELL", 40), segment("1971", 140)),
        (segment("19", 40), segment("12 AUG 1971", 80)),
    ],
)
def test_other_neighbours_are_not(left: Segment, right: Segment) -> None:
    assert texts(join_dates([left, right])) == [left.text, right.text]


def test_everything_else_keeps_its_order() -> None:
    row = [segment("A", 0), segment("19 OCT", 40), segment("1971", 110), segment("B", 300)]
    assert texts(join_dates(row)) == ["A", "19 OCT 1971", "B"]
    assert join_dates([]) == []


def test_two_dates_side_by_side_are_two_columns_a_period_is_one() -> None:
    first, second = split_dates(segment("10 DEC 2011  10 DEC 2016", 40, 60))
    assert (first.text, second.text) == ("10 DEC 2011", "10 DEC 2016")
    assert (first.left, second.right) == (40, 40 + 10 * 24)
    assert first.right <= second.left
    for text in ("2011.12.10-2016.12.10", "10 DEC 2011", "10 DEC 2011 to 10 DEC 2016", "BLACKWELL"):
        whole = segment(text)
        assert split_dates(whole) == [whole]
