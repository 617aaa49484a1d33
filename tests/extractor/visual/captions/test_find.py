"""Lines split into captions and values."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.visual.captions.find import Caption

from ....tables import each
from ...printed import captions, joined, line, rows


def best(caption: Caption) -> str:
    """The field that a caption most likely names."""
    return max(caption.fields, key=lambda name: caption.fields[name])


def taken_apart(
    *texts: str, schema: str = "passport", score: float = 0.99
) -> tuple[list[tuple[str, str, str]], list[str]]:
    """(field, caption, what follows it) of each caption on lines far apart, and the texts that are no caption."""
    lines = [line(text, 40, 100 * number, score=score) for number, text in enumerate(texts)]
    found, rest = captions(lines, schema)
    result = [(best(one), one.segment.text, one.follower.text if one.follower else "") for one in found]
    return result, [segment.text for segment in rest]


@each(
    ("text", "field", "follower"),
    [
        ("Surname", "surname", ""),
        ("SURNAME", "surname", ""),
        ("Surname:", "surname", ""),
        ("Surname: BLACKWELL", "surname", "BLACKWELL"),
        ("Surname BLACKWELL", "surname", "BLACKWELL"),
        ("Sur name BLACKWELL", "surname", "BLACKWELL"),
        ("Date of birth 12 AUG 1974", "birth_date", "12 AUG 1974"),
        ("Date of birth: 12.08.1974", "birth_date", "12.08.1974"),
        ("Dateofbirth 12 AUG 1974", "birth_date", "12 AUG 1974"),
        ("Place of birth: MELBOURNE", "place_of_birth", "MELBOURNE"),
        ("Passport No. 753068801", "document_number", "753068801"),
        ("Passport No: 753068801", "document_number", "753068801"),
        ("Sex M", "sex", "M"),
        ("Geburtsdatum 12.08.1974", "birth_date", "12.08.1974"),
        ("Date de naissance 12 AOÛT 1974", "birth_date", "12 AOÛT 1974"),
        ("Date of issue (7) 12 AUG 2020", "issue_date", "12 AUG 2020"),
    ],
)
def test_a_caption_and_what_follows_it(text: str, field: str, follower: str) -> None:
    result, _ = taken_apart(text)
    assert [(name, after.replace("(7) ", "")) for name, _, after in result] == [(field, follower)]


def test_vowel_signs_tell_captions_apart() -> None:
    # Without them, both are the same two consonants.
    assert taken_apart("पता: दिल्ली")[0][0][0] == "address"
    father, _ = taken_apart("पिता: दिल्ली")
    assert "address" not in [name for name, *_ in father]


@each(
    ("text", "field"),
    [
        ("Surname/Nom/Apellidos", "surname"),
        ("Surname / Nom (1)", "surname"),
        ("Nom/Surname/Nachname", "surname"),
        ("Given names/Prénoms/Nombres", "given_names"),
        ("Date of birth/Date de naissance/Fecha de nacimiento", "birth_date"),
        ("Datum der Ausstellung/Date of issue", "issue_date"),
        # A translation that no table knows, before and after one that it does
        ("Zaqwsxedc rfvtgb/Date of birth", "birth_date"),
        ("Date of birth/Zaqwsxedc rfvtgb", "birth_date"),
        ("出生日期/Date of birth", "birth_date"),
        ("Дата рождения/Date of birth", "birth_date"),
    ],
)
def test_translations_are_one_caption(text: str, field: str) -> None:
    result, rest = taken_apart(text)
    assert [name for name, *_ in result] == [field]
    assert rest == []


@each(
    ("text", "expected"),
    [
        ("Sex F Born 12 AUG 1974 Type P", [("sex", "F"), ("birth_date", "12 AUG 1974"), ("document_type", "P")]),
        ("Passport No 753068801 Surname BLACKWELL", [("document_number", "753068801"), ("surname", "BLACKWELL")]),
        ("Sex: M  Height: 180", [("sex", "M"), ("height", "180")]),
        ("Height 180 Eyes BRO", [("height", "180"), ("eye_colour", "BRO")]),
    ],
)  # fmt: skip
def test_several_captions_of_one_line(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(name, after) for name, _, after in taken_apart(text)[0]] == expected


@each(
    ("text", "expected"),
    [
        ("姓名韦小宝", [("name", "韦小宝")]),
        ("性别男民族汉", [("sex", "男"), ("ethnicity", "汉")]),
        ("性 别 男 民 族 汉", [("sex", "男"), ("ethnicity", "汉")]),
        ("出生1654年12月20日", [("birth_date", "1654年12月20日")]),
        ("住址北京市东城区景山前街4号", [("address", "北京市东城区景山前街4号")]),
        ("公民身份号码11204416541220243X", [("document_number", "11204416541220243X")]),
        ("签发机关松潘县公安局", [("authority", "松潘县公安局")]),
        ("住址/Address 辽宁省朝阳市", [("address", "辽宁省朝阳市")]),
        ("有效期限2015.07.10-2035.07.10", [("expiry_date", "2015.07.10-2035.07.10")]),
    ],
)
def test_captions_run_together_with_their_values(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(name, after) for name, _, after in taken_apart(text, schema="chinese_id_card")[0]] == expected


@each(
    ("text", "field", "value"),
    [
        ("1. AUBERT", "surname", "AUBERT"),
        ("1.AUBERT", "surname", "AUBERT"),
        ("1 AUBERT", "surname", "AUBERT"),
        ("2. AGATHE DENISE", "given_names", "AGATHE DENISE"),
        ("3. 20.12.2007 DIJON", "birth_date", "20.12.2007 DIJON"),
        ("3.20.12.2007", "birth_date", "20.12.2007"),
        ("4a. 10.02.2025", "issue_date", "10.02.2025"),
        ("4b.09.02.2035", "expiry_date", "09.02.2035"),
        ("4c. VILLE DE NAMUR", "authority", "VILLE DE NAMUR"),
        ("4d. 123456", "personal_number", "123456"),
        ("5. 68ML77458", "document_number", "68ML77458"),
        ("5.68ML77458", "document_number", "68ML77458"),
        ("8. RUE DE LA PAIX 3", "address", "RUE DE LA PAIX 3"),
        ("9. AM/A1/B", "vehicle_classes", "AM/A1/B"),
    ],
)
def test_numbered_captions_of_european_licences(text: str, field: str, value: str) -> None:
    (result,), rest = taken_apart(text, schema="driving_licence")
    assert (result[0], result[2]) == (field, value)
    assert rest == [value]


def test_numbers_are_captions_of_licences_only() -> None:
    assert taken_apart("1. AUBERT")[0] == []
    assert taken_apart("7. SOMETHING", schema="driving_licence")[0] == []


@each(
    "text",
    [
        "United States Department of State",
        "BRITISH CITIZEN",
        "EICHENSTRASSE 16",
        "PASSPORT OFFICE",
        "VISA SECTION BEIJING",
        "DIRECCIÓN GENERAL DE LA POLICÍA",
        "国家移民管理局",
        "中型 大自二",
        "北海道公安委員会",
        "Namely",
        "SEXTON",
        "CODY",
        "ANNA MARIA",
        "12 AUG 1974",
        "12/08/1974",
        "753068801",
        "M",
        "",
    ],
)
def test_words_inside_values_are_no_captions(text: str) -> None:
    result, rest = taken_apart("Surname", text)
    assert [name for name, *_ in result] == ["surname"]
    assert rest == [text]


def test_the_lines_of_an_mrz_are_neither() -> None:
    result, rest = taken_apart("P<GBRNAME<<SURNAME<<<<<<", "7530688010GBR6507213F2201292<<<<<<2", "Surname")
    assert [name for name, *_ in result] == ["surname"]
    assert rest == []


@each(
    ("text", "field"),
    [
        ("Surnane", "surname"),
        ("Givn nanes", "given_names"),
        ("Date af birlh", "birth_date"),
        ("Date 0f birth", "birth_date"),
        ("Natlonality", "nationality"),
        ("Geburtsdalum", "birth_date"),
        ("Dale of expiry", "expiry_date"),
    ],
)
def test_captions_that_were_read_poorly(text: str, field: str) -> None:
    assert [name for name, *_ in taken_apart(text, score=0.85)[0]] == [field]


def test_what_was_read_surely_and_is_no_caption_is_none() -> None:
    assert taken_apart("Svrnane", "Dato of birlh", score=0.99)[0] == []


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        # French means the surname where Catalan means the name.
        (("Nom", "Prénoms", "Date de naissance", "Lieu de naissance"), "surname"),
        (("Nome", "Cognome", "Data di nascita", "Luogo di nascita"), "given_names"),
    ],
)
def test_a_word_of_several_languages_means_its_usual_field(texts: tuple[str, ...], field: str) -> None:
    result, _ = taken_apart(*texts)
    assert result[0][0] == field


def test_columns_that_the_detector_joined_are_parted() -> None:
    found, rest = captions(
        [
            joined(("Surname", 40), ("Passport No", 400), top=40),
            joined(("BLACKWELL", 40), ("753068801", 400), top=70),
        ]
    )
    assert [(best(one), one.segment.left) for one in found] == [
        ("surname", pytest.approx(40, abs=3)),
        ("document_number", pytest.approx(400, abs=10)),
    ]
    assert [(one.text, one.left) for one in rest] == [
        ("BLACKWELL", pytest.approx(40, abs=3)),
        ("753068801", pytest.approx(400, abs=10)),
    ]


def test_parts_stand_where_their_letters_do() -> None:
    (caption,), (value,) = captions([line("Surname: BLACKWELL", 100, 40)])
    assert (caption.segment.left, caption.segment.right) == (pytest.approx(100, abs=1), pytest.approx(180, abs=11))
    assert (value.left, value.right) == (pytest.approx(190, abs=1), pytest.approx(280, abs=1))
    assert value is caption.follower
    assert (value.top, value.bottom) == (40, 60)


def test_a_short_caption_is_weak() -> None:
    (sex, surname), _ = captions(rows("Sex", "Surname"))
    assert (sex.weak, surname.weak) == (True, False)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="abcDEF Surname/:.12姓名<男", max_size=30), max_size=6))
def test_no_text_is_lost_or_made_up(texts: list[str]) -> None:
    lines = [line(text, 40, 100 * number) for number, text in enumerate(texts) if text.strip()]
    found, rest = captions(lines)
    for segment in [*rest, *(one.segment for one in found)]:
        assert any(segment.text in one.text for one in lines)
    for one in found:
        assert one.follower is None or any(one.follower is segment for segment in rest)
        assert all(0 < fit <= 1.001 for fit in one.fields.values())


@each("schema", ["passport", "id_card", "chinese_id_card", "driving_licence", "residence_permit", "visa"])
def test_a_page_without_lines(schema: str) -> None:
    nothing: Any = captions([], schema)
    assert nothing == ([], [])
