"""Words that have to be read letter by letter: places, offices, addresses and remarks that exist nowhere.

A word list has some hundred places and offices of a language; shown a hundred thousand times, they are memorised,
and a model that knows them writes `MONTRÉAL` where `MONTREUIL` is printed. So most free wording of training pages is
made here: words from chains of letters that follow each other as in the training pool's own lists, of any length and
with more marks than is usual, put together as places, offices, addresses and remarks are.

Only the training pool's word lists are read, and a made word that the evaluation pool would own is thrown away.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from functools import cache

from extractor.synthesis.estranged import marked
from extractor.synthesis.pools import Pool, pool_of, word_list

POOL: Pool = "training"
_WORD = re.compile(r"[^\W\d_]{4,}")
#: How long a made word is, letters.
_SHORTEST, _LONGEST = 3, 13
#: Share of words with unusual marks, and of their letters that get one.
_MARKED, _MARKS = 0.3, 0.12
_EDGE = "\0"


@cache
def _chain(language: str) -> Mapping[str, str]:
    """Pair of letters -> the letters that follow it in the pool's names of `language`, as often as they do."""
    followers: dict[str, list[str]] = {}
    for kind in ("surnames", "cities", "streets"):
        for name in word_list(language, kind, POOL):
            for word in _WORD.findall(name.lower()):
                spelt = _EDGE * 2 + word + _EDGE
                for at in range(len(spelt) - 2):
                    followers.setdefault(spelt[at : at + 2], []).append(spelt[at + 2])
    return {pair: "".join(letters) for pair, letters in followers.items()}


def word(rng: random.Random, language: str) -> str:
    """A made word of `language`, its first letter a capital."""
    chain = _chain(language)
    while True:
        made = _EDGE * 2
        while (letter := rng.choice(chain[made[-2:]])) != _EDGE and len(made) < _LONGEST + 2:
            made += letter
        found = made[2:]
        if len(found) < _SHORTEST:
            continue
        if language != "ru" and rng.random() < _MARKED:
            found = marked(rng, found, _MARKS)
        found = found[0].upper() + found[1:]
        if pool_of(found) == POOL:
            return found


def place(rng: random.Random, language: str) -> str:
    """A place's name: one word mostly, sometimes two, joined as such names are."""
    first = word(rng, language)
    chance = rng.random()
    if chance < 0.7:
        return first
    joint = rng.choice((" ", " ", "-", "-", " am ", " de la ", " sur ", "-sur-", " nad ", " di "))
    return f"{first}{joint}{word(rng, language)}"


def office(rng: random.Random, language: str) -> str:
    """Who issues: a few capitals, a place, or an office of the pool's word list with other words in it."""
    chance = rng.random()
    if chance < 0.14:
        return "".join(rng.choice("ABCDEFGHIJKLMNOPRSTUVWZ") for _ in range(rng.randint(2, 6)))
    if chance < 0.3:
        return place(rng, language)
    if chance < 0.36:
        return f"{rng.randint(1, 99999)}"
    known = rng.choice(word_list(language, "authorities", POOL))
    share = rng.choice((0.0, 0.35, 0.7))
    named = _WORD.sub(lambda found: word(rng, language) if rng.random() < share else found[0], known)
    if rng.random() < 0.12:
        return f"{named} ({''.join(rng.choice('ABCDEGHKLMNPRSTUVW') for _ in range(3))})"
    return f"{named} {rng.randint(1, 99)}" if rng.random() < 0.08 else named


def remark(rng: random.Random, language: str) -> str:
    """A few words in a row: a category of permits, a remark."""
    words = [word(rng, language) for _ in range(rng.choice((1, 1, 2, 2, 3, 4)))]
    if rng.random() < 0.3:
        words.insert(
            rng.randrange(len(words) + 1), rng.choice(("EU", "1", "4", "A2", "-", "de", "du", "und", "of", "E26"))
        )
    return " ".join(words)


def elsewhere(rng: random.Random, language: str, known: str) -> str:
    """An address with some of its words replaced by made ones."""
    share = rng.choice((0.3, 0.7, 1.0))
    return _WORD.sub(lambda found: word(rng, language) if rng.random() < share else found[0], known)


#: Free fields that a document's options may word, and what words them.
WORDERS: Mapping[str, Callable[[random.Random, str], str]] = {
    "authority": office, "category": remark, "endorsements": remark, "place": place, "place_of_issue": place,
}  # fmt: skip
