"""A checkpoint is loaded as asked, or in what fits; what cannot be done is said in one line before it is tried."""

import json
import os
import shutil
import socket
import subprocess
import sys
import textwrap
import weakref

import pytest
import torch
from torch import nn
from transformers.utils import logging as transformers_logging

from extractor.checkpoints import Checkpoint
from extractor.errors import CheckpointError, DeviceError, MissingExtraError, UsageError
from extractor.phi3v import loading
from extractor.phi3v.loading import check_precision, choose_device, load, make_plan, memory_guard, weight_bytes

from ...tables import each
from .conftest import OFFICIAL

PROMPT = "<|user|>\n<|image_1|>\nRead it.<|end|>\n<|assistant|>\n"
DECODER_MATRICES = 12  # four in each of the tiny network's three layers


def one_line(error):
    assert "\n" not in str(error.value)
    return str(error.value)


def answer(loaded, picture):
    inputs = loaded.processor(text=PROMPT, images=picture("portrait"), return_tensors="pt")
    with torch.no_grad():
        logits = loaded.model(**inputs).logits
    ids = loaded.model.generate(**inputs, max_new_tokens=4, do_sample=False)
    return logits, ids[0, inputs["input_ids"].shape[1] :]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_plain_precisions_hold_every_weight_in_their_type(tiny, picture, dtype):
    loaded = load(tiny, dtype=dtype, device="cpu")
    wanted = getattr(torch, dtype)
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {wanted}
    logits, ids = answer(loaded, picture)
    assert logits.dtype == wanted
    assert logits.isfinite().all()
    assert len(ids) > 0
    assert not loaded.model.training
    assert loaded.plan.weight_bytes == loaded.model.num_parameters() * wanted.itemsize


@pytest.mark.parametrize(("dtype", "linear"), [("int8", "Linear8bitLt"), ("int4", "Linear4bit")])
def test_quantized_precisions_leave_the_tower_and_the_head_whole(tiny, picture, dtype, linear):
    loaded = load(tiny, dtype=dtype, device="cpu")
    quantized = [name for name, module in loaded.model.named_modules() if type(module).__name__ == linear]
    assert len(quantized) == DECODER_MATRICES
    assert all(name.startswith("model.layers.") for name in quantized)
    assert type(loaded.model.lm_head) is nn.Linear
    tower = loaded.model.model.vision_embed_tokens
    assert {type(m) for m in tower.modules() if isinstance(m, nn.Linear)} == {nn.Linear}
    assert {p.dtype for p in tower.parameters()} == {loaded.plan.compute}
    logits, ids = answer(loaded, picture)
    assert logits.isfinite().all()
    assert len(ids) > 0
    assert loaded.plan.weight_bytes == pytest.approx(loaded.model.get_memory_footprint(), rel=0.01)


def test_int4_is_nf4_with_double_quantization(tiny):
    import bitsandbytes

    exact = load(tiny, dtype="float32", device="cpu").model.model.layers[0].mlp.down_proj.weight
    state = load(tiny, dtype="int4", device="cpu").model.model.layers[0].mlp.down_proj.weight
    assert state.quant_type == "nf4"
    assert state.quant_state.nested
    again = bitsandbytes.functional.dequantize_4bit(state.data, state.quant_state).float()
    error = (again - exact).norm() / exact.norm()
    assert 0.01 < error < 0.15  # 16 levels for normally distributed weights: about 9 %


def test_int8_is_close_to_the_exact_answer(tiny, picture):
    exact, _ = answer(load(tiny, dtype="float32", device="cpu"), picture)
    near, _ = answer(load(tiny, dtype="int8", device="cpu"), picture)
    assert (near.float() - exact).abs().mean() < 0.2 * exact.std()


def test_an_answer_stops_at_every_token_that_ends_one(tiny):
    loaded = load(tiny, device="cpu")
    assert loaded.model.generation_config.eos_token_id == loaded.processor.stop_token_ids == [487, 480, 2]
    assert loaded.model.generation_config.pad_token_id == 480


def test_the_number_of_crops_can_be_chosen(tiny, picture):
    loaded = load(tiny, device="cpu", num_crops=9)
    assert loaded.processor(text=PROMPT, images=picture("square"))["pixel_values"].shape[1] == 10


def test_attention_is_sdpa_unless_asked_otherwise(tiny):
    assert load(tiny, device="cpu").model.config._attn_implementation == "sdpa"
    eager = load(tiny, device="cpu", attention="eager").model
    assert eager.config._attn_implementation == eager.config.vision_config._attn_implementation == "eager"


def test_a_quantized_checkpoint_is_loaded_as_it_was_saved(tiny, picture, tmp_path):
    first = load(tiny, dtype="int4", device="cpu")
    logits, _ = answer(first, picture)
    load(tiny, dtype="int4", device="cpu").model.save_pretrained(tmp_path)
    first.processor.save_pretrained(tmp_path)
    again = load(tmp_path, device="cpu")
    assert (again.plan.dtype, again.plan.reason) == ("int4", "the checkpoint is stored in int4")
    torch.testing.assert_close(answer(again, picture)[0], logits)
    with pytest.raises(UsageError, match="stored in int4"):
        load(tmp_path, dtype="float32", device="cpu")


def test_loading_touches_no_network_and_says_nothing(tiny, monkeypatch, capfd):
    def refuse(*_):
        pytest.fail("the network was asked")

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    before = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    load(tiny, dtype="int4", device="cpu")
    assert capfd.readouterr() == ("", "")
    assert (transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()) == before


