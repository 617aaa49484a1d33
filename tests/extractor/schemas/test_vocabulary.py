"""The words of the house: every field of every schema is defined once, in English and Chinese."""

from extractor.schemas import SCHEMAS, VOCABULARY, Kind
from extractor.schemas.text import scripts

from ...tables import each

#: Field names that the project has fixed, shared by all schemas.
FIXED = (
    "document_type issuing_country document_number surname given_names name nationality birth_date sex place_of_birth"
    " personal_number issue_date expiry_date authority address ethnicity endorsements mrz valid_from permanent"
    " visa_class entries vehicle_classes"
).split()


def test_the_fixed_names_are_there() -> None:
    assert set(FIXED) <= set(VOCABULARY)


def test_entries_are_named_by_their_keys() -> None:
    assert [name for name, spec in VOCABULARY.items() if spec.name != name] == []


@each("name", VOCABULARY)
def test_every_field_is_described_in_english_and_chinese(name: str) -> None:
    spec = VOCABULARY[name]
    assert spec.en.isascii()
    assert spec.en == spec.en.strip() != ""
    assert "CJK" in scripts(spec.zh)


@each(
    ("name", "kind"),
    [
        ("birth_date", Kind.DATE),
        ("valid_from", Kind.DATE),
        ("sex", Kind.SEX),
        ("nationality", Kind.STATE),
        ("issuing_country", Kind.STATE),
        ("document_number", Kind.NUMBER),
        ("surname", Kind.NAME),
        ("address", Kind.ADDRESS),
        ("vehicle_classes", Kind.LIST),
        ("permanent", Kind.FLAG),
        ("mrz", Kind.MRZ),
        ("entries", Kind.CODE),
        ("authority", Kind.TEXT),
    ],
)
def test_kinds(name: str, kind: Kind) -> None:
    assert VOCABULARY[name].kind is kind


def test_every_field_of_the_schemas_is_in_the_vocabulary() -> None:
    assert {name for schema in SCHEMAS.values() for name in schema.model_fields} <= set(VOCABULARY)
