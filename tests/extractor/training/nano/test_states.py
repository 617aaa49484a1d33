"""Headings of training pages say whose they are, as the schemas read them."""

import random

import pytest

from extractor.schemas.states import state_code, state_codes
from extractor.training.nano.states import english_names, heading, own_names, signs, some_state


def test_every_own_name_is_read_as_its_state():
    assert len(own_names()) > 70
    for code, names in own_names().items():
        assert code in state_codes()
        assert [state_code(name) for name in names] == [code] * len(names)


@pytest.mark.parametrize(
    ("code", "name"), [("D", "Bundesrepublik Deutschland"), ("CHE", "Confédération Suisse"), ("FIN", "Suomi Finland")]
)
def test_entries_are_parted_at_codes_and_bars(code, name):
    assert name in own_names()[code]


def test_signs_are_of_states():
    assert dict(signs())["UK"] == "GBR"
    assert {code for _, code in signs()} <= state_codes()


def test_headings_are_of_their_state_in_its_words_or_in_english():
    rng = random.Random(1)
    seen = {}
    for _ in range(800):
        code, name = some_state(rng)
        said = heading(rng, code, name)
        assert said.isprintable()
        if not any(own.upper() in said.upper() for own in own_names().get(code, ())):
            assert name.upper() in said.upper()
        seen.setdefault(code, set()).add(said)
    assert len(seen) > 100
    known = sum(code in own_names() for code in seen)
    assert known == len(own_names())
    assert set(seen) <= set(dict(english_names()))
