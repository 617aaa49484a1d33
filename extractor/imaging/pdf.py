"""PDF pages to RGB, by PDFium.

A page that shows nothing but pictures is rendered at the pixels that its largest picture has, so that no picture is
enlarged; where one picture fills the page, its own pixels are the page. Other pages are rendered at about 200 dpi.
What a viewer does not show is not on the page: a picture that may be masked or switched off is rendered.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from extractor.errors import UnreadableInputError
from extractor.imaging.limits import MAX_SIDE, Limits
from extractor.imaging.pictures import MIN_SIDE, check_size, choose_pages

#: Longer side of a rendered page, in pixels (about 200 dpi on A4).
_SIDE = 2400
#: Objects of a page that are looked at; a page of more is not a scan.
_OBJECTS = 200
#: Text of these render modes is invisible (ISO 32000-1, table 106): what OCR programs lay over a scan.
_INVISIBLE = (3, 7)
#: How far the edges of a picture may be from those of its page, in pixels of the picture.
_TOLERANCE = 1.0
#: Fewest bits of a pixel that are grey or colour: stencils and bilevel pictures are rendered.
_BITS = (8, 24)
#: Keys by which a picture's dictionary hides it or parts of it (a mask, a layer that may be off), and names written
#: with escapes, which may be such a key. A picture's dictionary always stands in the file as it is: it is a stream's.
_HIDING = re.compile(rb"/(?:S?Mask(?:InData)?|OC)\b|/\w{0,10}#[0-9A-Fa-f]{2}")
#: Marked content of this name is a layer (ISO 32000-1, 8.11.3.2).
_LAYER = "OC"


def pdf_pages(data: bytes, pages: Sequence[int] | None, limits: Limits) -> Iterator[np.ndarray]:
    """The chosen pages of a PDF, each rendered when it is asked for. Raises UnreadableInputError."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        # PDFium keeps its last error, which may be that of a file before this one.
        locked = any(word in str(error).lower() for word in ("password", "security")) and b"/Encrypt" in data
        raise UnreadableInputError(
            "the PDF is locked by a password; save it without one" if locked else "the PDF is damaged; export it again"
        ) from error
    try:
        if not len(document):
            raise UnreadableInputError("the PDF has no pages")
        with contextlib.suppress(pypdfium2.PdfiumError):
            document.init_forms()  # else what was filled in is not drawn
        hiding = _HIDING.search(data) is not None
        for number in sorted(choose_pages(len(document), pages, limits)):
            try:
                page = document[number - 1]
                size = page.get_size()
                if min(size) * limits.side < MIN_SIDE * max(size):
                    raise UnreadableInputError(
                        f"page {number} is too narrow for any document; choose pages with --pages"
                    )
                rendered = _page(page, limits, hiding=hiding)
                if min(rendered.shape[:2]) < MIN_SIDE:
                    raise UnreadableInputError(f"page {number} is too small to be read; choose pages with --pages")
                yield rendered
            except (pypdfium2.PdfiumError, ValueError) as error:  # ValueError: its boxes leave nothing of it
                raise UnreadableInputError(f"page {number} of the PDF is damaged; export it again") from error
    finally:
        document.close()


def _page(page: Any, limits: Limits, *, hiding: bool) -> np.ndarray:
    width, height = page.get_size()
    pictures = _only_pictures(page)
    for picture in pictures:
        size = picture.get_px_size()
        if size[0] * size[1] > limits.pixels:
            check_size(size, limits)
    if len(pictures) == 1 and not hiding and (own := _own_pixels(page, pictures[0], limits.side)) is not None:
        return own
    longest = max(width, height, 1.0)
    scale = min(_SIDE / longest, 8.0)
    if pictures:
        # Never enlarged, not without end (a logo may have any number of pixels), and never too small to be a page.
        scale = min(max(map(_resolution, pictures)), min(limits.side, MAX_SIDE) / longest)
        scale = max(scale, MIN_SIDE / max(min(width, height), 1.0))
    return _rgb(page.render(scale=scale, rev_byteorder=True).to_numpy())


