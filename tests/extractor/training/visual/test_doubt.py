"""Where labels do not decide what a place on a real page is, a network does, or the place is not taught."""

import numpy as np

from extractor.text.ocr import Line
from extractor.training.visual.doubt import UNKNOWN, Opinion, bridge, leave_open, settled
from extractor.training.visual.labelled import SheetLine
from extractor.training.visual.real import sheet_of_page
from extractor.visual.reader import Layout
from extractor.visual.tags import FIELDS, NOTHING, TAGS, caption_tag, value_tag
from extractor.visual.words import words_of

BOX = [0, 0, 100, 10]


def opinion(*lines: tuple[str, dict[str, str]]) -> Opinion:
    """What a network would say: of each line's words the class named for them, with 0.96; of the others nothing."""
    words = words_of([Line(text, 0.9, np.array([[0, 0], [99, 0], [99, 9], [0, 9]], np.float64)) for text, _ in lines])
    tags = np.full((len(words), len(TAGS)), 0.04 / len(TAGS))
    for row, word in zip(tags, words, strict=True):
        row[TAGS.index(lines[word.line][1].get(word.text, "nothing"))] += 0.96
    nothing = np.zeros((0, 0))
    return Opinion(Layout(tuple(words), tags, nothing, nothing, nothing, {}))


def tags_of(line: SheetLine, text: str) -> set[int]:
    start = line.text.index(text)
    return set(line.tags[start : start + len(text)])


def page(texts: list[str], labels: dict[str, str], said: Opinion | None) -> list[SheetLine]:
    boxes = [[0, 20 * index, 100, 20 * index + 10] for index in range(len(texts))]
    return sheet_of_page(texts, boxes, [0.9] * len(texts), labels, {}, "passport", None, None, said).lines


def test_one_date_of_two_fields_is_the_one_s_that_the_network_says_and_nobody_s_without_one() -> None:
    texts = ["Born 12 AUG 1990", "Issued 12 AUG 1990"]
    labels = {"birth_date": "1990-08-12", "issue_date": "1990-08-12"}
    parts = ("12", "AUG", "1990")
    said = opinion((texts[0], dict.fromkeys(parts, "birth_date")), (texts[1], dict.fromkeys(parts, "issue_date")))
    born, issued = page(texts, labels, said)
    assert tags_of(born, "12 AUG 1990") == {value_tag("birth_date")}
    assert tags_of(issued, "12 AUG 1990") == {value_tag("issue_date")}
    assert all(tags_of(line, "12 AUG 1990") == {UNKNOWN} for line in page(texts, labels, None))


def test_a_letter_that_is_surely_something_else_is_not_the_sex() -> None:
    """In Indonesian P is female; on a passport it is the document's type."""
    texts = ["Type P", "Sex P"]
    said = opinion((texts[0], {"P": "document_type"}), (texts[1], {"P": "sex"}))
    kind, sex = page(texts, {"sex": "F"}, said)
    assert tags_of(kind, "P") == {NOTHING}
    assert tags_of(sex, "P") == {value_tag("sex")}


def test_a_name_stands_where_the_label_says_whatever_the_network_says() -> None:
    """What the network gets wrong is what is to be learned."""
    texts = ["ERIKSSON"]
    (line,) = page(texts, {"surname": "ERIKSSON"}, opinion((texts[0], {"ERIKSSON": "authority"})))
    assert tags_of(line, "ERIKSSON") == {value_tag("surname")}


def test_a_name_in_a_signature_is_not_taught_where_it_stands_elsewhere_too() -> None:
    texts = ["ERIKSSON", "A. Eriksson"]
    said = opinion((texts[0], {"ERIKSSON": "surname"}), (texts[1], {}))
    name, signature = page(texts, {"surname": "ERIKSSON"}, said)
    assert tags_of(name, "ERIKSSON") == {value_tag("surname")}
    assert tags_of(signature, "Eriksson") == {UNKNOWN}


def test_a_chinese_sex_is_one_character() -> None:
    (line,) = page(["性别男民族汉"], {"sex": "M"}, None)
    assert tags_of(line, "男") == {value_tag("sex")}
    assert tags_of(line, "性别") == {NOTHING}


def test_two_languages_of_one_value_are_one_value() -> None:
    tag, caption = value_tag("nationality"), caption_tag("nationality")
    line = SheetLine("ITALIANA / ITALIAN", [tag] * 8 + [0] * 3 + [tag] * 7, [1] * 8 + [0] * 3 + [2] * 7, list(BOX))
    bridge([line])
    assert set(line.tags) == {tag}
    assert set(line.owners) == {1}
    other = SheetLine(
        "ITA Code ITA", [tag] * 3 + [0] + [caption] * 4 + [0] + [tag] * 3, [1] * 3 + [0] * 6 + [2] * 3, list(BOX)
    )
    bridge([other])
    assert set(other.owners) == {0, 1, 2}, "a word between them parts them"


def test_words_beside_a_value_that_may_belong_to_it_are_not_taught() -> None:
    tag = value_tag("issuing_country")
    text = "CZECH REPUBLIC PASSPORT 7"
    line = SheetLine(text, [tag] * 5 + [NOTHING] * 20, [1] * 5 + [0] * 20, list(BOX))
    said = opinion((text, {"CZECH": "issuing_country", "REPUBLIC": "issuing_country", "PASSPORT": "title"}))
    leave_open([line], ["issuing_country"], said)
    assert tags_of(line, "REPUBLIC") == {UNKNOWN}
    assert tags_of(line, "PASSPORT") == tags_of(line, "7") == {NOTHING}


def test_a_date_that_cannot_be_read_is_not_taught_to_be_nothing_where_the_page_prints_one() -> None:
    text = "12 \u0622\u0632\u0627\u0646 1390"
    words = dict.fromkeys(text.split(), "birth_date")
    line = SheetLine(text, [NOTHING] * len(text), [0] * len(text), list(BOX))
    leave_open([line], ["surname"], opinion((text, words)))
    assert set(line.tags) == {NOTHING}, "a blank stays one"
    leave_open([line], ["birth_date"], opinion((text, words)))
    assert tags_of(line, "1390") == {UNKNOWN}


def test_places_of_one_field_are_kept() -> None:
    places = {name: [[(0, 0, 4)]] if name == "surname" else [] for name in FIELDS}
    assert settled(places, None) == ({name: places[name] for name in FIELDS}, [])
