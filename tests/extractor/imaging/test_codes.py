"""Barcodes of the kinds that documents carry, drawn and found where they stand."""

import numpy as np
import pytest
import zxingcpp

from extractor.imaging.codes import code_like, read_codes


def page_with(kind: str, text: str, at: tuple[int, int] = (300, 200), scale: int = 3) -> tuple[np.ndarray, tuple]:
    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind))
    drawn = np.array(zxingcpp.write_barcode_to_image(code, scale=scale))
    drawn = drawn if drawn.ndim == 3 else np.repeat(drawn[:, :, None], 3, 2)
    height, width = drawn.shape[:2]
    page = np.full((700, 1300, 3), 232, np.uint8)
    page[at[1] : at[1] + height, at[0] : at[0] + width] = drawn
    return page, (at[0], at[1], at[0] + width, at[1] + height)


@pytest.mark.parametrize("kind", ["PDF417", "QRCode", "Aztec", "DataMatrix", "Code128", "Code39"])
def test_every_kind_is_read_where_it_stands(kind: str) -> None:
    page, (left, top, right, bottom) = page_with(kind, "X1234567")
    (found,) = read_codes(page)
    assert (found.kind.startswith(kind[:6]), found.text, found.data) == (True, "X1234567", b"X1234567")
    low, high = found.corners.min(axis=0), found.corners.max(axis=0)
    assert left - 4 <= low[0] < high[0] <= right + 4
    assert top - 4 <= low[1] < high[1] <= bottom + 4
    assert high[1] - low[1] > 0.6 * (bottom - top), "linear codes are given with all of their bars"


def test_a_page_without_codes() -> None:
    assert read_codes(np.full((300, 400, 3), 240, np.uint8)) == []


@pytest.mark.parametrize("cell", [3, 5, 8])
def test_a_code_that_does_not_decode_is_still_seen(cell: int) -> None:
    noise = np.random.default_rng(3).integers(0, 2, (40, 40)).astype(np.uint8) * 255
    drawn = np.kron(noise, np.ones((cell, cell), np.uint8))
    page = np.full((700, 1000, 3), 235, np.uint8)
    page[200 : 200 + 40 * cell, 100 : 100 + 40 * cell] = drawn[:, :, None]
    (found,) = code_like(page, np.empty((0, 4, 2)))
    low, high = found.min(axis=0), found.max(axis=0)
    assert np.abs(low - [100, 200]).max() < 22
    assert np.abs(high - [100 + 40 * cell, 200 + 40 * cell]).max() < 22


def test_text_is_no_code() -> None:
    page, (left, top, right, bottom) = page_with("QRCode", "X", scale=6)
    box = np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float64)
    assert code_like(page, box) == []
