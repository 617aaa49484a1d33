"""What cannot be read is refused by one clear line: tiny, huge, broken, locked, and what is no picture at all."""

import io
import struct
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from extractor.errors import ExtractorError, UsageError
from extractor.imaging import MAX_PIXELS, Limits, load_pages
from extractor.imaging.limits import MAX_SIDE
from extractor.imaging.pictures import MIN_SIDE

from ...tables import each
from .pictures import HEIGHT, WIDTH, encoded, pdf, refused

# Sizes


@pytest.mark.parametrize("size", [(1, 1), (23, 500), (500, 23)])
def test_tiny_pictures(size: tuple[int, int]) -> None:
    expected = f"the picture is only {size[0]} x {size[1]} pixels"
    assert expected in refused(encoded("PNG", Image.new("RGB", size)))
    assert expected in refused(Image.new("RGB", size))
    assert expected in refused(np.zeros((size[1], size[0], 3), np.uint8))


@pytest.mark.parametrize("size", [(30, 60_000), (60_000, 30)])
def test_pictures_too_narrow_to_be_reduced(size: tuple[int, int]) -> None:
    expected = f"the picture is {size[0]} x {size[1]} pixels, too narrow"
    assert expected in refused(encoded("PNG", Image.new("RGB", size)))
    assert expected in refused(np.zeros((size[1], size[0], 3), np.uint8))
    assert "page 1 is too narrow" in refused(pdf(box=f"0 0 {size[0]} {size[1]}"))


def test_the_smallest_picture() -> None:
    assert load_pages(Image.new("RGB", (MIN_SIDE, MIN_SIDE)))[0].shape == (MIN_SIDE, MIN_SIDE, 3)


def test_large_pictures_are_bound() -> None:
    large = np.zeros((200, MAX_SIDE + 1000, 3), np.uint8)
    for source in (large, Image.fromarray(large), encoded("PNG", large), encoded("JPEG", large)):
        height, width = load_pages(source)[0].shape[:2]
        assert width <= MAX_SIDE
        assert height == pytest.approx(width * 200 / (MAX_SIDE + 1000), abs=1)


def test_the_limit_can_be_set() -> None:
    assert "million pixels" in refused(encoded("PNG"), max_pixels=WIDTH * HEIGHT - 1)
    assert len(load_pages(encoded("PNG"), max_pixels=WIDTH * HEIGHT)) == 1


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_bomb(side: int) -> bytes:
    """A whole PNG of `side` x `side` white pixels of one bit, some kilobytes long."""
    row = b"\0" + b"\xff" * (side // 8)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * side)) + chunk(b"IEND", b"")
    )


def with_size(form: str, width: int, height: int) -> bytes:
    """A small file whose header claims a size it does not have."""
    small = Image.new("RGB", (40, 40))
    data = bytearray(encoded(form, small))
    if form == "PNG":
        data[16:24] = struct.pack(">II", width, height)
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    elif form == "BMP":
        data[18:26] = struct.pack("<ii", width, height)
    elif form == "GIF":
        data[6:10] = struct.pack("<HH", width, height)
    elif form == "JPEG":
        start = data.index(b"\xff\xc0") + 5
        data[start : start + 4] = struct.pack(">HH", height, width)
    elif form == "TIFF":
        for tag, value in ((256, width), (257, height)):
            place = data.index(struct.pack("<HHI", tag, 4, 1)) if struct.pack("<HHI", tag, 4, 1) in data else -1
            place = place if place >= 0 else data.index(struct.pack("<HHI", tag, 3, 1))
            data[place : place + 12] = struct.pack("<HHII", tag, 4, 1, value)
    return bytes(data)


@pytest.mark.parametrize("form", ["PNG", "BMP", "GIF", "JPEG", "TIFF"])
@pytest.mark.parametrize("side", [12_000, 15_000, 60_000])
def test_pictures_that_claim_to_be_huge_are_refused_by_their_header(form: str, side: int) -> None:
    assert f"more than {MAX_PIXELS // 1_000_000} million pixels; scale it down" in refused(with_size(form, side, side))


