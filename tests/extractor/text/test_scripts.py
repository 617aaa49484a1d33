"""Scripts beside Latin: read by tesseract where it knows them, else left out, never written in look-alike letters."""

import subprocess
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from extractor.schemas import text
from extractor.text import scripts
from extractor.text.ocr import Line
from extractor.text.page import Page
from extractor.text.scripts import may_be_lookalike, read_other_script, script_of, tesseract_languages

from ..printed import line, page

#: Fonts of Debian packages that CI installs, with letters of every script below.
FONTS = {
    "CYRILLIC": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "GREEK": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "THAI": "/usr/share/fonts/truetype/noto/NotoSansThai-Regular.ttf",
    "HANGUL": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "ARABIC": "/usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf",
    "DEVANAGARI": "/usr/share/fonts/truetype/noto/NotoSansDevanagari-Regular.ttf",
}


def drawn_page(*texts: str, font: str, misread: tuple[str, ...] = ()) -> Page:
    """A page with texts under one another, whose lines hold what the bundled reader would make of them."""
    picture = Image.new("RGB", (900, 90 * len(texts) + 60), (246, 244, 238))
    draw = ImageDraw.Draw(picture)
    lines = []
    for number, one in enumerate(texts):
        top = 40 + 90 * number
        left, upper, right, lower = draw.textbbox((40, top), one, font=ImageFont.truetype(font, 40))
        draw.text((40, top), one, font=ImageFont.truetype(font, 40), fill=(20, 20, 40))
        box = np.array([[left, upper], [right, upper], [right, lower], [left, lower]], np.float32)
        box += np.array([[-6, -6], [6, -6], [6, 6], [-6, 6]])
        read = misread[number] if misread else one
        lines.append(Line(read, 0.8, box))
    return replace(page(lines), image=np.asarray(picture), lines=tuple(lines))


@pytest.mark.parametrize(
    ("issuer", "language", "script"),
    [
        ("RUS", "rus", "CYRILLIC"),
        ("UKR", "ukr", "CYRILLIC"),
        ("SRB", "srp", "CYRILLIC"),
        ("GRC", "ell", "GREEK"),
        ("CYP", "ell", "GREEK"),
        ("THA", "tha", "THAI"),
        ("KOR", "kor", "HANGUL"),
        ("SAU", "ara", "ARABIC"),
        ("EGY", "ara", "ARABIC"),
        ("IND", "hin", "DEVANAGARI"),
    ],
)
def test_the_script_of_a_state(issuer: str, language: str, script: str) -> None:
    other = script_of(issuer)
    assert other is not None
    assert (other.language, other.script, other.package) == (language, script, f"tesseract-ocr-{language}")


@pytest.mark.parametrize("issuer", ["FRA", "CHN", "JPN", "USA", "UTO", "", None])
def test_states_that_print_what_the_bundled_reader_knows(issuer: str | None) -> None:
    assert script_of(issuer) is None


@pytest.mark.parametrize(
    ("issuer", "printed", "misread"),
    [
        ("RUS", "ИВАНОВА МАРИЯ", "NBAHOBA MAPNR"),
        ("UKR", "ТКАЧЕНКО", "TKA4EHKO"),
        ("GRC", "ΠΑΠΑΔΟΠΟΥΛΟΣ", "NANAAONOYAOE"),
        ("KOR", "대한민국", "EHOtee"),
    ],
)
def test_lines_in_the_state_s_script_are_read_by_tesseract(
    issuer: str, printed: str, misread: str, tesseract: Callable[[str], None]
) -> None:
    other = script_of(issuer)
    assert other is not None
    tesseract(other.language)
    given = drawn_page(printed, "PASSPORT", font=FONTS[other.script], misread=(misread, "PASSPORT"))
    read, warnings = read_other_script(given, issuer)
    assert warnings == []
    native, latin = read.lines
    assert (native.text, native.reader) == (printed, "tesseract")
    assert 0.45 <= native.score <= 1
    assert np.array_equal(native.box, given.lines[0].box)
    # What is Latin stays as the bundled reader has it.
    assert latin is given.lines[1]


def test_of_a_name_in_two_scripts_each_half_comes_from_the_reader_that_knows_it(
    tesseract: Callable[[str], None],
) -> None:
    tesseract("ukr")
    given = drawn_page("ТКАЧЕНКО/TKACHENKO", font=FONTS["CYRILLIC"], misread=("TKA4EHKO/TKACHENKO",))
    read, _ = read_other_script(given, "UKR")
    assert read.lines[0].text == "ТКАЧЕНКО/TKACHENKO"


