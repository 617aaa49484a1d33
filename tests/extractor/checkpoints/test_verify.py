"""A sound checkpoint passes; each kind of damage has an error of one line."""

import json
import shutil
import struct
from pathlib import Path

import pytest

from extractor.checkpoints import KNOWN_MODELS, Checkpoint, expected_tensors, verify_checkpoint
from extractor.errors import CheckpointError

TINY = Path(__file__).parents[2] / "data" / "phi3v" / "tiny"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(TINY, tmp_path / "checkpoint"))


def broken(folder, **checkpoint):
    """The one line `verify_checkpoint` says."""
    with pytest.raises(CheckpointError) as error:
        verify_checkpoint(Checkpoint(folder, **checkpoint))
    assert "\n" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__context__ is None or error.value.__suppress_context__
    return str(error.value)


def change(file, **changes):
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def rewrite_header(file, edit):
    """Puts another header before the same data."""
    raw = file.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + length])
    edit(header)
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + raw[8 + length :])


def test_the_tiny_checkpoint_is_sound(folder):
    verify_checkpoint(Checkpoint(folder))


def test_a_quantized_checkpoint_is_not_measured_by_the_shapes_of_a_whole_one(folder):
    change(folder / "config.json", quantization_config={"quant_method": "bitsandbytes"})
    rewrite_header(folder / "model.safetensors", lambda header: header.pop("model.norm.weight"))
    verify_checkpoint(Checkpoint(folder))


def test_other_quantizations_are_named(folder):
    change(folder / "config.json", quantization_config={"quant_method": "awq", "bits": 4})
    assert "quantized with awq" in broken(folder)


def test_a_folder_without_a_config_is_no_checkpoint(tmp_path):
    assert "is not a checkpoint: it has no config.json" in broken(tmp_path)


@pytest.mark.parametrize("text", ["not json", "[1, 2]", ""])
def test_a_config_that_is_none(folder, text):
    (folder / "config.json").write_text(text)
    assert "not a JSON object" in broken(folder)


def test_another_architecture(folder):
    change(folder / "config.json", model_type="llama")
    assert "holds a llama model" in broken(folder)


def test_pickles_are_not_read(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "only safetensors" in broken(folder)


def test_no_weights_at_all(folder):
    (folder / "model.safetensors").unlink()
    assert "model.safetensors is missing" in broken(folder)


def test_truncated_weights(folder):
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:-1000])
    line = broken(folder)
    assert f"truncated: it has {len(whole) - 1000:,} of {len(whole):,} bytes" in line


def test_weights_truncated_within_their_header(folder):
    whole = (folder / "model.safetensors").read_bytes()
    for kept in (0, 5, 100):
        (folder / "model.safetensors").write_bytes(whole[:kept])
        assert "not a safetensors file" in broken(folder)


@pytest.mark.parametrize("junk", [b"PK\x03\x04" + b"\0" * 100, struct.pack("<Q", 4) + b"[12]"])
def test_a_file_of_another_kind(folder, junk):
    (folder / "model.safetensors").write_bytes(junk)
    assert "not a safetensors file" in broken(folder)


def test_a_git_lfs_pointer_in_place_of_the_weights(folder):
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    assert "git lfs pull" in broken(folder)


def test_an_index_that_is_none(folder):
    (folder / "model.safetensors.index.json").write_text('{"weight_map": 3}')
    assert "not an index" in broken(folder)


def test_a_missing_tensor(folder):
    rewrite_header(folder / "model.safetensors", lambda header: header.pop("model.norm.weight"))
    assert "lacks 1 of 82 tensors, such as model.norm.weight" in broken(folder)


def test_a_tensor_of_another_shape(folder):
    change(folder / "config.json", vocab_size=600)
    assert "is 512 x 64, not 600 x 64" in broken(folder)


def test_a_config_without_its_sizes(folder):
    config = json.loads((folder / "config.json").read_text())
    del config["hidden_size"]
    (folder / "config.json").write_text(json.dumps(config))
    assert "does not say hidden_size" in broken(folder)


def test_a_tokenizer_with_more_ids_than_the_model_has_rows(folder):
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["added_tokens"].append({"id": 512, "content": "<|more|>"})
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    assert "ids up to 512, the model 512 rows" in broken(folder)


def test_a_tokenizer_that_lacks_the_marks_of_the_prompt(folder):
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["added_tokens"] = [t for t in tokenizer["added_tokens"] if t["content"] != "<|user|>"]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    assert "does not know <|user|>" in broken(folder)


@pytest.mark.parametrize("text", ["{}", '{"model": {"vocab": {}}}'])
def test_a_tokenizer_that_is_none(folder, text):
    (folder / "tokenizer.json").write_text(text)
    assert "is not a tokenizer" in broken(folder)


def test_a_model_of_the_hub_is_fetched_again_by_its_command(folder):
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:-1])
    line = broken(folder, repo=KNOWN_MODELS[0].repo, revision="main")
    assert f"hf download {KNOWN_MODELS[0].repo} --revision main" in line


def test_tied_embeddings_have_no_head_of_their_own():
    config = json.loads((TINY / "config.json").read_text())
    assert expected_tensors(config).keys() - expected_tensors({**config, "tie_word_embeddings": True}).keys() == {
        "lm_head.weight"
    }
