"""The forward pass of training from scratch: whole batches of sheets and sequences of fixed sizes, without a branch.

The modules are the product's own; only what stands between them is different. In use, pictures of different shapes
are laid out one by one and placed where the prompt says. Here every sequence says, by negative ids, which row of its
picture's features stands where (`training.nano.targets.picture_rows`), so that one gather serves all shapes and the
compiler sees constant sizes. Padding follows a sequence and is never looked at by it, so no mask is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from extractor.phi3v import Phi3VForConditionalGeneration
from extractor.phi3v.image_processing import TILE
from extractor.phi3v.vision import merge_patches
from extractor.training.nano.sheets import GRID, HEIGHT, WIDTH

#: Where tile (row, column) of a true sheet lies in the array, and where it comes from when the sheet lies transposed.
_TILES = GRID[0] * GRID[1]


@dataclass(frozen=True)
class SampleBatch:
    """Samples on the device: `images` (B, HEIGHT, WIDTH, 3) uint8, `shapes` (B, 4), `glyphs` (B, C, 4), and with a
    text to learn `ids` (B, T), `spans` (B, 2); see `training.nano.samples.Sample`."""

    images: torch.Tensor
    shapes: torch.Tensor
    glyphs: torch.Tensor
    ids: torch.Tensor | None = None
    spans: torch.Tensor | None = None


def tile_order() -> torch.Tensor:
    """(GRID[0] + 1, GRID[1] + 1, 2, tiles): which tile of the array is the n-th of the true sheet, by its shape."""
    order = torch.zeros(GRID[0] + 1, GRID[1] + 1, 2, _TILES, dtype=torch.long)
    for rows in range(1, GRID[0] + 1):
        for columns in range(1, GRID[1] + 1):
            laid = [(r, c) for r in range(rows) for c in range(columns)]
            turned = [(r, c) for c in range(columns) for r in range(rows)]
            for portrait, tiles in enumerate((laid, turned)):
                numbers = torch.tensor([r * GRID[1] + c for r, c in tiles])
                order[rows, columns, portrait, : len(numbers)] = numbers
    return order


class Views(nn.Module):
    """Sheets to the views that the tower reads: the coarse one, then the tiles; exactly as the processor makes them."""

    mean: torch.Tensor
    deviation: torch.Tensor
    order: torch.Tensor

    def __init__(self, mean: list[float], deviation: list[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("order", tile_order(), persistent=False)

    def forward(self, sheets: torch.Tensor, shapes: torch.Tensor) -> torch.Tensor:
        """Sheets (B, 3, HEIGHT, WIDTH) in 0..1 and shapes (B, 4) to views (B, 1 + tiles, 3, TILE, TILE)."""
        pixels = (papered(sheets, shapes) - self.mean) / self.deviation
        portrait = shapes[:, 2].bool()
        coarse = functional.grid_sample(
            pixels, self._grid(shapes), mode="bicubic", padding_mode="border", align_corners=False
        )
        coarse = torch.where(portrait[:, None, None, None], coarse.transpose(-1, -2), coarse)
        tiles = pixels.view(-1, 3, GRID[0], TILE, GRID[1], TILE).permute(0, 2, 4, 1, 3, 5).flatten(1, 2)
        order = self.order[shapes[:, 0], shapes[:, 1], shapes[:, 2]]
        tiles = tiles.gather(1, order[:, :, None, None, None].expand(-1, -1, *tiles.shape[2:]))
        tiles = torch.where(portrait[:, None, None, None, None], tiles.transpose(-1, -2), tiles)
        return torch.cat([coarse[:, None], tiles], 1)

    def _grid(self, shapes: torch.Tensor) -> torch.Tensor:
        """Where the coarse view's pixels come from: the part of the array that a sheet fills."""
        steps = (torch.arange(TILE, device=shapes.device) + 0.5) / TILE
        down, across = ((2 * steps[None] * shapes[:, axis, None] / GRID[axis] - 1)[..., None] for axis in (0, 1))
        return torch.stack([across.transpose(1, 2).expand(-1, TILE, -1), down.expand(-1, -1, TILE)], -1)


class TrainableReader(nn.Module):
    """The network with what training needs of it: features of views, and the hidden states of answers."""

    def __init__(self, model: Phi3VForConditionalGeneration) -> None:
        super().__init__()
        self.model = model

    def features(self, views: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Views (B, V, 3, TILE, TILE) to patches (B, V, 24, 24, C) and the table of projected rows (B, V * 144 + 2, D):
        merged patches view by view, then the end of a row, then what stands between tiles and coarse view."""
        vision = self.model.model.vision_embed_tokens
        patches = vision.img_processor(views.flatten(0, 1).to(vision.sub_GN.dtype))
        merged = merge_patches(patches).view(views.shape[0], -1, 4 * patches.shape[-1])
        ends = torch.cat([vision.sub_GN.view(1, 1, -1), vision.glb_GN.view(1, 1, -1)], 1)
        table = vision.img_projection(torch.cat([merged, ends.expand(len(merged), -1, -1).to(merged.dtype)], 1))
        side = int(patches.shape[1] ** 0.5)
        return patches.view(*views.shape[:2], side, side, -1), table

    def answers(self, table: torch.Tensor, ids: torch.Tensor, starts: torch.Tensor, length: int) -> torch.Tensor:
        """Logits (B, length, V) for the tokens from `starts` (B,) on, over sequences `ids` (B, T)."""
        words = self.model.model.embed_tokens(ids.clamp(min=0)).to(table.dtype)
        rows = (-1 - ids).clamp(min=0)[..., None].expand(-1, -1, table.shape[-1])
        embedded = torch.where((ids < 0)[..., None], table.gather(1, rows), words)
        hidden = self.model.model(inputs_embeds=embedded, use_cache=False).last_hidden_state
        places = (starts[:, None] - 1 + torch.arange(length, device=ids.device)).clamp(0, ids.shape[1] - 1)
        kept = hidden.gather(1, places[..., None].expand(-1, -1, hidden.shape[-1]))
        return self.model.lm_head(kept)

    def compile_layers(self) -> None:
        """Compiles every layer of tower and decoder: the same code many times over, so it takes seconds."""
        tower = self.model.model.vision_embed_tokens.img_processor.vision_model
        for layer in (*tower.encoder.layers[:-1], *self.model.model.layers):
            layer.compile(dynamic=False)


def targets(ids: torch.Tensor, spans: torch.Tensor, length: int) -> torch.Tensor:
    """The tokens of the answers (B, length), -100 beyond their ends; `spans` (B, 2) say where each begins and ends."""
    places = spans[:, :1] + torch.arange(length, device=ids.device)
    tokens = ids.gather(1, places.clamp(max=ids.shape[1] - 1))
    return torch.where(places < spans[:, 1:], tokens, -100)


def as_sheets(images: torch.Tensor, kind: torch.dtype = torch.float32) -> torch.Tensor:
    """Images (B, HEIGHT, WIDTH, 3) uint8 to (B, 3, HEIGHT, WIDTH) in 0..1, as numbers of a `kind`."""
    assert images.shape[1:] == (HEIGHT, WIDTH, 3)
    return images.permute(0, 3, 1, 2).to(kind).div(255)


def papered(sheets: torch.Tensor, shapes: torch.Tensor) -> torch.Tensor:
    """Sheets with the margins blank that the processor adds to a captured picture."""
    rows = torch.arange(HEIGHT, device=sheets.device)[None]
    margin, high = shapes[:, 3:], shapes[:, :1] * TILE
    blank = (rows < margin) | (rows >= high - margin)
    return torch.where(blank[:, None, :, None], 1.0, sheets)
