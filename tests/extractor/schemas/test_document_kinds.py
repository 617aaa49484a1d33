"""Kinds of documents as users call them."""

import pytest

from extractor.schemas.document_kinds import is_kind, kind_called, kind_in, names_kinds


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("passport_number", "passport"),
        ("driverLicenseNo", "driving_licence"),
        ("DrivingLicence", "driving_licence"),
        ("visa_type", "visa"),
        ("residence_permit_no", "residence_permit"),
        ("nationalIdCard", "id_card"),
        ("passport_or_visa_number", None),
        ("surname", None),
        ("customer_id", None),
    ],
)
def test_the_kind_that_a_name_speaks_of(name: str, kind: str | None) -> None:
    assert kind_in(name) == kind


def test_members_of_an_enum_of_kinds() -> None:
    assert names_kinds(["PASSPORT", "ID_CARD", "other"])
    assert not names_kinds(["P", "V"])
    assert not names_kinds(["passport", "yes"])
    assert [kind_called(word) for word in ("身份证", "Reisepass", "passport number")] == ["id_card", "passport", None]
    assert is_kind("chinese_id_card", "id_card")
