"""The embedded engine: MRZ and visual zone, from what the packages ship, offline, on a CPU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np

from extractor.evidence import DocumentEvidence, PageEvidence
from extractor.extraction import Box, Source, SourceKind
from extractor.imaging.geometry import apply
from extractor.mrz import FieldProof, MrzReading
from extractor.mrz.states import STATE_CODES
from extractor.schemas import field_specs, schema_name
from extractor.visual.fields import Found, ReadPage, read_fields
from extractor.visual.national_numbers import checksum_holds
from extractor.visual.segments import Segment

#: Our field names for the MRZ's own.
_FROM_MRZ = {
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


class EmbeddedEngine:
    """Reads fields from the MRZ and from captions; needs nothing but the base installation."""

    name = "embedded"
    details: Mapping[str, str] = MappingProxyType({})

    def read(self, evidence: DocumentEvidence) -> dict[str, list[Source]]:
        """Every source for every field of the schema, best page first."""
        sources: dict[str, list[Source]] = {name: [] for name in field_specs(evidence.schema)}
        for page in evidence.pages:
            for name, source in self._page_sources(page, evidence):
                if name in sources:
                    sources[name].append(source)
        return sources

    def _page_sources(self, page: PageEvidence, evidence: DocumentEvidence) -> Iterator[tuple[str, Source]]:
        specs = field_specs(evidence.reads_as)
        zone = evidence.zone
        read = ReadPage(page.page.lines, page.layout, page.captions, page.segments)
        found = read_fields(read, specs, evidence.context, zone.mrz if zone else None)
        named = {one.field for one in found}
        if page.zone:
            yield from _mrz_sources(page.zone, page, evidence, found)
        if page.barcode:
            box = box_of(page.barcode.box, page)
            for name, (value, text) in page.barcode.values.items():
                yield name, Source(SourceKind.BARCODE, value, text, 0.99, box, proven=True, basis="PDF417 (AAMVA)")
        for one in found:
            yield one.field, _visual_source(one, page, evidence.context.issuer)
        if "issuing_country" not in named:
            yield from _issuer_sources(page)


def _mrz_sources(
    zone: MrzReading, page: PageEvidence, evidence: DocumentEvidence, found: list[Found]
) -> Iterator[tuple[str, Source]]:
    names = dict(_FROM_MRZ)
    if schema_name(evidence.reads_as) == "visa" and _is_passport_number(zone, found):
        # Doc 9303-7, 4.2.2: the number in a visa's MRZ may be the passport's or the visa's own.
        names["passport_number"] = names.pop("document_number")
    boxes = [box_of(np.concatenate(line), page) for line in zone.line_boxes if len(line)]
    whole = _hull(boxes)
    for name, attribute in names.items():
        value = getattr(zone.mrz, attribute)
        if attribute in ("nationality", "issuing_state") and not _is_state(zone, attribute):
            continue
        raw = zone.mrz.raw.get(attribute, "")
        if value is None and (not attribute.endswith("_date") or not raw.strip("<")):
            continue
        proof = zone.field_proof(attribute)
        basis = f"{zone.mrz.format}, {proof.value}" if proof is not FieldProof.NONE else zone.mrz.format
        repaired = len(zone.repairs)
        basis += f", {repaired} characters of the zone repaired" if repaired else ""
        number_holds = attribute in ("personal_number", "document_number") and checksum_holds(
            zone.mrz.issuing_state, str(value)
        )
        yield (
            name,
            Source(
                SourceKind.MRZ,
                value,
                raw or str(value),
                zone.field_confidence(attribute),
                whole,
                # The composite is no proof: it holds for one zone in ten whose field is wrong.
                proven=proof is FieldProof.CHECK_DIGIT or number_holds,
                basis=basis,
            ),
        )
    lines = list(zone.lines)
    yield (
        "mrz",
        Source(
            SourceKind.MRZ,
            lines,
            "\n".join(zone.raw_lines),
            zone.confidence,
            whole,
            # No check digit covers the names.
            proven=False,
            basis=zone.mrz.format,
        ),
    )


def _is_state(zone: MrzReading, attribute: str) -> bool:
    """Whether a code stands for a state: one that is known, or three letters just as they were read."""
    code = getattr(zone.mrz, attribute) or ""
    return code in STATE_CODES or (len(code) == 3 and not zone.repairs_of(attribute))


def _is_passport_number(zone: MrzReading, found: list[Found]) -> bool:
    """Whether the page shows the MRZ's number as the passport's, or another one as the visa's."""
    number = zone.mrz.document_number
    printed = {one.field: one for one in found}
    if passport := printed.get("passport_number"):
        return passport.value.value == number
    visa = printed.get("document_number")
    return visa is not None and visa.value.value != number


def _visual_source(one: Found, page: PageEvidence, issuer: str | None) -> Source:
    score = float(np.mean([segment.score for segment in one.segments]))
    proven = one.field in ("personal_number", "document_number") and checksum_holds(issuer, str(one.value.value))
    return Source(
        SourceKind.VISUAL,
        one.value.value,
        one.value.text,
        round(min(1.0, one.score) * score, 4),
        _hull([box_of(segment.box, page) for segment in one.segments]),
        proven=proven,
        basis=f"{one.basis}, checksum right" if proven else one.basis,
    )


def _issuer_sources(page: PageEvidence) -> Iterator[tuple[str, Source]]:
    """The issuing state where no caption names it: the heading, or a kind of card that only one state issues."""
    if page.heading:
        segment: Segment = page.heading.segment
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


def box_of(corners: np.ndarray, page: PageEvidence) -> Box:
    """Corners (4, 2), or those of several boxes, as one box in the picture as given."""
    if len(corners) > 4:
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    mapped = apply(page.page.to_source, corners.astype(np.float64))
    a, b, c, d = ((round(float(x), 1), round(float(y), 1)) for x, y in mapped)
    return Box(page.page.index, (a, b, c, d))


def _hull(boxes: list[Box]) -> Box | None:
    """One box around several of one page."""
    if len(boxes) <= 1:
        return boxes[0] if boxes else None
    points = np.array([point for box in boxes for point in box.points])
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return Box(boxes[0].page, ((left, top), (right, top), (right, bottom), (left, bottom)))
