"""Invented people: names that look like a language's own, a sex, a birth date.

Surnames and given names are combined from the pool's word lists, doubled, hyphenated and, now and then, coined from
syllables, so that a reader has to read: repeated syllables and unknown names are no rarer here than in a registry.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from extractor.synthesis.pack import double_byte
from extractor.synthesis.pools import Pool, pool_of, word_file, word_list
from extractor.synthesis.romanisation import hangul, mandarin, russian

#: The day on which every specimen is looked at, so that the same seed draws the same document in any year.
TODAY = date(2025, 6, 30)
#: Share of names that are invented; a document's option `coined` sets another.
COINED = 0.12
_ONSETS = {
    "en": "b br c ch d dr f g gr h j k l m n p qu r s sh st t th tr v w y z",
    "fr": "b br c ch d f g gr j l m n p pl r s t tr v",
    "de": "b br d dr f g gr h k kl l m n p pf r sch st str t tr w z ß",
    "es": "b c ch d f g h j l ll m n ñ p qu r s t tr v z",
    "it": "b c ch d f g gh gn l m n p r s sc t tr v z",
    "pt": "b c ç d f g j l lh m n nh p qu r s t tr v x",
    "pl": "b c ch cz d dz g j k kr l ł m n p prz r rz s ś sz szcz t trz w z ź ż",
}
_VOWELS = {
    "en": "a e i o u ea oo",
    "fr": "a e é è i o ou oi u â ô",
    "de": "a ä e ei i ie o ö u ü au",
    "es": "a á e é i í o ó u ue ia",
    "it": "a e i o u io ia à ò",
    "pt": "a á ã e é ê i o ó õe u ão",
    "pl": "a ą e ę i o ó u y ie ia",
}


@dataclass(frozen=True)
class Person:
    """An invented holder. `surname` and `given_names` are in Latin letters; the native ones in the language's own
    script, where it has one (`native_given` of a Russian includes no patronymic)."""

    language: str
    sex: str
    birth_date: date
    surname: str
    given_names: str
    native_surname: str = ""
    native_given: str = ""
    patronymic: str = ""

    @property
    def native_name(self) -> str:
        """The name in one piece, in the native script and order."""
        if self.language in ("zh", "ja", "ko"):
            joint = " " if self.language == "ja" else ""
            return self.native_surname + joint + self.native_given
        if self.language == "ar":
            return f"{self.native_given} {self.native_surname}"
        return " ".join(part for part in (self.native_surname, self.native_given, self.patronymic) if part)


def invent_person(
    rng: random.Random, pool: Pool, language: str, *, youngest: int = 0, strangers: float = COINED
) -> Person:
    """A person of `youngest` to 90 years whose name is one of `language`'s, or in that share a coined one."""
    sex = rng.choice("MF")
    age = rng.choice((rng.randint(youngest, 90), rng.randint(max(18, youngest), 65)))
    birth = TODAY - timedelta(days=age * 365 + rng.randint(10, 370))
    maker = {"ru": _russian, "zh": _chinese, "ja": _japanese, "ko": _korean, "ar": _arabic}.get(language)
    if maker:
        return maker(rng, pool, sex, birth)
    surname, given = _surname(rng, pool, language, sex, strangers), _given(rng, pool, language, sex, strangers)
    return Person(language, sex, birth, surname, given)


def coined(rng: random.Random, pool: Pool, language: str) -> str:
    """An invented name: two to four syllables, one of them sometimes repeated."""
    onsets, vowels = _ONSETS.get(language, _ONSETS["en"]).split(), _VOWELS.get(language, _VOWELS["en"]).split()
    while True:
        syllables = [rng.choice(onsets) + rng.choice(vowels) for _ in range(rng.randint(2, 4))]
        if rng.random() < 0.3:
            syllables.insert(rng.randrange(len(syllables)), rng.choice(syllables))
        name = ("".join(syllables) + rng.choice(("", "", "n", "r", "s", "l"))).lstrip("ß").capitalize()
        if pool_of(name) == pool:
            return name


def _surname(rng: random.Random, pool: Pool, language: str, sex: str, strangers: float) -> str:
    def one() -> str:
        if rng.random() < strangers:
            return coined(rng, pool, language)
        name = rng.choice(word_list(language, "surnames", pool))
        return polish_feminine(name) if language == "pl" and sex == "F" else name

    chance = rng.random()
    if language in ("es", "pt") and chance < 0.8:
        return f"{one()} {one()}"
    if chance < 0.09:
        return f"{one()}-{one()}"
    return one()


def _given(rng: random.Random, pool: Pool, language: str, sex: str, strangers: float) -> str:
    names = word_list(language, "male" if sex == "M" else "female", pool)
    count = rng.choices((1, 2, 3), (0.45, 0.45, 0.1))[0]
    chosen = [rng.choice(names) for _ in range(count)]
    if rng.random() < strangers:
        chosen[0] = coined(rng, pool, language)
    return ("-" if count == 2 and rng.random() < 0.1 else " ").join(dict.fromkeys(chosen))


