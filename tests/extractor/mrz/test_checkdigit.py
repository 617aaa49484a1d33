"""The check digit: ICAO's worked examples, and what the sum can and cannot see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.mrz.checkdigit import CHARACTERS, VALUES, check_digit, is_valid, weighted_sum

from ...tables import each

TEXT = st.text(alphabet=CHARACTERS, min_size=1, max_size=40)


@each(
    ("covered", "digit"),
    [
        ("520727", "3"),  # ICAO Doc 9303-3, 4.9, example 1
        ("AB2134<<<", "5"),  # example 2
        ("HA672242<658022549601086<<<<<<<<<<<<<<0", "8"),  # example 3: upper composite of a TD3
        ("D231458907<<<<<<<<<<<<<<<34071279507122<<<<<<<<<<", "2"),  # example 4: composite of a TD1
        ("HA672242<658022549601086<<<<<<<", "8"),  # example 5: composite of a TD2
    ],
)
def test_icao_examples(covered: str, digit: str) -> None:
    assert check_digit(covered) == digit


def test_fillers_only_may_carry_a_filler_where_the_format_allows_it() -> None:
    assert is_valid("<<<<", "0")
    assert is_valid("<<<<", "<", filler_means_zero=True)
    assert not is_valid("<<<<", "<")
    assert not is_valid("A<<<", "<", filler_means_zero=True)


def test_other_characters_are_refused() -> None:
    with pytest.raises(ValueError, match="A-Z"):
        weighted_sum("ab12")


@given(TEXT, st.data())
def test_a_single_wrong_character_is_seen_unless_its_value_differs_by_tens(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(CHARACTERS))
    changed = text[:place] + other + text[place + 1 :]
    differs = VALUES[CHARACTERS.index(text[place])] - VALUES[CHARACTERS.index(other)]
    assert (check_digit(changed) == check_digit(text)) == (differs % 10 == 0)
