"""People, places, addresses and offices of the whole world, for training pages.

`world_person(rng, language)` invents a holder with relatives; `world_place`, `world_address`, `world_authority` and
`world_word` give what stands beside a name; `language_of_state` says what a state's documents are written in and
`peoples_of_state` whose names its holders bear. The word lists are one file a language in `words/world/`; those of
the twelve languages that evaluation specimens are drawn in come from the training pool of the older word lists, and no
name that an evaluation specimen may carry is ever served. Given names of several peoples are in part from Faker (MIT).

    rng = random.Random(1)
    holder = world_person(rng, rng.choice(peoples_of_state("KAZ")))
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from extractor.schemas.text import fold
from extractor.synthesis.addresses import chinese_authority, invent_address, pool_regions
from extractor.synthesis.people import TODAY, given_characters, russian_feminine, russian_patronymic
from extractor.synthesis.pools import pool_of, word_file, word_list
from extractor.synthesis.world_names import double_surname, feminine, patronymic, vietnamese_given
from extractor.synthesis.world_romanisation import romanise

BLOOD_GROUPS = ("A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-", "A Rh+", "O Rh+", "0+", "A", "B", "O", "AB")
#: Written without a space between surname and given name.
_RUN_TOGETHER = frozenset(("zh", "zh-Hant", "zh-HK", "ko"))
#: The surname stands first when the name is one line.
_SURNAME_FIRST = _RUN_TOGETHER | frozenset(("ja", "hu", "vi", "km", "mn", "ru", "uk", "be", "kk", "ky", "tg", "rw"))
_WORD_KINDS = {"profession": "professions", "marital_status": "marital", "religion": "religions"}


@dataclass(frozen=True)
class Name:
    """A name in the language's own script and in Latin letters (the same where the script is Latin)."""

    native: str = ""
    latin: str = ""


@dataclass(frozen=True)
class WorldPerson:
    """An invented holder. The native fields are empty where the language is written in Latin letters; relatives and
    the patronymic are empty where a people has none. Romanised names are in capitals, Latin ones in title case."""

    language: str
    sex: str
    birth_date: date
    surname: str
    given_names: str
    native_surname: str = ""
    native_given: str = ""
    patronymic: Name = Name()
    father: Name = Name()
    mother: Name = Name()
    spouse: Name = Name()
    maiden: Name = Name()

    @property
    def native_name(self) -> str:
        """The name in one piece, in the native script and order; in Latin letters where there is no other."""
        surname, given = self.native_surname, self.native_given
        if not (surname or given):
            return self.latin_name
        return _in_order(self.language, surname, given)

    @property
    def latin_name(self) -> str:
        """The name in one piece, in Latin letters, in the language's order."""
        first = self.language in _SURNAME_FIRST
        return " ".join(filter(None, (self.surname, self.given_names) if first else (self.given_names, self.surname)))


