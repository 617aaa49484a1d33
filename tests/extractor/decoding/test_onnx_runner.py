"""The exported network over onnxruntime gives what the network gives, forwards, backwards and past the switch."""

import numpy as np
import pytest
import torch

from extractor.checkpoints.onnx_folder import read_onnx_folder
from extractor.decoding.onnx_runner import Models, OnnxRunner
from extractor.decoding.runner import EagerRunner
from extractor.errors import UsageError
from extractor.phi3v.export import export
from extractor.phi3v.graph import BLOCK, quantize

ASK = "<|user|>\n<|image_1|>\n<|image_2|>\nRead it.<|end|>\n<|assistant|>\n"
CLOSE = {"atol": 2e-4, "rtol": 0}


@pytest.fixture(scope="module")
def models(model, tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("onnx")
    export(model, tiny, folder, "float32")
    return Models(read_onnx_folder(folder), 1)


def _both(model, models, inputs, places=900, room=None):
    runners = EagerRunner(model, 1, places), OnnxRunner(models, places, room)
    for runner in runners:
        runner.take(inputs)
    return runners


def test_a_prompt_of_two_pictures_then_steps_of_several_widths_there_and_back(model, models, processor, picture):
    inputs = processor(text=ASK, images=[picture, picture.rotate(90)], num_crops=1, return_tensors="pt")
    network, runner = _both(model, models, inputs)
    assert runner.lengths == network.lengths
    assert runner.rows == network.rows
    torch.testing.assert_close(runner.prefill([[5, 6, 7]], 3), network.prefill([[5, 6, 7]], 3), **CLOSE)
    (length,) = runner.lengths
    for tokens, after in (([9, 10, 11], 3), ([12], 4), ([13, 14], 5), ([20, 21, 22, 23], 1)):
        positions = np.arange(length + after, length + after + len(tokens))[None]
        step = np.array([tokens]), positions, 1
        torch.testing.assert_close(runner.step(*step), network.step(*step), **CLOSE)


def test_the_cache_grows_and_keeps_what_it_holds(model, models, processor):
    inputs = processor(text="Read it.", return_tensors="pt")
    network, runner = _both(model, models, inputs, places=700, room=8)
    for each in (network, runner):
        each.prefill([[]])
    (length,) = runner.lengths
    for number in range(300):
        step = np.array([[number % 97]]), np.array([[length + number]])
        result, expected = runner.step(*step), network.step(*step)
    torch.testing.assert_close(result, expected, **CLOSE)
    with pytest.raises(UsageError):
        OnnxRunner(models, models.folder.context + 1)


@pytest.mark.parametrize("tokens", [40, 1040], ids=["short factors", "long factors"])
def test_longrope_takes_the_factors_of_the_length(model, models, tokens):
    assert models.folder.rope_switch == model.config.rope_switch == 1024
    ids = torch.arange(tokens)[None] % 400 + 3
    network, runner = _both(model, models, {"input_ids": ids, "attention_mask": torch.ones_like(ids)}, places=1100)
    torch.testing.assert_close(runner.prefill([[]], 8), network.prefill([[]], 8), **CLOSE)


@pytest.mark.parametrize(("bits", "share"), [(4, 1 / 8), (8, 1 / 128)])
def test_blocks_are_off_by_half_a_level_at_most(bits, share):
    weight = np.random.default_rng(0).normal(size=(6, 80)).astype(np.float32)
    weight[2] = 0
    numbers, scales = quantize(weight, bits)
    if bits == 4:
        numbers = np.stack([numbers & 15, numbers >> 4], axis=-1).reshape(6, 3, BLOCK)
    back = (numbers.astype(np.float32) - (1 << (bits - 1))) * scales.reshape(6, 3, 1)
    back = back.reshape(6, -1)[:, :80]
    # the level opposite to the farthest one does not exist, so that what is nearly as far may be off by a whole one
    assert np.abs(back - weight).max() <= np.abs(weight).max() * share
    assert (back[2] == 0).all()
