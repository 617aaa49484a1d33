"""Files, bytes, file objects, PIL images and arrays to RGB pages.

What a file is decides its content, never its name. Size is looked at before anything is decoded, so that a
decompression bomb costs no memory. Every refusal is one line that says what to do.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import threading
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from extractor.errors import ExtractorError, UnreadableInputError, UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

#: Largest picture that is decoded, in pixels: any phone's, and A4 at 1200 dpi.
MAX_PIXELS = 120_000_000
#: Pages are bound to this many pixels on the longer side: print at 600 dpi is 3,000 wide on a passport page.
MAX_SIDE = 4000
#: Smallest side a picture can have and still hold readable text.
MIN_SIDE = 24
#: Pages read from one file where the caller names none.
MAX_PAGES = 20
#: PDF pages are rendered so that the longer side has this many pixels (about 200 dpi on A4).
_PDF_SIDE = 2400
_FORMATS = "JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC, AVIF or PDF"
_DAMAGED = "the picture is damaged or incomplete; export or photograph it again"
#: One file at a time: PDFium is not made for threads, and Python's filters of warnings belong to the whole process.
_DECODING = threading.Lock()

Input = Any
"""What `load_pages` takes: path, bytes, binary file object, PIL image or numpy array."""


def load_pages(source: Input, *, pages: Sequence[int] | None = None, max_pixels: int = MAX_PIXELS) -> list[np.ndarray]:
    """The pages of `source` as RGB arrays (height, width, 3) uint8, EXIF orientation applied.

    `pages` picks pages by number, from 1; without it a file of more than MAX_PAGES pages is refused. Raises
    UnreadableInputError, or UsageError for a page that does not exist.
    """
    if isinstance(source, np.ndarray):
        _choose(1, pages)
        return [_from_array(source)]
    if hasattr(source, "convert") and hasattr(source, "size"):
        _choose(1, pages)
        return [_from_pillow(source, max_pixels)]
    data = _read_bytes(source)
    if not data:
        raise UnreadableInputError("the file is empty")
    with _DECODING:
        if data[:1024].lstrip().startswith(b"%PDF-"):
            return list(_pdf_pages(data, pages))
        return list(_image_pages(data, pages, max_pixels))


def _read_bytes(source: Input) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if hasattr(source, "read"):
        try:
            data = source.read()
        except (OSError, ValueError) as error:
            raise UnreadableInputError("the file object cannot be read; is it closed?") from error
        if not isinstance(data, bytes):
            raise UsageError("the file object gives text; open it in binary mode")
        return data
    if isinstance(source, str | Path):
        path = Path(source)
        try:
            if path.is_dir():
                raise UnreadableInputError("this is a folder; name the pictures in it")
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError, ValueError) as error:
            # ValueError: a name with a null character
            raise UnreadableInputError("there is no such file") from error
        except OSError as error:
            raise UnreadableInputError(f"the file cannot be read: {error.strerror}") from error
    raise UsageError(
        f"cannot read a {type(source).__name__}; give a path, bytes, a file object, a PIL image or an array"
    )


def _image_pages(data: bytes, pages: Sequence[int] | None, max_pixels: int) -> Iterator[np.ndarray]:
    from PIL import Image, ImageSequence, UnidentifiedImageError

    formats = _formats()
    try:
        with warnings.catch_warnings():
            # Pillow warns about sizes that are checked here, and about metadata that is not used.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=formats) as image:
                # Only TIFF frames are pages; those of a GIF or WebP are an animation, of which the first is read.
                count = getattr(image, "n_frames", 1) if image.format in ("TIFF", "MPO") else 1
                count = 1 if image.format == "MPO" else count
                wanted = _choose(count, pages)
                for number, frame in enumerate(ImageSequence.Iterator(image), start=1):
                    if number > max(wanted):
                        break
                    if number in wanted:
                        _check_size(frame, max_pixels)
                        if frame.format == "JPEG":
                            # The decoder itself scales very large photographs by a power of two.
                            frame.draft("RGB", (MAX_SIDE, MAX_SIDE))
                        yield _to_rgb(frame)
    except ExtractorError:
        raise
    except UnidentifiedImageError as error:
        raise UnreadableInputError(f"this is no picture in a known format; use {_FORMATS}") from error
    except Image.DecompressionBombError as error:
        raise UnreadableInputError(_too_large(max_pixels)) from error
    except Exception as error:
        # Pillow's plugins raise nearly everything on damaged files; their texts may quote the file's content.
        raise UnreadableInputError(_DAMAGED) from error


def _from_pillow(image: Image, max_pixels: int) -> np.ndarray:
    """A picture that the caller opened, which may not have been decoded yet; it is left as it is."""
    _check_size(image, max_pixels)
    try:
        return _to_rgb(image)
    except Exception as error:
        raise UnreadableInputError(_DAMAGED) from error


def _formats() -> list[str]:
    """Pillow's openers of the formats that are read. It knows many more, some of which start other programs (EPS)."""
    from PIL import Image
    from pillow_heif import register_heif_opener

    Image.preinit()
    for plugin in ("TiffImagePlugin", "WebPImagePlugin", "AvifImagePlugin"):
        # Not every Pillow is built with all of them.
        with contextlib.suppress(ImportError):
            importlib.import_module(f"PIL.{plugin}")
    register_heif_opener()
    return [name for name in ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "HEIF", "AVIF") if name in Image.OPEN]


