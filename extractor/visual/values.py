"""A piece of text as the value of a field of some kind: the normalised value and how well it fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from extractor.schemas.bilingual import latin_of
from extractor.schemas.captions import CAPTIONS
from extractor.schemas.data import load_table
from extractor.schemas.dates import DateMeaning, Order, find_dates, parse_date
from extractor.schemas.sexes import sex_in
from extractor.schemas.states import is_state_name, nationality_code, province_code, sign_code, state_code, state_codes
from extractor.schemas.text import fold, scripts
from extractor.schemas.vocabulary import VOCABULARY, Kind
from extractor.text.scripts import in_latin_letters

_MEANING: Mapping[str, DateMeaning] = {
    "birth_date": "birth",
    "issue_date": "issue",
    "valid_from": "issue",
    "expiry_date": "expiry",
}

#: Hombre and mujer, on Mexican voter cards and licences ...
_MEXICAN: Mapping[str, Literal["M", "F"]] = {"h": "M", "m": "F"}
#: ... and schemas of documents that write sexes as ICAO does.
_ICAO_KINDS = frozenset({"passport", "visa", "residence_permit"})
#: Titles before a name that are no part of it.
_TITLES = re.compile(
    r"^(?:(?:mr|mrs|ms|miss|mme|mlle|herr|frau|sr|sra|dr)[.\s]+(?=\S{2})"
    # Thai needs no space behind a title, and OCR reads none; a surname shows that it is one.
    r"|(?:นาย|นางสาว|นาง|เด็กชาย|เด็กหญิง|น\.ส\.|ด\.ช\.|ด\.ญ\.)(?:[.\s]+(?=\S{2})|(?=[ก-ฮเ-ไ]\S+\s\S)))",
    re.IGNORECASE,
)


#: What stands before a name and is no part of it; the apostrophe of `'t Hooft` and `'s-Gravezande` is.
_BEFORE = re.compile(r"^(?:[ .,:;\"_*-]|'(?![tsn][ -]\w))+", re.IGNORECASE)

#: Titles that are no surnames, where nothing else was read.
_NO_NAMES = frozenset(("dr", "mr", "mrs", "mme", "mlle"))
#: Another name behind the surname: at birth, a husband's or wife's (Dutch `e/v`), an alias.
OTHER_NAME = re.compile(
    r"(?<=\w)\W+(?:geb\.?|geborene[rn]?|née|rozen[áý]|roz\.|z domu|e/v|ép\.|épouse|alias|a\.?k\.?a\.?)(?!\w).*$", re.I
)
_MONTH_OF_YEAR = re.compile(r"\d{1,2} ?[-./] ?\d{4}")
#: What is printed where there is nothing to say.
_NOTHING = re.compile(
    r"n ?/ ?a\.?|n\.a\.?|(?:not )?applicable|(?:nicht )?zutreffend|sans objet|no aplica|(?:não )?aplicável"
    r"|unknown|not (?:known|stated|specified)|unbekannt|inconnue?|desconocid[oa]|desconhecid[oa]",
    re.I,
)
#: Words, folded, that are printed across specimens and copies, and are no values.
_OVERPRINTS = frozenset(
    "specimen especimen muster vzor pavyzdys wzor spesimen exemplaire exemple sample modello obrazec mostra naidis"
    " malli cancelled copy 样本 樣本 見本 견본 образец зразок".split()
)


@dataclass(frozen=True)
class Value:
    """A normalised value, the text it was made from, and how well the text fits the field's kind (0..1)."""

    value: Any
    text: str
    fit: float


@dataclass(frozen=True)
class Context:
    """What is known of the document: the order of its numeric dates, its issuer (alpha-3), the day of reading, and what
    kind it is read as (the name of a schema)."""

    order: Order | None = None
    issuer: str | None = None
    today: date | None = None
    kind: str | None = None


#: Kinds of fields that hold no word that is printed across a specimen; a holder may be called so.
_PLACES = frozenset({Kind.TEXT, Kind.ADDRESS})


