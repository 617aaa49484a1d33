"""The document's own sources: what the zone, the barcode, the captions and the heading say."""

from collections.abc import Sequence

import numpy as np
import pytest
from pydantic import BaseModel

from extractor.evidence import DocumentEvidence, gather
from extractor.extraction import Source, SourceKind
from extractor.mrz import MrzReading, read_mrz
from extractor.schemas import SCHEMAS, field_specs
from extractor.sources import read_sources
from extractor.sources.places import box_of
from extractor.text.barcode import BarcodeFields
from extractor.text.ocr import Line
from extractor.text.page import Page

from ..printed import TODAY, page, rows

ZONE = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")


def sources(
    *pages: Sequence[Line] | Page,
    zones: Sequence[tuple[str, ...] | None] = (),
    schema: str | type[BaseModel] = "passport",
) -> dict[str, list[Source]]:
    return read_sources(evidence(*pages, zones=zones, schema=schema))


def evidence(
    *pages: Sequence[Line] | Page,
    zones: Sequence[tuple[str, ...] | None] = (),
    schema: str | type[BaseModel] = "passport",
) -> DocumentEvidence:
    read = [one if isinstance(one, Page) else page(one) for one in pages]
    found: list[MrzReading | None] = [
        read_mrz(rows(*lines, top=500), today=TODAY) if lines else None for lines in zones
    ]
    model = SCHEMAS[schema] if isinstance(schema, str) else schema
    return gather(read, found or [None] * len(read), model, today=TODAY)


def of_kind(result: Sequence[Source], kind: SourceKind) -> Source:
    (one,) = (source for source in result if source.kind is kind)
    return one


class TestZone:
    def test_every_field_of_the_zone_is_a_source(self) -> None:
        result = sources([], zones=[ZONE])
        values = {name: of_kind(found, SourceKind.MRZ).value for name, found in result.items() if found}
        assert values == {
            "document_type": "P",
            "issuing_country": "UTO",
            "document_number": "L898902C3",
            "surname": "ERIKSSON",
            "given_names": "ANNA MARIA",
            "nationality": "UTO",
            "birth_date": "1974-08-12",
            "sex": "F",
            "expiry_date": "2012-04-15",
            "mrz": list(ZONE),
        }

    def test_what_check_digits_cover_is_proven_and_says_by_what(self) -> None:
        result = sources([], zones=[ZONE])
        number, surname, lines = (
            of_kind(result[name], SourceKind.MRZ) for name in ("document_number", "surname", "mrz")
        )
        assert (number.proven, number.basis) == (True, "TD3, check digit")
        assert (surname.proven, surname.basis) == (False, "TD3, format")
        # No check digit covers the names.
        assert (lines.proven, lines.text) == (False, "\n".join(ZONE))

    def test_the_text_is_as_printed_the_value_normalised(self) -> None:
        birth = of_kind(sources([], zones=[ZONE])["birth_date"], SourceKind.MRZ)
        assert (birth.text, birth.value) == ("740812", "1974-08-12")

    def test_repairs_are_counted(self) -> None:
        result = sources([], zones=[(ZONE[0], ZONE[1].replace("7408122", "74O8122"))])
        birth = of_kind(result["birth_date"], SourceKind.MRZ)
        assert birth.value == "1974-08-12"
        assert birth.basis.endswith(", 1 characters of the zone repaired")

    def test_a_wrong_check_digit_proves_nothing(self) -> None:
        result = sources([], zones=[(ZONE[0], ZONE[1].replace("74081226", "74081276").replace("7408122F", "7408127F"))])
        birth = of_kind(result["birth_date"], SourceKind.MRZ)
        assert (birth.value, birth.proven) == ("1974-08-12", False)
        assert birth.confidence < of_kind(sources([], zones=[ZONE])["birth_date"], SourceKind.MRZ).confidence

    def test_what_is_no_date_is_told_as_none_and_an_empty_one_not_at_all(self) -> None:
        broken = sources([], zones=[(ZONE[0], "L898902C36UTO7413422F1204159ZE184226B<<<<<10")])
        assert of_kind(broken["birth_date"], SourceKind.MRZ).value is None
        empty = sources([], zones=[(ZONE[0], "L898902C36UTO<<<<<<<F1204159ZE184226B<<<<<10")])
        assert empty["birth_date"] == []

    def test_germany_is_one_letter_and_half_a_code_no_state(self) -> None:
        result = sources(
            [], zones=[("P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<", "C01X00T478D<<6408125F2702283<<<<<<<<<<<<<<<4")]
        )
        assert of_kind(result["nationality"], SourceKind.MRZ).value == "D"
        half = sources([], zones=[(ZONE[0], ZONE[1].replace("6UTO7", "6UT<7"))])
        assert all(source.value != "UT" for source in half["nationality"])

    def test_the_zone_s_box_lies_around_all_its_lines(self) -> None:
        box = of_kind(sources([], zones=[ZONE])["surname"], SourceKind.MRZ).box
        assert box is not None
        assert box.points == ((40.0, 500.0), (480.0, 500.0), (480.0, 550.0), (40.0, 550.0))

    def test_fields_the_schema_lacks_are_left_out(self) -> None:
        class Names(BaseModel):
            surname: str | None = None

        assert list(sources([], zones=[ZONE], schema=Names)) == ["surname"]


