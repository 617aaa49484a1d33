"""The tables of captions and titles: complete, in order, nothing twice."""

from collections import Counter

from extractor.schemas import SCHEMAS, VOCABULARY, Kind, field_specs
from extractor.schemas.captions import CAPTIONS, LICENCE_NUMBERS, TITLES
from extractor.schemas.text import scripts, squash

from ...tables import each

#: Languages that the documents in scope print.
LANGUAGES = "en fr es de it pt nl pl cs ru uk zh-Hans zh-Hant ja ko th ar".split()
#: Two-letter codes of the languages of states that issue documents (ISO 639-1); `mul` is several at once.
ISO_639_1 = frozenset(
    "ar az bg bs ca cs da de el en es et eu fa fi fr ga gl he hi hr hu hy id is it ja ka kk ko lb lt lv mk mn ms mt nl"
    " no pl pt ro ru sk sl sq sr sv th tl tr uk ur uz vi zh".split()
)
#: Fields that nearly every document has a caption for.
EVERYWHERE = ("surname", "given_names", "birth_date", "expiry_date", "sex", "nationality")
#: Languages whose captions are written in a script of their own, at least in part.
SCRIPTS = {
    "ru": "CYRILLIC", "uk": "CYRILLIC", "bg": "CYRILLIC", "mk": "CYRILLIC", "el": "GREEK", "th": "THAI", "ar": "ARABIC",
    "fa": "ARABIC", "he": "HEBREW", "hi": "DEVANAGARI", "ko": "HANGUL", "zh-Hans": "CJK", "zh-Hant": "CJK",
    "ka": "GEORGIAN", "hy": "ARMENIAN",
}  # fmt: skip


def phrases() -> list[tuple[str, str, str]]:
    return [
        (name, language, phrase)
        for name, by_language in CAPTIONS.items()
        for language, listed in by_language.items()
        for phrase in listed
    ]


def test_captions_belong_to_fields_of_the_vocabulary() -> None:
    assert set(CAPTIONS) <= set(VOCABULARY)


@each("schema", SCHEMAS)
def test_every_field_of_the_schemas_has_english_captions(schema: str) -> None:
    silent = {
        name
        for name, spec in field_specs(SCHEMAS[schema]).items()
        # An MRZ and an unlimited validity are known by what they are.
        if not spec.captions.get("en") and spec.kind not in (Kind.MRZ, Kind.FLAG)
    }
    assert silent == set()


@each("language", LANGUAGES)
def test_the_languages_of_documents_have_the_common_captions(language: str) -> None:
    lacking = {name for name in EVERYWHERE if not CAPTIONS[name].get(language)}
    # Chinese, Japanese, Korean and Thai documents may have a name in one piece only.
    assert lacking <= ({"surname", "given_names"} if CAPTIONS["name"].get(language) else set())


def test_no_phrase_is_empty_or_padded() -> None:
    assert [one for one in phrases() if not squash(one[2]) or one[2] != " ".join(one[2].split())] == []
    assert [
        title for titles in TITLES.values() for title in titles if not squash(title) or title != title.strip()
    ] == []


def test_no_phrase_stands_twice_for_one_field_in_one_language() -> None:
    counted = Counter((name, language, squash(phrase)) for name, language, phrase in phrases())
    assert [key for key, count in counted.items() if count > 1] == []


def test_no_title_stands_twice() -> None:
    counted = Counter(squash(title) for titles in TITLES.values() for title in titles)
    assert [title for title, count in counted.items() if count > 1] == []


def test_titles_are_of_built_in_schemas() -> None:
    assert set(TITLES) == set(SCHEMAS)


def test_language_tags_are_languages() -> None:
    tags = {language for _, language, _ in phrases()}
    for tag in tags:
        code, _, script = tag.partition("-")
        assert code == "mul" or code in ISO_639_1, tag
        assert script in ("", "Hans", "Hant"), tag


@each(("language", "script"), SCRIPTS.items())
def test_captions_are_written_in_the_script_of_their_language(language: str, script: str) -> None:
    listed = [phrase for _, tag, phrase in phrases() if tag == language]
    assert listed
    written = [phrase for phrase in listed if script in scripts(phrase)]
    assert len(written) >= 0.9 * len(listed)


def test_numbers_of_european_licences_stand_for_fields_of_the_licence() -> None:
    fields = {name for names in LICENCE_NUMBERS.values() for name in names}
    assert fields <= set(field_specs(SCHEMAS["driving_licence"]))
    assert LICENCE_NUMBERS["4b"] == ("expiry_date",)