def value_of(name: str, kind: Kind, text: str, context: Context) -> Value | None:
    """`text` as the value of field `name`, or None if it cannot be one."""
    text = text.strip(" \t:;|/\\·•*")
    if not text or _NOTHING.fullmatch(text) or (kind in _PLACES and fold(text) in _OVERPRINTS):
        return None
    return _READERS[kind](name, text, context)


def is_overprint(text: str) -> bool:
    """Whether a text is (the greater part of) the word that marks a specimen."""
    words = fold(text).split()
    return bool(words) and (
        words[0] in _OVERPRINTS or (len(words[0]) > 4 and any(whole.startswith(words[0]) for whole in _OVERPRINTS))
    )


#: Connectives, folded, that start a truncated caption (`of issue`), never a value.
_JOINTS = frozenset("of de du des do da del della di der des van von et and".split())


@cache
def _caption_words() -> frozenset[str]:
    return frozenset(
        word
        for by_language in CAPTIONS.values()
        for phrases in by_language.values()
        for phrase in phrases
        for word in fold(phrase).split()
    )


def is_rest_of_caption(text: str) -> bool:
    """Whether a text is the end of a truncated caption: `of issue`."""
    words = fold(text).split()
    return len(words) > 1 and words[0] in _JOINTS and _caption_words().issuperset(words[1:])


def _date(name: str, text: str, context: Context) -> Value | None:
    meaning = _MEANING.get(name)
    found = find_dates(text, order=context.order, meaning=meaning, today=context.today, issuer=context.issuer)
    if not found:
        partial = parse_date(text, order=context.order, meaning=meaning, today=context.today, issuer=context.issuer)
        if partial is None:
            return None
        # Words were lost from many a `NOV 2030`; what is printed as a month and a year in numbers is whole.
        if len(partial.iso) < 10 and name != "birth_date" and not _MONTH_OF_YEAR.fullmatch(text):
            return None
        rest = len(text) - (partial.end - partial.start)
        return Value(partial.iso, text[partial.start : partial.end], 0.7 if rest <= 2 else 0.3)
    if meaning == "expiry" and len(found) == 1 and fold(text[found[0].end :]) in _PERMANENT:
        return None  # `13.05.2015 - unlimited`: what is printed is the beginning
    # A period names its end last.
    chosen = found[-1] if meaning == "expiry" else found[0]
    rest = len(text) - sum(printed.end - printed.start for printed in found)
    return Value(chosen.iso, text[chosen.start : chosen.end], 1.0 if rest <= 3 else 0.8 if rest <= 12 else 0.5)


def _sex(_name: str, text: str, context: Context) -> Value | None:
    word = fold(text)
    if context.issuer == "MEX" and context.kind not in _ICAO_KINDS and word in _MEXICAN:
        return Value(_MEXICAN[word], text, 1.0)
    if len(word.split()) > 4 or not (found := sex_in(text, context.issuer)):
        return None
    sex, share = found
    return Value(sex, text, 1.0 if share == 1 else 0.6)


def _state(name: str, text: str, context: Context) -> Value | None:
    if name == "issuing_country":
        province = None if is_state_name(text) else province_code(text)
        code = province or state_code(text, context.issuer) or sign_code(text)
    else:
        code = nationality_code(text, context.issuer) or _nationality_sign(text)
    if code is None or any(c.isdigit() for c in text):
        return None
    exact = text.strip().upper() in state_codes()
    return Value(code, text, 1.0 if exact else 0.9)


def _nationality_sign(text: str) -> str | None:
    """The state of two letters or more that stand where a nationality is wanted, and begin no caption (`NO`, `DE`)."""
    return None if len(text.strip()) < 2 or fold(text) in _caption_words() else sign_code(text)


#: Letters before a number that may be its series (`IQB 691369` on Polish cards).
_SERIES = re.compile(r"[^\W\d_a-z]{1,3}|[^\W\d_]{1,2}")


