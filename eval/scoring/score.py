"""Scores one reading of one specimen: a record for every labelled field, and one for the document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eval.running.machine import peak_memory
from eval.running.records import DocumentRecord, FieldRecord, Subject
from eval.scoring.metrics import all_right, nearest_labels, score_field
from eval.scoring.mistakes import mistake
from extractor.labels.format import Specimen
from extractor.schemas import SCHEMAS, Kind, field_specs

#: Whose word is scored: what was concluded, or what one kind of source says alone.
RESULT = "result"

if TYPE_CHECKING:
    from extractor.extraction import Extraction, FieldEvidence


def score_document(
    subject: Subject,
    specimen: Specimen,
    result: Extraction | None,
    failure: str | None,
    *,
    only: Sequence[str] = (),
    source: str = RESULT,
    tokens: int | None = None,
) -> tuple[DocumentRecord, list[FieldRecord]]:
    """What one reading is worth. `result` None is a failed one: every labelled value is missed.

    `only` names the fields to score, `source` whose word is scored: the result, or one kind of source alone.
    """
    specs = field_specs(SCHEMAS[specimen.schema])
    kinds = {name: spec.kind for name, spec in specs.items() if not only or name in only}
    if result is not None and result.schema is not SCHEMAS[specimen.schema]:
        kinds = _shared(kinds, result, specimen)
    alone = _of_source(result, source)
    predictions = _values(result) if alone is None else {name: one.value for name, one in alone.items()}
    labels = nearest_labels(kinds, specimen.fields, predictions, specimen.alternatives)
    scores = {name: score_field(kinds[name], label, predictions.get(name)) for name, label in labels.items()}
    records = []
    for name, score in scores.items():
        others = {other: specimen.fields[other] for other in scores if other != name}
        kind, label, prediction = kinds[name], labels[name], predictions.get(name)
        error = mistake(kind, label, prediction, score, others=others, failed=result is None)
        evidence = alone.get(name) if alone is not None else result.fields.get(name) if result else None
        records.append(
            FieldRecord(subject, name, kind.value, label, prediction, score, error, **_evidence_of(evidence))
        )
    mrz = scores.get("mrz")
    document = DocumentRecord(
        subject,
        stages=dict(result.seconds) if result else {},
        failure=failure,
        valid=result is not None and result.document is not None,
        all_right=result is not None and all_right(scores.values()),
        mrz_exact=mrz.exact if mrz and mrz.has_value else None,
        confidence=_confidence(records, result),
        tokens=tokens,
        memory=round(peak, 1) if (peak := peak_memory()) else None,
        warnings=tuple(sorted({warning.code for warning in result.warnings})) if result else (),
    )
    return document, records


def _confidence(records: Sequence[FieldRecord], result: Extraction | None) -> float:
    """How sure a whole document is: as sure as the least sure value given; not at all where a check of the reading
    failed. That a document has expired says nothing about how it was read."""
    from extractor.extraction import READING_CHECKS

    if result is None or any(warning.code in READING_CHECKS for warning in result.warnings):
        return 0.0
    return min((record.confidence for record in records if record.score.given), default=0.0)


def _shared(kinds: dict[str, Kind], result: Extraction, specimen: Specimen) -> dict[str, Kind]:
    """The fields to score when a document was read with another schema than its label's.

    A built-in one that the reader took for the right one has to answer for every labelled field; a user's own only
    for those it has, by the kinds that it gives them.
    """
    if result.schema in SCHEMAS.values():
        return kinds
    own = field_specs(result.schema)
    return {name: own[name].kind for name in kinds if name in own and name in specimen.fields}


def _of_source(result: Extraction | None, source: str) -> dict[str, FieldEvidence] | None:
    """What one kind of source alone says for each field, as if nothing else were known; None for the whole result."""
    from extractor.extraction import FieldEvidence, SourceKind, Verdict

    if result is None or source == RESULT:
        return None
    fields_read = {}
    for name, evidence in result.fields.items():
        own = [one for one in evidence.sources if one.kind is SourceKind(source)]
        if own:
            best = max(own, key=lambda one: one.confidence)
            fields_read[name] = FieldEvidence(best.value, Verdict.SINGLE, best.confidence, (best,), best.box)
    return fields_read


def _values(result: Extraction | None) -> dict[str, Any]:
    if result is None:
        return {}
    from extractor.output import as_dict

    return as_dict(result)


def _evidence_of(evidence: FieldEvidence | None) -> dict[str, Any]:
    """What the reader said about a value: how sure it is, from where on the page, by which sources."""
    if evidence is None:
        return {"confidence": 0.0, "verdict": "absent"}
    sources = [
        {
            "kind": source.kind.value,
            "value": json.loads(json.dumps(source.value, default=str)),
            "confidence": round(source.confidence, 3),
            "proven": source.proven,
            "basis": source.basis,
        }
        for source in evidence.sources
    ]
    return {
        "confidence": evidence.confidence,
        "verdict": evidence.verdict.value,
        "page": evidence.box.page if evidence.box else None,
        "box": evidence.box.points if evidence.box else None,
        "sources": tuple(sources),
    }
