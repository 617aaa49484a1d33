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


def edited(file, edit):
    content = json.loads(file.read_text())
    edit(content)
    file.write_text(json.dumps(content))


def marks_without_the_user(tokenizer):
    tokenizer["added_tokens"] = [one for one in tokenizer["added_tokens"] if one["content"] != "<|user|>"]


CONFIG, TOKENIZER, WEIGHTS = "config.json", "tokenizer.json", "model.safetensors"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
#: What is done to a sound folder, and what is said of it; `test_values` has impossible values.
DAMAGES = [
    (lambda at: change(at / CONFIG, quantization_config={"quant_method": "awq", "bits": 4}), "quantized with awq"),
    (lambda at: (at / CONFIG).unlink(), "is not a checkpoint: it has no config.json"),
    (lambda at: change(at / CONFIG, model_type="llama"), "holds a llama model"),
    (lambda at: change(at / CONFIG, vocab_size=600), "is 512 x 64, not 600 x 64"),
    (lambda at: edited(at / CONFIG, lambda config: config.pop("hidden_size")), "does not say hidden_size"),
    (lambda at: (at / WEIGHTS).rename(at / "pytorch_model.bin"), "only safetensors"),
    (lambda at: (at / WEIGHTS).unlink(), "model.safetensors is missing"),
    (lambda at: (at / WEIGHTS).write_bytes((at / WEIGHTS).read_bytes()[:100]), "not a safetensors file"),
    (lambda at: (at / WEIGHTS).write_bytes(b"PK\x03\x04" + b"\0" * 100), "not a safetensors file"),
    (lambda at: (at / WEIGHTS).write_text(POINTER), "git lfs pull"),
    (lambda at: rewrite_header(at / WEIGHTS, lambda header: header.pop("model.norm.weight")),
     "lacks 1 of 82 tensors, such as model.norm.weight"),
    (lambda at: edited(at / TOKENIZER, lambda one: one["added_tokens"].append({"id": 512, "content": "<|more|>"})),
     "ids up to 512, the model 512 rows"),
    (lambda at: edited(at / TOKENIZER, marks_without_the_user), "does not know <|user|>"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "said"), DAMAGES, ids=[said for _, said in DAMAGES])
def test_each_kind_of_damage_is_named(folder, damage, said):
    damage(folder)
    assert said in broken(folder)


def test_truncated_weights_say_how_much_is_there(folder):
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole[:-1000])
    assert f"truncated: it has {len(whole) - 1000:,} of {len(whole):,} bytes" in broken(folder)


def test_weights_that_go_on_after_their_end_are_damaged(folder):
    with (folder / WEIGHTS).open("ab") as file:
        file.write(b"x")
    assert "is damaged: it has" in broken(folder)


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
