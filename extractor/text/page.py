"""From a picture to an upright page with its lines of text.

One detection pass serves everything: the boxes say whether the page lies on its side, a few lines read both ways say
which way is up, their slope says how far it is tilted, and their extent whether a small document in a large
photograph deserves a closer look.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from extractor.imaging.geometry import apply, quad_size, tilt_matrix, turn, turn_matrix, warp
from extractor.stages import stage
from extractor.text import ocr
from extractor.text.ocr import Line, Reading

#: Lines read to decide which way is up.
_PROBES = 4
#: Mean probability from which probes are believed without trying them upside down.
_CERTAIN = 0.9
#: Two ways up of which neither reads better than the other by this much are as good.
_AS_GOOD = 0.1
#: Degrees of tilt below which captions and values still line up.
_TILT_TOLERANCE = 0.8
#: Lines with a lower score may be turned another way; this many of them make a part worth turning.
_POOR, _LEAST_LINES = 0.75, 3
#: Text lower than this (pixels, as the detector saw it) is worth enlarging.
_SMALL_TEXT = 13.0


@dataclass(frozen=True)
class Page:
    """An upright page: RGB `image`, its lines in reading order, and the transform back to the source image.

    `to_source` (3, 3) maps page pixels to the given picture's pixels; `rotation` is the clockwise turn in degrees that
    set it upright; `source_size` is (width, height) as given.
    """

    image: np.ndarray
    lines: tuple[Line, ...]
    to_source: np.ndarray
    rotation: int
    source_size: tuple[int, int]
    index: int = 0
    #: everything the detector took for text, read or not: (n, 4, 2)
    boxes: np.ndarray = field(default_factory=lambda: np.empty((0, 4, 2), np.float32))


def read_pages(image: np.ndarray, index: int = 0) -> list[Page]:
    """Sets an RGB picture upright and reads its lines.

    Usually one page; two where a part of the picture, such as the back of a card beside its front, is turned another
    way than the rest.
    """
    height, width = image.shape[:2]
    page = _read(image, np.eye(3), (width, height), index)
    part = _turned_part(page)
    return [page] if part is None else [_without(page, part[0]), part[1]]


def read_part(page: Page, box: tuple[int, int, int, int]) -> list[Page]:
    """A part of a page, (left, top, right, bottom) in its pixels, set upright and read as a page of its own."""
    left, top, right, bottom = box
    crop = np.ascontiguousarray(page.image[top:bottom, left:right])
    shift = np.array([[1.0, 0, left], [0, 1, top], [0, 0, 1]])
    part = _read(crop, page.to_source @ shift, page.source_size, page.index)
    turned = _turned_part(part)
    return [part] if turned is None else [_without(part, turned[0]), turned[1]]


def _read(image: np.ndarray, to_source: np.ndarray, source_size: tuple[int, int], index: int) -> Page:
    height, width = image.shape[:2]
    boxes, _ = ocr.detect(image)
    rotation, probed = _rotation(image, boxes)
    forward = turn_matrix(rotation, width, height)
    upright = turn(image, rotation)
    boxes = _turned(boxes, forward)
    tilt = _tilt(boxes)
    if abs(tilt) > _TILT_TOLERANCE:
        straighten, size = tilt_matrix(-tilt, upright.shape[1], upright.shape[0])
        upright = warp(upright, straighten, size)
        boxes = apply(straighten, boxes).astype(np.float32)
        forward = straighten @ forward
    closer = _closer_look(upright, boxes)
    boxes = boxes if closer is None else closer
    # What the probes read stands as long as their boxes do.
    lines = ocr.read_lines(upright, boxes, probed if abs(tilt) <= _TILT_TOLERANCE else None)
    back = to_source @ np.linalg.inv(forward)
    return Page(upright, tuple(reading_order(lines)), back, rotation, source_size, index, boxes)


def _turned_part(page: Page) -> tuple[np.ndarray, Page] | None:
    """The part of a page that reads better another way round: its (left, top, right, bottom), and it as a page."""
    read_well = {line.box.tobytes() for line in page.lines if _reads(line, _POOR)}
    poor = [box for box in page.boxes if box.tobytes() not in read_well]
    if len(poor) < _LEAST_LINES:
        return None
    corners = np.concatenate(poor)
    region = np.r_[np.maximum(corners.min(axis=0) - 10, 0), corners.max(axis=0) + 10].astype(int)
    inside = [line for line in page.lines if _is_inside(line.box, region)]
    if sum(_reads(line, 0.9) and len(line.text) > 3 for line in inside) > 0.2 * len(poor):
        return None
    left, top, right, bottom = region
    crop = page.image[top:bottom, left:right]
    boxes = np.array([box for box in page.boxes if _is_inside(box, region)], np.float32)
    if _rotation(crop, boxes - np.array([left, top], np.float32))[0] == 0:
        return None
    shift = np.array([[1.0, 0, left], [0, 1, top], [0, 0, 1]])
    part = _read(crop, page.to_source @ shift, page.source_size, page.index)
    before, after = (sum(line.score * len(line.text) for line in lines) for lines in (inside, part.lines))
    return (region, part) if after > 1.3 * before else None


def _reads(line: Line, score: float) -> bool:
    """Whether a line is legible in this orientation. MRZ fillers read as `>` mean that it is upside down."""
    return line.score >= score and line.text.count(">") < 3 and not _stands(line.box)


def _stands(box: np.ndarray) -> bool:
    """Whether a box is clearly higher than wide, as of a line that runs upwards."""
    width, height = quad_size(box)
    return height > 1.5 * width


def _is_inside(box: np.ndarray, region: np.ndarray) -> bool:
    x, y = box.mean(axis=0)
    return bool(region[0] <= x <= region[2] and region[1] <= y <= region[3])


def _without(page: Page, region: np.ndarray) -> Page:
    return replace(page, lines=tuple(line for line in page.lines if not _is_inside(line.box, region)))


def _turned(boxes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Boxes after a turn, corners again clockwise from the text's top left."""
    moved = apply(matrix, boxes).astype(np.float32)
    return np.array([ocr.clockwise(box) for box in moved], np.float32).reshape(-1, 4, 2)


