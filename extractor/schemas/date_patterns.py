"""How dates are written: the patterns of `dates`, and the signs in which they are sought."""

from __future__ import annotations

import re
import unicodedata

#: Year before the first one of each era (Japan's Era Name Act; the Republic of China counts from 1912).
ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018, "民國": 1911, "民国": 1911}
#: The letters that stand for Japan's eras: `H30.05.06`.
ERA_LETTERS = dict(zip("MTSHR", ERAS.values(), strict=False))
_SEPARATOR = r"\s*[-./·,\s]\s*"
# Japanese licences print the year twice: `2024年(令和06年)06月01日`.
_YEAR_AGAIN = rf"(?:[(（]\s*(?:{'|'.join(ERAS)})?\s*(?:元|\d{{1,4}})\s*年?\s*[)）]\s*)?"
# Mongolia writes the same in words: `1990 оны 05 сарын 12`.
CJK = re.compile(
    rf"({'|'.join(ERAS)})?\s*(元|\d{{1,4}})\s*(?:[年년]|оны?)\s*{_YEAR_AGAIN}(\d{{1,2}})\s*(?:[月월]|сар(?:ын|ийн)?)"
    r"(?:\s*(\d{1,2})\s*[日일号號]?)?"
)
LETTER_OF_ERA = re.compile(r"(?<!\w)([MTSHR])\s?(\d{1,2})([./\-年])\s?(\d{1,2})[./\-月]\s?(\d{1,2})(?!\d)")
# Passports of China and Korea: `12 8月/AUG 1974`, `16 2월/FEB 2017`.
DAY_CJK_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})[\s.\-/]+(\d{1,2})\s*"
    r"(?:[月월](?:\s*[/|\\]?\s*[A-Za-z]{3,9}\.?)?|[/|\\]\s*[A-Za-z]{3,9}\.?)\s*(\d{4}|\d{2})(?!\d)"
)
# Told before the year-first ones: in the period `01.01.2004-01.01.2009`, `2004-01.01` is no date.
DAY_FIRST = re.compile(r"(?<!\d)(?<!\d[./\-])(\d{1,2})([./\-])(\d{1,2})\2(\d{4})(?!\d)")
YEAR_FIRST = re.compile(rf"(?<!\d)(\d{{4}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{1,2}})(?!\d)")
# A month word: letters and their marks of any script, the digits that OCR makes of letters, and dots (`ม.ค.`).
_LETTER = r"[^\s\d/|\\,.:;()<>_\-'’]"
_WORD = rf"[0158]?{_LETTER}(?:{_LETTER}|[0158](?=[^\d\s])|\.(?={_LETTER}))*\.?"
_NAME = rf"{_WORD}(?:\s*[/|\\]\s*{_WORD})*"
# OCR parts a year: `12 MAY 19 90`.
_DIGITS_OF_YEAR = r"(\d{4}|(?:19|20) \d{2}(?![:./\-])|\d{2})(?!\d)"
_DAY_NAME_YEAR = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|º|er)?[\s.\-/,]*(?:(?:de|of)\s+|d['’])?({_NAME})"
    rf"[\s.\-/,']*(?:del?\s+|พ\.?\s?ศ\.?\s*)?{_DIGITS_OF_YEAR}",
    re.I,
)
# Israel's passports: `29 SEP/09 1987`.
DAY_NAME_NUMBER_YEAR = re.compile(
    rf"(?<!\d)(\d{{1,2}})[\s.]*({_WORD})\s*[/|\\]\s*(\d{{1,2}})[\s./]+(\d{{4}})(?!\d)", re.I
)
# Irish and Levantine Arabic have months of two words: `3 Meán Fómhair 1979`.
_DAY_TWO_WORDS_YEAR = re.compile(rf"(?<!\d)(\d{{1,2}})[\s.]*({_WORD}\s{_WORD})[\s.,]*(\d{{4}})(?!\d)", re.I)
# A bilingual month without its stroke, which OCR loses: `12 AUG AOUT 74`.
DAY_MONTH_TWICE_YEAR = re.compile(rf"(?<!\d)(\d{{1,2}})[\s.]*({_WORD})\s+({_WORD})[\s.,]*(\d{{4}}|\d{{2}})(?!\d)", re.I)
# `12 tháng 8 năm 1990`, `12 tháng/month 8 năm/year 1990`; OCR loses the marks.
VIETNAMESE = re.compile(
    r"(?<!\d)(\d{1,2})\s*th[aá]ng\s*(?:/\s*month)?\s*(\d{1,2})\s*n[aă]m\s*(?:/\s*year)?\s*(\d{4})(?!\d)", re.I
)
# `1974 AUG 12`, `1974. augusztus 12.`, `1990 m. kovo 11 d.`
_YEAR_NAME_DAY = re.compile(rf"(?<!\d)(\d{{4}})(?:\s*m\.)?[\s.\-/,]*({_NAME})[\s.\-/]*(\d{{1,2}})(?!\d)", re.I)
# `1990. gada 12. maijs`
_YEAR_DAY_NAME = re.compile(rf"(?<!\d)(\d{{4}})\.?\s*gada\s*(\d{{1,2}})\.?\s*({_NAME})", re.I)
_NAME_DAY_YEAR = re.compile(
    rf"(?<!{_LETTER})({_NAME})[\s.\-/]*(\d{{1,2}})(?:st|nd|rd|th)?[\s.,\-/]+(?:del?\s+)?(\d{{4}})(?!\d)",
    re.I,
)
# OCR loses dots and spaces: `12 071984` is a date as long as one separator is left.
RUN_TOGETHER = re.compile(r"(?<!\d)(\d{2})(?:[. ](\d{2})|(\d{2})[. ])(\d{4})(?!\d)")
# `12-IX-1975`; OCR writes strokes as 1 or l.
ROMAN = re.compile(rf"(?<!\w)(\d{{1,2}}){_SEPARATOR}([IVXl1|]{{1,4}}){_SEPARATOR}(\d{{4}}|\d{{2}})(?!\d)")
ROMAN_MONTHS = {roman: number for number, roman in enumerate("I II III IV V VI VII VIII IX X XI XII".split(), start=1)}
# Letters that OCR writes for digits of a date; what has the form of a date with them is one.
_DIGITS_IN_LETTERS = str.maketrans("lI|OoSB", "1110058")
_SPOILED_PART = r"(?:\d[\dlI|OoSB]?|[lI|OoSB]\d)"
_SPOILED = re.compile(rf"(?<!\w){_SPOILED_PART}([./\-]){_SPOILED_PART}\1(?=\w{{0,2}}\d)[\dlI|OoSB]{{4}}(?!\w)")
#: Dashes, dots and strokes that part the numbers of a date in print.
_SIGNS = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("•∙●⋅・", "·"))
_STROKES = re.compile(r"(?<!\d)(\d{1,2}|\d{4})\|(\d{1,2})\|(\d{4}|\d{1,2})(?!\d)")
# A dot read as a colon: `12.05:2019`.
_COLON = re.compile(r"(?<=\d[./]\d\d):(?=(?:19|20)\d\d)")
# What is printed as day, month and year, whether or not there is such a day. Zeros stand for what is not known.
_PART = r"0?[1-9]\d?"
FULL = re.compile(
    rf"(?<!\d)(?:{_PART}{_SEPARATOR}{_PART}{_SEPARATOR}\d{{4}}|\d{{4}}{_SEPARATOR}{_PART}{_SEPARATOR}{_PART})(?!\d)"
)
#: Patterns with a month in letters, and which of their groups are day, name and year.
NAMED = (
    (_DAY_NAME_YEAR, 1, 2, 3),
    (_NAME_DAY_YEAR, 2, 1, 3),
    (_DAY_TWO_WORDS_YEAR, 1, 2, 3),
    (_YEAR_NAME_DAY, 3, 2, 1),
    (_YEAR_DAY_NAME, 2, 3, 1),
)
NUMERIC = re.compile(rf"(?<!\d)(\d{{1,2}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}{_DIGITS_OF_YEAR}")
NAME_YEAR = re.compile(rf"(?<!{_LETTER})({_NAME})[\s.\-/]*(\d{{4}})(?!\d)", re.I)
MONTH_YEAR = re.compile(r"(?<!\d)(\d{1,2})\s*[-./]\s*(\d{4})(?!\d)")
YEAR_MONTH = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*[-./]\s*(\d{1,2})(?!\d)")
YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
COMPACT = re.compile(r"(?<!\d)(\d{8})(?!\d)")


def with_ascii_digits(text: str) -> str:
    """Any script's digits as 0-9 and full-width characters as half-width, character for character."""

    def plain(character: str) -> str:
        if character.isdigit() and not character.isascii():
            return str(unicodedata.digit(character, character))
        half = unicodedata.normalize("NFKC", character)
        return half if len(half) == 1 and half.isascii() else character

    text = text if text.isascii() else "".join(map(plain, text)).translate(_SIGNS)
    text = _STROKES.sub(r"\1/\2/\3", _COLON.sub(".", text))
    return _SPOILED.sub(lambda match: match[0].translate(_DIGITS_IN_LETTERS), text)