def _number(_name: str, text: str, _context: Context) -> Value | None:
    """Numbers are kept as printed, with their spaces and hyphens; words before them are not part of them."""
    text = re.sub(r"^(?:(?:no|nr|n°|nº|№)[.:]?|n[.:]|\w{2,4}#)\s*(?=\w*\d)", "", text, flags=re.IGNORECASE)
    # A series and its number: `HD NR 198025`.
    words = re.sub(r"(?<=[A-Z])\s+(?:NO|NR|N°|Nº|№)[.:]?\s+(?=\d)", " ", text).split()
    while len(words) > 1 and not any(c.isdigit() for c in words[0]) and not _SERIES.fullmatch(words[0]):
        words = words[1:]
    while len(words) > 1 and not any(c.isdigit() for c in words[-1]) and len(words[-1]) > 3:
        words = words[:-1]
    text = " ".join(words)
    digits, letters = sum(c.isdigit() for c in text), sum(c.isalpha() for c in text)
    if digits < 1 or digits + letters < 3 or len(text) > 30:
        return None
    # `STRASSE-1234`, `FR 1`; codes of many letters, such as Mexico's CURP, have no words in them or many digits.
    is_word = (digits < 6 and re.search(r"[^\W\d_]{6}", text) is not None) or (digits < 3 and letters < 5)
    if any(c.islower() for c in text if c.isascii()) or find_dates(text):
        return Value(text, text, 0.25)
    if is_word and letters > digits:
        return Value(text, text, 0.3)
    return Value(text, text, 1.0 if digits + letters >= 5 else 0.6)


def _name(name: str, text: str, _context: Context) -> Value | None:
    cleaned = clean_name(OTHER_NAME.sub("", text) if name == "surname" else text)
    letters = sum(c.isalpha() for c in cleaned)
    if letters == 0 or fold(cleaned) in _NO_NAMES or sum(c.isdigit() for c in cleaned) > 0.3 * len(cleaned):
        return None
    if fold(cleaned).startswith("of ") and is_rest_of_caption(cleaned):  # `DO NASCIMENTO` is a surname
        return None
    if any(c in "<>@#%=+" for c in cleaned) or find_dates(cleaned):
        return None
    digits = sum(c.isdigit() for c in cleaned)
    return Value(cleaned, cleaned, (1.0 if letters > 1 else 0.4) * (0.6 if digits else 1.0))


def clean_name(text: str) -> str:
    """A printed name without titles, and with the digits that OCR makes of letters undone between letters."""
    text = _TITLES.sub("", _BEFORE.sub("", text.strip()).rstrip(" .,:;'\"-_*"))
    # A digit of its own is the number of the field.
    text = re.sub(r"^\(?\d{1,2}[.)]?\s+(?=\D)", "", text)
    text = re.sub(r"(?<=[^\W\d_])0(?=[^\W\d_])", "O", text)
    text = re.sub(r"(?<=[^\W\d_])[1|](?=[^\W\d_])", "I", text)
    if scripts(text) <= {"CJK", "HIRAGANA", "KATAKANA", "HANGUL"}:
        return re.sub(r"\s+", "", text)
    return re.sub(r"\s*,\s*", ", ", re.sub(r"\s+", " ", text)).strip(" ,")


#: Texts that are often a code of one letter or digit (`9a END M`, `12 REST 1` on licences).
_CODED = frozenset({"restrictions", "endorsements", "category"})


def _text(name: str, text: str, _context: Context) -> Value | None:
    dates = find_dates(text)
    for printed in reversed(dates):
        text = f"{text[: printed.start]} {text[printed.end :]}"
    text = re.sub(r"\s+", " ", text).strip(" ,;:-/")
    letters = sum(c.isalpha() for c in text)
    least_digits = 1 if name in _CODED else 2
    little = letters < 3 if dates else not letters and sum(c.isdigit() for c in text) < least_digits
    if little or is_rest_of_caption(text):
        return None
    short = name not in _CODED and sum(c.isalnum() for c in text) < 2 and text < "\u2e80"
    value = latin_of(_with_letters(text))
    return Value(value, text, 0.5 if short else 0.9 if dates else 1.0)


def _address(_name: str, text: str, context: Context) -> Value | None:
    if context.kind == "driving_licence":
        text = re.sub(r"^8[.)]?\s+(?=\d)", "", text)  # the field's number on licences (ISO/IEC 18013-1)
    if sum(c.isalnum() for c in text) < 2:
        return None
    if scripts(text) <= {"CJK", "HIRAGANA", "KATAKANA"}:
        text = re.sub(r"\s+", "", text)
    # House numbers can look like a date (`霧が峰6-2-24`); what is little else is one.
    rest = len(text) - sum(printed.end - printed.start for printed in find_dates(text))
    return Value(_with_letters(text), text, 0.4 if rest < 4 else 1.0)


