"""Pages and parts of pages become documents; what may be of another holder is kept apart."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from extractor.errors import NoDocumentError
from extractor.grouping import Group, group_pages
from extractor.mrz import read_mrz
from extractor.text.ocr import Line

from ..printed import TODAY, page, rows

ZONE = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")


def front(surname: str, given: str, born: str, number: str) -> list[Line]:
    return rows(
        *("SVERIGE IDENTITY CARD", "Surname", surname, "Given names", given),
        *("Nationality", "SWE", "Date of birth", born, "Document No.", number),
    )


ARTA = front("BERISHA", "ARTA", "15 FEB 1990", "L1234567X")
ERIK = front("LINDQVIST", "ERIK", "03 MAR 1971", "K7654321A")
BACK = rows("Address", "STORGATAN 12, 111 22 STOCKHOLM", "Authority", "POLISEN")


def grouped(*pages: Sequence[Line], one_document: bool = False) -> list[Group]:
    made = [replace(page(lines), index=number) for number, lines in enumerate(pages)]
    zones = [read_mrz(one.lines, today=TODAY) for one in made]
    return group_pages(made, zones, today=TODAY, one_document=one_document)


def pages_of(groups: Sequence[Group]) -> list[list[int]]:
    return [[one.index for one in group.pages] for group in groups]


def test_sides_find_each_other_by_what_both_say() -> None:
    back = rows("Document No.", "L1234567X", "Address", "STORGATAN 12")
    assert pages_of(grouped(ARTA, ERIK, back)) == [[0, 2], [1]]
    assert [sorted(own) for own in pages_of(grouped(back, ERIK, ARTA))] == [[0, 2], [1]]


def test_a_page_of_each_of_two_holders_is_two_documents() -> None:
    first, second = grouped(ARTA, ERIK)
    assert (first.is_lone_side, second.is_lone_side) == (False, False)
    assert [[box.page for box in one.regions] for one in (first, second)] == [[0], [1]]


def test_a_passport_and_its_zone_are_one() -> None:
    assert pages_of(grouped(rows("Surname", "ERIKSSON", "Given names", "ANNA MARIA"), rows(*ZONE))) == [[0, 1]]


def test_a_side_that_names_nobody_joins_the_only_document_and_none_of_several() -> None:
    assert pages_of(grouped(ARTA, BACK)) == [[0, 1]]
    *named, alone = grouped(ARTA, ERIK, BACK)
    assert pages_of(named) == [[0], [1]]
    assert (alone.is_lone_side, [one.index for one in alone.pages]) == (True, [2])


def test_two_sides_without_anything_in_common_are_one_call_s_document() -> None:
    assert pages_of(grouped(rows("Surname", "BERISHA", "Given names", "ARTA"), rows("Document No.", "L1234567X"))) == [
        [0, 1]
    ]


def test_where_the_caller_says_that_all_is_one_contradictions_are_refused() -> None:
    assert pages_of(grouped(ARTA, BACK, one_document=True)) == [[0, 1]]
    with pytest.raises(NoDocumentError, match="contradict each other in number and name and birth date") as caught:
        grouped(ARTA, ERIK, one_document=True)
    assert "BERISHA" not in str(caught.value)
