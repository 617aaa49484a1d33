"""Captions tied to values by where they stand, on every layout that documents have."""

from typing import Any

import pytest

from extractor.visual.captions.pair import join_lines

from ....tables import each
from ...printed import HEIGHT, LICENCE, joined, line, rows
from ...printed import pair_values as values

PERSON = {
    "Surname": ("surname", "BLACKWELL", "BLACKWELL"),
    "Given names": ("given_names", "ANNA MARIA", "ANNA MARIA"),
    "Date of birth": ("birth_date", "12 AUG 1974", "1974-08-12"),
    "Sex": ("sex", "F", "F"),
    "Nationality": ("nationality", "BRITISH CITIZEN", "GBR"),
    "Place of birth": ("place_of_birth", "MELBOURNE", "MELBOURNE"),
    "Date of expiry": ("expiry_date", "29 JAN 2032", "2032-01-29"),
    "Passport No.": ("document_number", "753068801", "753068801"),
}
EXPECTED = {field: value for field, _, value in PERSON.values()}


def laid_out(relation: str, *, small: bool = True) -> list[Any]:
    """The person with every value in the same relation to its caption."""
    height = 14 if small else HEIGHT
    lines = []
    for number, (caption, (_, value, _)) in enumerate(PERSON.items()):
        top = 40 + 70 * number
        if relation == "beside":
            lines += [line(caption, 40, top + 3, height=height), line(value, 240, top)]
        elif relation == "below":
            lines += [line(caption, 40, top, height=height), line(value, 40, top + height + 4)]
        elif relation == "above":
            lines += [line(value, 40, top), line(caption, 40, top + HEIGHT + 4, height=height)]
        elif relation == "inline":
            lines.append(line(f"{caption}: {value}", 40, top))
        else:
            lines.append(line(f"{caption} {value}", 40, top))
    return lines


@pytest.mark.parametrize("small", [True, False], ids=["small captions", "captions as large as values"])
@pytest.mark.parametrize("relation", ["beside", "below", "above", "inline", "inline without a colon"])
def test_values_stand_to_their_captions_as_the_page_has_it(relation: str, small: bool) -> None:
    assert values(laid_out(relation, small=small)) == EXPECTED


def test_two_columns() -> None:
    lines = [
        *(line("Surname", 40, 40), line("Passport No.", 500, 40)),
        *(line("BLACKWELL", 40, 62), line("753068801", 500, 62)),
        *(line("Given names", 40, 110), line("Nationality", 500, 110)),
        *(line("ANNA MARIA", 40, 132), line("BRITISH CITIZEN", 500, 132)),
        *(line("Date of birth", 40, 180), line("Sex", 260, 180), line("Place of birth", 500, 180)),
        *(line("12 AUG 1974", 40, 202), line("F", 260, 202), line("MELBOURNE", 500, 202)),
    ]
    wanted = {name: value for name, value in EXPECTED.items() if name != "expiry_date"}
    assert values(lines) == wanted


def test_two_columns_whose_lines_the_detector_joined() -> None:
    lines = [
        joined(("Surname", 40), ("Passport No.", 500), top=40),
        joined(("BLACKWELL", 40), ("753068801", 500), top=62),
        joined(("Given names", 40), ("Nationality", 500), top=110),
        joined(("ANNA MARIA", 40), ("BRITISH CITIZEN", 500), top=132),
    ]
    assert values(lines) == {
        name: EXPECTED[name] for name in ("surname", "document_number", "given_names", "nationality")
    }


def test_a_passport_s_first_row() -> None:
    lines = [
        *(line("Type", 40, 40, height=14), line("Country code", 140, 40, height=14)),
        line("Passport No.", 340, 40, height=14),
        *(line("P", 40, 58), line("GBR", 140, 58), line("753068801", 340, 58)),
    ]
    assert values(lines) == {"document_type": "P", "issuing_country": "GBR", "document_number": "753068801"}


def test_translations_beside_and_below() -> None:
    lines = [
        *(line("Surname/Nom/Apellidos", 40, 40, height=14), line("GARCÍA LÓPEZ", 40, 58)),
        *(line("Given names/Prénoms/Nombres", 40, 100, height=14), line("ANA", 40, 118)),
        *(line("Date of birth/Date de naissance", 40, 160, height=14), line("12 AUG/AOÛT 1974", 40, 178)),
    ]
    assert values(lines) == {"surname": "GARCÍA LÓPEZ", "given_names": "ANA", "birth_date": "1974-08-12"}


