"""Names of other scripts in Latin letters, as passports print them.

Russian: ICAO Doc 9303-3, section 6 B. Chinese: pinyin without tones, ü as YU in passports. Korean: Revised
Romanisation, letter by letter. Japanese and Arabic names carry their usual spelling in the word lists.
"""

from __future__ import annotations

from functools import cache

_RUSSIAN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch ie y  e iu ia".split(" "),
        strict=True,
    )
)
_INITIALS = "g kk n d tt r m b pp s ss  j jj ch k t p h".split(" ")
_MEDIALS = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".split(" ")
_FINALS = " k k k n n n t l k m l l l p l m p p t t ng t t k t p t".split(" ")
_FIRST_SYLLABLE = 0xAC00


def russian(name: str) -> str:
    """`name` as Russian passports transliterate it, capitals only."""
    return "".join(_RUSSIAN.get(character, character) for character in name.lower()).upper()


@cache
def mandarin(name: str) -> str:
    """Pinyin of `name` in capitals, run together, as Chinese passports print it."""
    from pypinyin import Style, lazy_pinyin

    syllables = lazy_pinyin(list(name), style=Style.NORMAL)
    return "".join(syllable.replace("v", "yu" if syllable in ("lv", "nv") else "u") for syllable in syllables).upper()


def hangul(name: str) -> str:
    """Hangul syllables letter by letter, without the changes between syllables, capitals only."""
    letters = []
    for syllable in name:
        initial, rest = divmod(ord(syllable) - _FIRST_SYLLABLE, 588)
        letters.append(_INITIALS[initial] + _MEDIALS[rest // 28] + _FINALS[rest % 28])
    return "".join(letters).upper()
