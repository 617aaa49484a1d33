"""Marks of Latin letters: those of the state's alphabet."""

import numpy as np
import pytest

from extractor.schemas.states import state_codes
from extractor.text.letters import in_alphabet, in_script, letters_of, load_letters
from extractor.text.ocr import alphabet

from ...tables import each


def seen(*frames: dict[str, float]) -> np.ndarray:
    classes = alphabet("scripts")
    found = np.zeros((len(frames), len(classes)), np.float32)
    for row, frame in zip(found, frames, strict=True):
        for character, chance in frame.items():
            row[classes.index(character)] = chance
    return found


def said(probabilities: np.ndarray) -> str:
    return "".join(alphabet("scripts")[index] for index in probabilities.argmax(axis=1))


@each(
    ("state", "character", "expected"),
    [
        ("FIN", "È", "E"),  # no E with a mark in Finnish
        ("LTU", "È", "Ė"),  # the one E with a mark above it
        ("ROU", "Ṣ", "Ș"),  # below
        ("CZE", "Ë", "Ě"),  # of É and Ě the likelier
        ("CZE", "Š", "Š"),
        ("CZE", "Ж", "Ж"),  # no Latin letter
        ("TUR", "İ", "İ"),
        ("UKR", "Ӵ", "Ч"),
        ("UKR", "Ñ", "N"),
        ("UKR", "Ї", "Ї"),
        ("GRC", "Ó", "O"),  # Greek documents print Latin without marks
        ("GRC", "Ά", "Ά"),
    ],
)
def test_a_letter_that_the_state_does_not_have_is_the_likeliest_that_it_has(
    state: str, character: str, expected: str
) -> None:
    assert said(in_alphabet(seen({character: 0.6, "Ě": 0.1, "É": 0.05}), state)) == expected


def test_a_page_prints_one_script_beside_latin() -> None:
    chances = seen({"১": 0.3, "ა": 0.6, "Ж": 0.2, "K": 0.1}, {"ক": 0.6, "Ж": 0.3})
    assert said(in_script(chances, "CYRILLIC"))[1] == "Ж"
    assert said(in_script(chances, "LATIN"))[0] == "১", "digits are of no script"


def test_a_foreign_letter_that_is_surely_seen_stays() -> None:
    assert said(in_alphabet(seen({"Ż": 0.97}, {"Ż": 0.6}), "FIN")) == "ŻŽ"


def test_nothing_is_lost_on_the_way() -> None:
    chances = np.random.default_rng(0).dirichlet(np.ones(len(alphabet("scripts"))), 5).astype(np.float32)
    assert in_alphabet(chances * 20, "POL").sum() == pytest.approx((chances * 20).sum(), rel=1e-4)


def test_alphabets_are_of_states_and_can_be_read() -> None:
    assert set(load_letters()) <= set(state_codes())
    known = set(alphabet("scripts"))
    assert all((letters_of(state) or set()) <= known for state in load_letters())
    assert letters_of("USA") is None
