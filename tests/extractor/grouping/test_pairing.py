"""Files that are sides of one document, among many."""

from extractor.grouping import Identity, paired_sides
from extractor.grouping.pairing import identity_of_values, sides_to_offer

ZONE = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
VISA = ["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"]


def part(**values: str) -> Identity:
    return Identity({name: frozenset({value}) for name, value in values.items()})


def test_sides_are_paired_wherever_they_stand() -> None:
    files = [
        part(document_number="L1234567X", surname="BERISHA", given_names="ARTA"),
        part(document_number="K7654321A", surname="LINDQVIST", given_names="ERIK"),
        part(document_number="K7654321A"),
        None,
        part(document_number="L1234567X"),
    ]
    assert paired_sides(files) == [[0, 4], [1, 2], [3]]


def test_one_surname_or_one_day_is_not_enough() -> None:
    assert paired_sides([part(surname="BERISHA"), part(surname="BERISHA")]) == [[0], [1]]
    assert paired_sides([part(birth_date="1990-02-15"), part(birth_date="1990-02-15")]) == [[0], [1]]


# Sides that a person is offered to join


def side(kind: str | None = "id_card", zone: list[str] | None = None, /, **values: str) -> Identity:
    return identity_of_values(
        kind, {**{name: [value] for name, value in values.items()}, **({"mrz": zone} if zone else {})}
    )


def groups(*sides: Identity) -> list[list[int]]:
    return sides_to_offer(sides)


def test_sides_with_one_number_are_offered_together() -> None:
    assert groups(
        side(document_number="L1234567X", surname="BERISHA", given_names="ARTA"),
        side(document_number="K7654321A", surname="LINDQVIST", given_names="ERIK"),
        side(document_number="L1234567X"),
    ) == [[0, 2], [1]]


def test_a_passport_and_a_visa_of_one_holder_are_two_documents() -> None:
    holder = {"surname": "ERIKSSON", "given_names": "ANNA MARIA", "birth_date": "1974-08-12"}
    assert groups(side("passport", ZONE, **holder), side("visa", VISA, **holder)) == [[0], [1]]


def test_a_licence_and_a_card_of_one_holder_are_two_documents() -> None:
    holder = {"surname": "BERISHA", "given_names": "ARTA", "birth_date": "1990-02-15"}
    card = side("id_card", document_number="L1234567X", **holder)
    assert groups(card, side("driving_licence", document_number="55667788B", **holder)) == [[0], [1]]


def test_a_side_that_says_nothing_goes_with_the_only_one_it_can_be_of() -> None:
    front = side("chinese_id_card", name="王芳", personal_number="11010119900307123X")
    back = side("chinese_id_card", issue_date="2015-01-02")
    passport = side("passport", surname="BERISHA", given_names="ARTA")
    assert groups(front, passport, back) == [[0, 2], [1]]
    assert groups(front, side(None)) == [[0, 1]], "what was not recognised may be its back"
    assert groups(front, front, side(None)) == [[0, 1], [2]], "a document that has both of its sides has no third"
    other = side("id_card", surname="BERISHA", given_names="ARTA")
    assert groups(front, other, side(None)) == [[0], [1], [2]], "of two it is not known whose it is"
    assert groups(passport, side(None)) == [[0], [1]], "a passport's data page has no other side"
    assert groups(front, back, back) == [[0], [1], [2]], "two backs, one front"


def test_lines_that_are_no_zone_say_nothing() -> None:
    assert identity_of_values("passport", {"mrz": ["HELLO", "world"]}).zone is None
