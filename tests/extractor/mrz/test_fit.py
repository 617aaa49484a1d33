"""A row on a line: bounds, grades of print, names parted from fillers, and rivals."""

import pytest

from extractor.mrz.checkdigit import CHARACTERS
from extractor.mrz.fit import fit_line, rough_cost
from extractor.mrz.formats import TD3
from extractor.mrz.lattice import from_text
from extractor.mrz.prior import line_prior

NAME = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
DATA = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"


def cheapest(text: str, line: int) -> str:
    costs = fit_line(TD3, line, from_text(text)).evidence[0].costs + line_prior(TD3, line)
    return "".join(CHARACTERS[k] for k in costs.argmin(axis=1))


def test_a_perfect_line_costs_nothing() -> None:
    for line, text in enumerate((NAME, DATA)):
        fit = fit_line(TD3, line, from_text(text))
        assert fit.cost == pytest.approx(0.0, abs=0.5)
        assert len(fit.evidence) == 1
        assert "".join(fit.evidence[0].read) == text
        assert cheapest(text, line) == text


def test_worn_fillers_after_a_name() -> None:
    assert cheapest(NAME[:25] + "KKCKSCCKKECKCKCCXCS", 0) == NAME


def test_rivals_of_a_lost_filler() -> None:
    fit = fit_line(TD3, 1, from_text(DATA.replace("<<<<<", "<<<<").replace("C36UTO", "C6UTO")))
    assert len(fit.evidence) > 3
    costs = [evidence.cost for evidence in fit.evidence]
    assert costs == sorted(costs)
    assert all(evidence.read.count("") == 2 for evidence in fit.evidence)


def test_superfluous_characters_are_told() -> None:
    evidence = fit_line(TD3, 0, from_text("|" + NAME)).evidence[0]
    assert evidence.dropped == ((0, "I"),)
    assert evidence.text == "I" + NAME


def test_rough_cost_is_a_lower_bound() -> None:
    for text in (NAME, "P<UT0ER1KSSON<<ANNA<MARIA<<<<<<<KK<<<", "SOMETHING ELSE ALTOGETHER 123"):
        fit = fit_line(TD3, 0, from_text(text))
        rough = rough_cost(TD3, 0, from_text(text))
        assert fit is None or rough <= fit.cost + 1e-9
