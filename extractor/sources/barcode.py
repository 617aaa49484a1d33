"""The barcode of a licence or an Aadhaar card, which corrects its own errors: what decodes is right as printed."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.evidence import DocumentEvidence
from extractor.extraction import Source, SourceKind
from extractor.sources.places import box_of

_CONFIDENCE = 0.99


def read(evidence: DocumentEvidence) -> Iterator[tuple[str, Source]]:
    """What the barcodes of all pages say."""
    for page in evidence.pages:
        if page.barcode:
            box = box_of(page.barcode.box, page)
            for name, (value, text) in page.barcode.values.items():
                yield (
                    name,
                    Source(SourceKind.BARCODE, value, text, _CONFIDENCE, box, proven=True, basis=page.barcode.standard),
                )