@pytest.mark.parametrize("glue", [". ", ".", " "], ids=["1. AUBERT", "1.AUBERT", "1 AUBERT"])
def test_a_european_licence(glue: str) -> None:
    lines = rows(
        f"1{glue}AUBERT", f"2{glue}AGATHE DENISE", f"3{glue}20.12.2007 DIJON", f"4a{glue}10.02.2025",
        f"4b{glue}09.02.2035", f"4c{glue}VILLE DE NAMUR", f"5{glue}68ML77458", f"9{glue}AM/A1/B",
    )  # fmt: skip
    assert values(lines, "driving_licence") == LICENCE


def test_a_european_licence_whose_numbers_stand_apart() -> None:
    lines = []
    for row, (number, text) in enumerate(
        [("1.", "AUBERT"), ("2.", "AGATHE DENISE"), ("3.", "20.12.2007 DIJON"), ("4a.", "10.02.2025"),
         ("4b.", "09.02.2035"), ("4c.", "VILLE DE NAMUR"), ("5.", "68ML77458"), ("9.", "AM/A1/B")]
    ):  # fmt: skip
        lines += [line(number, 40, 40 + 30 * row), line(text, 90, 40 + 30 * row)]
    assert values(lines, "driving_licence") == LICENCE


CHINESE = {
    "name": "韦小宝",
    "sex": "M",
    "ethnicity": "汉",
    "birth_date": "1654-12-20",
    "address": "北京市东城区景山前街4号紫禁城敬事房",
    "document_number": "11204416541220243X",
}


def test_a_chinese_card_whose_captions_run_together_with_their_values() -> None:
    lines = [
        line("姓名韦小宝", 40, 40),
        line("性别男民族汉", 40, 80),
        line("出生1654年12月20日", 40, 120),
        line("住址北京市东城区景山前街4号", 40, 160),
        line("紫禁城敬事房", 80, 185),
        line("公民身份号码11204416541220243X", 40, 260),
    ]
    assert values(lines, "chinese_id_card") == CHINESE


def test_a_chinese_card_whose_captions_are_spaced_out_and_apart() -> None:
    lines = [
        *(line("姓 名", 40, 40), line("韦 小 宝", 140, 40)),
        *(line("性 别", 40, 80), line("男", 140, 80), line("民 族", 240, 80), line("汉", 340, 80)),
        *(line("出 生", 40, 120), line("1654 年 12 月 20 日", 140, 120)),
        *(line("住 址", 40, 160), line("北京市东城区景山前街4号", 140, 160), line("紫禁城敬事房", 140, 185)),
        *(line("公民身份号码", 40, 260), line("11204416541220243X", 240, 260)),
    ]
    assert values(lines, "chinese_id_card") == CHINESE


def test_a_japanese_card() -> None:
    lines = [
        *(line("氏名", 40, 40), line("日 本 花 子", 140, 40)),
        *(line("生年月日", 40, 80), line("昭和49年8月12日", 200, 80)),
        *(line("住所", 40, 120), line("東京都千代田区霞が関2-1-2", 140, 120)),
        *(line("性別", 40, 160), line("女", 140, 160)),
    ]
    expected = {"name": "日本花子", "birth_date": "1974-08-12", "address": "東京都千代田区霞が関2-1-2", "sex": "F"}
    assert values(lines, "id_card") == expected


def test_japanese_writes_born_and_valid_until_after_the_date() -> None:
    lines = [
        *(line("氏名", 40, 40), line("日本花子", 140, 40)),
        line("平成元年3月31日生", 40, 80),
        line("2030年3月31日まで有効", 40, 160),
    ]
    read = values(lines, "driving_licence")
    assert (read["birth_date"], read["expiry_date"]) == ("1989-03-31", "2030-03-31")


def test_an_address_of_several_lines() -> None:
    lines = [
        *(line("Address", 40, 40, height=14), *rows("EICHENSTRASSE 16", "HINTERHAUS", "59429 HAGEN", top=60, pitch=26)),
        *(line("Authority", 40, 200, height=14), line("BUNDESSTADT BONN", 40, 218)),
    ]
    assert values(lines, "id_card") == {
        "address": "EICHENSTRASSE 16 HINTERHAUS 59429 HAGEN",
        "authority": "BUNDESSTADT BONN",
    }


