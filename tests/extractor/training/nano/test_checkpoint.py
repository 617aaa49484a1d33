"""The shipped checkpoint: whole, small, of our own tokenizer; and weights taken over between vocabularies."""

import json

import pytest
import torch
from safetensors.torch import save_file

from extractor.checkpoints import find_checkpoint, verify_checkpoint
from extractor.training.nano.checkpoint import (
    HINT_BYTES,
    NULL_BONUS,
    NUM_CROPS,
    new_config,
    new_model,
    warm_start,
    write_folder,
)


def test_the_shipped_checkpoint_is_whole_and_small(shipped):
    checkpoint = find_checkpoint("nano")
    assert checkpoint.folder == shipped
    verify_checkpoint(checkpoint)
    assert checkpoint.size <= 48_000_000
    assert (shipped / "README.md").is_file()


def test_it_says_how_it_wants_to_be_asked(shipped, processor):
    wishes = json.loads((shipped / "config.json").read_text())["extractor"]
    usual = {"prompt": "short", "hints": True, "lang": "en", "framed": True}
    assert wishes == {**usual, "hint_bytes": HINT_BYTES, "null_bonus": NULL_BONUS}
    assert processor.image_processor.num_crops == NUM_CROPS


def test_a_folder_is_written_as_published_ones_are(tmp_path, processor, small):
    config = new_config(processor.tokenizer)
    model = new_model(config)
    write_folder(tmp_path, config, processor, dict(model.named_parameters()))
    verify_checkpoint(find_checkpoint(tmp_path))


def test_rows_of_shared_tokens_are_taken_over(tmp_path, processor, small):
    config = new_config(processor.tokenizer)
    ours, theirs = new_model(config, seed=1), new_model(config, seed=2)
    vocabulary = processor.tokenizer.get_vocab()
    half = config.vocab_size // 2
    weights = {name: weight.detach().clone() for name, weight in theirs.named_parameters()}
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        weights[name] = weights[name][:half].clone()
    save_file(weights, tmp_path / "model.safetensors")
    result = json.loads(processor.tokenizer.backend_tokenizer.to_str())
    result["model"]["vocab"] = {token: row for token, row in result["model"]["vocab"].items() if row < half}
    result["added_tokens"] = [token for token in result["added_tokens"] if token["id"] < half]
    result["post_processor"] = None
    (tmp_path / "tokenizer.json").write_text(json.dumps(result), "utf-8")
    before = ours.lm_head.weight.detach().clone()
    shared = warm_start(ours, processor.tokenizer, tmp_path)
    assert half - 20 < shared <= len(vocabulary)
    row = vocabulary["A"]
    torch.testing.assert_close(ours.lm_head.weight[row], weights["lm_head.weight"][row])
    new = vocabulary['"visa_class":']
    assert new >= half
    assert torch.equal(ours.lm_head.weight[new], before[new])
    torch.testing.assert_close(ours.model.norm.weight, theirs.model.norm.weight)


def test_weights_of_another_kind_are_refused(tmp_path, processor, small):
    save_file({"other": torch.zeros(2)}, tmp_path / "model.safetensors")
    processor.tokenizer.backend_tokenizer.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ValueError, match="holds no tensor that fits"):
        warm_start(new_model(new_config(processor.tokenizer)), processor.tokenizer, tmp_path)
