"""How documents write dates, numbers and states: styles of the catalogue filled in."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache

from extractor.schemas.data import load_table
from extractor.synthesis.dates import print_date

_ROMAN = "I II III IV V VI VII VIII IX X XI XII".split()
#: The zeros that a pattern may begin with: Arabic, Persian, Devanagari, Burmese.
_ZEROS = "٠۰०၀"


def in_digits(form: str, made: Callable[[str], str]) -> str:
    """What `made` makes of a pattern or style; a form that begins with a script's zero is in its digits."""
    if form[:1] not in _ZEROS or not form:
        return made(form)
    digits = str.maketrans("0123456789", "".join(chr(ord(form[0]) + i) for i in range(10)))
    return made(form[1:]).translate(digits)


def print_day(day: date, style: str, language: str) -> str:
    """`day` in a style of the catalogue."""
    return in_digits(style, lambda plain: _print_day(day, plain, language))


def _print_day(day: date, style: str, language: str) -> str:
    # Before the months: {be} is the Buddhist year, not Belarusian.
    extra = {
        "{roman}": _ROMAN[day.month - 1],
        "{be}": str(day.year + 543),
        "{roc}": str(day.year - 1911),
        "{jalali}": f"{day.year - 621}/{day.month:02d}/{min(day.day, 29):02d}",
        "{hijri}": f"{int((day.year - 622) * 1.0307) + 1}/{day.month:02d}/{min(day.day, 29):02d}",
    }
    for form, text in extra.items():
        style = style.replace(form, text)
    months = _months()
    own = months.get(language) or months["en"]
    style = style.replace("{own}", own[day.month - 1])
    for tag, names in months.items():
        for form, text in (
            (f"{{{tag}}}", names[day.month - 1]),
            (f"{{{tag.capitalize()}}}", names[day.month - 1].title()),
        ):
            if form in style and tag not in ("en", "fr", "de", "es", "it", "pt", "nl", "pl", "ga", "zh", "ko", "ar"):
                style = style.replace(form, text)
    try:
        return print_date(day, style)
    except (KeyError, ValueError, IndexError):
        return print_date(day, "{dd}.{mm}.{yyyy}")


@cache
def _months() -> Mapping[str, tuple[str, ...]]:
    """Language -> the months as documents print them: the shortest word of each, in capitals."""
    table = load_table("cldr")["months"]
    return {tag: tuple(min(words.split("|"), key=len).upper() for words in names) for tag, names in table.items()}


@cache
def _names_of_states() -> Mapping[str, tuple[str, ...]]:
    """State -> its names in many languages, from CLDR."""
    from babel import Locale
    from iso3166 import countries

    tags = "en fr de es it pt pl ru ar fa th ko ja zh tr el uk bg sr hu cs ro fi sv vi id he hi ka hy kk".split()
    found: dict[str, list[str]] = {}
    for tag in tags:
        territories = Locale.parse(tag).territories
        for country in countries:
            if name := territories.get(country.alpha2):
                found.setdefault(country.alpha3, []).append(f"{tag}:{name}")
    return {code: tuple(names) for code, names in found.items()}


def state_name(rng: random.Random, state: str, language: str) -> str:
    names = _names_of_states().get(state)
    if not names:
        return state
    own = [name for name in names if name.startswith((f"{language}:", "en:"))]
    return rng.choice(own or names).partition(":")[2]
