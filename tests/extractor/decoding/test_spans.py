"""Values are found in an answer while it is being written, whatever their texts look like."""

import json

from hypothesis import given
from hypothesis import strategies as st

from extractor.decoding.spans import Spans

texts = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(['"', "\\", "}", '":', "],", '\\"', "{"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
answers = st.dictionaries(texts, values, min_size=1, max_size=5)


def written(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@given(answers)
def test_every_value_of_an_answer_is_found_where_it_stands(answer):
    spans = Spans()
    spans.feed(written(answer))
    assert spans.complete
    assert [spans.value(index) for index in range(len(answer))] == list(answer.values())
    assert [spans.raw(index) for index in range(len(answer))] == [written(value) for value in answer.values()]


@given(answers, st.data())
def test_it_makes_no_difference_in_what_pieces_an_answer_comes(answer, data):
    text = written(answer)
    cut = data.draw(st.integers(0, len(text)))
    whole, pieces = Spans(), Spans()
    whole.feed(text)
    pieces.feed(text[:cut])
    aside = pieces.copy()
    pieces.feed(text[cut:])
    assert (pieces.starts, pieces.ends, pieces.complete) == (whole.starts, whole.ends, whole.complete)
    assert bytes(aside.text) == text[:cut]
    assert aside.open is None or aside.open == len(aside.starts) - 1


def test_a_value_can_be_seen_growing():
    spans = Spans()
    seen = []
    for byte in '{"name":"张三","born":null,"classes":["A","B1"]}'.encode():
        spans.feed(bytes([byte]))
        seen.append(None if spans.open is None else spans.value(spans.open))
    assert [value for value in dict.fromkeys(v for v in seen if isinstance(v, str)) if value] == ["张", "张三"]
    lists = [value for value in seen if isinstance(value, list)]
    assert lists[0] == []
    assert lists[-1] == ["A", "B1"]
    assert ["A", "B"] in lists
