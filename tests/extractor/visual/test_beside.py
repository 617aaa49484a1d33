"""A user's own captions: where a page has them, and what stands beside them."""

from collections.abc import Sequence

import pytest
from pydantic import BaseModel, Field, create_model

from extractor.schemas.plan import plan_of
from extractor.schemas.vocabulary import FieldSpec, Kind
from extractor.text.ocr import Line
from extractor.visual.beside import is_next, spans_of_caption, words_beside
from extractor.visual.words import words_of
from tests.extractor.printed import joined, line, values


def spec(*captions: str) -> FieldSpec:
    return FieldSpec("own", Kind.TEXT, "a field of one's own", "", {"en": captions})


def found(lines: Sequence[Line], *captions: str) -> list[str]:
    words = words_of(lines)
    return [" ".join(words[index].text for index in span) for span in spans_of_caption(words, spec(*captions))]


@pytest.mark.parametrize(
    ("printed", "caption", "expected"),
    [
        ("Library card no. 77", "library card no", ["Library card no."]),
        ("Librarycard no 77", "library card no", ["Librarycard no"]),
        ("Shelf", "shelf", ["Shelf"]),
        ("Shelf: 12", "shelf", ["Shelf"]),
        ("Llbrary card no", "library card no", ["Llbrary card no"]),
        ("会员编号 88", "会员编号", ["会 员 编 号"]),
        ("회원번호 88", "회원 번호", ["회 원 번 호"]),
        ("जन्म", "नाम", []),
        ("Room", "shelf", []),
        ("12", "---", []),
    ],
)
def test_a_caption_is_found_by_its_letters(printed: str, caption: str, expected: list[str]) -> None:
    assert found([line("CITY LIBRARY", 0, 0), line(printed, 0, 40)], caption) == expected


def beside(lines: Sequence[Line], caption: str) -> str:
    words = words_of(lines)
    (span,) = spans_of_caption(words, spec(caption))
    return " ".join(words[index].text for index in words_beside(words, span, set(range(len(words))) - set(span)))


@pytest.mark.parametrize(
    ("lines", "caption", "expected"),
    [
        ([line("Shelf: Blue room", 0, 0)], "shelf", "Blue room"),
        ([line("Shelf", 0, 0), line("Blue room", 120, 0), line("Points", 500, 0)], "shelf", "Blue room"),
        ([line("Shelf", 0, 0), line("Blue room", 0, 30), line("Points", 0, 60)], "shelf", "Blue room"),
        ([line("77", 0, 0), line("مدرسة", 200, 0)], "مدرسة", "77"),
        ([line("Blue room", 300, 60), line("Shelf", 0, 0)], "shelf", ""),
        ([line("Shelf", 0, 0), line("Blue room", 600, 0)], "shelf", ""),
    ],
)
def test_a_value_stands_behind_a_caption_or_under_it(lines: Sequence[Line], caption: str, expected: str) -> None:
    assert beside(lines, caption) == expected


def test_words_of_two_columns_are_not_next_to_each_other() -> None:
    near, far = words_of([line("Blue room", 0, 0)]), words_of([joined(("Blue", 0), ("room", 200), top=0)])
    assert is_next(*near)
    assert not is_next(*far)


def own(kind: str, *captions: str) -> type[BaseModel]:
    field = Field(None, json_schema_extra={"x-kind": kind, "x-captions": {"en": list(captions)}})
    return create_model("Own", own=(str | None, field))


HEAD = [line("CITY LIBRARY", 40, 40, height=30), line("Surname", 40, 100), line("SMITH", 40, 125)]


