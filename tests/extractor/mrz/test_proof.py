"""The joint choice against exhaustive search: the cheapest assignment and every posterior are exact."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.mrz.checkdigit import CHARACTERS, INDEX, VALUES, WEIGHTS, check_digit
from extractor.mrz.confusion import LineSource, Print, confusions
from extractor.mrz.formats import FRA, TD1, TD3, CheckRule, MrzFormat, Span
from extractor.mrz.proof import plan, prove

# Two fields of two places with a check digit each, and a composite over all six.
SMALL = MrzFormat(
    name="small",
    lengths=(7,),
    openings=("",),
    fields=(),
    checks=(
        CheckRule("first", Span(0, 2, 3), (Span(0, 0, 2),)),
        CheckRule("second", Span(0, 5, 6), (Span(0, 3, 5),)),
        CheckRule("composite", Span(0, 6, 7), (Span(0, 0, 6),)),
    ),
)
ALPHABET = "0159AGOSZ"


def random_table(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    table = np.full((7, len(CHARACTERS)), np.inf)
    for place in range(7):
        letters = "013" if place in {2, 5, 6} else ALPHABET[: 3 + seed % 2]
        table[place, [INDEX[c] for c in letters]] = rng.exponential(3.0, len(letters))
    return table


def residue(text: str) -> int:
    return sum(int(VALUES[INDEX[c]]) * WEIGHTS[k % 3] for k, c in enumerate(text)) % 10


def enumerate_all(table: np.ndarray, misprint: float) -> list[tuple[float, str]]:
    options = [[CHARACTERS[c] for c in np.flatnonzero(np.isfinite(table[k]))] for k in range(7)]
    weighed = []
    for text in map("".join, product(*options)):
        cost = sum(table[k, INDEX[c]] for k, c in enumerate(text))
        for covered, printed in ((text[:2], text[2]), (text[3:5], text[5]), (text[:6], text[6])):
            cost += 0.0 if residue(covered) == VALUES[INDEX[printed]] % 10 else misprint
        weighed.append((cost, text))
    return weighed


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 100_000), st.sampled_from([3.0, 7.0]))
def test_exact(seed: int, misprint: float) -> None:
    table = random_table(seed)
    proof = prove(SMALL, [table], misprint=misprint)
    everything = enumerate_all(table, misprint)
    best_cost, best = min(everything)
    assert proof.cost == pytest.approx(best_cost)
    assert "".join(proof.chosen[0, k] for k in range(7)) == best
    total = sum(np.exp(-cost) for cost, _ in everything)
    for place in range(7):
        for character in ALPHABET:
            share = sum(np.exp(-cost) for cost, text in everything if text[place] == character) / total
            assert proof.posterior[0, place][INDEX[character]] == pytest.approx(share, abs=1e-9)


def as_read(*lines: str) -> list[np.ndarray]:
    table = confusions(Print.CLEAN, LineSource.TEXT)
    return [-np.log(table[[INDEX[c] for c in line]]) for line in lines]


NAME = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"


def second_line(number: str) -> str:
    line = f"{number}{check_digit(number)}UTO7408122F1204159ZE184226B<<<<<1"
    return line + check_digit(line[:10] + line[13:20] + line[21:43])


def test_an_o_read_as_zero_is_found() -> None:
    proof = prove(TD3, as_read(NAME, second_line("XO4499HX4").replace("XO", "X0")))
    assert proof.chosen[1, 1] == "O"
    assert proof.posterior[1, 1][INDEX["O"]] > 0.9
    assert not proof.unsatisfied


def test_what_no_sum_can_tell_apart_stays_doubtful() -> None:
    # 6 and G have the same value modulo ten: the check digits hold for both.
    tables = as_read(NAME, second_line("X64499HX4"))
    tables[1][1, INDEX["G"]] = 0.1
    posterior = prove(TD3, tables).posterior[1, 1]
    assert 0.4 < posterior[INDEX["G"]] < posterior[INDEX["6"]] < 0.6


def test_a_misprinted_document_is_left_alone() -> None:
    # Check digits are wrong and nothing on the document resembles a right character.
    tables = as_read("I<UTOH777777779" + "<" * 15, "7777777M7777777UTO<<<<<<<<<<<7", "H<<H" + "<" * 26)
    proof = prove(TD1, tables)
    changed = [(p, c) for p, c in proof.chosen.items() if tables[p[0]][p[1]].argmin() != INDEX[c]]
    assert proof.unsatisfied
    assert all(proof.posterior[p][INDEX[c]] < 0.9 for p, c in changed)


def test_plan_visits_every_covered_place_once() -> None:
    for layout in (TD1, TD3, FRA):
        steps, names = plan(layout)
        places = [step.place for step in steps]
        assert len(places) == len(set(places))
        assert names == [check.name for check in layout.checks if check.name != "composite"]
        covered = {
            (s.line, k) for check in layout.checks for s in (*check.covers, check.place) for k in range(s.start, s.end)
        }
        assert set(places) == covered


def test_the_composite_says_nothing_new_about_the_document_number() -> None:
    # Both weigh the number 7, 3, 1 from its first place on, so a change that its own check digit misses, both miss.
    steps = {step.place: step for step in plan(TD3)[0]}
    assert all(steps[1, k].own == steps[1, k].composite for k in range(9))
    assert any(steps[1, k].own != steps[1, k].composite for k in range(13, 19))
