"""States and nationalities: ICAO's codes, and what documents print for them in many languages."""

import iso3166
from hypothesis import given
from hypothesis import strategies as st

from extractor.schemas.data import load_table
from extractor.schemas.states import (
    ICAO_EXTRAS,
    nationality_code,
    same_state,
    sign_code,
    state_code,
    state_codes,
)
from extractor.schemas.text import fold

from ...tables import each


@each(
    "code",
    ["D", "GBD", "GBN", "GBO", "GBP", "GBS", "UTO", "XOM", "XXA", "XXB", "XXC", "XXX", "EUE", "UNO", "UNA", "RKS"],
)
def test_icao_s_extras_stand_for_themselves(code: str) -> None:
    assert code in ICAO_EXTRAS
    assert code in state_codes()
    assert state_code(code) == code
    assert state_code(f"{code}<<") == code
    assert state_code(code.lower()) == code


def test_codes_are_three_capitals_except_germany_s() -> None:
    assert {code for code in state_codes() if len(code) != 3} == {"D"}
    assert all(code.isascii() and code.isalpha() and code.isupper() for code in state_codes())
    assert len(state_codes()) > 270


@each("country", list(iso3166.countries), ids=lambda country: country.alpha3)
def test_every_state_of_iso_3166_is_known_by_its_code_and_its_english_names(country: iso3166.Country) -> None:
    expected = {"DEU": "D", "XKX": "RKS"}.get(country.alpha3, country.alpha3)
    assert state_code(country.alpha3) == expected
    for name in (country.name, country.apolitical_name):
        assert state_code(name) == state_code(name.upper()) == expected


@each(
    ("printed", "code"),
    [
        ("D", "D"),
        ("DEU", "D"),
        ("DPR Korea", "PRK"),
        ("D.P.R. of Korea", "PRK"),
        ("Republic of Korea", "KOR"),
        ("STATE OF INDIANA", "USA"),
        ("New Mexico", "USA"),
        ("Indian", "IND"),
        ("México", "MEX"),
        ("CCCP", "SUN"),
        ("ČSSR", "CSK"),
        ("XKX", "RKS"),
        ("Union of Soviet Socialist Republics", "SUN"),
        ("SFR JUGOSLAVIJA", "YUG"),
        ("ČESKOSLOVENSKÁ SOCIALISTICKÁ REPUBLIKA", "CSK"),
        ("Deutsche Demokratische Republik", "DDR"),
        ("Serbia and Montenegro", "SCG"),
        ("former Yugoslav Republic of Macedonia", "MKD"),
        ("République du Zaïre", "ZAR"),
        ("Corée du Nord", "PRK"),
        ("South Sudan", "SSD"),
        ("Südsudan", "SSD"),
        ("DEUTSCH", "D"),
        ("Bundesrepublik Deutschland", "D"),
        ("allemande", "D"),
        ("BRITISH CITIZEN", "GBR"),
        ("UNITED KINGDOM OF GREAT BRITAIN AND NORTHERN IRELAND", "GBR"),
        ("Northern Ireland", "GBR"),
        ("IRISH", "IRL"),
        ("ÉIRE/IRELAND", "IRL"),
        ("Française", "FRA"),
        ("FRANÇAISE / FRENCH", "FRA"),
        ("NEDERLANDSE", "NLD"),
        ("Österreich", "AUT"),
        ("AUSTRALIAN", "AUS"),
        ("ČESKÁ REPUBLIKA", "CZE"),
        ("SLOVENSKÁ REPUBLIKA", "SVK"),
        ("REPUBLIKA SLOVENIJA", "SVN"),
        ("RZECZPOSPOLITA POLSKA", "POL"),
        ("obywatelstwo POLSKIE", "POL"),
        ("ESPAÑOLA", "ESP"),
        ("Portuguesa", "PRT"),
        ("REPUBBLICA ITALIANA", "ITA"),
        ("SCHWEIZ SUISSE SVIZZERA", "CHE"),
        ("EESTI / EST", "EST"),
        ("LATVIJAS REPUBLIKA", "LVA"),
        ("LIETUVOS RESPUBLIKA", "LTU"),
        ("Ísland", "ISL"),
        ("SUOMI FINLAND", "FIN"),
        ("РОССИЙСКАЯ ФЕДЕРАЦИЯ", "RUS"),
        ("УКРАЇНА/UKRAINE", "UKR"),
        ("ΕΛΛΗΝΙΚΗ", "GRC"),
        ("日本国 JAPAN", "JPN"),
        ("大韩民国", "KOR"),
        ("대한민국", "KOR"),
        ("ブラジル", "BRA"),
        ("中国/CHINESE", "CHN"),
        ("中华人民共和国", "CHN"),
        ("REPUBLIC OF CHINA", "TWN"),
        ("中華民國", "TWN"),
        ("加拿大/CAN", "CAN"),
        ("ไทย", "THA"),
        ("سعودي", "SAU"),
        ("United States of America", "USA"),
        ("U.S.A.", "USA"),
        ("AMERICAN", "USA"),
        ("American Samoa", "ASM"),
        ("NIGERIAN", "NGA"),
        ("NIGERIENNE", "NER"),
        ("DOMINICAN", "DOM"),
        ("Commonwealth of Dominica", "DMA"),
        ("PAPUA NEW GUINEAN", "PNG"),
        ("EQUATORIAL GUINEA", "GNQ"),
        ("GUINEA-BISSAU", "GNB"),
        ("Democratic Republic of the Congo", "COD"),
        ("DR Congo", "COD"),
        ("U.A.E.", "ARE"),
        ("INTERPOL", "XPO"),
        ("SOUTH SUDAN", "SSD"),
        ("DEMOCRATIC PEOPLE'S REPUBLIC OF KOREA", "PRK"),
        ("DPRK", "PRK"),
        ("Congo, The Democratic Republic of the", "COD"),
        ("Macao Special Administrative Region of China", "MAC"),
        ("Commonwealth of the Northern Mariana Islands", "MNP"),
        ("British Virgin Islands", "VGB"),
        ("Virgin Islands of the United States", "VIR"),
        ("Virgin Islands", None),
        ("Stateless", "XXA"),
        ("UTOPIAN", "UTO"),
        ("MOSCOW", None),
        ("BERLIN", None),
        ("USAMA", None),
        ("M", None),
        ("12345", None),
        ("", None),
    ],
)
def test_printed_forms(printed: str, code: str | None) -> None:
    assert state_code(printed) == code


