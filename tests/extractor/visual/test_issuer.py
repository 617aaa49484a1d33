"""Which state issued the document, as its heading says it."""

from extractor.visual.issuer import find_issuer, issuer_by_title, issuer_of_lines

from ...tables import each
from ..printed import line, segment


def issuer(*texts: str) -> str | None:
    heading = find_issuer([segment(text, 40, 60 * number) for number, text in enumerate(texts)])
    return heading.code if heading else None


BODY = ("BLACKWELL", "ANNA MARIA", "MELBOURNE", "12 AUG 1974", "SOMETHING", "ELSE", "AND MORE")


@each(
    ("text", "code"),
    [
        ("UNITED STATES OF AMERICA", "USA"),
        ("BUNDESREPUBLIK DEUTSCHLAND", "D"),
        ("RÉPUBLIQUE FRANÇAISE", "FRA"),
        ("REPUBLIKA SLOVENIJA", "SVN"),
        ("KONINKRIJK DER NEDERLANDEN", "NLD"),
        ("РОССИЙСКАЯ ФЕДЕРАЦИЯ", "RUS"),
        ("中华人民共和国", "CHN"),
        ("中華民國國民身分證", "TWN"),
        ("대한민국", "KOR"),
        ("ÖSTERREICH", "AUT"),
        ("CAYMAN ISLANDS", "CYM"),
        ("CALIFORNIA", "USA"),
        ("TEXAS DRIVER LICENSE", "USA"),
        ("QUÉBEC", "CAN"),
        ("British Columbia", "CAN"),
        ("Commonwealth of Virginia", "USA"),
        ("GOVERNMENT OF KERALA", "IND"),
        ("MAHARASHTRA STATE MOTOR DRIVING LICENCE", "IND"),
        ("QUEENSLAND GOVERNMENT", "AUS"),
        ("Gobierno del Estado de Hidalgo", "MEX"),
        ("LAGOS STATE", "NGA"),
        ("REPUBLIKA SRPSKA", "BIH"),
        ("REPUBLIKA SRBIJA", "SRB"),
    ],
)
def test_headings(text: str, code: str) -> None:
    assert issuer(text, *BODY) == code


def test_an_official_name_counts_anywhere_a_bare_name_only_at_the_top() -> None:
    assert issuer(*BODY, "REPUBLIKA SLOVENIJA") == "SVN"
    assert issuer(*BODY, "AUSTRIA") is None


def test_an_official_name_beats_what_stands_above_it() -> None:
    assert issuer("CANADA", "MELBOURNE", "REPUBLIC OF AUSTRIA", *BODY) == "AUT"


def test_a_title_of_one_state_beats_a_bare_name() -> None:
    texts = ("Dân tộc: Thái", "GIẤY CHỨNG MINH NHÂN DÂN", *BODY)
    assert issuer_of_lines([line(text, 40, 60 * number) for number, text in enumerate(texts)]) == "VNM"


def test_the_european_union_stands_above_its_members_and_issues_laissez_passer_only() -> None:
    assert issuer("EUROPEAN UNION", "IRELAND", *BODY) == "IRL"
    assert issuer("UNION EUROPÉENNE", "RÉPUBLIQUE FRANÇAISE", *BODY) == "FRA"
    assert issuer("EUROPEAN UNION REPUBLIC OF CROATIA", *BODY) == "HRV"
    assert issuer("EUROPEAN UNION", "LAISSEZ-PASSER", *BODY) == "EUE"
    assert issuer("EUROPEAN UNION", "DRIVING LICENCE", *BODY) is None
    assert issuer("BRITISH COLUMBIA, CANADA", *BODY) == "CAN"
    assert issuer("O‘ZBEKISTON RESPUBLIKASI", *BODY) == "UZB"
    assert issuer("UNITED NATIONS LAISSEZ-PASSER", *BODY) == "UNO"


@each(
    "text",
    [
        "VIT NAM",
        "CÔNG HÒA XÃ HÔI CHÛ NGHIA VIT NAM",
        "BLACKWELL",
        "P<AUTBLACKWELL<<ANNA",
        "AT",
        "",
        "VALIDO PER/VALID FOR",
        "HIDALGO GUERRERO",  # names of persons, and of parts of Mexico
        "Victoria Delta",
    ],
)
def test_what_is_no_heading(text: str) -> None:
    assert issuer(text, *BODY) is None


def test_a_heading_in_two_lines_is_one() -> None:
    """`NAM` alone is Namibia's code."""

    def two(first: str, second: str) -> str | None:
        lines = [segment(text, 40, 30 * number) for number, text in enumerate((first, second))]
        heading = find_issuer(lines + [segment(text, 40, 100 + 60 * number) for number, text in enumerate(BODY)])
        return heading.code if heading else None

    assert two("CÔNG HÒA XÃ HÔI CHÛ NGHĪA VIÊT", "NAM") == "VNM"
    assert two("SOCIALIST REPUBLIC OF", "VIET NAM") == "VNM"
    assert two("ELECTION OFFICE", "AUSTRIA") == "AUT", "the line above says nothing"
    assert two("CANADA", "AUSTRIA") in ("CAN", "AUT"), "two states are two"


def test_a_heading_read_poorly_says_nothing() -> None:
    assert find_issuer([segment("REPUBLIC OF AUSTRIA", 0, 0, score=0.5)]) is None


def test_nothing_on_the_page() -> None:
    assert find_issuer([]) is None


@each(
    ("text", "code"),
    [
        ("居民身份证", "CHN"),
        ("公民身份号码 11204416541220243X", "CHN"),
        ("在留カード", "JPN"),
        ("주민등록증", "KOR"),
        ("주민등록중", "KOR"),  # a character misread
        ("Unique Identification Authority of India", "IND"),
        ("國民身分證", "TWN"),
        ("บัตรประจำตัวประชาชน", "THA"),
        ("GIẤY PHÉP LÁI XE/DRIVER'S LICENSE", "VNM"),
        ("תעודת זהות", "ISR"),
    ],
)
def test_titles_of_documents_that_one_state_issues(text: str, code: str) -> None:
    heading = issuer_by_title([segment(text, 0, 0)])
    assert heading is not None
    assert heading.code == code


def test_other_titles_name_no_state() -> None:
    assert issuer_by_title([segment("IDENTITY CARD", 0, 0)]) is None


def test_of_plain_lines() -> None:
    assert issuer_of_lines([line("RUSSIAN FEDERATION", 40, 40)]) == "RUS"
    assert issuer_of_lines([line("在留カード", 40, 40)]) == "JPN"
    assert issuer_of_lines([]) is None
