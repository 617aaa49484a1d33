"""National numbers prove themselves where their state's checksum holds, and only there."""

from __future__ import annotations

from extractor.visual.national_numbers import _BY_STATE, checksum_of

from ...tables import each


# Numbers from the documentation of the states' schemes, all of invented persons.
@each(
    ("issuer", "number"),
    [
        ("EST", "37605030299"),
        ("POL", "44051401359"),
        ("ESP", "54362315K"),
        ("ROU", "1630615123457"),
        ("BGR", "7523169263"),
    ],
)
def test_right_checksums_hold_and_a_changed_digit_breaks_them(issuer: str, number: str) -> None:
    assert checksum_of(issuer, "personal_number", number)
    changed = number[:-1] + ("L" if number[-1] == "K" else str((int(number[-1]) + 1) % 10))
    assert checksum_of(issuer, "personal_number", changed) is False


def test_a_number_of_another_state_proves_nothing() -> None:
    assert checksum_of("FRA", "personal_number", "44051401359") is None
    assert checksum_of(None, "personal_number", "44051401359") is None


@each(
    ("issuer", "field", "number", "holds"),
    [
        ("POL", "document_number", "44051401358", False),  # longer than any number of a document
        ("ESP", "document_number", "54362315L", None),
        ("ESP", "personal_number", "54362315L", False),
        ("KOR", "personal_number", "201231-3456789", None),  # has none since 2020
        ("POL", "personal_number", "4405140135", None),  # no such number
        ("POL", "address", "44051401358", None),
    ],
)
def test_a_wrong_checksum_says_something_where_every_such_number_has_one(
    issuer: str, field: str, number: str, holds: bool | None
) -> None:
    assert checksum_of(issuer, field, number) is holds


@each("state", sorted(_BY_STATE))
def test_every_scheme_answers_nonsense_with_no(state: str) -> None:
    assert not any(checksum_of(state, "personal_number", text) for text in ("", "SPECIMEN", "1", "<<<<<<<<<"))
