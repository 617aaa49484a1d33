"""Printed names against zone names: ICAO's tables, the zone's liberties, and other names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.mrz.transliteration import agreement, agrees, character_forms
from extractor.synthesis.mrz import mrz_name

from ...tables import each


@each(
    ("zone", "printed"),
    [
        ("MUELLER", "Müller"),
        ("MULLER", "Müller"),
        ("MUXXLLER", "Müller"),
        ("NUNEZ", "Núñez"),
        ("NUNXXEZ", "Núñez"),
        ("AAGAARD", "Ågård"),
        ("AGARD", "Ågård"),
        ("STRASSE", "Straße"),
        ("AEVARSDOTTIR", "Ævarsdóttir"),
        ("THURIDUR OESP", "Þuríður Ösp"),
        ("GARCAO DE MAGALHAES", "GARÇÃO DE MAGALHÃES"),
        ("BASANAVICIENE", "BASANAVIČIENĖ"),
        ("EZEM", "Əzəm"),
        ("ILHAMOGLU", "İlhamoğlu"),
        ("NGUYEN THI DUNG", "NGUYỄN THỊ DUNG"),
        ("KOWALSKA KWIATKOWSKA", "Kowalska-Kwiatkowska"),
        ("OBRIEN", "O'Brien"),
        ("O BRIEN", "O’Brien"),
        ("ANNAMARIA", "Anna Maria"),
        ("TKACHENKO", "ТКАЧЕНКО"),
        ("YEVHENIIA", "Євгенія"),
        ("GOROKHOV", "Горохов"),
        ("HORBACH", "Горбач"),
        ("JOVICIC", "Јовичић"),
        ("SHTARKELOV", "Щъркелов"),
        ("PAPANDREOU", "Παπανδρέου"),
        ("EVANGELOU", "Ευαγγέλου"),
        ("MOUSTAFA", "Moustafa"),
        ("XSHMS", "شمس"),
    ],
)
def test_origins(zone: str, printed: str) -> None:
    assert agrees(zone, printed)
    assert agrees(zone.replace(" ", "<"), printed)


@each(
    ("zone", "printed"),
    [
        ("MUELLER", "Möller"),
        ("SMITH", "Smyth"),
        ("ANNA MARIA", "Anna"),
        ("ANNA", "Anna Maria"),
        ("", "Anna"),
        ("LI", ""),
    ],
)
def test_other_names(zone: str, printed: str) -> None:
    assert not agrees(zone, printed)


def test_agreement_counts_letters() -> None:
    assert agreement("SMITH", "Smyth") == pytest.approx(0.8)
    assert agreement("MUELLER", "Muller") == pytest.approx(6 / 7)
    assert agreement("SMITH", "Jones") == 0.0


@pytest.mark.parametrize(
    ("zone", "printed"),
    [
        ("CHRISTELLE HELENE LAUR", "Christelle Hélène Laure"),
        ("CHRISTELLE HELENE LAUR", "Christelle Hélène Laure Marie"),
        ("ANNA M ELISABETH", "Anna Maria Elisabeth"),
    ],
)
def test_truncated_names(zone: str, printed: str) -> None:
    assert agreement(zone, printed, truncated=True) == 1.0
    assert not agrees(zone, printed)
    assert agreement(zone, "B" + printed, truncated=True) < 1.0


def test_unlisted_signs_are_dropped() -> None:
    assert character_forms("ắ") == ("A",)
    assert character_forms("漢") == ("",)


@given(st.text(alphabet="abcdefÄÖÜßñÅøŁžşЖЩЄغش'’- ", max_size=14))
def test_what_is_written_agrees_with_its_origin(printed: str) -> None:
    if form := mrz_name(printed):
        assert agrees(form, printed)


@given(st.text(max_size=20), st.text(max_size=20))
def test_agreement_is_a_share(zone: str, printed: str) -> None:
    assert 0.0 <= agreement(zone, printed) <= 1.0