@stage("orientation")
def _rotation(image: np.ndarray, boxes: np.ndarray) -> tuple[int, dict[bytes, Reading]]:
    """The clockwise turn, a multiple of 90 degrees, that sets the page upright; and what was read to know it, by the
    bytes of the boxes after the turn."""
    if not len(boxes):
        return 0, {}
    sizes = np.array([quad_size(box) for box in boxes])
    long_side, short_side = sizes.max(axis=1), sizes.min(axis=1)
    # Square boxes (single letters, stamps) have no direction; long lines, those of the MRZ above all, have the most.
    weight = np.where(long_side > 1.5 * short_side, long_side**2, 0.0)
    lying = sizes[:, 1] > sizes[:, 0]
    sideways = float(weight[lying].sum() / max(weight.sum(), 1.0))
    candidates = [(90, 270)] if sideways > 0.5 else [(0, 180)]
    if 0.2 < sideways < 0.8:
        # Two pages in one picture, each its own way: the one that reads better decides.
        candidates.append((0, 180) if sideways > 0.5 else (90, 270))
    found: list[_Way] = []
    for pair in candidates:
        group = np.flatnonzero(lying if pair == (90, 270) else ~lying)
        probes = boxes[group[_probe_order(sizes[group])[:_PROBES]]]
        for rotation in pair:
            readings = _probe(image, probes, rotation)
            found.append(_Way(_probe_score(readings.values()), rotation, readings, group, probes))
            if found[-1].score >= _CERTAIN:
                break
    if max(way.score for way in found) < _CERTAIN:
        # Scripts that the recogniser has not learned it may read better upside down; the other one knows them.
        found = [replace(way, score=max(way.score, _second_score(image, way))) for way in found]
    found.sort(key=lambda way: -way.score)
    # Both pages of an open passport read well, each its own way: the way that has an MRZ is the document's, else that
    # along which more is written.
    across = [way for way in found if way.rotation % 180 != found[0].rotation % 180][:1]
    close = [way for way in found[1:2] if found[0].score - way.score < _AS_GOOD]
    rivals = [*found[:1], *(across or close)]
    if len(rivals) > 1:
        longest = [boxes[way.group[np.argsort(-long_side[way.group])[:_PROBES]]] for way in rivals]
        fillers = [_fillers(_probe(image, lines, way.rotation)) for lines, way in zip(longest, rivals, strict=True)]
        written = [weight[way.group].sum() if found[0].score - way.score < _AS_GOOD else 0.0 for way in rivals]
        found[0] = rivals[max(range(len(rivals)), key=lambda place: (fillers[place], written[place]))]
    return found[0].rotation, found[0].readings


