"""Invented people: names of their language, in both scripts where it has two."""

import random
from datetime import date

from extractor.schemas.text import scripts
from extractor.synthesis.people import TODAY, coined, given_characters, invent_person
from extractor.synthesis.pools import POOLS, pool_of
from extractor.synthesis.produce import LANGUAGES
from extractor.synthesis.romanisation import hangul, mandarin, russian

from ...tables import each


@each("language", LANGUAGES)
def test_names_are_in_their_scripts(language: str) -> None:
    native = {"ru": {"CYRILLIC"}, "zh": {"CJK"}, "ja": {"CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC"}, "ko": {"HANGUL"}}
    native["ar"] = {"ARABIC"}
    rng = random.Random(1)
    for pool in POOLS:
        people = [invent_person(rng, pool, language) for _ in range(60)]
        assert {person.sex for person in people} == {"M", "F"}
        for person in people:
            assert scripts(person.surname + person.given_names) == {"LATIN"}
            assert date(1930, 1, 1) < person.birth_date < TODAY
            assert scripts(person.native_name) <= native.get(language, set())
            assert bool(person.native_name) == (language in native)
        assert len({person.surname for person in people}) > 25


def test_people_grow_up_where_they_must() -> None:
    rng = random.Random(2)
    ages = [(TODAY - invent_person(rng, "training", "fr", youngest=16).birth_date).days / 365.25 for _ in range(200)]
    assert min(ages) >= 15.9


def test_chinese_names_have_to_be_read() -> None:
    assert len(given_characters()) >= 1500
    rng = random.Random(3)
    names = [invent_person(rng, "evaluation", "zh").native_name for _ in range(400)]
    assert len(set("".join(names))) > 350
    assert {len(name) for name in names} >= {2, 3, 4}
    assert not set("".join(given_characters())) & set("屎尿奸尸")


def test_coined_names_belong_to_their_pool() -> None:
    rng = random.Random(4)
    for pool in POOLS:
        assert all(pool_of(coined(rng, pool, "pl")) == pool for _ in range(50))


@each(
    ("written", "latin"),
    [
        ("Щербаков", "SHCHERBAKOV"),
        ("Юлия", "IULIIA"),
        ("Подъячев", "PODIEIACHEV"),
        ("Фёдор", "FEDOR"),
        ("Игорь", "IGOR"),
    ],
)
def test_russian_names_follow_icao(written: str, latin: str) -> None:
    assert russian(written) == latin


@each(("written", "latin"), [("吕", "LYU"), ("女", "NYU"), ("伟明", "WEIMING"), ("学", "XUE")])
def test_chinese_names_are_in_pinyin_as_passports_print_it(written: str, latin: str) -> None:
    assert mandarin(written) == latin


@each(("written", "latin"), [("민준", "MINJUN"), ("하늘", "HANEUL"), ("별", "BYEOL"), ("은", "EUN")])
def test_korean_names_follow_the_revised_romanisation(written: str, latin: str) -> None:
    assert hangul(written) == latin


def test_feminine_forms() -> None:
    rng = random.Random(5)
    polish = [invent_person(rng, "training", "pl") for _ in range(300)]
    assert not [p.surname for p in polish if p.sex == "F" and p.surname.endswith(("ski", "cki"))]
    russians = [invent_person(rng, "training", "ru") for _ in range(300)]
    assert not [p.native_surname for p in russians if p.sex == "F" and p.native_surname.endswith(("ов", "ев", "ин"))]
    assert {p.patronymic[-2:] for p in russians if p.sex == "F"} <= {"на"}
    assert {p.patronymic[-2:] for p in russians if p.sex == "M"} <= {"ич"}
