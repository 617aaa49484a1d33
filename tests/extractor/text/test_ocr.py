"""Text lines from a picture, by models that come with the packages."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import ExtractorError
from extractor.imaging.geometry import apply, turn_matrix
from extractor.text import ocr
from extractor.text.ocr import Line, Reading, as_line, best_path, clockwise, detection_scale

from ...tables import each
from ..drawn import drawn

TEXTS = [("Surname", 40, 40), ("BLACKWELL", 40, 80), ("12 AUG 1974", 400, 80), ("753068801", 400, 200)]


@pytest.fixture(scope="module")
def page() -> np.ndarray:
    return drawn(TEXTS)


@pytest.fixture(scope="module")
def lines(page: np.ndarray) -> list[Line]:
    boxes, _ = ocr.detect(page)
    return ocr.read_lines(page, boxes)


def test_every_line_is_found_where_it_stands(lines: list[Line]) -> None:
    assert {line.text for line in lines} == {text for text, *_ in TEXTS}
    for line in lines:
        ((_, left, top),) = [one for one in TEXTS if one[0] == line.text]
        assert line.box[0] == pytest.approx([left, top], abs=14)
        assert line.box.shape == (4, 2)
        assert 15 < line.height < 50


def test_every_character_has_its_probability_and_place(lines: list[Line]) -> None:
    for line in lines:
        assert len(line.probabilities) == len(line.positions) == len(line.text)
        assert line.score > 0.9
        assert line.probabilities.min() > 0.5
        assert (np.diff(line.positions) > 0).all()
        assert 0 < line.positions[0] < line.positions[-1] < 1
        assert line.reader == "recogniser"


def test_a_blank_page_has_no_lines() -> None:
    for page in (np.full((300, 400, 3), 255, np.uint8), np.zeros((64, 64, 3), np.uint8)):
        boxes, scores = ocr.detect(page)
        assert boxes.shape == (0, 4, 2)
        assert len(scores) == 0
        assert ocr.read_lines(page, boxes) == []


def test_crops_are_read_in_the_order_given() -> None:
    words = ["ONE", "TWENTY THREE THOUSAND FOUR HUNDRED", "12 AUG 1974", "A9"]
    crops = [drawn([(word, 6, 8)], size=(20 + 17 * len(word), 44), height=26) for word in words]
    order = [1, 0, 3, 2, 0]
    assert [reading.text.strip() for reading in ocr.recognise([crops[i] for i in order])] == [words[i] for i in order]
    assert ocr.recognise([]) == []


@each("shape", [(1, 1), (1, 300), (300, 2), (48, 7), (200, 900)])
def test_crops_of_any_size_are_read_without_error(shape: tuple[int, int]) -> None:
    (reading,) = ocr.recognise([np.full((*shape, 3), 200, np.uint8)])
    assert 0 <= reading.score <= 1


def test_only_lines_that_may_be_of_an_mrz_keep_their_probabilities() -> None:
    texts = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<", "an ordinary line of print in small letters", "SHORT"]
    crops = [drawn([(text, 6, 8)], size=(30 + 17 * len(text), 44), height=26) for text in texts]
    zone, prose, short = ocr.recognise(crops)
    assert zone.mrz_log_probs is not None
    assert zone.mrz_log_probs.shape[1] == 38
    assert prose.mrz_log_probs is None
    assert short.mrz_log_probs is None


def test_large_print_and_small_print_are_laid_to_one_height() -> None:
    for height in (12, 48, 150):
        page = drawn([("BLACKWELL", 20, 20)], size=(height * 9, height * 2 + 40), height=height)
        right, bottom = 30 + 6.6 * height, 25 + 1.2 * height
        box = np.array([[15, 15], [right, 15], [right, bottom], [15, bottom]], np.float32)
        crop = ocr.line_crop(page, box)
        assert crop.shape[0] == 48
        assert ocr.recognise([crop])[0].text.replace(" ", "") == "BLACKWELL"


def test_repeated_frames_are_one_sign_and_the_first_class_is_none() -> None:
    frames = np.eye(3)[[0, 1, 1, 0, 1, 2, 2, 0]] * 0.8 + 0.05
    best, chances = best_path(frames)
    assert best.tolist() == [0, 1, 1, 0, 1, 2, 2, 0]
    assert chances == pytest.approx(0.85)


@each(
    ("first", "second", "expected"),
    [
        ([0.57, 0.43, 0.0], [0.52, 0.48, 0.0], [1, 0]),  # in one or the other by 1 - 0.57 * 0.52
        ([0.8, 0.2, 0.0], [0.75, 0.25, 0.0], [0, 0]),  # in neither, more likely
        ([0.57, 0.43, 0.0], [0.52, 0.0, 0.48], [0, 0]),  # two characters, each less likely than not
        ([0.4, 0.6, 0.0], [0.52, 0.48, 0.0], [1, 0]),  # the second frame's is the first one's
    ],
)
def test_a_sign_between_two_frames_is_read(first: list[float], second: list[float], expected: list[int]) -> None:
    empty = [0.98, 0.01, 0.01]
    best, chances = best_path(np.array([empty, first, second, empty]))
    assert best.tolist() == [0, *expected, 0]
    if first[0] > 0.5 and expected[0]:
        assert chances[1] == pytest.approx(1 - 0.57 * 0.52)


@pytest.mark.parametrize("place", [0, 3])
def test_half_a_sign_beside_the_same_sign_is_that_sign_s(place: int) -> None:
    frames = np.array([[0.98, 0.01, 0.01], [0.57, 0.43, 0.0], [0.52, 0.48, 0.0], [0.98, 0.01, 0.01]])
    frames[place] = [0.05, 0.95, 0.0]
    assert np.flatnonzero(best_path(frames)[0]).tolist() == [place]


def test_a_line_has_no_blanks_at_its_ends() -> None:
    reading = Reading("  A B ", 0.9, np.arange(6) / 10, np.arange(6) / 6)
    line = as_line(np.zeros((4, 2)), reading)
    assert line.text == "A B"
    assert line.probabilities.tolist() == [0.2, 0.3, 0.4]
    assert line.positions.tolist() == [2 / 6, 3 / 6, 4 / 6]


@given(st.floats(20, 100), st.floats(5, 18), st.floats(-40, 40), st.permutations(range(4)))
def test_corners_come_clockwise_from_the_top_left(
    width: float, height: float, degrees: float, order: list[int]
) -> None:
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]])
    radians = np.deg2rad(degrees)
    turned = flat @ np.array([[np.cos(radians), np.sin(radians)], [-np.sin(radians), np.cos(radians)]]) + 100
    assert np.allclose(clockwise(turned[order].astype(np.float32)), turned, atol=1e-3)


@given(st.integers(24, 4000), st.integers(24, 4000))
def test_pages_are_looked_at_neither_too_small_nor_too_large(width: int, height: int) -> None:
    scale = detection_scale(width, height)
    assert max(width, height) * scale <= 1536.01
    # What is larger than small and fits is seen as it is.
    if min(width, height) >= 736 and max(width, height) <= 1536:
        assert scale == 1.0


def test_readings_come_in_the_order_of_their_lines(page: np.ndarray, lines: list[Line]) -> None:
    crops = [ocr.line_crop(page, line.box) for line in lines]
    assert [reading.text.strip() for reading in ocr.recognise(crops)] == [line.text for line in lines]
    assert [reading.text.strip() for reading in ocr.recognise(crops[::-1])] == [line.text for line in lines[::-1]]


def test_lines_that_were_read_before_are_not_read_again(
    page: np.ndarray, lines: list[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = np.array([line.box for line in lines])
    known = {boxes[0].tobytes(): ocr.Reading("KNOWN", 1.0, np.ones(5), np.linspace(0.1, 0.9, 5))}
    asked: list[int] = []
    recognise = ocr.recognise
    monkeypatch.setattr(ocr, "recognise", lambda crops, name: asked.append(len(crops)) or recognise(crops, name))
    read = ocr.read_lines(page, boxes, known)
    assert [line.text for line in read] == ["KNOWN", *(line.text for line in lines[1:])]
    assert asked == [len(lines) - 1]


def test_a_page_is_read_the_same_upside_down_when_turned_back(page: np.ndarray, lines: list[Line]) -> None:
    boxes = np.array([line.box for line in lines])
    flipped = np.ascontiguousarray(page[::-1, ::-1])
    moved = apply(turn_matrix(180, page.shape[1], page.shape[0]), boxes.astype(float)).astype(np.float32)
    back = np.array([box[[0, 1, 2, 3]] for box in moved], np.float32)
    assert [line.text for line in ocr.read_lines(flipped, back)] == [line.text for line in lines]


def test_a_network_that_is_missing_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ocr, "__file__", str(tmp_path / "ocr.py"))
    with pytest.raises(ExtractorError, match=r"detector\.onnx is missing from the installation") as caught:
        ocr.network_file("detector")
    assert "\n" not in str(caught.value)


def test_warming_up_loads_both_models() -> None:
    ocr.warm_up()
    assert ocr._load.cache_info().currsize >= 2
    assert ocr.threads() >= 1
    assert len(ocr.alphabet()) > 1000
