"""Pictures into files: pixels only, whole or not at all."""

from __future__ import annotations

import base64
import contextlib
import io
import itertools
import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

#: What pictures are written as, by the end of the name. PNG keeps every pixel; a JPEG is written at high quality.
FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".pdf": "PDF",
}


def check_target(path: Path) -> None:
    """Raises UsageError for a name that no picture can be written to."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{path} cannot be written: use a path ending in .png, .jpg, .webp, .tif or .pdf")


def free(path: Path, taken: Collection[str]) -> Iterator[Path]:
    """`card.png`, `card-2.png` ..., without those that are `taken`, which are real paths."""
    tries = itertools.chain([path], (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2)))
    return (one for one in tries if os.path.realpath(one) not in taken)


def save_pictures(pictures: Sequence[Image], path: Path, taken: Collection[str] = ()) -> list[Path]:
    """Writes pictures to `path`, further ones beside it (`card-2.png` ...) but never to what is `taken`; those of a PDF
    are its pages. Returns the files.

    Nothing but pixels and their density (`info["dpi"]`) is written: no EXIF, XMP or thumbnail, whatever they came from.
    Each file is replaced as a whole, and not before all are written. Raises UsageError.
    """
    check_target(path)
    form = FORMATS[path.suffix.lower()]
    groups = [list(pictures)] if form == "PDF" else [[picture] for picture in pictures]
    targets = [path, *itertools.islice(free(path, {*taken, os.path.realpath(path)}), len(groups) - 1)]
    waiting: list[tuple[str, Path]] = []
    try:
        for group, target in zip(groups, targets, strict=True):
            waiting.append((_written(group, form, path.parent), target))
        for partial, target in waiting:
            os.replace(partial, target)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "its name or its size does not fit"
        raise UsageError(f"{path} cannot be written: {reason}") from None
    finally:
        for partial, _ in waiting:
            with contextlib.suppress(OSError):
                os.unlink(partial)
    return targets


def _written(pictures: Sequence[Image], form: str, folder: Path) -> str:
    """A new file beside the target, with everything in it. Readable by its owner, until it has the target's name."""
    file, partial = tempfile.mkstemp(prefix=".picture.", suffix=".partial", dir=folder)
    try:
        with os.fdopen(file, "wb") as target:
            _save(pictures, form, target)
            target.flush()
            os.fsync(target.fileno())
        mask = os.umask(0)
        os.umask(mask)
        with contextlib.suppress(OSError):
            os.chmod(partial, 0o666 & ~mask)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise
    return partial


def encoded(pictures: Sequence[Image], form: str) -> bytes:
    """Pictures as one file of a format: PDF takes any number, the others one."""
    buffer = io.BytesIO()
    _save(pictures, form, buffer)
    return buffer.getvalue()


def in_base64(picture: Image, form: str, **options: Any) -> str:
    """A picture as a file of a format with Pillow's options, in base64."""
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _save(pictures: Sequence[Image], form: str, target: Any) -> None:
    from PIL import Image

    # New pictures of the same pixels: what hangs on the old ones (EXIF, comments, profiles) is not taken along.
    bare = [Image.frombytes("RGB", one.size, one.convert("RGB").tobytes()) for one in pictures]
    dpi = pictures[0].info.get("dpi")
    given: dict[str, Any] = {"dpi": dpi} if dpi and form != "PDF" else {}
    if form == "PDF":
        # Pillow would name the file as the title.
        given = {
            "save_all": True,
            "append_images": bare[1:],
            "title": "",
            "resolution": float(dpi[0]) if dpi else 150.0,
        }
    if form in ("JPEG", "PDF", "WEBP"):
        given |= {"quality": 95}
    bare[0].save(target, form, **given)
