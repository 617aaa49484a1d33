"""Files, bytes, file objects, PIL images and arrays to RGB pages.

A file's content decides what it is, never its name. Sizes and page counts are checked before anything is decoded.
Ordinary photographs are decoded here; formats whose decoders have no limits of their own (PDF, TIFF, HEIC, AVIF), and
unusually large pictures, in a process of their own (`extractor.imaging.decoder`). Every refusal is one line that says
what to do.
"""

from __future__ import annotations

import contextlib
import io
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from extractor.errors import ExtractorError, UnreadableInputError, UsageError
from extractor.imaging import decoder
from extractor.imaging.limits import DEFAULT, Limits
from extractor.imaging.pictures import choose_pages, from_array, from_pillow, picture_pages, picture_size

#: Formats that are decoded in this process, by their first bytes.
_ORDINARY = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"RIFF")
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PICTURES = (*_ORDINARY, *_TIFF)
#: Pixels and JPEG scans up to which this takes a second and 400 MB at most. Progressive photographs have about ten
#: scans; thousands of them make a small file slow.
_ORDINARY_PIXELS = 40_000_000
_ORDINARY_SCANS = 16
#: Bytes of one file: devices and pipes may have no end.
MOST_BYTES = 1 << 29
_CHUNK = 1 << 20
#: Python's filters of warnings belong to the whole process.
_DECODING = threading.Lock()

Input = Any
"""What `load_pages` takes: path, bytes, binary file object, PIL image or numpy array."""


def load_pages(
    source: Input,
    *,
    pages: Sequence[int] | None = None,
    limits: Limits = DEFAULT,
    max_pixels: int | None = None,
) -> list[np.ndarray]:
    """The pages of `source` as RGB arrays (height, width, 3) uint8, EXIF orientation applied.

    `pages` picks pages by number, from 1. `max_pixels` overrides that limit alone. Raises UnreadableInputError,
    TooManyPagesError among them, or UsageError for a page that does not exist.
    """
    if max_pixels is not None:
        limits = replace(limits, pixels=max_pixels)
    if isinstance(source, np.ndarray):
        choose_pages(1, pages, limits)
        return [from_array(np.asarray(source), limits.side)]  # a matrix cannot have channels
    if hasattr(source, "convert") and hasattr(source, "size"):
        choose_pages(1, pages, limits)
        return [from_pillow(source, limits)]
    data = read_bytes(source)
    if not data:
        raise UnreadableInputError("the file is empty")
    if needs_own_process(data):
        return decoder.decode(data, pages, limits)
    with _DECODING:
        return list(picture_pages(data, pages, limits, only_ordinary=True))


def needs_own_process(data: bytes) -> bool:
    """Whether decoding `data` may cost more than its size suggests."""
    if is_pdf(data) or data.startswith(_TIFF) or data[4:8] == b"ftyp":
        return True
    if not data.startswith(_ORDINARY):
        return False  # not a picture, which is said here
    if data.startswith(_ORDINARY[0]) and data.count(b"\xff\xda") > _ORDINARY_SCANS:
        return True
    with _DECODING:
        width, height = picture_size(data)
    return width * height > _ORDINARY_PIXELS


def is_pdf(data: bytes) -> bool:
    """Whether a file is a PDF; its header may stand behind other bytes (PDF Reference 1.7, appendix H, note 13)."""
    return b"%PDF-" in data[:1024] and not data.startswith(_PICTURES) and data[4:8] != b"ftyp"


def read_bytes(source: Input) -> bytes:
    """The content of a path, bytes or a binary file object. Raises UnreadableInputError or UsageError."""
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if hasattr(source, "read"):
        if isinstance(source, io.TextIOBase):  # which fails on a picture before it gives anything
            raise UsageError("the file object gives text; open it in binary mode")
        try:
            data = _all_of(source)
        except ExtractorError:
            raise
        except Exception as error:  # of the caller's own class, which may raise anything
            raise UnreadableInputError("the file object cannot be read; is it closed?") from error
        if not data and _is_at_its_end(source):
            raise UnreadableInputError("the file object was read or written to its end; call its seek(0) first")
        return data
    if isinstance(source, str | os.PathLike):
        path = Path(os.fsdecode(source))
        if not os.fspath(source):
            raise UnreadableInputError("the name of the file is empty")
        try:
            if path.is_dir():
                raise UnreadableInputError("this is a folder; name the pictures in it")
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_size > MOST_BYTES:
                    raise too_large()
                return _all_of(file)
        except (FileNotFoundError, NotADirectoryError, ValueError) as error:
            # ValueError: a name with a null character
            raise UnreadableInputError("there is no such file") from error
        except OSError as error:
            raise UnreadableInputError(f"the file cannot be read: {error.strerror}") from error
    raise UsageError(
        f"cannot read a {type(source).__name__}; give a path, bytes, a file object, a PIL image or an array"
    )


def _all_of(file: Any) -> bytes:
    """What a binary file holds. Raises UnreadableInputError where that does not end, UsageError where it is text."""
    chunks: list[bytes] = []
    left = MOST_BYTES
    while chunk := file.read(_CHUNK):
        if not isinstance(chunk, bytes | bytearray | memoryview):
            raise UsageError("the file object gives text; open it in binary mode")
        chunks.append(bytes(chunk))
        left -= len(chunks[-1])
        if left < 0:
            raise too_large()
    return b"".join(chunks)


def _is_at_its_end(file: Any) -> bool:
    with contextlib.suppress(Exception):  # not every one knows where it is
        return int(file.tell()) > 0
    return False


def too_large() -> UnreadableInputError:
    return UnreadableInputError(f"the file has more than {MOST_BYTES >> 20} MiB; give its pages one by one")


def _after_fork() -> None:
    """In a forked child: whichever thread held the lock was not copied."""
    global _DECODING  # noqa: PLW0603
    _DECODING = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
