"""A text that a document prints twice, in Latin letters and in others: `МОСКВА / MOSKVA`.

What a visual zone prints in other letters it prints in Latin ones too (ICAO 9303-3, 3.1), as names in the MRZ are.
"""

from __future__ import annotations

import re
from itertools import groupby

from extractor.schemas.states import state_code

_CHARACTERS = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"  # ideographs, kana, hangul: no spaces part them from Latin
_WORD = re.compile(rf"[{_CHARACTERS}]+|[^\s/{_CHARACTERS}]+")
#: Letters that are a text and no abbreviation within one.
_LATIN, _OTHER = 3, 2


def is_latin(text: str) -> bool | None:
    """Whether a word is in Latin letters; None without letters."""
    letters = [c for c in text if c.isalpha()]
    return letters[0] < "\u0250" or "\u1e00" <= letters[0] < "\u1f00" if letters else None


def in_two_scripts(text: str) -> tuple[str, str] | None:
    """The Latin and the other piece of a text in two scripts, each as long as can be; None of a text in one. A state's
    name or a few letters within a text say something of their own."""
    words = [word for word in _WORD.finditer(text) if is_latin(word[0]) is not None]
    runs: dict[bool, list[str]] = {True: [], False: []}
    for side, group in groupby(words, lambda word: bool(is_latin(word[0]))):
        run = list(group)
        runs[side].append(text[run[0].start() : run[-1].end()])
    if not runs[True] or not runs[False]:
        return None
    latin, other = (max(runs[one], key=_letters) for one in (True, False))
    if _letters(latin) < _LATIN or _letters(other) < _OTHER or state_code(latin.split()[0]):
        return None
    return latin.strip("()[],;:-"), other.strip("()[],;:-")


def latin_of(text: str) -> str:
    """The Latin piece of a text in two scripts, else all of it."""
    both = in_two_scripts(text)
    return both[0] if both else text


def _letters(text: str) -> int:
    return sum(c.isalpha() for c in text)
