"""The network: a document as a square of pixels in, how likely each cell is a portrait's or a ghost's middle out.

A small convolutional network with one way up again (Lin et al., 2017, FPN); cells answer with distances to the box's
sides (Tian et al., 2019, FCOS).
"""

from __future__ import annotations

import torch
from torch import nn

from extractor.portrait.shown import KINDS, STEP

_WIDTHS = (16, 32, 48, 64, 96)


class _Residual(nn.Module):
    """A residual block of two separable convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.path = nn.Sequential(*_separable(width), nn.ReLU(), *_separable(width))

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        return torch.relu(seen + self.path(seen))


def _separable(width: int) -> list[nn.Module]:
    deep = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
    return [deep, nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width)]


def _half(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())


class PortraitNetwork(nn.Module):
    """(n, 3, SIDE, SIDE) in 0..1 -> chances as logits (n, 2, cells, cells), distances to left, top, right and bottom
    in pixels (n, 4, cells, cells)."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d, e = _WIDTHS
        self.first = nn.Sequential(_half(3, a), _half(a, b), _Residual(b))
        self.eighth = nn.Sequential(_half(b, c), _Residual(c), _Residual(c))
        self.sixteenth = nn.Sequential(_half(c, d), _Residual(d), _Residual(d))
        self.last = nn.Sequential(_half(d, e), _Residual(e), _Residual(e), _Residual(e))
        self.up = nn.ModuleList([nn.Conv2d(e, d, 1), nn.Conv2d(d, c, 1)])
        self.joined = nn.ModuleList([_Residual(d), nn.Sequential(_Residual(c), _Residual(c))])
        self.answer = nn.Conv2d(c, len(KINDS) + 4, 1)
        nn.init.constant_(self.answer.bias[: len(KINDS)], -4.0)  # type: ignore[index]

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        eighth = self.eighth(self.first((image - 0.5) * 4))
        sixteenth = self.sixteenth(eighth)
        seen = self.joined[0](sixteenth + nn.functional.interpolate(self.up[0](self.last(sixteenth)), scale_factor=2.0))
        seen = self.joined[1](eighth + nn.functional.interpolate(self.up[1](seen), scale_factor=2.0))
        answer = self.answer(seen)
        return answer[:, : len(KINDS)], STEP * torch.exp(answer[:, len(KINDS) :].clamp(-4, 4))
