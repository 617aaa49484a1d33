"""Encoded pictures, PIL images and arrays to upright 8-bit RGB, by Pillow."""

from __future__ import annotations

import contextlib
import importlib
import io
import math
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from extractor.errors import ExtractorError, TooManyPagesError, UnreadableInputError, UsageError
from extractor.imaging.limits import MAX_SIDE, Limits

if TYPE_CHECKING:
    from PIL.Image import Image

#: Smallest side a picture can have and still hold readable text.
MIN_SIDE = 24
#: Formats whose decoders are bounded by the size of the picture; the others are decoded in a process of their own.
ORDINARY = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
FORMATS = "JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC, AVIF or PDF"
#: PNG (ISO/IEC 15948): its signature, kinds of chunks that are not used, and how many chunks are looked at.
_PNG, _UNUSED, _CHUNKS = b"\x89PNG\r\n\x1a\n", (b"tEXt", b"zTXt", b"iTXt", b"iCCP"), 10_000
_DAMAGED = "the picture is damaged or incomplete; export or photograph it again"
#: Samples that are scaled to 8 bits at a time, which bounds the memory of their floating point copies.
_SAMPLES = 4_000_000


def picture_pages(
    data: bytes, pages: Sequence[int] | None, limits: Limits, *, only_ordinary: bool = False
) -> Iterator[np.ndarray]:
    """The chosen pages of a picture file, each decoded when it is asked for. Raises UnreadableInputError.

    `only_ordinary` knows the ORDINARY formats alone.
    """
    from PIL import Image, ImageSequence, UnidentifiedImageError

    formats = import_formats(only_ordinary=only_ordinary)
    try:
        with warnings.catch_warnings():
            # Pillow warns about sizes that are checked here, and about metadata that is not used.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(without_texts(data)), formats=formats) as image:
                # Only TIFF frames are pages; those of a GIF or WebP are an animation, of which the first is read.
                wanted = choose_pages(getattr(image, "n_frames", 1) if image.format == "TIFF" else 1, pages, limits)
                for number, frame in enumerate(ImageSequence.Iterator(image), start=1):
                    if number > max(wanted):
                        break
                    if number in wanted:
                        check_size(frame.size, limits)
                        if frame.format == "JPEG":
                            # The decoder itself scales very large photographs by a power of two.
                            frame.draft("RGB", (limits.side, limits.side))
                        yield _to_rgb(frame, limits.side)
    except (ExtractorError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise UnreadableInputError(f"this is not a picture in a known format; use {FORMATS}") from error
    except Image.DecompressionBombError as error:
        raise UnreadableInputError(_too_large(limits)) from error
    except Exception as error:
        # Pillow's plugins raise nearly everything on damaged files; their texts may quote the file's content.
        raise UnreadableInputError(_DAMAGED) from error


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height by a file's header; (0, 0) for one that does not say, which `picture_pages` refuses."""
    from PIL import Image

    with warnings.catch_warnings(), contextlib.suppress(Exception):
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(without_texts(data)), formats=import_formats(only_ordinary=True)) as image:
            return image.size
    return 0, 0


def without_texts(data: bytes) -> bytes:
    """A PNG without its texts and colour profile, which are not used: large ones would keep it from being opened."""
    if not data.startswith(_PNG) or not any(kind in data for kind in _UNUSED):
        return data
    kept, place = [_PNG], len(_PNG)
    for _ in range(_CHUNKS):
        length, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        if kind not in _UNUSED:
            kept.append(data[place : place + length + 12])
        place += length + 12
        if place >= len(data):
            break
    return b"".join([*kept, data[place:]])


def import_formats(*, only_ordinary: bool = False) -> list[str]:
    """Loads the openers of the formats that are read, and returns their names in Pillow.

    Pillow knows many more, some of which start other programs (EPS).
    """
    from PIL import Image

    Image.preinit()
    with contextlib.suppress(ImportError):  # not every Pillow is built with all of them
        importlib.import_module("PIL.WebPImagePlugin")
    if only_ordinary:
        return [name for name in ORDINARY if name in Image.OPEN]
    for plugin in ("TiffImagePlugin", "AvifImagePlugin"):
        with contextlib.suppress(ImportError):
            importlib.import_module(f"PIL.{plugin}")
    from pi_heif import register_heif_opener

    register_heif_opener()
    return [name for name in (*ORDINARY, "TIFF", "HEIF", "AVIF") if name in Image.OPEN]


def choose_pages(count: int, pages: Sequence[int] | None, limits: Limits) -> set[int]:
    """The numbers of the pages to read of a file of `count` pages.

    Raises UsageError for pages that do not exist, TooManyPagesError for more than `limits` allow.
    """
    if pages is None:
        if count > limits.pages:
            raise TooManyPagesError(f"the file has {count} pages; choose some, for example --pages 1-2")
        if count == 0:
            raise UnreadableInputError("the file has no pages")
        return set(range(1, count + 1))
    if not pages:
        raise UsageError("name at least one page")
    missing = [number for number in pages if not 1 <= number <= count]
    if missing:
        raise UsageError(f"there is no page {missing[0]}: the file has {count}")
    if len(set(pages)) > limits.pages:
        raise TooManyPagesError(f"{len(set(pages))} pages are chosen; at most {limits.pages} are read of one file")
    return set(pages)


