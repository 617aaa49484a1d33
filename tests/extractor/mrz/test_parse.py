"""Parsing: ICAO's specimens of every format, national cards, names, and what never gets lost."""

import random
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.mrz.checkdigit import CHARACTERS
from extractor.mrz.formats import FORMATS, TD1, TD3, MrzFormat
from extractor.mrz.parse import Mrz, guess_format, parse, split_names

from ...tables import each
from .documents import EVERY_FORMAT, document

TODAY = date(2026, 3, 1)
ERIKSSON = {"issuing_state": "UTO", "surname": "ERIKSSON", "given_names": "ANNA MARIA", "sex": "F"}


def read(*lines: str) -> Mrz:
    return parse(lines, today=TODAY)


@each(
    ("name", "lines", "expected"),
    [
        (
            "TD3",  # Doc 9303-4, appendix B
            ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"),
            {"document_code": "P", "document_number": "L898902C3", "nationality": "UTO", "birth_date": "1974-08-12",
             "expiry_date": "2012-04-15", "optional_data_1": "ZE184226B"},
        ),
        (
            "TD1",  # Doc 9303-5, appendix B
            ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"),
            {"document_code": "I", "document_number": "D23145890", "nationality": "UTO", "birth_date": "1974-08-12",
             "expiry_date": "2012-04-15"},
        ),
        (
            "TD2",  # Doc 9303-6, appendix B
            ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"),
            {"document_code": "I", "document_number": "D23145890", "nationality": "UTO", "birth_date": "1974-08-12"},
        ),
        (
            "MRVA",  # Doc 9303-7, appendix A
            ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"),
            {"document_code": "V", "document_number": "L8988901C", "nationality": "XXX", "birth_date": "1940-09-07",
             "expiry_date": "1996-12-10", "optional_data_1": "6ZE184226B"},
        ),
        (
            "MRVB",  # Doc 9303-7, appendix B
            ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<"),
            {"document_code": "V", "document_number": "L8988901C", "nationality": "XXX", "expiry_date": "1996-12-10"},
        ),
    ],
)  # fmt: skip
def test_icao_specimens(name: str, lines: tuple[str, ...], expected: dict[str, str]) -> None:
    mrz = read(*lines)
    assert mrz.format == name
    assert mrz.valid
    for key, value in {**ERIKSSON, **expected}.items():
        assert getattr(mrz, key) == value
    assert not mrz.names_truncated


def test_french_card() -> None:
    mrz = read("IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<", "8806923102858CORINNE<<<<<<<6512068F6")
    assert (mrz.format, mrz.valid) == ("FRA-36x2", True)
    assert (mrz.surname, mrz.given_names, mrz.sex) == ("BERTHIER", "CORINNE", "F")
    assert (mrz.document_number, mrz.issue_date) == ("880692310285", "1988-06")
    assert (mrz.birth_date, mrz.expiry_date) == ("1965-12-06", None)


def test_romanian_card() -> None:
    mrz = read("IDROUPOPESCU<<ION<<<<<<<<<<<<<<<<<<<", "XB123456<4ROU8505095M130509012049947")
    assert mrz.format == "ID-36x2"
    assert (mrz.surname, mrz.given_names) == ("POPESCU", "ION")
    assert mrz.personal_number == "1850509204994"


def test_one_line_licences() -> None:
    french = read("D1FRA13AA000026181231MARTIN<<9")
    assert (french.format, french.valid, french.surname) == ("IDL-1x30", True, "MARTIN")
    assert (french.document_number, french.expiry_date) == ("13AA00002", "2018-12-31")
    dutch = read("D1NLD15094962111659VW87Z78NB84")
    assert (dutch.valid, dutch.document_number, dutch.surname) == (True, "5094962111", None)
    other = read("D1ISL<SOMETHING<ELSE<<<<<<<<<<")
    assert (other.issuing_state, other.document_number, other.optional_data_1) == ("ISL", None, "SOMETHING<ELSE")


def test_swiss_licence_has_no_check_digit_and_is_never_called_valid() -> None:
    mrz = read("AAA001D<<", "FACHE000000000001<<800126<<<<<", "MUSTER<<ANNA<<<<<<<<<<<<<<<<<<")
    assert (mrz.format, mrz.valid, mrz.check_digits) == ("CHE-9-30-30", False, ())
    assert (mrz.document_number, mrz.birth_date, mrz.surname) == ("000000000001", "1980-01-26", "MUSTER")


def test_long_document_number() -> None:
    mrz = read("I<UTOD23145890<7349<<<<<<<<<<<", "3407127M9507122UTO<<<<<<<<<<<2", "STEVENSON<<PETER<JOHN<<<<<<<<<")
    assert mrz.document_number == "D23145890734"
    assert mrz.optional_data_1 is None
    assert mrz.valid


