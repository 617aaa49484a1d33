"""When two values are the same: for every kind of field, strictly and folded."""

import unicodedata
from datetime import date
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.scoring.normalise import as_text, folded, strict, without_diacritics
from extractor.schemas import Kind

from ...tables import each

WORDS = (Kind.NAME, Kind.TEXT, Kind.ADDRESS)


@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("MÜLLER", "Müller"),
        ("ＭＵＬＬＥＲ", "Muller"),
        ("Mu\u0308ller", "M\u00fcller"),
        ("O'BRIEN", "O’Brien"),
        ("MEI-HUA", "Mei Hua"),
        ("12, Rue  de l'Église", "12 RUE DE L’ÉGLISE"),
        ("12 RUE\n75001 PARIS", "12 Rue 75001 Paris"),
        ("日 本 花 子", "日本花子"),
        ("日本　花子", "日本花子"),
        ("カ ナ", "カナ"),
        ("ｶﾅ", "カナ"),
        ("№ 5", "no 5"),
        ("٣٤ شارع", "34 شارع"),
        ("Straße", "STRASSE"),
        ("ﷲ", "الله"),
    ],
)
def test_words_that_are_the_same(kind: Kind, printed: str, read: str) -> None:
    assert strict(kind, printed) == strict(kind, read)


@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("MÜLLER", "MULLER"),
        ("ANNA MARIA", "ANNAMARIA"),
        ("林美華", "林美华"),
        ("O", "0"),
        ("กิน", "กัน"),
        ("ガ", "カ"),
        ("Иванов", "Ivanov"),
        ("Seoul 서울", "Seoul서울"),
    ],
)
def test_words_that_are_not_the_same_strictly(kind: Kind, printed: str, read: str) -> None:
    assert strict(kind, printed) != strict(kind, read)


@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("MÜLLER", "MULLER"),
        ("ANNA MARIA", "ANNAMARIA"),
        ("Łódź", "LODZ"),
        ("Ørsted", "Orsted"),
        ("Ærø", "aero"),
        ("Ёлкин", "Елкин"),
        ("Ελλάδα", "Ελλαδα"),
        ("أحمد", "احمد"),
        ("مُحَمَّد", "محمد"),
        ("שָׁלוֹם", "שלום"),
        ("İSTANBUL", "istanbul"),
    ],
)
def test_folding_forgives_diacritics_and_spaces(kind: Kind, printed: str, read: str) -> None:
    assert folded(kind, printed) == folded(kind, read)


@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize(
    ("printed", "read"),
    [("กิน", "กัน"), ("ガ", "カ"), ("अनिल", "अनल"), ("林美華", "林美华"), ("O", "0"), ("서울", "서운"), ("ANNA", "ANN")],
)
def test_folding_keeps_what_is_another_letter(kind: Kind, printed: str, read: str) -> None:
    assert folded(kind, printed) != folded(kind, read)


def test_the_forms_of_words() -> None:
    assert strict(Kind.NAME, " Müller-Lüdenscheidt ") == "müller lüdenscheidt"
    assert folded(Kind.NAME, " Müller-Lüdenscheidt ") == "mullerludenscheidt"
    assert strict(Kind.ADDRESS, "東京都 千代田区 1-2") == "東京都千代田区 1 2"


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.CODE])
def test_numbers_are_letters_and_digits(kind: Kind) -> None:
    assert strict(kind, "110101/111") == strict(kind, "110 101 111") == "110101111"
    assert strict(kind, "ab-12 c") == "AB12C"
    assert strict(kind, "１２３４") == strict(kind, "١٢٣٤") == strict(kind, "1234")
    assert strict(kind, "O12") != strict(kind, "012")
    assert strict(kind, "É1") != strict(kind, "E1")
    assert folded(kind, "É1") == folded(kind, "E1")


def test_numbers_of_a_users_schema_keep_sign_and_point() -> None:
    assert strict(Kind.NUMBER, 1.5) == "1.5"
    assert strict(Kind.NUMBER, 1.5) != strict(Kind.NUMBER, 15)
    assert strict(Kind.NUMBER, -3) == "-3"
    assert strict(Kind.NUMBER, 0) == "0"
    assert strict(Kind.NUMBER, 2.0) == strict(Kind.NUMBER, 2)


def test_lists_are_sets_of_codes() -> None:
    assert strict(Kind.LIST, ["B", "am"]) == strict(Kind.LIST, ["AM", "B", "B"]) == strict(Kind.LIST, "am, B") == "AM B"
    assert strict(Kind.LIST, ["A", "B"]) != strict(Kind.LIST, ["A"])
    assert strict(Kind.LIST, ("A", "-")) == "A"
    assert strict(Kind.LIST, []) is None


