"""Image features are the reference's, and cost no more than the pictures are worth."""

import pytest
import torch
from transformers.activations import ACT2FN

from extractor.phi3v.vision import QuickGelu, merge_patches

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


def test_the_activation_is_transformers_own_and_gradients_pass_it(model):
    tower = model.model.vision_embed_tokens.img_processor.vision_model
    own = tower.encoder.layers[0].mlp.activation_fn
    assert isinstance(own, QuickGelu)
    states = torch.randn(3, 5, requires_grad=True)
    made = own(states)
    assert torch.equal(made, ACT2FN["quick_gelu"](states))
    made.sum().backward()
    assert states.grad is not None


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_the_activations_kernel_computes_what_torch_does(cuda, dtype):
    states = 5 * torch.randn(3, 77, 130, device=cuda).to(dtype)
    near = {"atol": 1e-6, "rtol": 1e-5} if dtype is torch.float32 else {"atol": 0.0, "rtol": 0.02}
    expected = ACT2FN["quick_gelu"](states)
    torch.testing.assert_close(QuickGelu()(states), expected, **near)
    turned = states.transpose(1, 2)
    torch.testing.assert_close(QuickGelu()(turned), expected.transpose(1, 2), **near)
