"""Repair under a known format: what is changed, why, and what is left alone."""

import random
from datetime import date

import numpy as np
import pytest

from extractor.mrz.checkdigit import INDEX, check_digit
from extractor.mrz.find import read_mrz
from extractor.mrz.fit import fit_line
from extractor.mrz.formats import FRA, TD1, TD2, TD3, MrzFormat
from extractor.mrz.lattice import from_log_probs, from_text
from extractor.mrz.reading import FieldProof, MrzReading, Reason
from extractor.mrz.repair import conclude

from ...tables import each
from .documents import emission, page

NAME = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
DATA = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"


def repaired(layout: MrzFormat, *texts: str | None) -> MrzReading:
    fits = [None if text is None else fit_line(layout, k, from_text(text)) for k, text in enumerate(texts)]
    return conclude(layout, fits, today=date(2026, 3, 1))


def test_a_perfect_zone_is_left_alone() -> None:
    reading = repaired(TD3, NAME, DATA)
    assert reading.lines == (NAME, DATA)
    assert (reading.repairs, reading.valid, reading.proven) == ((), True, True)
    assert reading.confidence > 0.85
    assert reading.field_proof("document_number") is FieldProof.CHECK_DIGIT
    assert reading.field_proof("surname") is FieldProof.FORMAT
    assert reading.field_proof("nationality") is FieldProof.FORMAT
    assert reading.field_confidence("birth_date") > 0.99


@each(
    ("name", "data"),
    [
        (NAME, DATA.replace("L898902C3", "L8989O2C3")),  # letter for digit
        (NAME, DATA.replace("7408122", "74O8l22")),
        (NAME.replace("UTO", "UT0"), DATA.replace("UTO", "UT0")),
        (NAME.replace("ANNA<MARIA", "ANNA<MAR1A"), DATA),
        (NAME.lower(), DATA.lower()),
        (NAME.replace("<", "«"), DATA),
        (NAME.replace("<<ANNA", "ハハANNA"), DATA.replace("<", "‹")),
        (NAME[:-5], DATA),  # fillers lost at the end
        (NAME + "<<", DATA.replace("B<<<<<", "B<<<<<<")),  # and read twice
        (NAME, DATA.replace("B<<<<<", "B<<<")),
        (" ".join(NAME), DATA.replace("UTO", " UTO ")),
        (NAME[:25] + "KKCKSCCKKECKCKCCXCS", DATA),
        ("|" + NAME, DATA + "."),
    ],
)
def test_repairs(name: str, data: str) -> None:
    reading = repaired(TD3, name, data)
    assert reading.lines == (NAME, DATA)
    assert reading.valid


def test_repairs_are_recorded_with_their_reasons() -> None:
    number = "XO4499HX4" + check_digit("XO4499HX4")
    data = f"{number}UTO7408122F1204159ZE184226B<<<<<1"
    data += check_digit(data[:10], data[13:20], data[21:43])
    reading = repaired(TD3, NAME.replace("UTO", "UT0"), data.replace("XO", "X0").replace("B<<<<<", "B<<<<"))
    assert reading.lines == (NAME, data)
    result = {(r.line, r.column, r.read, r.concluded): r.reason for r in reading.repairs}
    assert result[0, 4, "0", "O"] is Reason.FORMAT
    assert result[1, 1, "0", "O"] is Reason.CHECK_DIGIT
    assert [reason for key, reason in result.items() if key[2] == ""] == [Reason.LENGTH]
    assert len(result) == 3
    assert reading.raw_lines[0] == NAME.replace("UTO", "UT0")


def test_a_change_that_check_digits_do_not_prove_is_not_made() -> None:
    # Two characters that both resemble others, and a number that then has several readings.
    reading = repaired(TD3, NAME, DATA.replace("L898902C36", "L8989O2CE6"))
    assert not reading.valid
    assert reading.mrz.document_number == "L8989O2CE"
    assert reading.field_proof("document_number") is FieldProof.FORMAT
    assert reading.field_confidence("document_number") < 0.5
    assert reading.mrz.birth_date == "1974-08-12"


def test_wrong_check_digits_are_kept_as_printed() -> None:
    printed = ("C1USA0000000392SRC0000000039<<", "2001010F8001022SLV<<<<<<<<<<<0", "VOID<<VOID<<<<<<<<<<<<<<<<<<<<")
    reading = repaired(TD1, *printed)
    assert reading.lines == printed
    assert not reading.valid
    assert reading.mrz.nationality == "SLV"


def test_an_unproven_zone_keeps_the_length_it_was_read_with() -> None:
    # A drawn passport: both lines too short, no check digit at all where one belongs.
    printed = ("P<UTOGUPTA<<RAHUL<RAM<<<<<<<<<<<<<<<<<<", "311958554UTO1234567M1234567890123456<123456")
    reading = repaired(TD3, *printed)
    assert reading.lines == printed
    assert not reading.proven
    assert (reading.mrz.surname, reading.mrz.given_names, reading.mrz.issuing_state) == ("GUPTA", "RAHUL RAM", "UTO")
    assert reading.mrz.document_number == "311958554"
    assert reading.field_proof("surname") is FieldProof.NONE
    assert reading.field_confidence("surname") < 0.51
    assert reading.confidence < 0.5


