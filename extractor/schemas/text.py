"""Text as it is compared: folding of case, diacritics, width and punctuation."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not decompose but readers and documents treat as variants of one another.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ð": "d", "þ": "th", "ł": "l", "đ": "d", "ı": "i", "ə": "e", "ħ": "h"}
)

_ARABIC_MARKS = str.maketrans("٫٬", ".,")


def strip_marks(text: str) -> str:
    """`text` without diacritics: NFKD, marks dropped (also the vowel signs of Thai and Devanagari, which Unicode gives
    no combining class); letters that do not decompose stay."""
    decomposed = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.category(c).startswith("M")))


def plain_number(text: str) -> str:
    """`text` with the digits of any script as 0-9, and their decimal and thousands marks as ours."""
    half = (unicodedata.normalize("NFKC", c) if unicodedata.east_asian_width(c) == "F" else c for c in text)
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in half).translate(_ARABIC_MARKS)


@lru_cache(maxsize=16384)
def fold(text: str) -> str:
    """Lower case, no diacritics, half-width, digits of any script as 0-9, punctuation as single spaces: for comparing,
    never for output."""
    plain = strip_marks(plain_number(unicodedata.normalize("NFKC", text)).casefold()).translate(_LETTERS)
    return re.sub(r"[\W_]+", " ", plain).strip()


@lru_cache(maxsize=4096)
def spell(text: str) -> str:
    """`fold` without spaces and with the vowel signs of Thai, Devanagari and their like, which tell words apart (June,
    `जून`, from the short form of January, `जन`)."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_LETTERS)
    return unicodedata.normalize("NFC", "".join(c for c in kept if c.isalnum() or unicodedata.category(c)[0] == "M"))


def squash(text: str) -> str:
    """`fold` without any spaces: what is left when spacing means nothing (`日 本 花 子`, `Pass port`)."""
    return fold(text).replace(" ", "")


def scripts(text: str) -> set[str]:
    """Unicode script words of the letters in `text`: LATIN, CYRILLIC, CJK, HANGUL, THAI, ARABIC ..."""
    return {unicodedata.name(c, "UNKNOWN").split()[0] for c in text if c.isalpha()}


#: Small letters that look like their capitals, alone or with marks, and those of the Mc in McDonald, which are small.
_LIKE_CAPITALS = frozenset("cosuvwxzijkpø")
_PREFIX = re.compile(r"^(?:Mc|Mac|De|Van|O['’])(?=[^\W\d_])")


def restore_capitals(text: str) -> str:
    """`text` with capitals for the small letters that a reader put inside words of capitals (`ÅsE` is ÅSE)."""
    return re.sub(r"[^\W\d_]+", lambda word: _capitals(word[0]), text)


def _capitals(word: str) -> str:
    prefix = _PREFIX.match(word)
    start = prefix[0] if prefix else ""
    rest = word[len(start) :]
    small = [c for c in rest if c.islower()]
    if not small or sum(c.isupper() for c in rest) < max(2, len(small)):
        return word
    if all((strip_marks(c) or c)[0] in _LIKE_CAPITALS for c in small):
        return start + rest.upper()
    return word
