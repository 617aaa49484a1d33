"""The caller's input, kept so that pictures can be made of it afterwards: straightened, or with parts cut out."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from extractor.errors import UsageError
from extractor.imaging.geometry import is_inside
from extractor.imaging.limits import DEFAULT, Limits
from extractor.imaging.load import load_pages, read_bytes
from extractor.schemas import schema_name

if TYPE_CHECKING:
    from PIL.Image import Image

    from extractor.extraction import Extraction
    from extractor.imaging.outline import Outline
    from extractor.imaging.seen import SeenPage

#: Nothing is reduced: the limit on pixels still holds.
_ANY_SIDE = 1_000_000
#: Pixels that all pages of a document may have together, unreduced: 900 MB.
_TOGETHER = 300_000_000
_CHANGED = "the file has changed since it was read; read it again"


@dataclass(frozen=True)
class Given:
    """The sources of one document, by reference, and which of their pages were read. A file object's content is kept,
    since it can be read only once. `stamps` are the sizes and times of the sources that are files."""

    sources: tuple[Any, ...] = field(repr=False)
    pages: tuple[int, ...] | None = None
    limits: Limits = DEFAULT
    stamps: tuple[tuple[int, int] | None, ...] = ()

    def images(self, *, full_size: bool = False, count: int = 1) -> list[np.ndarray]:
        """The pages as they were read, or all `count` of them in all their pixels. Raises UnreadableInputError, and
        UsageError where a file is not the one that was read."""
        limits = self.limits
        if full_size:
            limits = replace(limits, side=_ANY_SIDE, pixels=min(limits.pixels, _TOGETHER // max(count, 1)))
        images = [image for one in self.sources for image in load_pages(one, pages=self.pages, limits=limits)]
        # Afterwards: a file may be replaced while it is opened, and another person's page would be taken for this one.
        if self.stamps != tuple(map(_stamp, self.sources)):
            raise UsageError(_CHANGED)
        return images


def given(source: Any, pages: Sequence[int] | None, limits: Limits) -> Given:
    """What `extract` was given."""
    sources = source if isinstance(source, list | tuple) else [source]
    held = tuple(read_bytes(one) if hasattr(one, "read") or _is_pipe(one) else one for one in sources)
    return Given(held, None if pages is None else tuple(pages), limits, tuple(map(_stamp, held)))


def _is_pipe(source: Any) -> bool:
    try:
        return isinstance(source, str | os.PathLike) and stat.S_ISFIFO(os.stat(source).st_mode)
    except (OSError, ValueError):  # reading it will report what is wrong
        return False


def _stamp(source: Any) -> tuple[int, int] | None:
    """Size (bytes) and modification time (ns) of a file; None if `source` is not a file that can be looked up."""
    if not isinstance(source, str | os.PathLike):
        return None
    try:
        state = os.stat(source)
    except (OSError, ValueError):  # reading it will report what is wrong
        return None
    return state.st_size, state.st_mtime_ns


def images_of(result: Extraction[Any], *, full_size: bool = False) -> list[np.ndarray]:
    """The pages of a result as pictures (h, w, 3) RGB. Raises UsageError where they are not what was read."""
    if result.given is None:
        raise UsageError("the result does not know what it was read from; read it again with extract()")
    images = result.given.images(full_size=full_size, count=len(result.pages))
    shapes = [(page.width / page.height) for page in result.pages]
    same = len(images) == len(shapes) and all(
        abs(image.shape[1] / image.shape[0] / shape - 1) < 0.02 for image, shape in zip(images, shapes, strict=True)
    )
    if not same:
        raise UsageError(_CHANGED)
    return images


def own_pages(result: Extraction[Any]) -> list[int]:
    """The pages on which the document lies. Others that were given with them may show somebody else's."""
    return sorted({box.page for box in result.regions})


def outlines_of(
    result: Extraction[Any], images: Sequence[np.ndarray] | Mapping[int, np.ndarray]
) -> list[tuple[SeenPage, Outline]]:
    """The documents on a result's pages, or on its parts of them, each with the page or part that it was seen on."""
    from extractor.imaging.outline import Outline

    passport = schema_name(result.schema) == "passport"
    found: list[tuple[SeenPage, Outline]] = []
    for part in result.seen:
        as_read, factor = as_it_was_read(result, part.index, images[part.index])
        before = [outline.corners for other, outline in found if other.index == part.index]
        for one in part.outlines(as_read, passport=passport):
            corners = one.corners * factor
            # A part that lies another way than the rest of its page may have been outlined with it already.
            if not any(is_inside(corners.mean(axis=0), other) for other in before):
                found.append((part, Outline(corners, one.format, one.seen)))
    return found


def as_it_was_read(result: Extraction[Any], page: int, image: np.ndarray) -> tuple[np.ndarray, float]:
    """A page in the size in which it was read, and how much larger `image` is."""
    import cv2

    info = result.pages[page]
    if image.shape[1] == info.width:
        return image, 1.0
    small = cv2.resize(image, (info.width, info.height), interpolation=cv2.INTER_AREA)
    return np.asarray(small), image.shape[1] / info.width


def deskewed(result: Extraction[Any]) -> list[Image]:
    """`Extraction.deskewed`."""
    from PIL import Image as images

    from extractor.imaging.straighten import straighten

    pictures = images_of(result, full_size=True)
    made = []
    for part, outline in outlines_of(result, pictures):
        flat = straighten(pictures[part.index], outline)
        image = images.fromarray(flat.image)
        if flat.dpi:
            image.info["dpi"] = (flat.dpi, flat.dpi)
        made.append(image)
    return made