def _too_large(max_pixels: int) -> str:
    return f"the picture has more than {max_pixels // 1_000_000} million pixels; scale it down first"


def _check_size(image: Image, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise UnreadableInputError(_too_large(max_pixels))
    if min(width, height) < MIN_SIDE:
        raise UnreadableInputError(f"the picture is only {width} x {height} pixels; nothing can be read on it")


def _to_rgb(image: Image) -> np.ndarray:
    """One frame, upright by its EXIF tag, without alpha, in 8 bits, bound to MAX_SIDE."""
    from PIL import Image as images

    image = _upright(image)
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image = _to_eight_bits(image)
    if image.mode == "P" or "A" in image.getbands() or "transparency" in image.info:
        # What is transparent is shown as paper.
        rgba = image.convert("RGBA")
        paper = images.new("RGBA", rgba.size, "white")
        image = images.alpha_composite(paper, rgba)
    image = image.convert("RGB")
    if max(image.size) > MAX_SIDE:
        image.thumbnail((MAX_SIDE, MAX_SIDE), images.Resampling.LANCZOS)
    return np.asarray(image)


def _upright(image: Image) -> Image:
    """The picture as a viewer shows it; as it is stored, where its EXIF data are broken and its pixels are not."""
    from PIL import ImageOps

    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _to_eight_bits(image: Image) -> Image:
    from PIL import Image as images

    return images.fromarray(_scaled(np.asarray(image, dtype=np.float32)))


def _scaled(values: np.ndarray) -> np.ndarray:
    """Samples of more than 8 bits, or floating point, as uint8 over the range their own values suggest."""
    finite = values[np.isfinite(values)]
    top = float(finite.max()) if finite.size else 0.0
    full = 1.0 if top <= 1.0 else 255.0 if top <= 255.0 else 65535.0
    return (np.clip(np.nan_to_num(values, nan=0.0), 0, full) * (255.0 / full)).astype(np.uint8)


def _from_array(array: np.ndarray) -> np.ndarray:
    """A greyscale, RGB or RGBA array as RGB uint8 (alpha dropped)."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)) or array.dtype.kind not in "buif":
        raise UsageError("an image array must have the shape (height, width), (height, width, 3) or (height, width, 4)")
    if min(array.shape[:2]) < MIN_SIDE:
        raise UnreadableInputError(
            f"the picture is only {array.shape[1]} x {array.shape[0]} pixels; nothing can be read on it"
        )
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    elif array.dtype != np.uint8:
        array = _scaled(array.astype(np.float32))
    rgb = np.repeat(array[:, :, None], 3, axis=2) if array.ndim == 2 else array[:, :, :3]
    if max(rgb.shape[:2]) > MAX_SIDE:
        from PIL import Image as images

        image = images.fromarray(np.ascontiguousarray(rgb))
        image.thumbnail((MAX_SIDE, MAX_SIDE))
        return np.asarray(image)
    return np.ascontiguousarray(rgb)


def _pdf_pages(data: bytes, pages: Sequence[int] | None) -> Iterator[np.ndarray]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise UnreadableInputError(
            "the PDF is locked by a password; save it without one" if locked else "the PDF is damaged; export it again"
        ) from error
    try:
        for number in sorted(_choose(len(document), pages)):
            try:
                page = document[number - 1]
                width, height = page.get_size()
                scale = min(_PDF_SIDE / max(width, height, 1.0), 8.0)
                yield np.ascontiguousarray(page.render(scale=scale, rev_byteorder=True).to_numpy()[:, :, :3])
            except pypdfium2.PdfiumError as error:
                raise UnreadableInputError(f"page {number} of the PDF is damaged; export it again") from error
    finally:
        document.close()


def _choose(count: int, pages: Sequence[int] | None) -> set[int]:
    """The page numbers to read of a file of `count` pages; pages that are not there, and none at all, are refused."""
    if pages is None:
        if count > MAX_PAGES:
            raise UnreadableInputError(f"the file has {count} pages; choose some, for example --pages 1-2")
        if count == 0:
            raise UnreadableInputError("the file has no pages")
        return set(range(1, count + 1))
    if not pages:
        raise UsageError("name at least one page")
    missing = [number for number in pages if not 1 <= number <= count]
    if missing:
        raise UsageError(f"there is no page {missing[0]}: the file has {count}")
    return set(pages)
