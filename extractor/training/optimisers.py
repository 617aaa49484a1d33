"""Optimizers: Muon for the matrices inside the blocks, AdamW for everything else, one schedule for both.

Muon (Jordan et al., 2024) replaces a matrix's averaged gradient by the nearest orthogonal one, found by five steps of
Newton and Schulz; a network of this size learns several times faster by it. Matrices of the same shape are moved
together. Fused projections (queries, keys and values in one) are matrices of their own.

Weights are kept in float32 here and copied into the model's own type after each step, so that the model can run in
bfloat16 without losing small changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn

#: Share of the new gradient in the average, and of the average in the step (Nesterov's way).
_MOMENTUM = 0.95
#: A step's size in terms of AdamW's, for a matrix of this many rows or columns.
_SCALE = 0.2
_NEWTON_SCHULZ = (3.4445, -4.775, 2.0315)
_ROUNDS = 5


def split(names: str, weight: torch.Tensor) -> list[torch.Tensor]:
    """The matrices that a fused projection is made of."""
    if "qkv_proj" in names:
        return list(weight.chunk(3, 0))
    return list(weight.chunk(2, 0)) if "gate_up_proj" in names else [weight]


def is_inner(name: str, weight: torch.Tensor) -> bool:
    """Whether Muon moves a weight: a matrix inside a block or the projection, no embedding and no head."""
    return weight.dim() == 2 and not any(part in name for part in ("embed_tokens.weight", "embedding", "lm_head"))


@dataclass(frozen=True)
class Rates:
    """Peak learning rates and decays."""

    muon: float = 3e-3
    adam: float = 1e-3
    muon_decay: float = 0.03
    adam_decay: float = 0.01


class MuonAdamW:
    """Both optimisers over the weights of a model (and of its scaffolding), with float32 copies of all of them."""

    def __init__(self, named: Iterable[tuple[str, nn.Parameter]], rates: Rates | None = None) -> None:
        self.rates = rates or Rates()
        self.named = [(name, weight) for name, weight in named if weight.requires_grad]
        self.copies = {name: weight.detach().float().clone() for name, weight in self.named}
        self.groups: dict[tuple[int, ...], list[tuple[str, int]]] = {}
        others: list[str] = []
        for name, weight in self.named:
            if is_inner(name, weight):
                for part, matrix in enumerate(split(name, weight)):
                    # Towers apart, so that a step over one alone finds its own.
                    self.groups.setdefault((*matrix.shape, int("vision" in name)), []).append((name, part))
            else:
                others.append(name)
        device = self.named[0][1].device
        self.momenta = {
            shape: torch.zeros(len(members), *shape[:2], device=device) for shape, members in self.groups.items()
        }
        self._live = dict(self.named)
        for name in others:
            self.copies[name].requires_grad_(True)
        decayed = [self.copies[name] for name in others if self.copies[name].dim() >= 2]
        plain = [self.copies[name] for name in others if self.copies[name].dim() < 2]
        self.adam_names = others
        self.adam = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": self.rates.adam_decay},
                {"params": plain, "weight_decay": 0.0},
            ],
            lr=self.rates.adam,
            betas=(0.9, 0.98),
            fused=device.type == "cuda",
        )

    def step(self, share: float, limit: float = 1.0) -> torch.Tensor:
        """Moves all weights that have a gradient at `share` of the peak rates, gradients clipped to a joint norm of
        `limit`; returns that norm before. Gradients are gone after. Where several processes train together, the
        gradients are the mean of all of theirs."""
        gradients = {name: weight.grad.float() for name, weight in self.named if weight.grad is not None}
        if torch.distributed.is_initialized():
            _average(list(gradients.values()))
        norm = torch.nn.utils.get_total_norm(list(gradients.values()))
        factor = (limit / (norm + 1e-6)).clamp(max=1.0)
        torch._foreach_mul_(list(gradients.values()), factor)
        self._adam_step({name: gradients[name] for name in self.adam_names if name in gradients}, share)
        self._muon_step(gradients, share)
        self.publish(gradients)
        for _, weight in self.named:
            weight.grad = None
        return norm

    @torch.no_grad()
    def publish(self, names: Iterable[str] | None = None) -> None:
        """Copies the float32 weights into the model's."""
        chosen = list(self.copies if names is None else names)
        torch._foreach_copy_([self._live[name].data for name in chosen], [self.copies[name].data for name in chosen])

    def _adam_step(self, gradients: dict[str, torch.Tensor], share: float) -> None:
        for name in self.adam_names:
            self.copies[name].grad = gradients.get(name)
        for group in self.adam.param_groups:
            group["lr"] = self.rates.adam * share
        self.adam.step()
        for name in self.adam_names:
            self.copies[name].grad = None

    @torch.no_grad()
    def _muon_step(self, gradients: dict[str, torch.Tensor], share: float) -> None:
        for shape, members in self.groups.items():
            if members[0][0] not in gradients:
                continue
            new = torch.stack([split(name, gradients[name])[part] for name, part in members])
            momentum = self.momenta[shape]
            momentum.lerp_(new, 1 - _MOMENTUM)
            moves = orthogonal(new.lerp(momentum, _MOMENTUM)).float()
            moves.mul_(-self.rates.muon * share * _SCALE * math.sqrt(max(shape[:2])))
            matrices = [split(name, self.copies[name])[part] for name, part in members]
            torch._foreach_mul_(matrices, 1 - self.rates.muon * share * self.rates.muon_decay)
            torch._foreach_add_(matrices, list(moves.unbind(0)))


def _average(gradients: list[torch.Tensor]) -> None:
    """Replaces gradients by their mean over all processes, in one exchange."""
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    torch.distributed.all_reduce(flat)
    flat /= torch.distributed.get_world_size()
    parts = flat.split([gradient.numel() for gradient in gradients])
    torch._foreach_copy_(gradients, [part.view_as(own) for part, own in zip(parts, gradients, strict=True)])


def orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    """Matrices (N, R, C) with their singular values brought near 1; in bfloat16, but float32 on a CPU."""
    a, b, c = _NEWTON_SCHULZ
    tall = matrices.shape[1] > matrices.shape[2]
    # CPUs multiply bfloat16 at a crawl.
    kind = torch.float32 if matrices.device.type == "cpu" else torch.bfloat16
    x = (matrices.mT if tall else matrices).to(kind)
    x = x / (x.float().norm(dim=(1, 2), keepdim=True) + 1e-7).to(kind)
    for _ in range(_ROUNDS):
        gram = x @ x.mT
        x = a * x + torch.baddbmm(gram, gram, gram, beta=b, alpha=c) @ x
    return x.mT if tall else x


def schedule(done: float, *, warm: float = 0.0, flat: float = 0.25) -> float:
    """The share of the peak rate after a share `done` of the whole training, all its runs together: it rises during
    `warm`, holds during `flat`, and falls in a straight line to nothing."""
    rising = 1.0 if warm <= 0 else min(1.0, done / warm)
    falling = 1.0 if done <= flat else max(0.0, (1 - done) / (1 - flat))
    return rising * falling