def world_languages() -> tuple[str, ...]:
    """Every language that people can be invented in."""
    folder = files("extractor.synthesis").joinpath("words/world")
    names = (entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json"))
    return tuple(sorted(name for name in names if name != "states"))


def language_of_state(code: str) -> tuple[str, ...]:
    """The languages that the documents of a state (ICAO code) are written in, the first the most usual."""
    return _states("documents").get(code, ("en",))


def peoples_of_state(code: str) -> tuple[str, ...]:
    """The languages whose people hold the documents of a state."""
    return _states("peoples").get(code) or tuple(_native_first(language_of_state(code)))


def world_person(rng: random.Random, language: str) -> WorldPerson:
    """An invented holder who bears a name of `language`, from a newborn to a hundred years old."""
    sex = rng.choice("MF")
    birth = TODAY - timedelta(days=int(rng.triangular(0, 100 * 365, 35 * 365)))
    family = _surname(rng, language)
    man = _given(rng, language, "M")
    surname, given = _bearer(rng, language, sex, family, man)
    father = _whole(language, _fathers(language, family), man)
    other = _surname(rng, language)
    mother_given = _given(rng, language, "F")
    mother = _whole(language, _female_form(language, family if rng.random() < 0.5 else other), mother_given)
    spouse = maiden = Name()
    if (TODAY - birth).days > 20 * 365:
        spouse_sex = "F" if sex == "M" else "M"
        spouse = _whole(language, _form(language, other, spouse_sex), _given(rng, language, spouse_sex))
        maiden = _form(language, other, sex) if sex == "F" else Name()
    middle = _patronymic(language, man.native.split(" ")[0], sex)
    native = surname.native != surname.latin or given.native != given.latin
    return WorldPerson(
        language, sex, birth, surname.latin, given.latin,
        surname.native if native else "", given.native if native else "",
        middle, father, mother, spouse, maiden,
    )  # fmt: skip


def world_place(rng: random.Random, language: str) -> Name:
    """A town."""
    return rng.choice(_towns(language, None))


def world_address(rng: random.Random, language: str, state: str | None = None) -> str:
    """An address as documents of the language print it, of one to four lines."""
    if "addresses" not in _file(language):
        return invent_address(rng, "training", language, state or "")
    pattern = rng.choice(_list(language, "addresses"))
    return _filled(rng, pattern, language, state)


def world_authority(rng: random.Random, language: str, state: str | None = None) -> str:
    """An issuing authority as printed."""
    if language == "zh":
        return chinese_authority(rng, "training")
    if "authorities" not in _file(language):
        return rng.choice(word_list(language, "authorities", "training"))
    return _filled(rng, rng.choice(_list(language, "authorities")), language, state)


def world_word(rng: random.Random, language: str, kind: str) -> str:
    """A printed word: `profession`, `marital_status`, `religion` or `blood_group`, in a man's form.

    Raises:
        ValueError: there is no such kind.
    """
    if kind == "blood_group":
        return rng.choice(BLOOD_GROUPS)
    if kind not in _WORD_KINDS:
        raise ValueError(f"kind of word: one of {', '.join((*_WORD_KINDS, 'blood_group'))}")
    words = _list(language, _WORD_KINDS[kind]) or _list("en", _WORD_KINDS[kind])
    return rng.choice(words).partition("/")[0]


def _form(language: str, name: Name, sex: str) -> Name:
    return _female_form(language, name) if sex == "F" else name


def _female_form(language: str, name: Name) -> Name:
    form = russian_feminine(name.native) if language == "ru" else feminine(language, name.native)
    return name if form == name.native else Name(form, romanise(language, form))


def _fathers(language: str, family: Name) -> Name:
    """A father's surname: his own chain of names is his surname where a people has no family names."""
    return family if _rule(language) not in ("chain", "mono", "mn", "is") else Name()


def _bearer(rng: random.Random, language: str, sex: str, family: Name, father: Name) -> tuple[Name, Name]:
    """Surname and given names of one person."""
    own = _given(rng, language, sex)
    match _rule(language):
        case "chain":
            chain = [_single(rng, language, "male") for _ in range(rng.choices((1, 2, 3), (3, 6, 1))[0])]
            return chain[-1], _joined([own, father, *chain[:-1]] if len(chain) > 1 else [own])
        case "mono":
            return Name(), _joined(
                [_single(rng, language, _list_of(sex)) for _ in range(rng.choice((1, 2, 2, 3, 3, 4)))]
            )
        case "mn" | "is":
            if language == "mn":
                return father, own
            last = patronymic("is", father.native.split(" ")[0], sex)
            return Name(last, last), own
        case "id":
            count = rng.choices((1, 2, 3), (2, 5, 2))[0]
            names = [_single(rng, language, _list_of(sex)) for _ in range(count)]
            return (Name(), names[0]) if count == 1 else (family, _joined(names[: count - 1]))
        case "ms":
            line = patronymic("ms", father.native, sex)
            return Name(), Name(f"{own.native} {line}", f"{own.latin} {line}")
        case "initial" | "initials":
            return _initials(rng, language, family, own)
        case "lt" if sex == "F" and rng.random() < 0.4:
            form = family.native.removesuffix("as").removesuffix("is").removesuffix("us") + "aitė"
            return Name(form, form), own
    return _form(language, family, sex), own


def _initials(rng: random.Random, language: str, family: Name, own: Name) -> tuple[Name, Name]:
    """Tamil and Sinhalese names: initials of the elders before one's own name, or the names in full, however many."""
    if rng.random() < 0.5:
        letters = " ".join(rng.choice("ABDGHJKLMNPRSTVW") + "." for _ in range(rng.choices((1, 2, 3), (5, 3, 1))[0]))
        return family, Name(f"{letters} {own.native}", f"{letters} {own.latin}")
    more = [_single(rng, language, rng.choice(("male", "surnames"))) for _ in range(rng.choice((0, 0, 1, 2)))]
    return family, _joined([*more, own])


def _surname(rng: random.Random, language: str) -> Name:
    if _rule(language) in ("chain", "mono", "mn", "is", "ms"):
        return _single(rng, language, "male")
    one = _single(rng, language, "surnames")
    double = {"double": 0.85, "nordic": 0.15, "tl": 0.0, "hk": 0.0, "hant": 0.01}.get(_rule(language), 0.04)
    if _rule(language) in ("zh", "ko", "ja", "vi", "th", "hk", "initial", "initials") or rng.random() >= double:
        return one
    other = _single(rng, language, "surnames")
    if _rule(language) == "hant":
        return Name(one.native + other.native, f"{one.latin}-{other.latin}")
    if language in ("es", "pt", "ca"):
        pair = double_surname(rng, language, one.native, other.native)
        return Name(pair, pair)
    return Name(f"{one.native}-{other.native}", f"{one.latin}-{other.latin}")


def _given(rng: random.Random, language: str, sex: str) -> Name:
    key = _list_of(sex)
    match _rule(language):
        case "zh":
            usual = len(set(word_file("zh")["given"]))
            drawn = "".join(
                rng.choice(given_characters()[:usual] if rng.random() < 0.6 else given_characters())
                for _ in range(rng.choices((1, 2), (1, 4))[0])
            )
            return Name(drawn, "".join(romanise("zh", c) for c in drawn))
        case "hant" | "hk":
            parts = [_single(rng, language, key) for _ in range(rng.choices((1, 2), (1, 9))[0])]
            joint = "-" if language == "zh-Hant" else " "
            return Name("".join(p.native for p in parts), joint.join(p.latin for p in parts))
        case "ko":
            parts = [_single(rng, language, key), _single(rng, language, key)]
            drawn = parts[0].native[0] + parts[1].native[-1] if rng.random() < 0.6 else parts[0].native
            return Name(drawn, rng.choice(("", " ", "-")).join(romanise("ko", syllable) for syllable in drawn))
        case "vi":
            drawn = vietnamese_given(rng, sex, *(_single(rng, language, key).native for _ in range(2)))
            return Name(drawn, drawn)
        case (
            "ja" | "th" | "mn" | "chain" | "ru" | "uk" | "be" | "kk" | "ky" | "az" | "tk" | "tg" | "mono" | "km" | "lo"
        ):
            return _single(rng, language, key)
    count = rng.choices((1, 2, 3), (0.6, 0.33, 0.07))[0]
    return _joined([_single(rng, language, key) for _ in range(count)])


def _patronymic(language: str, father: str, sex: str) -> Name:
    if not father or language == "ms":
        return Name()
    own = russian_patronymic(father, sex) if language == "ru" else patronymic(language, father, sex)
    return Name(own, romanise(language, own))


def _whole(language: str, surname: Name, given: Name) -> Name:
    """A relative's whole name in the language's order."""
    first = language in _SURNAME_FIRST
    latin = (surname.latin, given.latin) if first else (given.latin, surname.latin)
    return Name(_in_order(language, surname.native, given.native), " ".join(filter(None, latin)))


def _in_order(language: str, surname: str, given: str) -> str:
    joint = "" if language in _RUN_TOGETHER else " "
    return joint.join(filter(None, (surname, given) if language in _SURNAME_FIRST else (given, surname)))


def _joined(names: list[Name]) -> Name:
    kept = list(dict.fromkeys(names))
    return Name(" ".join(n.native for n in kept), " ".join(n.latin for n in kept))


def _filled(rng: random.Random, pattern: str, language: str, state: str | None) -> str:
    """`pattern` with its places filled: {town}, {street}, {region}, {house}, {flat}, {n}, {d2}, {code}, {letter}."""
    while "{" in pattern:
        before, _, rest = pattern.partition("{")
        what, _, after = rest.partition("}")
        pattern = before + _filler(rng, what, language, state) + after
    return pattern


def _filler(rng: random.Random, what: str, language: str, state: str | None) -> str:
    match what:
        case "town" | "town2":
            return rng.choice(_towns(language, state)).native
        case "street":
            return rng.choice(_names(language, "streets")).native
        case "region":
            return rng.choice(_list(language, "regions"))
        case "name":
            return _single(rng, language, "male").native.upper()
        case "house":
            return str(rng.choice((rng.randint(1, 30), rng.randint(1, 250))))
        case "flat":
            return str(rng.randint(1, 120))
        case "d2":
            return f"{rng.randint(1, 20):02d}"
        case "letter":
            return rng.choice("ABCDEFG")
        case "code":
            drawn = {"9": "0123456789", "A": "ABCDEFGHJKLMNPRSTVWXYZ"}
            return "".join(rng.choice(drawn[c]) if c in drawn else c for c in _file(language)["postcodes"])
    return str(rng.randint(1, 9))


def _list_of(sex: str) -> str:
    return "male" if sex == "M" else "female"


def _rule(language: str) -> str:
    rule: str = _file(language)["names"]
    return rule


def _single(rng: random.Random, language: str, key: str) -> Name:
    return rng.choice(_names(language, key))


def _file(language: str) -> dict[str, Any]:
    table: dict[str, Any] = word_file(f"world/{language}")
    return table


@cache
def _list(language: str, key: str) -> tuple[str, ...]:
    table = _file(language).get(key, [])
    return tuple(part.replace("_", " ") for part in table.split()) if isinstance(table, str) else tuple(table)


@cache
def _names(language: str, key: str) -> tuple[Name, ...]:
    """The entries of a list with their romanisation; none that an evaluation specimen may carry."""
    if key not in _file(language):
        entries = [entry.replace(":", "|") for entry in word_list(language, key, "training")]
    else:
        entries = [entry.partition("@")[0] for entry in _list(language, key)]
    return tuple(_entry(language, entry) for entry in entries if fold(entry.partition("|")[0]) not in _closed())


@cache
def _towns(language: str, state: str | None) -> tuple[Name, ...]:
    if language == "zh":
        counties = (region.prefecture or region.province for region in pool_regions("training"))
        return tuple(_entry("zh", county) for county in dict.fromkeys(counties))
    if "towns" not in _file(language):
        return _names(language, "cities")
    parted = [entry.partition("@") for entry in _list(language, "towns")]
    mine = [name for name, _, own in parted if own == state] or [name for name, _, own in parted if not own]
    open_ones = [
        name for name in mine or [name for name, _, _ in parted] if fold(name.partition("|")[0]) not in _closed()
    ]
    return tuple(_entry(language, name) for name in open_ones)


def _entry(language: str, entry: str) -> Name:
    native, bar, latin = entry.partition("|")
    return Name(native, latin if bar else romanise(language, native))


@cache
def _closed() -> frozenset[str]:
    """Folded names of the evaluation pool, whatever language they are of."""
    old = ("ar", "de", "en", "es", "fr", "it", "ja", "ko", "pl", "pt", "ru", "zh")
    return frozenset(
        fold(native)
        for language in old
        for key in ("surnames", "male", "female", "cities")
        if key in word_file(language)
        for native in (entry.split(":")[0] for entry in word_list(language, key, "evaluation"))
        if pool_of(native) == "evaluation" and len(native) > 1
    )


@cache
def _states(key: str) -> dict[str, tuple[str, ...]]:
    table = _file("states")
    return {code: tuple(tags.split(",")) for code, tags in (entry.split(":") for entry in table[key].split())}


def _native_first(languages: tuple[str, ...]) -> tuple[str, ...]:
    """Without the English that only translates the captions of another language's documents."""
    return tuple(tag for tag in languages if tag != "en") or languages