def _with_letters(text: str) -> str:
    """A zero in the middle of a word is the letter that it looks like (`PAMPL0NA`)."""
    return re.sub(r"(?<=[^\W\d_]{2})0(?=[^\W\d_]{2})", "O", text)


def _code(name: str, text: str, _context: Context) -> Value | None:
    if not any(c.isalnum() for c in text) or len(text) > 24:
        return None
    if name == "document_type":
        return Value(text, text, 1.0 if len(text) <= 2 else 0.7 if len(text) <= 4 else 0.15)
    return Value(text, text, 1.0 if len(text) <= 12 else 0.6)


#: The vehicle categories of the Vienna Convention on Road Traffic and of directive 2006/126/EC, and national ones.
_CATEGORY = re.compile(r"AM|[AB]1|A2|BE|C1E|C1|CE|D1E|D1|DE|[ABCDFGKLMT]")
#: States whose classes are other letters (New York's `DM`).
_OTHER_CLASSES = frozenset({"USA", "CAN", "AUS", "MEX"})
#: Sureness of classes in words (`LIGHT MOTOR VEHICLE`).
_IN_WORDS = 0.9


def _list(name: str, text: str, context: Context) -> Value | None:
    if name not in VOCABULARY and (parts := [part for part in re.split(r"\s*[,;/·|]\s*", text.strip()) if part])[1:]:
        return Value(parts, text, 1.0)
    items = [item for item in re.split(r"[\s,;/·]+", text) if any(map(str.isalnum, item))]
    if name == "vehicle_classes" and context.issuer and context.issuer not in _OTHER_CLASSES:
        items = [category for item in items for category in _categories(item)]
    short = [item for item in items if len(item) <= 4]
    if not items or len(short) < len(items):
        return Value([text], text, _IN_WORDS) if items else None
    return Value(items, text, 1.0)


def _categories(item: str) -> list[str]:
    """`MA2B` as M, A2 and B: OCR loses the spaces between categories. Their letters are Latin (Vienna Convention,
    annex 6), also on a page that is read as Cyrillic."""
    found = _CATEGORY.findall(latin := in_latin_letters(item))
    return found if "".join(found) == latin else [item]


def _flag(name: str, text: str, _context: Context) -> Value | None:
    if name != "permanent" and (says := answer_of(text)) is not None:
        return Value(says, text, 1.0)
    word = next((word for word in ("长期", "長期", "无限期") if word in text), None)
    word = word or (text if fold(text) in _PERMANENT else None)
    return Value(True, word, 1.0) if word else None


def answer_of(text: str) -> bool | None:
    """Whether a text is a word or mark for yes or for no; None for anything else."""
    return _answers().get(text.strip(" .:").casefold())


@cache
def _answers() -> dict[str, bool]:
    """Words and marks for yes and no."""
    table = load_table("answers")
    return {word: says for says, words in ((True, table["yes"]), (False, table["no"])) for word in words}


_PERMANENT = frozenset(
    fold(word)
    for word in (
        "permanent|permanente|unbefristet|illimité|illimitée|indefinite|unlimited|bezterminowo|neomezená|bez omezení"
        "|doživotno|trajno|nelimitată|onbepaald|unbegrenzt|indefinido|vitalícia|безстроково|бессрочно|pastāvīgi"
    ).split("|")
)

_READERS: Mapping[Kind, Callable[[str, str, Context], Value | None]] = {
    Kind.DATE: _date,
    Kind.SEX: _sex,
    Kind.STATE: _state,
    Kind.NUMBER: _number,
    Kind.NAME: _name,
    Kind.TEXT: _text,
    Kind.ADDRESS: _address,
    Kind.CODE: _code,
    Kind.LIST: _list,
    Kind.FLAG: _flag,
    Kind.MRZ: lambda _name, _text, _context: None,
}
