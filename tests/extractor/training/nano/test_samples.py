"""Samples: what is asked, what must be answered and where characters stand agree with the page that was drawn."""

import json
import random

import numpy as np
import pytest

from extractor.imaging.framing import canvas_for
from extractor.phi3v.image_processing import image_tokens, sheet_size
from extractor.prompting import Hints
from extractor.schemas import SCHEMAS
from extractor.synthesis import draw
from extractor.training.nano.checkpoint import NUM_CROPS
from extractor.training.nano.designs import POOL, design
from extractor.training.nano.hints import misread, simulated_hints
from extractor.training.nano.samples import CHARACTERS, CLASSES, HINTED, PLAIN, SampleMaker
from extractor.training.nano.sheets import HEIGHT, WIDTH, lay
from extractor.training.nano.targets import picture_rows

pytestmark = pytest.mark.usefixtures("fonts")


@pytest.fixture(scope="module")
def samples(processor, fonts):
    maker, rng = SampleMaker(processor, catalogue_share=0.5), random.Random(11)
    return [maker.document(rng) for _ in range(6)]


def _text(processor, ids):
    return processor.tokenizer.decode([int(token) for token in ids if token >= 0])


def test_a_sample_asks_for_fields_and_answers_them_in_their_order(samples, processor):
    for sample in samples:
        for ids, (start, end) in zip((sample.plain, sample.hinted), sample.spans, strict=True):
            if not end:
                continue
            prompt, answer = _text(processor, ids[:start]), _text(processor, ids[start:end])
            asked = prompt.replace("<|end|>", "\n").split(": ", 1)[1].split("\n")[0].split()
            assert list(json.loads(answer.removesuffix("<|end|>"))) == asked
            assert prompt.endswith("<|assistant|>\n")
            assert answer.endswith("<|end|>")


def test_a_sample_shows_as_many_places_of_the_picture_as_the_processor_does(samples):
    for sample in samples:
        rows, columns, portrait, _ = sample.shape
        grid = (columns, rows) if portrait else (rows, columns)
        assert int((sample.plain < 0).sum()) == image_tokens(*map(int, grid))
        assert len(sample.plain) == PLAIN
        assert len(sample.hinted) == HINTED


def test_characters_stand_on_the_tiles_that_are_there(samples):
    for sample in samples:
        there = sample.glyphs[sample.glyphs[:, 3] >= 0]
        assert 20 < len(there) <= CHARACTERS
        assert (there[:, 0] >= 1).all()
        assert (there[:, 0] <= sample.shape[0] * sample.shape[1]).all()
        assert (there[:, 1:3] >= 0).all()
        assert (there[:, 1:3] < 336).all()
        assert set(there[:, 3].tolist()) <= set(CLASSES.values())


def test_the_same_seed_draws_the_same_sample(processor):
    first, second = (SampleMaker(processor).document(random.Random(3)) for _ in range(2))
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.hinted, second.hinted)


def test_a_page_of_text_is_characters_alone(processor):
    sample = SampleMaker(processor).text(random.Random(1))
    assert sample.image.shape == (HEIGHT, WIDTH, 3)
    assert not sample.spans.any()
    assert (sample.glyphs[:, 3] > 0).sum() > 100


def test_designs_are_the_training_pools_and_their_labels_are_what_schemas_hold():
    rng = random.Random(5)
    for _ in range(12):
        page = draw(design(rng), rng.getrandbits(32))
        assert page.pool == POOL == "training"
        held = SCHEMAS[page.schema].model_validate(dict(page.fields)).model_dump()
        assert {name: held[name] for name in page.fields} == dict(page.fields)


def test_a_sheet_has_the_shape_that_the_product_would_lay():
    rng = random.Random(8)
    for _ in range(8):
        page = draw(design(rng), rng.getrandbits(32))
        sheet = lay(page.image, page.lines, page.centres, rng, NUM_CROPS)
        assert sheet is not None
        wide, high = canvas_for(sheet.columns * 336, sheet.rows * 336 - 2 * sheet.margin, NUM_CROPS)
        assert sorted(sheet_size(wide, high, NUM_CROPS)) == sorted((sheet.rows, sheet.columns))


def test_centres_lie_on_ink():
    """Where a character is said to stand, the sheet differs from what is beside the line."""
    rng, found = random.Random(2), []
    for _ in range(4):
        page = draw(design(rng), rng.getrandbits(32))
        sheet = lay(page.image, page.lines, page.centres, rng, NUM_CROPS)
        assert sheet is not None
        grey = sheet.image.astype(float).mean(2)
        for x, y in sheet.centres[:: max(1, len(sheet.centres) // 60)].astype(int):
            if 8 < x < WIDTH - 8 and 8 < y < HEIGHT - 8:
                found.append(np.ptp(grey[y - 5 : y + 6, x - 5 : x + 6]))
    assert len(found) > 50
    assert np.median(found) > 60


def test_rows_of_a_picture_are_each_used_once():
    rows = picture_rows(2, 3, 7)
    special = 7 * 144
    patches = rows[rows < special]
    assert sorted(patches.tolist()) == list(range(special))
    assert (rows == special + 1).sum() == 1


def test_nothing_is_misread_at_a_rate_of_nothing():
    text = "ŻÓŁĆ / Иванов 汉 P<UTO<<"
    assert misread(text, 0.0, random.Random(1)).replace("/", " / ").split() == text.split() or "/" in text
    assert misread("ABC123", 0.0, random.Random(1)) == "ABC123"


def test_misreading_at_a_high_rate_changes_most_texts():
    rng = random.Random(4)
    assert sum(misread("WOJCIECHOWSKA", 0.5, rng) != "WOJCIECHOWSKA" for _ in range(50)) > 45


def test_hints_hold_what_is_printed_and_no_more_bytes_than_allowed():
    rng = random.Random(6)
    seen = 0
    for _ in range(12):
        page = draw(design(rng), rng.getrandbits(32))
        hints = simulated_hints(page, rng, 600)
        assert isinstance(hints, Hints)
        assert sum(len(line.encode()) for line in (*hints.lines, *hints.mrz)) <= 700
        result = "".join((*hints.lines, *hints.mrz))
        seen += any(str(value)[:6] in result for value in page.fields.values() if isinstance(value, str))
    assert seen >= 10
