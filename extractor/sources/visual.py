"""The visual inspection zone: the layout reader's fields, captions, and the issuing state by heading or title."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from extractor.evidence import DocumentEvidence, PageEvidence
from extractor.extraction import Source, SourceKind
from extractor.schemas import field_specs
from extractor.sources.places import box_of, hull
from extractor.visual.fields import Found, ReadPage, read_fields
from extractor.visual.national_numbers import checksum_of


def read(evidence: DocumentEvidence) -> Iterator[tuple[str, Source]]:
    """What the visual zones of all pages say."""
    for page in evidence.pages:
        found = found_on(page, evidence)
        for one in found:
            yield one.field, _source(one, page, evidence.context.issuer)
        if not any(one.field == "issuing_country" for one in found):
            yield from _issuer_sources(page)


def found_on(page: PageEvidence, evidence: DocumentEvidence) -> list[Found]:
    """The visual zone's value of each field on one page."""
    printed = ReadPage(page.page.lines, page.layout)
    zone = evidence.zone
    return read_fields(printed, field_specs(evidence.reads_as), evidence.context, zone.mrz if zone else None)


def _source(one: Found, page: PageEvidence, issuer: str | None) -> Source:
    score = float(np.mean([segment.score for segment in one.segments]))
    proven = bool(checksum_of(issuer, one.field, str(one.value.value)))
    return Source(
        SourceKind.VISUAL,
        one.value.value,
        one.value.text,
        round(min(1.0, one.score) * score, 4),
        hull([box_of(segment.box, page) for segment in one.segments]),
        proven=proven,
        basis=f"{one.basis}, checksum right" if proven else one.basis,
    )


def _issuer_sources(page: PageEvidence) -> Iterator[tuple[str, Source]]:
    """The issuing state where no caption names it: the heading, or a kind of card that only one state issues."""
    if page.heading:
        segment = page.heading.segment
        yield (
            "issuing_country",
            Source(
                SourceKind.VISUAL,
                page.heading.code,
                segment.text,
                0.9 * segment.score,
                box_of(segment.box, page),
                basis=page.heading.basis,
            ),
        )
    elif page.only_issuer:
        title = page.only_issuer
        source = Source(SourceKind.DERIVED, title.code, "", 0.9, box_of(title.segment.box, page), basis=title.basis)
        yield "issuing_country", source
