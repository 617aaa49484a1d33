"""Words of a page: where lines are cut, and that every word is a piece of its line."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from extractor.visual.words import split_words, words_of

from ...tables import each
from ..printed import line


@each(
    ("text", "words"),
    [
        ("Surname/Nom SMITH", ["Surname", "/", "Nom", "SMITH"]),
        ("4a.12.05.2019", ["4a.", "12.05.2019"]),
        ("1. SMITH", ["1.", "SMITH"]),
        ("12.05.2019", ["12.05.2019"]),
        ("5.71DW63070", ["5.", "71DW63070"]),
        ("12.345.678-9", ["12.345.678-9"]),
        ("No.AB123456", ["No.", "AB123456"]),
        ("SỐ245734665", ["SỐ", "245734665"]),
        ("SMITH,JOHN 1,234", ["SMITH,", "JOHN", "1,234"]),
        ("SurnameNĚMEČKOVÁ", ["Surname", "NĚMEČKOVÁ"]),
        ("MacDONALD", ["MacDONALD"]),
        ("4D.383-9931", ["4D.", "383-9931"]),
        ("4aISs01/06/2015", ["4a", "ISs", "01", "/", "06", "/", "2015"]),
        ("CURP MEND850630MVZQRT15 X", ["CURP", "MEND850630MVZQRT15", "X"]),
        ("DNI12345678-Z", ["DNI", "12345678-Z"]),
        ("LNSMITH", ["LN", "SMITH"]),
        ("DLI1234562", ["DL", "I1234562"]),
        ("DL0420110149646", ["DL0420110149646"]),
        ("DOB12/03/1990", ["DOB", "12", "/", "03", "/", "1990"]),
        ("นางสาวกิตติ ตันติวงศ์", ["นางสาว", "กิตติ", "ตันติวงศ์"]),
        ("นางสาว สุดา", ["นางสาว", "สุดา"]),
        ("นายทะเบียน", ["นายทะเบียน"]),
        ("民族汉", ["民", "族", "汉"]),
        ("姓名Name", ["姓", "名", "Name"]),
        ("P<UTOERIKSSON<<ANNA<MARIA", ["P<UTOERIKSSON<<ANNA<MARIA"]),
        ("Sex: N/A", ["Sex", ":", "N/A"]),
        ("   ", []),
    ],
)
def test_lines_are_cut_where_captions_and_values_part(text: str, words: list[str]) -> None:
    assert [text[start:end] for start, end in split_words(text)] == words


@given(st.text(max_size=40))
def test_words_are_pieces_of_their_line_in_order(text: str) -> None:
    spans = split_words(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    kept = "".join(text[start:end] for start, end in spans)
    assert "".join(kept.split()) == "".join(text.split())


def test_boxes_of_words_follow_each_other_inside_the_line() -> None:
    words = words_of([line("GIVEN NAMES ANNA", 10, 20)])
    boxes = np.array([word.box for word in words])
    assert [word.text for word in words] == ["GIVEN", "NAMES", "ANNA"]
    assert (np.diff(boxes[:, 0]) > 0).all()
    assert (boxes[1:, 0] >= boxes[:-1, 2] - 1e-3).all()
