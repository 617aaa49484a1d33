"""National numbers have right check digits, by an implementation that is not ours."""

import random
import re

import pytest
from stdnum import numdb
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ch import ssn
from stdnum.cl import rut
from stdnum.cn import ric
from stdnum.es import dni, nie
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.za import idnr

from extractor.schemas.chinese_id import checksum_valid, encoded_birth_date, encoded_sex
from extractor.synthesis.addresses import chinese_address, regions
from extractor.synthesis.numbers import PERSONAL_NUMBERS, chinese_id_number, document_number, personal_number
from extractor.synthesis.people import Person, invent_person

from ...tables import each

CHECKERS = {
    "belgian": nn, "cpf": cpf, "ahv": ssn, "chilean": rut, "dni": dni, "nie": nie, "codice_fiscale": codicefiscale,
    "korean": rrn, "curp": curp, "pesel": pesel, "nif": nif, "south_african": idnr,
}  # fmt: skip


def _people(count: int) -> list[Person]:
    rng = random.Random(7)
    return [invent_person(rng, "training", "it") for _ in range(count)]


@each("rule", sorted(CHECKERS))
def test_check_digits_hold(rule: str) -> None:
    rng = random.Random(8)
    for person in _people(60):
        number = personal_number(rng, rule, person)
        assert CHECKERS[rule].is_valid(number), rule


@pytest.mark.parametrize("rule", ["saudi", "iqama", "emirati"])
def test_numbers_by_luhn(rule: str) -> None:
    from stdnum import luhn

    rng = random.Random(9)
    for person in _people(40):
        assert luhn.is_valid(personal_number(rng, rule, person).replace("-", ""))


@each("rule", ["egyptian", "kazakh", "kyrgyz", "south_african", "pesel", "korean"])
def test_numbers_hold_the_birth_date(rule: str) -> None:
    rng = random.Random(10)
    for person in _people(20):
        digits = re.sub(r"\D", "", personal_number(rng, rule, person))
        day = f"{person.birth_date.day:02d}"
        assert day in digits


def test_every_rule_is_tested() -> None:
    assert set(PERSONAL_NUMBERS) == {
        *CHECKERS,
        "saudi",
        "iqama",
        "emirati",
        "egyptian",
        "kazakh",
        "kyrgyz",
        "foreign_korean",
    }


def test_chinese_numbers_agree_with_address_birth_date_and_sex() -> None:
    rng = random.Random(11)
    counties = {region.code: region.county for region in regions()}
    for person in _people(80):
        address, region = chinese_address(rng, "evaluation")
        number = chinese_id_number(rng, region, person.birth_date, person.sex)
        assert checksum_valid(number)
        # stdnum also asks whether the county existed in the year of birth; cards keep the number of a county before it.
        assert ric.calc_check_digit(number) == number[-1]
        assert encoded_birth_date(number) == person.birth_date.isoformat()
        assert encoded_sex(number) == person.sex
        assert counties[number[:6]] in address


def test_counties_are_those_of_the_standard() -> None:
    known = numdb.get("cn/loc")
    for region in regions()[::37]:
        parts = dict(pair for _, info in known.info(region.code) for pair in info.items())
        assert region.province == parts["province"]
        assert region.county in parts["county"]


def test_patterns() -> None:
    rng = random.Random(12)
    assert re.fullmatch(r"[A-Z]{2}\d{6}", document_number(rng, "AA999999"))
    assert re.fullmatch(r"GHA-\d{9}-\d", document_number(rng, r"G\H\A-999999999-9"))
    assert re.fullmatch(r"[CFGHJKLMNPRTVWXYZ0-9]{9}", document_number(rng, "CCCCCCCCC"))