def test_an_address_ends_where_the_next_caption_begins() -> None:
    lines = [
        *(line("Address", 40, 40, height=14), line("EICHENSTRASSE 16", 40, 58)),
        *(line("Place of birth", 40, 84, height=14), line("BONN", 40, 102)),
    ]
    assert values(lines, "id_card") == {"address": "EICHENSTRASSE 16", "place_of_birth": "BONN"}


def test_a_town_that_stands_indented_under_its_street() -> None:
    lines = [*rows("Domicilio", "Avda de Madrid s-n"), line("Madrid", 120, 102), line("Madrid", 120, 128)]
    assert values(lines, "id_card") == {"address": "Avda de Madrid s-n Madrid Madrid"}


def test_an_address_with_an_ordinal_sign_goes_on_in_capitals() -> None:
    assert values(rows("Domicilio", "CALLE GOYA 37C 4º B", "12625 VALLADOLID", pitch=28), "id_card") == {
        "address": "CALLE GOYA 37C 4º B 12625 VALLADOLID"
    }


def test_an_address_whose_house_number_looks_like_a_date() -> None:
    assert values(rows("住居地", "香川県大宮区霧が峰6-2-24"), "residence_permit") == {
        "address": "香川県大宮区霧が峰6-2-24"
    }
    assert values(rows("住居地", "2006-02-24"), "residence_permit") == {}


def test_a_value_whose_box_overlaps_its_caption_s() -> None:
    lines = [line("姓名", 40, 40, height=30), line("米林嗡", 78, 38, height=32), line("性别女", 40, 90, height=30)]
    assert values(lines, "chinese_id_card") == {"name": "米林嗡", "sex": "F"}


def test_one_caption_for_a_date_and_a_place() -> None:
    lines = [line("Place and date of birth", 40, 40, height=14), line("DIJON 20.12.2007", 40, 58)]
    assert values(lines, "id_card") == {"place_of_birth": "DIJON", "birth_date": "2007-12-20"}


def test_words_of_captions_inside_values() -> None:
    lines = [
        line("United States Department of State", 40, 10),
        *(line("Type", 40, 60), line("P", 40, 82), line("Country code", 140, 60), line("USA", 140, 82)),
        *(line("Authority", 40, 130), line("United States Department of State", 40, 152)),
        *(line("Place of birth", 40, 200), line("STATE COLLEGE, PENNSYLVANIA", 40, 222)),
    ]
    assert values(lines) == {
        "document_type": "P",
        "issuing_country": "USA",
        "authority": "United States Department of State",
        "place_of_birth": "STATE COLLEGE, PENNSYLVANIA",
    }


def test_captions_that_were_read_poorly() -> None:
    lines = [
        *(line("Surnane/Norn", 40, 40, score=0.9), line("GARCIA", 40, 65)),
        *(line("Givn nanes/Prenorns", 40, 110, score=0.9), line("ANA", 40, 135)),
        *(line("Date af birlh", 40, 180, score=0.9), line("12 AUG 1974", 40, 205)),
    ]
    assert values(lines) == {"surname": "GARCIA", "given_names": "ANA", "birth_date": "1974-08-12"}


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], {"name": "SMITH"}),
        ([line("Given names", 40, 110), line("JOHN", 40, 132)], {"surname": "SMITH", "given_names": "JOHN"}),
    ],
)
def test_a_name_is_the_surname_where_given_names_stand_apart(others: list[Any], expected: dict[str, str]) -> None:
    lines = [line("Name", 40, 40), line("SMITH", 40, 62), *others]
    assert values(lines, "id_card") == expected


def test_a_caption_without_a_value_takes_none() -> None:
    lines = [
        *(line("Surname", 40, 40, height=14), line("BLACKWELL", 40, 58)),
        line("Place of birth", 40, 400, height=14),
        *(line("Given names", 40, 100, height=14), line("ANNA", 40, 118)),
    ]
    assert values(lines) == {"surname": "BLACKWELL", "given_names": "ANNA"}


def test_a_value_that_cannot_be_one_is_not_taken() -> None:
    lines = [line("Date of birth", 40, 40), line("BONN", 40, 62), line("Sex", 300, 40), line("7", 300, 62)]
    assert values(lines) == {}


def test_a_value_serves_one_field_only() -> None:
    lines = [line("Surname", 40, 40), line("Given names", 40, 62), line("BLACKWELL", 40, 84)]
    read = values(lines)
    assert list(read.values()) == ["BLACKWELL"]


