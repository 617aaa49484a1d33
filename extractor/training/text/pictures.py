"""Training pictures: captured pages of the training pool, and their lines as the product cuts them out.

Everything goes into one zip of WebP files, `page-*.webp` and `line-WIDTH-*.webp`. Lines are stretched to the nearest
of a few widths, so that they can be put together in batches without blanks at their ends.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from extractor.errors import UnreadableInputError

#: Widths of lines, pixels at the recogniser's height of 48.
WIDTHS = (96, 128, 160, 192, 240, 304, 384, 480, 608, 768, 960, 1216, 1536)
_QUALITY = 80
#: One page in this many is plain text: rare ideographs, and scripts side by side.
_TEXT_EVERY = 7
_TEXT_LANGUAGES = ("en", "zh", "ja", "ru")


def write(out: Path, count: int, seed: int, workers: int, tell: Callable[[int, int], None]) -> None:
    """Draws `count` pages into the zip `out`. Raises FontsMissingError."""
    with zipfile.ZipFile(out, "w") as archive, ProcessPoolExecutor(workers) as processes:
        for done, files in enumerate(processes.map(partial(_drawn, seed), range(count)), 1):
            for name, data in files:
                archive.writestr(name, data)
            tell(done, count)


def _drawn(seed: int, number: int) -> list[tuple[str, bytes]]:
    """The files of page `number`: itself, and its lines."""
    from extractor.text.ocr import detect, line_crop, sharing_cores, threads

    rng = random.Random(f"{seed} {number}")
    image = _page(rng, text=number % _TEXT_EVERY == 0)
    with sharing_cores(threads()):
        boxes, _ = detect(image)
    files = [(f"page-{number:05}.webp", _packed(image))]
    for place, box in enumerate(boxes):
        line = stretched(line_crop(image, box))
        files.append((f"line-{line.shape[1]}-{number:05}-{place:03}.webp", _packed(line)))
    return files


def _page(rng: random.Random, *, text: bool) -> np.ndarray:
    from extractor.synthesis.capture import MODES, capture
    from extractor.synthesis.draw import draw
    from extractor.synthesis.text_pages import draw_text
    from extractor.training.nano.designs import design

    if text:
        return draw_text("training", rng.getrandbits(40), size=(1000, 672), languages=_TEXT_LANGUAGES).image
    upright = [mode for mode in MODES if mode != "rotated"]  # a page that lies has no lines to read
    while True:
        try:
            return capture(draw(design(rng), rng.getrandbits(40)), rng.choice(upright)).image
        except (ArithmeticError, LookupError, ValueError):  # one made-up design in thousands cannot be drawn
            continue


def stretched(line: np.ndarray) -> np.ndarray:
    """A line (48, w, 3) at the nearest of WIDTHS, by ratio."""
    import cv2

    wide = min(WIDTHS, key=lambda width: abs(np.log(width / line.shape[1])))
    return cv2.resize(line, (wide, line.shape[0])) if wide != line.shape[1] else line


def read(data: Path) -> tuple[list[np.ndarray], dict[int, list[np.ndarray]]]:
    """Pages, (h, w, 3) uint8 RGB each, and lines by width; what a data file holds, in its order. Raises
    UnreadableInputError."""
    if not zipfile.is_zipfile(data):
        raise UnreadableInputError("--data is no zip file; make one with: python -m extractor.training.text draw")
    pages: list[np.ndarray] = []
    lines: dict[int, list[np.ndarray]] = {}
    for name, picture in _pictures(data):
        if name.startswith("page"):
            pages.append(picture)
        else:
            lines.setdefault(picture.shape[1], []).append(picture)
    return pages, lines


def _pictures(data: Path) -> Iterator[tuple[str, np.ndarray]]:
    from PIL import Image

    with zipfile.ZipFile(data) as archive:
        for name in archive.namelist():
            yield name, np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB"))


def _packed(image: np.ndarray) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "WEBP", quality=_QUALITY)
    return buffer.getvalue()
