"""National numbers prove themselves where their state's checksum holds, and only there."""

from __future__ import annotations

from extractor.visual.national_numbers import _BY_STATE, checksum_holds

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
    assert checksum_holds(issuer, number)
    changed = number[:3] + str((int(number[3]) + 1) % 10) + number[4:]
    assert not checksum_holds(issuer, changed)


def test_a_number_of_another_state_proves_nothing() -> None:
    assert not checksum_holds("FRA", "44051401359")
    assert not checksum_holds(None, "44051401359")


@each("state", sorted(_BY_STATE))
def test_every_scheme_answers_nonsense_with_no(state: str) -> None:
    assert not any(checksum_holds(state, text) for text in ("", "SPECIMEN", "1", "<<<<<<<<<"))
