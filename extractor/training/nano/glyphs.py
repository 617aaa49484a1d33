"""Auxiliary loss: classify the character at each known position from the vision tower's features.

The drawing knows where every character stands. At each one's centre the feature of its patch (14 pixels) and the
projected feature of its 2 x 2 patches (28 pixels) have to name it. Several characters share a patch, so the feature is
gated by where in it the centre lies. Without this loss, reading takes hours to emerge; with it, minutes. It is
scaffolding: none of it is part of the model.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from extractor.phi3v.image_processing import ROW, TOKENS_PER_VIEW

_PATCH = 14
#: Cells that a patch, and a square of four patches, are divided into each way.
_FINE, _COARSE = 4, 8


class GlyphHead(nn.Module):
    """Names characters from the features at their places."""

    def __init__(self, patch: int, row: int, classes: int, width: int = 384) -> None:
        super().__init__()
        self.from_patch, self.from_row = nn.Linear(patch, width), nn.Linear(row, width)
        self.patch_gates = nn.Parameter(1 + 0.5 * torch.randn(_FINE * _FINE, width))
        self.row_gates = nn.Parameter(1 + 0.5 * torch.randn(_COARSE * _COARSE, width))
        self.out = nn.Linear(width, classes)

    def forward(self, patches: torch.Tensor, table: torch.Tensor, glyphs: torch.Tensor) -> torch.Tensor:
        """Patches (B, V, 24, 24, C), projected rows (B, R, D) and glyphs (B, N, 4) of view, x, y, class (-1: none) to
        (3,): the loss by patches, the loss by rows, and how many of the characters rows name rightly."""
        view, x, y, classes = glyphs.clamp(min=0).unbind(-1)
        wanted = torch.where(glyphs[..., 3] < 0, -100, classes)
        batch = torch.arange(len(glyphs), device=glyphs.device)[:, None]
        fine = patches[batch, view, y // _PATCH, x // _PATCH]
        fine_cell = y % _PATCH * _FINE // _PATCH * _FINE + x % _PATCH * _FINE // _PATCH
        side = 2 * _PATCH
        coarse = table[batch, view * TOKENS_PER_VIEW + y // side * ROW + x // side]
        coarse_cell = y % side * _COARSE // side * _COARSE + x % side * _COARSE // side
        by_patch, _ = self._named(self.from_patch(fine), self.patch_gates[fine_cell], wanted)
        by_row, right = self._named(self.from_row(coarse), self.row_gates[coarse_cell], wanted)
        return torch.stack([by_patch, by_row, right])

    def _named(
        self, hidden: torch.Tensor, gates: torch.Tensor, wanted: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = functional.rms_norm(hidden, (hidden.shape[-1],)) * gates.to(hidden.dtype)
        scores = self.out(hidden).flatten(0, 1).float()
        wanted = wanted.flatten()
        right = ((scores.argmax(-1) == wanted) & (wanted >= 0)).sum() / (wanted >= 0).sum().clamp(min=1)
        return functional.cross_entropy(scores, wanted, ignore_index=-100), right.detach().float()


def some(glyphs: torch.Tensor, count: int, generator: torch.Generator | None = None) -> torch.Tensor:
    """`count` characters of each page at random, (B, count, 4); those that are there before those that are not."""
    order = torch.rand(glyphs.shape[:2], device=glyphs.device, generator=generator) + (glyphs[..., 3] < 0).float()
    chosen = order.topk(count, dim=1, largest=False).indices
    return glyphs.gather(1, chosen[..., None].expand(-1, -1, 4))
