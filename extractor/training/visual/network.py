"""The layout reader's network: a transformer over the words of a page (5 M parameters).

Each word is embedded from its characters (two convolutions, maximum over places), its place and what the MRZ says of
it. Attention is biased by how two words stand to each other, in line heights. Five answers are given:

- `tags` (n, classes): nothing, the value of a field, or the caption of a field.
- `before` (n, n + 1): which word of the same value or caption stands before this one; the last column: it begins one.
- `caption` (n, n + 1): the first word of the caption that a value belongs to; the last column: it has none.
- `holder` (n, n): whether two words belong to the same document.
- `kind` (kinds): the kind of document.

Pointers are scaled dot products, as in Pointer Networks (Vinyals et al., 2015).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from extractor.visual.features import CHARACTERS, NUMBERS
from extractor.visual.tags import KINDS, TAGS

_BUCKETS = 32
_WAVES = 6


class EncoderLayer(nn.Module):
    """Pre-norm attention and a gated feed-forward layer."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.norm_attention, self.norm_forward = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, count, width = x.shape
        q, k, v = self.qkv(self.norm_attention(x)).view(batch, count, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + bias
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, count, width)
        x = x + self._dropped(self.out(mixed))
        return x + self._dropped(self.down(functional.gelu(self.up(self.norm_forward(x)))))

    def _dropped(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.dropout, self.training) if self.dropout else x


class Pointer(nn.Module):
    """Logits over the words that a word may point to, and, in the last column, over pointing to none."""

    def __init__(self, width: int, heads: int = 64) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(width, heads), nn.Linear(width, heads)
        self.none = nn.Linear(width, 1)

    def forward(self, x: Tensor, bias: Tensor, padding: Tensor) -> Tensor:
        scores = self.query(x) @ self.key(x).transpose(-1, -2) / 8.0 + bias
        scores = scores.masked_fill(padding[:, None, :], -1e4)
        return torch.cat([scores, self.none(x)], -1)


class LayoutNetwork(nn.Module):
    """See the module. `width`, `layers`, `heads` and `dropout` (of what each layer adds, while training) are the
    transformer's."""

    def __init__(self, width: int = 256, layers: int = 6, heads: int = 8, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.letters = nn.Embedding(CHARACTERS, 64, padding_idx=0)
        self.first, self.second = nn.Conv1d(64, 160, 3, padding=1), nn.Conv1d(160, 160, 3, padding=1)
        self.inside = nn.Linear(160 + NUMBERS + 3 * 2 * _WAVES, width)
        # Two biases more than heads: those of the two pointers.
        self.across, self.down = nn.Embedding(_BUCKETS, heads + 2), nn.Embedding(_BUCKETS, heads + 2)
        self.aligned = nn.Embedding(2, heads + 2)
        self.blocks = nn.ModuleList(EncoderLayer(width, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.tags = nn.Linear(width, len(TAGS))
        self.before, self.caption = Pointer(width), Pointer(width)
        self.holder = nn.Linear(width, 24)
        self.sureness = nn.Parameter(torch.tensor(2.0))
        self.kind = nn.Linear(width, len(KINDS))
        for table in (self.across, self.down, self.aligned):
            nn.init.zeros_(table.weight)

    def forward(
        self, characters: Tensor, numbers: Tensor, places: Tensor, padding: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """`characters` (b, n, LENGTH), `numbers` (b, n, NUMBERS), `places` (b, n, 3), `padding` (b, n) true beyond the
        page's words."""
        x = self.inside(torch.cat([self._letters(characters), numbers, _waves(numbers[..., :3])], -1))
        bias = self._bias(places)
        attention = bias[..., : self.heads].permute(0, 3, 1, 2)
        attention = attention.masked_fill(padding[:, None, None, :], -1e4)
        for block in self.blocks:
            x = block(x, attention)
        x = self.norm(x)
        before = self.before(x, bias[..., self.heads], padding)
        caption = self.caption(x, bias[..., self.heads + 1], padding)
        side = functional.normalize(self.holder(x), dim=-1)
        holder = 8.0 * (side @ side.transpose(-1, -2)) - self.sureness
        present = (~padding).unsqueeze(-1).to(x.dtype)
        kind = self.kind((x * present).sum(1) / present.sum(1).clamp(min=1))
        return self.tags(x), before, caption, holder, kind

    def _letters(self, characters: Tensor) -> Tensor:
        batch, count, length = characters.shape
        x = self.letters(characters).view(batch * count, length, -1).transpose(1, 2)
        x = functional.gelu(self.first(x))
        x = functional.gelu(self.second(x)) + x
        absent = (characters == 0).view(batch * count, 1, length)
        x = x.masked_fill(absent, -1e4).amax(-1)
        return x.clamp(min=-10.0).view(batch, count, -1)

    def _bias(self, places: Tensor) -> Tensor:
        across = places[:, None, :, 0] - places[:, :, None, 0]
        down = places[:, None, :, 1] - places[:, :, None, 1]
        edges = places[:, None, :, 2] - places[:, :, None, 2]
        same = (edges.abs() < 0.6).long()
        across, down = _bucket(across), _bucket(down)
        return self._rows(self.across, across) + self._rows(self.down, down) + self._rows(self.aligned, same)

    def _rows(self, table: nn.Embedding, index: Tensor) -> Tensor:
        """Rows of a small table. While training as a product with one-hot rows: adding up the gradients of a million
        look-ups into 32 rows is slow."""
        if self.training:
            each = torch.arange(table.num_embeddings, device=index.device)
            return (index.unsqueeze(-1) == each).to(table.weight.dtype) @ table.weight
        rows: Tensor = table(index)
        return rows


def _bucket(distance: Tensor) -> Tensor:
    """Signed distances in line heights as 32 classes, finer near zero."""
    far = distance.abs()
    near = torch.where(far < 1, far * 4, 4 + 2 * torch.log2(far.clamp(min=1))).clamp(max=15).long()
    return torch.where(distance < 0, near, near + 16)


def _waves(shares: Tensor) -> Tensor:
    """Sines and cosines of places on the page, from one wave a page to 2**_WAVES."""
    frequencies = math.pi * 2.0 ** torch.arange(_WAVES, device=shares.device, dtype=torch.float32)
    angles = shares.unsqueeze(-1).float() * frequencies
    return torch.cat([angles.sin(), angles.cos()], -1).flatten(2).to(shares.dtype)
