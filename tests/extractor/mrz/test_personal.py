"""Personal numbers come out where the state's convention is known, in the form in which they are printed."""

from extractor.mrz.personal import CONVENTIONS, personal_number
from extractor.mrz.states import STATE_CODES

from ...tables import each


@each(
    ("state", "kind", "optional", "birth", "expected"),
    [
        ("CZE", "TD3", "7512240123<<<<", "751224", "751224/0123"),
        ("FIN", "TD3", "211271<426U<<<", "711221", "211271-426U"),
        ("ISL", "TD3", "121212<1239<<<", "121212", "121212-1239"),
        ("LVA", "TD1", "121282<88882<<<", "821212", "121282-88882"),
        ("BEL", "TD1", "85120100200<<<<", "851201", "85.12.01-002.00"),
        ("KOR", "TD3", "1234567<<<<<<<", "850304", "850304-1234567"),
        ("ROU", "ID-36x2", "1204994", "850509", "1850509204994"),
        ("UKR", "TD3", "1985030412345<", "850304", "19850304-12345"),
        ("UKR", "TD3", "1234567890<<<<", "850304", "1234567890"),
        ("ESP", "TD1", "99999999R<<<<<<", "800101", "99999999R"),
        ("ESP", "TD3", "A9999999900<<<", "800101", None),  # no published convention for the passport
        ("NLD", "TD3", "12345678<<<<<<", "711019", None),  # eight digits are no BSN
        ("CHN", "TD3", "LKMPMLPF<<<<A9", "850304", None),  # the content is not published
        ("KOR", "TD3", "1234567<<<<<<<", "85<<<<", None),  # the number cannot be put together
        (None, "TD3", "1234567890<<<<", "850304", None),
    ],
)
def test_conventions(state: str | None, kind: str, optional: str, birth: str, expected: str | None) -> None:
    assert personal_number(state, kind, {"optional_data_1": optional}, birth) == expected


def test_belgian_cards_have_it_in_the_first_line_or_since_in_the_second() -> None:
    for data in ({"optional_data_1": "85120100200"}, {"optional_data_1": "", "optional_data_2": "85120100200"}):
        assert personal_number("BEL", "TD1", data, "851201") == "85.12.01-002.00"
    assert personal_number("BEL", "TD1", {"optional_data_1": "", "optional_data_2": "X"}, "851201") is None


def test_conventions_are_those_of_states() -> None:
    assert set(CONVENTIONS) <= STATE_CODES
