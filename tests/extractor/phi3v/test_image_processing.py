"""Pictures become exactly the pixels the published preprocessing makes of them."""

import hashlib
import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file
from transformers.models.auto.image_processing_auto import AutoImageProcessor

from extractor.phi3v import Phi3VImageProcessor
from extractor.phi3v.image_processing import as_rgb, image_tokens, lay_out, sheet_size, tiles

NAMES = ["landscape", "portrait", "square", "wide", "small", "tall", "gray", "rgba", "palette"]


@pytest.fixture(scope="module")
def image_processor(tiny):
    return AutoImageProcessor.from_pretrained(tiny)


@pytest.fixture(scope="module")
def golden(data):
    return load_file(data / "preprocess.safetensors")


def test_the_auto_class_gives_ours_with_the_folders_settings(image_processor):
    assert isinstance(image_processor, Phi3VImageProcessor)
    assert image_processor.num_crops == 4
    assert not hasattr(image_processor, "auto_map")


@pytest.mark.parametrize("num_crops", [4, 16])
@pytest.mark.parametrize("name", NAMES)
def test_pixels_sizes_and_tokens_are_the_references(picture, golden, image_processor, name, num_crops):
    made = image_processor(picture(name), num_crops=num_crops, return_tensors="pt")
    want = {key: golden[f"{name}.{num_crops}.{key}"] for key in ("image_sizes", "num_img_tokens")}
    assert torch.equal(made["image_sizes"][0], want["image_sizes"].view(-1))
    assert int(made["num_img_tokens"]) == int(want["num_img_tokens"])
    pixels = made["pixel_values"]
    assert pixels.shape == (1, num_crops + 1, 3, 336, 336)
    assert pixels.dtype == torch.float32
    coarse = golden[f"{name}.{num_crops}.global_stride6"]
    torch.testing.assert_close(pixels[0, 0, :, ::6, ::6], coarse, atol=1e-6, rtol=0)
    # The sums of values, values times row and values times column of each view pin every view down.
    exact, ramp = pixels[0].double(), torch.arange(336).double()
    for key, weight in (("crop_sum", 1.0), ("crop_sum_y", ramp[:, None]), ("crop_sum_x", ramp)):
        sums = (exact * weight).sum((-1, -2))
        torch.testing.assert_close(sums, golden[f"{name}.{num_crops}.{key}"], atol=1e-3, rtol=1e-9)


def test_the_sheet_is_the_references_to_the_byte(data, picture):
    sheets = json.loads((data / "sizes.json").read_text())["sheets"]
    assert len(sheets) >= 11
    for key, want in sheets.items():
        name, num_crops = key.split(".")
        sheet = lay_out(as_rgb(picture(name)), int(num_crops))
        assert list(sheet.size) == want["size"], key
        assert hashlib.sha256(np.array(sheet).tobytes()).hexdigest() == want["sha256"], key


def test_sizes_and_tokens_follow_the_references_table(data):
    rows = json.loads((data / "sizes.json").read_text())["rows"]
    assert len(rows) == 384
    for width, height, num_crops, padded_height, padded_width, tokens in rows:
        grid = sheet_size(width, height, num_crops)
        assert (336 * grid[0], 336 * grid[1], image_tokens(*grid)) == (padded_height, padded_width, tokens)


@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(1, 32))
def test_a_sheet_never_has_more_tiles_than_allowed_and_turns_with_the_picture(width, height, num_crops):
    rows, columns = sheet_size(width, height, num_crops)
    assert 1 <= rows * columns <= num_crops
    assert (rows >= columns) == (height > width) or rows == columns or width == height
    if width != height:
        assert sheet_size(height, width, num_crops) == (columns, rows)


@given(st.integers(1, 3000), st.integers(1, 4))
def test_a_strip_one_pixel_thin_keeps_a_row_of_ink(width, num_crops):
    sheet = lay_out(Image.new("RGB", (width, 1), (0, 0, 0)), num_crops)
    assert np.array(sheet).min() == 0


def test_pictures_prepared_together_are_those_prepared_alone_in_inference_mode_too(picture, image_processor):
    pictures = [picture(name) for name in NAMES]
    with torch.inference_mode():
        together = image_processor(pictures, num_crops=16, return_tensors="pt")
    for number, one in enumerate(pictures):
        alone = image_processor(one, num_crops=16, return_tensors="pt")
        for key, value in alone.items():
            assert torch.equal(together[key][number], value[0])


def test_several_pictures_are_padded_with_empty_views_to_one_shape(picture, image_processor):
    made = image_processor([[picture("wide")], [picture("square")]], return_tensors="pt")
    assert made["pixel_values"].shape == (2, 5, 3, 336, 336)
    wide_rows, wide_columns = (made["image_sizes"][0] // 336).tolist()
    assert (made["pixel_values"][0, 1 + wide_rows * wide_columns :] == 0).all()


def test_transparency_is_dropped_not_blended():
    clear = Image.new("RGBA", (8, 8), (200, 10, 30, 0))
    assert as_rgb(clear).getpixel((0, 0)) == (200, 10, 30)


def test_arrays_are_pictures_too(picture, image_processor):
    image = as_rgb(picture("landscape"))
    from_array = image_processor(np.array(image), return_tensors="pt")["pixel_values"]
    assert torch.equal(from_array, image_processor(image, return_tensors="pt")["pixel_values"])


def test_without_a_tensor_type_arrays_come_back(picture, image_processor):
    made = image_processor(picture("small"))
    assert all(isinstance(value, np.ndarray) for value in made.values())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("a/path.png", "not str"),
        (np.zeros((4, 4, 3), np.float32), "uint8"),
        ([], "no picture"),
    ],
)
def test_what_is_not_a_picture_is_refused(image_processor, wrong, message):
    with pytest.raises(ValueError, match=message):
        image_processor(wrong)


def test_no_crops_is_refused(picture, image_processor):
    with pytest.raises(ValueError, match="num_crops"):
        image_processor(picture("small"), num_crops=0)


def test_tiles_of_a_sheet():
    assert tiles(Image.new("RGB", (672, 336))) == (1, 2)
