"""The machine-readable zone, with what its check digits prove."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from extractor.evidence import DocumentEvidence, PageEvidence
from extractor.extraction import Source, SourceKind
from extractor.mrz import FieldProof, MrzReading
from extractor.mrz.states import STATE_CODES
from extractor.schemas import schema_name
from extractor.sources.places import box_of, hull
from extractor.sources.visual import found_on
from extractor.visual.national_numbers import checksum_of

#: Our field names for the MRZ's own.
_FIELDS = {
    "document_type": "document_code",
    "issuing_country": "issuing_state",
    "surname": "surname",
    "given_names": "given_names",
    "document_number": "document_number",
    "nationality": "nationality",
    "birth_date": "birth_date",
    "sex": "sex",
    "expiry_date": "expiry_date",
    "personal_number": "personal_number",
}


def read(evidence: DocumentEvidence) -> Iterator[tuple[str, Source]]:
    """What the zones of all pages say."""
    for page in evidence.pages:
        if page.zone:
            yield from _zone_sources(page.zone, page, evidence)


def _zone_sources(zone: MrzReading, page: PageEvidence, evidence: DocumentEvidence) -> Iterator[tuple[str, Source]]:
    names = dict(_FIELDS)
    if schema_name(evidence.reads_as) == "visa" and _is_passport_number(zone, page, evidence):
        # Doc 9303-7, 4.2.2: the number in a visa's MRZ may be the passport's or the visa's own.
        names["passport_number"] = names.pop("document_number")
    whole = hull([box_of(np.concatenate(line), page) for line in zone.line_boxes if len(line)])
    for name, attribute in names.items():
        value = getattr(zone.mrz, attribute)
        if attribute in ("nationality", "issuing_state") and not _is_state(zone, attribute):
            continue
        raw = zone.mrz.raw.get(attribute, "")
        if value is None and (not attribute.endswith("_date") or not raw.strip("<0")):
            continue
        proof = zone.field_proof(attribute)
        checksum = checksum_of(zone.mrz.issuing_state, attribute, str(value))
        yield (
            name,
            Source(
                SourceKind.MRZ,
                value,
                raw or str(value),
                zone.field_confidence(attribute),
                whole,
                # The composite is no proof: it holds for one zone in ten whose field is wrong.
                proven=checksum if checksum is not None else proof is FieldProof.CHECK_DIGIT,
                basis=_basis(zone, proof),
            ),
        )
    yield (
        "mrz",
        Source(
            SourceKind.MRZ,
            list(zone.lines),
            "\n".join(zone.raw_lines),
            zone.confidence,
            whole,
            # No check digit covers the names.
            proven=False,
            basis=zone.mrz.format,
        ),
    )


def _basis(zone: MrzReading, proof: FieldProof) -> str:
    basis = f"{zone.mrz.format}, {proof.value}" if proof is not FieldProof.NONE else zone.mrz.format
    repaired = len(zone.repairs)
    return basis + (f", {repaired} characters of the zone repaired" if repaired else "")


def _is_state(zone: MrzReading, attribute: str) -> bool:
    """Whether a code stands for a state: one that is known, or three letters just as they were read."""
    code = getattr(zone.mrz, attribute) or ""
    return code in STATE_CODES or (len(code) == 3 and not zone.repairs_of(attribute))


def _is_passport_number(zone: MrzReading, page: PageEvidence, evidence: DocumentEvidence) -> bool:
    """Whether the page shows the MRZ's number as the passport's, or another one as the visa's."""
    number = zone.mrz.document_number
    printed = {one.field: one for one in found_on(page, evidence)}
    if passport := printed.get("passport_number"):
        return passport.value.value == number
    visa = printed.get("document_number")
    return visa is not None and visa.value.value != number
