"""The result types."""

import dataclasses

import pytest

from extractor.extraction import FAILED_CHECKS, Extraction, FieldEvidence, ReadingWarning, SourceKind, Verdict
from extractor.schemas import Passport


def result(*codes: str) -> Extraction:
    return Extraction(Passport, Passport(), {}, {}, tuple(ReadingWarning(code, "message") for code in codes))


@pytest.mark.parametrize("code", sorted(FAILED_CHECKS))
def test_a_failed_check_is_told(code: str) -> None:
    assert not result(code).checks_passed
    assert not result("names_truncated", code).checks_passed


@pytest.mark.parametrize("codes", [(), ("names_truncated",), ("schema_mismatch", "script_unread")])
def test_other_warnings_are_no_failed_checks(codes: tuple[str, ...]) -> None:
    assert result(*codes).checks_passed


def test_results_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        result().document = None  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        FieldEvidence(None, Verdict.ABSENT, 0.9).value = "x"  # type: ignore[misc]


def test_kinds_and_verdicts_are_written_as_their_words() -> None:
    assert [kind.value for kind in SourceKind] == ["mrz", "barcode", "visual", "model", "derived"]
    assert [str(verdict) for verdict in Verdict] == ["verified", "agree", "conflict", "single", "unsupported", "absent"]
