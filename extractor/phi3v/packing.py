"""The decoder's matrices in 8 or 4 bits, packed for kernels of our own.

bitsandbytes' nf4 and int8 are the reference and run anywhere. They launch several kernels a product, its int8 waits
for the device, and PyTorch's own int4 product needs a layout that cannot be read back when a prompt of 2,000 tokens
wants the whole matrix in 16 bits. This packing is one plain copy of the weights that serves all three uses: a product
with one row, with a few rows, and the matrix unpacked.

- 8 bits: a scale for each row of the matrix, w = s * q, q in -127..127.
- 4 bits: a scale and a lowest value for each 64 weights of a row, w = s * q + low, q in 0..15. Of every 128 weights
  the first 64 are the lower halves of 64 bytes, the others the upper ones: what a kernel reads together, it uses
  together. The range of a group is shrunk a little where that lessens its squared error.

Without a CUDA device (and Triton, which comes with torch there) the matrix is unpacked for every product: right, and
slow.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

GROUP = 64
#: Weights that 64 bytes hold.
_BLOCK = 2 * GROUP
#: Number of rows from which a product is quicker with the matrix unpacked.
MOST_ROWS = 64
#: Shares of a group's range that are tried.
_SHRINKS = (1.0, 0.95, 0.9, 0.85)


class PackedLinear(nn.Module):
    """A linear layer without bias whose weights are packed in 8 or 4 bits; computes in the type it was made from."""

    packed: torch.Tensor
    scales: torch.Tensor
    lows: torch.Tensor | None

    def __init__(self, weight: torch.Tensor, bits: int) -> None:
        super().__init__()
        self.bits, (self.out_features, self.in_features) = bits, weight.shape
        packed, scales, lows = pack4(weight) if bits == 4 else (*pack8(weight), None)
        self.register_buffer("packed", packed)
        self.register_buffer("scales", scales)
        self.register_buffer("lows", lows)

    def unpacked(self) -> torch.Tensor:
        """The weights (out, in) that are multiplied with."""
        if kernels_run_on(self.packed):
            from extractor.phi3v import packed_kernels

            return packed_kernels.unpack(self.packed, self.scales, self.lows)
        if self.lows is None:
            return unpack8(self.packed, self.scales)
        return unpack4(self.packed, self.scales, self.lows)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (..., in) to (..., out)."""
        if x.numel() // self.in_features <= MOST_ROWS and kernels_run_on(x):
            from extractor.phi3v import packed_kernels

            return packed_kernels.product(x, self.packed, self.scales, self.lows)
        return nn.functional.linear(x, self.unpacked())

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}, bits={self.bits}"


def kernels_run_on(x: torch.Tensor) -> bool:
    """Whether Triton's kernels can take a tensor."""
    return x.is_cuda and find_spec("triton") is not None


def can_pack(layer: nn.Module, bits: int) -> bool:
    """Whether a layer is a linear one whose sizes the packing takes."""
    if type(layer) is not nn.Linear or layer.bias is not None:
        return False
    return bits == 8 or layer.in_features % _BLOCK == 0


def pack_layers(model: Any, bits: int, device: torch.device) -> None:
    """Packs the decoder's matrices, one after the other on `device`, so that only one is there unpacked at a time.

    Raises ValueError for a decoder none of whose matrices fit the packing.
    """
    if not sum(pack_layer(layer, bits, device) for layer in model.model.layers):
        raise ValueError(
            f"no matrix of this decoder can be packed in {bits} bits: their widths are not multiples of {_BLOCK}"
        )


def pack_layer(layer: Any, bits: int, device: torch.device) -> int:
    """Packs the matrices of one of a decoder's layers that can be; how many these were."""
    done = 0
    for part in (layer.self_attn, layer.mlp):
        for name, child in list(part.named_children()):
            if can_pack(child, bits):
                setattr(part, name, PackedLinear(child.weight.data.to(device), bits))
                done += 1
    return done


def pack8(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Bytes (out, in) and scales (out,)."""
    exact = weight.float()
    scales = (exact.abs().amax(dim=1) / 127).clamp(min=1e-12).to(weight.dtype)
    return (exact / scales.float()[:, None]).round().clamp(-127, 127).to(torch.int8), scales


def unpack8(packed: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """What `pack8` packed, to its rounding."""
    return (packed.float() * scales.float()[:, None]).to(scales.dtype)


def pack4(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Bytes (out, in / 2), and scales and lowest values (out, in / 64)."""
    rows, columns = weight.shape
    groups = weight.float().view(rows, columns // GROUP, GROUP)
    low, high = groups.amin(dim=2), groups.amax(dim=2)
    best: tuple[torch.Tensor, ...] | None = None
    for shrink in _SHRINKS:
        middle, half = (high + low) / 2, (high - low) / 2 * shrink
        lows = (middle - half).to(weight.dtype)
        scales = (half * 2 / 15).clamp(min=1e-12).to(weight.dtype)
        steps = ((groups - lows.float()[..., None]) / scales.float()[..., None]).round().clamp(0, 15)
        error = (steps * scales.float()[..., None] + lows.float()[..., None] - groups).square().sum(dim=2)
        tried = (error, scales, lows, steps.to(torch.uint8))
        if best is None:
            best = tried
        else:
            better = error < best[0]
            best = tuple(
                torch.where(better[..., None] if new.dim() > 2 else better, new, old)
                for new, old in zip(tried, best, strict=True)
            )
    assert best is not None
    _, scales, lows, steps = best
    pairs = steps.view(rows, columns // _BLOCK, 2, GROUP)
    return (pairs[:, :, 0] | pairs[:, :, 1] << 4).view(rows, columns // 2), scales.contiguous(), lows.contiguous()


def unpack4(packed: torch.Tensor, scales: torch.Tensor, lows: torch.Tensor) -> torch.Tensor:
    """What `pack4` packed, to its rounding."""
    rows, groups = scales.shape
    halves = packed.view(rows, groups // 2, 1, GROUP)
    steps = torch.cat([halves & 15, halves >> 4], dim=2).view(rows, groups, GROUP)
    weight = steps.float() * scales.float()[..., None] + lows.float()[..., None]
    return weight.to(scales.dtype).view(rows, groups * GROUP)
