"""Values in the form in which scoring compares them: two forms for every kind of field, strict and folded.

The strict form is the headline: what is equal in it is the same value. The folded form forgives what a reader of the
machine-readable zone cannot know (diacritics) and what line recognition loses (spaces). Both are made of the label
and of the prediction alike, by the kind of the field:

| kind                | strict                                                      | folded, in addition         |
|---------------------|-------------------------------------------------------------|-----------------------------|
| name, text, address | NFKC, so full-width is half-width; case folded; punctuation | diacritics off, ß is ss, ø  |
|                     | and spaces are one space, none between Han or kana          | is o; no spaces at all      |
| number, code        | NFKC, upper case, letters and digits only; a number that is | diacritics off              |
|                     | one in the schema keeps its sign and point                  |                             |
| list                | its members as codes, in order of the alphabet              | likewise                    |
| date                | ISO 8601; another form is parsed, day first if it is open   | the same                    |
| state               | ICAO alpha-3 (Doc 9303-3, 5); D for Germany                 | the same                    |
| sex                 | M, F or X                                                   | the same                    |
| flag                | true; false says what null says                             | the same                    |
| mrz                 | its lines, spaces taken out                                 | a run of fillers is one     |

Digits of any script (٣, ３) are the ASCII ones. Traditional and simplified characters stay apart in both, and so do O
and 0: `eval.scoring.mistakes` names such errors. Diacritics are marks on Latin, Greek, Cyrillic, Arabic and Hebrew
letters; the vowel signs of Thai and Devanagari and the voicing marks of kana (ガ) are letters of their own and never
taken off.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from enum import Enum
from typing import Any

from extractor.schemas import Kind
from extractor.schemas.dates import iso_date, parse_date
from extractor.schemas.states import state_code
from extractor.schemas.text import fold

#: Scripts whose combining marks are diacritics, by the first word of their characters' Unicode names.
_MARKED = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW"})
#: Scripts that are written without spaces between words.
_UNSPACED = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNSPACED_GAP = re.compile(rf"(?<=[{_UNSPACED}]) (?=[{_UNSPACED}])")


def strict(kind: Kind, value: Any) -> str | None:
    """The strict form of a value of this kind; None for null, for a flag that is false and for a text of nothing."""
    if value is None or value is False:
        return None
    form = _strict(kind, value)
    return form or None


def folded(kind: Kind, value: Any) -> str | None:
    """The folded form of a value of this kind; None where `strict` gives None."""
    form = strict(kind, value)
    if form is None or kind in (Kind.DATE, Kind.STATE, Kind.SEX, Kind.FLAG):
        return form
    if kind is Kind.MRZ:
        return re.sub("<+", "<", form)
    if kind in (Kind.NUMBER, Kind.CODE, Kind.LIST):
        return without_diacritics(form)
    return without_diacritics(form).replace(" ", "")


def as_text(value: Any) -> str:
    """A value as people read it: lists and MRZ lines one a line, flags as yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return "\n".join(as_text(member) for member in value)
    if isinstance(value, Enum):
        return as_text(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)


def without_diacritics(text: str) -> str:
    """`text` with marked letters as plain ones; spaces, digits and letters of other scripts stay as they are."""
    return "".join(_plain(text))


def _plain(text: str) -> Iterable[str]:
    marked = False
    for character in text:
        if unicodedata.category(character).startswith("M"):
            if not marked:
                yield character
            continue
        marked = unicodedata.name(character, "?").partition(" ")[0] in _MARKED
        yield fold(character) if marked else character


def _strict(kind: Kind, value: Any) -> str:
    text = as_text(value)
    if isinstance(value, int | float) and value is not True:
        return format(value, ".12g")
    if kind is Kind.DATE:
        return _date(text)
    if kind is Kind.STATE:
        return state_code(text) or _words(text)
    if kind in (Kind.SEX, Kind.NUMBER, Kind.CODE):
        return _letters(text)
    if kind is Kind.LIST:
        members = value if isinstance(value, list | tuple) else re.split(r"[\s,;/]+", text)
        return " ".join(sorted({_letters(as_text(member)) for member in members} - {""}))
    if kind is Kind.MRZ:
        return "\n".join("".join(line.split()) for line in text.splitlines() if line.strip())
    if kind is Kind.FLAG:
        return "true"
    return _words(text)


def _date(text: str) -> str:
    """ISO 8601 where `text` is a date; else its words, which equal no date."""
    try:
        return iso_date(text.strip())
    except ValueError:
        printed = parse_date(text)
        return printed.iso if printed else _words(text)


def _words(text: str) -> str:
    """NFKC, case folded, whatever is neither letter, mark nor digit as one space, none inside unspaced scripts."""
    spaced = "".join(
        c if unicodedata.category(c)[0] in "LMN" else " " for c in _compatible(_compatible(text).casefold())
    )
    return _UNSPACED_GAP.sub("", " ".join(spaced.split()))


def _letters(text: str) -> str:
    """NFKC, upper case, letters, marks and digits only."""
    return "".join(c for c in _compatible(text).upper() if unicodedata.category(c)[0] in "LMN")


def _compatible(text: str) -> str:
    """NFKC, with every decimal digit as ASCII writes it."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(c if c.isascii() else str(unicodedata.decimal(c, c)) for c in plain)
