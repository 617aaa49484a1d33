"""Document and national numbers: patterns filled with random characters, and national numbers with their check digits.

Each national number follows its public rule, with the check digits of `stdnum` where that has them; the holder's birth
date and sex are in it where the state's numbers say them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date

from stdnum import ean, luhn
from stdnum.cl import rut
from stdnum.es import dni, nie
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.pl import pesel
from stdnum.pt import nif

from extractor.schemas.chinese_id import check_character
from extractor.schemas.text import strip_marks
from extractor.synthesis.addresses import digits
from extractor.synthesis.people import Person

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CLASSES = {
    "9": "0123456789",
    "A": _LETTERS,
    "X": _LETTERS + "0123456789",
    # German documents leave out vowels and look-alikes (PassV annex 8).
    "C": "CFGHJKLMNPRTVWXYZ0123456789",
    "H": "ABCDEFGHJKLMNPRTUVWXYZ",
}


def document_number(rng: random.Random, pattern: str) -> str:
    """`pattern` with each of `9AXCH` replaced by a character of its class; `\\` keeps the next character."""
    result, keep = "", False
    for character in pattern:
        if character == "\\" and not keep:
            keep = True
            continue
        result += rng.choice(_CLASSES[character]) if character in _CLASSES and not keep else character
        keep = False
    return result


def _weighted(number: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True))


def chinese_id_number(rng: random.Random, region: str, birth: date, sex: str) -> str:
    """An 18-character citizen number (GB 11643-1999)."""
    order = rng.randint(0, 499) * 2 + (1 if sex == "M" else 0)
    first = f"{region}{birth:%Y%m%d}{order:03d}"
    return first + check_character(first)


def _pesel(rng: random.Random, person: Person) -> str:
    birth = person.birth_date
    month = birth.month + {1900: 0, 2000: 20}[birth.year // 100 * 100]
    order = rng.randint(0, 499) * 2 + (1 if person.sex == "M" else 0)
    first = f"{birth.year % 100:02d}{month:02d}{birth.day:02d}{rng.randint(0, 9)}{order:03d}"
    return first + pesel.calc_check_digit(first)


def _dni(rng: random.Random, _: Person) -> str:
    number = f"{rng.randint(1_000_000, 99_999_999):08d}"
    return number + dni.calc_check_digit(number)


def _nie(rng: random.Random, _: Person) -> str:
    number = f"{'XYZ'[rng.randint(0, 2)]}{rng.randint(0, 9_999_999):07d}"
    return number + nie.calc_check_digit(number)


def _codice_fiscale(rng: random.Random, person: Person) -> str:
    def letters(name: str, given: bool) -> str:
        plain = [c for c in strip_marks(name).upper() if c in _LETTERS]
        consonants, vowels = [c for c in plain if c not in "AEIOU"], [c for c in plain if c in "AEIOU"]
        if given and len(consonants) > 3:
            consonants = [consonants[0], *consonants[2:]]
        return "".join((consonants + vowels + list("XXX"))[:3])

    birth = person.birth_date
    day = birth.day + (40 if person.sex == "F" else 0)
    place = f"{rng.choice('ABCDEFGHIL')}{rng.randint(1, 999):03d}"
    first = (
        letters(person.surname, False)
        + letters(person.given_names, True)
        + f"{birth.year % 100:02d}{'ABCDEHLMPRST'[birth.month - 1]}{day:02d}{place}"
    )
    return first + codicefiscale.calc_check_digit(first)


def _nif(rng: random.Random, _: Person) -> str:
    first = rng.choice("123") + digits(rng, 7)
    return first + nif.calc_check_digit(first)


def _cpf(rng: random.Random, _: Person) -> str:
    number = digits(rng, 9)
    for start in (10, 11):
        check = -_weighted(number, tuple(range(start, 1, -1))) % 11
        number += str(check if check < 10 else 0)
    return f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"


def _belgian(rng: random.Random, person: Person) -> str:
    birth = person.birth_date
    order = rng.randint(1, 498) * 2 - (1 if person.sex == "M" else 0)
    first = f"{birth:%y%m%d}{order:03d}"
    check = 97 - int(("2" if birth.year >= 2000 else "") + first) % 97
    return f"{birth:%y.%m.%d}-{order:03d}.{check:02d}"


def _ahv(rng: random.Random, _: Person) -> str:
    first = "756" + f"{rng.randint(0, 999_999_999):09d}"
    return f"{first[:3]}.{first[3:7]}.{first[7:11]}.{first[11:]}{ean.calc_check_digit(first)}"


def _korean(rng: random.Random, person: Person) -> str:
    birth = person.birth_date
    century = (1 if person.sex == "M" else 2) + (2 if birth.year >= 2000 else 0)
    first = f"{birth:%y%m%d}{century}{rng.randint(0, 95):02d}{rng.randint(0, 999):03d}"
    return f"{first[:6]}-{first[6:]}{rrn.calc_check_digit(first)}"


def _foreign_korean(rng: random.Random, person: Person) -> str:
    number = _korean(rng, person)
    return f"{number[:7]}{int(number[7]) + 4}{number[8:]}"


def _south_african(rng: random.Random, person: Person) -> str:
    order = rng.randint(0, 4999) + (5000 if person.sex == "M" else 0)
    first = f"{person.birth_date:%y%m%d}{order:04d}08"
    return first + luhn.calc_check_digit(first)


def _egyptian(rng: random.Random, person: Person) -> str:
    century = "3" if person.birth_date.year >= 2000 else "2"
    order = rng.randint(0, 4999) * 2 + (1 if person.sex == "M" else 0)
    return (
        f"{century}{person.birth_date:%y%m%d}{rng.choice((1, 2, 3, 12, 16, 21, 25)):02d}{order:04d}{rng.randint(1, 9)}"
    )


def _saudi(rng: random.Random, _: Person, first: str = "1") -> str:
    number = first + f"{rng.randint(0, 99_999_999):08d}"
    return number + luhn.calc_check_digit(number)


def _emirati(rng: random.Random, person: Person) -> str:
    number = f"784{person.birth_date.year}{rng.randint(0, 9_999_999):07d}"
    return f"784-{number[3:7]}-{number[7:]}-{luhn.calc_check_digit(number)}"


def _kazakh(rng: random.Random, person: Person) -> str:
    birth = person.birth_date
    century = (3 if person.sex == "M" else 4) + (2 if birth.year >= 2000 else 0)
    while True:
        first = f"{birth:%y%m%d}{century}{rng.randint(0, 9999):04d}"
        check = _weighted(first, tuple(range(1, 12))) % 11
        check = check if check < 10 else _weighted(first, (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)) % 11
        if check < 10:
            return first + str(check)


def _kyrgyz(rng: random.Random, person: Person) -> str:
    return f"{2 if person.sex == 'M' else 1}{person.birth_date:%d%m%Y}{rng.randint(0, 99999):05d}"


def _chilean(rng: random.Random, _: Person) -> str:
    number = str(rng.randint(5_000_000, 25_999_999))
    return f"{int(number):,}".replace(",", ".") + "-" + rut.calc_check_digit(number)


def _curp(rng: random.Random, person: Person) -> str:
    letters = "".join(c for c in strip_marks(person.surname + person.given_names).upper() if c in _LETTERS)
    state = rng.choice(("AS", "BC", "CH", "DF", "GT", "JC", "MC", "NL", "OC", "PL", "QT", "SL", "VZ", "YN"))
    inner = "".join(rng.choice("BCDFGHJKLMNPQRSTVWXYZ") for _ in range(3))
    first = f"{(letters + 'XXXX')[:4]}{person.birth_date:%y%m%d}{'H' if person.sex == 'M' else 'M'}{state}{inner}"
    first += rng.choice("0123456789") if person.birth_date.year < 2000 else rng.choice("ABCD")
    return first + curp.calc_check_digit(first)


#: What a document's `personal_number` may name, and how such a number is made.
PERSONAL_NUMBERS: dict[str, Callable[[random.Random, Person], str]] = {
    "pesel": _pesel,
    "dni": _dni,
    "nie": _nie,
    "codice_fiscale": _codice_fiscale,
    "nif": _nif,
    "cpf": _cpf,
    "belgian": _belgian,
    "ahv": _ahv,
    "korean": _korean,
    "foreign_korean": _foreign_korean,
    "south_african": _south_african,
    "egyptian": _egyptian,
    "saudi": _saudi,
    "iqama": lambda rng, person: _saudi(rng, person, "2"),
    "emirati": _emirati,
    "kazakh": _kazakh,
    "kyrgyz": _kyrgyz,
    "chilean": _chilean,
    "curp": _curp,
}


def personal_number(rng: random.Random, rule: str, person: Person) -> str:
    """A national number by a rule of PERSONAL_NUMBERS, or, if there is no such rule, by `rule` as a pattern."""
    maker = PERSONAL_NUMBERS.get(rule)
    return maker(rng, person) if maker else document_number(rng, rule)
