"""Barcodes that standards explain: AAMVA's data lines, Aadhaar's XML and secure code; drawn ones read back."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from extractor.imaging.codes import read_codes
from extractor.text.barcode import BarcodeFields, parse_aadhaar, parse_aamva, parse_codes

from ...tables import each


def read_barcode(page: np.ndarray) -> BarcodeFields | None:
    return parse_codes(read_codes(page))


DATA = (
    "@\n\x1e\rANSI 636026080102DL00410288ZA03290015DLDAQD08954796\nDCSWINTERBOURNE\nDDEN\nDACOTIS\nDDFN\nDADJAMES\n"
    "DDGN\nDCAD\nDCBNONE\nDCDNONE\nDBD08242015\nDBB01311970\nDBA01312035\nDBC1\nDAG2300 WEST BROAD STREET\n"
    "DAIRICHMOND\nDAJVA\nDAK232690000  \nDCGUSA\n"
)


def test_elements_become_our_fields() -> None:
    values = {name: value for name, (value, _) in parse_aamva(DATA).items()}
    assert values == {
        "document_number": "D08954796",
        "surname": "WINTERBOURNE",
        "given_names": "OTIS JAMES",
        "birth_date": "1970-01-31",
        "issue_date": "2015-08-24",
        "expiry_date": "2035-01-31",
        "sex": "M",
        "vehicle_classes": ["D"],
        "issuing_country": "USA",
        "address": "2300 WEST BROAD STREET RICHMOND VA 23269",
    }


def test_canada_writes_the_year_first() -> None:
    canadian = DATA.replace("DBB01311970", "DBB19700131").replace("DCGUSA", "DCGCAN")
    assert parse_aamva(canadian)["birth_date"][0] == "1970-01-31"


@pytest.mark.parametrize("text", ["", "https://example.com", "ANSI without elements"])
def test_other_barcodes_say_nothing(text: str) -> None:
    assert parse_aamva(text) == {}


@each("raw", ["02311970", "131970", "", "UNAVL", "NONE", "31JAN1970"])
def test_a_date_that_does_not_exist_is_left_out(raw: str) -> None:
    assert "birth_date" not in parse_aamva(DATA.replace("DBB01311970", f"DBB{raw}"))


def test_a_drawn_barcode_is_read_where_it_stands() -> None:
    import zxingcpp

    code = zxingcpp.create_barcode(DATA, zxingcpp.BarcodeFormat.PDF417)
    drawn = np.array(zxingcpp.write_barcode_to_image(code, scale=3))
    page = np.full((drawn.shape[0] + 200, drawn.shape[1] + 100, 3), 255, np.uint8)
    page[120 : 120 + drawn.shape[0], 50 : 50 + drawn.shape[1]] = drawn[:, :, None] if drawn.ndim == 2 else drawn
    found = read_barcode(page)
    assert found is not None
    assert found.values["surname"][0] == "WINTERBOURNE"
    (left, top), (right, bottom) = found.box.min(axis=0), found.box.max(axis=0)
    assert 50 <= left < right <= 50 + drawn.shape[1]
    assert 120 <= top < bottom <= 120 + drawn.shape[0]


def test_a_page_without_a_barcode_gives_none() -> None:
    assert read_barcode(np.full((200, 300, 3), 240, np.uint8)) is None


XML = (
    '<?xml version="1.0" encoding="UTF-8"?> <PrintLetterBarcodeData uid="123456789012" name="Asha Devi" gender="F" '
    'yob="1984" dob="07/03/1984" co="W/O Ravi &amp; Sons" house="12" street="M G Road" vtc="Pune" dist="Pune" '
    'state="Maharashtra" pc="411001"/>'
)


def secure(*parts: str, flag: str = "0") -> str:
    """A secure code's number: fields between bytes of 255, then a photograph."""
    picture = np.random.default_rng(1).integers(0, 255, 600, np.uint8).tobytes()
    data = b"\xff".join(part.encode("latin-1") for part in (flag, *parts)) + b"\xff" + picture
    return str(int.from_bytes(gzip.compress(data), "big"))


SECURE = (
    "269720190308114407437", "Asha Devi", "07-03-1984", "F", "W/O Ravi", "Pune", "", "12", "", "411001", "",
    "Maharashtra", "M G Road", "", "Pune",
)  # fmt: skip


def test_the_printed_details_of_an_aadhaar_letter() -> None:
    assert {name: value for name, (value, _) in parse_aadhaar(XML).items()} == {
        "issuing_country": "IND",
        "name": "Asha Devi",
        "document_number": "123456789012",
        "sex": "F",
        "birth_date": "1984-03-07",
        "address": "12, M G Road, Pune, Pune, Maharashtra, 411001",
    }


@pytest.mark.parametrize("version", [(), ("V2",)])
def test_the_public_part_of_a_secure_code(version: tuple[str, ...]) -> None:
    number = secure(*SECURE) if not version else secure("3", *SECURE, flag=version[0])
    values = {name: value for name, (value, _) in parse_aadhaar(number).items()}
    assert (values["name"], values["birth_date"], values["sex"]) == ("Asha Devi", "1984-03-07", "F")
    assert values["address"] == "12, M G Road, Pune, Pune, Maharashtra, 411001"
    assert "document_number" not in values, "a secure code has four digits of it"


@pytest.mark.parametrize(
    "text",
    ["", "https://example.com", "1" * 700, "<PrintLetterBarcodeData", "9" * 20000, secure("only", "three")],
)
def test_other_codes_are_no_aadhaar(text: str) -> None:
    assert set(parse_aadhaar(text)) <= {"issuing_country"}


def test_what_unpacks_without_end_is_cut_off() -> None:
    bomb = str(int.from_bytes(gzip.compress(b"0" * 1_500_000, 9), "big"))
    assert parse_aadhaar(bomb) == {}
