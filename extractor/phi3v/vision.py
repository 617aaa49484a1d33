"""Pictures to embeddings: the CLIP tower, and the projection that places its features among the words.

The tower is transformers' `CLIPVisionModel`, one level deeper than transformers holds it today, so that the published
tensor names load as they are. The last of its layers is kept, because the checkpoint has it, but never run: features
are the output of the last layer but one.
"""

import torch
from torch import nn
from transformers import CLIPVisionModel

from extractor.phi3v.configuration import Phi3VConfig
from extractor.phi3v.image_processing import TILE
from extractor.phi3v.packing import kernels_run_on


class QuickGelu(nn.Module):
    """x * sigmoid(1.702 * x), CLIP's activation: one kernel where Triton's can run and no gradient is wanted."""

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """States of any shape."""
        if kernels_run_on(states) and not states.requires_grad:
            from extractor.phi3v import vision_kernels

            return vision_kernels.quick_gelu(states)
        return states * torch.sigmoid(1.702 * states)


class Phi3VImageTower(nn.Module):
    """The CLIP tower under its published name."""

    def __init__(self, config: Phi3VConfig) -> None:
        super().__init__()
        self.vision_model = CLIPVisionModel(config.vision_config)
        if config.vision_config.hidden_act == "quick_gelu":
            for layer in self.vision_model.encoder.layers:
                layer.mlp.activation_fn = QuickGelu()  # type: ignore[union-attr]

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        """Views (N, 3, 336, 336) to patch features (N, 576, C): the last layer but one, without the class token."""
        tower = self.vision_model
        hidden = tower.pre_layrnorm(tower.embeddings(views))
        for layer in tower.encoder.layers[:-1]:
            hidden = layer(hidden, attention_mask=None)
        return hidden[:, 1:]


class Phi3VImageEmbedding(nn.Module):
    """Pictures, as the image processor leaves them, to one row of embeddings each."""

    def __init__(self, config: Phi3VConfig) -> None:
        super().__init__()
        merged = 4 * config.vision_config.hidden_size
        self.img_processor = Phi3VImageTower(config)
        self.sub_GN = nn.Parameter(torch.empty(1, 1, 1, merged))  # ends each row of patches
        self.glb_GN = nn.Parameter(torch.empty(1, 1, merged))  # stands between the tiles and the coarse view
        self.img_projection = nn.Sequential(
            nn.Linear(merged, config.hidden_size), nn.GELU(), nn.Linear(config.hidden_size, config.hidden_size)
        )

    def forward(self, pixel_values: torch.Tensor, image_sizes: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """`pixel_values` (P, 1 + crops, 3, 336, 336) and `image_sizes` (P, 2) to P tensors (tokens, hidden)."""
        grids = [(height // TILE, width // TILE) for height, width in image_sizes.tolist()]
        counts = [1 + rows * columns for rows, columns in grids]
        # Pictures are padded with empty views up to the same number; only the real ones are worth the tower's time.
        views = torch.cat([picture[:count] for picture, count in zip(pixel_values, counts, strict=True)])
        patches = merge_patches(self.img_processor(views.to(self.sub_GN.dtype)))
        sequences = [
            self._in_reading_order(own, rows, columns)
            for own, (rows, columns) in zip(patches.split(counts), grids, strict=True)
        ]
        return self.img_projection(torch.cat(sequences)).split([len(sequence) for sequence in sequences])

    def _in_reading_order(self, patches: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
        """Merged patches (1 + rows * columns, S, S, C), coarse view first, to the sequence the decoder reads (L, C)."""
        side, channels = patches.shape[1], patches.shape[-1]
        tiles = patches[1:].view(rows, columns, side, side, channels).transpose(1, 2)
        tiles = self._end_rows(tiles.reshape(rows * side, columns * side, channels))
        return torch.cat([tiles, self.glb_GN.view(1, channels), self._end_rows(patches[0])])

    def _end_rows(self, grid: torch.Tensor) -> torch.Tensor:
        """A separator after each row of a grid (H, W, C), then one row after the other: (H * (W + 1), C)."""
        height, _, channels = grid.shape
        separators = self.sub_GN.view(1, 1, channels).expand(height, 1, channels)
        return torch.cat([grid, separators], dim=1).flatten(0, 1)


def merge_patches(features: torch.Tensor) -> torch.Tensor:
    """Patch features (N, S * S, C) to (N, S / 2, S / 2, 4 * C): each 2 x 2 square of patches becomes one."""
    views, patches, channels = features.shape
    side = int(patches**0.5)
    squares = features.view(views, side // 2, 2, side // 2, 2, channels).transpose(2, 3)
    return squares.reshape(views, side // 2, side // 2, 4 * channels)
