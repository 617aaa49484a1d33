"""What is blacked out, by what a caller keeps, hides or copies for."""

import pytest

from extractor.errors import UsageError
from extractor.redaction.choose import choice_of

FIELDS = ["surname", "birth_date", "expiry_date", "personal_number", "document_number", "issuing_country", "address"]


def hidden(**given: object) -> set[str]:
    choice = choice_of(FIELDS, **given)  # type: ignore[arg-type]
    return {name for name in [*FIELDS, "portrait", "signature", "mrz", "barcodes"] if choice.hides(name)}


def test_without_a_choice_everything_goes_but_the_kind_of_document() -> None:
    everything = {*FIELDS, "portrait", "signature", "mrz", "barcodes"}
    assert hidden() == everything - {"issuing_country"}


def test_what_is_kept_stays_and_what_is_hidden_goes_alone() -> None:
    assert {"birth_date", "portrait"} & hidden(keep=["birth_date", "portrait"]) == set()
    assert hidden(hide=["surname", "mrz"]) == {"surname", "mrz"}
    assert hidden(hide="surname") == {"surname"}


@pytest.mark.parametrize(
    ("preset", "stays", "goes"),
    [
        ("age-check", {"birth_date", "expiry_date", "portrait"}, {"surname", "document_number", "mrz", "barcodes"}),
        ("address-proof", {"surname", "address", "expiry_date"}, {"birth_date", "portrait", "mrz", "personal_number"}),
        (
            "dutch-copy",
            {"surname", "birth_date", "document_number"},
            {"personal_number", "portrait", "mrz", "barcodes"},
        ),
    ],
)
def test_presets(preset: str, stays: set[str], goes: set[str]) -> None:
    gone = hidden(preset=preset)
    assert stays & gone == set()
    assert goes <= gone


def test_the_number_of_a_card_that_has_no_other_is_the_holder_s() -> None:
    choice = choice_of(["name", "document_number"], preset="dutch-copy")
    assert choice.hides("document_number")
    assert not choice.hides("name")


@pytest.mark.parametrize(
    "given",
    [
        {"keep": ["surnam"]},
        {"hide": ["face"]},
        {"hide": []},
        {"preset": "everything"},
        {"keep": ["surname"], "hide": ["mrz"]},
    ],
)
def test_a_choice_that_cannot_be_meant_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        choice_of(FIELDS, **given)  # type: ignore[arg-type]
