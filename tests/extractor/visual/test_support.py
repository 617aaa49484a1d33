"""Does a value stand on the document? By its kind, in the zone and on the pages, and not where it only seems to."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from extractor.evidence import DocumentEvidence, gather
from extractor.mrz import read_mrz
from extractor.schemas import SCHEMAS, Kind
from extractor.visual.support import Support, find_support

from ...tables import each
from ..printed import TODAY, joined, line, page, rows

ZONE = ("P<D<<MUELLER<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<<", "L898902C36D<<7408122F1204159ZE184226B<<<<<10")


def document(*texts: str, zone: bool = False, schema: str = "passport") -> DocumentEvidence:
    reading = read_mrz(rows(*ZONE), today=TODAY) if zone else None
    assert bool(reading) is zone
    return gather([page(rows(*texts))], [reading], SCHEMAS[schema], today=TODAY)


def support(name: str, kind: Kind, value: Any, *texts: str, zone: bool = False) -> Support:
    return find_support(name, kind, value, document(*texts, zone=zone))


@each("value", [None, False, [], {}, {"a": None, "b": [False]}])
def test_nothing_needs_no_support(value: Any) -> None:
    assert support("surname", Kind.TEXT, value, "ERIKSSON").found


@each(
    ("name", "kind", "value"),
    [
        ("surname", Kind.NAME, "Müller"),
        ("surname", Kind.NAME, "MUELLER"),
        ("given_names", Kind.NAME, "Anna Maria"),
        ("name", Kind.NAME, "Anna Maria Müller"),
        ("name", Kind.NAME, "Müller Anna Maria"),
        ("birth_date", Kind.DATE, "1974-08-12"),
        ("birth_date", Kind.DATE, "1974"),
        ("expiry_date", Kind.DATE, "2012-04-15"),
        ("nationality", Kind.STATE, "D"),
        ("issuing_country", Kind.STATE, "DEU"),
        ("sex", Kind.SEX, "F"),
        ("document_number", Kind.NUMBER, "L898902C3"),
        ("passport_number", Kind.NUMBER, "L 898902 C3"),
        ("personal_number", Kind.NUMBER, "ZE184226B"),
        ("document_type", Kind.CODE, "P"),
        ("mrz", Kind.MRZ, list(ZONE)),
    ],
)
def test_what_the_zone_says_is_supported_by_it(name: str, kind: Kind, value: Any) -> None:
    found = support(name, kind, value, "SOMETHING ELSE", zone=True)
    assert (found.found, found.basis, found.page) == (True, "stands in the MRZ", None)
    assert not support(name, kind, value, "SOMETHING ELSE").found


@each(
    ("name", "kind", "value"),
    [
        ("surname", Kind.NAME, "Anna"),
        ("birth_date", Kind.DATE, "1974-08-13"),
        ("nationality", Kind.STATE, "AUT"),
        ("sex", Kind.SEX, "M"),
        ("document_number", Kind.NUMBER, "L898902C4"),
        ("document_number", Kind.NUMBER, "1204"),  # too short to mean anything inside a zone
        ("mrz", Kind.MRZ, [ZONE[0], ZONE[1][:-1] + "1"]),
    ],
)
def test_what_the_zone_does_not_say_is_not(name: str, kind: Kind, value: Any) -> None:
    assert not support(name, kind, value, zone=True).found


@each(
    ("name", "kind", "value", "text"),
    [
        ("surname", Kind.NAME, "Blackwell-Smith", "BLACKWELL SMITH"),
        ("surname", Kind.NAME, "BLACKWELL", "BIACKWELL"),  # OCR errs
        ("surname", Kind.NAME, "LI", "LI"),
        ("name", Kind.NAME, "韦小宝", "姓名韦小宝"),
        ("birth_date", Kind.DATE, "1974-08-12", "12 AUG 1974"),
        ("birth_date", Kind.DATE, "1974-08-12", "08/12/1974"),
        ("birth_date", Kind.DATE, "1974-12-08", "08/12/1974"),
        ("birth_date", Kind.DATE, "1974", "12 AUG 1974"),
        ("birth_date", Kind.DATE, "1974", "1974"),
        ("expiry_date", Kind.DATE, "2030-03-09", "09 MAR 30"),
        ("sex", Kind.SEX, "F", "F"),
        ("sex", Kind.SEX, "F", "女"),
        ("nationality", Kind.STATE, "FRA", "FRANÇAISE"),
        ("document_number", Kind.NUMBER, "12345678", "No. 12 345 678"),
        ("place_of_birth", Kind.TEXT, "MELBOURNE", "MELBOURNE, AUSTRALIA"),
        ("blood_group", Kind.CODE, "A", "A"),
        ("blood_group", Kind.CODE, "+", "O +"),
        ("vehicle_classes", Kind.LIST, ["B", "BE"], "B BE C1"),
        ("permanent", Kind.FLAG, True, "长期"),
    ],
)
def test_what_the_page_prints_is_supported_by_it(name: str, kind: Kind, value: Any, text: str) -> None:
    found = support(name, kind, value, "OTHER", text, "WORDS")
    assert (found.found, found.basis) == (True, "stands on the page")
    assert found.page is not None


@each(
    ("name", "kind", "value", "text"),
    [
        ("surname", Kind.NAME, "BLACKWELL", "BLECKWALD"),
        ("surname", Kind.NAME, "LI", "LIVERPOOL"),  # two letters are in everything
        ("birth_date", Kind.DATE, "1974-08-12", "12 AUG 1975"),
        ("birth_date", Kind.DATE, "1974-08-12", "1974"),
        ("sex", Kind.SEX, "M", "F"),
        ("nationality", Kind.STATE, "FRA", "FRANKFURT"),
        ("document_number", Kind.NUMBER, "1234", "12345678"),
        ("blood_group", Kind.CODE, "-", "O +"),
        ("vehicle_classes", Kind.LIST, ["B", "D"], "B BE C1"),
        ("permanent", Kind.FLAG, True, "2030"),
    ],
)
def test_what_it_does_not_print_is_not(name: str, kind: Kind, value: Any, text: str) -> None:
    found = support(name, kind, value, "OTHER", text, "WORDS")
    assert (found.found, found.basis, found.page) == (False, "found nowhere on the page", None)


def test_a_caption_is_no_value() -> None:
    found = support("surname", Kind.NAME, "Given names", "Surname", "ERIKSSON", "Given names", "ANNA")
    assert (found.found, found.basis) == (False, "stands on the page only as a caption")


def test_the_heading_speaks_for_the_issuer() -> None:
    assert support("issuing_country", Kind.STATE, "SVN", "REPUBLIKA SLOVENIJA", "ERIKSSON").found


def test_a_value_over_several_lines_is_found_in_all_of_them() -> None:
    texts = ("Address", "12 MAIN STREET", "SPRINGFIELD", "ILLINOIS")
    found = support("address", Kind.ADDRESS, "12 Main Street, Springfield, Illinois", *texts)
    assert found.found
    assert found.corners is not None
    assert found.corners[:, 1].min() == pytest.approx(70)
    assert found.corners[:, 1].max() == pytest.approx(150)


def test_an_address_whose_lines_were_read_in_another_order_is_found_by_its_words() -> None:
    lines = ("SPRINGFIELD", "SOMETHING QUITE DIFFERENT HERE", "12 MAIN STREET")
    assert support("address", Kind.ADDRESS, "12 Main Street Springfield", *lines).found
    assert not support("address", Kind.ADDRESS, "12 Main Street Chicago Heights", *lines).found
    assert not support("surname", Kind.NAME, "Street Springfield", *lines).found


def test_every_item_of_a_list_must_be_there_and_the_missing_one_tells() -> None:
    nested = {"holder": {"name": "ERIKSSON"}, "codes": ["A-17", None, False]}
    assert support("extra", Kind.LIST, nested, "ERIKSSON", "A-17").found
    assert support("extra", Kind.LIST, nested, "ERIKSSON").basis == "found nowhere on the page"


def test_where_it_stands_is_told_by_page_and_corners() -> None:
    first, second = page([line("ONE", 40, 40)]), page([line("ERIKSSON", 300, 200), line("ELSE", 40, 400)])
    evidence = gather([first, second], [None, None], SCHEMAS["passport"], today=TODAY)
    found = find_support("surname", Kind.NAME, "Eriksson", evidence)
    assert found.page is evidence.pages[1]
    assert found.corners is not None
    assert np.allclose(found.corners, [[300, 200], [380, 200], [380, 220], [300, 220]])


def test_a_name_is_found_in_a_line_that_the_detector_joined() -> None:
    joint = joined(("ERIKSSON", 40), ("ANNA MARIA", 400), top=100)
    evidence = gather([page([joint])], [None], SCHEMAS["passport"], today=TODAY)
    assert find_support("given_names", Kind.NAME, "Anna Maria", evidence).found


@given(st.text("ABCDÉFGHIJKĽM", min_size=2, max_size=12), st.text("NÖPQRŠTUVWXYŹ", min_size=2, max_size=12))
def test_a_printed_word_is_found_and_a_word_with_no_letter_of_it_never(one: str, other: str) -> None:
    evidence = document(one)
    assume(not evidence.pages[0].captions)
    assert find_support("surname", Kind.NAME, one, evidence).found
    assert not find_support("surname", Kind.NAME, other, evidence).found


def test_the_words_of_a_basis_hold_no_value() -> None:
    for value in ("ERIKSSON", "NOBODY", "Surname"):
        assert value not in support("surname", Kind.NAME, value, "Surname", "ERIKSSON").basis
