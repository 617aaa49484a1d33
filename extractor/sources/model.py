"""A vision language model's answer, each value looked for on the document (`extractor.visual.support`).

Which model answers is the engine's business: `extractor.engines`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from extractor.decoding.answer import FieldReading
from extractor.evidence import DocumentEvidence
from extractor.extraction import Source, SourceKind
from extractor.schemas import FieldSpec, field_specs
from extractor.schemas.bilingual import latin_of
from extractor.schemas.text import squash
from extractor.schemas.vocabulary import Kind
from extractor.sources.places import box_of
from extractor.visual.support import Support, find_support

Own = Mapping[str, Sequence[Source]]


class Engine(Protocol):
    """A model that can be asked about a document.

    `details` say which of its kind it is (checkpoint, precision, device); they stand in `Extraction.engine`. `label`
    says it in a word or two, and stands in the basis of its sources.
    """

    name: str

    @property
    def details(self) -> Mapping[str, str]: ...

    @property
    def label(self) -> str: ...

    def answer(self, evidence: DocumentEvidence, own: Own) -> Mapping[str, FieldReading]:
        """What the model says of the schema's fields. `own` is what the document's own sources say."""
        ...


def read(evidence: DocumentEvidence, engine: Engine, own: Own) -> Iterator[tuple[str, Source]]:
    """What the model says of each field that it answers for."""
    specs = field_specs(evidence.schema)
    for name, reading in engine.answer(evidence, own).items():
        yield name, _source(specs[name], reading, evidence, own, engine.label)


def _source(spec: FieldSpec, reading: FieldReading, evidence: DocumentEvidence, own: Own, label: str) -> Source:
    if reading.cut:
        return Source(SourceKind.MODEL, None, "", 0.0, basis=f"{label}; its value exceeded every limit")
    value = reading.value.strip() if isinstance(reading.value, str) else reading.value
    if spec.kind is Kind.TEXT and isinstance(value, str):
        value = latin_of(value)
    confidence = round(reading.confidence, 4)
    if value is None:
        return Source(SourceKind.MODEL, None, "", confidence, basis=label)
    support = _other_field(spec, value, evidence, own) or find_support(spec.name, spec.kind, value, evidence)
    box = box_of(support.corners, support.page) if support.page and support.corners is not None else None
    basis = f"{label}; {support.basis}"
    return Source(SourceKind.MODEL, value, _text(value), confidence, box, basis=basis, supported=support.found)


def _other_field(spec: FieldSpec, value: Any, evidence: DocumentEvidence, own: Own) -> Support | None:
    """A name that the page prints as a place or an address stands there, but not as a name."""
    if spec.kind is not Kind.NAME:
        return None
    for name, other in field_specs(evidence.schema).items():
        if other.kind in (Kind.TEXT, Kind.ADDRESS) and any(squash(str(s.value)) == squash(value) for s in own[name]):
            return Support(False, f"stands on the page as {name}")
    return None


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return str(value)
