"""What the visual zone says of each field, whole pages at a time: captions first, then the MRZ, then the layout."""

import pytest
from pydantic import BaseModel, Field

from extractor.mrz import Mrz, parse

from ..printed import captions, found, joined, line, rows, values

ZONE = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
PASSPORT = parse(ZONE)


def visa_zone(number: str) -> Mrz:
    return Mrz(
        "MRVA",
        (),
        document_code="V",
        issuing_state="UTO",
        surname="ERIKSSON",
        given_names="ANNA MARIA",
        document_number=number,
        nationality="UTO",
        birth_date="1974-08-12",
        sex="F",
        expiry_date="2026-04-15",
    )


class TestCaptions:
    def test_a_page_with_captions_needs_nothing_else(self) -> None:
        page = [
            *rows("Surname", "ERIKSSON", "Given names", "ANNA MARIA", "Date of birth", "12 AUG 1974"),
            line("Sex", 400, 40),
            line("F", 400, 70),
        ]
        assert values(page) == {
            "surname": "ERIKSSON",
            "given_names": "ANNA MARIA",
            "birth_date": "1974-08-12",
            "sex": "F",
        }

    def test_fields_that_the_schema_lacks_are_left_out(self) -> None:
        page = rows("Surname", "ERIKSSON", "Ethnicity", "SAMI")
        assert values(page) == {"surname": "ERIKSSON"}
        assert values(page, "id_card") == {"surname": "ERIKSSON", "ethnicity": "SAMI"}

    def test_the_basis_names_the_field_never_what_is_printed(self) -> None:
        one = found(rows("Surname", "ERIKSSON"))["surname"]
        assert one.basis == "caption of surname"
        assert 0.5 < one.tie <= 1.0

    def test_an_empty_page_says_nothing(self) -> None:
        assert found([]) == {}


class TestTheZoneConfirms:
    def test_values_without_captions_are_found_by_the_zone(self) -> None:
        page = rows("ERIKSSON", "ANNA MARIA", "12 AUG 1974", "15 APR 2012", "L898902C3", *ZONE)
        assert (
            values(page, mrz=PASSPORT).items()
            >= {
                "surname": "ERIKSSON",
                "given_names": "ANNA MARIA",
                "birth_date": "1974-08-12",
                "expiry_date": "2012-04-15",
                "document_number": "L898902C3",
            }.items()
        )
        one = found(page, mrz=PASSPORT)["surname"]
        assert one.basis == "stands on the page as in the MRZ"

    def test_the_printed_form_keeps_its_diacritics(self) -> None:
        mrz = Mrz("TD3", (), surname="MUELLER", given_names="JOSE")
        read = values(rows("Müller", "José"), mrz=mrz)
        assert (read["surname"], read["given_names"]) == ("Müller", "José")

    def test_a_caption_and_the_zone_together_say_so(self) -> None:
        one = found(rows("Surname", "ERIKSSON"), mrz=PASSPORT)["surname"]
        assert one.basis == "caption of surname, agrees with the MRZ"

    def test_what_page_and_zone_agree_on_stands_against_a_caption_that_leads_elsewhere(self) -> None:
        page = [*rows("Surname", "SPECIMENTON"), line("ERIKSSON", 400, 400)]
        assert values(page)["surname"] == "SPECIMENTON"
        assert values(page, mrz=PASSPORT)["surname"] == "ERIKSSON"

    def test_a_printed_date_that_contradicts_the_zone_is_kept(self) -> None:
        page = rows("Date of birth", "13 SEP 1980", "Date of expiry", "15 APR 2012")
        read = values(page, mrz=PASSPORT)
        assert (read["birth_date"], read["expiry_date"]) == ("1980-09-13", "2012-04-15")

    def test_weak_words_count_once_below_the_names(self) -> None:
        """The state's name stands in the heading as well, and `F` can be anything."""
        page = [
            line("UTOPIA", 40, 10),
            *rows("ERIKSSON", "ANNA MARIA", "UTOPIAN", "F", top=100),
            line("F", 500, 400),
        ]
        mrz = Mrz("TD3", (), surname="ERIKSSON", given_names="ANNA MARIA", nationality="NLD", sex="F")
        page[3] = line("NEDERLANDSE", 40, 160)
        one = found([line("NEDERLAND", 40, 10), *page[1:]], mrz=mrz)
        assert one["nationality"].value.text == "NEDERLANDSE"
        assert one["sex"].segments[0].top == 190

    def test_without_names_a_weak_word_counts_where_it_stands_once(self) -> None:
        mrz = Mrz("TD3", (), nationality="NLD", sex="F")
        assert "sex" in found(rows("xxxx", "F"), mrz=mrz)
        assert "sex" not in found(rows("F", "xxxx", "F"), mrz=mrz)

    def test_a_signature_with_both_names_is_no_name_field(self) -> None:
        page = [*rows("Surname", "ERIKSSON", "Given names", "ANNA MARIA"), line("Anna Maria Eriksson", 500, 400)]
        read = values(page, mrz=PASSPORT)
        assert "name" not in read
        assert read["surname"] == "ERIKSSON"


