"""Where a document's edges lie on a picture: the corners of a card, a page or an open passport.

Quadrilaterals are proposed from edges and from what differs from the picture's border. They are judged by the text that
they hold, by how far their sides are edges, and by the shapes that documents have (ISO/IEC 7810). A machine-readable
zone has ten characters an inch (ICAO Doc 9303-3), so that it alone says how large the document is and where it lies; it
cuts the data page out of an open passport. Points are (x, y) in pixels of an upright page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from extractor.imaging.geometry import apply, quad_matrix, quad_size

#: Width and height of documents in millimetres, by the name of the format.
SIZES = {
    "ID-1": (85.6, 53.98),
    "ID-2": (105.0, 74.0),
    "ID-3": (125.0, 88.0),
    "MRV-A": (120.0, 80.0),
    "ID-3, two pages": (125.0, 176.0),
}
#: Format, characters a line and millimetres from the lower edge to the middle of the last line, by the zone's format.
_ZONES = {
    "TD1": ("ID-1", 30, 6.8),
    "TD2": ("ID-2", 36, 8.0),
    "TD3": ("ID-3", 44, 8.0),
    "MRVA": ("MRV-A", 44, 8.0),
    "MRVB": ("ID-2", 36, 8.0),
    "FRA-36x2": ("ID-2", 36, 8.0),
    "ID-36x2": ("ID-2", 36, 8.0),
    "IDL-1x30": ("ID-1", 30, 4.5),
}
#: Ten characters an inch; boxes of text are a little wider than the text.
_PITCH = 2.54
#: Pictures are looked at in this size, pixels of the longer side.
_SEEN = 640
#: A document takes at least this share of the picture, and holds this share of its text.
_LEAST_AREA, _LEAST_TEXT = 0.08, 0.93
#: A shape may differ from a document's by this factor, and sides must be edges along this share of their length.
_SHAPE, _LEAST_EDGE = 1.12, 0.55


@dataclass(frozen=True)
class Zone:
    """A machine-readable zone on the page: its format's name and the corners (4, 2) around all its lines."""

    format: str
    corners: np.ndarray
    lines: int = 2


@dataclass(frozen=True)
class Outline:
    """A document's corners (4, 2), clockwise from its top left; its format, where it has a known one; and whether its
    edges were seen (else it is the whole picture, or was placed by the zone)."""

    corners: np.ndarray
    format: str | None
    seen: bool


def find_outlines(
    image: np.ndarray, boxes: np.ndarray, zone: Zone | None = None, *, passport: bool = False
) -> list[Outline]:
    """The documents on an upright RGB page with text in `boxes` (n, 4, 2): one, or the two sides of a card that lie on
    one picture, upper or left one first. There always is one: without edges it is what the zone says, else the whole
    picture."""
    height, width = image.shape[:2]
    scale = min(1.0, _SEEN / max(width, height))
    small = _small(image, scale)
    edges = _edge_map(small)
    judged: list[_Judged] = []
    for quad in _candidates(small):
        one = _judged(quad / scale, boxes, edges, scale, zone, passport)
        if one is not None:
            judged.append(one)
    whole = [one for one in judged if one.text.mean_inside >= _LEAST_TEXT and one.fits]
    if whole:
        best = _refined(max(whole, key=lambda one: one.score).quad, image)
        return [_page_of(best, zone, passport=passport, seen=True)]
    if (two := _two_sides(judged)) is not None:
        return [Outline(_refined(one.quad, image), format_of(one.quad), seen=True) for one in two]
    around = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    if zone and not _fits(around, zone):
        for quads in _placed(zone):
            inside = np.any([_text_inside(quad, boxes).inside for quad in quads], axis=0)
            if _share(inside, _text_inside(around, boxes).widths) >= _LEAST_TEXT:
                name = _ZONES[zone.format][0]
                return [Outline(np.clip(quad, [0, 0], [width, height]), name, seen=False) for quad in quads]
    return [_page_of(around, zone, passport=passport, seen=False)]


@dataclass(frozen=True)
class _TextArea:
    """Which boxes of text lie inside a quadrilateral, and how wide each is."""

    inside: np.ndarray
    widths: np.ndarray

    @property
    def mean_inside(self) -> float:
        return _share(self.inside, self.widths)


@dataclass(frozen=True)
class _Judged:
    quad: np.ndarray
    score: float
    text: _TextArea
    #: whether the zone lies on it as zones lie; True without a zone
    fits: bool


def _share(inside: np.ndarray, widths: np.ndarray) -> float:
    return float((widths * inside).sum() / widths.sum()) if len(widths) else 1.0


