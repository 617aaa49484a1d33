"""Names of the world's scripts in Latin capitals, near to what each state's passports print.

Letter by letter, after ICAO Doc 9303-3, section 6, and the states' own tables (Ukraine's of 2010, Bulgaria's law of
2009, Serbian Latin, ELOT 743, Georgia's national system ...). Where spelling does not follow letters (Arabic, Hebrew,
Thai, Khmer ...), the word lists carry the romanisation themselves and this module is not asked.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from extractor.synthesis.romanisation import hangul, mandarin, russian

_CYRILLIC = {
    **dict(
        zip(
            "абвгдежзийклмнопрстуфхцчшщъыьэюяё",
            "a b v g d e zh z i i k l m n o p r s t u f kh ts ch sh shch  y  e yu ya e".split(" "),
            strict=True,
        )
    ),
    "’": "",
    "ʼ": "",
    "'": "",
}
#: What a language writes otherwise than the table above: letter and Latin, in pairs.
_OWN_CYRILLIC = {
    "uk": "г h ґ g и y і i ї i є ie ю iu я ia",
    "be": "г h ў u і i ё io ю iu я ia",
    "bg": "ъ a щ sht х h й y",
    "sr": "ђ đ ж ž ћ ć ч č џ dž ш š љ lj њ nj ј j ц c х h",
    "mk": "ѓ gj ќ kj ж zh ч ch ш sh џ dj ѕ dz љ lj њ nj ј j ц c х h",
    "kk": "ә a ғ g қ k ң n ө o ұ u ү u һ h і i й y",
    "ky": "ө o ү u ң n й i",
    "tg": "ғ gh ӣ i қ q ӯ u ҳ h ҷ j й y",
    "mn": "ө u ү u ж j ь i е ye ё yo й i",
}
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψω",
        "a v g d e z i th i k l m n x o p r s s t y f ch ps o".split(" "),
        strict=True,
    )
)
_GREEK_PAIRS = {"ου": "ou", "αυ": "av", "ευ": "ev", "γγ": "ng", "γκ": "gk", "μπ": "mp", "ντ": "nt"}
_GEORGIAN = dict(
    zip(
        "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
        "a b g d e v z t i k l m n o p zh r s t u p k gh q sh ch ts dz ts ch kh j h".split(" "),
        strict=True,
    )
)
_ARMENIAN = dict(
    zip(
        "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքևօֆ",
        "a b g d e z e y t zh i l kh ts k h dz gh ch m y n sh o ch p j r s v t r ts v p k ev o f".split(" "),
        strict=True,
    )
)
#: Consonants of Ethiopic rows of eight from U+1200.
_ETHIOPIC = (
    "h l h m s r s sh k kw kh khw b v t ch h hw n ny  k kw kh khw w  z zh y d d j g gw g t ch p ts ts f p".split(" ")
)
#: Consonants and vowels of the scripts that Unicode lays out alike, by offset in their block of 128.
_INDIC_CONSONANTS = dict(
    zip(
        range(0x15, 0x3A),
        "k kh g gh n ch chh j jh n t th d dh n t th d dh n n p ph b bh m y r r l l zh v sh sh s h".split(" "),
        strict=True,
    )
) | {0x4E: "t", 0x58: "q", 0x59: "kh", 0x5A: "g", 0x5B: "z", 0x5C: "r", 0x5D: "rh", 0x5E: "f", 0x5F: "y"}
_INDIC_VOWELS = {0x05: "a", 0x06: "a", 0x07: "i", 0x08: "i", 0x09: "u", 0x0A: "u", 0x0B: "ri", 0x0E: "e", 0x0F: "e"} | {
    0x10: "ai", 0x11: "o", 0x12: "o", 0x13: "o", 0x14: "au"
}  # fmt: skip
_INDIC_SIGNS = {0x3E: "a", 0x3F: "i", 0x40: "i", 0x41: "u", 0x42: "u", 0x43: "ri", 0x46: "e", 0x47: "e", 0x48: "ai"} | {
    0x49: "o", 0x4A: "o", 0x4B: "o", 0x4C: "au"
}  # fmt: skip
_SINHALA_CONSONANTS = dict(
    zip(
        "කඛගඝඞඟචඡජඣඤඥඦටඨඩඪණඬතථදධනඳපඵබභමඹයරලවශෂසහළෆ",
        (
            "k kh g gh n ng ch chh j jh gn gn nj t th d dh n nd th th d dh n nd p ph b bh m mb y r l w sh sh s h l f"
        ).split(),
        strict=True,
    )
)
_SINHALA_VOWELS = dict(zip("අආඇඈඉඊඋඌඑඒඓඔඕඖ", "a a a a i i u u e e ai o o au".split(), strict=True))
_SINHALA_SIGNS = dict(zip("ාැෑිීුූෘෙේෛොෝෞ", "a a a i i u u ru e e ai o o au".split(), strict=True))
#: Languages that do not speak the vowel a consonant carries at a word's end.
_SILENT_ENDS = frozenset(("hi", "mr", "bn"))


@cache
def romanise(language: str, text: str) -> str:
    """`text` of a language's own script in Latin capitals; a text that is Latin already comes back as it is."""
    if not text or all(c.isascii() or c in "ʻʼ" or "LATIN" in unicodedata.name(c, "") for c in text if c.isalpha()):
        return text
    match language:
        case "ru":
            return russian(text)
        case "zh":
            return mandarin(text)
        case "ko":
            return "".join(hangul(c) if "가" <= c <= "힣" else c for c in text)
        case "el":
            return _greek(text).upper()
        case "ka":
            return "".join(_GEORGIAN.get(c, c) for c in text).upper()
        case "hy":
            return "".join(_ARMENIAN.get(c, c) for c in text.lower().replace("ու", "u").replace("եւ", "ev")).upper()
        case "am":
            return " ".join(_ethiopic(word) for word in text.split(" ")).upper()
        case "si":
            return _syllables(text, language, _SINHALA_CONSONANTS.get, _SINHALA_VOWELS.get, _SINHALA_SIGNS.get, "්")
        case "hi" | "mr" | "ne" | "bn" | "ta" | "te":
            return _indic(text, language)
    return "".join(_cyrillic(language).get(c, c) for c in text.lower()).upper()


