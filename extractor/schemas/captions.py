"""Captions: the words documents print beside a value, per field and language (BCP 47 tags).

They stand in `captions.json`, one language a line. Sources: ICAO Doc 9303-4/5/6/7 (English, French, Spanish), Council
Regulation (EC) 1030/2002, Directive 2006/126/EC, and the captions of public specimens. They name what a user's field
means, stand in the model's prompt and on drawn documents; on a page the layout reader knows captions by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from extractor.schemas.data import load_table


def _load() -> dict[str, dict[str, tuple[str, ...]]]:
    tables = load_table("captions")
    return {
        name: {lang: tuple(phrases) for lang, phrases in by_language.items()} for name, by_language in tables.items()
    }


#: field name -> language tag -> phrases
CAPTIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = _load()

#: schema name -> what documents of that kind call themselves
TITLES: Mapping[str, tuple[str, ...]] = {name: tuple(titles) for name, titles in load_table("titles").items()}

#: Numbers that stand for captions on licences after Directive 2006/126/EC, annex I.
LICENCE_NUMBERS: Mapping[str, tuple[str, ...]] = {
    "1": ("surname",),
    "2": ("given_names",),
    "3": ("birth_date", "place_of_birth"),
    "4a": ("issue_date",),
    "4b": ("expiry_date",),
    "4c": ("authority",),
    "4d": ("personal_number",),
    "5": ("document_number",),
    "8": ("address",),
    "9": ("vehicle_classes",),
    "12": ("restrictions",),
}
