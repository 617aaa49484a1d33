"""The caller's input, kept so that pictures can be made of it afterwards: straightened, or with parts cut out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from extractor.errors import UsageError
from extractor.imaging.limits import DEFAULT, Limits
from extractor.imaging.load import load_pages, read_bytes
from extractor.schemas import schema_name

if TYPE_CHECKING:
    from PIL.Image import Image

    from extractor.extraction import Extraction
    from extractor.imaging.outline import Outline

#: Nothing is reduced: the limit on pixels still holds.
_ANY_SIDE = 1_000_000


@dataclass(frozen=True)
class Given:
    """The sources of one document, by reference, and which of their pages were read. A file object's content is kept,
    since it can be read only once."""

    sources: tuple[Any, ...] = field(repr=False)
    pages: tuple[int, ...] | None = None
    limits: Limits = DEFAULT

    def images(self, *, full_size: bool = False) -> list[np.ndarray]:
        """The pages as they were read, or in all their pixels. Raises UnreadableInputError."""
        limits = replace(self.limits, side=_ANY_SIDE) if full_size else self.limits
        return [image for one in self.sources for image in load_pages(one, pages=self.pages, limits=limits)]


def given(source: Any, pages: Sequence[int] | None, limits: Limits) -> Given:
    """What `extract` was given."""
    sources = source if isinstance(source, list | tuple) else [source]
    held = tuple(read_bytes(one) if hasattr(one, "read") else one for one in sources)
    return Given(held, None if pages is None else tuple(pages), limits)


def images_of(result: Extraction[Any], *, full_size: bool = False) -> list[np.ndarray]:
    """The pages of a result as pictures (h, w, 3) RGB. Raises UsageError where they are not what was read."""
    if result.given is None:
        raise UsageError("the result does not know what it was read from; read it again with extract()")
    images = result.given.images(full_size=full_size)
    shapes = [(page.width / page.height) for page in result.pages]
    same = len(images) == len(shapes) and all(
        abs(image.shape[1] / image.shape[0] / shape - 1) < 0.02 for image, shape in zip(images, shapes, strict=True)
    )
    if not same:
        raise UsageError("the file has changed since it was read; read it again")
    return images


def outlines_of(result: Extraction[Any], images: Sequence[np.ndarray]) -> list[tuple[int, Outline]]:
    """The documents on the pages of a result, each with its page; a page without text is one document."""
    from extractor.imaging.outline import Outline, find_outlines

    passport = schema_name(result.schema) == "passport"
    found: list[tuple[int, Outline]] = []
    for page, image in enumerate(images):
        part = next((one for one in result.seen if one.index == page), None)
        nothing = np.empty((0, 4, 2), np.float32)
        as_read, factor = as_it_was_read(result, page, image)
        here = part.outlines(as_read, passport=passport) if part else find_outlines(as_read, nothing, passport=passport)
        found += [(page, Outline(one.corners * factor, one.format, one.seen)) for one in here]
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
    for page, outline in outlines_of(result, pictures):
        flat = straighten(pictures[page], outline)
        image = images.fromarray(flat.image)
        if flat.dpi:
            image.info["dpi"] = (flat.dpi, flat.dpi)
        made.append(image)
    return made
