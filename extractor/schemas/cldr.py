"""`python -m extractor.schemas.cldr`: month and state names of Unicode's CLDR, written into `schemas/cldr.json`.

Run after an update of Babel, which holds the data. Babel takes 36 MB installed for what is 160 kB here, so it is needed
for this and for the test that the file is its own, and not for reading. Names stand as they are compared: folded,
months with their vowel signs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from extractor.schemas.data import FOLDER, load_table
from extractor.schemas.states import canonical
from extractor.schemas.text import fold, spell

#: Shorter state names in Latin letters are words, too.
_SHORTEST = 5


def names() -> dict[str, Any]:
    """`months`: per language twelve texts, full names before a bar and short ones behind it, each without spaces;
    `states`: name -> ISO 3166-1 alpha-3; `languages`: alpha-3 -> those of the `months` that are official there."""
    months = {language: own for language in _official() if (own := _months(language))}
    return {"months": months, "states": _states(), "languages": _languages(set(months))}


def _languages(known: set[str]) -> dict[str, list[str]]:
    from babel.languages import get_official_languages
    from iso3166 import countries

    found = {
        canonical(country.alpha3): get_official_languages(country.alpha2, regional=True, de_facto=True)
        for country in countries
    }
    return {code: own for code, languages in found.items() if (own := [one for one in languages if one in known])}


def _official() -> list[str]:
    """Languages that are official somewhere, and those of `months.json`."""
    from babel.core import get_global
    from babel.languages import get_official_languages

    found = set(load_table("months"))
    for territory in get_global("territory_languages"):
        found.update(get_official_languages(territory, regional=True, de_facto=True))
    return sorted(found)


def _months(language: str) -> list[str] | None:
    from babel import Locale, UnknownLocaleError

    try:
        tables = Locale.parse(language).months
    except (UnknownLocaleError, ValueError):
        return None
    months = []
    for month in range(1, 13):
        widths = []
        for width in ("wide", "abbreviated"):
            printed = (tables[use][width].get(month, "") for use in ("format", "stand-alone"))
            words = dict.fromkeys(map(spell, printed))
            widths.append(" ".join(word for word in words if word and not any(c.isdigit() for c in word)))
        months.append("|".join(widths))
    return months if all(month != "|" for month in months) else None


def _states() -> dict[str, str]:
    from iso3166 import countries

    meanings: dict[str, set[str]] = defaultdict(set)
    codes = {country.alpha2: canonical(country.alpha3) for country in countries}
    for language in _official():
        for territory, name in _territories(language):
            if territory in codes:
                meanings[fold(name)].add(codes[territory])
    return {
        name: next(iter(found))
        for name, found in sorted(meanings.items())
        if len(found) == 1 and (not name.isascii() or len(name) >= _SHORTEST)
    }


def _territories(language: str) -> Iterator[tuple[str, str]]:
    """(ISO 3166-1 alpha-2, name): all in the languages that documents are read in, in others the states' own."""
    from babel import Locale, UnknownLocaleError
    from babel.languages import get_official_languages

    try:
        territories = Locale.parse(language).territories
    except (UnknownLocaleError, ValueError):
        return
    core = language in load_table("months") or language in ("zh", "ja", "ko")
    for territory, name in territories.items():
        if core or language in get_official_languages(territory, regional=True, de_facto=True):
            yield territory, name


def main() -> None:
    """Writes the file."""
    text = json.dumps(names(), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    (FOLDER / "cldr.json").write_text(text.replace('],"', '],\n"') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
