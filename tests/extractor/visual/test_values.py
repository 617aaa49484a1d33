"""What a piece of text is worth as the value of a field of some kind."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from extractor.schemas import Kind
from extractor.visual.values import Context, clean_name, is_overprint, value_of

from ...tables import each

TODAY = date(2026, 3, 1)
CONTEXT = Context(today=TODAY)


def read(what: Kind, text: str, name: str = "", **context: Any) -> Any:
    found = value_of(name, what, text, Context(today=TODAY, **context))
    return found.value if found else None


def fit(kind: Kind, text: str, name: str = "") -> float:
    found = value_of(name, kind, text, CONTEXT)
    return found.fit if found else 0.0


@each(
    ("text", "name", "expected"),
    [
        ("12 AUG/AOUT 74", "birth_date", "1974-08-12"),
        ("12 AUG 30", "birth_date", "1930-08-12"),
        ("12 AUG 30", "expiry_date", "2030-08-12"),
        ("Born 12.08.1974 in Bonn", "birth_date", "1974-08-12"),
        ("2015.07.10-2035.07.10", "expiry_date", "2035-07-10"),
        ("2015.07.10-2035.07.10", "issue_date", "2015-07-10"),
        ("1974", "birth_date", "1974"),
        ("1974", "expiry_date", None),
        ("11/2030", "expiry_date", "2030-11"),
        ("NOV 2030", "expiry_date", None),
        ("13.05.2015 - unlimited", "expiry_date", None),
        ("13.05.2015 - unlimited", "issue_date", "2015-05-13"),
        ("08/1974", "birth_date", "1974-08"),
        ("31.02.1974", "expiry_date", None),
        ("BONN", "birth_date", None),
    ],
)
def test_dates(text: str, name: str, expected: str | None) -> None:
    assert read(Kind.DATE, text, name) == expected


def test_the_document_s_order_decides_numeric_dates() -> None:
    assert read(Kind.DATE, "01/02/2003", "birth_date", order="mdy") == "2003-01-02"
    assert read(Kind.DATE, "01/02/2003", "birth_date", order="dmy") == "2003-02-01"


def test_a_date_among_other_words_fits_less() -> None:
    assert fit(Kind.DATE, "12 AUG 1974") == 1.0
    assert 1.0 > fit(Kind.DATE, "12 AUG 1974 BONN") > fit(Kind.DATE, "12 AUG 1974 BONN AM RHEIN") > 0


@each(
    ("text", "expected"),
    [
        ("M", "M"),
        ("F", "F"),
        ("X", "X"),
        ("f", "F"),
        ("M/M", "M"),
        ("F / F", "F"),
        ("男", "M"),
        ("女 F", "F"),
        ("女F", "F"),
        ("男名族汉", "M"),  # a caption, read wrongly, runs on
        ("男/M", "M"),
        ("Male", "M"),
        ("Weiblich", "F"),
        ("MUŽ/M", "M"),
        ("Ж/F", "F"),
        ("Ч", "M"),
        ("여", "F"),
        ("หญิง", "F"),
        ("ذكر", "M"),
        ("V/F", "F"),
        ("K/F", "F"),
        ("K", None),
        ("N/A", None),
        ("MĘŻCZYZNA", "M"),
        ("BLACKWELL", None),
        ("3", None),
        ("a b c d M", None),
        ("A-PRIA", "M"),
        ("Nữ", "F"),
        ("Әйел", "F"),
        ("mężczyzna", "M"),
    ],
)
def test_sexes(text: str, expected: str | None) -> None:
    assert read(Kind.SEX, text) == expected


@each("text", ["N/A", "NOT APPLICABLE", "APPLICABLE", "UNKNOWN", "Not stated", "unbekannt", "DESCONOCIDO"])
def test_words_that_say_that_there_is_no_value_are_none(text: str) -> None:
    assert {read(kind, text) for kind in (Kind.NAME, Kind.TEXT, Kind.ADDRESS)} == {None}


def test_mexican_m_is_mujer() -> None:
    assert read(Kind.SEX, "M", issuer="MEX") == "F"
    assert read(Kind.SEX, "M", issuer="MEX", kind="id_card") == "F"
    assert read(Kind.SEX, "H", issuer="MEX") == "M"
    assert read(Kind.SEX, "H") is None


def test_but_not_in_mexican_passports() -> None:
    assert read(Kind.SEX, "M", issuer="MEX", kind="passport") == "M"
    assert read(Kind.SEX, "F", issuer="MEX", kind="passport") == "F"


@each(
    ("text", "expected"),
    [
        ("BRITISH CITIZEN", "GBR"),
        ("加拿大/CAN", "CAN"),
        ("DEUTSCH", "D"),
        ("UTO", "UTO"),
        ("UK", "GBR"),
        ("FR", "FRA"),
        ("NO", None),  # the beginning of a caption
        ("M", None),
        ("BONN", None),
        ("FRA 123", None),
    ],
)
def test_states(text: str, expected: str | None) -> None:
    assert read(Kind.STATE, text) == expected


@each(
    ("text", "expected"),
    [
        ("CALIFORNIA", "USA"),
        ("NEW MEXICO", "USA"),
        ("BRITISH COLUMBIA, CANADA", "CAN"),
        ("GEORGIA", "GEO"),
        ("IT", "ITA"),
    ],
)
def test_states_that_issue(text: str, expected: str) -> None:
    found = value_of("issuing_country", Kind.STATE, text, Context())
    assert found is not None
    assert found.value == expected


@each(
    ("text", "expected"),
    [
        ("753068801", "753068801"),
        ("AB 123 456", "AB 123 456"),
        ("12-34-5678", "12-34-5678"),
        ("No. 753068801", "753068801"),
        ("Nr 753068801", "753068801"),
        ("753068801 PASSPORT", "753068801"),
        ("LJZ8T4NV1", "LJZ8T4NV1"),
        ("BONN", None),
        ("12", None),
        ("1234567890123456789012345678901", None),
    ],
)
def test_numbers(text: str, expected: str | None) -> None:
    assert read(Kind.NUMBER, text) == expected


def test_what_could_be_something_else_is_hardly_a_number() -> None:
    assert fit(Kind.NUMBER, "753068801") == 1.0
    assert fit(Kind.NUMBER, "1234") < 1.0
    assert fit(Kind.NUMBER, "12.08.1974") <= 0.3
    assert fit(Kind.NUMBER, "5G7HXHC") == 1.0, "Azerbaijan's personal numbers have few digits"
    assert fit(Kind.NUMBER, "FR 1") <= 0.3
    assert fit(Kind.NUMBER, "GOMC960912HDFRRN08") == 1.0, "a CURP"
    assert fit(Kind.NUMBER, "STRASSE-1234") <= 0.3


@each(
    ("text", "expected"),
    [
        ("BLACKWELL", "BLACKWELL"),
        (" Müller-Lüdenscheidt ", "Müller-Lüdenscheidt"),
        ("O'BRIEN", "O'BRIEN"),
        ("'T HOOFT", "'T HOOFT"),
        ("'s-Gravezande'", "'s-Gravezande"),
        ("'SMITH'", "SMITH"),
        ("' T", "T"),
        ("日 本 花 子", "日本花子"),
        ("김 철 수", "김철수"),
        ("MR JOHN SMITH", "JOHN SMITH"),
        ("Mrs. Anna", "Anna"),
        ("นาย มานะ ใจดี", "มานะ ใจดี"),
        ("นางสาวกิตติ ตันติวงศ์", "กิตติ ตันติวงศ์"),
        ("นายมานะ", "นายมานะ"),  # without a surname it may be the name
        ("1. AUBERT", "AUBERT"),
        ("2 AGATHE", "AGATHE"),
        ("R0BERT", "ROBERT"),
        ("AL1CE", "ALICE"),
        ("ANNA  MARIA ,", "ANNA MARIA"),
        ("SMITH,JOHN", "SMITH, JOHN"),
        ("12 AUG 1974", None),
        ("123456", None),
        ("P<UTO", None),
        ("a@b.c", None),
        ("", None),
    ],
)
def test_names(text: str, expected: str | None) -> None:
    assert read(Kind.NAME, text) == expected


def test_particles_begin_names_and_rests_of_captions_are_none() -> None:
    assert read(Kind.NAME, "DO NASCIMENTO") == "DO NASCIMENTO"
    assert read(Kind.NAME, "of birth") is None
    assert read(Kind.NAME, "SCHMIDT geb. MEIER", "surname") == "SCHMIDT"
    assert read(Kind.NAME, "M KUMAR", "name") == "M KUMAR"
    assert read(Kind.TEXT, "SPECIMEN", "place_of_birth") is None


def test_a_single_letter_is_hardly_a_name() -> None:
    assert fit(Kind.NAME, "M") < 0.5 < fit(Kind.NAME, "LI")
    assert fit(Kind.NAME, "王") <= 1.0


@each(
    ("text", "expected"),
    [
        ("MELBOURNE", "MELBOURNE"),
        ("DIJON 20.12.2007", "DIJON"),
        ("20.12.2007 DIJON", "DIJON"),
        ("20.12.2007", None),
        ("PARIS 1ER (75)", "PARIS 1ER (75)"),
        ("8001", "8001"),  # an authority of Ukraine
        ("S.P.C.L.E.P.", "S.P.C.L.E.P."),
        ("7", None),
        ("吉林/JILIN", "JILIN"),
        ("OF ISSUE", None),
        ("of Good Hope", "of Good Hope"),
    ],
)
def test_texts(text: str, expected: str | None) -> None:
    assert read(Kind.TEXT, text) == expected


@each(
    ("kind", "text", "expected"),
    [
        (Kind.ADDRESS, "EICHENSTRASSE 16", "EICHENSTRASSE 16"),
        (Kind.ADDRESS, "北京市东城区4号", "北京市东城区4号"),
        (Kind.ADDRESS, "-", None),
        (Kind.CODE, "MULT", "MULT"),
        (Kind.CODE, "--", None),
        (Kind.CODE, "much longer than any code is", None),
        (Kind.LIST, "AM/A1/B", ["AM", "A1", "B"]),
        (Kind.LIST, "AM, A1, B", ["AM", "A1", "B"]),
        (Kind.LIST, "C1 D1E", ["C1", "D1E"]),
        (Kind.LIST, "///", None),
        (Kind.FLAG, "长期", True),
        (Kind.FLAG, "2015.07.10-长期", True),
        (Kind.FLAG, "PERMANENT", True),
        (Kind.FLAG, "Illimité", True),
        (Kind.FLAG, "PERMANENT RESIDENT", None),
        (Kind.FLAG, "2035.07.10", None),
        (Kind.FLAG, "Yes", True),
        (Kind.FLAG, "NEIN.", False),
        (Kind.FLAG, "否", False),
        (Kind.FLAG, "maybe", None),
        (Kind.LIST, "Music, Art and Crafts", ["Music", "Art and Crafts"]),
        (Kind.MRZ, "P<UTO", None),
    ],
)
def test_other_kinds(kind: Kind, text: str, expected: Any) -> None:
    assert read(kind, text) == expected


@each(
    ("issuer", "text", "expected"),
    [
        ("TUR", "MA2B", ["M", "A2", "B"]),
        ("RUS", "\u0410\u0412\u0421\u041c", ["A", "B", "C", "M"]),  # Cyrillic letters that look the same
        ("HUN", "AM B1 BE", ["AM", "B1", "BE"]),
        ("FRA", "C1E/D1", ["C1E", "D1"]),
        ("USA", "DM", ["DM"]),
        ("FRA", "XYZ", ["XYZ"]),
        (None, "MA2B", ["MA2B"]),
    ],
)
def test_categories_run_together(issuer: str | None, text: str, expected: list[str]) -> None:
    found = value_of("vehicle_classes", Kind.LIST, text, Context(issuer=issuer))
    assert found is not None
    assert found.value == expected


def test_what_a_licence_restricts_may_be_a_single_letter_or_digit_and_classes_may_be_words() -> None:
    for text in ("M", "1"):
        assert fit(Kind.TEXT, text, "restrictions") == fit(Kind.TEXT, text, "endorsements") == 1.0
    assert fit(Kind.TEXT, "M", "authority") <= 0.5
    assert fit(Kind.LIST, "LIGHT MOTOR VEHICLE", "vehicle_classes") > 0.75


def test_a_document_code_is_a_letter_or_two() -> None:
    fits = [fit(Kind.CODE, text, "document_type") for text in ("P", "PO", "PASS", "PASSPORT OF UTOPIA")]
    assert fits == sorted(fits, reverse=True)
    assert fits[1] == 1.0
    assert fits[3] < 0.2


@each("text", ["SPECIMEN", "Specimen 01", "MUSTER", "样本", "見本", "ОБРАЗЕЦ", "VZOR"])
def test_the_words_that_mark_a_specimen(text: str) -> None:
    assert is_overprint(text)


@each("text", ["", "BLACKWELL", "MUSTERMANN", "A SPECIMEN"])
def test_other_words_do_not(text: str) -> None:
    assert not is_overprint(text)


@given(st.text(max_size=40))
def test_a_cleaned_name_is_clean(text: str) -> None:
    cleaned = clean_name(text)
    assert cleaned == cleaned.strip()
    assert "\n" not in cleaned


@given(st.sampled_from(list(Kind)), st.text(max_size=50))
def test_any_text_is_read_without_error(kind: Kind, text: str) -> None:
    found = value_of("birth_date", kind, text, CONTEXT)
    assert found is None or 0 < found.fit <= 1
    if found and kind not in (Kind.LIST, Kind.FLAG):
        assert isinstance(found.value, str)
        assert found.value


@each(
    ("text", "value"),
    [
        ("49688 PAMPL0NA", "49688 PAMPLONA"),
        ("10 RUE DU 0RME", "10 RUE DU 0RME"),
        ("LONDON SW10 0AB", "LONDON SW10 0AB"),
        ("PLOT 30B", "PLOT 30B"),
    ],
)
def test_a_zero_within_a_word_is_a_letter(text: str, value: str) -> None:
    read = value_of("address", Kind.ADDRESS, text, Context())
    assert read is not None
    assert (read.value, read.text) == (value, text)


def test_house_numbers_that_look_like_a_date_are_none() -> None:
    fits = [value_of("address", Kind.ADDRESS, text, Context()) for text in ("香川県大宮区霧が峰6-2-24", "12.08.1974")]
    assert [read.fit for read in fits if read] == [1.0, 0.4]


@each("text", ["HD NR 198025", "HD 198025", "HD No 198025".upper(), "No. HD 198025"])
def test_a_series_and_its_number_are_one_number(text: str) -> None:
    read = value_of("document_number", Kind.NUMBER, text, Context())
    assert read is not None
    assert read.value == "HD 198025"
