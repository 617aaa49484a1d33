"""PDF pages: scans at their own pixels, everything else at a resolution that can be read."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from extractor.imaging import load_pages
from extractor.imaging.limits import DEFAULT

from ...tables import each
from .hostile import drawn, stream
from .pictures import HEIGHT, WIDTH, encoded, quarters, refused, shows_quarters


def scanned(picture: np.ndarray, **options: Any) -> bytes:
    """A PDF of one page that is the picture, as Pillow saves it: a JPEG inside."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PDF", quality=90, **options)
    return buffer.getvalue()


def placed(matrix: str, after: bytes = b"", *, page: bytes = b"", fonts: bytes = b"") -> bytes:
    """A page of 600 x 400 points on which `matrix` places a picture of 120 x 80 pixels, without loss."""
    image = b"/Type/XObject/Subtype/Image/Width 120/Height 80/BitsPerComponent 8/ColorSpace/DeviceRGB"
    pixels = quarters(120, 80).tobytes()
    content = b"q " + matrix.encode() + b" cm /I Do Q " + after
    return drawn(content, b"/XObject<</I 5 0 R>>" + fonts, stream(pixels, image), page=page)


FONT = b"/Font<</T<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
TEXT = b"BT /T 40 Tf %d Tr 100 200 Td (SPECIMEN) Tj ET"


@each("dpi", [72, 96, 150, 300, 600])
def test_a_scan_is_its_own_pixels(dpi: int) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (90, 130, 3), np.uint8)
    (jpeg,) = load_pages(encoded("JPEG", picture, quality=90))
    (page,) = load_pages(scanned(picture, resolution=dpi))
    assert np.array_equal(page, jpeg)


@each("mode", ["L", "1", "CMYK", "P"])
def test_a_scan_of_any_kind_is_not_enlarged(mode: str) -> None:
    image = Image.fromarray(quarters(400, 300)).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, "PDF", resolution=72)
    (page,) = load_pages(buffer.getvalue())
    (same,) = load_pages(image)
    assert page.shape == (300, 400, 3)
    assert np.abs(page.astype(int) - same).mean() < 30, "PDFium's inks are others than Pillow's"