def _two_sides(judged: Sequence[_Judged]) -> tuple[_Judged, _Judged] | None:
    """Two quadrilaterals of one size and a card's shape that lie apart and hold all text together, or None."""
    cards = [one for one in judged if 0.15 < one.text.mean_inside < _LEAST_TEXT and format_of(one.quad) == "ID-1"]
    cards = sorted(cards, key=lambda one: -one.score)[:60]
    best: tuple[float, _Judged, _Judged] | None = None
    for number, one in enumerate(cards):
        for other in cards[number + 1 :]:
            alike = _off(quad_size(one.quad)[0], quad_size(other.quad)[0]) < _SHAPE
            apart = not (one.text.inside & other.text.inside).any() and _are_apart(one.quad, other.quad)
            held = _share(one.text.inside | other.text.inside, one.text.widths)
            if alike and apart and held >= _LEAST_TEXT and (best is None or one.score + other.score > best[0]):
                best = one.score + other.score, one, other
    if best is None:
        return None
    first, second = sorted(best[1:], key=lambda one: tuple(one.quad.mean(axis=0)[::-1].round(-2)))
    return first, second


def _are_apart(one: np.ndarray, other: np.ndarray) -> bool:
    gaps = np.maximum(one.min(axis=0) - other.max(axis=0), other.min(axis=0) - one.max(axis=0))
    return bool(gaps.max() > -0.03 * quad_size(one)[0])


def format_of(corners: np.ndarray, zone: Zone | None = None, *, passport: bool = False) -> str | None:
    """The format of a document by its zone, else by its shape; None for a shape that no format has."""
    if zone and zone.format in _ZONES:
        return _ZONES[zone.format][0]
    width, height = quad_size(corners)
    # A passport's page and an old card have the same shape, and differ in size.
    names = ["ID-3", "ID-3, two pages", "ID-1"] if passport else ["ID-1", "ID-2", "ID-1, upright", "ID-2, upright"]
    off = {name: _off(width / max(height, 1.0), size_of(name)[0] / size_of(name)[1]) for name in names}
    best = min(off, key=lambda name: off[name])
    return best if off[best] < _SHAPE else None


def size_of(name: str) -> tuple[float, float]:
    """Width and height in millimetres of a format as `format_of` names it."""
    width, height = SIZES[name.removesuffix(", upright")]
    return (height, width) if name.endswith(", upright") else (width, height)


def _off(one: float, other: float) -> float:
    return max(one / other, other / one)


def _small(image: np.ndarray, scale: float) -> np.ndarray:
    import cv2

    small = image if scale == 1.0 else cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.bilateralFilter(small, 5, 35, 5))


def _candidates(image: np.ndarray) -> Iterator[np.ndarray]:
    """Convex quadrilaterals on a small picture."""
    import cv2

    least = _LEAST_AREA * image.shape[0] * image.shape[1]
    for mask in _masks(image):
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        for contour in contours:
            hull = cv2.convexHull(contour)
            if cv2.contourArea(hull) < least:
                continue
            yield from _quads(hull)


def _masks(image: np.ndarray) -> Iterator[np.ndarray]:
    """Black and white pictures whose contours may be a document's: closed edges, and what is unlike the border."""
    import cv2

    kernel = np.ones((3, 3), np.uint8)
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    for channel in (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), lab[:, :, 1], lab[:, :, 2]):
        for low, high in ((20, 60), (50, 140)):
            edges = cv2.Canny(channel, low, high)
            # The frame of the picture closes what runs out of it.
            yield cv2.morphologyEx(edges, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
            yield cv2.dilate(edges, kernel)
    border = np.concatenate([lab[:4].reshape(-1, 3), lab[-4:].reshape(-1, 3), lab[:, :4].reshape(-1, 3),
                             lab[:, -4:].reshape(-1, 3)]).astype(np.float32)  # fmt: skip
    apart = np.linalg.norm(lab.astype(np.float32) - np.median(border, axis=0), axis=2)
    for threshold in (6, 12, 24, 40):
        mask = (apart > threshold).astype(np.uint8) * 255
        opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        yield cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))


def _quads(hull: np.ndarray) -> Iterator[np.ndarray]:
    """Quadrilaterals that a convex contour may be, with its round corners squared."""
    import cv2

    around = cv2.arcLength(hull, True)
    for tolerance in (0.015, 0.03, 0.05):
        corners = cv2.approxPolyDP(hull, tolerance * around, True).reshape(-1, 2)
        if len(corners) == 4:
            yield _squared(clockwise_from_top_left(corners), hull.reshape(-1, 2))
            break
    rectangle = cv2.boxPoints(cv2.minAreaRect(hull))
    if cv2.contourArea(hull) > 0.9 * cv2.contourArea(rectangle):
        yield _squared(clockwise_from_top_left(rectangle), hull.reshape(-1, 2))