def _only_pictures(page: Any) -> list[Any]:
    """The pictures of a page that shows nothing else; none for any other page."""
    import pypdfium2.raw as pdfium

    pictures: list[Any] = []
    for number, item in enumerate(page.get_objects(max_depth=4)):
        if number >= _OBJECTS:
            return []
        if item.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            pictures.append(item)
        elif item.type == pdfium.FPDF_PAGEOBJ_TEXT:
            if pdfium.FPDFTextObj_GetTextRenderMode(item) not in _INVISIBLE:
                return []
        elif item.type != pdfium.FPDF_PAGEOBJ_FORM:  # what is in a form comes after it
            return []
    return pictures


def _resolution(picture: Any) -> float:
    """Pixels of a picture for each point of the page, on the axis that has more."""
    a, b, c, d, *_ = _matrix(picture)
    width, height = picture.get_px_size()
    return max(width / max(np.hypot(a, b), 1e-6), height / max(np.hypot(c, d), 1e-6))


def _matrix(picture: Any) -> tuple[float, ...]:
    """From the unit square to the page, through the forms that a picture is in."""
    matrix, form = picture.get_matrix(), picture.container
    while form is not None:
        matrix, form = matrix.multiply(form.get_matrix()), form.container
    return tuple(matrix.get())


def _own_pixels(page: Any, picture: Any, side: int) -> np.ndarray | None:
    """The pixels of a picture that fills its page upright and opaque; None if it does not."""
    import pypdfium2.raw as pdfium

    a, b, c, d, e, f = _matrix(picture)
    left, bottom, right, top = page.get_bbox()
    off = max(abs(b), abs(c), abs(e - left), abs(f - bottom), abs(e + a - right), abs(f + d - top))
    fills = a > 0 and d > 0 and off * _resolution(picture) <= _TOLERANCE
    if (
        not fills
        or min(picture.get_px_size()) < MIN_SIDE
        or pdfium.FPDFPage_GetAnnotCount(page)
        or pdfium.FPDFClipPath_CountPaths(pdfium.FPDFPageObj_GetClipPath(picture)) > 0
        or any(map(_may_be_hidden, _around(picture)))
        or picture.get_metadata().bits_per_pixel not in _BITS
    ):
        return None
    found = _rgb(picture.get_bitmap(render=False).to_numpy(), reverse=True)
    found = np.rot90(found, k=-(page.get_rotation() // 90))
    if max(found.shape) > side:
        from PIL import Image

        image = Image.fromarray(np.ascontiguousarray(found))
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        return np.asarray(image)
    return np.ascontiguousarray(found)


def _around(item: Any) -> Iterator[Any]:
    """An object of a page, and the forms that it is in."""
    while item is not None:
        yield item
        item = item.container


def _may_be_hidden(item: Any) -> bool:
    """Whether an object of a page is transparent, or in a layer that a viewer may switch off."""
    import pypdfium2.raw as pdfium

    if pdfium.FPDFPageObj_HasTransparency(item):
        return True
    marks = (pdfium.FPDFPageObj_GetMark(item, number) for number in range(pdfium.FPDFPageObj_CountMarks(item)))
    return any(_name_of(mark) == _LAYER for mark in marks)


def _name_of(mark: Any) -> str:
    """The name of marked content, as far as it is as short as that of a layer."""
    import ctypes

    import pypdfium2.raw as pdfium

    buffer, length = (ctypes.c_ushort * 8)(), ctypes.c_ulong()  # UTF-16 with a zero at its end
    fits = pdfium.FPDFPageObjMark_GetName(mark, buffer, ctypes.sizeof(buffer), length)
    return bytes(buffer)[: length.value - 2].decode("utf-16-le", "replace") if fits and length.value >= 2 else ""


def _rgb(pixels: np.ndarray, *, reverse: bool = False) -> np.ndarray:
    """Grey, (BGR) or RGB pixels with or without a fourth channel as contiguous RGB."""
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return np.repeat(pixels.reshape(*pixels.shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(pixels[:, :, 2::-1] if reverse else pixels[:, :, :3])
