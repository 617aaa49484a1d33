"""Packed matrices multiply as the matrices they unpack to, which are as near to the originals as their bits allow."""

import pytest
import torch
from torch import nn

from extractor.checkpoints import find_checkpoint
from extractor.errors import UsageError
from extractor.phi3v import Phi3VConfig, Phi3VForConditionalGeneration, packing
from extractor.phi3v.loading import make_plan
from extractor.phi3v.packing import GROUP, PackedLinear, can_pack, pack4, pack8, pack_layers, unpack4, unpack8

BITS = pytest.mark.parametrize("bits", [8, 4])


def drawn(*shape, dtype=torch.float32, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


def distance(a, b):
    return float((a.double() - b.double()).norm() / b.double().norm())


@pytest.fixture
def wide():
    """A network whose widths the packing takes, with random weights."""
    config = Phi3VConfig(
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        vocab_size=512,
        pad_token_id=0,
        eos_token_id=2,
        original_max_position_embeddings=4096,
        vision_config={"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4},
    )
    torch.manual_seed(0)
    return Phi3VForConditionalGeneration(config).eval()


def test_eight_bits_lose_less_than_a_hundredth_and_four_less_than_a_tenth():
    weight = drawn(64, 512)
    assert distance(unpack8(*pack8(weight)), weight) < 0.01
    assert distance(unpack4(*pack4(weight)), weight) < 0.095


def test_a_range_that_is_shrunk_is_nearer_than_the_whole_one(monkeypatch):
    weight = drawn(64, 512)
    shrunk = distance(unpack4(*pack4(weight)), weight)
    monkeypatch.setattr(packing, "_SHRINKS", (1.0,))
    assert shrunk < distance(unpack4(*pack4(weight)), weight)


def test_what_the_steps_can_say_comes_back_exactly():
    steps = torch.randint(0, 16, (8, 256), generator=torch.Generator().manual_seed(1)).float()
    steps[:, ::GROUP], steps[:, 1::GROUP] = 0, 15
    assert torch.equal(unpack4(*pack4(steps * 0.5 - 3)), steps * 0.5 - 3)
    bytes_ = torch.randint(-127, 128, (8, 100), generator=torch.Generator().manual_seed(1)).float()
    bytes_[:, 0] = 127
    assert torch.equal(unpack8(*pack8(bytes_ * 0.25)), bytes_ * 0.25)


def test_constant_and_empty_rows_are_no_trouble():
    weight = torch.cat([torch.zeros(1, 128), torch.full((1, 128), 3.0), torch.full((1, 128), -2.5)])
    assert torch.allclose(unpack4(*pack4(weight)), weight, atol=1e-3)
    assert torch.allclose(unpack8(*pack8(weight)), weight, atol=3e-2)


@BITS
def test_a_packed_layer_takes_what_its_bits_take(bits):
    layer = PackedLinear(drawn(96, 256, dtype=torch.bfloat16), bits)
    taken = sum(buffer.numel() * buffer.element_size() for buffer in layer.buffers())
    assert taken == (96 * 256 + 96 * 2 if bits == 8 else 96 * 128 + 2 * 96 * 4 * 2)
    assert f"bits={bits}" in repr(layer)


@BITS
def test_a_product_is_that_with_the_matrix_unpacked(bits):
    layer = PackedLinear(drawn(96, 256), bits)
    x = drawn(2, 3, 256, seed=1)
    assert torch.equal(layer(x), nn.functional.linear(x, layer.unpacked()))


@BITS
@torch.no_grad()
def test_packing_a_decoder_leaves_everything_else_as_it_was(wide, bits):
    ids = torch.randint(1, 512, (1, 20), generator=torch.Generator().manual_seed(2))
    exact = wide(input_ids=ids).logits
    pack_layers(wide, bits, torch.device("cpu"))
    kinds = {
        name: type(module) for name, module in wide.named_modules() if isinstance(module, nn.Linear | PackedLinear)
    }
    packed = {name for name, kind in kinds.items() if kind is PackedLinear}
    assert len(packed) == 8
    assert all(name.startswith("model.layers.") for name in packed)
    assert kinds["lm_head"] is nn.Linear
    assert distance(wide(input_ids=ids).logits, exact) < (0.02 if bits == 8 else 0.25)


def test_a_decoder_whose_widths_do_not_fit_is_refused(tiny):
    narrow = nn.Linear(64, 64, bias=False)
    assert not can_pack(narrow, 4)
    assert can_pack(narrow, 8)
    assert not can_pack(nn.Linear(128, 64), 4)
    with pytest.raises(UsageError, match="packed takes widths that are multiples of 128; use bitsandbytes"):
        make_plan(find_checkpoint(tiny), dtype="int4", device="cpu", quantizer="packed")
    with pytest.raises(UsageError, match="quantizer 'gptq' is unknown"):
        make_plan(find_checkpoint(tiny), quantizer="gptq")


@BITS
def test_a_checkpoint_is_packed_as_it_is_loaded(wide, tiny, tmp_path, bits):
    from extractor.phi3v.loading import load

    folder = tmp_path / "wide"
    wide.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "preprocessor_config.json", "special_tokens_map.json"):
        (folder / name).write_bytes((tiny / name).read_bytes())
    loaded = load(folder, dtype=f"int{bits}", device="cpu", quantizer="packed")
    assert (loaded.plan.quantizer, loaded.plan.compute) == ("packed", torch.bfloat16)
    assert isinstance(loaded.model.model.layers[0].mlp.down_proj, PackedLinear)
    reference = load(folder, dtype="bfloat16", device="cpu")
    ids = torch.randint(1, 512, (1, 20), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        apart = distance(loaded.model(input_ids=ids).logits, reference.model(input_ids=ids).logits)
    assert apart < (0.05 if bits == 8 else 0.3)


# --- on a CUDA device


@pytest.mark.gpu
@BITS
@pytest.mark.parametrize("shape", [(96, 256), (3072, 8192), (50, 128)], ids=str)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_kernels_unpack_and_multiply_as_plain_torch_does(cuda, bits, shape, dtype):
    layer = PackedLinear(drawn(*shape, dtype=dtype), bits)
    plain = layer.unpacked()
    layer = layer.to(cuda)
    assert distance(layer.unpacked().cpu(), plain) < 1e-3
    for rows in (1, 2, 3, 8, 16, 33, 64, 65):
        x = drawn(rows, shape[1], dtype=dtype, seed=rows)
        made = layer(x.to(cuda)).cpu()
        assert made.isfinite().all()
        assert distance(made, x.double() @ plain.double().T) < 6e-3, rows
