"""What moves the weights: both kinds do, one schedule for all runs, and a state that goes on where it stopped."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from extractor.training.optimisers import MuonAdamW, Rates, is_inner, orthogonal, schedule, split


def _network() -> nn.Module:
    torch.manual_seed(0)
    network = nn.Module()
    network.embed_tokens = nn.Embedding(7, 8)
    network.qkv_proj = nn.Linear(8, 24, bias=False)
    network.out = nn.Linear(24, 3)
    return network


def _loss(network: nn.Module) -> torch.Tensor:
    hidden = network.out(torch.tanh(network.qkv_proj(network.embed_tokens(torch.arange(7)))))
    return nn.functional.cross_entropy(hidden, torch.tensor([0, 1, 2, 0, 1, 2, 0]))


@pytest.mark.parametrize("shape", [(3, 8, 24), (2, 24, 8), (1, 16, 16)])
def test_orthogonal_brings_singular_values_near_one(shape):
    found = torch.linalg.svdvals(orthogonal(torch.randn(shape, generator=torch.manual_seed(1))).float())
    assert found.min() > 0.6
    assert found.max() < 1.3


def test_fused_projections_are_moved_as_the_matrices_they_are():
    weight = torch.randn(24, 8)
    assert [part.shape for part in split("x.qkv_proj.weight", weight)] == [(8, 8)] * 3
    assert [part.shape for part in split("x.gate_up_proj.weight", weight)] == [(12, 8)] * 2
    assert split("x.o_proj.weight", weight)[0] is weight


def test_embeddings_and_heads_are_left_to_adamw():
    assert not is_inner("model.embed_tokens.weight", torch.zeros(4, 4))
    assert not is_inner("lm_head.weight", torch.zeros(4, 4))
    assert not is_inner("a.norm.weight", torch.zeros(4))
    assert is_inner("model.layers.0.mlp.down_proj.weight", torch.zeros(4, 4))


def test_training_lowers_the_loss():
    network = _network()
    optimizer = MuonAdamW(network.named_parameters(), Rates(muon=0.02, adam=0.02))
    first = float(_loss(network).detach())
    for _ in range(30):
        _loss(network).backward()
        optimizer.step(1.0)
    assert float(_loss(network).detach()) < 0.3 * first


def test_gradients_are_clipped_to_their_joint_norm():
    network = _network()
    optimizer = MuonAdamW(network.named_parameters())
    (1000 * _loss(network)).backward()
    assert float(optimizer.step(0.0)) > 1
    assert all(weight.grad is None for weight in network.parameters())


@given(st.floats(0, 1), st.floats(0, 0.2), st.floats(0, 0.9))
def test_the_schedule_stays_between_nothing_and_the_peak(done, warm, flat):
    assert 0 <= schedule(done, warm=warm, flat=flat) <= 1


def test_the_schedule_rises_holds_and_falls_to_nothing():
    assert schedule(0.05, warm=0.1) == pytest.approx(0.5)
    assert schedule(0.2, warm=0.1) == 1
    assert schedule(0.625, warm=0.1, flat=0.25) == pytest.approx(0.5)
    assert schedule(1.0) == 0


def _share(rank: int, rendezvous: str, found: str) -> None:
    torch.distributed.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=2)
    network = _network()
    optimizer = MuonAdamW(network.named_parameters(), Rates())
    for step in range(2):
        (_loss(network) * (1 + rank + step)).backward()
        optimizer.step(1.0)
    torch.save(optimizer.copies, f"{found}{rank}.pt")
    torch.distributed.destroy_process_group()


@pytest.mark.long
def test_processes_that_train_together_step_by_their_mean_gradient_and_stay_equal(tmp_path):
    torch.multiprocessing.spawn(_share, (str(tmp_path / "meet"), str(tmp_path / "weights")), nprocs=2)
    alone = _network()
    optimizer = MuonAdamW(alone.named_parameters(), Rates())
    for step in range(2):
        (_loss(alone) * (1.5 + step)).backward()  # the mean of 1 and 2 times the loss
        optimizer.step(1.0)
    for rank in range(2):
        together = torch.load(tmp_path / f"weights{rank}.pt", weights_only=True)
        for name, weight in optimizer.copies.items():
            torch.testing.assert_close(together[name], weight.detach(), rtol=1e-4, atol=1e-6)
