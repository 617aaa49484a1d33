"""The shipped layout network: sizes, what it says of plain pages, how it is asked."""

import numpy as np
import onnx

from extractor.visual.features import LENGTH, NUMBERS, page_features
from extractor.visual.reader import NETWORK, _as_captioned, read_layout
from extractor.visual.tags import FIELDS, KINDS, TAGS, caption_tag, value_tag
from extractor.visual.words import words_of

from ..printed import line, rows

PAGE = [
    line("REPUBLIC OF UTOPIA", 300, 20), line("PASSPORT", 40, 20),
    line("Surname", 300, 80, height=12), line("MARTIN", 300, 100),
    line("Given names", 300, 140, height=12), line("ANNA MARIA", 300, 160),
    line("Nationality", 300, 200, height=12), line("UTOPIAN", 300, 220),
    line("Date of birth", 300, 260, height=12), line("12 AUG 1974", 300, 280),
    line("Sex", 520, 260, height=12), line("F", 520, 280),
    line("Place of birth", 300, 320, height=12), line("ZENITH", 300, 340),
    line("Date of issue", 300, 380, height=12), line("16 APR 2017", 300, 400),
    line("Date of expiry", 300, 440, height=12), line("15 APR 2027", 300, 460),
    line("Authority", 520, 380, height=12), line("PASSPORT OFFICE", 520, 400),
]  # fmt: skip


def test_it_is_small() -> None:
    assert NETWORK.stat().st_size <= 6_100_000


def test_every_cpu_gives_the_same_answers() -> None:
    """Where a CPU has no VNNI, sums of two products with signed weights of eight bits overflow."""
    graph = onnx.load(NETWORK).graph
    kinds = {each.name: each.data_type for each in graph.initializer}
    weights = [kinds[node.input[1]] for node in graph.node if node.op_type == "MatMulInteger"]
    assert len(weights) > 20
    assert set(weights) == {onnx.TensorProto.UINT8}


def test_a_plain_passport_page() -> None:
    layout = read_layout(PAGE, None)
    best = {word.text: FIELDS[int(row.argmax())] for word, row in zip(layout.words, layout.values, strict=True)}
    said = {text: best[text] for text in ("MARTIN", "ANNA", "MARIA", "1974", "ZENITH", "2017", "2027", "OFFICE")}
    assert said == {
        "MARTIN": "surname", "ANNA": "given_names", "MARIA": "given_names", "1974": "birth_date",
        "ZENITH": "place_of_birth", "2017": "issue_date", "2027": "expiry_date", "OFFICE": "authority",
    }  # fmt: skip
    assert max(layout.kinds, key=lambda kind: layout.kinds[kind]) == "passport"


def test_answers_are_probabilities_of_the_page_s_words() -> None:
    layout = read_layout(PAGE, None)
    count = len(layout.words)
    assert layout.tags.shape == (count, len(TAGS))
    assert layout.before.shape == layout.caption.shape == (count, count + 1)
    assert set(layout.kinds) == set(KINDS)
    for answer in (layout.tags, layout.before, layout.caption):
        np.testing.assert_allclose(answer.sum(axis=1), 1.0, rtol=1e-4)


def test_an_empty_page_has_no_words() -> None:
    layout = read_layout([], None)
    assert layout.words == ()
    assert layout.kinds == {}


def test_the_zone_marks_the_words_it_says() -> None:
    lines = rows("MARTIN", "ANNA MARIA", "12 AUG 1974")
    words = words_of(lines)
    zone = {"format": "TD3", "surname": "MARTIN", "given_names": "ANNA MARIA", "birth_date": "1974-08-12"}
    plain, marked = (page_features(words, [one.text for one in lines], [0.9] * 3, facts) for facts in (None, zone))
    assert marked.characters.shape == (len(words), LENGTH)
    assert marked.numbers.shape == (len(words), NUMBERS)
    changed = (plain.numbers != marked.numbers).any(axis=1)
    assert changed.all()
    np.testing.assert_array_equal(plain.places, marked.places)


def test_a_number_is_what_its_caption_says() -> None:
    """Numbers look alike; what kind of number it is, the caption it points to says, and nothing where there is none."""
    count, number, caption = 2, value_tag("document_number"), caption_tag("document_number")
    tags = np.zeros((count, len(TAGS)), np.float32)
    tags[0, caption] = 1.0
    tags[1, [number, value_tag("personal_number"), value_tag("surname")]] = (0.3, 0.6, 0.1)
    pointed, alone = np.array([[0, 0, 1], [1, 0, 0]], np.float32), np.array([[0, 0, 1], [0, 0, 1]], np.float32)
    named = _as_captioned(tags, pointed)
    assert named[1, number] > 0.8
    assert np.isclose(named[1].sum(), tags[1].sum())
    assert named[1, value_tag("surname")] == tags[1, value_tag("surname")]
    assert np.allclose(_as_captioned(tags, alone), tags)