class TestVisas:
    ZONE = ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<<<")

    def test_the_zone_s_number_is_the_visa_s_where_nothing_says_otherwise(self) -> None:
        result = sources([], zones=[self.ZONE], schema="visa")
        assert of_kind(result["document_number"], SourceKind.MRZ).value == "L898902C3"
        assert result["passport_number"] == []


class TestVisual:
    def test_a_title_that_only_one_state_uses_gives_a_derived_issuer(self) -> None:
        (one,) = sources(rows("个人信息", "公民身份号码", "11010519491231002X"), schema="chinese_id_card")[
            "issuing_country"
        ]
        assert (one.kind, one.value, one.text) == (SourceKind.DERIVED, "CHN", "")
        assert "CHN only" in one.basis


def test_a_barcode_is_a_proven_source(monkeypatch: pytest.MonkeyPatch) -> None:
    corners = np.array([[10, 10], [90, 10], [90, 40], [10, 40]], np.float64)
    code = BarcodeFields({"surname": ("ERIKSSON", "ERIKSSON"), "unknown": (1, "1")}, corners, "PDF417 (AAMVA)")
    monkeypatch.setattr("extractor.evidence.parse_codes", lambda codes: code)
    result = sources([], schema="driving_licence")
    one = of_kind(result["surname"], SourceKind.BARCODE)
    assert (one.value, one.proven, one.basis) == ("ERIKSSON", True, "PDF417 (AAMVA)")
    assert one.box is not None
    assert one.box.points[2] == (90.0, 40.0)
    assert "unknown" not in result


def test_pages_speak_each_for_itself() -> None:
    result = sources(rows("Surname", "ERIKSSON"), rows("Given names", "ANNA"), zones=[None, ZONE])
    assert of_kind(result["surname"], SourceKind.VISUAL).value == "ERIKSSON"
    assert of_kind(result["surname"], SourceKind.MRZ).value == "ERIKSSON"
    assert of_kind(result["given_names"], SourceKind.VISUAL).value == "ANNA"


def test_every_field_of_the_schema_has_its_list() -> None:
    result = sources([])
    assert list(result) == list(field_specs(SCHEMAS["passport"]))
    assert not any(result.values())


def test_boxes_are_told_in_the_picture_as_given() -> None:
    """A page turned by 90 degrees: what is at its top left was at the picture's bottom left."""
    turned = Page(
        np.zeros((700, 1000, 3), np.uint8), (), np.array([[0, 1, 0], [-1, 0, 1000], [0, 0, 1.0]]), 90, (700, 1000), 2
    )
    (one,) = evidence(turned).pages
    box = box_of(np.array([[10, 20], [110, 20], [110, 40], [10, 40]]), one)
    assert box.page == 2
    assert box.points == ((20.0, 990.0), (20.0, 890.0), (40.0, 890.0), (40.0, 990.0))
    several = box_of(np.array([[10, 20], [110, 20], [110, 40], [10, 40], [10, 50], [60, 50], [60, 70], [10, 70]]), one)
    assert several.points == ((20.0, 990.0), (20.0, 890.0), (70.0, 890.0), (70.0, 990.0))
