"""North American barcodes: AAMVA's data lines, and a drawn PDF417 read back."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.text.barcode import parse_aamva, read_barcode

from ...tables import each

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
