"""Values that betray themselves without a caption."""

import pytest

from extractor.schemas import SCHEMAS, field_specs
from extractor.visual.shapes import split_name, telling_values
from extractor.visual.values import Context

from ..printed import TODAY, rows, segment, values


def told(*texts: str, issuer: str, schema: str = "id_card", found: tuple[str, ...] = ()) -> dict[str, str]:
    segments = [segment(text, 40, 26 * number) for number, text in enumerate(texts)]
    context = Context(issuer=issuer, today=TODAY)
    placed = telling_values(dict.fromkeys(found), segments, field_specs(SCHEMAS[schema]), context)
    return {one.field: one.value.value for one in placed}


@pytest.mark.parametrize(
    ("issuer", "text", "field", "value"),
    [
        ("HKG", "Z683365(5)", "document_number", "Z683365(5)"),
        ("IND", "1234 5678 9012", "document_number", "1234 5678 9012"),
        ("USA", "123-45-6789", "document_number", "123-45-6789"),
        ("TWN", "A123456789", "personal_number", "A123456789"),
        ("KOR", "740812-2345678", "personal_number", "740812-2345678"),
        ("THA", "1 2345 67890 12 3", "personal_number", "1 2345 67890 12 3"),
        ("SGP", "S1234567D", "document_number", "S1234567D"),
        ("MYS", "740812-14-5678", "personal_number", "740812-14-5678"),
    ],
)
def test_numbers_of_a_national_shape(issuer: str, text: str, field: str, value: str) -> None:
    assert told(text, issuer=issuer) == {field: value}
    assert told(f"No. {text}", issuer=issuer) == {field: value}
    # The same number twice is one number.
    assert told(text, text, issuer=issuer) == {field: value}
    assert told(text, issuer="FRA") == {}
    assert told(text, issuer=issuer, found=(field,)) == {}
    assert told(text[:-1], issuer=issuer) == {}


def test_two_numbers_of_one_shape_are_none() -> None:
    assert told("S1234567D", "T7654321A", issuer="SGP") == {}


@pytest.mark.parametrize(
    ("text", "sex"),
    [("Female", "F"), ("MALE", "M"), ("女", "F"), ("女 F", "F"), ("男/M", "M"), ("F", None)],
)
def test_a_word_for_a_sex_says_more_than_a_letter(text: str, sex: str | None) -> None:
    assert told(text, issuer="IND").get("sex") == sex


def test_two_words_for_sexes_say_nothing() -> None:
    assert told("Male", "Female", issuer="IND") == {}


def test_an_address_ends_in_a_us_state_and_zip_code() -> None:
    assert told("JOHN DOE", "123 MAIN STREET", "SPRINGFIELD, IL 62701", issuer="USA") == {
        "address": "123 MAIN STREET SPRINGFIELD, IL 62701",
        "name": "JOHN DOE",
    }
    assert told("123 MAIN STREET", "SPRINGFIELD IL 62701-1234", issuer="USA")["address"].endswith("62701-1234")
    assert told("123 MAIN STREET", "SPRINGFIELD, IL 62701", issuer="CAN") == {}


def test_the_name_above_the_address_is_left_where_the_names_are_known() -> None:
    texts = ("JOHN DOE", "123 MAIN STREET", "SPRINGFIELD, IL 62701")
    assert "name" not in told(*texts, issuer="USA", found=("surname",))


def test_a_hong_kong_card_prints_names_without_captions() -> None:
    assert told("樂永晴", "LOK, Wing Ching", issuer="HKG") == {
        "surname": "LOK",
        "given_names": "Wing Ching",
        "name": "樂永晴",
    }
    assert told("LOK, Wing Ching", "CHAN, Tai Man", issuer="HKG") == {}


@pytest.mark.parametrize(
    ("name", "issuer", "parts"),
    [
        ("DOE, JOHN", None, ("DOE", "JOHN")),
        ("VAN DER BERG, ANNA MARIA", "NLD", ("VAN DER BERG", "ANNA MARIA")),
        ("JOHN DOE", "USA", ("DOE", "JOHN")),
        ("JOHN DOE", "CHN", ()),
        ("JOHN DOE", None, ()),
        ("JOHN FITZGERALD DOE", "USA", ()),
        ("DOE,", "USA", ()),
        ("韦小宝", "CHN", ()),
        ("Иванов, Иван", None, ()),
    ],
)
def test_names_are_split_where_the_document_shows_how(name: str, issuer: str | None, parts: tuple[str, ...]) -> None:
    found, basis = split_name(name, issuer)
    assert found == parts
    assert bool(basis) == bool(parts)
    assert "DOE" not in basis


def test_a_whole_card_by_its_shapes() -> None:
    lines = rows("GOVERNMENT OF INDIA", "Rahul Kumar", "DOB: 12/08/1974", "MALE", "1234 5678 9012")
    read = values(lines, "id_card")
    assert (read["document_number"], read["sex"], read["birth_date"]) == ("1234 5678 9012", "M", "1974-08-12")


@pytest.mark.parametrize(
    ("texts", "entries"), [(["MULT"], "MULT"), (["Single"], "Single"), (["MULT", "SINGLE"], None), (["2"], None)]
)
def test_the_word_for_a_visa_s_number_of_entries(texts: list[str], entries: str | None) -> None:
    assert told(*texts, issuer="UTO", schema="visa").get("entries") == entries


def test_a_chinese_card_whose_captions_have_faded() -> None:
    page = rows("兰财绵", "男", "2010年5月11日", "公民身份号码 510603201005112670")
    read = {"name": "兰财绵", "sex": "M", "birth_date": "2010-05-11", "document_number": "510603201005112670"}
    assert values(page, "chinese_id_card", issuer="CHN") == read
    # Another date, a number whose checksum is wrong, and print that is no name prove nothing.
    others = rows("兰财绵 12", "男", "2010年5月12日", "公民身份号码 510603201005112670")
    assert values(others, "chinese_id_card", issuer="CHN").keys() == {"sex", "document_number"}
    others = rows("兰财绵", "女", "2010年5月11日", "公民身份号码 510603201005112671")
    assert "birth_date" not in values(others, "chinese_id_card", issuer="CHN")
