"""The full-size checkpoint fits: all 592 tensors of the published release are expected, and none is missing.

A folder in the published form is made of sparse files: true headers and true lengths, 8.29 GB by name, a few
kilobytes on the disk. It goes through the same code a real one does, on the meta device.
"""

import json
import math
import struct

import pytest
import torch
from transformers import AutoConfig, AutoModelForImageTextToText

from extractor.checkpoints import Checkpoint, expected_tensors, verify_checkpoint
from extractor.errors import CheckpointError
from extractor.phi3v.modeling import OFFICIAL_STOPS

from .conftest import OFFICIAL

# What model.safetensors.index.json of the published release says of itself.
PUBLISHED_TENSORS, PUBLISHED_BYTES = 592, 8_293_242_880


def layer_names():
    """The published names, written out without the code under test."""
    vision = "model.vision_embed_tokens."
    tower = f"{vision}img_processor.vision_model."
    names = {"lm_head.weight", "model.embed_tokens.weight", "model.norm.weight", f"{vision}glb_GN", f"{vision}sub_GN"}
    names |= {f"{vision}img_projection.{n}.{kind}" for n in (0, 2) for kind in ("weight", "bias")}
    names |= {f"{tower}{n}.{kind}" for n in ("pre_layrnorm", "post_layernorm") for kind in ("weight", "bias")}
    names |= {f"{tower}embeddings.{n}" for n in ("class_embedding",)}
    names |= {f"{tower}embeddings.{n}.weight" for n in ("patch_embedding", "position_embedding")}
    for layer in range(32):
        parts = "self_attn.qkv_proj self_attn.o_proj mlp.gate_up_proj mlp.down_proj".split()
        parts += ["input_layernorm", "post_attention_layernorm"]
        names |= {f"model.layers.{layer}.{part}.weight" for part in parts}
    for layer in range(24):
        parts = "self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.out_proj".split()
        parts += ["mlp.fc1", "mlp.fc2", "layer_norm1", "layer_norm2"]
        names |= {f"{tower}encoder.layers.{layer}.{part}.{kind}" for part in parts for kind in ("weight", "bias")}
    return names


@pytest.fixture(scope="module")
def config(tiny):
    """The published config.json; its 48 factors are replaced by others, which change no shape."""
    published = json.loads((tiny / "config.json").read_text())
    del published["img_processor"]["vision_config"]
    published["img_processor"]["image_dim_out"] = 1024
    del published["pad_token_id"]
    factors = [1.0 + n / 8 for n in range(48)]
    return {
        **published,
        **OFFICIAL,
        "num_key_value_heads": 32,
        "original_max_position_embeddings": 4096,
        "sliding_window": 131072,
        "rope_scaling": {"type": "su", "short_factor": factors, "long_factor": factors},
        "torch_dtype": "bfloat16",
    }


def write_sparse(file, shapes):
    """A safetensors file whose data is a hole."""
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in shapes.items():
        start, end = end, end + 2 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        stream.truncate(8 + len(text) + end)


@pytest.fixture(scope="module")
def folder(config, tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("official")
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = json.loads((tiny / "tokenizer.json").read_text(encoding="utf-8"))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    for name in ("preprocessor_config.json", "generation_config.json", "tokenizer_config.json"):
        (folder / name).write_bytes((tiny / name).read_bytes())
    shapes = expected_tensors(config)
    names = sorted(shapes)
    weight_map = {}
    for number, part in enumerate((names[:300], names[300:]), start=1):
        shard = f"model-{number:05}-of-00002.safetensors"
        write_sparse(folder / shard, {name: shapes[name] for name in part})
        weight_map.update(dict.fromkeys(part, shard))
    index = {"metadata": {"total_size": PUBLISHED_BYTES}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def test_names_and_total_size_are_the_published_ones(config):
    shapes = expected_tensors(config)
    assert len(shapes) == PUBLISHED_TENSORS
    assert shapes.keys() == layer_names()
    assert 2 * sum(math.prod(shape) for shape in shapes.values()) == PUBLISHED_BYTES


def test_the_network_has_exactly_these_tensors(folder, config):
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(AutoConfig.from_pretrained(folder))
    assert {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()} == expected_tensors(config)
    rotary = model.model.rotary_emb
    assert (rotary.switch, rotary.attention_scaling) == (4096, pytest.approx((1 + 5 / 12) ** 0.5))


def test_the_folder_is_sound_and_loads_with_nothing_missing_and_nothing_left_over(folder):
    verify_checkpoint(Checkpoint(folder))
    model, report = AutoModelForImageTextToText.from_pretrained(folder, device_map="meta", output_loading_info=True)
    assert not any(report.values()), report
    assert model.dtype == torch.bfloat16
    assert model.generation_config.eos_token_id == list(OFFICIAL_STOPS)
    assert model.config._attn_implementation == "sdpa"
    assert sum(p.numel() for p in model.parameters()) * 2 == PUBLISHED_BYTES


def test_a_shard_cut_short_is_found(folder):
    shard = Checkpoint(folder).weight_files[1]
    size = shard.stat().st_size
    try:
        with shard.open("r+b") as stream:
            stream.truncate(size - 4096)
        with pytest.raises(CheckpointError, match="truncated"):
            verify_checkpoint(Checkpoint(folder))
    finally:
        with shard.open("r+b") as stream:
            stream.truncate(size)