def test_a_disproved_expiry_says_nothing_of_the_century_of_birth() -> None:
    first, second = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO9008124F800415{}<<<<<<<<<<<<<<00"
    wrong, right = (read(first, second.format(check)) for check in "82")
    assert [(mrz.birth_date, mrz.expiry_date) for mrz in (wrong, right)] == [
        ("1990-08-12", "1980-04-15"),
        ("1890-08-12", "1980-04-15"),
    ]


def test_residence_card_that_leaves_the_standard() -> None:
    # The border crossing card of the USA puts a control number where nationality and composite stand.
    mrz = read("A3USA085043401<01<9108<<<<<<<<", "7006171F0108168<<<<<<A5AA37743", "MUSTER<<CRISTINA<MARIA<ELISABE")
    assert (mrz.document_code, mrz.issuing_state, mrz.nationality) == ("A3", "USA", None)
    assert (mrz.document_number, mrz.birth_date) == ("085043401", "1970-06-17")
    assert {check.name: check.valid for check in mrz.check_digits} == {
        "document_number": False, "birth_date": True, "expiry_date": True, "composite": False,
    }  # fmt: skip
    assert mrz.names_truncated


@each(
    ("text", "names"),
    [
        ("ERIKSSON<<ANNA<MARIA<<<<", ("ERIKSSON", "ANNA MARIA")),
        ("ARKFREITH<<<<<<<<<<<<<<<", ("ARKFREITH", None)),  # a holder with one name
        ("VAN<DER<MUELLEN<<MARTIN<", ("VAN DER MUELLEN", "MARTIN")),
        ("ANNA<MARIA<<<<<<<<<<<<<<", ("ANNA MARIA", None)),
        ("<<ANNA<<<<<<<<<<<<<<<<<<", (None, "ANNA")),
        ("GARCIA<<JOSE<<LUIS<<<<<<", ("GARCIA", "JOSE LUIS")),
        ("<<<<<<<<<<<<<<<<<<<<<<<<", (None, None)),
        ("", (None, None)),
    ],
)
def test_names(text: str, names: tuple[str | None, str | None]) -> None:
    assert split_names(text) == names


def test_truncated_names_end_with_a_letter_in_the_last_place() -> None:
    # Doc 9303-4, 4.2.3: names that fill the field.
    assert read(
        "P<UTONILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
    ).names_truncated


def test_a_wrong_check_digit_loses_nothing() -> None:
    right = read("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
    wrong = read("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C37UTO7408122F1204159ZE184226B<<<<<10")
    assert not wrong.valid
    check = wrong.check_digits[0]
    assert (check.name, check.line, check.position) == ("document_number", 1, 9)
    assert (check.expected, check.found, check.valid) == ("6", "7", False)
    kept = replace(wrong, lines=right.lines, check_digits=right.check_digits, raw=right.raw)
    assert kept == right


@each("sex", ["M", "F", "X", "<"])
def test_sex(sex: str) -> None:
    mrz = read("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", f"L898902C36UTO7408122{sex}1204159ZE184226B<<<<<10")
    assert mrz.sex == (None if sex == "<" else sex)
    assert mrz.valid  # sex is covered by no check digit


def test_missing_line() -> None:
    mrz = parse(["", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"], TD3, today=TODAY)
    assert (mrz.surname, mrz.issuing_state, mrz.document_number) == (None, None, "L898902C3")
    assert mrz.valid  # all check digits of a TD3 are in its second line
    card = parse(["", "7408122F1204159UTO<<<<<<<<<<<6", ""], TD1, today=TODAY)
    composite = card.check_digits[-1]
    assert (composite.expected, composite.found, composite.valid) == (None, "6", False)


def test_wrong_lengths_and_characters_are_refused_without_echoing_them() -> None:
    with pytest.raises(ValueError, match="lengths"):
        read("P<UTOSECRET", "L898902C3")
    with pytest.raises(ValueError, match="44, 44") as error:
        parse(["P<UTOSECRET", "L898902C3"], TD3)
    assert "SECRET" not in str(error.value)
    with pytest.raises(ValueError, match="A-Z"):
        read("P<utoeriksson<<anna<maria<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")


@each("layout", EVERY_FORMAT, ids=lambda layout: layout.openings[0])
def test_generated_documents_are_recognised(layout: MrzFormat) -> None:
    for seed in range(10):
        rng = random.Random(seed)
        written, lines = document(layout, rng, long_number=layout.name in {"TD1", "TD2"} and seed % 3 == 0)
        mrz = parse(lines, today=TODAY)
        assert mrz.format == layout.name
        assert mrz.valid == bool(layout.checks)
        number = written.field("document_number").span.cut(lines)
        assert mrz.document_number.startswith(number.replace("<", ""))


@given(st.data(), st.sampled_from(FORMATS))
def test_any_lines_of_full_length_parse(data: st.DataObject, layout: MrzFormat) -> None:
    lines = [data.draw(st.text(alphabet=CHARACTERS, min_size=n, max_size=n)) for n in layout.lengths]
    mrz = parse(lines, today=TODAY)
    assert mrz.lines == tuple(lines)
    assert guess_format(lines) is not None
