"""Files that are sides of one document, among many."""

from extractor.grouping import Identity, paired_sides


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
