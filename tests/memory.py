"""Pictures that are recognised once in a process, whoever brings them; all else is done each time."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

#: Larger pictures, of which a few would fill the memory, are read each time.
LARGEST_BYTES = 12_000_000


def pages_once() -> Callable[..., list[Any]]:
    """`extractor.text.page.read_pages` with a memory."""
    from extractor.text.page import read_pages

    known: dict[tuple[Any, ...], list[Any]] = {}

    def read(image: Any, index: int = 0) -> list[Any]:
        if image.nbytes > LARGEST_BYTES:
            return read_pages(image, index)
        key = image.shape, hashlib.sha256(image.tobytes()).digest()
        if key not in known:
            known[key] = read_pages(image)
        return [replace(page, index=index) for page in known[key]]

    return read


def parts_once() -> Callable[..., list[Any]]:
    """The same of `extractor.text.page.read_part`: documents on a picture are read once."""
    from extractor.text.page import read_part

    known: dict[tuple[Any, ...], list[Any]] = {}

    def read(page: Any, box: tuple[int, ...]) -> list[Any]:
        key = page.index, box, page.to_source.tobytes(), hashlib.sha256(page.image.tobytes()).digest()
        if key not in known:
            known[key] = read_part(page, box)
        return list(known[key])

    return read