def test_a_bearer_may_be_called_specimen_and_the_word_across_the_page_is_no_value() -> None:
    caption = line("Surname", 40, 40, height=14)
    assert values([caption, line("MUSTER", 40, 58)]) == {"surname": "MUSTER"}
    assert values([caption, line("MUSTER", 40, 58, height=40)]) == {}
    assert values([caption, line("MUSTER", 40, 58, score=0.8)]) == {}
    askew = line("MUSTER", 40, 58)
    askew.box[1:3, 1] += 15
    assert values([caption, askew]) == {}


def test_a_page_without_captions_says_nothing() -> None:
    assert values(rows("BLACKWELL", "ANNA MARIA", "12 AUG 1974")) == {}


@each(
    ("texts", "joined_text"),
    [
        (["北京市东城区", "景山前街"], "北京市东城区景山前街"),
        (["景山前街", "4号"], "景山前街4号"),
        (["12 MAIN STREET", "SPRINGFIELD"], "12 MAIN STREET SPRINGFIELD"),
        (["12 MAIN STREET", "北京市"], "12 MAIN STREET 北京市"),
        (["ONE"], "ONE"),
    ],
)
def test_lines_of_one_value_join_as_their_script_does(texts: list[str], joined_text: str) -> None:
    assert join_lines(texts) == joined_text


def test_a_name_goes_on_in_the_next_line_but_not_in_a_date_or_a_number() -> None:
    start = rows("Name", "ANNA MARIA BLACKWELL")
    assert values([*start, line("SMITHSON", 40, 92)], "id_card")["name"] in (
        "ANNA MARIA BLACKWELL",
        "ANNA MARIA BLACKWELL SMITHSON",
    )
    for other in ("12 AUG 1974", "A1234567"):
        assert values([*start, line(other, 40, 92)], "id_card")["name"] == "ANNA MARIA BLACKWELL"


@pytest.mark.parametrize(
    "name",
    ["VAN DER BERG", "van den Berg", "VON HAGEN", "VOM BERG", "DE LA CRUZ", "DE JONG", "DAL MOLIN", "DU PONT"],
)
@pytest.mark.parametrize("schema", ["passport", "residence_permit", "visa"])
def test_prepositions_in_names_are_no_captions_of_dates(name: str, schema: str) -> None:
    below = rows("Surname", name, "Given names", "ANNA")
    assert values(below, schema) == {"surname": name, "given_names": "ANNA"}
    assert values(rows(f"Surname {name}", "Given names ANNA"), schema) == {"surname": name, "given_names": "ANNA"}


@each("name", ["VAN DER BERG", "DE LA CRUZ", "DE JONG", "DU PONT"])
def test_nor_after_the_numbers_of_a_licence(name: str) -> None:
    lines = rows(f"1. {name}", "2. ANNA", "4a. 12.03.2020", "4b. 11.03.2030", "5. 1234567890")
    assert values(lines, "driving_licence") == {
        "surname": name,
        "given_names": "ANNA",
        "issue_date": "2020-03-12",
        "expiry_date": "2030-03-11",
        "document_number": "1234567890",
    }


@pytest.mark.parametrize("street", ["VAN GOGHSTRAAT 12", "AU VILLAGE 3", "DE LA PAIX 7"])
def test_prepositions_in_streets_are_none_either(street: str) -> None:
    assert values(rows("Address", street, "Sex", "F"), "id_card") == {"address": street, "sex": "F"}


def test_prepositions_before_dates_are() -> None:
    period = {"valid_from": "2020-03-12", "expiry_date": "2021-03-11"}
    columns = [line("From", 40, 40), line("Until", 300, 40), line("12 MAR 2020", 40, 70), line("11 MAR 2021", 300, 70)]
    for lines in (
        rows("From 12 MAR 2020 until 11 MAR 2021"),
        rows("From MAR 12, 2020", "Until MAR 11, 2021"),
        rows("VON 12.03.2020 BIS 11.03.2021"),
        rows("Du: 12.03.2020", "Au: 11.03.2021"),
        columns,
        [joined(("From", 40), ("Until", 300), top=40), *columns[2:]],
    ):
        assert values(lines, "visa") == period


def test_what_stands_under_a_title_and_a_caption_is_the_caption_s() -> None:
    lines = [line("주민등록증", 40, 40, height=24), line("성명", 40, 72, height=16), line("류승민", 40, 84, height=28)]
    assert values(lines, "id_card") == {"name": "류승민"}
