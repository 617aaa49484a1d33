"""What stands on a made page beside its fields: never a value, and as much of it as real pages have."""

import random

from extractor.training.visual.labelled import SheetLine
from extractor.training.visual.strays import strays
from extractor.visual.tags import value_tag


def page() -> list[SheetLine]:
    value = value_tag("surname")
    rows = ["ERIKSSON", "L898902C3", "UTOPIA"]
    return [
        SheetLine(text, [value] * len(text), [k + 1] * len(text), [10, 10 + 6 * k, 40, 13 + 6 * k])
        for k, text in enumerate(rows)
    ]


def test_strays_belong_to_no_field() -> None:
    rng = random.Random(1)
    for _ in range(200):
        for line in strays(page(), rng):
            assert line.text.strip() == line.text != ""
            assert not any(line.tags)
            assert not any(line.owners)
            assert len(line.tags) == len(line.owners) == len(line.text)
            assert 0 < line.score <= 1
            assert line.box[0] < line.box[2]
            assert line.box[1] < line.box[3]


def test_some_pages_have_none_some_have_sentences_and_some_have_large_marks() -> None:
    rng = random.Random(2)
    pages = [strays(page(), rng) for _ in range(300)]
    assert any(not lines for lines in pages)
    assert any(any(len(line.text) > 25 for line in lines) for lines in pages)
    assert any(any(line.box[3] - line.box[1] > 7 * 3 for line in lines) for lines in pages)
    assert any(any(line.box[3] - line.box[1] > 2 * (line.box[2] - line.box[0]) for line in lines) for lines in pages)


def test_an_empty_page_stays_empty() -> None:
    assert strays([], random.Random(1)) == []