@dataclass(frozen=True)
class _Way:
    """A way up that was tried: how well `probes` read after the turn, the readings, and the indices of the boxes that
    lie along it."""

    score: float
    rotation: int
    readings: dict[bytes, Reading]
    group: np.ndarray
    probes: np.ndarray


def _second_score(image: np.ndarray, way: _Way) -> float:
    return _probe_score(_probe(image, way.probes, way.rotation, "scripts").values())


def _fillers(readings: Mapping[bytes, Reading]) -> int:
    return sum(reading.text.count("<") for reading in readings.values())


def _probe_order(sizes: np.ndarray) -> np.ndarray:
    """Indices of boxes, most informative first: long lines, but not those that take long to read."""
    long_side, short_side = sizes.max(axis=1), sizes.min(axis=1)
    aspect = long_side / np.maximum(short_side, 1)
    usable = (aspect > 2.5) & (aspect < 14)
    return np.argsort(-(long_side * short_side * usable + aspect * 1e-3), kind="stable")


def _probe(
    image: np.ndarray, probes: np.ndarray, rotation: int, reader: ocr.RecogniserName = "recogniser"
) -> dict[bytes, Reading]:
    """The probes read after a turn."""
    boxes = _turned(probes, turn_matrix(rotation, image.shape[1], image.shape[0]))
    upright = turn(image, rotation)
    readings = ocr.recognise([ocr.line_crop(upright, box) for box in boxes], reader)
    return {box.tobytes(): reading for box, reading in zip(boxes, readings, strict=True)}


def _probe_score(readings: Collection[Reading]) -> float:
    """Mean recognition probability of the probes, weighted by length (at most 12 characters)."""
    lengths = np.array([min(len(reading.text.strip()), 12) for reading in readings], float)
    if lengths.sum() == 0:
        return 0.0
    return float((lengths * [reading.score for reading in readings]).sum() / lengths.sum())


def _tilt(boxes: np.ndarray) -> float:
    """Degrees, clockwise, by which the lines of an upright page slope; the median over long lines."""
    angles, weights = [], []
    for box in boxes:
        width, height = quad_size(box)
        if width > 3 * height:
            dx, dy = box[1] - box[0]
            angles.append(np.degrees(np.arctan2(dy, dx)))
            weights.append(width)
    if not angles:
        return 0.0
    order = np.argsort(angles)
    cumulative = np.cumsum(np.array(weights)[order])
    return float(np.array(angles)[order][np.searchsorted(cumulative, cumulative[-1] / 2)])


def _closer_look(image: np.ndarray, boxes: np.ndarray) -> np.ndarray | None:
    """Boxes found by a second detection on the part that holds text, where the first saw it too small; else None."""
    if not len(boxes):
        return None
    height, width = image.shape[:2]
    seen_at = ocr.detection_scale(width, height)
    text_height = float(np.median([quad_size(box)[1] for box in boxes])) * min(seen_at, 1.0)
    corners = boxes.reshape(-1, 2)
    margin = 2.0 * text_height / min(seen_at, 1.0)
    left, top = np.maximum(corners.min(axis=0) - margin, 0).astype(int)
    right, bottom = np.minimum(corners.max(axis=0) + margin, (width, height)).astype(int)
    part_scale = ocr.detection_scale(right - left, bottom - top)
    if seen_at > 0.9 or part_scale < 1.3 * seen_at or text_height > _SMALL_TEXT:
        return None
    found, _ = ocr.detect(image[top:bottom, left:right])
    return found + np.array([left, top], np.float32) if len(found) >= len(boxes) else None


def reading_order(lines: list[Line]) -> list[Line]:
    """Lines top to bottom, and left to right where they stand on one row."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: float(line.box[:, 1].mean())):
        middle = float(line.box[:, 1].mean())
        if rows:
            last = rows[-1][-1]
            if abs(middle - float(last.box[:, 1].mean())) < 0.5 * min(last.height, line.height):
                rows[-1].append(line)
                continue
        rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: float(line.box[:, 0].min()))]
