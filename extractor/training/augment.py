"""Photometric augmentation of whole batches on the device: what turns a clean sheet into a captured one.

The same page looks new every time it is seen. What is drawn follows `extractor.synthesis.capture`: uneven light with
soft shadows, a colour cast, glare, bolder, faded or grey print, blur (unequal along the two axes, as shaking makes it),
noise of fine or coarse grain, and the blocks that JPEG makes. Everything is tensor arithmetic of fixed sizes, in the
sheets' own type: float16 will do on a device.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.nn import functional

#: Chances of each.
_INKED, _SHADED, _GLARING, _GREY, _BLURRED, _GRAINY, _COMPRESSED = 0.4, 0.55, 0.12, 0.12, 0.75, 0.8, 0.6
_TAPS = 11
_BLOCK = 8
#: Luminance quantization of JPEG at quality 50 (ITU-T T.81, table K.1).
_QUANTIZATION = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip


def captured(sheets: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
    """Sheets (B, 3, H, W) in 0..1 as captured ones of the same type, in 0..1; sides are multiples of 8."""
    draw = _Dice(len(sheets), sheets.device, sheets.dtype, generator)
    lit = _lit(_inked(sheets, draw), draw)
    lit = _toned(lit, draw).clamp(0, 1)
    blurred = _blurred(lit, draw)
    grainy = (blurred + _grain(sheets.shape, draw)).clamp(0, 1)
    return _compressed(grainy, draw).clamp(0, 1)


class _Dice:
    """Random numbers, one a picture: shape (B, 1, 1, 1)."""

    def __init__(self, count: int, device: torch.device, kind: torch.dtype, generator: torch.Generator | None) -> None:
        self.count, self.generator = count, generator
        self.made: dict[str, Any] = {"device": device, "dtype": kind}

    def uniform(self, low: float = 0.0, high: float = 1.0, *shape: int) -> torch.Tensor:
        size = (self.count, *(shape or (1, 1, 1)))
        return low + (high - low) * torch.rand(size, generator=self.generator, **self.made)

    def chance(self, share: float) -> torch.Tensor:
        return (self.uniform() < share).to(self.made["dtype"])

    def normal(self, *shape: int) -> torch.Tensor:
        return torch.randn((self.count, *shape), generator=self.generator, **self.made)


def _inked(sheets: torch.Tensor, draw: _Dice) -> torch.Tensor:
    """Print a little bolder or thinner than the font is: strokes spread into their neighbours, or the paper does."""
    bolder = -functional.max_pool2d(-sheets, 3, 1, 1)
    thinner = functional.max_pool2d(sheets, 3, 1, 1)
    chosen = torch.where(draw.chance(0.6) > 0, bolder, thinner)
    return sheets.lerp(chosen, draw.chance(_INKED) * draw.uniform(0.05, 0.5))


def _lit(sheets: torch.Tensor, draw: _Dice) -> torch.Tensor:
    """Uneven light, a soft-edged shadow, a cast, and a bright patch."""
    height, width = sheets.shape[2] // 8, sheets.shape[3] // 8
    cells = 1 + draw.uniform(-0.16, 0.12, 1, 3, 3)
    light = functional.interpolate(cells, (height, width), mode="bicubic", align_corners=False)
    ys = torch.linspace(-0.5, 0.5, height, **draw.made).view(1, 1, -1, 1)
    xs = torch.linspace(-0.5, 0.5, width, **draw.made).view(1, 1, 1, -1)
    angle = draw.uniform(0, 2 * math.pi)
    across = xs * angle.cos() + ys * angle.sin() - draw.uniform(-0.25, 0.35)
    shadow = 1 - draw.chance(0.5) * draw.uniform(0.18, 0.42) * torch.sigmoid(across / draw.uniform(0.01, 0.08))
    cast = torch.cat([draw.uniform(0.93, 1.06), torch.ones_like(angle), draw.uniform(0.9, 1.07)], 1)
    shaded = draw.chance(_SHADED)
    factor = 1 + shaded * (light * shadow * cast - 1)
    away = ((xs - draw.uniform(-0.5, 0.5)) / draw.uniform(0.06, 0.16)) ** 2
    away = away + ((ys - draw.uniform(-0.5, 0.5)) / draw.uniform(0.05, 0.14)) ** 2
    glare = draw.chance(_GLARING) * draw.uniform(0.3, 0.7) * torch.exp(-away)
    size = sheets.shape[2:]
    lit = sheets * functional.interpolate(factor, size, mode="bilinear", align_corners=False)
    return lit + functional.interpolate(glare, size, mode="bilinear", align_corners=False)


def _toned(sheets: torch.Tensor, draw: _Dice) -> torch.Tensor:
    """Grey or paler colours, a curve, more or less contrast."""
    grey = sheets.mean(1, keepdim=True)
    keep = torch.where(draw.chance(_GREY) > 0, torch.zeros_like(draw.uniform()), draw.uniform(0.6, 1.25))
    toned = (grey + keep * (sheets - grey)).clamp(1e-4, 1) ** draw.uniform(0.8, 1.25)
    contrast, level = draw.uniform(0.7, 1.1), draw.uniform(-0.08, 0.06)
    return (toned - 0.5) * contrast + 0.5 + level


def _blurred(sheets: torch.Tensor, draw: _Dice) -> torch.Tensor:
    """Gaussian blur of its own widths along the two axes, pixels."""
    strength = draw.chance(_BLURRED) * draw.uniform(0.1, 1.0) ** 1.5
    shaken = 1 + draw.chance(0.2) * draw.uniform(0.3, 1.2)
    along = draw.chance(0.5)
    base = 0.05 + 1.45 * strength
    wide, high = base * (1 + along * (shaken - 1)), base * (1 + (1 - along) * (shaken - 1))
    offsets = torch.arange(_TAPS, **draw.made) - _TAPS // 2

    def kernels(sigma: torch.Tensor) -> torch.Tensor:
        weights = torch.exp(-0.5 * (offsets.view(1, -1) / sigma.view(-1, 1)) ** 2)
        return (weights / weights.sum(1, keepdim=True)).repeat_interleave(sheets.shape[1], 0)

    count = sheets.shape[0] * sheets.shape[1]
    flat = sheets.reshape(1, count, *sheets.shape[2:])
    edge = _TAPS // 2
    flat = functional.pad(flat, (edge, edge, edge, edge), mode="replicate")
    flat = functional.conv2d(flat, kernels(wide).view(count, 1, 1, _TAPS).to(flat.dtype), groups=count)
    flat = functional.conv2d(flat, kernels(high).view(count, 1, _TAPS, 1).to(flat.dtype), groups=count)
    return flat.view(sheets.shape)


def _grain(shape: torch.Size, draw: _Dice) -> torch.Tensor:
    """Noise, fine on some pictures and coarse, as on an enlarged one, on others."""
    fine = draw.normal(*shape[1:])
    coarse = functional.interpolate(
        draw.normal(shape[1], shape[2] // 2, shape[3] // 2), shape[2:], mode="bilinear", align_corners=False
    )
    strength = draw.chance(_GRAINY) * draw.uniform() ** 2 * 0.045
    share = draw.chance(0.35)
    return strength * (fine * (1 - share) + 1.6 * coarse * share)


def _compressed(sheets: torch.Tensor, draw: _Dice) -> torch.Tensor:
    """What JPEG of quality 60 to 95 leaves: each 8 x 8 block's frequencies, rounded to multiples."""
    angles = (2 * torch.arange(_BLOCK, **draw.made)[None] + 1) * torch.arange(_BLOCK, **draw.made)[:, None]
    basis = torch.cos(angles * math.pi / (2 * _BLOCK)) * math.sqrt(2 / _BLOCK)
    basis[0] /= math.sqrt(2)
    steps = torch.tensor(_QUANTIZATION, **draw.made).view(_BLOCK, _BLOCK) / 255
    quality = draw.uniform(60, 95).view(-1, 1, 1, 1, 1, 1)
    # libjpeg's rule for qualities from 50 up.
    scaled = steps.view(1, 1, 1, _BLOCK, 1, _BLOCK) * (2 - quality / 50)
    b, c, h, w = sheets.shape
    blocks = sheets.view(b, c, h // _BLOCK, _BLOCK, w // _BLOCK, _BLOCK)
    spectrum = torch.einsum("ui,bchiwj,vj->bchuwv", basis, blocks, basis)
    rounded = (spectrum / scaled).round() * scaled
    restored = torch.einsum("ui,bchuwv,vj->bchiwj", basis, rounded, basis).reshape(b, c, h, w)
    used = draw.chance(_COMPRESSED)
    return used * restored + (1 - used) * sheets
