"""Respelt wording for training pages: the few hundred words of a list would be memorised.

A document that sets the option `strange` has that share of the words of its places, addresses and authorities (in
Chinese: of their characters, and of its holder's name's) replaced by ones that mean nothing; one that sets `marks` has
that share of the letters of its holder's Latin name given other marks. The frozen specimens never set either.
"""

from __future__ import annotations

import json
import random
import re
from functools import cache

from extractor.synthesis.people import given_characters
from extractor.synthesis.pools import word_file

#: (consonants, vowels) of a script's letters, small.
_LETTERS = {
    "latin": ("bcdfghjklmnprstvwz", "aeiouyéèáàöüóíñç"),
    "cyrillic": ("бвгджзклмнпрстфхцчшщ", "аеёиоуыэюя"),
}
#: Letters and what they are with marks, for names and places of Latin alphabets.
_MARKS = {
    "a": "àáâãäåą", "c": "çćč", "e": "èéêëęě", "i": "ìíîï", "l": "ł", "n": "ñńň", "o": "òóôõöø", "s": "śš",
    "u": "ùúûüů", "y": "ý", "z": "źżž",
}  # fmt: skip
_PLAIN = {mark: letter for letter, marks in _MARKS.items() for mark in marks}
_WORD = re.compile(r"[^\W\d_]{3,}")
#: Share of replaced ideographs that become ones of GB 2312's second level.
_RARE = 0.25
_IDEOGRAPH = re.compile("[\u4e00-\u9fff]")


def estranged(rng: random.Random, text: str, share: float) -> str:
    """`text` with that share of its words respelt; digits, punctuation, short words stay. 0 takes no random numbers."""
    if not share:
        return text
    if _IDEOGRAPH.search(text):
        return _IDEOGRAPH.sub(lambda found: _ideograph(rng) if rng.random() < share else found[0], text)
    return _WORD.sub(lambda found: _respelt(rng, found[0]) if rng.random() < share else found[0], text)


def _ideograph(rng: random.Random) -> str:
    return rng.choice(rare_ideographs() if rng.random() < _RARE else given_characters())


@cache
def rare_ideographs() -> tuple[str, ...]:
    """The characters of GB 2312's second level in Chinese surnames and places: each stands in one or two words of the
    word lists, and would be known by its neighbours alone."""
    printed = {c for name in ("zh", "regions_cn") for c in json.dumps(word_file(name), ensure_ascii=False)}
    taboo = set(word_file("zh")["taboo"])
    return tuple(sorted(c for c in printed - taboo if _IDEOGRAPH.match(c) and _second_level(c)))


def _second_level(character: str) -> bool:
    code = character.encode("gb2312", "ignore")
    return len(code) == 2 and code[0] >= 0xD8


def marked(rng: random.Random, text: str, share: float) -> str:
    """`text`, a mark added to or taken from this share of the letters that can have one. 0 takes no random numbers."""
    if not share:
        return text

    def changed(letter: str) -> str:
        small = letter.lower()
        plain = _PLAIN.get(small, small)
        if plain not in _MARKS or rng.random() >= share:
            return letter
        found = plain if small != plain and rng.random() < 0.5 else rng.choice(_MARKS[plain])
        return found.upper() if letter.isupper() else found

    return "".join(map(changed, text))


def _respelt(rng: random.Random, word: str) -> str:
    cyrillic = "\u0400" <= word[0] <= "\u052f"
    if not cyrillic and word[0] > "\u024f":
        return word
    consonants, vowels = _LETTERS["cyrillic" if cyrillic else "latin"]
    # Marked letters are as rare as in names; a word of any length may come of any other.
    plain = vowels[:6] if not cyrillic and rng.random() < 0.6 else vowels
    length = max(3, len(word) + rng.randint(-2, 3))
    start = rng.randrange(2)
    made = "".join(rng.choice(plain if (i + start) % 2 else consonants) for i in range(length))
    if rng.random() < 0.25:
        at = rng.randrange(len(made))
        made = made[:at] + made[at] + made[at:]
    return made.upper() if word.isupper() else made.capitalize() if word[0].isupper() else made
