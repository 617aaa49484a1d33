"""What kind of document a page shows."""

from dataclasses import replace

import numpy as np

from extractor.mrz import Mrz
from extractor.schemas import SCHEMAS
from extractor.visual.classify import classify, kind_of
from extractor.visual.reader import read_layout
from extractor.visual.tags import caption_tag, value_tag

from ...tables import each
from ..printed import line, rows


def kind(*texts: str, mrz: Mrz | None = None) -> str | None:
    lines = rows(*texts)
    return kind_of(classify(lines, mrz, [read_layout(lines, None)]))


@each(
    ("form", "code", "expected"),
    [
        ("TD3", "P", "passport"),
        ("TD3", "PO", "passport"),
        ("MRVA", "V", "visa"),
        ("MRVB", "V", "visa"),
        ("TD1", "I", "id_card"),
        ("TD1", "ID", "id_card"),
        ("TD2", "I", "id_card"),
        ("TD1", "IR", "residence_permit"),
        ("TD1", "AR", "residence_permit"),
        ("TD1", "C1", "residence_permit"),
        ("IDL_FRA", "D1", "driving_licence"),
        ("TD1", "DL", "driving_licence"),
    ],
)
def test_by_the_mrz(form: str, code: str, expected: str) -> None:
    assert kind(mrz=Mrz(form, (), document_code=code)) == expected


@each(
    ("text", "expected"),
    [
        ("PASSPORT", "passport"),
        ("Passeport", "passport"),
        ("REISEPASS / PASSPORT", "passport"),
        ("护照", "passport"),
        ("IDENTITY CARD", "id_card"),
        ("Carte nationale d'identité", "id_card"),
        ("PERSONALAUSWEIS", "id_card"),
        ("居民身份证", "chinese_id_card"),
        ("公民身份号码", "chinese_id_card"),
        ("DRIVING LICENCE", "driving_licence"),
        ("FÜHRERSCHEIN", "driving_licence"),
        ("运转免许证", None),
        ("運転免許証", "driving_licence"),
        ("RESIDENCE PERMIT", "residence_permit"),
        ("AUFENTHALTSTITEL", "residence_permit"),
        ("在留カード", "residence_permit"),
        ("VISA", None),  # a bank card says so, too
        ("بطاقة تحقيق الشخصية", "id_card"),
        ("IRESIDENCE CARD", "residence_permit"),  # one character of 외국인등록증 before it
        ("XPASSPORT", None),  # one word may be a part of another one
        ("Chinese 签证", None),
        ("签证", "visa"),
    ],
)
def test_by_what_it_calls_itself(text: str, expected: str | None) -> None:
    assert kind(text) == expected


def test_a_short_title_counts_beside_a_state() -> None:
    assert kind("CALIFORNIA DRIVER LICENSE", "LN SMITH", "FN ANNA", "EXP 01/02/2030") == "driving_licence"
    assert kind("REPUBLIC OF AUSTRIA", "VISA") == kind("REPUBLIK ÖSTERREICH", "VISUM") == "visa"


@each(
    "texts",
    [
        ("NORTHERN BANK", "4539 1488 0343 6467", "VALID FROM 03/24", "EXPIRES END 03/29", "MR JOHN A SMITH", "VISA"),
        ("BOARDING PASS", "NAME SMITH/JOHN MR", "FLIGHT BA 117 DATE 12 MAR 2026", "SEAT 24A", "PASSPORT CHECKED"),
        ("Dear Mr Smith,", "please bring your passport or identity card", "to the appointment on 12 March 2026."),
        ("Deutsche Bahn", "Name: Herr Max Mustermann", "Gültig ab: 01.02.2026", "Bitte Personalausweis mitführen"),
        ("CITY LIBRARY", "Name: Eva Novak", "Card number: 29012345678901", "Valid until: 31.12.2027"),
        ("APPLICATION FOR A PASSPORT", "Surname: ____", "Given names: ____", "Date of birth: __/__/____", "Sex: M F"),
        ("REPUBLIC OF FRANCE", "CERTIFICATE OF BIRTH", "Name: Amelia Brown", "Date of birth: 3 May 2019", "Sex: F"),
        ("class Person:", "surname: str", "date_of_birth: date", "passport_number: str = 'X1234567'"),
    ],
)
def test_papers_that_are_no_documents(texts: tuple[str, ...]) -> None:
    """The layout reader knows documents only, and sees an identity card or a licence in each of them."""
    assert kind(*texts) is None


