"""A checkpoint whose small files say something impossible is one line, before anything is computed with it."""

import json
import os
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest

from extractor.checkpoints import Checkpoint, verify_checkpoint
from extractor.errors import CheckpointError

TINY = Path(__file__).parents[2] / "data" / "phi3v" / "tiny"
INDEX = "model.safetensors.index.json"
DEEP = b'{"a":' * 100_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "checkpoint"))


def broken(folder: Path) -> str:
    with pytest.raises(CheckpointError) as raised:
        verify_checkpoint(Checkpoint(folder))
    message = str(raised.value)
    assert "\n" not in message
    assert len(message) < 400
    return message


def change(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


STRANGE: list[Any] = ["x", 0, -1, 10**9, 10**400, 1.5, True, None, [1], {"a": 1}]


@pytest.mark.parametrize("value", STRANGE, ids=repr)
@pytest.mark.parametrize("name", ["hidden_size", "num_attention_heads", "num_hidden_layers", "vocab_size"])
def test_sizes_of_another_type_or_range(folder: Path, name: str, value: Any) -> None:
    change(folder / "config.json", **{name: value})
    assert broken(folder) == f"config.json has an impossible {name}"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"quantization_config": [1]}, "quantization_config"),
        ({"vision_config": [1]}, "vision_config"),
        ({"vision_config": {"patch_size": 0}}, "patch_size"),
        ({"img_processor": "clip"}, "img_processor"),
        ({"img_processor": {"vision_config": [1]}, "vision_config": None}, "vision_config"),
        ({"rope_scaling": {"type": ["su"]}}, "type"),
        ({"rope_scaling": {"type": "su", "short_factor": "x"}}, "short_factor"),
        ({"rms_norm_eps": "x"}, "rms_norm_eps"),
        ({"extractor": {"hint_bytes": "many"}}, "hint_bytes"),
        ({"extractor": {"prompt": {"a": 1}}}, "prompt"),
        ({"extractor": {"null_bonus": float("nan")}}, "null_bonus"),
        ({"num_key_value_heads": 10**9}, "num_key_value_heads"),
        ({"model_type": [1]}, "strange model"),
        ({"num_attention_heads": 3}, "multiple of num_attention_heads"),
        ({"num_key_value_heads": 3}, "multiple of num_key_value_heads"),
        ({"rope_scaling": {"type": "su", "short_factor": [1.0]}}, "short_factor"),
        ({"rope_scaling": {"type": "yarn"}}, "type"),
        ({"hidden_act": "relu"}, "hidden_act"),
        ({"is_encoder_decoder": True}, "is_encoder_decoder"),
        ({"torch_dtype": "int8"}, "torch_dtype"),
        ({"eos_token_id": "end"}, "eos_token_id"),
        ({"vision_config": {"image_size": 224}}, "image_size"),
        ({"vision_config": {"num_attention_heads": 3, "hidden_size": 64}}, "vision_config"),
        ({"extractor": {"lang": "xx"}}, "lang"),
    ],
)
def test_other_values_of_a_configuration(folder: Path, changes: dict[str, Any], named: str) -> None:
    change(folder / "config.json", **changes)
    assert named in broken(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"num_crops": 10**9},
        {"num_crops": 0},
        {"num_crops": "x"},
        {"num_crops": 2.0},
        {"image_mean": "x"},
        {"image_mean": [0.5, 0.5]},
        {"image_std": [0, 1, 1]},
        {"image_std": [float("inf")] * 3},
        {"num_img_tokens": -1},
    ],
    ids=repr,
)
@pytest.mark.parametrize("name", ["preprocessor_config.json", "processor_config.json"])
def test_preprocessing_that_is_impossible(folder: Path, name: str, changes: dict[str, Any]) -> None:
    inside = {"image_processor": changes} if name == "processor_config.json" else changes
    (folder / name).write_text(json.dumps(inside))
    assert f"has an impossible {next(iter(changes))}" in broken(folder)


