"""Made pages with true errors of recognition: printed, photographed, and read by the text networks.

`noise` simulates what recognition does; here it is done. A page takes a core a second or two, so there are
thousands and not millions of them, and each is used many times, augmented as real pages are. Every character that was
read takes tag and owner of the printed one that it stands for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from extractor.imaging.geometry import apply
from extractor.progress import progress
from extractor.synthesis.capture import capture, choose_mode
from extractor.synthesis.draw import DrawnPage
from extractor.synthesis.pools import Pool
from extractor.training.visual.batches import Mixture, draw_sheet
from extractor.training.visual.labelled import Sheet, SheetLine
from extractor.training.visual.printing import has_letters, is_of_zone, print_sheet, runs_leftwards
from extractor.visual.features import zone_facts
from extractor.visual.tags import NOTHING

_POOL: Pool = "training"
#: A page with fewer lines says nothing.
_LEAST_LINES = 4
#: Share of the lower line's height by which two lines must be level to be the same, and how far beyond a line, in its
#: heights, characters may stand that belong to it.
_LEVEL, _BEYOND = 0.4, 1.5


@dataclass(frozen=True)
class Printed:
    """A printed line on the page that was read: its box (left, top, right, bottom), pixels."""

    line: SheetLine
    box: tuple[float, float, float, float]


def printed_pages(mixture: Mixture, seed: int, count: int) -> Iterator[Sheet]:
    """`count` pages of the mixture, read. Raises FontsMissingError."""
    rng = random.Random(seed)
    made = 0
    with progress(count, "pages") as advance:
        while made < count:
            sheet = draw_sheet(mixture, rng)
            if len(sheet.lines) < _LEAST_LINES or not all(has_letters(line.text, _POOL) for line in sheet.lines):
                continue
            if read := _read(sheet, rng):
                made += 1
                yield read
                advance()


def _read(sheet: Sheet, rng: random.Random) -> Sheet | None:
    """The sheet as it is read from a photograph or scan; None where no document was found on it."""
    from PIL import Image

    from extractor.errors import ExtractorError
    from extractor.pipeline import prepare

    picture = print_sheet(sheet, rng, _POOL)
    boxes = {
        str(index): np.array([[(b[0], b[1]), (b[2], b[1]), (b[2], b[3]), (b[0], b[3])]], np.float32)
        for index, b in enumerate(picture.boxes)
    }
    page = DrawnPage(
        picture.image, sheet.kind, sheet.kind, "en", _POOL, str(rng.getrandbits(48)), 0, {}, {}, boxes, (),
        np.zeros((0, 2), np.float32),
    )  # fmt: skip
    shot = capture(page, choose_mode(rng))
    try:
        pages = prepare(Image.fromarray(shot.image), sheet.kind, one_document=True).evidence.pages
    except ExtractorError:
        return None
    one = max(pages, key=lambda one: len(one.page.lines))
    back = np.linalg.inv(one.page.to_source)
    printed = [Printed(line, _bounds(apply(back, shot.boxes[str(at)][0]))) for at, line in enumerate(sheet.lines)]
    lines = [tagged(line.text, _bounds(line.box), line.score, printed) for line in one.page.lines if line.text.strip()]
    zone = zone_facts(one.zone.mrz) if one.zone else None
    return replace(sheet, lines=lines, zone=zone) if len(lines) >= _LEAST_LINES else None


def _bounds(points: np.ndarray) -> tuple[float, float, float, float]:
    low, high = points.min(0), points.max(0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def tagged(text: str, box: tuple[float, float, float, float], score: float, printed: Sequence[Printed]) -> SheetLine:
    """A line that was read, with tags and owners of the printed characters that it stands for."""
    from rapidfuzz.distance import Levenshtein

    tags, owners = [NOTHING] * len(text), [0] * len(text)
    source = _beneath(box, printed)
    spelled = "".join(character for character, _, _ in source)
    for part in Levenshtein.opcodes(_small(spelled), _small(text)):
        if part.tag in ("equal", "replace"):
            for at, read in zip(
                range(part.src_start, part.src_end), range(part.dest_start, part.dest_end), strict=True
            ):
                tags[read], owners[read] = source[at][1:]
    for at in range(1, len(text) - 1):
        # A character too many within a value is the value's.
        if not owners[at] and owners[at - 1] and owners[at - 1] in owners[at + 1 : at + 3]:
            tags[at], owners[at] = tags[at - 1], owners[at - 1]
    return SheetLine(text, tags, owners, list(box), 0, score)


def _small(text: str) -> str:
    """Small letters, as many as there are characters."""
    return "".join(small if len(small := c.casefold()) == 1 else c for c in text)


def _beneath(box: tuple[float, float, float, float], printed: Sequence[Printed]) -> list[tuple[str, int, int]]:
    """Characters with tag and owner that are printed where a line was read, from the left."""
    left, top, right, bottom = box
    found: list[tuple[str, int, int]] = []
    reach = _BEYOND * (bottom - top)
    for one in sorted(printed, key=lambda one: one.box[0]):
        x0, y0, x1, y1 = one.box
        level = min(bottom, y1) - max(top, y0) > _LEVEL * min(bottom - top, y1 - y0)
        if not level or min(right, x1) - max(left, x0) <= 0:
            continue
        text, wide = one.line.text, (x1 - x0) / max(1, len(one.line.text))
        whole = runs_leftwards(text) or is_of_zone(text)
        own = [
            (character, one.line.tags[at], one.line.owners[at])
            for at, character in enumerate(text)
            if whole or left - reach <= x0 + (at + 0.5) * wide <= right + reach
        ]
        found += [(" ", NOTHING, 0), *own] if found else own
    return found
