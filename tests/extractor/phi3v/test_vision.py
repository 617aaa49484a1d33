"""Image features are the reference's, and cost no more than the pictures are worth."""

import pytest
import torch

from extractor.phi3v.vision import merge_patches

IMAGE_CASES = ["image_landscape", "image_portrait", "two_images_long", "image_crops16_long"]


@torch.no_grad()
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("name", IMAGE_CASES)
def test_features_are_the_references(cases, processor, load_tiny, name, attention):
    model, case = load_tiny(attention), cases[name]
    inputs = case.inputs(processor)
    tower = model.model.vision_embed_tokens.img_processor
    clip = tower(inputs["pixel_values"][0, :1])[0]
    torch.testing.assert_close(clip[::6], case.golden["clip_features_stride6"], atol=5e-5, rtol=0)
    features = torch.cat(model.get_image_features(inputs["pixel_values"], inputs["image_sizes"]))
    torch.testing.assert_close(features[::9], case.golden["image_embeds_stride9"], atol=5e-5, rtol=0)


@torch.no_grad()
def test_empty_views_are_not_run_through_the_tower(picture, processor, model, monkeypatch):
    tower = model.model.vision_embed_tokens.img_processor
    seen = []
    original = tower.forward
    monkeypatch.setattr(tower, "forward", lambda views: seen.append(len(views)) or original(views))
    made = processor.image_processor([picture("wide"), picture("square")], num_crops=16, return_tensors="pt")
    features = model.get_image_features(made["pixel_values"], made["image_sizes"])
    tiles = (made["image_sizes"] // 336).prod(-1)
    assert seen == [int((tiles + 1).sum())]
    assert [len(feature) for feature in features] == made["num_img_tokens"].tolist()


@torch.no_grad()
def test_the_last_layer_is_not_run(model, picture, processor):
    """Its weights are in the checkpoint, but features come from the layer before it."""
    made = processor.image_processor(picture("small"), return_tensors="pt")
    vision = model.model.vision_embed_tokens
    before = vision(made["pixel_values"], made["image_sizes"])[0]
    hook = vision.img_processor.vision_model.encoder.layers[-1].register_forward_hook(lambda *_: pytest.fail("ran"))
    try:
        assert torch.equal(vision(made["pixel_values"], made["image_sizes"])[0], before)
    finally:
        hook.remove()


def test_each_two_by_two_square_of_patches_becomes_one():
    grid = torch.arange(16.0).view(1, 16, 1)  # 4 x 4 patches, numbered row by row
    merged = merge_patches(grid)
    assert merged.shape == (1, 2, 2, 4)
    assert merged[0, 0, 0].tolist() == [0, 1, 4, 5]
    assert merged[0, 1, 1].tolist() == [10, 11, 14, 15]
