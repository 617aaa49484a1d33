"""Words and letters for the sexes in the languages of documents and of schemas, from `sexes.json`.

Letters mean different things in different languages (`K` is a woman in Turkish and Polish, a man in Azerbaijani): they
are read in the languages of the issuing state. Where several stand side by side (`V/M`, `K/F`), what all of them can
mean is meant; ICAO's own letters (Doc 9303-4, 4.1.1.1) decide where that is not enough.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Literal

from extractor.schemas.data import load_table
from extractor.schemas.text import fold, squash

Sex = Literal["M", "F", "X"]
_ICAO: Mapping[str, Sex] = {"m": "M", "f": "F", "x": "X"}
#: `女F` is two words in two scripts.
_WORDS = re.compile(r"[\u2e80-\u9fff]|[\uac00-\ud7af]+|[^\s\u2e80-\u9fff\uac00-\ud7af]+")


def sex_in(text: str, issuer: str | None = None) -> tuple[Sex, float] | None:
    """The sex that a printed text says on a document of `issuer` (alpha-3), and the share of its words that say so;
    None where it says none, or both."""
    words = _WORDS.findall(fold(text))
    if whole := _meanings(squash(text), issuer):
        words, meant = [squash(text)], [whole]
    else:
        meant = [found for word in words if (found := _meanings(word, issuer))]
    if not meant:
        return None
    # `X/F` is a Cyrillic letter read as a Latin one: that nothing is said does not contradict what is.
    meant = [one for one in meant if one != {"X"}] or meant
    common = frozenset.intersection(*meant)
    # Where two languages stand side by side, ICAO's letter comes last.
    letters = [_ICAO[word] for word in words if word in _ICAO]
    chosen = next(iter(common)) if len(common) == 1 else letters[-1] if letters and letters[-1] in common else None
    return (chosen, len(meant) / len(words)) if chosen else None


def sex_of_word(word: str) -> Sex | None:
    """M, F or X for a word that means it in a schema of any language."""
    return _of_schemas().get(squash(word)) or _only(_meanings(squash(word), None)) or _ICAO.get(squash(word))


def sexes_of(words: Iterable[str]) -> dict[str, Sex]:
    """What the members of an enum mean, beside one another: of `H` and `M` the one is a man and the other a woman."""
    own = {word: squash(word) for word in words}
    there = set(own.values())
    ways = [("m", "f")] if {"m", "f"} <= there else [pair for pair in _pairs() if there.issuperset(pair)]
    letters: dict[str, set[Sex]] = {}
    for man, woman in ways:
        letters.setdefault(man, set()).add("M")
        letters.setdefault(woman, set()).add("F")
    found = {word: _only(letters[key]) if key in letters else sex_of_word(word) for word, key in own.items()}
    return {word: sex for word, sex in found.items() if sex}


@cache
def _pairs() -> frozenset[tuple[str, str]]:
    """Letters and digits for a man and for a woman that stand beside each other."""
    table = load_table("sexes")
    return frozenset((fold(man), fold(woman)) for man, woman in (*table["initials"].values(), *table["pairs"]))


def _only(found: Collection[Sex]) -> Sex | None:
    return next(iter(found)) if len(found) == 1 else None


def _meanings(word: str, issuer: str | None) -> frozenset[Sex]:
    """What a word can mean: in the issuer's languages and in English, else in any."""
    by_language = _words().get(word, {})
    own = {"en", *_languages(issuer)}
    said = {sex for language, sexes in by_language.items() if language in own for sex in sexes}
    # A Latin letter counts in its own language only.
    if said or (issuer and word.isascii() and len(word) == 1):
        return frozenset(said)
    return frozenset(sex for sexes in by_language.values() for sex in sexes)


@cache
def _languages(issuer: str | None) -> frozenset[str]:
    """Official languages of a state, without their scripts; Norwegian has one name here."""
    tags = load_table("cldr")["languages"].get(issuer or "", ())
    return frozenset("no" if tag in ("nb", "nn") else tag.partition("_")[0] for tag in tags)


@cache
def _words() -> Mapping[str, Mapping[str, frozenset[Sex]]]:
    """Folded word or letter -> language -> what it means there."""
    table = load_table("sexes")
    words: dict[str, dict[str, set[Sex]]] = {}

    def add(word: str, language: str, sex: Sex) -> None:
        words.setdefault(squash(word), {}).setdefault(language, set()).add(sex)

    for language, own in table["words"].items():
        for sex in ("M", "F"):
            for word in own[sex]:
                add(word, language, sex)
    for language, (man, woman) in table["initials"].items():
        add(man, language, "M")
        add(woman, language, "F")
    for letter, sex in _ICAO.items():
        add(letter, "en", sex)
    for word in table["neither"]:
        add(word, "en", "X")
    return {word: {tag: frozenset(sexes) for tag, sexes in found.items()} for word, found in words.items()}


@cache
def _of_schemas() -> Mapping[str, Sex]:
    """Words that schemas use and documents do not."""
    return {squash(word): sex for sex, words in load_table("synonyms")["sexes"].items() for word in words}