def test_every_stem_leads_to_its_own_code() -> None:
    table = load_table("states")
    assert set(table) <= state_codes()
    wrong = [(code, stem) for code, stems in table.items() for stem in stems if state_code(stem.lstrip("=")) != code]
    assert wrong == []


def test_no_stem_stands_for_two_states_and_none_is_a_letter_or_two() -> None:
    owners: dict[str, str] = {}
    for code, stems in load_table("states").items():
        for stem in stems:
            assert owners.setdefault(stem, code) == code
            assert not stem.isascii() or stem.startswith("=") or len(stem) >= 4


@each(
    ("a", "b", "expected"),
    [
        ("D", "DEU", True),
        ("D", "Deutsch", True),
        ("FRA", "française", True),
        ("FRA", "ITA", False),
        ("USA", "Indiana", True),
        ("IND", "INDIANA", True),
        ("VEN", "VENEZOLANA", True),
        ("QQQ", "qqq", True),
        ("QQQ", "QQR", False),
        (None, None, True),
        (None, "D", False),
        ("D", None, False),
    ],
)
def test_same_state(a: str | None, b: str | None, expected: bool) -> None:
    assert same_state(a, b) is expected


@each(
    ("text", "issuer", "code"),
    [
        ("CONGOLAISE", "COD", "COD"),
        ("CONGOLAISE", "COG", "COG"),
        ("DOMINICAN", "DMA", "DMA"),
        ("DOMINICAN", "DOM", "DOM"),
        ("KOREAN", "PRK", "PRK"),
        ("SOUTH KOREAN", "PRK", "KOR"),
        ("FRANÇAISE", "COD", "FRA"),
    ],
)
def test_an_adjective_of_two_states_is_the_issuer_s(text: str, issuer: str, code: str) -> None:
    assert state_code(text, issuer) == code


@each(
    ("text", "code"),
    [
        ("VENEZOLANA", "VEN"),
        ("POLACCA", "POL"),
        ("estadounidense", "USA"),
        ("Marroquí", "MAR"),
        ("SOUDANAISE", "SDN"),
        ("SURINAAMSE", "SUR"),
        ("NACIONALIDAD VENEZOLANA", "VEN"),
        ("INDIANA", "IND"),
        ("BRITISH", "GBR"),
        ("UTO", "UTO"),
        ("ERIKSSON", None),
    ],
)
def test_an_adjective_says_a_nationality(text: str, code: str | None) -> None:
    assert nationality_code(text) == code


def test_an_adjective_that_is_a_surname_too_is_no_state_in_a_heading() -> None:
    assert state_code("POLACO") is None
    assert state_code("MARÍA VENEZOLANA") is None, "the letters before an accent are no code"


def test_every_adjective_is_of_one_state_and_adds_to_the_stems() -> None:
    table = load_table("demonyms")
    words = [word for own in table.values() for word in own]
    assert set(table) <= state_codes()
    assert len(set(words)) == len(words)
    assert all(state_code(word) != code for code, own in table.items() for word in own if word == word.casefold())


@each(("text", "code"), [("F", "FRA"), ("IT", "ITA"), (" UK ", "GBR"), ("ČR", "CZE"), ("it", None), ("FR 1", None)])
def test_a_sign_of_a_state(text: str, code: str | None) -> None:
    assert sign_code(text) == code


def test_no_part_of_a_state_is_of_two() -> None:
    table = load_table("provinces")
    names = [
        fold(name) for known in ("names", "names_beside_an_office") for own in table[known].values() for name in own
    ]
    assert len(names) == len(set(names))
    assert len(table["names"]["USA"]) == 50


@given(st.text(max_size=40))
def test_any_text_gives_a_known_code_or_none(text: str) -> None:
    code = state_code(text)
    assert code is None or code in state_codes()