def clockwise_from_top_left(corners: np.ndarray) -> np.ndarray:
    """Four corners in the order top left, top right, bottom right, bottom left."""
    centre = corners.mean(axis=0)
    angles = np.arctan2(corners[:, 1] - centre[1], corners[:, 0] - centre[0])
    ordered = corners[np.argsort(angles)].astype(np.float64)
    return np.roll(ordered, -int(np.argmin(ordered.sum(axis=1))), axis=0)


def _squared(quad: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The quadrilateral whose sides are the lines through a hull's own sides, away from its round corners."""
    import cv2

    closed = np.concatenate([points, points[:1]]).astype(np.float64)
    steps = np.linspace(0, 1, 24, endpoint=False)[None, :, None]
    dense = (closed[:-1, None] + (closed[1:] - closed[:-1])[:, None] * steps).reshape(-1, 2)
    lines = []
    for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
        length = float(np.linalg.norm(end - start))
        place = (dense - start) @ along
        distance = np.abs((dense - start) @ np.array([-along[1], along[0]]))
        near = dense[(place > 0.15 * length) & (place < 0.85 * length) & (distance < 0.03 * length)]
        if len(near) < 8:
            return quad
        dx, dy, x, y = cv2.fitLine(near.astype(np.float32), cv2.DIST_L1, 0, 0.01, 0.01).ravel().tolist()
        lines.append((dx, dy, x, y))
    return _between(lines, quad, 0.08 * max(quad_size(quad)))


def _between(lines: Sequence[Sequence[float]], quad: np.ndarray, most: float) -> np.ndarray:
    """The quadrilateral between four lines, its sides; `quad` itself where that has corners further than `most` away,
    pixels, or none."""
    corners = [_crossing(lines[k - 1], lines[k]) for k in range(4)]
    if any(corner is None for corner in corners):
        return quad
    made = np.array(corners, np.float64)
    return made if np.abs(made - quad).max() < most else quad


def _crossing(one: Sequence[float], other: Sequence[float]) -> tuple[float, float] | None:
    (a, b, x, y), (c, d, u, v) = one, other
    turn = a * d - b * c
    if abs(turn) < 0.2:
        return None
    t = ((u - x) * d - (v - y) * c) / turn
    return x + t * a, y + t * b


def _edge_map(image: np.ndarray) -> np.ndarray:
    """Where a small picture changes, dilated so that a side may be a pixel or two off."""
    import cv2

    edges = np.zeros(image.shape[:2], np.uint8)
    for channel in cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2LAB)):
        edges = np.maximum(edges, cv2.Canny(channel, 15, 45))
    return np.asarray(cv2.dilate(edges, np.ones((5, 5), np.uint8)))


def _judged(
    quad: np.ndarray, boxes: np.ndarray, edges: np.ndarray, scale: float, zone: Zone | None, passport: bool
) -> _Judged | None:
    """How well a quadrilateral may be a document; None for what cannot be one."""
    import cv2

    if min(quad_size(quad)) < 24 or not cv2.isContourConvex(quad.astype(np.float32)) or not _is_even(quad):
        return None
    seen = _along_edges(quad * scale, edges)
    if min(seen) < _LEAST_EDGE / 2 or float(np.mean(seen)) < _LEAST_EDGE:
        return None
    fits = zone is None or _fits(quad, zone)
    shaped = format_of(quad, passport=passport) is not None
    # Of a frame printed on the document and its own edge, the outer one.
    area = float(cv2.contourArea((quad * scale).astype(np.float32))) / edges.size
    score = float(np.mean(seen)) + 0.5 * min(seen) + 0.4 * shaped + 0.4 * area
    return _Judged(quad, score, _text_inside(quad, boxes), fits)


def _is_even(quad: np.ndarray) -> bool:
    """Whether opposite sides are about as long as each other, as a camera leaves them."""
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    return bool(_off(sides[0], sides[2]) < 1.35 and _off(sides[1], sides[3]) < 1.35)


def _text_inside(quad: np.ndarray, boxes: np.ndarray) -> _TextArea:
    """What text has its middle inside."""
    import cv2

    shape = quad.astype(np.float32)
    inside = [cv2.pointPolygonTest(shape, tuple(map(float, box.mean(axis=0))), False) >= 0 for box in boxes]
    return _TextArea(np.array(inside, bool), np.array([quad_size(box)[0] for box in boxes]))