def test_decompression_bombs_take_no_memory(tmp_path: Path) -> None:
    for name, data in {
        "whole.png": png_bomb(20_000),
        "claimed.png": with_size("PNG", 100_000, 100_000),
        "claimed.bmp": with_size("BMP", 30_000, 30_000),
        "claimed.tif": with_size("TIFF", 100_000, 100_000),
        "ok.png": encoded("PNG"),
        "page.pdf": pdf(box="0 0 1000000 1000000"),
    }.items():
        (tmp_path / name).write_bytes(data)
    code = """
import resource, sys
from pathlib import Path
from extractor.errors import UnreadableInputError
from extractor.imaging import load_pages
folder = Path(sys.argv[1])
load_pages(folder / "ok.png"), load_pages(folder / "page.pdf")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sorted(folder.glob("[cw]*")):
    try:
        load_pages(path)
    except UnreadableInputError:
        print("refused")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    *refusals, kilobytes = done.stdout.split()
    assert refusals == ["refused"] * 4
    assert int(kilobytes) < 20_000


def test_compressed_text_in_a_png_takes_no_memory() -> None:
    text = b"Comment\0\0" + zlib.compress(bytes(80_000_000))
    data = encoded("PNG")
    tracemalloc.start()
    try:
        assert len(load_pages(data[:33] + chunk(b"zTXt", text) * 3 + data[33:])) == 1, "it is no part of the picture"
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


# Broken files

SECRET = "ERIKSSON-ANNA-MARIA-740812"


def files() -> dict[str, bytes]:
    """A real file of each format with a name in its metadata."""
    exif = Image.Exif()
    exif[315] = SECRET
    rng = np.random.default_rng(7)
    noise = rng.integers(0, 255, (40, 48, 3), dtype=np.uint8)
    return {
        "JPEG": encoded("JPEG", noise, exif=exif, comment=SECRET.encode()),
        "PNG": encoded("PNG", noise, exif=exif),
        "WEBP": encoded("WEBP", noise, exif=exif),
        "TIFF": encoded("TIFF", noise, description=SECRET, compression="tiff_adobe_deflate"),
        "BMP": encoded("BMP", noise),
        "GIF": encoded("GIF", noise, comment=SECRET.encode()),
        "HEIF": encoded("HEIF", noise, exif=exif.tobytes()),
        "AVIF": encoded("AVIF", noise, exif=exif),
        "PDF": pdf(extra=f"/Info ({SECRET})"),
    }


FILES = files()


def outcome(data: bytes) -> tuple[list[np.ndarray], str]:
    """The pages of a file, or the line that refuses it."""
    try:
        return load_pages(data), ""
    except ExtractorError as error:
        return [], str(error)


@each("form", FILES)
def test_truncated_files(form: str) -> None:
    data = FILES[form]
    for cut in range(20):
        length = len(data) * cut // 20
        pages, message = outcome(data[:length])
        assert SECRET not in message
        # PDF and GIF are readable before their last bytes.
        assert message or pages[0].shape[2] == 3


@each("form", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "HEIF", "AVIF"])
def test_half_a_picture_is_told_as_such(form: str) -> None:
    message = refused(FILES[form][: len(FILES[form]) // 2])
    assert "damaged or incomplete" in message or "known format" in message


@pytest.mark.parametrize("source", [b"", io.BytesIO(b"")])
def test_empty_files(source: Any) -> None:
    assert refused(source) == "the file is empty"


@each(
    "data",
    [
        b"hello, this is text",
        SECRET.encode(),
        b"PK\x03\x04" + bytes(100),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"P6 50 50 255 " + bytes(7500),
        bytes(5000),
        b"\xff" * 5000,
    ],
    ids=["text", "name", "zip", "eps", "svg", "ppm", "zeros", "ones"],
)
def test_files_that_are_no_pictures(data: bytes) -> None:
    message = refused(data)
    assert "not a picture in a known format; use JPEG, PNG" in message
    assert SECRET not in message


def test_locked_pdfs() -> None:
    lock = f"/Encrypt << /Filter /Standard /V 1 /R 2 /O <{'ab' * 32}> /U <{'cd' * 32}> /P -4 >>"
    locked = f"{lock} /ID [<{'00' * 16}> <{'00' * 16}>]"
    assert refused(pdf(extra=locked)) == "the PDF is locked by a password; save it without one"
    for unknown in ("/Filter /Acme /V 1", "/Filter /Standard /V 99 /R 99"):
        assert "locked" in refused(pdf(extra=f"/Encrypt << {unknown} >>")), "a lock that PDFium does not know is one"
    for other in (pdf(pages=0), b"%PDF-1.7"):
        assert "password" not in refused(other), "PDFium keeps the error of the file before"


@each(
    "data",
    [
        b"%PDF-1.7",
        b"%PDF-1.7\n" + bytes(range(256)) * 2,
        pdf().replace(b"/Catalog", b"/Catalox").replace(b"/Pages", b"/Pagos"),
        pdf(pages=0),
    ],
    ids=["header only", "noise", "no catalogue", "no pages"],
)
def test_broken_pdfs(data: bytes) -> None:
    message = refused(data)
    assert "damaged" in message or "no pages" in message


def test_a_pdf_page_of_whose_box_nothing_is_on_the_page() -> None:
    data = pdf(box="0 0 400 300]/CropBox[1000 1000 1200 1200")
    assert refused(data) == "page 1 of the PDF is damaged; export it again"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_are_refused_in_one_line(data: bytes) -> None:
    refused(data)


@pytest.mark.parametrize("form", FILES)
@settings(max_examples=60, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=12),
    header_only=st.booleans(),
)
def test_damaged_files_are_read_or_refused_in_one_line(
    form: str, changes: list[tuple[int, int]], header_only: bool
) -> None:
    data = bytearray(FILES[form])
    for place, value in changes:
        data[place % (min(len(data), 300) if header_only else len(data))] = value
    pages, message = outcome(bytes(data))
    assert bool(pages) != bool(message)
    assert "\n" not in message
    assert SECRET not in message
    assert all(page.dtype == np.uint8 and page.ndim == 3 and page.shape[2] == 3 for page in pages)


@pytest.mark.parametrize(
    "wrong",
    [{"pixels": -1}, {"pixels": "a"}, {"pages": None}, {"side": 0}, {"seconds": float("nan")}, {"seconds": 1e10}],
)
def test_what_is_no_limit_is_refused_as_such(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="of the limits is a number greater than zero"):
        Limits(**wrong)
