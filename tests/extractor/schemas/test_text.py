"""Text as it is compared: what folding takes away, and that nothing else changes."""

from hypothesis import given
from hypothesis import strategies as st

from extractor.schemas.text import fold, restore_capitals, scripts, squash, strip_marks

from ...tables import each


@each(
    ("text", "folded"),
    [
        ("Müller", "muller"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ŁÓDŹ", "lodz"),
        ("Đorđe Čović", "dorde covic"),
        ("Þór Æsir Œuvre Øre", "thor aesir oeuvre ore"),
        ("İstanbul", "istanbul"),
        ("ısı", "isi"),
        ("ＡＢＣ１２３", "abc123"),
        ("D'Arc-Dupont", "d arc dupont"),
        ("  a__b..c  ", "a b c"),
        ("日 本 花 子", "日 本 花 子"),
        ("Ёлка", "елка"),
        ("Άδεια", "αδεια"),
        ("หญิง", "หญง"),
        ("वर्ष", "वरष"),
        ("!?/", ""),
        ("", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


@each(
    ("text", "squashed"),
    [("日 本 花 子", "日本花子"), ("Pass port No.", "passportno"), ("N° 12-34", "n1234"), ("", "")],
)
def test_squashing(text: str, squashed: str) -> None:
    assert squash(text) == squashed


def test_marks_are_stripped_and_letters_stay() -> None:
    assert strip_marks("Ünïcödé ß ł") == "Unicode ß ł"


@each(
    ("text", "expected"),
    [
        ("Anna 12", {"LATIN"}),
        ("吉林/JILIN", {"CJK", "LATIN"}),
        ("やまだ タロウ", {"HIRAGANA", "KATAKANA"}),
        ("김철수", {"HANGUL"}),
        ("Иван", {"CYRILLIC"}),
        ("สมชาย", {"THAI"}),
        ("123 /", set()),
    ],
)
def test_scripts(text: str, expected: set[str]) -> None:
    assert scripts(text) == expected


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert squash(squash(text)) == squash(text)
    assert " " not in squash(text)


@given(st.text(alphabet=st.characters(max_codepoint=0x24F)))
def test_case_makes_no_difference_among_latin_letters(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower()) == fold(text)


@each(
    ("read", "printed"),
    [
        ("ÅsE BJøRN", "ÅSE BJØRN"),
        ("iREM", "IREM"),
        ("GARCíA", "GARCÍA"),
        ("McDONALD", "McDONALD"),
        ("Müller", "Müller"),
        ("Oslo", "Oslo"),
        ("DUPONt", "DUPONt"),
    ],
)
def test_capitals_inside_capitals(read: str, printed: str) -> None:
    assert restore_capitals(read) == printed
