"""What was read, drawn on the page."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from extractor import overlay
from extractor.extraction import Box, Extraction, FieldEvidence, Verdict
from extractor.overlay import draw_overlay
from extractor.schemas import Passport

WHITE = (255, 255, 255)


def box(left: float, top: float, right: float, bottom: float, page: int = 0) -> Box:
    return Box(page, ((left, top), (right, top), (right, bottom), (left, bottom)))


def result(**fields: FieldEvidence) -> Extraction:
    return Extraction(Passport, Passport(), {}, fields)


def one(value: Any = "ERIKSSON", verdict: Verdict = Verdict.SINGLE, where: Box | None = None) -> FieldEvidence:
    return FieldEvidence(value, verdict, 0.9, (), where or box(100, 100, 300, 130))


def paper(width: int = 600, height: int = 400) -> np.ndarray:
    return np.full((height, width, 3), 255, np.uint8)


def colours(image: Any, area: tuple[int, int, int, int] | None = None) -> set[tuple[int, int, int]]:
    part = image.crop(area) if area else image
    return {colour for _, colour in part.getcolors(1 << 24)}


def test_the_sheet_is_the_page_scaled_with_a_panel_beside_it() -> None:
    sheet = draw_overlay(paper(), result(surname=one()))
    assert sheet.size == (1760, 800)
    assert sheet.mode == "RGB"


@pytest.mark.parametrize(
    ("verdict", "colour"),
    [
        (Verdict.VERIFIED, (26, 127, 55)),
        (Verdict.AGREE, (26, 127, 55)),
        (Verdict.SINGLE, (9, 105, 218)),
        (Verdict.CONFLICT, (207, 34, 46)),
        (Verdict.UNSUPPORTED, (188, 76, 0)),
    ],
)
def test_a_box_has_the_colour_of_its_verdict_where_the_field_stands(
    verdict: Verdict, colour: tuple[int, int, int]
) -> None:
    sheet = draw_overlay(paper(), result(surname=one(verdict=verdict)))
    assert sheet.getpixel((400, 200)) == colour  # the middle of the upper edge, at twice the size
    assert sheet.getpixel((400, 230)) == WHITE  # what is printed is not hidden
    assert colour in colours(sheet, (1200, 0, 1760, 800))


def test_nothing_is_drawn_for_fields_of_other_pages_absent_ones_and_those_without_a_place() -> None:
    fields = {
        "surname": one(where=box(100, 100, 300, 130, page=1)),
        "given_names": FieldEvidence(None, Verdict.ABSENT, 0.9, (), box(100, 100, 300, 130)),
        "name": FieldEvidence("X", Verdict.SINGLE, 0.9),
    }
    assert colours(draw_overlay(paper(), result(**fields))) == {WHITE}
    assert colours(draw_overlay(paper(), result(**fields), 1)) != {WHITE}


def test_the_panel_grows_with_the_fields() -> None:
    many = {f"field_{n}": one(where=box(10, 10 + n, 50, 20 + n)) for n in range(40)}
    assert draw_overlay(paper(600, 100), result(**many)).height == 40 * 40 + 20


def test_lists_and_long_values_fit_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import ImageDraw

    written: list[str] = []
    text = ImageDraw.ImageDraw.text

    def listen(self: Any, place: Any, words: str, *rest: Any, **options: Any) -> None:
        written.append(words)
        text(self, place, words, *rest, **options)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", listen)
    draw_overlay(paper(), result(surname=one("A" * 60), mrz=one(["L1", "L2"], where=box(1, 200, 90, 220))))
    assert written == ["surname · single · 0.90", "A" * 51 + "…", "mrz · single · 0.90", "L1 / L2"]


def test_without_any_font_of_the_system_pillow_s_own_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay, "_FONTS", ())
    assert colours(draw_overlay(paper(), result(surname=one()))) != {WHITE}


def test_a_value_in_any_script_can_be_drawn_with_the_smallest_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay, "_FONTS", ())
    assert draw_overlay(paper(), result(surname=one("韦小宝 Иванов ก"))).size == (1760, 800)


@pytest.mark.parametrize(
    "value",
    ["إسحاق عصام فرج", "גולדשטיין", "สมชาย", "शर्मा", "গুপ্ত", "გიორგი", "Պետրոսյան", "韦小宝", "김", "Ivanić Иванов"],
)
def test_letters_of_every_script_that_is_read_are_drawn(value: str, fonts: None) -> None:
    """A font draws the same box for each letter that it lacks."""
    font = overlay._font(18, value)
    lacking = bytes(font.getmask("\U0010fffe"))
    assert all(bytes(font.getmask(letter)) != lacking for letter in value if letter.isalpha()), font.path


def test_a_field_s_box_lies_on_the_value_in_a_real_reading(read_example: Any, examples_dir: Path) -> None:
    with Image.open(examples_dir / "passport.png") as image:
        page = np.asarray(image.convert("RGB"))
    reading = read_example("passport.png")
    sheet = draw_overlay(page, reading)
    scale = 1200 / page.shape[1]
    (left, top), *_ = reading.fields["surname"].box.points
    assert sheet.getpixel((round(left * scale) + 20, round(top * scale))) == (26, 127, 55)