def check_size(size: tuple[int, int], limits: Limits) -> None:
    """Raises UnreadableInputError for a picture (width, height) that is too large or too small."""
    if size[0] * size[1] > limits.pixels:
        raise UnreadableInputError(_too_large(limits))
    check_shape(size, limits.side)


def check_shape(size: tuple[float, float], side: int) -> None:
    """Raises UnreadableInputError for a picture (width, height) too small to be read, or once it is reduced to
    `side`."""
    if min(size) < MIN_SIDE:
        raise UnreadableInputError(f"the picture is only {size[0]} x {size[1]} pixels; nothing can be read on it")
    if min(size) * side < MIN_SIDE * max(size):
        raise UnreadableInputError(f"the picture is {size[0]} x {size[1]} pixels, too narrow for any document")


def _too_large(limits: Limits) -> str:
    return f"the picture has more than {limits.pixels / 1_000_000:g} million pixels; scale it down first"


def from_pillow(image: Image, limits: Limits) -> np.ndarray:
    """A picture that the caller opened, which may not have been decoded yet; it is left as it is."""
    check_size(image.size, limits)
    try:
        return _to_rgb(image, limits.side)
    except Exception as error:
        raise UnreadableInputError(_DAMAGED) from error


def _to_rgb(image: Image, side: int) -> np.ndarray:
    """One frame, upright by its EXIF tag, without alpha, in 8 bits, its longer side at most `side`."""
    from PIL import Image as images

    image = _upright(image)
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image = images.fromarray(_scaled(np.asarray(image)))
    elif image.mode == "La":  # of which Pillow makes nothing but LA
        image = image.convert("LA")
    if image.mode == "P" or "A" in image.getbands() or "transparency" in image.info:
        # Transparent areas become white, like paper.
        rgba = _bounded(image.convert("RGBA"), side)
        paper = images.new("RGBA", rgba.size, "white")
        image = images.alpha_composite(paper, rgba)
    # Every copy of a picture as large as they may be takes half of the memory there is for it.
    return np.asarray(_bounded(image if image.mode == "RGB" else image.convert("RGB"), side))


def _bounded(image: Image, side: int) -> Image:
    """`image`, or its reduction to `side` as a picture of its own."""
    from PIL import Image as images

    if max(image.size) <= side:
        return image
    longer, shorter = max(image.size), min(image.size)
    # As Pillow's own `thumbnail` rounds it, which would change `image`.
    exact = side * shorter / longer
    around = (math.floor(exact), math.ceil(exact))
    other = max(1, min(around, key=lambda n: abs(longer / shorter - side / n) if n else math.inf))
    size = (side, other) if image.width >= image.height else (other, side)
    return image.resize(size, images.Resampling.LANCZOS, reducing_gap=2.0)


def _upright(image: Image) -> Image:
    """The picture as a viewer shows it; as it is stored, where its EXIF data are broken and its pixels are not."""
    from PIL import ImageOps
    from PIL.ExifTags import Base

    image.load()
    try:
        is_upright = image.getexif().get(Base.Orientation, 1) == 1
        return image if is_upright else ImageOps.exif_transpose(image)
    except Exception:
        return image


def _scaled(values: np.ndarray) -> np.ndarray:
    """Samples of more than 8 bits, or floating point, as uint8 over the range their own values suggest."""
    flat = values.reshape(-1)
    parts = [slice(start, start + _SAMPLES) for start in range(0, flat.size, _SAMPLES)]
    top = max((_top(flat[part]) for part in parts), default=0.0)
    # Resizing overshoots fractions a little. Cameras and scanners give 10, 12, 14 or 16 bits in whole numbers of more.
    full = 1.0 if top < 2 else max(255.0, 2.0 ** math.ceil(math.log2(top + 1)) - 1)
    scaled = np.empty(flat.shape, np.uint8)
    for part in parts:
        samples = np.nan_to_num(flat[part].astype(np.float32), nan=0.0)
        scaled[part] = (np.clip(samples, 0, full) * (255.0 / full)).astype(np.uint8)
    return scaled.reshape(values.shape)


def _top(values: np.ndarray) -> float:
    """The largest finite sample, at least 0."""
    samples = values.astype(np.float32)
    return max(0.0, float(samples[np.isfinite(samples)].max(initial=0.0)))


def from_array(array: np.ndarray, side: int = MAX_SIDE) -> np.ndarray:
    """A greyscale, RGB or RGBA array as RGB uint8 (alpha dropped)."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)) or array.dtype.kind not in "buif":
        raise UsageError("an image array must have the shape (height, width), (height, width, 3) or (height, width, 4)")
    check_shape((array.shape[1], array.shape[0]), side)
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    elif array.dtype != np.uint8:
        array = _scaled(array)
    rgb = np.repeat(array[:, :, None], 3, axis=2) if array.ndim == 2 else array[:, :, :3]
    if max(rgb.shape[:2]) > side:
        from PIL import Image as images

        image = images.fromarray(np.ascontiguousarray(rgb))
        image.thumbnail((side, side))
        return np.asarray(image)
    return np.ascontiguousarray(rgb)
