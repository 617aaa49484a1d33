"""Training's forward pass is the product's: the same sheets give the same features and the same logits."""

import random

import numpy as np
import pytest
import torch
from PIL import Image

from extractor.phi3v.image_processing import tiles
from extractor.training.nano.checkpoint import NUM_CROPS, new_config, new_model
from extractor.training.nano.network import TrainableReader, Views, as_sheets, papered, targets, tile_order
from extractor.training.nano.sheets import GRID, HEIGHT, WIDTH
from extractor.training.nano.targets import picture_rows

SHAPES = [(1000, 600), (600, 1000), (1000, 1000), (1000, 300), (420, 500)]


def _laid(picture, processor):
    """A picture's sheet as the sample_feed keeps it: landscape, in the corner of one large array."""
    from extractor.phi3v.image_processing import lay_out

    sheet = lay_out(picture, NUM_CROPS)
    rows, columns = tiles(sheet)
    portrait = rows > columns or (rows == columns and picture.width < picture.height)
    image = np.array(sheet.transpose(Image.Transpose.TRANSPOSE) if portrait else sheet)
    whole = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    whole[: image.shape[0], : image.shape[1]] = image
    laid = (columns, rows) if portrait else (rows, columns)
    return torch.from_numpy(whole)[None], torch.tensor([[*laid, int(portrait), 0]]), (rows, columns)


@pytest.mark.parametrize("size", SHAPES)
def test_views_and_logits_are_those_of_the_product(size, processor, small):
    rng = np.random.default_rng(1)
    small_picture = rng.integers(0, 255, (size[1] // 20, size[0] // 20, 3), dtype=np.uint8)
    picture = Image.fromarray(small_picture).resize(size, Image.Resampling.BICUBIC)
    prompt = processor.tokenizer("<|user|>\n")["input_ids"]
    text = "<|user|>\n<|image_1|>\nname: sex<|end|>"
    inputs = processor(text=text, images=[picture], return_tensors="pt")
    model = new_model(new_config(processor.tokenizer)).eval()

    images, shapes, grid = _laid(picture, processor)
    views = Views(processor.image_processor.image_mean, processor.image_processor.image_std)
    with torch.inference_mode():
        made = views(papered(as_sheets(images), shapes), shapes)
        count = 1 + grid[0] * grid[1]
        product = inputs["pixel_values"][0, :count]
        torch.testing.assert_close(made[0, 1:count], product[1:], atol=2e-4, rtol=0)
        # A sheet that fills a part of the array is white beyond its edge here, and repeated there: two pixels tell.
        torch.testing.assert_close(made[0, 0, :, :-2, :-2], product[0, :, :-2, :-2], atol=2e-4, rtol=0)
        made[0, 0] = product[0]

        reader = TrainableReader(model)
        _, table = reader.features(made)
        rows = -1 - torch.from_numpy(picture_rows(*grid, made.shape[1]))
        after = inputs["input_ids"][0, len(prompt) + len(rows) :]
        ids = torch.cat([torch.tensor(prompt), rows, after])[None]
        length = 4
        mine = reader.answers(table, ids, torch.tensor([ids.shape[1] - length]), length)
        theirs = model(**inputs).logits[:, -length - 1 : -1]
    torch.testing.assert_close(mine, theirs, atol=2e-3, rtol=0)


def test_every_tile_of_a_sheet_has_its_place_once():
    order = tile_order()
    for rows in range(1, GRID[0] + 1):
        for columns in range(1, GRID[1] + 1):
            for portrait in (0, 1):
                assert len(set(order[rows, columns, portrait, : rows * columns].tolist())) == rows * columns


def test_a_sample_without_a_text_of_this_kind_asks_for_nothing():
    ids, spans = torch.zeros(2, 8, dtype=torch.long), torch.tensor([[0, 0], [3, 6]])
    assert targets(ids, spans, 4).tolist() == [[-100] * 4, [0, 0, 0, -100]]


def test_margins_that_the_processor_adds_are_white_whatever_the_light():
    sheets = torch.zeros(1, 3, HEIGHT, WIDTH)
    margin = random.Random(0).randint(5, 40)
    seen = papered(sheets, torch.tensor([[2, 3, 0, margin]]))
    assert seen[0, 0, :margin].min() == 1
    assert seen[0, 0, margin].max() == 0
    assert seen[0, 0, HEIGHT - margin :].min() == 1
    assert seen[0, 0, HEIGHT - margin - 1].max() == 0
