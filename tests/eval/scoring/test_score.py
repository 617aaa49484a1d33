"""What one reading of one specimen is worth."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from eval.running.records import DocumentRecord, FieldRecord
from eval.scoring.score import score_document
from extractor.extraction import Extraction, FieldEvidence, ReadingWarning, Source, SourceKind, Verdict
from extractor.labels.format import Specimen
from extractor.schemas import SCHEMAS

from ...tables import each
from ..conftest import MRZ, extraction
from ..made import subject

PASSPORT = SCHEMAS["passport"]


def specimen(**fields: Any) -> Specimen:
    return Specimen(Path("a.png"), "passport", fields)


def score(label: Specimen, result: Extraction | None, **options: Any) -> tuple[DocumentRecord, dict[str, FieldRecord]]:
    document, fields = score_document(subject("a"), label, result, options.pop("failure", None), **options)
    return document, {one.field: one for one in fields}


def test_only_labelled_fields_are_scored() -> None:
    document, fields = score(
        specimen(surname="DURAND", address=None),
        extraction(PASSPORT, {"surname": "DURAND", "given_names": "ANNE"}),
    )
    assert set(fields) == {"surname", "address"}
    assert document.all_right
    assert document.valid
    assert document.mrz_exact is None
    assert document.stages == {"ocr": 0.3, "reconcile": 0.1}


def test_a_record_tells_where_a_value_came_from() -> None:
    _, fields = score(specimen(surname="DURAND"), extraction(PASSPORT, {"surname": "DURANT"}, confidence=0.7))
    one = fields["surname"]
    assert (one.type, one.mistake, one.confidence, one.verdict, one.page) == ("name", "other value", 0.7, "single", 0)
    assert one.box == ((10.0, 10.0), (60.0, 10.0), (60.0, 24.0), (10.0, 24.0))
    assert one.sources == (
        {"kind": "visual", "value": "DURANT", "confidence": 0.7, "proven": False, "basis": "caption 'x'"},
    )


def test_a_value_that_belongs_to_another_field_is_called_so() -> None:
    said = {"surname": "ANNA", "given_names": "ANNA"}
    _, fields = score(specimen(surname="DURAND", given_names="ANNA"), extraction(PASSPORT, said))
    assert fields["surname"].mistake == "value of another field"
    assert fields["given_names"].mistake is None


def test_a_record_shows_the_label_that_a_prediction_was_compared_with() -> None:
    label = replace(specimen(surname="IVANOVA", given_names=None), alternatives={"surname": ("ИВАНОВА",)})
    _, fields = score(label, extraction(PASSPORT, {"surname": "ИВАНОВА", "given_names": "X"}))
    assert (fields["surname"].label, fields["surname"].mistake) == ("ИВАНОВА", None)
    assert fields["given_names"].mistake == "invented"


def test_a_failed_reading_misses_every_value_and_invents_nothing() -> None:
    document, fields = score(specimen(surname="DURAND", address=None, mrz=MRZ), None, failure="NoDocumentError: no")
    assert {name: one.score.outcome.value for name, one in fields.items()} == {
        "surname": "missed", "address": "blank", "mrz": "missed",
    }  # fmt: skip
    assert fields["surname"].mistake == "document failed"
    assert (document.failure, document.valid, document.all_right) == ("NoDocumentError: no", False, False)
    assert (document.mrz_exact, document.confidence, document.stages) == (False, 0.0, {})


def test_a_failed_reading_of_a_blank_document_is_not_right() -> None:
    document, _ = score(specimen(address=None), None, failure="NoDocumentError")
    assert not document.all_right


def test_the_zone_is_exact_or_not() -> None:
    label = specimen(mrz=MRZ)
    assert score(label, extraction(PASSPORT, {"mrz": MRZ}))[0].mrz_exact is True
    assert score(label, extraction(PASSPORT, {"mrz": [MRZ[0], MRZ[1][:-1] + "1"]}))[0].mrz_exact is False
    assert score(specimen(mrz=None), extraction(PASSPORT, {}))[0].mrz_exact is None


def test_a_document_is_as_sure_as_its_least_sure_value() -> None:
    label = specimen(surname="A", given_names="B")
    assert score(label, extraction(PASSPORT, {"surname": "A"}, confidence=0.6))[0].confidence == 0.6
    result = extraction(PASSPORT, {"surname": "A", "given_names": "B"}, confidence=0.6)
    surer = replace(result.fields["surname"], confidence=0.8)
    assert score(label, replace(result, fields={**result.fields, "surname": surer}))[0].confidence == 0.6
    assert score(label, extraction(PASSPORT, {}))[0].confidence == 0.0  # nothing given, nothing to be sure of


def test_a_document_with_a_failed_check_never_goes_straight_through() -> None:
    failed = ReadingWarning("check_failed", "a check digit is wrong", "document_number")
    result = extraction(PASSPORT, {"surname": "A"}, warnings=(failed,))
    document, _ = score(specimen(surname="A"), result)
    assert document.warnings == ("check_failed",)
    assert document.confidence == 0.0


def test_fields_can_be_chosen_and_tokens_are_kept() -> None:
    label = specimen(surname="A", given_names="B")
    document, fields = score(label, extraction(PASSPORT, {"surname": "A"}), only=["surname"], tokens=120)
    assert set(fields) == {"surname"}
    assert document.all_right
    assert document.tokens == 120


def spoken(*sources: Source) -> Extraction:
    """A reading in which these sources spoke for the surname, and the document says CONCLUDED."""
    result = extraction(PASSPORT, {"surname": "CONCLUDED"})
    fields = {**result.fields, "surname": FieldEvidence("CONCLUDED", Verdict.CONFLICT, 0.9, sources)}
    return Extraction(PASSPORT, result.document, result.values, fields)


@each(
    ("source", "prediction", "confidence"),
    [("result", "CONCLUDED", 0.9), ("mrz", "ZONE", 0.8), ("visual", "SURER", 0.6), ("model", None, 0.0)],
)
def test_one_source_can_be_scored_alone(source: str, prediction: str | None, confidence: float) -> None:
    result = spoken(
        Source(SourceKind.MRZ, "ZONE", "ZONE", 0.8),
        Source(SourceKind.VISUAL, "LESS SURE", "LESS SURE", 0.5),
        Source(SourceKind.VISUAL, "SURER", "SURER", 0.6),
    )
    _, fields = score(specimen(surname="DURAND"), result, source=source)
    assert fields["surname"].prediction == prediction
    assert fields["surname"].confidence == confidence


class Badge(BaseModel):
    surname: str | None = None
    room: str | None = None


def test_another_built_in_schema_answers_for_every_labelled_field() -> None:
    result = extraction(SCHEMAS["visa"], {"surname": "DURAND"})
    _, fields = score(specimen(surname="DURAND", personal_number="1"), result)
    assert fields["personal_number"].score.outcome.value == "missed"


def test_a_users_own_schema_answers_for_what_it_has() -> None:
    result = extraction(Badge, {"surname": "DURAND", "room": "1"})
    document, fields = score(specimen(surname="DURAND", personal_number="1"), result)
    assert set(fields) == {"surname"}
    assert document.all_right
