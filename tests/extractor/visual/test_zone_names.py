"""Printed names set right by the zone's: words left out, words found beside, spaces."""

import pytest

from extractor.text.ocr import Line
from extractor.visual.candidates import Candidate
from extractor.visual.tags import NOTHING, value_tag
from extractor.visual.values import Value
from extractor.visual.zone_names import as_in_zone, spaced

from ..printed import line
from .test_candidates import layout_of

SURNAME = value_tag("surname")


def named(lines: list[Line], words: tuple[int, ...], expected: str) -> str:
    layout = layout_of(lines, [(NOTHING, 0.9)] * sum(len(one.text.split()) for one in lines))
    text = " ".join(layout.words[index].text for index in words)
    return str(as_in_zone(layout, lines, Candidate("surname", words, text, Value(text, text, 1.0), 0.9), expected).text)


@pytest.mark.parametrize(
    ("texts", "words", "expected", "name"),
    [
        (["GARCÍA", "DE LA VEGA"], (0,), "GARCIA DE LA VEGA", "GARCÍA DE LA VEGA"),
        (["GARCÍA", "DE LA VEGA"], (1, 2, 3), "GARCIA DE LA VEGA", "GARCÍA DE LA VEGA"),
        (["VON MÜLLER"], (1,), "VON MUELLER", "VON MÜLLER"),
        (["ERIKSSON née LUND"], (0, 1, 2), "ERIKSSON", "ERIKSSON"),
        (["GARCÍA", "OTHER WORDS"], (0,), "GARCIA DE LA VEGA", "GARCÍA"),
        (["GARCÍA DE LA VEGA"], (0, 1, 2, 3), "GARCIA DE LA VEGA", "GARCÍA DE LA VEGA"),
        (["LOPEZ", "VEGA"], (0,), "GARCIA VEGA", "LOPEZ"),
    ],
)
def test_a_name_has_the_zone_s_words_as_the_page_spells_them(
    texts: list[str], words: tuple[int, ...], expected: str, name: str
) -> None:
    lines = [line(text, 0, 40 * index) for index, text in enumerate(texts)]
    assert named(lines, words, expected) == name


def test_words_that_stand_far_off_are_another_name_s() -> None:
    assert named([line("GARCÍA", 0, 0), line("VEGA", 0, 900)], (0,), "GARCIA VEGA") == "GARCÍA"


@pytest.mark.parametrize(
    ("expected", "printed", "shown"),
    [
        ("ANNA MARIA", "ANNAMARIA", "ANNA MARIA"),
        ("ANNA MARIA LEE", "Anna MariaLee", "Anna Maria Lee"),
        ("JEAN PAUL", "JEAN-PAUL", "JEAN-PAUL"),
        ("OCONNOR", "O'CONNOR", "O'CONNOR"),
        ("JOSE MARIA", "JOSÉMARÍA", "JOSÉ MARÍA"),
        ("MUELLER KURZ", "MÜLLERKURZ", "MÜLLERKURZ"),
        ("ANNA MARIA", "ANNALENA", "ANNALENA"),
        ("ANNA", "ANNA", "ANNA"),
    ],
)
def test_a_space_stands_where_the_zone_has_one_and_narrow_print_lost_it(
    expected: str, printed: str, shown: str
) -> None:
    assert spaced(expected, printed) == shown
