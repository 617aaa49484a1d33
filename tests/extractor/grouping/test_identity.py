"""What two parts say of their holders decides whether they can be one document."""

import pytest

from extractor.grouping.identity import Identity, Relation, contradictions, identity_of, relation
from extractor.mrz import parse

from ..printed import TODAY, rows

PASSPORT = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
VISA = ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX7408122F96121096ZE184226B<<<<<<")


def part(kind: str | None = None, **values: str) -> Identity:
    return Identity({name: frozenset({value}) for name, value in values.items()}, kind=kind, sure=0.95 if kind else 0.0)


ANNA = part(surname="ERIKSSON", given_names="ANNA MARIA", birth_date="1974-08-12", document_number="L898902C3")


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        # the back of her card: the number, or the name and the day
        (part(document_number="L898902C3"), Relation.SAME),
        (part(name="Anna Maria Eriksson"), Relation.SAME),
        (part(birth_date="1974-08-12", expiry_date="2030-01-01"), Relation.LIKELY),
        # a number of hers that another field of the back holds
        (part(personal_number="L898902C3", issue_date="2020-01-01"), Relation.SAME),
        # her brother: one surname, one address, everything else is his
        (part(surname="ERIKSSON", given_names="LARS", birth_date="1971-02-03"), Relation.DIFFERENT),
        # a twin: even the day is the same
        (
            part(surname="ERIKSSON", given_names="LARS OLOF", birth_date="1974-08-12", document_number="K7654321A"),
            Relation.DIFFERENT,
        ),
        # a number misread in one character contradicts nothing
        (part(document_number="L898902C8"), Relation.UNKNOWN),
        (part(birth_date="1974-08-17"), Relation.UNKNOWN),
        (part(document_number="K7654321A"), Relation.UNLIKELY),
        # a name in another script cannot be compared
        (part(name="エリクソン アンナ"), Relation.UNKNOWN),
        (part(), Relation.UNKNOWN),
    ],
)
def test_relations(other: Identity, expected: Relation) -> None:
    assert relation(ANNA, other) is expected
    assert relation(other, ANNA) is expected


def test_a_date_that_the_other_part_has_as_another_contradicts_nothing() -> None:
    """A page of a passport with one date and no caption: the layout reader takes it for any."""
    assert relation(part(birth_date="2015-06-01"), part(birth_date="1974-08-12", issue_date="2015-06-01")) is (
        Relation.LIKELY
    )


def test_a_difference_counts_as_much_as_it_is_sure() -> None:
    def born(score: float) -> Identity:
        return Identity({"birth_date": frozenset({"2015-06-01"})}, scores={"birth_date": score})

    assert relation(ANNA, born(1.0)) is Relation.DIFFERENT
    assert relation(ANNA, born(0.8)) is Relation.UNLIKELY


def test_two_documents_of_one_holder_are_two() -> None:
    hers = {"surname": "ERIKSSON", "given_names": "ANNA", "birth_date": "1974-08-12"}
    licence = part("driving_licence", **hers, document_number="99321765")
    assert relation(part("passport", **hers, document_number="L898902C3"), licence) is Relation.DIFFERENT
    old = part("passport", **hers, document_number="A1234567", expiry_date="2019-05-05")
    new = part("passport", **hers, document_number="L898902C3", expiry_date="2029-05-05")
    assert relation(old, new) is Relation.DIFFERENT


def test_a_visa_is_no_side_of_a_passport_although_it_names_its_number() -> None:
    zones = [parse(lines, today=TODAY) for lines in (PASSPORT, VISA)]
    passport, visa = (identity_of(rows(*zone.lines), zone, today=TODAY) for zone in zones)
    assert passport.values["surname"] == visa.values["surname"]
    assert relation(passport, visa) is Relation.DIFFERENT


def test_short_numbers_are_on_too_many_documents() -> None:
    assert relation(part(document_number="12345"), part(document_number="12345")) is Relation.UNKNOWN


def test_contradictions_are_named_without_their_values() -> None:
    other = part(surname="BERISHA", given_names="ARTA", birth_date="1990-02-15", document_number="K7654321A")
    assert contradictions(ANNA, other) == ["number", "name", "birth date"]
    assert contradictions(ANNA, ANNA) == []


def test_printed_values_and_the_zone_s_both_count() -> None:
    zone = parse(PASSPORT, today=TODAY)
    lines = rows(
        "PASSPORT", "Surname", "ERIKSSON", "Given names", "ANNA MARIA", "Date of birth", "12 AUG 1974", *PASSPORT
    )
    found = identity_of(lines, zone, today=TODAY)
    assert found.values["document_number"] == {"L898902C3"}
    assert found.values["birth_date"] == {"1974-08-12"}
    assert (found.kind, found.is_anonymous) == ("passport", False)
    assert identity_of(rows("AUTHORITY", "POLICE"), None).is_anonymous