class TestVisas:
    def test_the_visa_s_own_number_is_kept_where_the_zone_has_the_passport_s(self) -> None:
        page = rows("Visa number", "V7654321", "Passport No.", "L898902C3")
        read = values(page, "visa", mrz=visa_zone("L898902C3"))
        assert (read["document_number"], read["passport_number"]) == ("V7654321", "L898902C3")


class TestLayout:
    def test_the_issue_date_by_its_place_in_time(self) -> None:
        page = rows("ERIKSSON", "12 AUG 1974", "16 APR 2002", "15 APR 2012", *ZONE)
        one = found(page, mrz=PASSPORT)["issue_date"]
        assert (one.value.value, one.tie) == ("2002-04-16", 0.7)

    def test_a_caption_s_issue_date_is_not_inferred_again(self) -> None:
        page = [*rows("12 AUG 1974", "16 APR 2002", "15 APR 2012"), *rows("Date of issue", "20 MAY 2003", top=300)]
        assert values(page, mrz=PASSPORT)["issue_date"] == "2003-05-20"

    def test_values_known_by_their_shape(self) -> None:
        read = found(rows("GOVERNMENT OF INDIA", "1234 5678 9012"), "id_card")["document_number"]
        assert read.basis.startswith("by its shape")


class TestNames:
    def test_a_name_in_one_piece_is_split_where_the_document_shows_how(self) -> None:
        read = found(rows("Name", "ERIKSSON, ANNA"), "id_card")
        assert {name: one.value.value for name, one in read.items()} == {
            "name": "ERIKSSON, ANNA",
            "surname": "ERIKSSON",
            "given_names": "ANNA",
        }
        assert read["surname"].tie < read["name"].tie

    def test_the_order_of_names_may_be_the_issuer_s(self) -> None:
        assert values(rows("Name", "Anna Eriksson"), "id_card", issuer="THA")["surname"] == "Eriksson"
        assert "surname" not in values(rows("Name", "Anna Eriksson"), "id_card", issuer="CHN")

    def test_the_native_half_before_the_slash_is_the_name(self) -> None:
        page = rows("Фамилия/Surname", "ИВАНОВ / IVANOV", "Имя/Given names", "ИВАН / IVAN")
        mrz = Mrz("TD3", (), surname="IVANOV", given_names="IVAN")
        read = values(page, mrz=mrz)
        assert (read["surname"], read["given_names"], read["name"]) == ("IVANOV", "IVAN", "ИВАНОВ ИВАН")

    @pytest.mark.parametrize("place", [(400, 70), (40, 100)], ids=["beside", "below"])
    def test_a_chinese_name_beside_or_below_the_romanised_one(self, place: tuple[float, float]) -> None:
        page = [line("Surname", 40, 40), line("WEN", 40, 70), line("闻维辉", *place)]
        one = found(page)["name"]
        assert (one.value.value, one.basis, one.tie) == ("闻维辉", "beside the romanised name", 0.8)

    def test_ideographs_that_spell_the_romanised_name_are_surer(self) -> None:
        page = [*rows("Surname", "WEN", "Given names", "WEIHUI"), line("闻维辉", 300, 70)]
        one = found(page)["name"]
        assert (one.value.value, one.basis, one.tie) == ("闻维辉", "spells the romanised name", 0.97)

    def test_the_letter_u_with_dots_is_spelt_both_ways(self) -> None:
        for surname in ("LYU", "LV", "LU"):
            page = [*rows("Surname", surname, "Given names", "WEI"), line("吕伟", 300, 70)]
            assert found(page)["name"].basis == (
                "beside the romanised name" if surname == "LYU" else "spells the romanised name"
            )

    def test_print_far_away_is_no_name(self) -> None:
        page = [*rows("Surname", "WEN"), line("闻维辉", 600, 600)]
        assert "name" not in found(page)


