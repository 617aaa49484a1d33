"""The parts of pages that a result keeps beside the fields: barcodes, and the data for pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from extractor.evidence import PageEvidence
from extractor.extraction import Barcode
from extractor.imaging.codes import Code
from extractor.imaging.geometry import quad_size
from extractor.imaging.outline import Zone
from extractor.imaging.seen import SeenLine, SeenPage
from extractor.sources.places import box_of


def barcode_of(code: Code, page: PageEvidence) -> Barcode:
    """A barcode of a page, as a result has it."""
    explained = page.barcode is not None and page.barcode.box is code.corners
    standard = page.barcode.standard if page.barcode and explained else None
    return Barcode(code.kind, code.text, code.data, box_of(code.corners, page), standard)


def seen_of(read: PageEvidence) -> SeenPage:
    """What pictures of a page are made from later."""
    page, zone = read.page, read.zone
    headings = [heading.segment.box for heading in (read.heading, read.only_issuer) if heading]
    lines = tuple(SeenLine(line.text, line.score, line.box, line.positions) for line in page.lines)
    rows = tuple(box for row in zone.line_boxes for box in row) if zone else ()
    placed = Zone(zone.mrz.format, _around(rows)) if zone and rows else None
    captions = (*(one.segment.box for one in read.captions), *headings)
    return SeenPage(
        page.index,
        (page.image.shape[1], page.image.shape[0]),
        page.to_source,
        lines,
        page.boxes,
        placed,
        rows,
        captions,
    )


def _around(boxes: Sequence[np.ndarray]) -> np.ndarray:
    """The corners around boxes of lines, along the longest of them."""
    longest = max(boxes, key=lambda box: quad_size(box)[0])
    along = (longest[1] - longest[0]) / max(float(np.linalg.norm(longest[1] - longest[0])), 1e-6)
    axes = np.array([along, [-along[1], along[0]]], np.float64)
    laid = np.concatenate(boxes) @ axes.T
    (left, top), (right, bottom) = laid.min(axis=0), laid.max(axis=0)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) @ axes
