"""From probabilities of words to values: chains, broken values, a user's own captions."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from extractor.schemas.vocabulary import VOCABULARY, FieldSpec, Kind
from extractor.text.ocr import Line
from extractor.visual.candidates import Candidate, find_candidates
from extractor.visual.reader import Layout
from extractor.visual.tags import FIELDS, NOTHING, TAGS, caption_tag, value_tag
from extractor.visual.values import Context
from extractor.visual.words import words_of

from ...tables import each
from ..printed import line


def layout_of(
    lines: Sequence[Line],
    tags: Sequence[tuple[int, float]],
    *,
    chains: Sequence[Sequence[int]] = (),
    captions: dict[int, int] | None = None,
) -> Layout:
    """What a network would say: a tag and its probability a word, words chained, and the caption words point to."""
    words = words_of(lines)
    count = len(words)
    assert count == len(tags), [word.text for word in words]
    chances = np.zeros((count, len(TAGS)), np.float32)
    for index, (tag, chance) in enumerate(tags):
        chances[index, NOTHING] = 1 - chance
        chances[index, tag] += chance
    before, caption = np.zeros((count, count + 1)), np.zeros((count, count + 1))
    before[:, -1] = caption[:, -1] = 1
    for chain in chains:
        for first, second in pairwise(chain):
            before[second] = 0
            before[second, first] = 1
    for word, target in (captions or {}).items():
        caption[word] = 0
        caption[word, target] = 1
    return Layout(tuple(words), chances, before, caption, np.ones((count, count)), {})


def read(layout: Layout, lines: Sequence[Line], *names: str) -> dict[str, Candidate]:
    specs = {name: VOCABULARY[name] for name in names}
    found: dict[str, Candidate] = {}
    for one in find_candidates(layout, lines, specs, Context()):
        found.setdefault(one.field, one)
    return found


SURNAME, GIVEN, BIRTH, ADDRESS = map(value_tag, ("surname", "given_names", "birth_date", "address"))


def test_chained_words_are_one_value_as_printed() -> None:
    lines = [line("ANNA-MARIA VAN DER BERG", 0, 0)]
    layout = layout_of(lines, [(GIVEN, 0.9), (SURNAME, 0.9), (SURNAME, 0.9), (SURNAME, 0.9)], chains=[(1, 2, 3)])
    found = read(layout, lines, "surname", "given_names")
    assert (found["surname"].value.value, found["given_names"].value.value) == ("VAN DER BERG", "ANNA-MARIA")
    assert found["surname"].words == (1, 2, 3)


@each(
    ("text", "surname"),
    [
        ("VAN DER BERG - DE VRIES", "VAN DER BERG - DE VRIES"),
        ("SMITH – JONES", "SMITH – JONES"),
        ("ПЕТРОВ / PETROV", "ПЕТРОВ"),
        ("Jansen e/v de Vries", "Jansen"),
        ("DUPONT ép. MARTIN", "DUPONT"),
        ("MÜLLER geb. SCHMIDT", "MÜLLER"),
        ("SMITH alias JONES", "SMITH"),
    ],
)
def test_a_hyphen_joins_names_and_another_name_is_none_of_the_surname(text: str, surname: str) -> None:
    lines = [line(text, 0, 0)]
    words = range(len(words_of(lines)))
    layout = layout_of(lines, [(SURNAME, 0.9) for _ in words], chains=[list(words)])
    assert read(layout, lines, "surname")["surname"].value.value == surname


def test_the_name_at_birth_alone_is_no_surname() -> None:
    lines = [line("MÜLLER geb. SCHMIDT", 0, 0)]
    layout = layout_of(lines, [(NOTHING, 0.9), (NOTHING, 0.9), (SURNAME, 0.9)])
    assert not read(layout, lines, "surname")


def test_a_value_that_goes_on_in_the_next_line_is_one_value() -> None:
    lines = [line("12 HIGH STREET", 0, 0), line("LONDON", 0, 30)]
    chained = layout_of(lines, [(ADDRESS, 0.9)] * 4, chains=[(0, 1, 2, 3)])
    assert read(chained, lines, "address")["address"].value.value == "12 HIGH STREET LONDON"


def test_two_chains_of_one_caption_are_one_value_and_of_two_captions_are_not() -> None:
    lines = [line("Address", 0, 0), line("HIGH STREET", 0, 30), line("LONDON", 0, 60), line("Address", 300, 0)]
    tags = [
        (caption_tag("address"), 0.9),
        (ADDRESS, 0.9),
        (ADDRESS, 0.9),
        (ADDRESS, 0.9),
        (caption_tag("address"), 0.9),
    ]
    one = layout_of(lines, tags, chains=[(1, 2)], captions={1: 0, 2: 0, 3: 0})
    two = layout_of(lines, tags, chains=[(1, 2)], captions={1: 0, 2: 0, 3: 4})
    assert read(one, lines, "address")["address"].value.value == "HIGH STREET LONDON"
    assert read(two, lines, "address")["address"].value.value in ("HIGH STREET", "LONDON")


def test_a_value_printed_twice_is_surer_and_not_twice_as_long() -> None:
    lines = [line("SMITH", 0, 0), line("SMITH", 300, 200)]
    once = read(layout_of(lines, [(SURNAME, 0.6), (NOTHING, 1.0)]), lines, "surname")["surname"]
    twice = read(layout_of(lines, [(SURNAME, 0.6), (SURNAME, 0.6)]), lines, "surname")["surname"]
    assert twice.value.value == once.value.value == "SMITH"
    assert twice.score > once.score


@pytest.mark.parametrize(("text", "value"), [("12.05.1990", "1990-05-12"), ("SMITH", None)])
def test_what_cannot_be_a_date_is_no_candidate_for_one(text: str, value: str | None) -> None:
    lines = [line(text, 0, 0)]
    found = read(layout_of(lines, [(BIRTH, 0.9)]), lines, "birth_date")
    assert (found["birth_date"].value.value if found else None) == value


def test_ideographs_are_joined_without_spaces() -> None:
    lines = [line("北京市东城区", 0, 0), line("景山前街4号", 0, 30)]
    words = words_of(lines)
    layout = layout_of(lines, [(ADDRESS, 0.9)] * len(words), chains=[range(len(words))])
    assert read(layout, lines, "address")["address"].value.value == "北京市东城区景山前街4号"


def test_a_caption_of_ones_own_selects_the_value_that_points_to_it() -> None:
    lines = [line("Library card no", 0, 0), line("77-1234", 0, 30), line("Name", 0, 60), line("SMITH", 0, 90)]
    tags = [*[(caption_tag("other"), 0.9)] * 3, (value_tag("other"), 0.9), (caption_tag("name"), 0.9), (SURNAME, 0.5)]
    layout = layout_of(lines, tags, captions={3: 0, 5: 4})
    spec = FieldSpec("card", Kind.NUMBER, "number of the card", "", {"en": ("library card no",)})
    found = find_candidates(layout, lines, {"card": spec}, Context())
    assert [one.value.value for one in found] == ["77-1234"]


def test_a_caption_that_is_not_on_the_page_has_no_value() -> None:
    lines = [line("Name", 0, 0), line("SMITH", 0, 30)]
    layout = layout_of(lines, [(caption_tag("name"), 0.9), (SURNAME, 0.9)], captions={1: 0})
    spec = FieldSpec("card", Kind.NUMBER, "number of the card", "", {"en": ("library card no",)})
    assert find_candidates(layout, lines, {"card": spec}, Context()) == []


NAME = value_tag("name")


def test_a_name_in_two_scripts_is_two_readings_of_it() -> None:
    lines = [line("ИВАНОВ", 0, 0), line("IVANOV", 0, 30)]
    layout = layout_of(lines, [(SURNAME, 0.9), (SURNAME, 0.8)], chains=[(0, 1)])
    found = [one.value.value for one in find_candidates(layout, lines, {"surname": VOCABULARY["surname"]}, Context())]
    assert found == ["ИВАНОВ", "IVANOV"]


def test_parts_of_a_name_with_captions_of_their_own_are_one_name() -> None:
    lines = [line("АНДРЕЕВА", 0, 0), line("ОЛЬГА", 0, 40), line("ANDREEVA", 0, 80), line("ПЕТР", 0, 120)]
    layout = layout_of(lines, [(NAME, 0.95), (NAME, 0.9), (NAME, 0.9), (NAME, 0.4)])
    assert read(layout, lines, "name")["name"].value.value == "АНДРЕЕВА ОЛЬГА", "another script, an unsure one: no part"


def test_what_follows_the_surname_s_comma_are_given_names() -> None:
    lines = [line("ERIKSSON, ANNA MARIA", 0, 0)]
    layout = layout_of(lines, [(SURNAME, 0.9), (SURNAME, 0.6), (GIVEN, 0.9)], chains=[(0, 1)])
    found = read(layout, lines, "surname", "given_names")
    assert (found["surname"].value.value, found["given_names"].value.value) == ("ERIKSSON", "ANNA MARIA")


AUTHORITY, ISSUED = map(value_tag, ("authority", "issue_date"))


def test_a_number_is_an_authority_and_no_piece_of_one() -> None:
    lines = [line("8001", 0, 0)]
    assert read(layout_of(lines, [(AUTHORITY, 0.9)]), lines, "authority")["authority"].value.value == "8001"
    lines = [line("75005 Prefecture", 0, 0)]
    assert read(layout_of(lines, [(AUTHORITY, 0.9), (NOTHING, 1.0)]), lines, "authority") == {}


def test_a_date_is_read_whole_though_another_field_claims_a_word_of_it() -> None:
    lines = [line("12 08 2019", 0, 0)]
    expiry = value_tag("expiry_date")
    layout = layout_of(lines, [(ISSUED, 0.9), (ISSUED, 0.9), (expiry, 0.9)], chains=[(0, 1)])
    assert read(layout, lines, "issue_date", "expiry_date")["issue_date"].value.value == "2019-08-12"


def test_a_patronymic_s_name_begins_with_the_names_before_it() -> None:
    lines = [line("АНДРЕЕВА", 0, 0), line("ОЛЬГА", 0, 40), line("ПЕТРОВНА", 0, 80)]
    layout = layout_of(lines, [(SURNAME, 0.95), (GIVEN, 0.95), (NAME, 0.95)])
    assert read(layout, lines, "name")["name"].value.value == "АНДРЕЕВА ОЛЬГА ПЕТРОВНА"
    latin = layout_of(
        [line("SMITH", 0, 0), line("ANNA", 0, 40), line("ПЕТРОВНА", 0, 80)],
        [(SURNAME, 0.95), (GIVEN, 0.95), (NAME, 0.95)],
    )
    assert read(latin, lines, "name")["name"].value.value == "ПЕТРОВНА"


def test_a_date_of_which_a_word_was_not_taken_is_no_month() -> None:
    lines = [line("12 08/2019", 0, 0)]
    layout = layout_of(lines, [(ISSUED, 0.2), (ISSUED, 0.9), (ISSUED, 0.9), (ISSUED, 0.9)], chains=[(1, 2, 3)])
    assert read(layout, lines, "issue_date")["issue_date"].value.value == "2019-08-12"


def test_a_name_printed_twice_is_not_two_parts_of_one() -> None:
    lines = [line("АНДРЕЕВА ОЛЬГА", 0, 0), line("ОЛЬГА", 300, 40)]
    layout = layout_of(lines, [(NAME, 0.95), (NAME, 0.95), (NAME, 0.9)], chains=[(0, 1)])
    assert read(layout, lines, "name")["name"].value.value == "АНДРЕЕВА ОЛЬГА"


def test_pieces_of_a_row_in_arabic_are_read_from_the_right() -> None:
    lines = [line("زيدان", 0, 0), line("كمال عبد", 200, 3), line("مصر", 100, 60)]
    layout = layout_of(lines, [(NAME, 0.9)] * 3 + [(NOTHING, 1.0)], chains=[(0, 1, 2)])
    assert read(layout, lines, "name")["name"].value.value == "كمال عبد زيدان"


def test_a_validity_does_not_end_with_the_date_that_it_begins_with() -> None:
    lines = [line("13.05.2015", 0, 0)]
    layout = layout_of(lines, [(value_tag("issue_date"), 0.6)])
    layout.values[0, FIELDS.index("expiry_date")] = 0.4
    assert set(read(layout, lines, "issue_date", "expiry_date")) == {"issue_date"}


def test_values_that_are_lists_pass_too() -> None:
    lines = [line("AM B BE", 0, 0)]
    layout = layout_of(lines, [(value_tag("vehicle_classes"), 0.9)] * 3, chains=[(0, 1, 2)])
    assert read(layout, lines, "vehicle_classes")["vehicle_classes"].value.value == ["AM", "B", "BE"]


@pytest.mark.parametrize(("text", "found"), [("CONVENTION OF 28 JULY 1951", False), ("BORN ON 28 JULY 1951", True)])
def test_the_date_of_a_convention_is_nobody_s(text: str, found: bool) -> None:
    lines = [line(text, 0, 0)]
    layout = layout_of(lines, [(NOTHING, 0.9)] * 2 + [(BIRTH, 0.9)] * 3, chains=[(2, 3, 4)])
    assert bool(read(layout, lines, "birth_date")) is found