def _along_edges(quad: np.ndarray, edges: np.ndarray) -> list[float]:
    """For each side the share of it that lies on edges; a side along the picture's own border has none."""
    height, width = edges.shape
    shares = []
    for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        points = (start + (end - start) * np.linspace(0.06, 0.94, 80)[:, None]).round().astype(int)
        inside = (points >= 2).all(axis=1) & (points[:, 0] < width - 2) & (points[:, 1] < height - 2)
        hits = edges[points[:, 1].clip(0, height - 1), points[:, 0].clip(0, width - 1)] > 0
        shares.append(float((hits & inside).mean()))
    return shares


def _fits(quad: np.ndarray, zone: Zone) -> bool:
    """Whether a zone lies on a document with these corners as zones lie: across its width, near its lower edge."""
    if zone.format not in _ZONES:
        return True
    name, characters, _ = _ZONES[zone.format]
    width, height = quad_size(quad)
    laid = apply(quad_matrix(quad, 1.0, 1.0), zone.corners)
    share = (laid[:, 0].max() - laid[:, 0].min()) / (_PITCH * characters / SIZES[name][0])
    tall = height / width * SIZES[name][0] / SIZES[name][1]
    one_or_two = abs(tall - 1) < 0.12 or (name == "ID-3" and abs(tall - 2) < 0.24)
    return bool(0.9 < share < 1.12 and laid[:, 1].max() > 0.84 and laid[:, 1].max() < 1.02 and one_or_two)


def _placed(zone: Zone) -> Iterator[list[np.ndarray]]:
    """Where a document may lie by its zone alone: the side with the zone; that and the front of a card above it."""
    if zone.format not in _ZONES:
        return
    name, characters, base = _ZONES[zone.format]
    (width_mm, height_mm), across = SIZES[name], characters * _PITCH
    top_left, top_right, bottom_right, bottom_left = zone.corners.astype(np.float64)
    right = (top_right - top_left + bottom_right - bottom_left) / 2 / across
    down = np.array([-right[1], right[0]])
    # The lower edge of the last line's box lies half a line below its middle.
    foot = (bottom_left + bottom_right) / 2 + down * (base - 2.2)
    lower_left, lower_right = foot - right * width_mm / 2, foot + right * width_mm / 2
    side = np.array([lower_left - down * height_mm, lower_right - down * height_mm, lower_right, lower_left])
    yield [side]
    for gap in (2.0, 6.0, 12.0):
        yield [side - down * (height_mm + gap), side]


def _page_of(quad: np.ndarray, zone: Zone | None, *, passport: bool, seen: bool) -> Outline:
    """The document in a quadrilateral: the data page, where that is an open passport."""
    name = format_of(quad, zone, passport=passport)
    width, height = quad_size(quad)
    if zone and name == "ID-3" and height / width > 1.05:
        share = SIZES["ID-3"][1] / SIZES["ID-3"][0] * width / height
        back = np.linalg.inv(quad_matrix(quad, 1.0, 1.0))
        quad = apply(back, np.array([[0, 1 - share], [1, 1 - share], [1, 1], [0, 1.0]]))
    elif zone and name and _off(width / height, SIZES[name][0] / SIZES[name][1]) > _SHAPE:
        name = format_of(quad, passport=passport)
    return Outline(quad, name, seen)


def _refined(quad: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Sides moved to the strongest edge near them, at the picture's full size."""
    import cv2

    reach = max(2.0, 1.5 * max(image.shape[:2]) / _SEEN)
    if reach < 2.5:
        return quad
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), 1.2).astype(np.float32)
    offsets = np.arange(-2 * reach, 2 * reach + 0.5, 0.5)
    lines = []
    for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
        across = np.array([-along[1], along[0]])
        along_side = start + (end - start) * np.linspace(0.1, 0.9, 60)[:, None]
        samples = along_side[:, None, :] + across * offsets[None, :, None]
        x_of, y_of = (samples[:, :, axis].astype(np.float32) for axis in (0, 1))
        values = cv2.remap(grey, x_of, y_of, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        steps = np.abs(np.diff(values, axis=1)) * np.exp(-((offsets[:-1] / (2 * reach)) ** 2))
        strongest = offsets[:-1][steps.argmax(axis=1)] + 0.25
        points = along_side + across * strongest[:, None]
        dx, dy, x, y = cv2.fitLine(points.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel().tolist()
        lines.append((dx, dy, x, y))
    return _between(lines, quad, 4 * reach)
