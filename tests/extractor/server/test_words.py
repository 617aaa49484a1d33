"""Every text of the page in every language: warnings, problems, fields, kinds, states; in the forms that numbers take.

The languages are modules that hold nothing but JSON, which is how they are read here.
"""

import ast
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from extractor.extraction import FAILED_CHECKS, SourceKind, Verdict
from extractor.mrz.states import STATE_CODES
from extractor.schemas import SCHEMAS, field_specs
from extractor.server.problems import KINDS

from .test_page import SCRIPTS, source

LANGUAGES = ("en", "zh", "es", "fr", "de", "ar")
#: Forms that numbers take (CLDR, cardinal); Spanish and French have another for millions.
FORMS: dict[str, set[str]] = {
    "en": {"one", "other"}, "zh": {"other"}, "es": {"one", "other"}, "fr": {"one", "other"}, "de": {"one", "other"},
    "ar": {"zero", "one", "two", "few", "many", "other"},
}  # fmt: skip
EVERY_FORM = FORMS["ar"]
PACKAGE = Path(str(files("extractor")))


def words(language: str) -> dict[str, Any]:
    text = source(f"words.{language}.js").removeprefix("export default ").rstrip().removesuffix(";")
    return dict(json.loads(text))


def texts(tree: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every text by its path; one that counts is a text with its forms."""
    for name, entry in tree.items():
        if isinstance(entry, dict) and not set(entry) <= EVERY_FORM:
            yield from texts(entry, f"{path}{name}.")
        else:
            yield f"{path}{name}", entry


def codes_of_warnings() -> set[str]:
    """The codes in the source: what ReadingWarning and Fault are made with, and what functions yield to make them."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "ReadingWarning(" not in text and "Fault(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            first: ast.expr | None = None
            if isinstance(node, ast.Call) and node.args:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                first = node.args[0] if name in ("ReadingWarning", "Fault", "warn") else None
            elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple) and path.name == "checks.py":
                first = node.value.elts[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found


DOCUMENTED = set(
    re.findall(
        r"`([a-z_]+)`",
        "".join(
            line.split("|")[1]
            for line in (PACKAGE.parent / "docs" / "warnings.md").read_text(encoding="utf-8").splitlines()
            if line.startswith("| ") and "`" in line.split("|")[1]
        ),
    )
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_text_in_every_form(language: str) -> None:
    english, own = dict(texts(words("en"))), dict(texts(words(language)))
    assert own.keys() == english.keys()
    for path, entry in own.items():
        counts = isinstance(english[path], dict)
        assert isinstance(entry, dict) == counts, path
        if counts:
            assert set(entry) == FORMS[language], path
        places = set(re.findall(r"\{\w+\}", json.dumps(english[path])))
        for form, text in entry.items() if counts else (("", entry),):
            assert text.strip(), path
            given = set(re.findall(r"\{\w+\}", text))
            # "Two fields" need not say 2.
            assert given == places or (form in ("zero", "one", "two") and given < places), (path, form)


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_hardly_a_sentence_is_left_in_english(language: str) -> None:
    english, own = dict(texts(words("en"))), dict(texts(words(language)))
    same = {path for path, text in own.items() if isinstance(text, str) and text == english[path] and " " in text}
    assert same <= {"formats", "colon", "read", "page", "contact"}, "names of formats, and words that are the same"


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_the_page_can_show_has_words(language: str) -> None:
    own = words(language)
    assert set(own["warnings"]) - {"minor"} == DOCUMENTED, "docs/warnings.md lists the codes"
    assert codes_of_warnings() <= set(own["warnings"])
    assert set(own["problems"]) >= {*KINDS, "network"}
    assert set(own["schemas"]) == set(SCHEMAS)
    assert set(own["names"]) == {name for schema in SCHEMAS.values() for name in field_specs(schema)}
    assert set(own["verdicts"]) == set(own["verdictLong"]) == {verdict.value for verdict in Verdict}
    assert set(own["kinds"]) == {kind.value for kind in SourceKind}


def test_the_codes_are_found() -> None:
    assert codes_of_warnings() >= {"expired", "picture_blurred", "mrz_repaired", "lone_side", "conflict"}
    assert FAILED_CHECKS <= DOCUMENTED


def test_every_word_that_is_used_exists() -> None:
    known = set(words("en"))
    html = source("index.html")
    used = set(re.findall(r'data-word(?:-title|-label)?="(\w+)"', html))
    scripts = "".join(source(name) for name in SCRIPTS)
    used |= set(re.findall(r"\bwords?\(\)\.(\w+)", scripts)) | set(re.findall(r"\bword\.(\w+)", scripts))
    used |= set(re.findall(r'\btell\("(\w+)"', scripts)) | set(re.findall(r'wrong: "(\w+)"', scripts))
    assert len(used) > 60
    assert used - {"word"} <= known
    assert known - used <= {"hints"}, "nothing is left that nobody says"


def test_the_first_words_are_those_of_the_page() -> None:
    """What stands in the markup before any script runs is the English text."""
    english = words("en")
    for word, text in re.findall(r'data-word="(\w+)"[^>]*>([^<]+)<', source("index.html")):
        assert text == english[word], word


@pytest.mark.slow
def test_every_state_has_a_name_in_every_language(browser: Any, service: Any) -> None:
    page = browser.new_page()
    page.set_default_navigation_timeout(90_000)  # of a machine whose cores are all taken
    page.goto(f"http://127.0.0.1:{service.port}/")
    named = page.evaluate(
        """async ([codes, languages]) => {
            const { switchLanguage } = await import("/static/words.js");
            const { countryCode, countryName } = await import("/static/countries.js");
            const found = {};
            for (const language of languages) {
                switchLanguage(language);
                found[language] = codes.map(code => [code, countryName(code), countryCode(countryName(code))]);
            }
            return found;
        }""",
        [sorted(STATE_CODES), list(LANGUAGES)],
    )
    page.close()
    for language, names in named.items():
        assert [code for code, name, _ in names if name == code] == [], language
        # Typed by name it is the code again, or that of a state with the same name (D and DEU).
        by_code = {code: name for code, name, _ in names}
        assert [code for code, name, typed in names if by_code[typed] != name] == [], language
    assert {code: name for code, name, _ in named["de"]}["D"] == "Deutschland"
    assert {code: name for code, name, _ in named["ar"]}["EGY"] == "مصر"


DATES: dict[str, dict[str, str | None]] = {
    "en-GB": {
        "12.8.1974": "1974-08-12", "12/08/1974": "1974-08-12", "1974-08-12": "1974-08-12", "12 Aug 1974": "1974-08-12",
        "12th August 1974": "1974-08-12", "August 12, 1974": "1974-08-12", "12081974": "1974-08-12",
        "19740812": "1974-08-12", "12.8.74": "1974-08-12", "8/25/1974": "1974-08-25", "1974": "1974",
        "1974-08": "1974-08", "12-AUG-1974": "1974-08-12", "31.2.2020": None, "last summer": None, "12.8": None,
        "1.5.90": "1990-05-01", "01/05/1990": "1990-05-01", "1 May 1990": "1990-05-01", "1990年5月1日": "1990-05-01",
        # As documents print them: two languages of a month, and a month alone.
        "29 DEC/DÉC 1977": "1977-12-29", "11/2030": "2030-11", "11.2030": "2030-11", "May 1990": "1990-05",
        "1990年5月": "1990-05", "13/2030": None, "5/90": None, "MAY 90": None,
        # Of another calendar, or of no month: the numbers alone are no date.
        "平成2年5月1日": None, "1 Ramadan 1410": None, "2 Jan May 1990": None,
    },
    "en-US": {"08/12/1974": "1974-08-12", "25/8/1974": "1974-08-25", "12.8.1974": "1974-08-12"},
    "fr": {"12 août 1974": "1974-08-12", "1er janvier 2020": "2020-01-01"},
    "es": {"12 de agosto de 1974": "1974-08-12"},
    "de": {"12. August 1974": "1974-08-12", "3. März 1990": "1990-03-03"},
    "zh-CN": {"1974年8月12日": "1974-08-12"},
    "ar": {"١٢/٨/١٩٧٤": "1974-08-12", "12 أغسطس 1974": "1974-08-12"},
}  # fmt: skip


@pytest.mark.slow
def test_dates_are_taken_as_people_type_them(browser: Any, service: Any) -> None:
    for locale, dates in DATES.items():
        context = browser.new_context(locale=locale)
        page = context.new_page()
        page.set_default_navigation_timeout(90_000)
        page.goto(f"http://127.0.0.1:{service.port}/")
        typed, expiry = page.evaluate(
            """async texts => {
                const { typedDate } = await import("/static/dates.js");
                return [texts.map(text => typedDate(text, "birth_date")), typedDate("12.8.74", "expiry_date")];
            }""",
            list(dates),
        )
        context.close()
        assert dict(zip(dates, typed, strict=True)) == dates, locale
        assert expiry == "2074-08-12", locale
