"""People and places of the world, for training pages."""

import random
import time
import unicodedata
from functools import cache

import pytest

from extractor.schemas.states import state_codes
from extractor.schemas.text import fold
from extractor.synthesis.pools import word_list
from extractor.synthesis.world import (
    language_of_state,
    peoples_of_state,
    world_address,
    world_authority,
    world_languages,
    world_person,
    world_place,
    world_word,
)

SCRIPTS = {
    "ar": "ARABIC", "fa": "ARABIC", "ps": "ARABIC", "ur": "ARABIC", "he": "HEBREW", "dv": "THAANA ARABIC",
    "am": "ETHIOPIC",
    "hi": "DEVANAGARI", "mr": "DEVANAGARI", "ne": "DEVANAGARI", "bn": "BENGALI", "ta": "TAMIL", "te": "TELUGU",
    "si": "SINHALA", "th": "THAI", "my": "MYANMAR", "km": "KHMER", "lo": "LAO", "ko": "HANGUL", "ja": "CJK HIRAGANA "
    "KATAKANA IDEOGRAPHIC", "zh": "CJK", "zh-Hant": "CJK", "zh-HK": "CJK", "ru": "CYRILLIC", "uk": "CYRILLIC",
    "be": "CYRILLIC", "bg": "CYRILLIC", "sr": "CYRILLIC", "mk": "CYRILLIC", "kk": "CYRILLIC", "ky": "CYRILLIC",
    "tg": "CYRILLIC", "mn": "CYRILLIC", "el": "GREEK", "ka": "GEORGIAN", "hy": "ARMENIAN",
}  # fmt: skip


def script_of(character):
    return unicodedata.name(character).split(" ")[0].partition("-")[0]


def made(language, count):
    rng = random.Random(language)
    return [world_person(rng, language) for _ in range(count)]


@cache
def people(language):
    return made(language, 200)


def test_people_bear_names_in_their_script_with_a_romanisation():
    for language in world_languages():
        check_scripts(language)


def check_scripts(language):
    scripts = set(SCRIPTS.get(language, "LATIN").split())
    for person in people(language):
        letters = [c for c in person.native_name if c.isalpha() and c not in "ʻʼ"]
        latin_initials = {"A"} if language in ("ta", "si") else set()
        assert letters
        assert all(script_of(c) in scripts or (latin_initials and c.isascii()) for c in letters), person
        assert all(script_of(c) == "LATIN" for c in person.latin_name if c.isalpha() and c not in "ʻʼ"), person
        assert all(c.isalpha() or c in " -'.’‘ʻ" for c in person.latin_name), person
        assert person.given_names
        for relative in (person.father, person.mother):
            assert relative.native
            assert all(script_of(c) == "LATIN" for c in relative.latin if c.isalpha() and c not in "ʻʼ"), relative


def test_what_stands_beside_a_name_is_never_empty():
    rng = random.Random(1)
    kinds = ("profession", "marital_status", "religion", "blood_group")
    for language in world_languages():
        for _ in range(50):
            place = world_place(rng, language)
            words = [world_word(rng, language, kind) for kind in kinds]
            for text in (
                place.native,
                place.latin,
                world_address(rng, language),
                world_authority(rng, language),
                *words,
            ):
                assert text.strip(), language
                assert not set("{}_|@") & set(text), (language, text)


def test_names_are_many():
    for language in world_languages():
        names = {person.latin_name for person in people(language)}
        assert len(names) > 150, language


def test_the_same_seed_gives_the_same_people():
    assert made("ka", 20) == made("ka", 20)


def test_no_name_of_the_evaluation_pool_is_served():
    closed = {fold(name) for name in word_list("fr", "surnames", "evaluation")}
    holders = [p for language in ("fr", "nl", "ht", "ln") for p in people(language) if "-" not in p.surname]
    served = {fold(p.surname) for p in holders}
    assert not closed & served


def test_every_state_has_languages_and_peoples_that_exist():
    known = set(world_languages())
    for code in state_codes():
        assert set(language_of_state(code)) <= known, code
        assert set(peoples_of_state(code)) <= known, code
    assert language_of_state("KAZ")[0] == "kk"
    assert "yo" in peoples_of_state("NGA")


def test_peoples_keep_their_customs():
    women = [p for p in people("cs") if p.sex == "F"]
    assert sum(p.surname.endswith("á") for p in women) > len(women) * 0.9
    assert all(p.surname.endswith("son" if p.sex == "M" else "dóttir") for p in people("is"))
    assert all(" bin " in p.given_names or " binti " in p.given_names for p in people("ms"))
    assert any(not p.surname for p in people("my"))
    assert sum(" " in p.surname for p in people("es")) > 100
    assert all(p.patronymic.native for p in people("uk"))


def test_an_unknown_kind_of_word_is_refused():
    with pytest.raises(ValueError, match="kind of word"):
        world_word(random.Random(1), "en", "shoe_size")


def test_ten_thousand_people_take_seconds():
    rng, languages = random.Random(1), world_languages()
    made("en", 1)
    begin = time.process_time()
    for _ in range(2000):
        world_person(rng, rng.choice(languages))
    assert time.process_time() - begin < 2
