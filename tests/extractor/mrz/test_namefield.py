"""Names against fillers: real letters stay, worn fillers go."""

import numpy as np
import pytest

from extractor.mrz.checkdigit import INDEX, LETTERS
from extractor.mrz.confusion import LineSource, Print, confusions
from extractor.mrz.namefield import BIGRAM, NamePart, spell, split_letters

from ...tables import each


def table(read: str, grade: Print) -> np.ndarray:
    return -np.log(confusions(grade, LineSource.TEXT)[[INDEX[c] for c in read]])


def concluded(read: str, grade: Print = Print.CLEAN, part: NamePart = NamePart.WHOLE) -> str:
    fillers, _ = split_letters(table(read, grade), part)
    return "".join("<" if filler else c for c, filler in zip(read, fillers, strict=True))


@each(
    "name",
    [
        "ERIKSSON<<ANNA<MARIA<<<<<<<<",
        "KRAKS<<<<<<<<<<<<<<<<<<<<<<<",
        "KRAKS<<KICKS<<<<<<<<<<<<<<<<",
        "XU<<LI<<<<<<<<<<<<<<<<<<<<<<",
        "SZCZESNY<<KRZYSZTOF<<<<<<<<<",
        "CRITTENDEN<<LEE<W<<<<<<<<<<<",
        "UNITED<KINGDOM<<JODIE<PIPPA<",
        "MARTIN<<CHRISTELLE<HELENE<LA",
        "ARKFREITH<<<<<<<<<<<<<<<<<<<",
    ],
)
def test_clean_names_stay(name: str) -> None:
    assert concluded(name) == name


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("ABDULLAYEV<<DIL<KECEKRENKKKCKCKACCCREXSS", "ABDULLAYEV<<DIL"),
        ("OGAWA<<HIROKO<KCCKSCCCEECCKKCCSCCCKCXE", "OGAWA<<HIROKO"),
        ("TKACHENKOC<MARIANA<KCKCCKSCCKKECCKCSCC", "TKACHENKO<<MARIANA"),
    ],
)
def test_worn_fillers_go(read: str, meant: str) -> None:
    assert concluded(read, Print.WORN) == meant.ljust(len(read), "<")


def test_worn_print_costs_more_than_it_gains_where_nothing_is_worn() -> None:
    for name in ("KRAKS<<<<<<<<<<", "ERIKSSON<<ANNA<", "LESLEY<<ELKE<<<"):
        clean, worn = (split_letters(table(name, grade))[1] + grade.value for grade in Print)
        assert clean <= worn


def test_french_given_names_are_parted_by_two_fillers() -> None:
    assert concluded("HERVE<<DJAMEL<", part=NamePart.GIVEN) == "HERVE<<DJAMEL<"


def test_nothing_follows_two_fillers_in_a_surname() -> None:
    assert concluded("ABDULLAYEV<<K<<<<", part=NamePart.SURNAME) == "ABDULLAYEV<<<<<<<"


@each(
    ("read", "meant"),
    [("MAR1A", "MARIA"), ("J0HN", "JOHN"), ("GAR8ER", "GARBER"), ("GA11O", "GALLO"), ("ANNA", "ANNA")],
)
def test_digits_in_names_become_the_letters_that_fit(read: str, meant: str) -> None:
    chosen = spell(table(read, Print.CLEAN), np.zeros(len(read), dtype=bool))
    spelled = "".join(LETTERS[chosen[k]] if k in chosen else c for k, c in enumerate(read))
    assert spelled == meant


def test_spelling_costs_are_those_of_names() -> None:
    assert BIGRAM.shape == (27, 27)
    assert BIGRAM[0, 1] < BIGRAM[0, 24]  # names begin with A more than with X
