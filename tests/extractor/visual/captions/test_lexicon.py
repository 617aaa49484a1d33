"""Which words are captions on which kind of document."""

from pydantic import BaseModel, Field

from extractor.schemas import SCHEMAS
from extractor.schemas.captions import LICENCE_NUMBERS
from extractor.schemas.text import squash
from extractor.visual.captions.lexicon import NUMBERING, TITLE, WEAK_LENGTH, Lexicon, letters_in, lexicon

from ....tables import each


def fields(schema: str, text: str, alike: float = 1.0) -> dict[str, float]:
    match = lexicon(SCHEMAS[schema]).match([squash(text)], [alike])[0]
    return dict(match.fields) if match else {}


def first(schema: str, text: str) -> str:
    found = fields(schema, text)
    return max(found, key=lambda name: found[name])


@each(
    ("text", "field"),
    [
        ("Surname", "surname"),
        ("SURNAME", "surname"),
        ("Sur name", "surname"),
        ("Prénoms", "given_names"),
        ("PRENOMS", "given_names"),
        ("Fecha de nacimiento", "birth_date"),
        ("Geschlecht", "sex"),
        ("Gültig bis", "expiry_date"),
        ("Дата рождения", "birth_date"),
        ("姓名", "name"),
        ("住 址", "address"),
        ("생년월일", "birth_date"),
    ],
)
def test_captions_of_many_languages(text: str, field: str) -> None:
    assert first("id_card", text) == field


def test_what_is_no_caption() -> None:
    assert fields("passport", "BLACKWELL") == {}
    assert fields("passport", "") == {}
    # A single letter says nothing, a single ideograph does.
    assert fields("passport", "M") == {}
    assert first("chinese_id_card", "姓") == "name" or first("passport", "姓") == "surname"


@each(
    ("schema", "text", "field"),
    [
        ("visa", "Type", "visa_class"),
        ("passport", "Type", "document_type"),
        ("residence_permit", "Type of permit", "category"),
        ("driving_licence", "Class", "vehicle_classes"),
        ("visa", "Passport No", "passport_number"),
        ("passport", "Passport No", "document_number"),
    ],
)
def test_a_word_means_what_it_means_on_this_kind_of_document(schema: str, text: str, field: str) -> None:
    assert first(schema, text) == field


def test_captions_of_other_fields_are_known_so_that_their_values_are_not_taken() -> None:
    known = fields("passport", "Blood group")
    assert set(known) == {"blood_group"}
    assert known["blood_group"] < 1


def test_a_document_s_title_is_neither_caption_nor_value() -> None:
    assert TITLE in fields("passport", "Reisepass")


def test_a_misspelt_caption_counts_as_far_as_it_is_alike() -> None:
    assert fields("passport", "Date af birlh") == {}
    found = fields("passport", "Date af birlh", 0.7)
    assert set(found) >= {"birth_date"}
    assert 0.7 < found["birth_date"] < 0.9
    assert fields("passport", "Date af birlh", 0.98) == {}


def test_short_captions_may_have_one_letter_wrong_and_very_short_ones_none() -> None:
    assert "surname" in fields("passport", "Surnane", 0.7)
    assert fields("passport", "Svrnane", 0.7) == {}
    assert fields("passport", "Sox", 0.7) == {}


def test_runs_are_answered_in_the_order_given() -> None:
    words = [squash(text) for text in ("Surname", "nothing at all", "Date af birlh", "Sex")]
    matches = lexicon(SCHEMAS["passport"]).match(words, [0.7] * 4)
    assert [bool(match) for match in matches] == [True, False, True, True]
    assert [match.exact for match in matches if match] == [True, False, True]


def test_weak_captions() -> None:
    sex, surname = lexicon(SCHEMAS["passport"]).match(["sex", "surname"], [1.0, 1.0])
    assert (sex.weak, surname.weak) == (True, False)
    assert sex.letters <= WEAK_LENGTH < surname.letters


def test_ideographs_count_two() -> None:
    assert (letters_in("abc"), letters_in("姓名"), letters_in("姓a")) == (3, 4, 3)


def test_numbers_stand_for_captions_on_licences_only() -> None:
    assert lexicon(SCHEMAS["driving_licence"]).numbered == LICENCE_NUMBERS
    assert lexicon(SCHEMAS["id_card"]).numbered == {}


def test_a_user_s_own_captions() -> None:
    class Ticket(BaseModel):
        seat: str | None = Field(None, json_schema_extra={"x-captions": {"en": ["Seat No."], "de": ["Sitzplatz"]}})
        carriage_class: str | None = None

    own = Lexicon(Ticket)
    matches = own.match([squash(text) for text in ("Seat no", "SITZPLATZ", "Carriage class", "Surname")], [1.0] * 4)
    assert [set(match.fields) for match in matches if match] == [{"seat"}, {"seat"}, {"carriage_class"}, {"surname"}]
    assert own.name == "Ticket"


def test_a_lexicon_is_built_once() -> None:
    assert lexicon(SCHEMAS["visa"]) is lexicon(SCHEMAS["visa"])


@each(
    ("text", "number"),
    [("1.", "1"), ("4a.", "4a"), ("4B", "4B"), ("(3)", "3"), ("04", "04"), ("12:", "12"), ("9)", "9")],
)
def test_numbering(text: str, number: str) -> None:
    assert NUMBERING.match(text)[1] == number


@each("text", ["123", "4e", "a.", "1.2", "", "1.AUBERT"])
def test_what_is_no_numbering(text: str) -> None:
    assert NUMBERING.match(text) is None
