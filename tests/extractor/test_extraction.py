"""The result types."""

import dataclasses
from pathlib import Path

import pytest
from PIL import Image

from extractor.extraction import (
    FAILED_CHECKS,
    Box,
    Extraction,
    FieldEvidence,
    PageInfo,
    ReadingWarning,
    SourceKind,
    Verdict,
)
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


def test_in_short_it_shows_no_value() -> None:
    fields = {"surname": FieldEvidence("SMITH", Verdict.SINGLE, 0.9), "sex": FieldEvidence(None, Verdict.ABSENT, 0.9)}
    shown = repr(Extraction(Passport, Passport(surname="SMITH"), {}, fields, (ReadingWarning("conflict", "m"),)))
    assert shown == "<Extraction passport: 1 of 2 fields, 1 warnings>"


def test_its_json_makes_the_document_again() -> None:
    one = Extraction(Passport, Passport(surname="SMITH", mrz=["P<GBR", "123"]), {}, {})
    assert Passport.model_validate(one.to_dict()) == one.document
    assert Passport.model_validate_json(one.to_json()) == one.document
    assert one.to_dict(evidence=True)["document"] == one.to_dict()


def test_notebooks_show_the_page_its_boxes_and_every_field_escaped(examples_dir: Path) -> None:
    box = Box(0, ((1, 2), (3, 2), (3, 4), (1, 4)))
    fields = {"<b>": FieldEvidence("<script>", Verdict.SINGLE, 0.9, box=box)}
    page = PageInfo(1250, 880, 0)
    one = Extraction(Passport, None, {}, fields, (ReadingWarning("x", "<i>"),), (page,))
    shown = one._repr_html_()
    assert "&lt;script&gt;" in shown
    assert not any(part in shown for part in ("<script", "<i>", "image href"))
    assert 'points="1,2 3,2 3,4 1,4"' in shown
    picture = examples_dir / "passport.png"
    with Image.open(picture) as opened:
        page = PageInfo(*opened.size, 0)
    assert "data:image/jpeg;base64," in dataclasses.replace(one, pages=(page,), inputs=(picture,))._repr_html_()
