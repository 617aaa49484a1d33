"""What drawn lines say: words, figures and random letters of a script, and lines of machine-readable zones.

As many lines are of random letters as of words, so that the network reads instead of guessing.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

from extractor.synthesis.dates import MONTHS
from extractor.text.writing import CHARACTERS

#: Words by script, a list a language.
WordLists = Mapping[str, Sequence[Sequence[str]]]
_DIGITS = {
    "ARABIC": ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"),
    "DEVANAGARI": ("०१२३४५६७८९",),
    "BENGALI": ("০১২৩৪৫৬৭৮৯",),
    "THAI": ("๐๑๒๓๔๕๖๗๘๙",),
}
MRZ = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_LATIN_MONTHS = [MONTHS[language] for language in ("en", "fr", "de", "es", "it", "pt", "nl", "pl", "ga")]


def wording(rng: random.Random, words: WordLists, script: str, plain: float = 0.0) -> str:
    """The text of a line in `script`: words, random letters, figures, or lines in two scripts. Of Latin lines the share
    `plain` is in capitals without marks."""
    text = _wording(rng, words, script)
    if script == "LATIN" and rng.random() < plain:
        parts = unicodedata.normalize("NFD", text.upper())
        text = unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))
    return text


def _wording(rng: random.Random, words: WordLists, script: str) -> str:
    kind = rng.random()
    if kind < 0.42:
        return _some_words(rng, words, script)
    if kind < 0.66:
        return _cased(rng, " ".join(_random_word(rng, script) for _ in range(rng.choice((1, 1, 2, 2, 3)))))
    if kind < 0.76:
        return _figures(rng, script)
    if kind < 0.86:
        other = _some_words(rng, words, "LATIN", most=2)
        own = _some_words(rng, words, script, most=2)
        mark = rng.choice(("/", " / ", " ", " - ", ": "))
        return f"{own}{mark}{other}" if rng.random() < 0.6 else f"{other}{mark}{own}"
    value = _figures(rng, script) if rng.random() < 0.5 else _some_words(rng, words, script, most=1)
    return f"{_some_words(rng, words, script, most=2)}{rng.choice((': ', ' ', '. ', ' - ', ':'))}{value}"


def _some_words(rng: random.Random, words: WordLists, script: str, most: int = 4) -> str:
    languages = words[script]
    # The first is the one that most documents of the script are in.
    language = languages[0] if rng.random() < 0.3 else rng.choice(languages)
    chosen = [rng.choice(language)]
    while len(chosen) < most and sum(map(len, chosen)) < 26 and rng.random() < 0.5:
        chosen.append(rng.choice(language))
    text = rng.choice((" ", " ", " ", ", ", "-")).join(chosen)
    if len(text) > 38:
        cut = text[:38]
        text = cut[: cut.rfind(" ")] if " " in cut else cut
    return _cased(rng, text)


def _cased(rng: random.Random, text: str) -> str:
    kind = rng.random()
    if "\u10d0" <= max(text, default="") <= "\u10ff":
        return text  # Georgian capitals are another script's letters to most fonts
    if kind < 0.42:
        text = text.upper().replace("ΐ", "Ϊ")
        if rng.random() < 0.5:
            text = text.translate(_UNSTRESSED)
    elif kind < 0.5:
        text = text.title()
    return text


#: Greek capitals are written without accents, more often than not.
_UNSTRESSED = str.maketrans("ΆΈΉΊΌΎΏ", "ΑΕΗΙΟΥΩ")


#: Vowels with and without each tone, and the letters that other alphabets lack.
_VIETNAMESE = (
    "".join(
        unicodedata.normalize("NFC", vowel + tone)
        for letters in ("aăâeêioôơuưy", "AĂÂEÊIOÔƠUƯY")
        for vowel in letters
        for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    )
    + "bcdđghklmnpqrstvxBCDĐGHKLMNPQRSTVX"
)


@lru_cache(maxsize=32)
def _letters(script: str) -> tuple[list[str], list[str]]:
    """A script's letters: common ones, and all."""
    names = {"CYRILLIC": "CYRILLIC", "GREEK": "GREEK", "ARABIC": "ARABIC LETTER", "HEBREW": "HEBREW LETTER"}
    asked = names.get(script, script)
    every = [c for c in CHARACTERS if c != " " and asked in unicodedata.name(c, "") and c.isalpha()]
    if script == "VIETNAMESE":
        every = [c for c in _VIETNAMESE if c in CHARACTERS]
    common = {
        "LATIN": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "CYRILLIC": "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюяІіЇїЄєҐґЎўЂђЈјЉљЊњЋћЏџ",
        "ARABIC": "ابتثجحخدذرزسشصضطظعغفقكلمنهويءأإؤئةىآپچژکگی",
    }.get(script, "")
    return list(common) or every, every


def _random_word(rng: random.Random, script: str) -> str:
    length = rng.randint(2, 10)
    if script == "HANGUL":
        return "".join(chr(rng.randrange(0xAC00, 0xD7A4)) for _ in range(rng.randint(1, 6)))
    if script == "THAI":
        return "".join(_thai(rng) for _ in range(rng.randint(1, 4)))
    if script in ("DEVANAGARI", "BENGALI"):
        return "".join(_indic(rng, script) for _ in range(rng.randint(1, 5)))
    common, every = _letters(script)
    share = rng.choice((0.0, 0.3, 0.7))
    word = "".join(rng.choice(every if rng.random() < share else common) for _ in range(length))
    if script == "LATIN" and rng.random() < 0.25:
        word = "".join(rng.choice(MRZ) for _ in range(length))
    return word


