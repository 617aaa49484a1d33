"""All evidence of one document: its pages, their captions, the MRZ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel

from extractor.imaging.codes import Code, read_codes
from extractor.mrz import MrzReading
from extractor.schemas.dates import numeric_order
from extractor.schemas.registry import schema_name
from extractor.text.barcode import BarcodeFields, parse_codes
from extractor.text.page import Page
from extractor.visual.features import zone_facts
from extractor.visual.issuer import Heading, find_issuer, issuer_by_title
from extractor.visual.pieces import Caption, take_apart
from extractor.visual.reader import Layout, read_layout
from extractor.visual.segments import Segment
from extractor.visual.values import Context

#: States that write the month first in all-numeric dates.
_MONTH_FIRST = frozenset({"USA", "PHL", "FSM", "MHL", "PLW"})


@dataclass(frozen=True)
class PageEvidence:
    """One page taken apart: its captions, what is no caption, the heading that names a state, the MRZ on it, and what
    the layout reader says of its words."""

    page: Page
    captions: tuple[Caption, ...]
    segments: tuple[Segment, ...]
    heading: Heading | None
    #: the state that alone issues documents of this title, where no heading names one
    only_issuer: Heading | None
    zone: MrzReading | None
    layout: Layout
    #: The barcode whose content a standard explains, and all of them.
    barcode: BarcodeFields | None = None
    codes: tuple[Code, ...] = ()


@dataclass(frozen=True)
class DocumentEvidence:
    """What is known of a document before an engine reads it.

    `schema` is what is asked for. `reads_as` has those fields and, for a document of a known kind, all others that such
    documents print: the visual zone is read with all of them, since they compete for what is printed.
    """

    schema: type[BaseModel]
    pages: tuple[PageEvidence, ...]
    context: Context
    reads_as: type[BaseModel]

    @property
    def zone(self) -> MrzReading | None:
        """The best MRZ of all pages."""
        return best_zone([page.zone for page in self.pages])


def best_zone(zones: Sequence[MrzReading | None]) -> MrzReading | None:
    """The zone that proves most, or None."""
    read = [zone for zone in zones if zone]
    return max(read, key=lambda zone: (zone.valid, zone.confidence), default=None)


def read_layouts(pages: Sequence[Page], zones: Sequence[MrzReading | None]) -> list[Layout]:
    """What the layout reader says of each page; the document's best zone speaks on all of them."""
    best = best_zone(zones)
    facts = zone_facts(best.mrz) if best else None
    return [read_layout(page.lines, facts) for page in pages]


def gather(
    pages: Sequence[Page],
    zones: Sequence[MrzReading | None],
    schema: type[BaseModel],
    *,
    reads_as: type[BaseModel] | None = None,
    layouts: Sequence[Layout] | None = None,
    today: date | None = None,
) -> DocumentEvidence:
    """Takes pages apart for `schema`. `zones` holds each page's MRZ, or None; `layouts` what the layout reader said of
    each page, where it was asked already (`read_layouts`)."""
    reads_as = reads_as or schema
    taken_apart = []
    layouts = read_layouts(pages, zones) if layouts is None else layouts
    for page, zone, layout in zip(pages, zones, layouts, strict=True):
        captions, segments = take_apart(page.lines, layout)
        everything = [*segments, *(caption.segment for caption in captions)]
        heading = find_issuer(everything)
        derived = None if heading else issuer_by_title(everything)
        codes = read_codes(page.image)
        found = (tuple(captions), tuple(segments), heading, derived, zone, layout, parse_codes(codes), tuple(codes))
        taken_apart.append(PageEvidence(page, *found))
    issuer = next((zone.mrz.issuing_state for zone in zones if zone and zone.mrz.issuing_state), None)
    headings = [one.heading or one.only_issuer for one in taken_apart]
    issuer = issuer or next((heading.code for heading in headings if heading), None)
    texts = [segment.text for page in taken_apart for segment in page.segments]
    order = numeric_order(texts) or ("mdy" if issuer in _MONTH_FIRST else None)
    context = Context(order=order, issuer=issuer, today=today, kind=schema_name(reads_as))
    return DocumentEvidence(schema, tuple(taken_apart), context, reads_as)
