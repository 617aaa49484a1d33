"""Names of the zone mended by the printed ones: misread letters, and nothing else."""

from datetime import date

import numpy as np

from extractor.mrz import looks_like_zone, mend_names, read_mrz
from extractor.mrz.reading import MrzReading, Reason

from ...tables import each
from .documents import FakeLine, box, page

DATA = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"


def read(names: str) -> MrzReading:
    reading = read_mrz(page([f"P<UTO{names}".ljust(44, "<"), DATA]), today=date(2026, 3, 1))
    assert reading is not None
    return reading


def printed(*texts: str) -> list[FakeLine]:
    return [FakeLine(text, box(20, 30 * k, 200, 18)) for k, text in enumerate(texts)]


@each(
    ("names", "lines", "surname", "given"),
    [
        ("ERIKSSDN<<ANNA", ("Surname", "ERIKSSON", "ANNA"), "ERIKSSON", "ANNA"),
        ("ERIKSSDN<<ANNA", ("Surname Eriksson",), "ERIKSSON", "ANNA"),
        ("MUELLEB<<ANNA<MARTA", ("Müller", "Anna Marta"), "MUELLER", "ANNA MARTA"),
        ("ERIKSSON<<ANNA<MABIA", ("ERIKSSON", "ANNA MARIA"), "ERIKSSON", "ANNA MARIA"),
        # The printed name is there, or is another name, or was itself misread.
        ("ERIKSSON<<ANNA", ("ERIKSSON", "ERIKSSDN"), "ERIKSSON", "ANNA"),
        ("ERIKSSON<<ANNA", ("ERIKSSEN", "ERIKSTAD"), "ERIKSSON", "ANNA"),
        ("ERIKSSON<<ANNA", ("ERIKSSDN",), "ERIKSSON", "ANNA"),
    ],
)
def test_misread_letters(names: str, lines: tuple[str, ...], surname: str, given: str) -> None:
    reading = read(names)
    mended = mend_names(reading, printed(*lines), today=date(2026, 3, 1))
    assert (mended.mrz.surname, mended.mrz.given_names) == (surname, given)
    changed = mended.lines != reading.lines
    assert any(repair.reason is Reason.PRINTED for repair in mended.repairs) == changed


def test_poorly_printed_names_change_nothing() -> None:
    line = printed("ERIKSSON")[0]
    object.__setattr__(line, "probabilities", np.full(8, 0.5))
    assert mend_names(read("ERIKSSDN<<ANNA"), [line]).mrz.surname == "ERIKSSDN"


def test_a_zone_that_cannot_be_read_still_looks_like_one() -> None:
    assert looks_like_zone(page(["P<UTOERIKS  >>NA<MA<<<<<<<<"]))
    assert not looks_like_zone(page(["REPUBLIC OF UTOPIA", "ERIKSSON", "Passport No. L898902C3"]))
