"""What a format says of places, and codes chosen as a whole."""

import numpy as np

from extractor.mrz.checkdigit import CHARACTERS, INDEX
from extractor.mrz.confusion import LineSource, Print, confusions
from extractor.mrz.formats import FORMATS, FRA, MRVA, ROU, TD1, TD2, TD3, MrzFormat
from extractor.mrz.prior import best_code, best_state, fixed_opening, line_prior, special_layout_cost

from ...tables import each


def costs(read: str) -> np.ndarray:
    return -np.log(confusions(Print.CLEAN, LineSource.TEXT)[[INDEX[c] for c in read]])


def likely(layout: MrzFormat, line: int, place: int) -> str:
    prior = line_prior(layout, line)[place]
    return "".join(c for c in CHARACTERS if prior[INDEX[c]] < 2)


def test_places_of_a_passport() -> None:
    assert likely(TD3, 0, 0) == "P"
    assert likely(TD3, 0, 10) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
    assert likely(TD3, 1, 0) == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # a number does not begin with a filler
    assert likely(TD3, 1, 9) == "0123456789"
    assert likely(TD3, 1, 15) == "01<"  # tens of the month
    assert likely(TD3, 1, 20) == "FMX<"


@each("layout", FORMATS, ids=lambda layout: layout.openings[0])
def test_priors_are_soft(layout: MrzFormat) -> None:
    for line, length in enumerate(layout.lengths):
        prior = line_prior(layout, line)
        assert prior.shape == (length, 37)
        assert (prior >= 0).all()
        assert np.isfinite(prior).all()


@each(
    ("read", "state"),
    [("UT0", "UTO"), ("P0L", "POL"), ("1SL", "ISL"), ("5RB", "SRB"), ("G8R", "GBR"), ("D<<", "D<<"), ("0<<", "D<<"),
     ("CMW", "CMW"), ("C0U", "COU"), ("UTO", "UTO")],
)  # fmt: skip
def test_states(read: str, state: str) -> None:
    assert best_state(costs(read)).text == state


def test_a_nationality_usually_is_the_issuing_state() -> None:
    table = costs("AUS")
    table[2, INDEX["T"]] = 0.2  # a doubtful last letter
    assert best_state(table).text == "AUS"
    assert best_state(table, "AUT").text == "AUT"


@each(
    ("layout", "read", "code"),
    [(TD1, "1<", "I<"), (TD1, "10", "IO"), (TD1, "C1", "CI"), (TD1, "S1", "SI"), (TD3, "P<", "P<"), (TD3, "PK", "P<"),
     (MRVA, "Y<", "V<"), (TD3, "PD", "PD"), (FRA, "1D", "ID")],
)  # fmt: skip
def test_document_codes(layout: MrzFormat, read: str, code: str) -> None:
    assert best_code(costs(read), layout).text == code


def test_only_the_usa_has_document_codes_with_digits() -> None:
    assert best_code(costs("C1"), TD1, "USA").text == "C1"
    assert best_code(costs("A3"), TD1, "USA").text == "A3"
    assert best_code(costs("C1"), TD1, "MEX").text == "CI"


def test_special_layouts_come_before_general_ones() -> None:
    assert fixed_opening(ROU) == "IDROU"
    assert fixed_opening(TD2) == ""
    assert (
        special_layout_cost(TD2, "IDFRA") > special_layout_cost(TD2, "I<ROU") > special_layout_cost(TD2, "I<UTO") == 0
    )
    assert special_layout_cost(ROU, "IDROU") == 0