def test_an_identity_card_may_lie_on_a_form() -> None:
    assert kind("REGISTRATION FORM", "IDENTITY CARD", "Surname: BERISHA", "Date of birth: 15.02.1990") == "id_card"


@each("text", ["VISALIA", "SUPERVISA", "PASADENA", "PASS THE SALT", "", "P<UTO<<PASSPORT<<"])
def test_titles_inside_other_words_are_none(text: str) -> None:
    assert kind(text) is None


def test_the_mrz_outweighs_a_title() -> None:
    assert kind("IDENTITY CARD", mrz=Mrz("TD3", (), document_code="P")) == "passport"
    # A permit is a card with an MRZ like any other; what it calls itself is told.
    assert kind("RESIDENCE PERMIT", mrz=Mrz("TD1", (), document_code="I")) == "residence_permit"


def test_a_chinese_card_is_a_card_of_its_own_kind() -> None:
    assert kind("中华人民共和国", "居民身份证") == "chinese_id_card"


def test_nothing_speaks_for_nothing() -> None:
    assert classify([], None) == {}
    assert kind_of({}) is None


def test_scores_are_shares_of_certainty() -> None:
    scores = classify([line("PASSPORT", 0, 0), line("an application for a driving licence", 0, 40)], None)
    assert set(scores) <= set(SCHEMAS)
    assert all(0 < score <= 1 for score in scores.values())
    assert scores["passport"] > scores["driving_licence"]


def test_a_title_says_more_than_captions() -> None:
    page = ("PASSPORT", "Surname", "MARTIN", "Date of birth", "12 AUG 1974", "Number of entries")
    assert kind(*page) == "passport"


def test_a_card_without_captions_is_one_where_it_names_its_state() -> None:
    fields = ("issuing_country", "name", "personal_number", "address", "issue_date")
    lines = rows("대한민국", "LEE", "901212-1234567", "12 TEHERAN-RO", "2019.05.12")
    read = read_layout(lines, None)
    tags = np.zeros_like(read.tags)
    for index, word in enumerate(read.words):
        tags[index, value_tag(fields[word.line])] = 1.0
    layout = replace(read, tags=tags, kinds={"id_card": 0.99})
    assert kind_of(classify(lines, None, [layout])) == "id_card"
    assert kind_of(classify(lines[1:], None, [layout])) is None, "names no state"
    assert kind_of(classify(lines, None, [replace(layout, kinds={"id_card": 0.9})])) is None


def test_captions_that_any_paper_has_make_no_document() -> None:
    """An invoice has a number, a date and an address."""

    def shown(*fields: str, state: str = "") -> str | None:
        lines = rows(state, *(f"caption{number}" for number in range(len(fields))))
        read = read_layout(lines, None)
        tags = np.zeros_like(read.tags)
        captions = [index for index, word in enumerate(read.words) if lines[word.line].text.startswith("caption")]
        for index, field in zip(captions, fields, strict=True):
            tags[index, caption_tag(field)] = 1.0
        return kind_of(classify(lines, None, [replace(read, tags=tags, kinds={"id_card": 0.99})]))

    invoice = ("document_number", "issue_date", "address")
    assert shown(*invoice) is None
    assert shown(*invoice, state="REPUBLIC OF FRANCE") == "id_card"
    assert shown(*invoice, "birth_date", state="REPUBLIC OF FRANCE") == "id_card"
    assert shown(*invoice, "birth_date", "personal_number") is None, "a letter of the tax office"
