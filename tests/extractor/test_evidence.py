"""All evidence of a document: what its pages say together about their dates' order, the issuer and the zone."""

from collections.abc import Sequence

import numpy as np
import pytest

from extractor.evidence import DocumentEvidence, gather
from extractor.imaging.codes import Code
from extractor.mrz import MrzReading, read_mrz
from extractor.schemas import SCHEMAS
from extractor.text.ocr import Line

from .printed import TODAY, page, rows

ZONE = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
USA = ("P<USAERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36USA7408122F1204159ZE184226B<<<<<10")


def zone(*lines: str) -> MrzReading:
    reading = read_mrz(rows(*lines), today=TODAY)
    assert reading is not None
    return reading


def gathered(
    *pages: Sequence[Line], zones: Sequence[MrzReading | None] = (), schema: str = "id_card"
) -> DocumentEvidence:
    return gather([page(lines) for lines in pages], zones or [None] * len(pages), SCHEMAS[schema], today=TODAY)


def test_a_page_is_taken_apart_into_captions_and_the_rest() -> None:
    evidence = gathered(rows("Surname", "ERIKSSON", "Given names", "ANNA MARIA"))
    (one,) = evidence.pages
    assert [caption.field for caption in one.captions] == ["surname", "given_names"]
    assert [segment.text for segment in one.segments] == ["ERIKSSON", "ANNA MARIA"]
    assert evidence.schema is SCHEMAS["id_card"]
    assert evidence.context.today == TODAY
    assert evidence.zone is None


def test_the_issuer_is_the_zone_s_else_the_heading_s_else_the_title_s() -> None:
    heading, title = rows("REPUBLIKA SLOVENIJA"), rows("個人番号カード")
    assert gathered(heading, zones=[zone(*ZONE)]).context.issuer == "UTO"
    assert gathered(heading).context.issuer == "SVN"
    assert gathered(title).context.issuer == "JPN"
    assert gathered(rows("ERIKSSON")).context.issuer is None


def test_the_issuer_may_stand_on_any_page() -> None:
    assert gathered(rows("ERIKSSON"), rows("REPUBLIKA SLOVENIJA")).context.issuer == "SVN"
    assert gathered(rows("REPUBLIKA SLOVENIJA"), rows("x"), zones=[None, zone(*ZONE)]).context.issuer == "UTO"


def test_a_heading_makes_the_title_s_only_issuer_needless() -> None:
    (one,) = gathered(rows("日本国", "個人番号カード")).pages
    assert one.heading is not None
    assert one.only_issuer is None


@pytest.mark.parametrize(
    ("lines", "order"),
    [
        (["Issued 25/12/2020", "Birth 03/04/1990"], "dmy"),
        (["Issued 12/25/2020", "Birth 03/04/1990"], "mdy"),
        (["Birth 03/04/1990"], None),
        (["UNITED STATES OF AMERICA", "Birth 03/04/1990"], "mdy"),
        (["UNITED STATES OF AMERICA", "Issued 25/12/2020"], "dmy"),
        (["REPUBLIKA SLOVENIJA", "Birth 03/04/1990"], None),
    ],
)
def test_the_order_of_numeric_dates_is_shown_by_one_that_is_plain_else_by_the_issuer(
    lines: list[str], order: str | None
) -> None:
    assert gathered(rows(*lines)).context.order == order


def test_the_zone_s_issuer_tells_the_order_too() -> None:
    assert gathered(rows("03/04/1990"), zones=[zone(*USA)]).context.order == "mdy"


def test_the_best_zone_of_all_pages_counts() -> None:
    right, wrong = zone(*ZONE), zone(ZONE[0], ZONE[1].replace("7408122", "7408127"))
    assert right.valid
    assert not wrong.valid
    for zones in ([right, wrong], [wrong, right], [None, right], [right, None]):
        assert gathered(rows("a"), rows("b"), zones=zones).zone is right


def test_a_page_without_its_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        gather([page(rows("a")), page(rows("b"))], [None], SCHEMAS["passport"])


@pytest.mark.parametrize("schema", list(SCHEMAS))
def test_barcodes_of_all_pages_are_kept_as_they_are(schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = Code("Code128", "ABC", b"ABC", np.zeros((4, 2)))
    monkeypatch.setattr("extractor.evidence.read_codes", lambda image: [code])
    (read,) = gathered(rows("a"), schema=schema).pages
    assert read.codes == (code,)
    assert read.barcode is None, "no standard explains it"
