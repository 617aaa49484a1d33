"""The visual zone's fields: candidates weighed against the MRZ, and captions where the network is silent."""

from collections.abc import Sequence

import pytest

from extractor.mrz import Mrz
from extractor.schemas import Passport, field_specs
from extractor.text.ocr import Line
from extractor.visual.fields import Found, ReadPage, read_fields
from extractor.visual.tags import NOTHING, caption_tag, value_tag
from extractor.visual.values import Context

from ..printed import line
from .test_candidates import layout_of

SPECS = field_specs(Passport)
SURNAME, GIVEN, BIRTH, EXPIRY, ISSUE = map(
    value_tag, ("surname", "given_names", "birth_date", "expiry_date", "issue_date")
)


def read(lines: Sequence[Line], tags: Sequence[tuple[int, float]], mrz: Mrz | None = None) -> dict[str, Found]:
    page = ReadPage(lines, layout_of(lines, tags))
    return {one.field: one for one in read_fields(page, SPECS, Context(), mrz)}


def test_the_candidate_that_the_zone_says_too_is_taken_before_a_surer_one() -> None:
    mrz = Mrz("TD3", ("", ""), birth_date="1990-05-12", expiry_date="2030-05-12")
    lines = [line("13.05.1990", 0, 0), line("12.05.1990", 0, 40)]
    tags = [(BIRTH, 0.95), (BIRTH, 0.6)]
    assert read(lines, tags)["birth_date"].value.value == "1990-05-13"
    assert read(lines, tags, mrz)["birth_date"].value.value == "1990-05-12"


@pytest.mark.parametrize(
    ("printed", "in_zone", "value"),
    [
        ("LEFÈVRE", "LEFEVRE", "LEFÈVRE"),
        ("LEFÈVPE", "LEFEVRE", "LEFÈVRE"),
        ("O'BRIEN-SMITH", "OBRIEN SMITH", "O'BRIEN-SMITH"),
    ],
)
def test_a_name_keeps_its_printed_form_and_gets_the_zone_s_letters(printed: str, in_zone: str, value: str) -> None:
    mrz = Mrz("TD3", ("", ""), surname=in_zone)
    assert read([line(printed, 0, 0, score=0.9)], [(SURNAME, 0.9)], mrz)["surname"].value.value == value


@pytest.mark.parametrize(
    ("printed", "in_zone", "value"),
    [
        ("LEFÈVPE", "LEFEVRE", "LEFÈVPE"),
        ("ERIKSON", "ERIKSSON", "ERIKSSON"),  # doubled letters are read as one
        ("lris", "IRIS", "iris"),
        ("SORENSEN", "SOERENSEN", "SÖRENSEN"),
        ("SMITHE", "SMITH", "SMITHE"),
    ],
)
def test_a_letter_that_the_page_clearly_prints_is_not_exchanged(printed: str, in_zone: str, value: str) -> None:
    mrz = Mrz("TD3", ("", ""), surname=in_zone)
    assert read([line(printed, 0, 0, score=0.99)], [(SURNAME, 0.9)], mrz)["surname"].value.value == value


def test_words_that_the_zone_s_name_lacks_are_left_out() -> None:
    mrz = Mrz("TD3", ("", ""), surname="ERIKSSON")
    lines = [line("ERIKSSON née LUND", 0, 0)]
    page = ReadPage(lines, layout_of(lines, [(SURNAME, 0.9)] * 3, chains=[(0, 1, 2)]))
    assert [one.value.value for one in read_fields(page, SPECS, Context(), mrz)] == ["ERIKSSON"]


@pytest.mark.parametrize(
    ("captions", "fields"), [({}, {"document_number"}), ({1: 0}, {"document_number", "personal_number"})]
)
def test_a_number_that_is_printed_again_is_no_other_field_s_unless_a_caption_says_so(
    captions: dict[int, int], fields: set[str]
) -> None:
    lines = [line("L8989", 0, 0), line("L8989", 300, 300)]
    tags = [(value_tag("document_number"), 0.95), (value_tag("personal_number"), 0.9)]
    page = ReadPage(lines, layout_of(lines, tags, captions=captions))
    assert {one.field for one in read_fields(page, SPECS, Context(), None)} == fields


def test_what_many_documents_lack_must_be_surer() -> None:
    lines = [line("Birthplace", 0, 0), line("LONDON", 0, 30)]

    def sure(score: float, captions: dict[int, int]) -> bool:
        tags = [(caption_tag("place_of_birth"), 0.9), (value_tag("place_of_birth"), score)]
        page = ReadPage(lines, layout_of(lines, tags, captions=captions))
        return bool(read_fields(page, SPECS, Context(), None))

    assert [sure(score, {1: 0}) for score in (0.7, 0.8)] == [False, True]
    assert [sure(score, {}) for score in (0.8, 0.95)] == [False, True], "no caption names it"


def test_another_name_than_the_zone_s_is_read_as_printed() -> None:
    mrz = Mrz("TD3", ("", ""), surname="ERIKSSON")
    assert read([line("MARTIN", 0, 0)], [(SURNAME, 0.9)], mrz)["surname"].value.value == "MARTIN"


def test_a_candidate_that_is_not_sure_enough_is_none() -> None:
    lines = [line("MARTIN", 0, 0)]
    assert "surname" in read(lines, [(SURNAME, 0.9)])
    assert "surname" not in read(lines, [(SURNAME, 0.35)])


def test_a_date_is_read_once_and_for_the_field_it_is_likeliest_for() -> None:
    lines = [line("12.05.2030", 0, 0)]
    assert set(read(lines, [(EXPIRY, 0.25)])) == {"expiry_date"}


def test_the_box_lies_around_the_value_and_not_its_line() -> None:
    lines = [line("Surname MARTIN", 0, 0)]
    (segment,) = read(lines, [(NOTHING, 1.0), (SURNAME, 0.9)])["surname"].segments
    assert segment.text == "MARTIN"
    assert segment.left > 70