def polish_feminine(name: str) -> str:
    return name[:-1] + "a" if name.endswith(("ski", "cki", "dzki", "ny")) else name


def _russian(rng: random.Random, pool: Pool, sex: str, birth: date) -> Person:
    surname = rng.choice(word_list("ru", "surnames", pool))
    if rng.random() < 0.05:
        surname = f"{surname}-{rng.choice(word_list('ru', 'surnames', pool))}"
    if sex == "F":
        surname = "-".join(russian_feminine(part) for part in surname.split("-"))
    given = rng.choice(word_list("ru", "male" if sex == "M" else "female", pool))
    patronymic = russian_patronymic(rng.choice(word_list("ru", "male", pool)), sex)
    return Person("ru", sex, birth, russian(surname), russian(given), surname, given, patronymic)


def russian_feminine(name: str) -> str:
    if name.endswith(("ов", "ев", "ёв", "ин", "ын")):
        return name + "а"
    return name[:-2] + "ая" if name.endswith(("ий", "ый", "ой")) and name != "Цой" else name


def russian_patronymic(father: str, sex: str) -> str:
    irregular = {"Лев": "Льв", "Павел": "Павл", "Пётр": "Петр", "Яков": "Яковл"}
    ending = "ович" if sex == "M" else "овна"
    soft = "евич" if sex == "M" else "евна"
    if father == "Яков":
        return irregular[father] + soft
    if father in irregular:
        return irregular[father] + ending
    if father.endswith("ий"):
        hard = father.endswith(("ргий", "трий"))
        return father[:-2] + ("и" if hard else "ь") + soft
    if father.endswith(("й", "ь")):
        return father[:-1] + soft
    if father.endswith(("а", "я")):
        return father[:-1] + ("ич" if sex == "M" else "инична" if father.endswith("я") else "ична")
    return father + ending


@cache
def given_characters() -> tuple[str, ...]:
    """Chinese characters for given names: some hundred usual ones, and all of GB 2312's first level that can be one."""
    table = word_file("zh")
    usual = list(dict.fromkeys(table["given"]))
    taboo = set(table["taboo"])
    level_one = double_byte("gb2312", range(0xB0, 0xD8))
    return tuple(dict.fromkeys([*usual, *(c for c in level_one if c not in taboo)]))


def _chinese(rng: random.Random, pool: Pool, sex: str, birth: date) -> Person:
    surname, _, reading = rng.choice(word_list("zh", "surnames", pool)).partition(":")
    usual = len(set(word_file("zh")["given"]))
    characters = given_characters()
    while True:
        length = rng.choices((1, 2, 3), (0.2, 0.79, 0.01))[0]
        given = "".join(
            characters[rng.randrange(usual)] if rng.random() < 0.6 else rng.choice(characters) for _ in range(length)
        )
        if rng.random() < 0.06 and length == 2:
            given = given[0] * 2
        if pool_of(surname + given) == pool:
            return Person("zh", sex, birth, reading or mandarin(surname), mandarin(given), surname, given)


def _japanese(rng: random.Random, pool: Pool, sex: str, birth: date) -> Person:
    surname, _, reading = rng.choice(word_list("ja", "surnames", pool)).partition(":")
    given, _, given_reading = rng.choice(word_list("ja", "male" if sex == "M" else "female", pool)).partition(":")
    return Person("ja", sex, birth, reading, given_reading, surname, given)


def _korean(rng: random.Random, pool: Pool, sex: str, birth: date) -> Person:
    surname, _, reading = rng.choice(word_list("ko", "surnames", pool)).partition(":")
    names = word_list("ko", "male" if sex == "M" else "female", pool)
    given, _, given_reading = rng.choice(names).partition(":")
    while rng.random() < 0.5:
        # Syllables of two names make a third, which no list of common names holds.
        mixed = rng.choice(names).split(":")[0][0] + rng.choice(names).split(":")[0][-1]
        if pool_of(mixed) == pool and mixed[0] != mixed[1]:
            given, given_reading = mixed, hangul(mixed)
            break
    if rng.random() < 0.3:
        given_reading = given_reading if len(given) < 2 else " ".join(hangul(s) for s in given)
    return Person("ko", sex, birth, reading, given_reading, surname, given)


def _arabic(rng: random.Random, pool: Pool, sex: str, birth: date) -> Person:
    surname, _, reading = rng.choice(word_list("ar", "surnames", pool)).partition(":")
    own = rng.choice(word_list("ar", "male" if sex == "M" else "female", pool)).split(":")
    fathers = [rng.choice(word_list("ar", "male", pool)).split(":") for _ in range(rng.choice((0, 1, 1, 2)))]
    parts = [own, *fathers]
    native, latin = (" ".join(part[i] for part in parts) for i in (0, 1))
    return Person("ar", sex, birth, reading, latin, surname, native)