def test_a_place_beside_the_birth_date_that_the_zone_knows() -> None:
    page = rows("Place and date of birth", "Rochefort 12.AUG.1974")
    read = found(page, mrz=PASSPORT)
    assert (read["place_of_birth"].value.value, read["birth_date"].value.value) == ("Rochefort", "1974-08-12")
    assert "place_of_birth" not in found(rows("Place and date of birth", "12.AUG.1974"), mrz=PASSPORT)


class TestPeriods:
    def test_the_first_date_of_a_period_is_the_issue_s(self) -> None:
        page = rows("签发机关", "广州市公安局", "有效期限", "2013.09.15-2033.09.15")
        read = values(page, "chinese_id_card")
        assert (read["issue_date"], read["expiry_date"]) == ("2013-09-15", "2033-09-15")
        assert "permanent" not in read

    def test_of_a_period_whose_end_the_zone_knows_as_well(self) -> None:
        page = rows("Valid from - until", "03.05.2007-15.04.2012")
        read = found(page, mrz=PASSPORT)
        assert (read["issue_date"].value.value, read["expiry_date"].value.value) == ("2007-05-03", "2012-04-15")
        assert read["issue_date"].basis == "first date of the period of validity"

    def test_validity_without_end_has_no_expiry(self) -> None:
        page = rows("有效期限", "2015.07.10-长期")
        read = values(page, "chinese_id_card")
        assert (read["issue_date"], read["permanent"]) == ("2015-07-10", True)
        assert "expiry_date" not in read

    def test_unbefristet_in_the_place_of_the_expiry(self) -> None:
        read = values(rows("Gültig bis", "unbefristet"), "residence_permit")
        assert read == {"permanent": True}

    def test_a_schema_without_permanence_has_none(self) -> None:
        assert "permanent" not in values(rows("Date of expiry", "PERMANENT"))

    def test_a_named_issue_date_stands(self) -> None:
        page = [*rows("Date of issue", "01.02.2014"), *rows("Valid until", "2013.09.15-2033.09.15", top=200)]
        assert values(page, "id_card")["issue_date"] == "2014-02-01"


class TestOwnSchemas:
    def test_any_fields_can_be_asked_for(self) -> None:
        class Ticket(BaseModel):
            surname: str | None = None
            seat_number: str | None = None

        page = rows("Surname", "ERIKSSON", "Seat number", "17A42")
        assert values(page, Ticket) == {"surname": "ERIKSSON", "seat_number": "17A42"}

    def test_a_caption_given_in_one_language_counts_in_a_line_of_several(self) -> None:
        class Office(BaseModel):
            surname: str | None = None
            office: str | None = Field(None, json_schema_extra={"x-captions": {"en": ["Authority"]}})

        page = rows("Surname / Nom", "ERIKSSON", "Authority / Autorité", "ZENITH OFFICE")
        assert values(page, Office) == {"surname": "ERIKSSON", "office": "ZENITH OFFICE"}
        assert "office" not in values(rows("Autorité", "ZENITH OFFICE"), Office)


def test_two_columns_that_the_detector_joined_are_told_apart() -> None:
    page = [
        joined(("Surname", 40), ("Given names", 400), top=40),
        joined(("ERIKSSON", 40), ("ANNA MARIA", 400), top=70),
    ]
    assert values(page) == {"surname": "ERIKSSON", "given_names": "ANNA MARIA"}


def test_no_segment_is_the_value_of_two_fields() -> None:
    page = rows("Surname", "ERIKSSON", "Given names", "ANNA MARIA", "Nationality", "UTOPIA", "Place of birth", "ZENITH")
    used = [part for one in found(page).values() for part in one.segments]
    assert len({id(part) for part in used}) == len(used)
    marks, _ = captions(page)
    assert {part.text for part in used}.isdisjoint({mark.segment.text for mark in marks})
