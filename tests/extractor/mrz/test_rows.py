"""Rows out of boxes: joined pieces, tilt, and what is left out."""

import numpy as np

from extractor.mrz.rows import find_rows, likeness

from .documents import FakeLine, box, page

DATA = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"


def test_zones_look_like_zones() -> None:
    assert likeness(DATA) > 0.9
    assert likeness("PCAZEABDULLAYEVC-DIL-SRCeRRSNKKKCKCKACCCReXSS") > 0.3
    assert likeness("Signature of bearer / Signature du titulaire") < 0.1
    assert likeness("UNITED KINGDOM OF GREAT BRITAIN AND NORTHERN IRELAND") < 0.2
    assert likeness("  ") == 0.0


def test_pieces_on_one_baseline_are_joined() -> None:
    left = FakeLine(DATA[:20], box(20, 300, 240, 18))
    right = FakeLine(DATA[-2:], box(20 + 12 * 42, 301, 24, 18))
    middle = FakeLine(DATA[20:37], box(20 + 12 * 20, 299, 12 * 17, 18))
    texts = {row.lattice.text for row in find_rows([right, left, middle])}
    assert DATA[:37] + DATA[-2:] in texts


def test_other_sizes_and_baselines_are_not_joined() -> None:
    line = FakeLine(DATA, box(20, 300, 528, 18))
    lower = FakeLine("1234567<<", box(560, 330, 108, 18))
    larger = FakeLine("1234567<<", box(560, 290, 300, 50))
    assert {len(row.pieces) for row in find_rows([line, lower, larger])} == {1}


def test_a_tilted_page() -> None:
    angle = np.deg2rad(4)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    pieces = [FakeLine(DATA[:22], box(20, 300, 264, 18)), FakeLine(DATA[22:], box(290, 300, 264, 18))]
    tilted = [FakeLine(piece.text, piece.box @ turn) for piece in pieces]
    assert DATA in {row.lattice.text for row in find_rows(tilted)}


def test_ordinary_text_makes_no_rows_of_promise() -> None:
    rows = find_rows(page(["Passport", DATA, "Signature of bearer", "Place of birth", "LONDON"]))
    assert rows[0].lattice.text == DATA
    assert len(rows) == 1


def test_no_lines() -> None:
    assert find_rows([]) == []
