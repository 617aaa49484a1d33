"""The sexes, as documents print them and as schemas call them."""

import pytest

from extractor.schemas.sexes import sex_in, sexes_of

from ...tables import each


@each(
    ("text", "issuer", "sex"),
    [
        ("M", None, "M"),
        ("F", "HUN", "F"),
        ("MĘŻCZYZNA", None, "M"),
        ("ŽENSKÉ", None, "F"),
        ("Чоловік", None, "M"),
        ("पुरुष / MALE", None, "M"),
        ("স্ত্রী", "IND", None),  # not known: null
        ("নারী", None, "F"),
        ("נקבה", None, "F"),
        ("مونث", None, "F"),
        ("LAKI-LAKI", None, "M"),
        ("Nữ", None, "F"),
        ("ස්ත්‍රී", None, "F"),
        ("女F", None, "F"),
        ("K", None, None),
        ("K", "TUR", "F"),
        ("K", "AZE", "M"),
        ("K", "DEU", None),
        ("K/M", "AZE", "M"),
        ("V", "LTU", "M"),
        ("V", "NLD", "F"),
        ("V/M", "LTU", "M"),
        ("M/F", "LTU", "F"),
        ("F/M", "HUN", "M"),
        ("M/F", "GBR", None),  # a choice, and none made
        ("A/M", "GRC", "M"),
        ("Nữ", "VNM", "F"),
        ("X/F", "RUS", "F"),
        ("NON-BINARY", None, "X"),
        ("OTHER", None, "X"),
        ("THIRD GENDER", "IND", "X"),
        ("SEX", None, None),
        ("—", None, None),
    ],
)
def test_printed_sexes(text: str, issuer: str | None, sex: str | None) -> None:
    found = sex_in(text, issuer)
    assert (found and found[0]) == sex


def test_words_that_say_nothing_of_it_lower_the_share() -> None:
    assert sex_in("F 172 cm") == ("F", 1 / 3)


@pytest.mark.parametrize(
    ("words", "man", "woman"),
    [
        ("M F X", "M", "F"),
        ("H M", "H", "M"),  # hombre, mujer
        ("H F", "H", "F"),  # homme, femme
        ("E K", "E", "K"),
        ("K M", "M", "K"),  # kobieta, mężczyzna
        ("N F", "F", "N"),  # nő, férfi
        ("1 2 9", "1", "2"),  # ISO/IEC 5218
        ("Hombre Mujer", "Hombre", "Mujer"),
        ("Ч Ж", "Ч", "Ж"),
        ("V M", None, None),  # vrouw and man, or vyras and moteris
    ],
)
def test_members_of_an_enum_explain_each_other(words: str, man: str | None, woman: str | None) -> None:
    meant = {sex: word for word, sex in sexes_of(words.split()).items()}
    assert (meant.get("M"), meant.get("F")) == (man, woman)