@cache
def _cyrillic(language: str) -> dict[str, str]:
    own = _OWN_CYRILLIC.get(language, "").split()
    return _CYRILLIC | dict(zip(own[::2], own[1::2], strict=True))


def _greek(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    for pair, latin in _GREEK_PAIRS.items():
        plain = plain.replace(pair, latin)
    return "".join(_GREEK.get(c, c) for c in plain)


def _ethiopic(word: str) -> str:
    latin, bare = "", False  # bare: the last consonant was written without a vowel
    for place, character in enumerate(word):
        row, order = divmod(ord(character) - 0x1200, 8)
        if not 0 <= row < len(_ETHIOPIC):
            latin += character
            continue
        consonant = _ETHIOPIC[row]
        if order == 5:
            last = place == len(word) - 1
            speaks = (place == 0 or bare) and not last
            latin += consonant + ("i" if speaks else "")
            bare = not speaks
        else:
            latin += consonant + ("a" if order == 0 and not consonant else "euiaeeoa"[order] if order != 3 else "a")
            bare = False
    return latin


def _indic(text: str, language: str) -> str:
    def offset(table: dict[int, str]):  # type: ignore[no-untyped-def]
        return lambda c: table.get(ord(c) & 0x7F) if 0x900 <= ord(c) < 0xD00 else None

    normal = unicodedata.normalize("NFC", text)
    viramas = "".join(chr(base + 0x4D) for base in range(0x900, 0xD00, 0x80))
    return _syllables(normal, language, offset(_INDIC_CONSONANTS), offset(_INDIC_VOWELS), offset(_INDIC_SIGNS), viramas)


def _syllables(text, language, consonant, vowel, sign, viramas):  # type: ignore[no-untyped-def]
    """Consonants with their inherent `a`, unless a vowel sign or a virama follows."""
    words = []
    for word in text.split(" "):
        latin = ""
        for place, character in enumerate(word):
            following = word[place + 1 : place + 2]
            if (letter := consonant(character)) is not None:
                last = place == len(word) - 1 and len(word) > 1 and language in _SILENT_ENDS
                bare = following and (sign(following) is not None or following in viramas)
                latin += letter + ("" if bare or last else "a")
            elif (letter := vowel(character) or sign(character)) is not None:
                latin += letter
            elif character.isascii() or character == "’":
                latin += character
            elif unicodedata.name(character, "").endswith(("ANUSVARA", "CANDRABINDU", "ANUSVARAYA")):
                latin += "n"
        words.append(latin)
    return " ".join(words).upper()
