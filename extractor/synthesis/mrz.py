"""Machine-readable zones composed from a document's fields (ICAO Doc 9303 parts 3 to 7).

Check digits and the spelling of letters are the reader's own tables (`extractor.mrz`); layout and truncation
are written out here once more, from the writer's side, so that reader and specimens check each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from extractor.mrz import check_digit
from extractor.mrz.transliteration import character_forms


def mrz_name(name: str) -> str:
    """A name in the characters of the MRZ: apostrophes fall away, hyphens and spaces are fillers (Doc 9303-3, 4.6);
    of several ways to write a letter, the standard's first."""
    written = "".join(character_forms(character)[0] for character in re.sub(r"['’.,]", "", name.upper()))
    return re.sub(r"<+", "<", written).strip("<")


def mrz_number(number: str) -> str:
    """A number without anything but letters and digits."""
    return re.sub(r"[^A-Z0-9]", "", number.upper())


@dataclass(frozen=True)
class MrzFields:
    """What a zone holds. Dates are YYMMDD, `sex` is M, F or <; `optional` and `optional2` are the state's to use."""

    document_code: str
    issuing_state: str
    surname: str
    given_names: str
    document_number: str
    nationality: str
    birth_date: str
    sex: str
    expiry_date: str
    optional: str = ""
    optional2: str = ""


def _padded(text: str, length: int) -> str:
    return text[:length].ljust(length, "<")


def _names(fields: MrzFields, length: int) -> str:
    """Both identifiers; a name too long loses letters so that a letter of the given names remains (9303-3, 4.6.1)."""
    primary, secondary = mrz_name(fields.surname), mrz_name(fields.given_names)
    if not primary or not secondary:
        return _padded(primary or secondary, length)
    if len(primary) + 2 + len(secondary) > length:
        primary = primary[: length - 2 - min(len(secondary), length // 3)].rstrip("<")
    return _padded(f"{primary}<<{secondary}", length)


def _number(fields: MrzFields) -> tuple[str, str]:
    """Nine characters with their check digit, and the optional data, which begins with what did not fit
    (Doc 9303-5, 4.2.2.1, note j)."""
    number, optional = mrz_number(fields.document_number), mrz_number(fields.optional)
    if len(number) <= 9:
        padded = _padded(number, 9)
        return padded + check_digit(padded), optional
    return number[:9] + "<", number[9:] + check_digit(number) + "<" + optional


def _second_line(fields: MrzFields, number: str) -> str:
    return (
        number
        + _padded(fields.nationality, 3)
        + fields.birth_date
        + check_digit(fields.birth_date)
        + fields.sex
        + fields.expiry_date
        + check_digit(fields.expiry_date)
    )


def td3(fields: MrzFields) -> list[str]:
    """Passport book: 2 lines of 44 (Doc 9303-4, 4.2.2)."""
    first = _padded(fields.document_code, 2) + _padded(fields.issuing_state, 3) + _names(fields, 39)
    number, optional = _number(fields)
    line = _second_line(fields, number)
    personal = _padded(optional, 14)
    line += personal + (check_digit(personal) if optional else "<")
    composite = line[:10] + line[13:20] + line[21:43]
    return [first, line + check_digit(composite)]


def td1(fields: MrzFields) -> list[str]:
    """Card: 3 lines of 30 (Doc 9303-5, 4.2.2)."""
    number, optional = _number(fields)
    first = _padded(fields.document_code, 2) + _padded(fields.issuing_state, 3) + number + _padded(optional, 15)
    second = (
        fields.birth_date
        + check_digit(fields.birth_date)
        + fields.sex
        + fields.expiry_date
        + check_digit(fields.expiry_date)
        + _padded(fields.nationality, 3)
        + _padded(mrz_number(fields.optional2), 11)
    )
    composite = first[5:] + second[:7] + second[8:15] + second[18:]
    return [first, second + check_digit(composite), _names(fields, 30)]


def td2(fields: MrzFields) -> list[str]:
    """Card: 2 lines of 36 (Doc 9303-6, 4.2.2)."""
    first = _padded(fields.document_code, 2) + _padded(fields.issuing_state, 3) + _names(fields, 31)
    number, optional = _number(fields)
    line = _second_line(fields, number) + _padded(optional, 7)
    return [first, line + check_digit(line[:10] + line[13:20] + line[21:35])]


def _visa(fields: MrzFields, length: int) -> list[str]:
    """2 lines without a composite check digit (Doc 9303-7, 4.2.2 and 5.2.2)."""
    first = _padded(fields.document_code, 2) + _padded(fields.issuing_state, 3) + _names(fields, length - 5)
    number, optional = _number(fields)
    return [first, _padded(_second_line(fields, number) + optional, length)]


COMPOSERS: Mapping[str, Callable[[MrzFields], list[str]]] = {
    "TD1": td1,
    "TD2": td2,
    "TD3": td3,
    "MRV-A": partial(_visa, length=44),
    "MRV-B": partial(_visa, length=36),
}