def test_what_the_bundled_reader_could_not_read_at_all_is_read_too(tesseract: Callable[[str], None]) -> None:
    tesseract("kor")
    whole = drawn_page("대한민국", "PASSPORT", font=FONTS["HANGUL"])
    given = replace(whole, lines=whole.lines[1:], boxes=np.array([one.box for one in whole.lines]))
    read, _ = read_other_script(given, "KOR")
    assert [one.text for one in read.lines] == ["대한민국", "PASSPORT"]


def test_a_page_that_names_no_state_is_read_in_the_script_it_shows(tesseract: Callable[[str], None]) -> None:
    tesseract("kor")
    tesseract("osd")
    texts = ("주민등록증", "성명 황보봉호", "주소 경상남도 진주시 동성로", "면허종류 2종보통", "대한민국")
    whole = drawn_page(*texts, font=FONTS["HANGUL"])
    # Of Hangul, the bundled reader makes ideographs now and then, and nothing of the rest.
    boxes = np.array([one.box for one in whole.lines])
    given = replace(whole, lines=(replace(whole.lines[0], text="号京"),), boxes=boxes)
    read, _ = read_other_script(given, None)
    assert [one.text.replace(" ", "") for one in read.lines] == [text.replace(" ", "") for text in texts]


def test_cyrillic_is_tried_where_tesseract_is_unsure_of_the_script(
    tesseract: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tesseract("rus")
    tesseract("osd")
    ask = scripts._run
    unsure = "Script: Latin\nScript confidence: 0.95\n"
    monkeypatch.setattr(scripts, "_run", lambda sheet, options: unsure if "0" in options else ask(sheet, options))
    texts = ("ПАСПОРТ ГРАЖДАНИНА", "Фамилия", "АРХИПОВ", "Дата рождения")
    whole = drawn_page(*texts, font=FONTS["CYRILLIC"])
    given = replace(whole, lines=(), boxes=np.array([one.box for one in whole.lines]))
    assert [one.text for one in read_other_script(given, None)[0].lines] == list(texts)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("异|2028.01.31", "유효기간 2028.07.37", "유효기간 2028.01.31"),
        ("890131-1601560", "주민등록번호", "주민등록번호 890131-1601560"),
        ("11-29 B", "면허번호", "면허번호"),
        ("9 999 99999 99 9", "10 ๐. -น 9 999 9999990 9", "9 999 99999 99 9"),
        ("106, 115", "동성로 106, 115동", "동성로 106, 115동"),
    ],
)
def test_figures_come_from_the_bundled_reader(first: str, second: str, expected: str) -> None:
    assert scripts._with_figures_of(first, second) == expected


def test_what_the_mrz_spells_is_latin(tesseract: Callable[[str], None]) -> None:
    tesseract("rus")
    given = drawn_page("TKACHENKO", font=FONTS["CYRILLIC"])
    assert read_other_script(given, "RUS")[0].lines[0].reader == "tesseract"
    assert read_other_script(given, "RUS", {text.squash("TKACHENKO")})[0].lines == given.lines


def test_a_language_of_the_same_script_reads_what_its_own_is_not_there_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "tesseract_languages", lambda: frozenset({"rus", "eng"}))
    kyrgyz = script_of("KGZ")
    assert kyrgyz is not None
    assert scripts._installed(kyrgyz).language == "rus"
    greek = script_of("GRC")
    assert greek is not None
    assert scripts._installed(greek) == greek


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Место рождения/Расе of birth", "Место рождения/Pace of birth"),
        ("МОСКВА Moscow", "МОСКВА Moscow"),
        ("Место рождения", "Место рождения"),
        ("Дата date", "Дата date"),
    ],
)
def test_look_alikes_beside_latin_words_are_latin(text: str, expected: str) -> None:
    assert scripts._latin_words(text) == expected


def test_the_mrz_is_never_read_a_second_time(tesseract: Callable[[str], None]) -> None:
    tesseract("rus")
    given = drawn_page("P<RUSIVANOVA<<MARIIA<<<<", font=FONTS["CYRILLIC"])
    assert read_other_script(given, "RUS")[0].lines == given.lines


def test_pages_of_other_states_are_left_as_they_are() -> None:
    given = page([line("BLACKWELL", 40, 40)])
    assert read_other_script(given, "GBR") == (given, [])
    assert read_other_script(given, None) == (given, [])


@pytest.fixture
def without_tesseract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "tesseract_languages", frozenset)


@pytest.mark.usefixtures("without_tesseract")
def test_without_tesseract_a_warning_says_what_to_install() -> None:
    _, (warning,) = read_other_script(page([line("BLACKWELL", 40, 40)]), "RUS")
    assert warning.code == "script_not_read"
    assert "apt-get install tesseract-ocr tesseract-ocr-rus" in warning.message
    assert "Cyrillic" in warning.message
    assert warning.field is None


