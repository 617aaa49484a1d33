"""Phi3VConfig reads the published file as it is, and says so where it cannot."""

import json

import pytest
from transformers import AutoConfig, CLIPVisionConfig

from extractor.phi3v import Phi3VConfig

from .conftest import OFFICIAL


@pytest.fixture
def published(tiny):
    return json.loads((tiny / "config.json").read_text())


def test_the_published_file_is_read_through_the_auto_class(tiny):
    config = AutoConfig.from_pretrained(tiny)
    assert isinstance(config, Phi3VConfig)
    assert (config.hidden_size, config.num_hidden_layers, config.vocab_size) == (64, 3, 512)
    assert (config.vision_config.hidden_size, config.vision_config.num_hidden_layers) == (64, 3)


def test_su_is_longrope_with_its_original_length_inside(published):
    config = Phi3VConfig(**published)
    assert config.rope_parameters["rope_type"] == "longrope"
    assert config.rope_parameters["original_max_position_embeddings"] == config.rope_switch == 1024
    assert config.rope_parameters["short_factor"] == published["rope_scaling"]["short_factor"]


def test_pins_of_the_published_file_are_dropped(published):
    config = Phi3VConfig(**published)
    assert config._attn_implementation is None
    assert not hasattr(config, "auto_map")
    assert config.sliding_window is None


def test_a_window_that_hides_something_is_kept(published):
    assert Phi3VConfig(**{**published, "sliding_window": 512}).sliding_window == 512


def test_the_vision_tower_is_clip_large_where_the_file_only_names_it(published):
    del published["img_processor"]["vision_config"]
    published["img_processor"]["image_dim_out"] = 1024
    vision = Phi3VConfig(**published).vision_config
    assert isinstance(vision, CLIPVisionConfig)
    assert (vision.hidden_size, vision.intermediate_size, vision.num_hidden_layers) == (1024, 4096, 24)
    assert (vision.image_size, vision.patch_size, vision.hidden_act) == (336, 14, "quick_gelu")


def test_defaults_are_the_published_sizes():
    config = Phi3VConfig(max_position_embeddings=131072)
    assert {key: getattr(config, key) for key in OFFICIAL} == OFFICIAL


def test_the_attention_factor_is_longropes_rule_at_the_published_lengths(published):
    official = {**published, **OFFICIAL, "original_max_position_embeddings": 4096}
    factors = [1.0] * 48
    official["rope_scaling"] = {"type": "su", "short_factor": factors, "long_factor": factors}
    # sqrt(1 + ln 32 / ln 4096), with 32 = 2^5 and 4096 = 2^12
    assert Phi3VConfig(**official).rope_attention_factor == pytest.approx((1 + 5 / 12) ** 0.5)


def test_a_stated_attention_factor_is_taken(published):
    published["rope_scaling"]["attention_factor"] = 1.25
    assert Phi3VConfig(**published).rope_attention_factor == 1.25


def test_a_plain_rotary_embedding_never_switches(published):
    published["rope_scaling"] = None
    config = Phi3VConfig(**published)
    assert config.rope_switch is None
    assert config.rope_attention_factor == 1.0


def test_saved_and_read_again_it_is_the_same(published, tmp_path):
    config = Phi3VConfig(**published)
    config.save_pretrained(tmp_path)
    again = Phi3VConfig.from_pretrained(tmp_path).to_dict()
    assert {**again, "_name_or_path": ""} == {**config.to_dict(), "_name_or_path": ""}
    assert "auto_map" not in json.loads((tmp_path / "config.json").read_text())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rope_scaling": {"type": "yarn", "factor": 2.0}}, "yarn"),
        ({"embd_layer": {"hd_transform_order": "glb_sub"}}, "hd_transform_order"),
        ({"embd_layer": {"use_hd_transform": False}}, "use_hd_transform"),
        ({"img_processor": {"image_dim_out": 1280}}, "1280"),
    ],
)
def test_an_unknown_layout_is_refused_by_name(published, change, message):
    with pytest.raises(ValueError, match=message):
        Phi3VConfig(**{**published, **change})