def _thai(rng: random.Random) -> str:
    consonants = "กขคฆงจฉชซญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ"
    before = rng.choice("เแโใไ") if rng.random() < 0.25 else ""
    above = "" if before and rng.random() < 0.5 else rng.choice(("", "", "ั", "ิ", "ี", "ึ", "ื", "ุ", "ู", "็", "์"))
    tone = rng.choice(("", "", "", "่", "้", "๊", "๋")) if above not in ("็", "์") else ""
    after = rng.choice(("", "", "า", "ะ", "ำ")) if not above else ""
    last = rng.choice(consonants) if rng.random() < 0.4 else ""
    return before + rng.choice(consonants) + above + tone + after + last


def _indic(rng: random.Random, script: str) -> str:
    if script == "DEVANAGARI":
        consonants, vowels, signs = "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसह", "अआइईउऊऋएऐओऔ", "ािीुूृेैोौ"
        join, dot, ends = "्", "़", "ंँः"
    else:
        consonants, vowels, signs = "কখগঘঙচছজঝঞটঠডঢণতথদধনপফবভমযরলশষসহ", "অআইঈউঊঋএঐওঔ", "ািীুূৃেৈোৌ"
        join, dot, ends = "্", "়", "ংঁঃ"
    if rng.random() < 0.12:
        return rng.choice(vowels)
    text = rng.choice(consonants)
    if text in "कखगजडढफডঢয" and rng.random() < 0.12:
        text += dot
    if rng.random() < 0.25:
        text += join + rng.choice(consonants)
    if rng.random() < 0.55:
        text += rng.choice(signs)
    return text + (rng.choice(ends) if rng.random() < 0.1 else "")


def _figures(rng: random.Random, script: str) -> str:
    def some(least: int, most: int) -> str:
        return "".join(rng.choice("0123456789") for _ in range(rng.randint(least, most)))

    mark = rng.choice(("/", ".", "-", ". ", " "))
    day, month, year = f"{rng.randint(1, 31):02}", f"{rng.randint(1, 12):02}", f"{rng.randint(1925, 2045)}"
    if script == "HANGUL" and rng.random() < 0.4:
        return f"{year}년 {month}월 {day}일"
    if script == "LATIN" and rng.random() < 0.25:
        return _date_with_month(rng, day, year)
    text = rng.choice(
        (
            mark.join((day, month, year)), mark.join((year, month, day)), some(3, 12), f"{some(6, 6)}-{some(7, 7)}",
            f"{rng.choice(MRZ[:26])}{some(6, 8)}", f"№ {some(2, 7)}", f"{some(1, 3)}-{some(1, 4)}", f"({some(2, 4)})",
            "".join(rng.choice(MRZ) for _ in range(rng.randint(5, 12))), f"{some(3, 3)} {some(3, 3)} {some(3, 3)}",
        )
    )  # fmt: skip
    if script in _DIGITS and rng.random() < 0.6:
        text = text.translate(str.maketrans("0123456789", rng.choice(_DIGITS[script])))
    return text


def _date_with_month(rng: random.Random, day: str, year: str) -> str:
    """A date as passports print it (ICAO 9303-3, 3.6.1): `05 AUG/AOÛT 87`, `05 Aug 1987`, `05AUG1987`."""
    month, one, two = rng.randrange(12), *rng.choices(_LATIN_MONTHS, k=2)
    name = one[month]
    if rng.random() < 0.4:
        name += rng.choice(("/", " / ", "/", " ")) + two[month]
    name = name.title() if rng.random() < 0.25 else name
    return rng.choice((" ", " ", "", ".", "-")).join((day, name, year if rng.random() < 0.7 else year[2:]))


def zone_line(rng: random.Random, words: WordLists) -> str:
    """A line of a machine-readable zone, whole or a part of one; letters and digits as likely as any."""

    def letters(least: int, most: int) -> str:
        return "".join(rng.choice(MRZ[:26]) for _ in range(rng.randint(least, most)))

    length = rng.choice((30, 36, 44, 44))
    if rng.random() < 0.5:
        language = rng.choice(words["LATIN"][:20])
        names = [
            "".join(c for c in unicodedata.normalize("NFD", rng.choice(language).upper()) if "A" <= c <= "Z")[:14]
            or "X"
            for _ in range(rng.randint(2, 3))
        ]
        kind = rng.choice(("P<", "PN", "I<", "ID", "V<", "AC", "PD", ""))
        text = f"{kind}{letters(3, 3)}{names[0]}<<{'<'.join(names[1:])}"
    else:
        fill = 0.3 if rng.random() < 0.3 else 0.0
        text = "".join(
            "<" if rng.random() < fill else rng.choice(MRZ if rng.random() < 0.4 else "0123456789")
            for _ in range(rng.randint(20, length))
        )
        if rng.random() < 0.5:
            text = f"{letters(1, 2)}{text}"
    text = text[:length].ljust(length, "<") if rng.random() < 0.85 else text[:length]
    if rng.random() < 0.12:
        start = rng.randint(0, 12)
        text = text[start : start + rng.randint(10, 40)]
    return text
