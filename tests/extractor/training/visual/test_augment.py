"""Labelled pages are changed, and stay labelled pages."""

import random

import pytest

pytest.importorskip("torch")

from extractor.training.visual import augment
from extractor.training.visual.augment import Bank, augmented, whole_values
from extractor.training.visual.labelled import Sheet, SheetLine
from extractor.visual.tags import caption_tag, value_tag


def _line(text: str, field: str, owner: int, y: float = 0.0) -> SheetLine:
    tag = value_tag(field)
    return SheetLine(text, [tag] * len(text), [owner] * len(text), [0.0, y, 5.0 * len(text), y + 10])


def _captioned() -> SheetLine:
    caption, value = "Surname ", "ERIKSSON"
    tags = [caption_tag("surname")] * 7 + [0] + [value_tag("surname")] * len(value)
    return SheetLine(caption + value, tags, [1] * 7 + [0] + [2] * len(value), [0.0, 0.0, 160.0, 10.0])


def _changed(sheet: Sheet, bank: Bank, count: int = 60) -> list[Sheet]:
    rng = random.Random(5)
    return [augmented(sheet, bank, rng) for _ in range(count)]


def _bank() -> Bank:
    bank = Bank()
    bank.keep(Sheet([_line("BERGSTRÖM", "surname", 1), _line("01.02.1970", "birth_date", 2, 20)], {}, "passport"))
    return bank


def test_a_value_is_exchanged_for_another_holders_of_the_same_look_in_the_zone_too():
    sheet = Sheet([_captioned()], {}, "passport", {"surname": "ERIKSSON"})
    others = [one for one in _changed(sheet, _bank()) if any("BERGSTR" in line.text for line in one.lines)]
    assert others
    for one in others:
        assert one.zone == {"surname": "BERGSTRÖM"}
        (run,) = whole_values(one.lines)
        assert one.lines[0].text[: run.start].startswith("S")
        assert run.end == len(one.lines[0].text)


def test_dates_take_the_zones_with_them_and_stay_where_the_year_has_two_digits():
    bank = Bank()
    bank.keep(Sheet([_line("01.02.70", "birth_date", 1)], {}, "passport"))
    sheet = Sheet([_line("03.04.1985", "birth_date", 1)], {}, "passport", {"birth_date": "1985-04-03"})
    assert {one.zone["birth_date"] for one in _changed(sheet, bank)} == {"1985-04-03"}
    assert "1970-02-01" in {one.zone["birth_date"] for one in _changed(sheet, _bank())}


def test_a_value_taken_away_leaves_its_caption_without_one():
    sheet = Sheet([_captioned()], {}, "passport", labelled=frozenset(("surname",)))
    empty = [one for one in _changed(sheet, Bank()) if one.lines and not whole_values(one.lines)]
    assert empty
    assert all(one.labelled == {"surname"} and len(one.lines[0].text) == len("Surname ") for one in empty)


def test_a_value_in_several_lines_is_never_exchanged_in_part():
    lines = [_line("MAIN ROAD 5", "address", 1), _line("LONDON", "address", 1, 20)]
    bank = Bank()
    bank.keep(Sheet([_line("HIGH STREET 1", "address", 1)], {}, "id_card"))
    shown = [line.text for one in _changed(Sheet(lines, {}, "id_card"), bank) for line in one.lines]
    assert not any("HIGH" in text for text in shown)


def test_the_page_given_is_not_changed():
    sheet = Sheet([_captioned()], {}, "passport", {"surname": "ERIKSSON"})
    _changed(sheet, _bank())
    assert sheet == Sheet([_captioned()], {}, "passport", {"surname": "ERIKSSON"})


@pytest.mark.parametrize(
    ("first", "second", "alike"), [("ABC", "DEF", True), ("ABC", "Def", False), ("ABC", "АБВ", False)]
)
def test_values_look_alike_by_script_and_case(first: str, second: str, alike: bool):
    assert (augment._look(first) == augment._look(second)) is alike