@pytest.mark.slow
def test_bitsandbytes_is_kept_from_fetching_compiled_code(tiny, tmp_path):
    """With the `kernels` package installed, its import would download from the hub."""
    (tmp_path / "kernels.py").write_text("def get_kernel(*_, **__):\n    raise SystemExit('fetched')\n")
    code = f"""
        import kernels, sys
        from extractor.phi3v.loading import load
        load({str(tiny)!r}, dtype="int4", device="cpu")
        assert sys.modules["kernels"] is kernels
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


# --- what is chosen when nothing is asked for


@pytest.fixture
def free(monkeypatch):
    """`free(bytes)`: so much memory is free."""
    return lambda size: monkeypatch.setattr(loading, "free_memory", lambda device: size)


@pytest.fixture
def official(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "phi3_v", **OFFICIAL}))
    return Checkpoint(tmp_path)


@pytest.mark.parametrize(("gigabytes", "dtype"), [(64, "float32"), (16, "bfloat16"), (8, "int8"), (6, "int4")], ids=str)
def test_auto_takes_the_widest_precision_that_fits(official, free, gigabytes, dtype):
    free(gigabytes * 10**9)
    plan = make_plan(official, device="cpu")
    assert plan.dtype == dtype
    assert "widest that fits" in plan.reason


def test_auto_says_what_is_needed_where_nothing_fits(official, free):
    free(4 * 10**9)
    with pytest.raises(DeviceError) as error:
        make_plan(official, device="cpu")
    assert "even in int4; 4.0 GB are free" in one_line(error)


def test_without_bitsandbytes_auto_does_not_count_on_it(official, free, monkeypatch):
    monkeypatch.setattr(loading, "_has", lambda package: False)
    free(8 * 10**9)
    with pytest.raises(DeviceError, match="even in bfloat16"):
        make_plan(official, device="cpu")


def test_what_is_asked_for_is_tried_whatever_fits(official, free):
    free(0)
    assert make_plan(official, dtype="float16", device="cpu").reason == "asked for"


@each(
    ("dtype", "gigabytes"), [("float32", 16.59), ("bfloat16", 8.29), ("float16", 8.29), ("int8", 4.67), ("int4", 2.92)]
)
def test_the_published_size_in_each_precision(dtype, gigabytes):
    assert weight_bytes(OFFICIAL, dtype) / 1e9 == pytest.approx(gigabytes, abs=0.01)


def test_cuda_comes_first_then_mps_then_the_processor(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto") == "cuda:0"
    assert choose_device("cuda:1") == "cuda:1"
    with pytest.raises(DeviceError, match="cuda:2"):
        choose_device("cuda:2")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device("auto") == "mps"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto") == "cpu"


# --- what cannot be done


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there(monkeypatch, tiny, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(DeviceError) as error:
        load(tiny, device=device)
    assert "try --device cpu" in one_line(error)


@pytest.mark.parametrize("dtype", ["int4", "int8"])
def test_quantization_on_a_device_that_cannot(monkeypatch, tiny, dtype):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    with pytest.raises(DeviceError) as error:
        load(tiny, dtype=dtype, device="mps")
    assert "try --dtype float16" in one_line(error)


def test_quantization_without_bitsandbytes_names_what_to_install(monkeypatch):
    monkeypatch.setattr(loading, "_has", lambda package: False)
    with pytest.raises(MissingExtraError) as error:
        check_precision("int4", "cpu")
    assert 'pip install "id-document-extractor[phi3v]"' in one_line(error)


def test_flash_attention_where_it_cannot_run(tiny):
    with pytest.raises(DeviceError, match="CUDA device"):
        load(tiny, device="cpu", attention="flash_attention_2")


@pytest.mark.parametrize("asked", [{"dtype": "fp4"}, {"device": "tpu"}, {"device": "cuda:x"}, {"attention": "fast"}])
def test_an_unknown_name_is_answered_with_the_known_ones(tiny, asked):
    with pytest.raises(UsageError, match="choose one of"):
        load(tiny, **{"device": "cpu", **asked})


def test_a_broken_checkpoint_is_not_tried(tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "broken")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    with pytest.raises(CheckpointError, match="truncated"):
        load(folder, device="cpu")
    with pytest.raises(CheckpointError, match="no config"):
        load(tmp_path, device="cpu")


def test_a_rotary_embedding_that_is_not_known_is_a_checkpoint_error(tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "odd")
    config = json.loads((folder / "config.json").read_text())
    config["rope_scaling"]["type"] = "yarn"
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError) as error:
        load(folder, device="cpu")
    assert one_line(error) == "config.json, rope_scaling has an impossible type"


def test_a_tokenizer_its_library_cannot_take_is_a_checkpoint_error(tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "odd")
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["normalizer"] = {"type": "Imagined"}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(CheckpointError) as error:
        load(folder, device="cpu")
    assert "cannot be loaded" in one_line(error)


@pytest.mark.parametrize(
    "failure",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has a total capacity of ..."),
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried to ..."),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_out_of_memory_is_one_line_with_the_peak_and_what_to_try(failure):
    held = []

    def read():
        tensor = torch.zeros(1)
        held.append(weakref.ref(tensor))
        raise failure

    with pytest.raises(DeviceError) as error, memory_guard("cpu", "reading a page"):
        read()
    text = one_line(error)
    assert "while reading a page" in text
    assert "the peak was" in text
    assert "--dtype int4" in text
    assert error.value.__suppress_context__
    assert held[0]() is None  # the error does not keep what filled the memory


def test_other_failures_are_not_taken_for_want_of_memory():
    with pytest.raises(RuntimeError, match="shape"), memory_guard("cpu", "reading"):
        raise RuntimeError("shape mismatch")
