"""Several looks at one zone."""

from datetime import date

from extractor.mrz.find import read_mrz
from extractor.mrz.reading import MrzReading
from extractor.mrz.vote import vote

from .documents import page

TODAY = date(2026, 3, 1)
NAME = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
DATA = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"


def look(*lines: str) -> MrzReading:
    reading = read_mrz(page(lines), today=TODAY)
    assert reading is not None
    return reading


def test_no_looks_and_one() -> None:
    assert vote([]) is None
    only = look(NAME, DATA)
    assert vote([only]) is only


def test_looks_that_fail_in_different_places_make_one_that_does_not() -> None:
    looks = [
        look(NAME.replace("ERIKSSON", "FRIKSSON"), DATA.replace("L898902C3", "L898982G3")),
        look(NAME.replace("ANNA", "AMMA"), DATA.replace("ZE184226B", "ZE184Z2GB")),
        look(NAME.replace("MARIA", "HARIA"), DATA.replace("1204159", "1284159")),
    ]
    assert all(reading.lines != (NAME, DATA) for reading in looks)
    together = vote(looks, today=TODAY)
    assert together.lines == (NAME, DATA)
    assert together.valid


def test_a_line_that_only_one_look_found() -> None:
    together = vote([look("Passport", DATA), look(NAME, DATA.replace("L898902C3", "L898982G3"))], today=TODAY)
    assert together.lines == (NAME, DATA)
    assert len(together.line_boxes) == 2


def test_a_look_that_took_the_zone_for_something_else_has_no_say() -> None:
    visa = look("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<")
    assert vote([visa, look(NAME, DATA)], today=TODAY).lines == (NAME, DATA)


def test_voting_never_loses_a_valid_reading() -> None:
    bad = look(NAME, DATA.replace("7408122", "7498172"))
    assert vote([bad, bad, look(NAME, DATA)], today=TODAY).valid