@pytest.mark.parametrize("content", [DEEP, b"\xff\xfe", b"[1]", b"null", b'{"a": ' + b"1" * 5000 + b"}", b""])
@pytest.mark.parametrize(
    "name",
    [
        "config.json",
        "tokenizer.json",
        "generation_config.json",
        "tokenizer_config.json",
        "processor_config.json",
        INDEX,
    ],
)
def test_small_files_that_are_no_json_objects(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    assert f"{name} is not a JSON object" in broken(folder)


@pytest.mark.parametrize(
    "table", [{"a": 5}, {"a": ["model.safetensors"]}, {"a": None}, {}, [1], "x", None, {"a": "x", "b": 1}], ids=repr
)
def test_an_index_whose_values_are_no_names(folder: Path, table: Any) -> None:
    (folder / INDEX).write_text(json.dumps({"weight_map": table}))
    assert f"{INDEX} is not an index of weights" in broken(folder)


@pytest.mark.parametrize(
    "name",
    ["/tmp/model.safetensors", "../model.safetensors", "a/b.safetensors", "..", "", "a\n.safetensors", "x" * 500],
)
def test_an_index_names_files_of_its_own_folder(folder: Path, name: str) -> None:
    os.rename(folder / "model.safetensors", folder.parent / "model.safetensors")
    (folder / INDEX).write_text(json.dumps({"weight_map": {"a": name}}))
    assert "which is not a file of that folder" in broken(folder)


@pytest.mark.parametrize(
    "header",
    [
        DEEP,
        b"[1]",
        b'{"a": 1}',
        b'{"a": {"dtype": "F32", "data_offsets": [0, "x"], "shape": [1]}}',
        b'{"a": {"dtype": "F32", "data_offsets": [0, 1e999], "shape": [1]}}',
        b'{"a": {"dtype": "F32", "data_offsets": [0, 0], "shape": ["x"]}}',
        b'{"a": {"data_offsets": 5, "shape": null}}',
    ],
    ids=lambda header: header[:40].decode(),
)
def test_headers_of_weights_that_are_none(folder: Path, header: bytes) -> None:
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    assert "is not a safetensors file" in broken(folder)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda entry: entry.update(dtype="F64"), "not as large as its shape"),
        (lambda entry: entry.update(shape=[-1]), "not as large as its shape"),
        (lambda entry: entry.update(data_offsets=[8, 4]), "not as large as its shape"),
        (lambda entry: entry.update(data_offsets=[0, entry["data_offsets"][1] - entry["data_offsets"][0]]), "share"),
        (lambda entry: entry.update(dtype="I64"), "weights are F32"),
        (lambda entry: entry.pop("dtype"), "is not a safetensors file"),
    ],
)
def test_weights_whose_header_does_not_fit_them(folder: Path, edit: Any, message: str) -> None:
    file = folder / "model.safetensors"
    raw = file.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    edit(sorted(header.values(), key=lambda one: one["data_offsets"])[1])
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + raw[8 + length :])
    assert message in broken(folder)


def test_a_tensor_in_two_files(folder: Path) -> None:
    shutil.copy(folder / "model.safetensors", folder / "more.safetensors")
    (folder / INDEX).write_text(json.dumps({"weight_map": {"a": "model.safetensors", "b": "more.safetensors"}}))
    assert "twice" in broken(folder)


@pytest.mark.parametrize(
    "step",
    [
        {"pre_tokenizer": {"pretokenizers": [{"type": "Split", "pattern": {"Regex": "(a+)+$"}}]}},
        {"normalizer": {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 100_000}},
        {"normalizer": {"type": "Replace", "pattern": {"String": ""}, "content": "a"}},
        {"normalizer": {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 1000}},
    ],
)
def test_a_tokenizer_that_takes_long(folder: Path, step: dict[str, Any]) -> None:
    change(folder / "tokenizer.json", **step)
    assert "is not a tokenizer of this architecture" in broken(folder)


@pytest.mark.parametrize(
    "vocabulary",
    [
        {"model": [1]},
        {"model": {"vocab": {"a": "x"}}},
        {"model": {"vocab": 5}},
        {"model": {"vocab": {"a": 1}, "unk_token": "<unk>"}},
        {"model": {"vocab": {"a": 1}, "unk_token": ["a"]}},
        {},
    ],
)
def test_tokenizers_that_are_none(folder: Path, vocabulary: dict[str, Any]) -> None:
    (folder / "tokenizer.json").write_text(json.dumps(vocabulary))
    assert "is not a tokenizer" in broken(folder)