@pytest.mark.parametrize(("read", "concluded"), [("C0U", "COU"), ("132", "IBZ"), ("UT0", "UTO")])
def test_states_hold_no_digits(read: str, concluded: str) -> None:
    assert repaired(TD3, NAME, DATA.replace("UTO", read)).lines[1][10:13] == concluded


def test_names_hold_no_digits() -> None:
    name = NAME.replace("ANNA<MARIA", "4NNA<M4RIA").replace("ERIKSSON", "ER1K5S0N")
    assert repaired(TD3, name, DATA).lines[0] == NAME


def test_a_missing_line_leaves_the_other_ones() -> None:
    reading = repaired(TD3, None, DATA)
    assert reading.lines == (DATA,)
    assert (reading.mrz.document_number, reading.mrz.surname) == ("L898902C3", None)
    assert reading.field_confidence("surname") == 0.0
    assert reading.field_proof("surname") is FieldProof.NONE
    card = repaired(TD1, "I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", None)
    assert card.proven
    assert conclude(TD1, [None, None, None]) is None


def test_names_of_the_french_card_are_covered_by_its_composite() -> None:
    reading = repaired(FRA, "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<", "8806923102858CORINNE<<<<<<<6512068F6")
    assert reading.field_proof("surname") is FieldProof.COMPOSITE
    assert reading.field_proof("issue_date") is FieldProof.CHECK_DIGIT
    spoiled = repaired(FRA, "1DFRA8ERTH1ER<<<<<<<<<<<<<<<<<<<<<<<", "8806923102858C0RINNE<<<<<<<6512O68F6")
    assert spoiled.lines == reading.lines


def test_long_document_number() -> None:
    lines = ("I<UTOD23145890<7349<<<<<<<<<<<", "3407127M9507122UTO<<<<<<<<<<<2", "STEVENSON<<PETER<JOHN<<<<<<<<<")
    assert repaired(TD1, lines[0].replace("D231458", "D23|458"), *lines[1:]).lines == lines
    reading = repaired(TD1, *lines)
    assert reading.mrz.document_number == "D23145890734"
    assert reading.field_proof("document_number") is FieldProof.CHECK_DIGIT


def test_a_lone_letter_amid_fillers_is_a_filler_read_badly() -> None:
    lines = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
    reading = repaired(TD2, lines[0], lines[1].replace("9<<<<<<<6", "9<<<K<<<6"))
    assert reading.lines == lines


def seen(line: str, doubts: dict[int, tuple[str, float]]) -> MrzReading:
    """The passport with this second line, as a recogniser sees it that at some places gives a rival this much."""
    frames = emission(line, random.Random(0), jitter=False)
    odds = np.exp(frames)
    for place, (rival, share) in doubts.items():
        peak = odds[4 * place + 2]
        peak[1 + INDEX[line[place]]] -= share
        peak[1 + INDEX[rival]] += share
    fits = [
        fit_line(TD3, 0, from_text(NAME)),
        fit_line(TD3, 1, from_log_probs(np.log(np.maximum(odds, 1e-9)).astype(np.float32))),
    ]
    reading = conclude(TD3, fits, today=date(2026, 3, 1))
    assert reading is not None
    return reading


def test_a_clear_digit_that_contradicts_its_check_digit_is_kept() -> None:
    altered = DATA.replace("740812", "740612")
    reading = seen(altered, {})
    assert reading.lines[1] == altered
    assert not reading.valid
    assert reading.doubtful == {}
    assert reading.unsure == frozenset()
    assert reading.field_proof("birth_date") is FieldProof.FORMAT


def test_of_unclear_print_nothing_is_said_about_the_check_digit() -> None:
    """What does not hold may be the picture's fault: no repair is certain enough, and no digit is called wrong."""
    unclear = {place: (rival, 0.45) for place, rival in ((0, "1"), (2, "3"), (13, "1"), (15, "3"), (17, "7"))}
    reading = seen(DATA.replace("740812", "740612"), unclear)
    wrong = {check.name for check in reading.mrz.check_digits if not check.valid}
    assert "birth_date" in wrong
    assert "birth_date" in reading.unsure
    assert reading.unsure <= wrong


def test_an_unclear_digit_is_concluded_and_no_longer_proven() -> None:
    reading = seen(DATA.replace("740812", "740612"), {16: ("8", 0.4)})
    assert reading.lines[1] == DATA
    assert reading.valid
    assert reading.doubtful == {"birth_date": 1}
    assert reading.field_proof("birth_date") is FieldProof.REPAIRED
    assert reading.field_proof("document_number") is FieldProof.CHECK_DIGIT


def test_a_passport_with_a_wrong_final_digit_is_no_visa() -> None:
    wrong = DATA[:-1] + str((int(DATA[-1]) + 3) % 10)
    reading = read_mrz(page([NAME, wrong]), today=date(2026, 3, 1))
    assert reading is not None
    assert reading.mrz.format == "TD3"
    assert reading.lines == (NAME, wrong)
    assert [check.name for check in reading.mrz.check_digits if not check.valid] == ["composite"]
