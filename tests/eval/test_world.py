"""Drawn documents of other scripts: what is on the page is in the label, in the page's letters and in the zone."""

import random
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from eval.world.__main__ import LANGUAGES, documents, draw_set, main
from extractor.labels import load_dataset
from extractor.training.visual.forms import print_day
from extractor.training.visual.labelled import Sheet, SheetLine
from extractor.training.visual.printing import has_letters, is_of_zone, print_sheet

pytestmark = pytest.mark.usefixtures("evaluation_fonts")

WORLD = Path(__file__).resolve().parents[2] / "datasets" / "world"


def sheet(*texts: str) -> Sheet:
    lines = [
        SheetLine(text, [0] * len(text), [0] * len(text), [5, 5 + 8 * k, 60, 9 + 8 * k]) for k, text in enumerate(texts)
    ]
    return Sheet(lines, {}, "id_card")


@pytest.mark.parametrize("text", ["สมชาย", "Ελλάδα", "ישראל 12", "भारत", "Київ", "Nguyễn", "Қазақстан"])
def test_each_script_is_printed_in_its_box(text: str) -> None:
    picture = print_sheet(sheet(text), random.Random(3))
    (left, top, right, bottom), *_ = picture.boxes
    bare = print_sheet(sheet(" "), random.Random(3)).image
    assert bare.shape == picture.image.shape
    rows, columns = np.nonzero(np.abs(picture.image.astype(int) - bare).max(axis=2) > 60)
    assert len(rows)
    assert left - 8 <= columns.min() <= columns.max() <= right + 8
    assert top - 12 <= rows.min() <= rows.max() <= bottom + 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_the_same_every_time_and_have_letters_for_all_they_print(language: str) -> None:
    first, again = (next(documents(language, 1)) for _ in range(2))
    assert np.array_equal(first.image, again.image)
    assert first.fields == again.fields
    assert all(map(has_letters, first.printed.values()))
    assert sum(value is not None for value in first.fields.values()) >= 4


def test_a_set_is_drawn_with_its_labels(tmp_path: Path) -> None:
    made = list(draw_set(tmp_path, ["el"], 2))
    read = load_dataset(tmp_path)
    assert [one.fields for one in read] == [one.fields for one in made]
    assert all(one.path.is_file() and one.schema and one.language == "el" for one in read)


def test_the_set_in_the_repository_has_every_language() -> None:
    specimens = load_dataset(WORLD)
    assert {one.language for one in specimens} == set(LANGUAGES)
    assert len(specimens) == 70


def test_an_unknown_language_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path), "--languages", "xx"])
    assert "invalid choice" in capsys.readouterr().err


def test_lines_of_a_zone_are_told_from_others() -> None:
    assert is_of_zone("P<UTOERIKSSON<<ANNA" + "<" * 25)
    assert is_of_zone("N099168293KAZ0307020F3407116030702666549<<20")
    assert not is_of_zone("REPUBLIC OF KAZAKHSTAN AND OTHERS, 30 LE")


def test_buddhist_years_are_no_months_of_belarus() -> None:
    assert print_day(date(1989, 3, 15), "{d} {en} {be}", "th") == "15 MAR 2532"