@pytest.mark.parametrize(
    ("kind", "caption", "value", "expected"),
    [
        ("number", "Library card no", "LB-482913", "LB-482913"),
        ("text", "Blood group", "A+", "A+"),
        ("text", "Points", "250", "250"),
        ("date", "Member since", "04.03.2019", "2019-03-04"),
        ("name", "Supervisor", "PETER JONES", "PETER JONES"),
        ("address", "Lives at", "12 High Street, Leeds", "12 High Street, Leeds"),
        ("state", "Home country", "France", "FRA"),
        ("number", "会员编号", "88123456", "88123456"),
        ("number", "Phone", "+44 20 7946 0018", "+44 20 7946 0018"),
    ],
)
def test_own_fields_are_read_wherever_a_value_follows(kind: str, caption: str, value: str, expected: str) -> None:
    places = {
        "below": [line(caption, 40, 260), line(value, 40, 285)],
        "behind": [line(caption, 40, 260), line(value, 60 + 20 * len(caption), 260)],
        "in its line": [line(f"{caption} {value}", 40, 260)],
    }
    got = {place: values(HEAD + lines, own(kind, caption)) for place, lines in places.items()}
    assert got == {place: {"own": expected} for place in places}


@pytest.mark.parametrize(
    ("caption", "value", "field"),
    [("Place", "Main Hall", "address"), ("Status", "Active", "category"), ("Number", "A-77", "document_number")],
)
def test_a_caption_that_names_something_else_on_other_documents_is_found_too(
    caption: str, value: str, field: str
) -> None:
    """The network knows no address in a hall; the user says that the place is what stands there."""
    mine = Field(None, json_schema_extra={"x-captions": {"en": [caption]}})
    reading = plan_of(create_model("Card", __base__=BaseModel, mine=(str | None, mine))).reading
    assert values([*HEAD, line(f"{caption}: {value}", 40, 250)], reading) == {field: value}
    assert values([*HEAD, line(caption, 40, 250)], reading) == {}


@pytest.mark.parametrize(
    ("caption", "value"),
    [
        ("Unit", "Third Floor East"),
        ("Faculty", "Law and Economics"),
        ("Room", "Blue Room 3"),
        ("Plan", "Gold Plus Family"),
    ],
)
def test_a_value_is_not_cut_where_a_word_of_it_looks_like_a_caption(caption: str, value: str) -> None:
    head = [*HEAD, line("Given names", 40, 170), line("ANNA", 40, 195)]
    below = values([*head, line(caption, 40, 250), line(value, 40, 276)], own("text", caption))
    behind = values([*head, line(f"{caption}: {value}", 40, 250)], own("text", caption))
    assert {"own": value} in (below, behind)
    assert all(got in ({}, {"own": value}) for got in (below, behind))


@pytest.mark.parametrize("caption", ["Shelf", "E-mail", "Mitglieds-Nr.", "Blood group"])
def test_a_caption_that_ends_the_page_has_none_of_its_words(caption: str) -> None:
    """Nothing that is printed elsewhere is the value of a caption with nothing beside it."""
    assert values([*HEAD, line(caption, 600, 600)], own("text", caption)) == {}


@pytest.mark.parametrize(("caption", "expected"), [("Date of birth", {}), ("Date", {"stamp": "1974-08-12"})])
def test_a_caption_within_a_longer_one_of_the_vocabulary_names_nothing(caption: str, expected: dict[str, str]) -> None:
    stamp = Field(None, json_schema_extra={"x-kind": "date", "x-captions": {"en": ["Date"]}})
    card = create_model("Card", __base__=BaseModel, stamp=(str | None, stamp))
    lines = [line("CITY LIBRARY", 40, 0), line(caption, 40, 60), line("12 AUG 1974", 40, 90), line("Surname", 40, 140)]
    assert values([*lines, line("ERIKSSON", 40, 170)], card) == expected


@pytest.mark.parametrize(("printed", "expected"), [("Yes", True), ("No", False), ("Perhaps", None)])
def test_an_own_flag_is_read_from_the_words_for_yes_and_no(printed: str, expected: bool | None) -> None:
    donor = Field(None, json_schema_extra={"x-kind": "flag", "x-captions": {"en": ["Organ donor"]}})
    card = create_model("Card", __base__=BaseModel, donor=(bool | None, donor))
    lines = [line("CITY HOSPITAL", 40, 0), line("Organ donor", 40, 60), line(printed, 240, 60)]
    assert values(lines, card).get("donor") is expected
