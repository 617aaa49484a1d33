"""Lattices: what text and recogniser outputs say of a line, and what gaps say."""

import random

import numpy as np
import pytest

from extractor.mrz.checkdigit import CHARACTERS, INDEX
from extractor.mrz.confusion import LineSource, Print
from extractor.mrz.lattice import Lattice, from_log_probs, from_text, join

from .documents import emission

LINE = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"


def cheapest_letter(lattice: Lattice, column: int) -> str:
    return CHARACTERS[lattice.costs(Print.CLEAN)[0][column].argmin()]


def test_text_gives_a_column_per_character() -> None:
    lattice = from_text("P<UTO")
    assert lattice.text == "P<UTO"
    columns = [k for k, read in enumerate(lattice.read) if read]
    assert "".join(cheapest_letter(lattice, k) for k in columns) == "P<UTO"
    assert lattice.source is LineSource.TEXT


def test_text_is_folded() -> None:
    assert from_text("p«ut0 é.漢").text == "P<UT0E"
    assert from_text("").text == ""


def test_ctc_output_reads_as_printed() -> None:
    lattice = from_log_probs(emission(LINE, random.Random(1)))
    assert lattice.text == LINE
    assert lattice.source is LineSource.PROBABILITIES


def test_doubts_of_the_recogniser_are_alternatives() -> None:
    frames = np.full((9, 38), -12.0)
    frames[:, 0] = 0.0
    frames[4, 0] = -12.0
    frames[4, 1 + INDEX["B"]], frames[4, 1 + INDEX["8"]] = np.log(0.6), np.log(0.4)
    lattice = from_log_probs(frames)
    costs = lattice.costs(Print.CLEAN)[0][lattice.read.index("B")]
    assert costs[INDEX["8"]] == pytest.approx(-np.log(0.4), abs=0.1)
    assert costs[INDEX["K"]] > 5


def test_a_gap_of_two_pitches_asks_for_a_character() -> None:
    frames = emission(LINE, random.Random(1), jitter=False)
    frames[4 * 20 : 4 * 21] = np.log(1e-5)
    frames[4 * 20 : 4 * 21, 0] = 0.0
    lattice = from_log_probs(frames)
    assert lattice.text == LINE[:20] + LINE[21:]
    emit, skip = lattice.costs(Print.CLEAN)
    wanting = [k for k in range(len(skip)) if lattice.is_gap[k] and skip[k] > 0]
    assert len(wanting) == 1
    assert emit[wanting[0], INDEX["<"]] < emit[lattice.read.index("L") + 1, INDEX["<"]]


def test_two_peaks_within_one_pitch_are_one_character_read_twice() -> None:
    frames = emission(LINE, random.Random(1), jitter=False)
    frames[4 * 10 + 3] = frames[4 * 10 + 2]
    frames[4 * 10 + 2] = frames[0]
    frames[4 * 10 + 1] = frames[4 * 10 + 3]
    lattice = from_log_probs(frames)
    assert lattice.size == len(LINE) + 1
    skip = lattice.costs(Print.CLEAN)[1]
    full = [k for k in range(len(skip)) if not lattice.is_gap[k]]
    assert sorted(full, key=lambda k: skip[k])[:2] == [full[10], full[11]]


def test_a_sure_recogniser_is_not_overruled_by_worn_print() -> None:
    lattice = from_log_probs(emission("KKKK<<<<", random.Random(1), doubt=0.0))
    clean, worn = (lattice.costs(grade)[0] for grade in Print)
    assert worn[lattice.read.index("K"), INDEX["<"]] > clean[lattice.read.index("K"), INDEX["<"]] - 0.5


def test_joined_pieces_read_in_order_and_may_hide_fillers() -> None:
    joined = join([from_text("P<UTO"), from_text("ANNA")], [6.0])
    assert joined.text == "P<UTOANNA"
    assert joined.is_gap.sum() >= from_text("P<UTO").is_gap.sum() + from_text("ANNA").is_gap.sum() + 6


def test_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="38"):
        from_log_probs(np.zeros((10, 37)))


def test_an_empty_line_has_no_text() -> None:
    silence = np.full((20, 38), -12.0)
    silence[:, 0] = 0.0
    assert from_log_probs(silence).text == ""
