"""PDF417 barcodes of North American licences (AAMVA DL/ID Card Design Standard): the third place a value stands in.

The barcode holds the card's data as lines of a three-letter element and its value; it has error correction of its own,
so that what decodes is right as printed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from extractor.schemas.dates import iso_date

#: AAMVA element identifiers (CDS 2020, D.12.5) and our fields.
_ELEMENTS: Mapping[str, str] = {
    "DAQ": "document_number",
    "DCS": "surname",
    "DAB": "surname",
    "DAC": "given_names",
    "DCT": "given_names",
    "DBB": "birth_date",
    "DBA": "expiry_date",
    "DBD": "issue_date",
    "DBC": "sex",
    "DCA": "vehicle_classes",
    "DCB": "restrictions",
    "DCG": "issuing_country",
}
_SEXES = {"1": "M", "2": "F", "9": "X", "M": "M", "F": "F"}
#: Elements whose value says that there is none (CDS 2020, D.12.3.2).
_NONE = frozenset({"NONE", "UNAVL", ""})


@dataclass(frozen=True)
class Barcode:
    """A decoded licence barcode: our field names -> value and text, and where it stands (4, 2)."""

    values: Mapping[str, tuple[object, str]]
    box: np.ndarray


def read_barcode(image: np.ndarray) -> Barcode | None:
    """The AAMVA barcode on an RGB page, or None."""
    import zxingcpp

    for found in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.PDF417)):
        values = parse_aamva(found.bytes.decode("latin-1"))
        if values:
            p = found.position
            corners = (p.top_left, p.top_right, p.bottom_right, p.bottom_left)
            return Barcode(values, np.array([[corner.x, corner.y] for corner in corners], np.float64))
    return None


def parse_aamva(text: str) -> dict[str, tuple[object, str]]:
    """Our fields -> (value, text) of an AAMVA data string; empty if it is none."""
    if "ANSI " not in text[:30] and "AAMVA" not in text[:30]:
        return {}
    elements = dict(re.findall(r"(?:^|[\n\r\x1e]|DL|ID)(D[A-D][A-Z])([^\n\r\x1e]*)", text))
    country = elements.get("DCG", "USA").strip() or "USA"
    values: dict[str, tuple[object, str]] = {}
    for element, name in _ELEMENTS.items():
        raw = elements.get(element, "").strip()
        value = _value(name, raw, country) if raw not in _NONE else None
        if value is not None:
            values.setdefault(name, (value, raw))
    if "DAC" in elements and elements.get("DAD", "").strip() not in _NONE:
        given = f"{elements['DAC'].strip()} {elements['DAD'].strip()}"
        values["given_names"] = (given, given)
    street, unit, city, state, code = (elements.get(key, "").strip() for key in ("DAG", "DAH", "DAI", "DAJ", "DAK"))
    if street and city:
        # Nine digits of ZIP code; four zeros at their end stand for a code of five.
        parts = (street, unit, city, state, re.sub(r"(?<=^\d{5})0{4}$", "", code))
        address = " ".join(part for part in parts if part not in _NONE)
        values["address"] = (address, address)
    return values


def _value(name: str, raw: str, country: str) -> object | None:
    if name.endswith("_date"):
        digits = re.sub(r"\D", "", raw)
        if len(digits) != 8:
            return None
        # The USA writes MMDDCCYY, Canada CCYYMMDD.
        year_first = country == "CAN" or int(digits[:2]) > 12
        iso = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if year_first else f"{digits[4:]}-{digits[:2]}-{digits[2:4]}"
        try:
            return iso_date(iso)
        except ValueError:
            return None
    if name == "sex":
        return _SEXES.get(raw)
    if name == "vehicle_classes":
        return [raw]
    if name == "issuing_country":
        return country if len(country) == 3 else None
    return raw
