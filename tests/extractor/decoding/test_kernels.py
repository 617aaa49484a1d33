"""Each kernel computes what plain torch computes; the plain versions are held to the network by test_runner."""

import pytest
import torch

from extractor.decoding import plain
from extractor.decoding.masks import Chooser, spread

pytestmark = pytest.mark.gpu
DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
NEAR = {torch.float32: {"atol": 1e-5, "rtol": 1e-5}, torch.bfloat16: {"atol": 0.05, "rtol": 0.02}}


@pytest.fixture
def kernels(cuda):
    torch.manual_seed(0)
    from extractor.decoding import kernels as module

    return module


@DTYPES
@pytest.mark.parametrize("size", [64, 384, 3072])
def test_adding_and_norming(kernels, cuda, dtype, size):
    hidden, update = torch.randn(2, 3, 5, size, device=cuda).to(dtype)
    weight = torch.randn(size, device=cuda).to(dtype)
    before = hidden.clone()
    for more in (update, None):
        made, expected = (one.add_norm(hidden, more, weight, 1e-5) for one in (kernels, plain))
        for own, other in zip(made, expected, strict=True):
            torch.testing.assert_close(own, other, **NEAR[dtype])
    assert torch.equal(hidden, before)


@DTYPES
@pytest.mark.parametrize(("heads", "kv_heads", "size"), [(32, 32, 96), (6, 6, 64), (4, 2, 16)])
def test_rotating_into_the_cache(kernels, cuda, dtype, heads, kv_heads, size):
    projected = torch.randn(2, 3, (heads + 2 * kv_heads) * size, device=cuda).to(dtype)
    angles = torch.randn(2, 3, size // 2, device=cuda).repeat(1, 1, 2)
    at = torch.tensor([[3, 4, 5], [40, 0, 1]], device=cuda)
    made = []
    for one in (kernels, plain):
        keys, values = torch.zeros(2, 2, kv_heads, 41, size, dtype=dtype, device=cuda)
        queries = one.rotate_into(projected, angles.cos(), angles.sin(), keys, values, at)
        made.append((queries, keys, values))
    for own, other in zip(*made, strict=True):
        assert own.shape == other.shape
        torch.testing.assert_close(own, other, **NEAR[dtype])


@DTYPES
@pytest.mark.parametrize("documents", [1, 40])
@pytest.mark.parametrize(("heads", "kv_heads", "size"), [(32, 32, 96), (4, 2, 16)])
@pytest.mark.parametrize("length", [1, 4, 64, 200])
def test_attending(kernels, cuda, dtype, documents, heads, kv_heads, size, length):
    queries = torch.randn(documents, length, heads, size, device=cuda).to(dtype).transpose(1, 2)
    keys, values = torch.randn(2, documents, kv_heads, 1024, size, device=cuda).to(dtype)
    positions = torch.randint(0, 900, (documents, length), device=cuda).sort(dim=1).values
    positions[:, : length // 2] = -1
    positions[-1] = torch.arange(length, device=cuda)
    made, expected = (one.attend(queries, keys, values, positions) for one in (kernels, plain))
    torch.testing.assert_close(made[positions >= 0], expected[positions >= 0], **NEAR[dtype])
    part = kernels.attend(queries, keys[:, :, :900], values[:, :, :900], positions)
    assert torch.equal(part[positions >= 0], made[positions >= 0])


@DTYPES
@pytest.mark.parametrize("size", [64, 1024, 8192, 3000])
def test_gating(kernels, cuda, dtype, size):
    states = 3 * torch.randn(2, 3, 2 * size, device=cuda).to(dtype)
    torch.testing.assert_close(kernels.gated(states), plain.gated(states), **NEAR[dtype])


@DTYPES
@pytest.mark.parametrize("size", [70, 512, 32064])
def test_choosing(kernels, cuda, dtype, size):
    logits = 4 * torch.randn(6, size, device=cuda).to(dtype)
    logits[2, [5, 9, 60]] = 30.0  # of equals the first
    words = torch.randint(-(2**31), 2**31 - 1, (6, (size + 31) // 32), device=cuda, dtype=torch.int32)
    words[2, 0], words[2, 1] = -1, -1
    words[3] = 0
    words[3, 1] = 1 << 5  # only one is left
    places = [(0, row) for row in range(6)]
    tokens, probabilities = Chooser()(logits, words, places)
    expected, likely = Chooser()(logits.cpu(), spread(words, size).cpu(), places)
    assert tokens == expected
    assert (tokens[2], tokens[3]) == (5, 37)
    assert probabilities == pytest.approx(likely, rel=1e-3, abs=1e-5)
    everything, _ = Chooser()(logits, None, places)
    assert everything == logits.float().argmax(dim=-1).tolist()


def test_what_is_no_number_is_told_of(kernels, cuda):
    logits = torch.zeros(1, 100, device=cuda)
    logits[0, 50] = torch.nan
    assert kernels.choose(logits, None)[1].isnan().all()
