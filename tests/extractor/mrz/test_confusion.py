"""Folding glyphs into the 37, and which misreadings are thought likely."""

import numpy as np
import pytest

from extractor.mrz.checkdigit import CHARACTERS, INDEX
from extractor.mrz.confusion import BLANK, LineSource, Print, confusions, glyph, likeliest

from ...tables import each


@each(
    ("read", "meant"),
    [("«", "<"), ("‹", "<"), ("＜", "<"), ("ハ", "<"), ("Λ", "<"), ("£", "<"), ("(", "<"), ("o", "O"), ("l", "1"),
     ("|", "I"), ("é", "E"), ("А", "A"), ("Ｏ", "O"), ("漢", ""), (".", ""), ("'", "")],
)  # fmt: skip
def test_look_alikes_fold(read: str, meant: str) -> None:
    assert likeliest(read) == meant


def test_glyphs_are_probabilities() -> None:
    for character in "<«o|. l]£":
        assert sum(glyph(character)) == pytest.approx(1.0)
    assert glyph(" ")[BLANK] > 0.4
    assert glyph("漢") is None


@pytest.mark.parametrize("source", LineSource)
@pytest.mark.parametrize("grade", Print)
def test_what_was_read_is_the_likeliest(grade: Print, source: LineSource) -> None:
    table = confusions(grade, source)
    assert (table.argmax(axis=1) == np.arange(len(CHARACTERS))).all()
    assert (table > 0).all()
    assert (table <= 1).all()


def test_letters_are_read_as_digits_more_than_digits_as_letters() -> None:
    table = confusions(Print.CLEAN, LineSource.TEXT)
    for letter, digit in ("O0", "S5", "Z2", "B8", "G6"):
        assert table[INDEX[digit], INDEX[letter]] > table[INDEX[letter], INDEX[digit]]


def test_fillers_turn_into_letters_in_worn_print() -> None:
    clean, worn = (confusions(grade, LineSource.TEXT) for grade in Print)
    for letter in "KCSEXL":
        assert worn[INDEX[letter], INDEX["<"]] > 10 * clean[INDEX[letter], INDEX["<"]]
