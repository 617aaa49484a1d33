"""Where states depart from ICAO Doc 9303 in what a field means. Each rule names its source; none is a guess.

Layouts that states have for themselves are in `formats`, personal numbers in `personal`.
"""

from __future__ import annotations

from extractor.mrz.checkdigit import FILLER

# Instituto Nacional Electoral, "Credencial para votar": the zone (IDMEX) writes H for hombre, a man, and M for mujer, a
# woman. Mexican passports and residence cards follow ICAO.
_MEXICAN_SEX = {"H": "M", "M": "F"}

# Spain, Real Decreto 1553/2005, article 6.1 c: cards of holders from 70 years on are valid permanently. They print
# 01 01 9999, and the zone has room for 990101 only. Cards with a zone of three lines exist since 2006.
_WITHOUT_END = {("TD1", "ESP", "990101")}
ENDLESS = "9999-01-01"

# Russia, order 391 of the Federal Migration Service (30 November 2012), annex: the internal passport writes each
# Cyrillic letter as one character.
_CYRILLIC = dict(zip("ABVGDE2JZIQKLMNOPRSTUFHC34WXY9678", "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ", strict=True))


def sex(printed: str, format_name: str, document_code: str, state: str) -> str | None:
    """M, F, X, or None for what is unspecified or means nothing (Doc 9303-4, 4.2.2.2)."""
    if format_name == "TD1" and state == "MEX" and (document_code.startswith("ID") or printed == "H"):
        return _MEXICAN_SEX.get(printed)
    return printed if printed in ("M", "F", "X") else None


def is_without_end(format_name: str, state: str, digits: str) -> bool:
    """Whether the digits of an expiry date say that the document does not expire."""
    return (format_name, state, digits) in _WITHOUT_END


def cyrillic(name: str) -> str:
    """A name of the Russian internal passport in Cyrillic; fillers stay."""
    return "".join(_CYRILLIC.get(character, character) for character in name)


def russian_number(number: str, series_end: str) -> str:
    """Series and number of the internal passport in the order in which it prints them."""
    return number[:3] + series_end.replace(FILLER, "") + number[3:]
