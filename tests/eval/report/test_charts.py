"""Plots as inline SVG: marks where their numbers are, nothing outside, nothing that a name could break."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.report.charts import HEIGHT, WIDTH, Axis, Mark, Series, axis, plot

UNIT = Axis("share", 0.0, 1.0, True, (0.0, 0.5, 1.0))


def drawn(*series: Series, **options: object) -> ET.Element:
    return ET.fromstring(plot("a plot", UNIT, UNIT, series, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "floor", "ticks"),
    [
        ([0.0, 1.0], None, (0.0, 0.25, 0.5, 0.75, 1.0)),
        ([0.8, 0.97], None, (0.8, 0.85, 0.9, 0.95, 1.0)),
        ([3.0, 9.0], 0.0, (0.0, 2.5, 5.0, 7.5, 10.0)),
        ([0.004], 0.0, (0.0, 0.001, 0.002, 0.003, 0.004)),
    ],
)
def test_ticks_are_round_and_hold_all_values(
    values: list[float], floor: float | None, ticks: tuple[float, ...]
) -> None:
    found = axis("x", values, floor=floor)
    assert found.ticks == pytest.approx(ticks)
    assert (found.low, found.high) == (pytest.approx(ticks[0]), pytest.approx(ticks[-1]))


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=8), st.booleans())
def test_an_axis_holds_its_values_whatever_they_are(values: list[float], percent: bool) -> None:
    found = axis("x", values, percent=percent)
    slack = 1e-6 * max(1.0, *values)
    assert found.low <= min(values) + slack
    assert found.high >= max(values) - slack
    assert 2 <= len(found.ticks) <= 8


def test_a_mark_stands_where_its_numbers_are_with_its_interval() -> None:
    svg = drawn(Series("s", [Mark(0.5, 1.0, "half", 0.5, 1.0)]))
    (dot,) = svg.findall("circle")
    ticks = {line.get("x1") for line in svg.findall("line") if line.get("class") == "grid"}
    assert dot.get("cx") in ticks
    (whisker,) = [line for line in svg.findall("line") if line.get("class") == "whisker"]
    assert float(whisker.get("y1") or 0) > float(whisker.get("y2") or 0) == float(dot.get("cy") or -1)
    assert [title.text for title in dot.findall("title")] == ["half"]


def test_lines_join_marks_and_dots_can_be_left_out() -> None:
    marks = [Mark(0.0, 0.0, ""), Mark(1.0, 1.0, "")]
    svg = drawn(Series("s", marks, line=True, dots=False))
    (path,) = svg.findall("path")
    assert re.fullmatch(r"M[\d.]+ [\d.]+L[\d.]+ [\d.]+", path.get("d") or "")
    assert not svg.findall("circle")
    assert not drawn(Series("s", marks[:1], line=True)).findall("path")


def test_labels_stay_inside_and_apart() -> None:
    series = [Series(f"reader {number}", [Mark(x, 0.5, "")]) for number, x in enumerate((0.5, 0.5, 0.99))]
    labels = [e for e in drawn(*series, labels=True) if e.get("class") == "label"]
    assert sorted(e.text or "" for e in labels) == ["reader 0", "reader 1", "reader 2"]
    assert next(e for e in labels if e.text == "reader 2").get("text-anchor") == "end"
    heights = sorted(float(e.get("y") or 0) for e in labels if e.text != "reader 2")
    assert heights[1] - heights[0] >= 12


def test_names_cannot_break_out_of_the_picture() -> None:
    svg = drawn(Series("<script>", [Mark(0.2, 0.2, "<b>&")]), labels=True)
    assert not svg.findall(".//script")
    assert "<script>" in "".join(svg.itertext())


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_every_mark_lies_inside(points: list[tuple[float, float]]) -> None:
    for dot in drawn(Series("s", [Mark(x, y, "") for x, y in points])).findall("circle"):
        assert 0 <= float(dot.get("cx") or -1) <= WIDTH
        assert 0 <= float(dot.get("cy") or -1) <= HEIGHT


def test_labels_keep_off_the_marks_of_others() -> None:
    series = [Series("a long name", [Mark(0.5, 0.5, "")]), Series("b", [Mark(0.6, 0.5, "")])]
    svg = drawn(*series, labels=True)
    (label,) = [e for e in svg if e.get("class") == "label" and e.text == "a long name"]
    dots = [float(dot.get("cy") or 0) for dot in svg.findall("circle")]
    assert abs(float(label.get("y") or 0) - 4 - dots[1]) >= 8