@pytest.mark.usefixtures("without_tesseract")
def test_without_tesseract_lookalikes_are_left_out_and_the_rest_stays() -> None:
    zone = "P<RUSIVANOVA<<MARIIA<<<<<<<<"
    given = page(
        [
            line("MAPT", 40, 40),  # МАРТ
            line("NBAHOBA", 40, 80, score=0.7),
            line("12.08.1974", 40, 120, score=0.6),
            line("IVANOVA/MARIIA", 40, 160),
            line("753068801", 40, 200),
            line(zone, 40, 240, score=0.5),
        ]
    )
    read, _ = read_other_script(given, "RUS")
    assert [one.text for one in read.lines] == ["12.08.1974", "IVANOVA/MARIIA", "753068801", zone]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (line("MAPT", 0, 0), True),
        (line("BLACKWELL", 0, 0), False),
        (line("BLACKWELL", 0, 0, score=0.8), True),
        (line("A", 0, 0), False),
        (line("12.08.1974", 0, 0, score=0.5), False),
        (line("P<MAPT<<XX<<", 0, 0, score=0.5), False),
    ],
)
def test_what_may_be_a_lookalike(one: Line, expected: bool) -> None:
    assert may_be_lookalike(one) is expected


def test_a_tesseract_that_fails_or_hangs_costs_nothing_but_its_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "tesseract_languages", lambda: frozenset({"rus"}))
    given = drawn_page("ИВАНОВА", font=FONTS["CYRILLIC"], misread=("NBAHOBA",))
    for error in (OSError("gone"), subprocess.TimeoutExpired("tesseract", 1)):

        def fail(*args: object, error: Exception = error, **options: object) -> None:
            raise error

        monkeypatch.setattr(scripts.subprocess, "run", fail)
        read, warnings = read_other_script(given, "RUS")
        assert warnings == []
        assert len(read.lines) <= 1


def test_without_the_program_there_are_no_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts.shutil, "which", lambda name: None)
    tesseract_languages.cache_clear()
    try:
        assert tesseract_languages() == frozenset()
    finally:
        tesseract_languages.cache_clear()


def record(left: int, top: int, word: str, confidence: float, *, width: int = 40, height: int = 30) -> str:
    return "\t".join(map(str, (5, 1, 1, 1, 1, 1, left, top, width, height, confidence, word)))


def rows(*records: str, count: int, spaced: bool = True) -> list[tuple[str, float] | None]:
    return scripts._rows("\n".join(["header", *records]), count, 84, spaced=spaced)


def test_words_are_put_into_the_rows_they_stand_in() -> None:
    found = rows(record(30, 40, "ИВАН", 90), record(120, 40, "ПЕТРОВ", 80), record(30, 124, "МОСКВА", 95), count=3)
    assert found == [("ИВАН ПЕТРОВ", pytest.approx(0.85)), ("МОСКВА", pytest.approx(0.95)), None]


def test_words_without_confidence_and_beyond_the_rows_are_dropped() -> None:
    assert rows(record(30, 40, "ИВАН", 30), record(30, 500, "МОСКВА", 95), record(30, 40, " ", 95), count=1) == [None]
    assert rows("broken", "1\t2", count=1) == [None]


def test_syllables_of_a_script_without_spaces_are_joined_unless_there_is_a_gap() -> None:
    syllables = (
        record(30, 40, "สม", 90),
        record(70, 40, "ชาย", 90),
        record(150, 40, "ใจ", 90),
        record(190, 40, "ดี", 90),
    )
    (found,) = rows(*syllables, count=1, spaced=False)
    assert found is not None
    assert found[0] == "สมชาย ใจดี"


def test_every_script_is_one_that_unicode_names() -> None:
    assert text.scripts("Жสあ") == {"CYRILLIC", "THAI", "HIRAGANA"}
    names = {row[2] for row in scripts._LANGUAGES}
    assert {"CYRILLIC", "GREEK", "THAI", "HANGUL", "ARABIC", "HEBREW", "DEVANAGARI"} <= names


@pytest.mark.parametrize(
    ("first", "second", "confidence", "expected"),
    [
        ("77003", "МВД 77003", 0.96, "МВД 77003"),
        ("MKK 216051", "МКК 216051", 0.93, "МКК 216051"),
        ("77003", "МВД 77003", 0.6, "77003"),
        ("77003", "мв. 77003", 0.96, "77003"),
        ("40 77003", "ИЛ 77003", 0.96, "40 77003"),
    ],
)
def test_an_office_s_letters_before_a_number_count_where_they_are_surely_read(
    first: str, second: str, confidence: float, expected: str
) -> None:
    russian = script_of("RUS")
    assert russian is not None
    line = Line(first, 1.0, np.zeros((4, 2), np.float32))
    assert scripts._better(line, (second, confidence), russian).text == expected
