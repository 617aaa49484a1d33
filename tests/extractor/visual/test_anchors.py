"""What the MRZ says, found on the page in its printed form."""

from typing import Any

import pytest

from extractor.mrz import Mrz, parse
from extractor.schemas import SCHEMAS, field_specs
from extractor.visual.anchors import WEAK, find_anchors, part_of
from extractor.visual.values import Context

from ..printed import TODAY, line, segment, values

#: The specimen of Doc 9303-4, appendix A.
UTOPIAN = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
CONTEXT = Context(today=TODAY)


def zone(first: str = UTOPIAN[0], second: str = UTOPIAN[1]) -> Mrz:
    found = parse([first, second], today=TODAY)
    assert found
    return found


def anchored(*texts: str, mrz: Mrz | None = None, schema: str = "passport", score: float = 0.99) -> dict[str, Any]:
    """Field -> (value, agreement) of the best anchor among texts on lines of their own."""
    segments = [segment(text, 40, 40 * number, score=score) for number, text in enumerate(texts)]
    found: dict[str, Any] = {}
    for anchor in find_anchors(mrz or zone(), segments, field_specs(SCHEMAS[schema]), CONTEXT):
        found.setdefault(anchor.field, (anchor.value.value, anchor.agreement))
    return found


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("ERIKSSON", "surname", "ERIKSSON"),
        ("Eriksson", "surname", "Eriksson"),
        ("ANNA MARIA", "given_names", "ANNA MARIA"),
        ("Anna-Maria", "given_names", "Anna-Maria"),
        ("12 AUG/AOUT 74", "birth_date", "1974-08-12"),
        ("12.08.1974", "birth_date", "1974-08-12"),
        ("15 APR 2012", "expiry_date", "2012-04-15"),
        ("L898902C3", "document_number", "L898902C3"),
        ("No. L898902C3", "document_number", "L898902C3"),
        ("L 898902 C3", "document_number", "L 898902 C3"),
    ],
)
def test_values_that_stand_on_the_page_letter_by_letter(text: str, field: str, value: str) -> None:
    assert anchored(text)[field] == (value, 1.0)


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("ERIK5SON", "surname", "ERIKSSON"),
        ("ERIKSSQN", "surname", "ERIKSSON"),
        ("ANNA MARlA", "given_names", "ANNA MARIA"),
        ("L8989O2C3", "document_number", "L898902C3"),
    ],
)
def test_a_letter_that_was_misread_is_put_right(text: str, field: str, value: str) -> None:
    found, agreement = anchored(text)[field]
    assert found == value
    assert 0.8 <= agreement < 1.0


@pytest.mark.parametrize("text", ["BLACKWELL", "ERI", "12 AUG 1975", "L898902C4", "ERIKSSON<<ANNA", "", "74"])
def test_other_values_are_no_anchors(text: str) -> None:
    assert anchored(text) == {}


def test_a_digit_of_a_date_that_was_read_poorly_may_differ() -> None:
    assert anchored("18 AUG 1974", score=0.99) == {}
    assert anchored("18 AUG 1974", score=0.8)["birth_date"] == ("1974-08-18", 0.85)


def test_the_page_knows_the_century_better() -> None:
    old = zone(second="L898902C36UTO2608122F1204159ZE184226B<<<<<10")
    assert anchored("12 AUG 1926", mrz=old)["birth_date"] == ("1926-08-12", 1.0)


def test_diacritics_come_from_the_page() -> None:
    german = zone("P<D<<MUELLER<<JOERG<<<<<<<<<<<<<<<<<<<<<<<<<")
    assert anchored("Müller", "Jörg", mrz=german) == {"surname": ("Müller", 1.0), "given_names": ("Jörg", 1.0)}


def test_of_two_scripts_the_latin_one_is_the_mrz_s() -> None:
    ukrainian = zone("P<UKRTKACHENKO<<MARIANA<<<<<<<<<<<<<<<<<<<<<")
    assert anchored("ТКАЧЕНКО/TKACHENKO", mrz=ukrainian)["surname"] == ("TKACHENKO", 1.0)


def test_a_number_or_a_scrap_beside_the_name_is_left_out() -> None:
    assert anchored("1. ERIKSSON")["surname"] == ("ERIKSSON", 1.0)
    assert anchored("ERIKSSON Nom")["surname"] == ("ERIKSSON", 1.0)


@pytest.mark.parametrize("text", ["ERIKSSON ANNA MARIA", "ANNA MARIA ERIKSSON", "ERIKSSON, ANNA MARIA"])
def test_both_names_on_one_line(text: str) -> None:
    found = anchored(text)
    assert (found["surname"][0], found["given_names"][0]) == ("ERIKSSON", "ANNA MARIA")


def test_nationality_and_sex_are_weak() -> None:
    assert anchored("UTOPIAN", "F") == {"nationality": ("UTO", WEAK), "sex": ("F", WEAK)}


def test_numbers_are_looked_for_where_the_schema_has_them() -> None:
    assert "document_number" not in {
        anchor.field for anchor in find_anchors(zone(), [segment("L898902C3")], {}, CONTEXT)
    }


def test_a_part_of_a_segment_stands_where_its_letters_do() -> None:
    whole = segment("ANNA ERIKSSON", 100, 40)
    part = part_of(whole, "ERIKSSON")
    assert (part.text, part.left, part.right) == ("ERIKSSON", pytest.approx(150), pytest.approx(230))
    for text in ("ANNA ERIKSSON", "absent"):
        assert part_of(whole, text).text == whole.text


def test_a_passport_without_captions() -> None:
    lines = [
        *(line("L898902C3", 600, 40), line("ERIKSSON", 300, 80), line("ANNA MARIA", 300, 120)),
        *(line("UTOPIAN", 300, 160), line("12 AUG/AOUT 74", 300, 200)),
        *(line("F", 300, 240), line("ZENITH", 420, 240)),
        *(line("16 APR/AVR 07", 300, 280), line("UTOPIAN AFFAIRS", 520, 280), line("15 APR/AVR 12", 300, 320)),
    ]
    assert values(lines, mrz=zone()) == {
        "document_number": "L898902C3",
        "surname": "ERIKSSON",
        "given_names": "ANNA MARIA",
        "nationality": "UTO",
        "birth_date": "1974-08-12",
        "sex": "F",
        "place_of_birth": "ZENITH",
        "issue_date": "2007-04-16",
        "authority": "UTOPIAN AFFAIRS",
        "expiry_date": "2012-04-15",
    }


def test_what_the_mrz_explains_is_no_other_field_s_value() -> None:
    lines = [line("Place of birth", 40, 40), line("ERIKSSON", 40, 62), line("ANNA MARIA", 40, 110)]
    assert "place_of_birth" not in values(lines, mrz=zone())


def test_what_page_and_mrz_agree_on_stands_against_a_caption_that_leads_elsewhere() -> None:
    lines = [line("Surname", 40, 40), line("SPECIMEN", 40, 62), line("ERIKSSON", 400, 300)]
    assert values(lines, mrz=zone())["surname"] == "ERIKSSON"