def test_dates_are_iso() -> None:
    assert strict(Kind.DATE, "1974-08-12") == "1974-08-12"
    assert strict(Kind.DATE, " 1974-08-12 ") == strict(Kind.DATE, date(1974, 8, 12)) == "1974-08-12"
    assert strict(Kind.DATE, "12 AUG/AOÛT 1974") == "1974-08-12"
    assert strict(Kind.DATE, "1974") == "1974"
    assert strict(Kind.DATE, "1974") != strict(Kind.DATE, "1974-08")
    assert strict(Kind.DATE, "no date") == "no date"
    assert folded(Kind.DATE, "1974-08-12") == "1974-08-12"


def test_states_are_codes() -> None:
    assert strict(Kind.STATE, "DEU") == strict(Kind.STATE, "D") == strict(Kind.STATE, "Deutsch") == "D"
    assert strict(Kind.STATE, "fra") == "FRA"
    assert strict(Kind.STATE, "Atlantis") == "atlantis"
    assert folded(Kind.STATE, "DEU") == "D"


def test_sexes_are_letters() -> None:
    assert strict(Kind.SEX, "m") == folded(Kind.SEX, "M") == "M"
    assert strict(Kind.SEX, "F") != strict(Kind.SEX, "M")


def test_a_flag_that_is_false_says_what_null_says() -> None:
    assert strict(Kind.FLAG, True) == folded(Kind.FLAG, True) == "true"
    assert strict(Kind.FLAG, False) is None
    assert folded(Kind.FLAG, False) is None


def test_mrz_lines_count_every_character() -> None:
    lines = ["P<UTOERIKSSON<<ANNA<MARIA<<<", "L898902C36UTO7408122F1204159"]
    assert strict(Kind.MRZ, lines) == "\n".join(lines)
    assert strict(Kind.MRZ, [f" {lines[0]} ", "", lines[1].replace("UTO", "UTO ")]) == "\n".join(lines)
    assert strict(Kind.MRZ, [lines[0][:-1], lines[1]]) != strict(Kind.MRZ, lines)
    assert strict(Kind.MRZ, [lines[0].lower(), lines[1]]) != strict(Kind.MRZ, lines)
    assert strict(Kind.MRZ, "".join(lines)) != strict(Kind.MRZ, lines)


def test_folded_mrz_lines_forgive_the_number_of_fillers() -> None:
    assert folded(Kind.MRZ, ["A<<B<<<<"]) == folded(Kind.MRZ, ["A<B<"]) == "A<B<"
    assert folded(Kind.MRZ, ["AB<"]) != folded(Kind.MRZ, ["A<B<"])


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("value", [None, ""])
def test_nothing_has_no_form(kind: Kind, value: str | None) -> None:
    if kind is Kind.FLAG and value == "":
        return
    assert strict(kind, value) is None
    assert folded(kind, value) is None


@each("value", ["-", "***", " \n ", "—"])
def test_a_word_without_a_letter_is_nothing(value: str) -> None:
    assert strict(Kind.NAME, value) is None
    assert strict(Kind.NUMBER, value) is None


def test_values_as_people_read_them() -> None:
    class Colour(Enum):
        RED = "red"

    assert as_text(["A", ["B", True]]) == "A\nB\nyes"
    assert as_text(False) == "no"
    assert as_text(Colour.RED) == "red"
    assert as_text(date(2020, 1, 2)) == "2020-01-02"
    assert as_text({"b": 1, "a": "ü"}) == '{"a": "ü", "b": 1}'
    assert as_text(12) == "12"


def test_marks_go_with_the_letters_whose_diacritics_they_are() -> None:
    assert without_diacritics("Müller กิน ガ é 12") == "muller กิน ガ e 12"
    assert without_diacritics("u\u0308x") == "ux"
    assert without_diacritics("\u0308x") == "\u0308x"


@given(st.text(max_size=30), st.sampled_from(WORDS))
def test_forms_are_stable_and_folding_never_parts_what_is_the_same(text: str, kind: Kind) -> None:
    form = strict(kind, text)
    if form is None:
        assert folded(kind, text) is None
        return
    assert strict(kind, form) == form
    assert folded(kind, form) == folded(kind, text)
    assert not unicodedata.is_normalized("NFC", text) or strict(kind, unicodedata.normalize("NFD", text)) == form
