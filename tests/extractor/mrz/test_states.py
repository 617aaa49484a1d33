"""Codes of states."""

from extractor.mrz.states import PRINTED_STATE_CODES, STATE_CODES


def test_codes_that_only_icao_has() -> None:
    assert {"D", "GBD", "UTO", "XOM", "XXA", "EUE", "RKS", "UNO"} <= STATE_CODES
    assert "DEU" in STATE_CODES  # some states print it


def test_every_code_fills_three_places() -> None:
    assert all(len(code) == 3 for code in PRINTED_STATE_CODES)
    assert "D<<" in PRINTED_STATE_CODES
    assert len(set(PRINTED_STATE_CODES)) == len(STATE_CODES) > 270
