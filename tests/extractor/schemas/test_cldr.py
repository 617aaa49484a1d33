"""The names of months and states that CLDR has."""

import re
from importlib.metadata import version

from extractor.schemas.cldr import names
from extractor.schemas.data import load_table

from ...absent import absent


def test_every_language_has_twelve_months() -> None:
    months = load_table("cldr")["months"]
    assert len(months) > 150
    assert all(len(one) == 12 and all(re.search(r"\w", month) for month in one) for one in months.values())


def test_states_have_languages_whose_months_are_known() -> None:
    table = load_table("cldr")
    assert {language for own in table["languages"].values() for language in own} <= set(table["months"])
    assert table["languages"]["POL"][0] == "pl"
    assert {"de", "fr", "it", "rm"} <= set(table["languages"]["CHE"])


def test_months_of_our_own_are_those_that_cldr_lacks() -> None:
    months = load_table("cldr")["months"]
    for language, own in load_table("months").items():
        for month, words in own.items():
            assert not set(words.split()) & set(re.split(r"[ |]", months[language][int(month) - 1]))


def test_the_file_is_what_babel_says() -> None:
    if not version("babel").startswith("2.19."):
        absent("schemas/cldr.json is from babel 2.19: pip install 'babel==2.19.*'")
    assert names() == load_table("cldr")
