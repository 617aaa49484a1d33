"""A page's captions are the words that the layout reader takes for some; columns are parted."""

import numpy as np

from extractor.text.ocr import Line
from extractor.visual.pieces import take_apart
from extractor.visual.reader import Layout
from extractor.visual.tags import NOTHING, TAGS, caption_tag
from extractor.visual.words import words_of

from ..printed import joined, line

SURNAME, SEX = caption_tag("surname"), caption_tag("sex")


def pieces(lines: list[Line], tags: list[int], sure: float = 0.9) -> tuple[list[tuple[str, str]], list[str]]:
    words = words_of(lines)
    assert len(words) == len(tags)
    chances = np.full((len(words), len(TAGS)), (1 - sure) / (len(TAGS) - 1))
    chances[np.arange(len(words)), tags] = sure
    none = np.zeros((len(words), len(words) + 1))
    captions, others = take_apart(lines, Layout(tuple(words), chances, none, none, none[:, :-1], {}))
    return [(one.field, one.segment.text) for one in captions], [one.text for one in others]


def test_a_caption_and_the_value_in_its_line() -> None:
    tags = [SURNAME, SURNAME, SURNAME, NOTHING, NOTHING]
    assert pieces([line("Surname/Nom: ERIKSSON", 0, 0)], tags) == ([("surname", "Surname/Nom")], ["ERIKSSON"])


def test_captions_of_two_fields_that_stand_side_by_side() -> None:
    assert pieces([line("Name Sex", 0, 0)], [SURNAME, SEX]) == ([("surname", "Name"), ("sex", "Sex")], [])


def test_what_is_not_sure_is_no_caption() -> None:
    assert pieces([line("Surname", 0, 0)], [SURNAME], sure=0.4) == ([], ["Surname"])


def test_columns_that_the_detector_took_for_one_line_are_parted() -> None:
    apart = joined(("ANNA MARIA", 0), ("STOCKHOLM", 400), top=0)
    assert pieces([apart], [NOTHING] * 3)[1] == ["ANNA MARIA", "STOCKHOLM"]
    assert pieces([line("ANNA MARIA STOCKHOLM", 0, 0)], [NOTHING] * 3)[1] == ["ANNA MARIA STOCKHOLM"]


def test_broken_dates_are_joined_and_neighbours_parted() -> None:
    assert pieces([line("19 OKT", 0, 0), line("1971", 160, 0)], [NOTHING] * 3)[1] == ["19 OKT 1971"]
    assert pieces([line("10 DEC 2011  10 DEC 2016", 0, 0)], [NOTHING] * 6)[1] == ["10 DEC 2011", "10 DEC 2016"]


def test_an_mrz_is_left_out_and_what_no_word_stands_for_is_kept() -> None:
    assert pieces([line("P<UTOERIKSSON<<ANNA<MARIA<<<<", 0, 0)], [NOTHING]) == ([], [])
    nothing = np.zeros((0, len(TAGS)))
    empty = Layout((), nothing, np.zeros((0, 1)), np.zeros((0, 1)), np.zeros((0, 0)), {})
    assert [one.text for one in take_apart([line("LAST OF ALL", 0, 0)], empty)[1]] == ["LAST OF ALL"]
