"""Scripts beside Latin: read by their own recogniser where the state or the page says so, else nothing changes."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from extractor.imaging.geometry import turn
from extractor.schemas import text
from extractor.text.ocr import Line
from extractor.text.page import Page, read_pages
from extractor.text.scripts import (
    _with_marks_of,
    better_of,
    guess_script,
    in_one_script,
    is_with_marks,
    read_longest,
    read_other_script,
    script_of,
)

from ...tables import each
from ..printed import line, page

#: Fonts of Debian packages that CI installs, with letters of every script below; none of them was trained on.
_NOTO = "/usr/share/fonts/truetype/noto/NotoSans"
FONTS = {
    "CYRILLIC": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "GREEK": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "THAI": "/usr/share/fonts/truetype/noto/NotoSerifThai-Regular.ttf",
    "HANGUL": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "ARABIC": f"{_NOTO}Arabic-Regular.ttf",
    "HEBREW": f"{_NOTO}Hebrew-Regular.ttf",
    "DEVANAGARI": f"{_NOTO}Devanagari-Regular.ttf",
    "BENGALI": f"{_NOTO}Bengali-Regular.ttf",
    "GEORGIAN": f"{_NOTO}Georgian-Regular.ttf",
    "ARMENIAN": f"{_NOTO}Armenian-Regular.ttf",
}


def drawn_page(*texts: str, font: str, misread: tuple[str, ...] = (), score: float = 0.8) -> Page:
    """A page with texts under one another, whose lines hold what PP-OCRv6 would make of them."""
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
        lines.append(Line(read, score, box))
    return replace(page(lines), image=np.asarray(picture), lines=tuple(lines))


@each(
    ("issuer", "script"),
    [
        ("RUS", "CYRILLIC"),
        ("UKR", "CYRILLIC"),
        ("MNG", "CYRILLIC"),
        ("GRC", "GREEK"),
        ("THA", "THAI"),
        ("KOR", "HANGUL"),
        ("SAU", "ARABIC"),
        ("PAK", "ARABIC"),
        ("ISR", "HEBREW"),
        ("IND", "DEVANAGARI"),
        ("BGD", "BENGALI"),
        ("GEO", "GEORGIAN"),
        ("ARM", "ARMENIAN"),
        ("FRA", None),
        ("CHN", None),
        ("UTO", None),
        ("", None),
        (None, None),
    ],
)
def test_the_script_of_a_state(issuer: str | None, script: str | None) -> None:
    assert script_of(issuer) == script


@each(
    ("issuer", "printed"),
    [
        ("RUS", "ИВАНОВА МАРИЯ"),
        ("UKR", "ЩЕРБИНА ЇВГА"),
        ("KAZ", "ҚАЗАҚСТАН"),
        ("GRC", "ΠΑΠΑΔΟΠΟΥΛΟΣ"),
        ("KOR", "대한민국"),
        ("THA", "ประเทศไทย"),
        ("SAU", "محمد عبد الله"),
        ("ISR", "ישראל כהן"),
        ("IND", "भारत गणराज्य"),
        ("BGD", "বাংলাদেশ"),
        ("GEO", "საქართველო"),
        ("ARM", "ՊԵՏՐՈՍՅԱՆ"),
    ],
)
def test_lines_in_the_state_s_script_are_read_in_it(issuer: str, printed: str) -> None:
    script = script_of(issuer)
    assert script is not None
    given = drawn_page(printed, "PASSPORT", font=FONTS[script], misread=("Nbahoba", "PASSPORT"))
    native, latin = read_other_script(given, issuer).lines
    assert (native.text, native.reader) == (printed, "scripts")
    assert 0.7 <= native.score <= 1
    assert np.array_equal(native.box, given.lines[0].box)
    # What is Latin stays as PP-OCRv6 has it.
    assert latin is given.lines[1]


def test_a_line_read_more_surely_is_taken_whole_but_in_no_other_script() -> None:
    latin = drawn_page("ŽELJKO ŠIMIĆ", font=FONTS["CYRILLIC"], misread=("ZLJKO SIMC",), score=0.3)
    assert read_other_script(latin, "HRV").lines[0].text == "ŽELJKO ŠIMIĆ"
    cyrillic = drawn_page("ЖИЛИЩЕ", font=FONTS["CYRILLIC"], misread=("XNJINWE",), score=0.3)
    assert read_other_script(cyrillic, "HRV").lines[0].text == "XNJINWE"


def test_a_name_in_two_scripts_is_read_in_both() -> None:
    given = drawn_page("ТКАЧЕНКО/TKACHENKO", font=FONTS["CYRILLIC"], misread=("TKA4EHKO/TKACHENKO",))
    assert read_other_script(given, "UKR").lines[0].text == "ТКАЧЕНКО/TKACHENKO"


@each(
    ("read", "settled"),
    [
        ("ТKАЧЕНKO/ТКАСHЕNKO", "ТКАЧЕНКО/TKACHENKO"),  # letters of both scripts in both words
        ("Мecто рождения", "Место рождения"),
        ("Plасе of birth", "Place of birth"),
        ("МОСКВА Moscow", "МОСКВА Moscow"),
        ("МВР/MoI", "МВР/MoI"),
        ("MBP/MoI BGR", "МВР/MoI BGR"),
    ],
)
def test_each_word_is_in_one_script(read: str, settled: str) -> None:
    assert in_one_script(read, "CYRILLIC") == settled


def test_an_arabic_page_has_no_persian_letters() -> None:
    given = drawn_page("مكان الإقامة", "زايد كريم", font=FONTS["ARABIC"], misread=("x", "y"))
    assert not set("".join(one.text for one in read_other_script(given, "ARE").lines)) & set("یکژ")


def test_what_could_not_be_read_at_all_is_read_too() -> None:
    whole = drawn_page("대한민국", "PASSPORT", font=FONTS["HANGUL"])
    given = replace(whole, lines=whole.lines[1:], boxes=np.array([one.box for one in whole.lines]))
    assert [one.text for one in read_other_script(given, "KOR").lines] == ["대한민국", "PASSPORT"]


@pytest.mark.parametrize(
    ("script", "texts"),
    [
        ("HANGUL", ("주민등록증", "성명 황보봉호", "경상남도 진주시", "면허종류", "대한민국")),
        ("CYRILLIC", ("ПАСПОРТ ГРАЖДАНИНА", "Фамилия", "АРХИПОВ", "Дата рождения")),
        ("ARABIC", ("المملكة العربية السعودية", "تاريخ الميلاد", "محمد أحمد", "مكان الولادة")),
    ],
)
def test_a_page_that_names_no_state_is_read_in_the_script_it_shows(script: str, texts: tuple[str, ...]) -> None:
    whole = drawn_page(*texts, font=FONTS[script], misread=tuple("soup" for _ in texts), score=0.5)
    assert guess_script(read_longest(whole)) == script
    read = read_other_script(whole, None)
    assert [one.text.replace(" ", "") for one in read.lines] == [one.replace(" ", "") for one in texts]


@each(
    ("texts", "script"),
    [
        (("निर्वाचक / Elector", "रजिस्ट्रीकरण / Registration", "ELECTION OFFICER"), "DEVANAGARI"),
        (("משפחה Family name", "PLACE OF BIRTH", "ישראל State of issue"), "HEBREW"),
        (("ΟΔΟΣ STREET NUMBER", "PLACE OF BIRTH ΝΕΑ", "DATE"), None),  # capitals of three alphabets
        (("निर्वाचक / Elector", "PLACE OF BIRTH", "DATE"), None),
    ],
)
def test_a_line_in_two_languages_shows_a_script_of_its_own_letters(texts: tuple[str, ...], script: str | None) -> None:
    box = np.array([[0, 0], [99, 0], [99, 9], [0, 9]], np.float32)
    assert guess_script([Line(text, 0.97, box) for text in texts]) == script
    if script:
        assert guess_script([Line(text, 0.85, box) for text in texts]) is None


def test_what_the_mrz_spells_is_latin() -> None:
    given = drawn_page("МАРТА", font=FONTS["CYRILLIC"], misread=("MAPTA",))
    assert read_other_script(given, "RUS").lines[0].reader == "scripts"
    assert read_other_script(given, "RUS", {text.squash("MAPTA")}).lines == given.lines


def test_the_mrz_is_never_read_a_second_time() -> None:
    given = drawn_page("P<RUSIVANOVA<<MARIIA<<<<", font=FONTS["CYRILLIC"])
    assert read_other_script(given, "RUS").lines == given.lines


def test_pages_of_other_states_are_left_as_they_are() -> None:
    given = page([line("BLACKWELL", 40, 40)])
    assert read_other_script(given, "GBR") is given
    assert read_other_script(given, None) is given


@each(
    ("first", "second", "taken"),
    [
        ("NBAHOBA", "ИВАНОВА", "second"),
        ("TKA4EHKO/TKACHENKO", "ТКАЧЕНКО/TKACHENKO", "second"),
        ("PASSPORT", "PASSPORT", "first"),
        ("PASSPORT", "", "first"),
        ("A", "Ж", "first"),  # one letter is a speck
    ],
)
def test_the_second_reading_is_taken_where_it_is_in_the_script(first: str, second: str, taken: str) -> None:
    one, two = line(first, 0, 0), replace(line(second, 0, 0), reader="scripts")
    assert better_of(one, two, "CYRILLIC") is {"first": one, "second": two}[taken]


def test_letters_beside_a_number_are_specks_unless_they_are_sure() -> None:
    number = line("9 999 99999 99 9", 0, 0, score=0.95)
    assert better_of(number, line("9 ыя 99999", 0, 0, score=0.6), "CYRILLIC") is number
    sure = line("МВД 77003", 0, 0, score=0.97)
    assert better_of(line("MBA 77003", 0, 0, score=0.9), sure, "CYRILLIC") is sure


def test_a_word_of_the_script_counts_beside_longer_latin_ones() -> None:
    first = line("KYICAPBI STEPNOGORSK", 0, 0, score=0.95)
    second = line("ҚҰЛСАРЫ STEPNOGORSK", 0, 0, score=0.94)
    assert better_of(first, second, "CYRILLIC") is second
    assert better_of(first, line("ҚҰЛСАРЫ STEPNOGORSK", 0, 0, score=0.6), "CYRILLIC") is first


def test_a_reading_that_is_a_date_is_no_speck() -> None:
    month = line("11 ธ.ค. 2525", 0, 0, score=0.9)
    assert better_of(line("11 S.A. 2525", 0, 0, score=0.97), month, "THAI") is month


@each(
    ("first", "second", "taken"),
    [
        ("TURKIYE", "TÜRKİYE", True),
        ("Hng Mc", "Hằng Mạc", True),  # letters that the first network does not know are left out
        ("Yên M, Hưng Yên", "Yên Mỹ, Hưng Yên", True),
        ("HÍ MINH", "HỒ CHÍ MINH", False),  # a plain letter more is another reading
        ("Anna", "Annan", False),
        ("Hằng Mạc", "Hng Mc", False),
        ("PAR1S", "PARÍS", False),
        ("PORDARDOTTIR", "ÞÓRÐARDÓTTIR", True),
        ("AZORBAYCAN", "AZƏRBAYCAN", True),
        ("ANSA", "ÁNNA", False),
    ],
)
def test_only_marks_and_letters_with_marks_change(first: str, second: str, taken: bool) -> None:
    assert is_with_marks(first, second) is taken


@each(
    ("second", "chance", "text"),
    [
        ("BUDAPÉST", 0.8, "BUDAPEST"),  # the first reading is plain, and the mark not sure
        ("BUDAPÉST", 0.99, "BUDAPÉST"),
        ("BÚDÁPÉŠT", 0.8, "BÚDÁPÉŠT"),  # among marks another is likely
    ],
)
def test_a_mark_that_one_reading_alone_has_must_be_sure(second: str, chance: float, text: str) -> None:
    first = line("BUDAPEST", 40, 40)
    other = replace(first, text=second, probabilities=np.full(len(second), chance))
    assert _with_marks_of(first, other, "HUN").text == text


@each(
    ("script", "texts"),
    [
        ("CYRILLIC", ("Жолооны үнэмлэх", "Улаанбаатар хот", "Цогтбаатар овог", "Замын цагдаагийн")),
        ("THAI", ("บัตรประจำตัวประชาชน", "นางสาวกิตติ ตันติวงศ์", "เจ้าพนักงานออกบัตร")),
        ("HEBREW", ("תעודת זהות ישראל", "משרד הפנים ירושלים", "רוזנברג מרדכי כהן")),
        ("GEORGIAN", ("პირადობის მოწმობა", "საქართველოს მოქალაქე", "გიორგი ბერიძე")),
        ("ARMENIAN", ("նույնականացման քարտ", "Հայաստանի Հանրապետություն", "ազգանունը անունը")),
    ],
)
def test_pages_of_a_script_that_the_first_recogniser_has_not_learned_are_set_upright(
    script: str, texts: tuple[str, ...]
) -> None:
    image = drawn_page(*texts, font=FONTS[script]).image
    for way in (0, 180) if script == "CYRILLIC" else (180,):
        assert [one.rotation for one in read_pages(turn(image, way))] == [way]