@each(("rotation", "shape"), [(0, (80, 120)), (90, (120, 80)), (180, (80, 120)), (270, (120, 80))])
def test_a_page_is_turned_as_viewers_show_it(rotation: int, shape: tuple[int, int]) -> None:
    (page,) = load_pages(placed("600 0 0 400 0 0", page=b"/Rotate %d" % rotation))
    assert page.shape == (*shape, 3)
    assert np.array_equal(page, np.rot90(quarters(120, 80), -rotation // 90))


def test_a_scan_keeps_its_pixels_under_invisible_text() -> None:
    (page,) = load_pages(placed("600 0 0 400 0 0", TEXT % 3, fonts=FONT))
    assert np.array_equal(page, quarters(120, 80))


def test_a_page_with_visible_text_is_rendered() -> None:
    (page,) = load_pages(placed("600 0 0 400 0 0", TEXT % 0, fonts=FONT))
    assert page.shape == (1600, 2400, 3)


@each(
    ("matrix", "shape"),
    [
        ("-600 0 0 -400 600 400", (80, 120)),  # upside down
        ("0 400 -600 0 600 0", (120, 180)),  # on its side
        ("300 0 0 200 150 100", (160, 240)),  # half as wide as the page
        ("600 0 0 400 30 0", (80, 120)),  # partly off the page
    ],
)
def test_a_picture_placed_otherwise_is_not_enlarged_either(matrix: str, shape: tuple[int, int]) -> None:
    (page,) = load_pages(placed(matrix))
    assert page.shape[:2] == pytest.approx(shape, abs=1)


def test_upside_down_is_shown_so() -> None:
    (page,) = load_pages(placed("-600 0 0 -400 600 400"))
    assert shows_quarters(np.rot90(page, 2))


def test_a_large_picture_is_bounded_and_a_huge_one_refused() -> None:
    (page,) = load_pages(scanned(np.zeros((100, 6000, 3), np.uint8), resolution=72))
    assert page.shape[1] == 4000
    assert "million pixels" in refused(scanned(quarters()), max_pixels=WIDTH * HEIGHT - 1)


def test_a_logo_of_many_pixels_makes_no_page_larger_than_it_is_read() -> None:
    """Pictures for output ask for pages in all their pixels; a page that is rendered has none of its own."""
    (page,) = load_pages(placed("2 0 0 2 10 10"), limits=replace(DEFAULT, side=1_000_000))
    assert max(page.shape) == 4000


def test_a_tiny_picture_on_a_page_is_no_page() -> None:
    tiny = np.zeros((4, 6, 3), np.uint8)
    assert min(load_pages(scanned(tiny, resolution=10))[0].shape[:2]) >= 24


@each("box", ["0.1 0.1", "2 2"])
def test_a_page_that_no_text_fits_on_is_refused(box: str) -> None:
    data = placed("600 0 0 400 0 0", TEXT % 0, fonts=FONT).replace(b"[0 0 600 400]", f"[0 0 {box}]".encode())
    assert refused(data) == "page 1 is too small to be read; choose pages with --pages"


_MASK = stream(
    bytes(120 * 80), b"/Type/XObject/Subtype/Image/Width 120/Height 80/BitsPerComponent 8/ColorSpace/DeviceGray"
)
_OFF = (b"/Catalog", b"/Catalog/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]>>>>")
_LAYER = b"<</Type/OCG/Name(x)>>"


def _picture(extra: bytes, other: bytes, content: bytes = b"600 0 0 400 0 0 cm /I Do", resources: bytes = b"") -> bytes:
    """A page that a picture with more keys fills; `other` is object 6."""
    image = b"/Type/XObject/Subtype/Image/Width 120/Height 80/BitsPerComponent 8/ColorSpace/DeviceRGB" + extra
    return drawn(content, b"/XObject<</I 5 0 R>>" + resources, stream(quarters(120, 80).tobytes(), image), other)


@each(
    "data",
    [
        _picture(b"/SMask 6 0 R", _MASK),
        _picture(b"/S#4dask 6 0 R", _MASK),
        _picture(b"/OC 6 0 R", _LAYER).replace(*_OFF),
        _picture(b"", _LAYER, b"/OC /M BDC 600 0 0 400 0 0 cm /I Do EMC", b"/Properties<</M 6 0 R>>").replace(*_OFF),
    ],
    ids=["masked", "its key with an escape", "in a layer that is off", "marked as of such a layer"],
)
def test_a_picture_that_no_viewer_shows_is_not_on_the_page(data: bytes) -> None:
    (page,) = load_pages(data)
    assert page.min() == 255


def test_a_layer_that_is_on_and_other_marks_hide_nothing() -> None:
    for data in (
        _picture(b"/OC 6 0 R", _LAYER),
        _picture(b"", _LAYER, b"/Figure BMC 600 0 0 400 0 0 cm /I Do EMC"),
        _picture(b"/SMask 6 0 R", _MASK.replace(bytes(120 * 80), b"\xff" * 120 * 80)),
    ):
        (page,) = load_pages(data)
        assert page.shape == (80, 120, 3)
        assert shows_quarters(page)


def test_what_was_filled_into_a_form_is_drawn() -> None:
    field = b"/Annots[<</Type/Annot/Subtype/Widget/FT/Tx/Rect[0 0 600 400]/T(a)/V(x)/AP<</N 5 0 R>>>>]"
    shown = stream(b"1 0 0 rg 0 0 600 400 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 600 400]")
    data = drawn(b"", b"", shown, page=field).replace(b"/Catalog", b"/Catalog/AcroForm<</Fields[]>>")
    (page,) = load_pages(data)
    assert page[page.shape[0] // 2, page.shape[1] // 2].tolist() == [255, 0, 0]
