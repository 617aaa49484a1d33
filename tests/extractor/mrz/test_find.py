"""From a page's text lines to its zones."""

import random
from datetime import date

import numpy as np

from extractor.mrz.checkdigit import INDEX
from extractor.mrz.find import read_mrz, read_zones
from extractor.mrz.formats import CHE, FRA, IDL_FRA, IDL_NLD, MRVA, MRVB, ROU, TD1, TD2, TD3, MrzFormat
from extractor.mrz.reading import FieldProof

from ...tables import each
from .documents import EVERY_FORMAT, FakeLine, box, document, emission, page

TODAY = date(2026, 3, 1)
NAME = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
DATA = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
PRINT = ["PASSPORT", "Surname / Nom", "ERIKSSON", "Given names / Prénoms", "ANNA MARIA", "L898902C3", "12 AUG 1974"]


@each("layout", EVERY_FORMAT, ids=lambda layout: layout.openings[0])
def test_every_format_is_found_among_other_text(layout: MrzFormat) -> None:
    for seed in range(4):
        lines = document(layout, random.Random(seed))[1]
        reading = read_mrz(page([*PRINT, *lines, "www.example.org"]), today=TODAY)
        assert reading.mrz.format == layout.name
        assert list(reading.lines) == lines
        assert reading.valid == bool(layout.checks)


@each("layout", [TD3, TD2, MRVA], ids=lambda layout: layout.name)
def test_a_second_line_alone_is_one_of_its_own_format(layout: MrzFormat) -> None:
    for seed in range(20):
        lines = document(layout, random.Random(seed))[1]
        assert read_mrz(page([lines[1]]), today=TODAY).mrz.format == layout.name


def test_pages_without_a_zone() -> None:
    assert read_mrz([]) is None
    assert read_mrz(page(PRINT)) is None
    assert (
        read_mrz(page(["UNITED STATES OF AMERICA", "123456789012345678901234567890", "JOHN Q PUBLIC MAIN STREET"]))
        is None
    )
    assert read_mrz(page(["DL 12345678 EXP 02/01/2018", "4d DLN D12345678 9 CLASS D", "3 DOB 02/01/1957"])) is None
    for rows in (["<" * 44] * 2, ["<" * 30] * 3, ["P<UTO" + "<" * 39, "<" * 44], ["P" + "<" * 43, "0" * 44]):
        assert read_mrz(page(rows)) is None, "check digits hold over nothing, too"
    assert read_mrz(page(["123456789012345678", "000000000000000000000000000000", "98765432109876543210"])) is None


def test_lines_in_any_order_and_garbage_between() -> None:
    lines = page([*PRINT, NAME, "some small print", DATA])
    random.Random(1).shuffle(lines)
    assert read_mrz(lines, today=TODAY).lines == (NAME, DATA)


def test_lines_of_two_zones_below_one_another_are_not_mixed() -> None:
    for seed in range(4):
        other = document(TD3, random.Random(seed))[1]
        spoilt = [NAME, DATA.replace("<<<<<10", "((((<10")]  # so that the other's lines explain their rows better
        for texts in ([*spoilt, *other], [*other, *spoilt]):
            lines = [FakeLine(text, box(20, 300 + 30 * row, 12 * len(text), 24)) for row, text in enumerate(texts)]
            found = read_zones(lines, today=TODAY)
            assert sorted(reading.lines for reading in found) == sorted([(NAME, DATA), tuple(other)])


def test_broken_lines_are_joined() -> None:
    parts = [
        FakeLine("P<UTO", box(20, 300, 60, 18)),
        FakeLine("ERIKSSON<<ANNA<MARIA<<<<<<", box(80, 301, 310, 18)),
        FakeLine(DATA[:28], box(20, 330, 336, 18)),
        FakeLine(DATA[28:37], box(356, 330, 108, 18)),
        FakeLine("10", box(524, 331, 24, 18)),
    ]
    assert read_mrz(parts, today=TODAY).lines == (NAME, DATA)


def test_one_line_missing() -> None:
    only_data = read_mrz(page([*PRINT, DATA]), today=TODAY)
    assert (only_data.lines, only_data.valid) == ((DATA,), True)
    only_name = read_mrz(page([*PRINT, NAME]), today=TODAY)
    assert only_name.mrz.surname == "ERIKSSON"
    assert not only_name.valid
    assert only_name.field_proof("surname") is FieldProof.NONE


def test_boxes_of_the_lines_are_told() -> None:
    lines = page([*PRINT, NAME, DATA])
    reading = read_mrz(lines, today=TODAY)
    assert [len(boxes) for boxes in reading.line_boxes] == [1, 1]
    assert np.array_equal(reading.line_boxes[1][0], lines[-1].box)


def test_two_cards_on_one_picture() -> None:
    first, second = (document(TD1, random.Random(seed))[1] for seed in (1, 2))
    side_by_side = [*page(first), *page(second, left=420)]
    below = [*page(first), *page(second, top=700)]
    for lines in (side_by_side, below):
        found = read_zones(lines, today=TODAY)
        assert sorted(list(reading.lines) for reading in found) == sorted([first, second])


def test_probabilities_see_more_than_text() -> None:
    # The recogniser prefers a wrong letter in the name's tail and a wrong digit, but it has its doubts.
    def doubted(line: str, place: int, wrong: str) -> FakeLine:
        frames = np.exp(emission(line, random.Random(5)))
        peak = frames[:, 1 + INDEX[line[place]]].copy()
        own = slice(4 * place, 4 * place + 5)
        frames[own, 1 + INDEX[wrong]] += 0.6 * peak[own]
        frames[own, 1 + INDEX[line[place]]] *= 0.4
        text = line[:place] + wrong + line[place + 1 :]
        return FakeLine(text, box(20, 300, 528, 18), log_probs=np.log(frames).astype(np.float32))

    name, data = doubted(NAME, 35, "E"), doubted(DATA, 3, "4")
    lines = [name, FakeLine(data.text, box(20, 330, 528, 18), log_probs=data.log_probs)]
    assert read_mrz(lines, today=TODAY).lines == (NAME, DATA)
    bare = [FakeLine(line.text, line.box) for line in lines]
    assert read_mrz(bare, today=TODAY).lines != (NAME, DATA)


def test_a_visa_is_no_identity_card_and_a_french_card_no_td2() -> None:
    for layout in (MRVB, TD2, FRA, ROU, IDL_FRA, IDL_NLD, CHE, TD3):
        lines = document(layout, random.Random(7))[1]
        assert read_mrz(page(lines), today=TODAY).mrz.format == layout.name


def test_a_tilted_zone() -> None:
    angle = np.deg2rad(-6)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    lines = [FakeLine(line.text, line.box @ turn) for line in page([*PRINT, NAME, DATA])]
    assert read_mrz(lines, today=TODAY).lines == (NAME, DATA)
