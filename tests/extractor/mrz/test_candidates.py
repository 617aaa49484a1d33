"""Candidates: codes, islands, long numbers and alignments weighed together."""

import numpy as np
import pytest

from extractor.mrz.candidates import agreement, weigh
from extractor.mrz.fit import fit_line
from extractor.mrz.formats import TD1, TD2, TD3, MrzFormat
from extractor.mrz.lattice import from_text

NAME = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
DATA = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
CARD = ("I<UTOD23145890<7349<<<<<<<<<<<", "3407127M9507122UTO<<<<<<<<<<<2", "STEVENSON<<PETER<JOHN<<<<<<<<<")


def weighed(layout: MrzFormat, *texts: str | None) -> list:
    return weigh(
        layout, [None if text is None else fit_line(layout, k, from_text(text)) for k, text in enumerate(texts)]
    )


def test_a_flawless_zone_has_no_rivals() -> None:
    candidates = weighed(TD3, NAME, DATA)
    assert len(candidates) == 1
    assert candidates[0].lines() == [NAME, DATA]
    assert candidates[0].cost == pytest.approx(0.0, abs=0.5)
    assert all((row == 1).all() for row in agreement(candidates))


def test_a_wrong_check_digit_costs_a_misprint_at_most() -> None:
    wrong = weighed(TD3, NAME, DATA.replace("L898902C36", "L898902C37"))[0]
    assert 3 < wrong.cost < 15


def test_layouts_of_a_long_number_compete() -> None:
    candidates = weighed(TD1, *CARD)
    assert candidates[0].layout.field("document_number_rest") is not None
    assert candidates[0].cost < min(c.cost for c in candidates if c.layout is TD1)


def test_codes_are_chosen_as_a_whole() -> None:
    best = weighed(TD3, NAME.replace("UTO", "UT0"), DATA.replace("UTO", "0TO"))[0]
    assert {place: code.text for place, code in best.codes.items()} == {(0, 0): "P<", (0, 2): "UTO", (1, 10): "UTO"}
    assert best.lines() == [NAME, DATA]


def test_where_a_filler_was_lost_rivals_lower_the_agreement() -> None:
    # The lone filler in the number may have stood in several places; the check digit decides, but does not know all.
    line = "AB12<3456" + "0" + DATA[10:]
    candidates = weighed(TD3, NAME, line.replace("<3456", "3456"))
    assert len(candidates) > 1
    assert agreement(candidates)[1].min() < 0.999
    assert (agreement(candidates)[0] == 1).all()


def test_missing_lines_leave_their_check_digits_out() -> None:
    best = weighed(TD1, None, CARD[1], None)[0]
    assert best.proof.unsatisfied == frozenset()
    assert {place[0] for place in best.proof.chosen} == {1}
    assert best.lines()[0] == ""


def test_islands_are_doubted() -> None:
    lines = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
    best = weighed(TD2, lines[0], lines[1].replace("9<<<<<<<6", "9<<K<<<<6"))[0]
    assert best.lines() == list(lines)
    assert np.isfinite(best.cost)
