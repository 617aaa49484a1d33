"""Where on a page something stands that is to be blacked out, as quadrilaterals of the picture as given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from extractor.extraction import FieldEvidence, SourceKind
from extractor.imaging.geometry import apply
from extractor.imaging.seen import SeenLine, SeenPage
from extractor.redaction.values import Form, find

#: What is blacked out reaches over its box by this share of the box's height, so that no edge of a letter shows.
_MARGIN = 0.18
#: Lines with as many fillers belong to a machine-readable zone.
_FILLERS = 3
Quad = np.ndarray


def grown(quad: Quad, share: float = _MARGIN) -> Quad:
    """A quadrilateral with a margin around it, as a share of its shorter side."""
    centre = quad.mean(axis=0)
    across, down = (quad[1] + quad[2]) / 2 - centre, (quad[2] + quad[3]) / 2 - centre
    width, height = float(np.linalg.norm(across)), float(np.linalg.norm(down))
    more = share * 2 * min(width, height)
    across, down = across * (1 + more / max(width, 1e-6)), down * (1 + more / max(height, 1e-6))
    return np.array([centre - across - down, centre + across - down, centre + across + down, centre - across + down])


def part_of(line: SeenLine, start: int, end: int) -> Quad:
    """The part of a line's box that characters start..end-1 stand in."""
    if start <= 0 and end >= len(line.text):
        return line.corners.astype(np.float64)
    places = line.places if len(line.places) == len(line.text) else (np.arange(len(line.text)) + 0.5) / len(line.text)
    inside = places[start:end]
    step = float(np.median(np.abs(np.diff(places)))) if len(places) > 1 else 1.0
    left, right = max(0.0, float(inside.min()) - step), min(1.0, float(inside.max()) + step)
    a, b, c, d = line.corners.astype(np.float64)
    return np.array([a + (b - a) * left, a + (b - a) * right, d + (c - d) * right, d + (c - d) * left])


def of_fields(fields: Iterable[FieldEvidence], page: int) -> list[Quad]:
    """Where the sources of some fields have read them on a page; the zone and barcodes are parts of their own."""
    boxes = [
        source.box
        for one in fields
        for source in one.sources
        if source.box and source.kind not in (SourceKind.MRZ, SourceKind.BARCODE, SourceKind.DERIVED)
    ]
    return [np.array(box.points, np.float64) for box in boxes if box.page == page]


def of_values(parts: Sequence[SeenPage], page: int, forms: Iterable[Form]) -> list[Quad]:
    """Where values stand in the lines of a page, whichever field they were read for."""
    forms = list(forms)
    return [
        apply(part.to_source, part_of(line, start, end))
        for part in parts
        if part.index == page
        for line in part.lines
        for start, end in find(forms, line.text)
    ]


def of_zones(parts: Sequence[SeenPage], page: int) -> list[Quad]:
    """The machine-readable zone, its rows, and lines that look like one."""
    found = []
    for part in parts:
        if part.index != page:
            continue
        quads = [part.zone.corners, *part.rows] if part.zone else []
        quads += [line.corners for line in part.lines if line.text.count("<") >= _FILLERS]
        found += [apply(part.to_source, quad.astype(np.float64)) for quad in quads]
    return found


def of_all_text(parts: Sequence[SeenPage], page: int) -> list[Quad]:
    """Everything on a page that was taken for text, read or not."""
    return [
        apply(part.to_source, quad.astype(np.float64))
        for part in parts
        if part.index == page
        for quad in (*part.boxes, *(line.corners for line in part.lines))
    ]


def of_captions(parts: Sequence[SeenPage], page: int) -> list[Quad]:
    """Printed captions and titles."""
    return [
        apply(part.to_source, quad.astype(np.float64)) for part in parts if part.index == page for quad in part.captions
    ]


def standing(lines: Iterable[SeenLine]) -> Iterator[SeenLine]:
    """Lines that run upwards or downwards, which are read another way."""
    for line in lines:
        width = float(np.linalg.norm(line.corners[1] - line.corners[0]))
        if float(np.linalg.norm(line.corners[3] - line.corners[0])) > 1.5 * width:
            yield line
