"""Whatever a user hands over becomes upright RGB pages: every format, every mode, every kind of source."""

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from extractor.errors import UnreadableInputError, UsageError
from extractor.imaging import MAX_PAGES, load, load_pages

from ...tables import each
from .pictures import GREEN, HEIGHT, RED, WIDTH, colours, encoded, pdf, quarters, refused, shows_quarters, tiff

# Formats

LOSSLESS: list[tuple[str, dict[str, Any]]] = [
    ("PNG", {}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ("BMP", {}),
    ("GIF", {}),
    ("WEBP", {"lossless": True}),
]
LOSSY: list[tuple[str, dict[str, Any]]] = [
    ("JPEG", {"quality": 95}),
    ("JPEG", {"quality": 95, "progressive": True}),
    ("MPO", {"quality": 95}),
    ("TIFF", {"compression": "jpeg"}),
    ("WEBP", {"quality": 95}),
    ("HEIF", {"quality": 95}),
    ("AVIF", {"quality": 95}),
]


@pytest.mark.parametrize(("form", "options"), [*LOSSLESS, *LOSSY])
def test_every_format(form: str, options: dict[str, Any]) -> None:
    pages = load_pages(encoded(form, **options))
    assert len(pages) == 1
    page = pages[0]
    assert (page.shape, page.dtype) == ((HEIGHT, WIDTH, 3), np.uint8)
    assert shows_quarters(page)


def test_content_decides_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "really-a-png.pdf"
    path.write_bytes(encoded("PNG"))
    assert shows_quarters(load_pages(path)[0])
    path = tmp_path / "really-a-pdf.jpg"
    path.write_bytes(pdf())
    assert len(load_pages(path)) == 1


GREY = quarters().mean(axis=2).astype(np.uint8)

MODES: dict[str, tuple[str, Callable[[], Image.Image]]] = {
    "grey": ("PNG", lambda: Image.fromarray(GREY)),
    "16 bits": ("PNG", lambda: Image.fromarray(GREY.astype(np.uint16) * 257)),
    "16 bits, TIFF": ("TIFF", lambda: Image.fromarray(GREY.astype(np.uint16) * 257)),
    "32 bits": ("TIFF", lambda: Image.fromarray(GREY.astype(np.int32) * 257)),
    "floating point": ("TIFF", lambda: Image.fromarray(GREY.astype(np.float32) / 255)),
    "floating point to 255": ("TIFF", lambda: Image.fromarray(GREY.astype(np.float32))),
}


@each("name", MODES)
def test_grey_of_any_depth(name: str) -> None:
    form, make = MODES[name]
    page = load_pages(encoded(form, make()))[0]
    assert np.abs(page.astype(int) - GREY[:, :, None]).max() <= 1


def test_one_bit() -> None:
    black_and_white = Image.fromarray(GREY).convert("1", dither=Image.Dither.NONE)
    for form in ("PNG", "TIFF", "BMP"):
        page = load_pages(encoded(form, black_and_white))[0]
        assert np.array_equal(page[:, :, 0], np.where(GREY > 127, 255, 0))


def test_premultiplied_alpha() -> None:
    for mode in ("RGBA", "LA"):
        image = Image.fromarray(GREY).convert(mode)
        assert np.array_equal(load_pages(image.convert(f"{mode[:-1]}a"))[0], load_pages(image)[0])


def test_palette() -> None:
    assert shows_quarters(load_pages(encoded("PNG", Image.fromarray(quarters()).quantize(8)))[0], tolerance=3)


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_cmyk(form: str) -> None:
    assert shows_quarters(load_pages(encoded(form, Image.fromarray(quarters()).convert("CMYK")))[0], tolerance=25)


@each(
    ("form", "mode"),
    [("PNG", "RGBA"), ("PNG", "LA"), ("PNG", "P"), ("TIFF", "RGBA"), ("TIFF", "LA"), ("WEBP", "RGBA")],
)
def test_what_is_transparent_is_paper(form: str, mode: str) -> None:
    image = Image.fromarray(quarters()).convert("RGBA")
    image.putalpha(Image.fromarray(np.repeat(np.uint8([0, 255]), WIDTH // 2)[None].repeat(HEIGHT, 0)))
    image = image.quantize(8) if mode == "P" else image.convert(mode)
    page = load_pages(encoded(form, image, **({"lossless": True} if form == "WEBP" else {})))[0]
    assert colours(page)[0] == colours(page)[3] == (255, 255, 255)
    assert colours(page)[1] != (255, 255, 255)


def test_a_transparent_colour_is_paper() -> None:
    page = load_pages(encoded("PNG", quarters(), transparency=RED))[0]
    assert colours(page)[:2] == [(255, 255, 255), GREEN]


#: Visual row and column of the stored picture's first row and column (EXIF 2.3, 4.6.4, tag 274), as it undoes it.
STORED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda v: v,
    2: lambda v: v[:, ::-1],
    3: lambda v: v[::-1, ::-1],
    4: lambda v: v[::-1],
    5: lambda v: v.transpose(1, 0, 2),
    6: lambda v: np.rot90(v, 1),
    7: lambda v: np.rot90(v, 2).transpose(1, 0, 2),
    8: lambda v: np.rot90(v, -1),
}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_exif_orientation(form: str) -> None:
    for orientation, as_stored in STORED.items():
        exif = Image.Exif()
        exif[274] = orientation
        given = {"exif": exif.tobytes(), "quality": 95} if form == "HEIF" else {"exif": exif}
        page = load_pages(encoded(form, np.ascontiguousarray(as_stored(quarters())), **given))[0]
        assert page.shape == (HEIGHT, WIDTH, 3), orientation
        assert shows_quarters(page), orientation


def test_heic_and_avif_are_read_without_an_encoder_under_the_gpl() -> None:
    """HEIC by pi-heif, which carries no x265; AVIF by Pillow itself."""
    from extractor.imaging.pictures import import_formats

    assert {"HEIF", "AVIF"} <= set(import_formats())
    assert Image.OPEN["HEIF"][0].__module__.startswith("pi_heif")
    assert Image.OPEN["AVIF"][0].__module__ == "PIL.AvifImagePlugin"


def test_broken_exif_does_not_cost_the_picture() -> None:
    exif = Image.Exif()
    exif[274] = 6
    exif[315] = "x" * 40
    data = encoded("JPEG", exif=exif, quality=95)
    start = data.index(b"Exif\0\0") + 6
    for place in range(start, start + 60):
        broken = data[:place] + b"\xff" + data[place + 1 :]
        assert sorted(load_pages(broken)[0].shape) == [3, HEIGHT, WIDTH]


# Pages


def reds(pages: list[np.ndarray]) -> list[int]:
    return [int(page[-2, 1, 0]) for page in pages]


def test_all_pages_of_a_file() -> None:
    assert reds(load_pages(pdf(pages=3))) == [255, 230, 204]
    assert reds(load_pages(tiff(pages=3))) == [10, 20, 30]


def test_chosen_pages() -> None:
    assert reds(load_pages(pdf(pages=3), pages=[2])) == [230]
    assert reds(load_pages(tiff(pages=3), pages=[3])) == [30]
    assert reds(load_pages(tiff(pages=4), pages=[1, 3])) == [10, 30]
    assert len(load_pages(encoded("PNG"), pages=[1])) == 1


@pytest.mark.parametrize("make", [pdf, tiff], ids=["pdf", "tiff"])
def test_too_many_pages_are_to_be_chosen_from(make: Callable[..., bytes]) -> None:
    data = make(pages=MAX_PAGES + 1)
    assert "--pages" in refused(data)
    assert len(load_pages(data, pages=[MAX_PAGES + 1])) == 1


@pytest.mark.parametrize("pages", [[0], [-1], [3], [1, 3], []])
@pytest.mark.parametrize("source", ["pdf", "tiff"])
def test_pages_that_are_not_there(pages: list[int], source: str) -> None:
    data = pdf(pages=2) if source == "pdf" else tiff(pages=2)
    with pytest.raises(UsageError):
        load_pages(data, pages=pages)


@pytest.mark.parametrize(
    "source", [encoded("PNG"), quarters(), Image.fromarray(quarters())], ids=["file", "array", "PIL"]
)
def test_single_pictures_have_one_page(source: Any) -> None:
    with pytest.raises(UsageError, match="there is no page 2: the file has 1"):
        load_pages(source, pages=[2])


def test_of_an_animation_the_first_frame_is_read() -> None:
    second = Image.fromarray(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    for form in ("GIF", "WEBP", "PNG", "AVIF"):
        pages = load_pages(encoded(form, save_all=True, append_images=[second]))
        assert len(pages) == 1
        assert shows_quarters(pages[0])


# What else can hold a picture


def test_everything_that_can_hold_a_picture_gives_the_same_page(tmp_path: Path) -> None:
    data = encoded("PNG")
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with path.open("rb") as opened, Image.open(path) as image:
        for source in (path, str(path), data, bytearray(data), memoryview(data), io.BytesIO(data), opened, image):
            (page,) = load_pages(source)
            assert np.array_equal(page, quarters())
    assert np.array_equal(load_pages(quarters())[0], quarters())
    assert np.array_equal(load_pages(_OfBytes(path))[0], quarters())
    with pytest.warns(PendingDeprecationWarning):
        assert load_pages(np.matrix(GREY))[0].shape[2] == 3


@dataclass
class _OfBytes:
    """A path that is bytes, as os.scandir(b"...") gives it."""

    path: Path

    def __fspath__(self) -> bytes:
        return os.fsencode(self.path)


def test_a_caller_s_picture_is_left_as_it_is() -> None:
    image = Image.open(io.BytesIO(encoded("JPEG", np.zeros((4500, 100, 3), np.uint8))))
    load_pages(image)
    assert image.size == (100, 4500)
    array = quarters()
    load_pages(array)
    assert np.array_equal(array, quarters())


@each(
    "dtype, bits",
    [("uint8", 8), ("int16", 15), *((dtype, bits) for dtype in ("uint16", "int32") for bits in (10, 12, 14, 16))]
    + [(dtype, bits) for dtype in ("uint32", "uint64", "int64") for bits in (8, 16, 24, 32)],
)
def test_arrays_of_integers(dtype: str, bits: int) -> None:
    """The samples of a scanner or camera are as many bits as the largest of them needs, whatever holds them."""
    page = load_pages((quarters().astype(np.uint64) << np.uint64(bits - 8)).astype(dtype))[0]
    assert np.abs(page.astype(int) - quarters()).max() <= 1


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("full", [1, 255])
def test_arrays_of_floating_point(dtype: str, full: int) -> None:
    page = load_pages((quarters() / 255 * full).astype(dtype))[0]
    assert np.abs(page.astype(int) - quarters()).max() <= 1


def test_arrays_of_truth() -> None:
    assert np.array_equal(load_pages(GREY > 127)[0][:, :, 1], np.where(GREY > 127, 255, 0))


def test_fractions_that_resizing_made_larger_than_one_are_fractions() -> None:
    array = quarters() / 255
    array[0, 0] = 1.03
    assert shows_quarters(load_pages(array)[0])


@each("value", [np.nan, np.inf, -np.inf, -3.0])
def test_arrays_with_values_beyond_any_picture(value: float) -> None:
    array = quarters() / 255
    array[5:9] = value
    page = load_pages(array)[0]
    assert shows_quarters(page)
    assert set(np.unique(page[5:9])) == {255 if value == np.inf else 0}
    assert load_pages(np.full((40, 40), np.nan))[0].max() == 0


@each(
    "array",
    [
        GREY,
        GREY[:, :, None],
        quarters(),
        np.dstack([quarters(), GREY]),
        quarters()[::-1],
        np.asfortranarray(quarters()),
    ],
    ids=["grey", "one channel", "RGB", "RGBA", "a view", "columns first"],
)
def test_arrays_of_every_shape(array: np.ndarray) -> None:
    page = load_pages(array)[0]
    assert page.shape == (HEIGHT, WIDTH, 3)
    assert page.flags.c_contiguous
    assert np.array_equal(page[:, :, 0], array if array.ndim == 2 else array[:, :, 0])


@each(
    "array",
    [
        np.zeros((50, 50, 2)),
        np.zeros((50, 50, 5)),
        np.zeros(50),
        np.zeros((1, 50, 50, 3)),
        np.zeros((50, 50), complex),
        np.full((50, 50), "a"),
        np.full((50, 50), None),
    ],
    ids=["2 channels", "5 channels", "1-d", "4-d", "complex", "text", "objects"],
)
def test_arrays_that_are_no_pictures(array: np.ndarray) -> None:
    with pytest.raises(UsageError, match=r"\(height, width, 3\)"):
        load_pages(array)


@each("source", [None, 3, 1.5, ["a.png"], {"path": "a.png"}, object()])
def test_what_cannot_hold_a_picture(source: Any) -> None:
    with pytest.raises(UsageError, match="give a path, bytes"):
        load_pages(source)


def test_file_objects_that_give_text(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="binary mode"):
        load_pages(io.StringIO("text"))
    path = tmp_path / "a.txt"
    path.write_text("text")
    with path.open() as opened, pytest.raises(UsageError, match="binary mode"):
        load_pages(opened)
    path.write_bytes(encoded("PNG"))  # which is no text
    with path.open(encoding="utf-8") as opened, pytest.raises(UsageError, match="binary mode"):
        load_pages(opened)


def test_file_objects_that_are_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded("PNG"))
    with path.open("rb") as opened:
        pass
    assert "closed" in refused(opened)
    with Image.open(path) as image:
        pass
    assert "damaged" in refused(image)


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    assert "this is a folder" in refused(tmp_path)
    assert "no such file" in refused(tmp_path / "absent.png")
    assert "no such file" in refused("a\0b.png")
    assert "cannot be read" in refused("a" * 5000)
    (tmp_path / "a.png").write_bytes(encoded("PNG"))
    assert "no such file" in refused(tmp_path / "a.png" / "b.png")


class _Endless:
    """A file object without an end, of which little is asked at a time."""

    def read(self, size: int = -1) -> bytes:
        assert 0 < size <= 1 << 20
        return bytes(size)


def test_what_has_no_end_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(load, "MOST_BYTES", 3 << 20)
    large = tmp_path / "large.png"
    with large.open("wb") as file:
        file.truncate(4 << 20)
    for source in (_Endless(), large, *([Path("/dev/zero")] if Path("/dev/zero").exists() else [])):
        with pytest.raises(UnreadableInputError, match="more than 3 MiB"):
            load.read_bytes(source)
    with large.open("wb") as file:
        file.truncate(3 << 20)
    assert len(load.read_bytes(large)) == 3 << 20


class _Own:
    """A caller's file object, which raises what it likes."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def read(self, size: int) -> bytes:
        raise self.error


def test_file_objects_of_other_makers_are_one_line() -> None:
    for error in (KeyError("SMITH"), TypeError("SMITH"), RuntimeError("SMITH"), OSError("SMITH"), ValueError("SMITH")):
        assert refused(_Own(error)) == "the file object cannot be read; is it closed?"


@each("kind", [bytes, bytearray, memoryview])
def test_file_objects_give_bytes_of_any_class(kind: Callable[[bytes], Any]) -> None:
    left = io.BytesIO(encoded("PNG"))
    assert shows_quarters(load_pages(SimpleNamespace(read=lambda size: kind(left.read(size))))[0])


def test_a_file_object_at_its_end_is_not_called_an_empty_file() -> None:
    written = io.BytesIO()
    written.write(encoded("PNG"))
    assert "seek(0)" in refused(written)
    assert refused(io.BytesIO()) == "the file is empty"
