"""States that depart from the standard, on zones as they print them."""

from datetime import date

from extractor.mrz.national import cyrillic
from extractor.mrz.parse import parse

from ...tables import each

TODAY = date(2026, 3, 1)
RUSSIAN = ("PNRUSZDRIL7K<<SERGEQ<ANATOL9EVI3<<<<<<<<<<<<", "3919353498RUS7207233M<<<<<<<4151218910003<50")


def card(opening: str, born: str, sex: str, expires: str) -> tuple[str, str, str]:
    second = f"{born}0{sex}{expires}0{opening[2:5]}".ljust(30, "<")
    return opening.ljust(30, "<"), second, "GOMEZ<<LUCIA".ljust(30, "<")


@each(
    ("opening", "printed", "sex"),
    [("IDMEX", "M", "F"), ("IDMEX", "H", "M"), ("I<MEX", "M", "M"), ("IDESP", "M", "M"), ("IDESP", "H", None)],
)
def test_mexican_voter_cards_write_spanish_initials(opening: str, printed: str, sex: str | None) -> None:
    assert parse(card(opening, "840625", printed, "311231"), today=TODAY).sex == sex


def test_spanish_cards_without_end() -> None:
    assert parse(card("IDESP", "400215", "F", "990101"), today=TODAY).expiry_date == "9999-01-01"
    assert parse(card("IDITA", "400215", "F", "990101"), today=TODAY).expiry_date == "1999-01-01"


def test_fillers_for_a_date_and_its_check_digit_mean_that_there_is_none() -> None:
    opening, second, names = card("IDBEL", "400215", "F", "<<<<<<")
    zone = parse((opening, second[:14] + "<" + second[15:], names), today=TODAY)
    assert zone.expiry_date is None
    assert next(check for check in zone.check_digits if check.name == "expiry_date").valid


def test_russian_internal_passports_write_cyrillic() -> None:
    zone = parse(RUSSIAN, today=TODAY)
    assert zone.valid
    assert (zone.surname, zone.given_names) == ("ЗДРИЛЮК", "СЕРГЕЙ АНАТОЛЬЕВИЧ")
    assert (zone.document_number, zone.issue_date, zone.issuing_office) == ("3914935349", "2015-12-18", "910003")
    assert zone.expiry_date is None


def test_every_letter_of_the_cyrillic_code() -> None:
    assert cyrillic("3EREPA4<<W2LKOVA") == "ЧЕРЕПАШ<<ЩЁЛКОВА"
