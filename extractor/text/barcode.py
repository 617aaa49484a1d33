"""Barcodes whose content a standard explains: another place that a value stands in.

PDF417 of North American licences (AAMVA DL/ID Card Design Standard) has lines of a three-letter element and its value.
The QR code of Indian Aadhaar letters and cards has the printed details as XML (until 2018) or compressed and signed
(UIDAI, "Secure QR Code", its public part); the signature is not checked. Codes correct their own errors, so that what
decodes is right as printed.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from extractor.imaging.codes import Code
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
#: Values that mean `none` (CDS 2020, D.12.3.2).
_NONE = frozenset({"NONE", "UNAVL", ""})


#: Longest compressed content that is unpacked, in bytes; a photograph is part of it.
_LONGEST = 64_000
#: Fields of a secure QR code, in their order, after the flags; what no field of ours has is None.
_SECURE = (
    "reference", "name", "birth_date", "sex", "care_of", "district", "landmark", "house", "location", "pincode",
    "post_office", "state", "street", "subdistrict", "town",
)  # fmt: skip
#: The parts of an Indian address in the order in which it is printed, by their names in the XML and in the secure code.
_ADDRESS = (
    ("house", "house"), ("street", "street"), ("lm", "landmark"), ("loc", "location"), ("vtc", "town"),
    ("po", "post_office"), ("subdist", "subdistrict"), ("dist", "district"), ("state", "state"), ("pc", "pincode"),
)  # fmt: skip


@dataclass(frozen=True)
class BarcodeFields:
    """A parsed barcode: our field names -> value and text, where it stands (4, 2), and by which standard."""

    values: Mapping[str, tuple[object, str]]
    box: np.ndarray
    standard: str


def parse_codes(codes: Sequence[Code]) -> BarcodeFields | None:
    """The first of a page's barcodes that a standard explains, or None."""
    for code in codes:
        if code.kind.endswith("PDF417") and (values := parse_aamva(code.data.decode("latin-1"))):
            return BarcodeFields(values, code.corners, "PDF417 (AAMVA)")
        if code.kind == "QRCode" and (values := parse_aadhaar(code.text)):
            return BarcodeFields(values, code.corners, "QR code (Aadhaar)")
    return None


def parse_aadhaar(text: str) -> dict[str, tuple[object, str]]:
    """Our fields -> (value, text) of an Aadhaar QR code's text; empty for any other. The number has only its last four
    digits in a secure code, and is left out."""
    found = _aadhaar_xml(text) or _aadhaar_secure(text)
    if not found:
        return {}
    values: dict[str, tuple[object, str]] = {"issuing_country": ("IND", "")}
    if found.get("name"):
        values["name"] = (found["name"], found["name"])
    number = re.sub(r"\s", "", found.get("uid", ""))
    if re.fullmatch(r"\d{12}", number):
        values["document_number"] = (number, found["uid"])
    sex = _SEXES.get({"T": "X", "MALE": "M", "FEMALE": "F"}.get(found.get("sex", "").upper(), found.get("sex", "")[:1]))
    if sex:
        values["sex"] = (sex, found["sex"])
    day = re.fullmatch(r"(\d\d)[-/](\d\d)[-/](\d{4})", found.get("birth_date", ""))
    if day:
        with suppress(ValueError):
            values["birth_date"] = (iso_date(f"{day[3]}-{day[2]}-{day[1]}"), day[0])
    address = ", ".join(part for _, name in _ADDRESS if (part := found.get(name, "").strip()))
    if address:
        values["address"] = (address, address)
    return values


def _aadhaar_xml(text: str) -> dict[str, str]:
    """The attributes of a `PrintLetterBarcodeData` element. They are cut out by hand: no XML parser sees the text."""
    from html import unescape

    if "PrintLetterBarcodeData" not in text[:200]:
        return {}
    own = dict(re.findall(r'(\w+)\s*=\s*"([^"<>]{0,200})"', text[:4000]))
    names = {"uid": "uid", "name": "name", "gender": "sex", "dob": "birth_date", **dict(_ADDRESS)}
    return {name: unescape(own[key]) for key, name in names.items() if key in own}


def _aadhaar_secure(text: str) -> dict[str, str]:
    """The public part of a secure code: a large number, which is gzip'd bytes with fields between bytes of 255."""
    if not re.fullmatch(r"\d{600,8000}", text):
        return {}
    # Python converts no more than 4,300 digits at once.
    number = 0
    for start in range(0, len(text), 4000):
        part = text[start : start + 4000]
        number = number * 10 ** len(part) + int(part)
    try:
        data = zlib.decompressobj(wbits=31).decompress(number.to_bytes(-(-number.bit_length() // 8), "big"), _LONGEST)
    except zlib.error:
        return {}
    fields = [part.decode("latin-1") for part in data.split(b"\xff")[: len(_SECURE) + 2]]
    if fields and re.fullmatch(r"V\d", fields[0]):
        fields = fields[1:]
    if len(fields) <= len(_SECURE) or not re.fullmatch(r"[0-3]", fields[0]):
        return {}
    return dict(zip(_SECURE, fields[1:], strict=False))


def parse_aamva(text: str) -> dict[str, tuple[object, str]]:
    """Our fields -> (value, text) of an AAMVA data string; empty for any other text."""
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
