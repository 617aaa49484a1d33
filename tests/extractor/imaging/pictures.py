"""Pictures and files to load, made on the fly."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from extractor.errors import ExtractorError
from extractor.imaging import load_pages

from .hostile import pdf_of

WIDTH, HEIGHT = 80, 60
#: A red, a green, a blue and a white quarter, clockwise from top left: no turn or mirroring looks like another.
RED, GREEN, WHITE, BLUE = (200, 20, 30), (30, 190, 40), (250, 250, 250), (20, 40, 210)


def quarters(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = RED
    picture[: height // 2, width // 2 :] = GREEN
    picture[height // 2 :, width // 2 :] = WHITE
    picture[height // 2 :, : width // 2] = BLUE
    return picture


def encoded(form: str, picture: Image.Image | np.ndarray | None = None, **options: Any) -> bytes:
    """A picture (the quarters unless given) as a file of Pillow's format `form`."""
    picture = quarters() if picture is None else picture
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    buffer = io.BytesIO()
    if form == "HEIF":
        # Only pillow-heif writes HEIC. It is not registered, so that what reads the file is what the product ships.
        from pillow_heif import from_pillow

        from_pillow(image).save(buffer, **options)
    else:
        image.save(buffer, form, **options)
    return buffer.getvalue()


def colours(page: np.ndarray) -> list[tuple[int, ...]]:
    """The middle of each quarter, clockwise from top left."""
    height, width = page.shape[:2]
    return [
        tuple(page[int(y * height), int(x * width)].tolist())
        for x, y in ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
    ]


def shows_quarters(page: np.ndarray, tolerance: int = 12) -> bool:
    wanted = np.array([RED, GREEN, WHITE, BLUE])
    return bool(np.abs(np.array(colours(page)) - wanted).max() <= tolerance)


def refused(source: Any, **options: Any) -> str:
    """The one line that refuses `source`."""
    with pytest.raises(ExtractorError) as caught:
        load_pages(source, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) > 10
    return message


def pdf(*, pages: int = 1, box: str = "0 0 400 300", extra: str = "") -> bytes:
    """A PDF with a red rectangle, in the bottom left quarter of each page."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{3 + 2 * i} 0 R" for i in range(pages))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>")
    for i in range(pages):
        drawing = f"{1 - i * 0.1:.1f} 0 0 rg 0 0 200 150 re f"
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents {4 + 2 * i} 0 R >>")
        objects.append(f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream")
    return pdf_of([text.encode() for text in objects], extra.encode())


def test_a_pdf_is_drawn_large_enough_to_read() -> None:
    (page,) = load_pages(pdf())
    assert page.shape == (1800, 2400, 3)
    assert colours(page) == [(255, 255, 255)] * 3 + [(255, 0, 0)]


@pytest.mark.parametrize("box", ["0 0 1000000 2000000", "0 0 30 20", "0 0 3 2", "-50 -50 350 250"])
def test_pdf_pages_of_any_size_are_bound(box: str) -> None:
    (page,) = load_pages(pdf(box=box))
    assert max(page.shape) <= 2400


def test_a_pdf_may_start_with_other_bytes() -> None:
    assert len(load_pages(b"\n\n" + pdf())) == 1


def tiff(*, pages: int) -> bytes:
    frames = [Image.fromarray(np.full((40, 50, 3), 10 * i, np.uint8)) for i in range(1, pages + 1)]
    return encoded("TIFF", frames[0], save_all=True, append_images=frames[1:])
