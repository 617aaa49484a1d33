"""Augmentation of drawn lines on the GPU: masks in; out come pictures like the detector's crops.

Each picture gets its own colours, paper and slant; blur, resolution and JPEG are drawn for a group of them, since a
group goes through one convolution. Text may be lighter than its paper, and as low as eight pixels.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from torch.nn import functional

#: Pictures that go through one camera; heights (pixels) a line may be seen at.
_GROUP = 96
_LOWEST, _HEIGHT = 10.0, 48
_PAPERS, _PAPER_WIDTH = 1024, 1600
#: Share of lines that another line intrudes upon, and how far at most, of the height.
_CLOSE, _INTRUDES = 0.3, 0.16


def papers(seed: int, count: int = _PAPERS) -> torch.Tensor:
    """Strips of security print and noise: (count, 3, 48, 1600) uint8, mid-grey on average."""
    import cv2

    rng = np.random.default_rng(seed)
    strips = np.empty((count, _HEIGHT, _PAPER_WIDTH, 3), np.uint8)
    xs = np.linspace(-20, _PAPER_WIDTH + 20, 260)
    for place in range(count):
        strip = np.full((_HEIGHT, _PAPER_WIDTH, 3), 128, np.uint8)
        kind = rng.random()
        if kind < 0.75:
            for _ in range(int(rng.integers(1, 4))):
                strip = _printed(rng, strip, xs)
        if kind > 0.6:
            cells = (int(rng.integers(2, 8)), int(rng.integers(12, 140)), 3)
            drawn = rng.integers(128 - 90, 128 + 90, cells).astype(np.uint8)
            blots = cv2.resize(drawn, (_PAPER_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
            strip = np.asarray(cv2.addWeighted(strip, 0.5, blots, 0.5, 0), np.uint8)
        strips[place] = strip
    return torch.from_numpy(strips).permute(0, 3, 1, 2).contiguous()


def _printed(rng: np.random.Generator, strip: np.ndarray, xs: np.ndarray) -> np.ndarray:
    """A strip with one family of curves over it: waves, lattices or rays, fine or coarse, in one ink."""
    import cv2

    ink = np.zeros(strip.shape[:2], np.uint8)
    step, slope = rng.uniform(3, 22), rng.choice((0.0, 0.0, rng.normal(0, 0.6)))
    swing, period, phase = rng.uniform(0, 14), rng.uniform(15, 220), rng.uniform(0, 6.3)
    reach = abs(slope) * _PAPER_WIDTH + swing + 10
    for y in np.arange(-reach, _HEIGHT + reach, step * (1 + abs(slope))):
        ys = y + slope * (xs if slope >= 0 else xs - _PAPER_WIDTH) + swing * np.sin(xs / period + phase + y * 0.05)
        points = np.round(np.stack([xs, ys], 1) * 16).astype(np.int32)
        cv2.polylines(ink, [points], False, 255, int(rng.integers(1, 3)), cv2.LINE_AA, 4)
    colour = rng.uniform(-110, 110, 3)
    return np.clip(strip + ink[:, :, None] / 255.0 * colour, 0, 255).astype(np.uint8)


def disturbed(masks: torch.Tensor, strips: torch.Tensor, hard: float = 1.0) -> torch.Tensor:
    """`masks` (B, 48, w) uint8 as pictures the network takes: (B, 3, 48, w) float, BGR, in -1..1. `hard` (0..1) is how
    strong disturbances may be."""
    ink = masks[:, None].float() / 255
    ink = _with_neighbours(_slanted(ink))
    images = _coloured(ink, strips)
    done = [_seen(group, hard) for group in images.split(_GROUP)]
    return torch.cat(done).clamp(0, 1).flip(1) * 2 - 1


def _uniform(count: int, low: float, high: float, like: torch.Tensor) -> torch.Tensor:
    return torch.rand(count, device=like.device) * (high - low) + low


def _slanted(ink: torch.Tensor) -> torch.Tensor:
    """Lines a little turned, sheared, shifted and bent."""
    count, _, high, wide = ink.shape
    some = (torch.rand(count, device=ink.device) < 0.5).float()
    angle = _uniform(count, -0.022, 0.022, ink) * some
    shear = _uniform(count, -0.35, 0.35, ink) * (torch.rand(count, device=ink.device) < 0.25)
    theta = torch.zeros(count, 2, 3, device=ink.device)
    theta[:, 0, 0] = 1
    theta[:, 1, 1] = _uniform(count, 0.93, 1.1, ink)
    theta[:, 0, 1] = shear * high / wide
    # A long line may rise by a few pixels only, or it would leave the picture.
    theta[:, 1, 0] = (angle * wide / high).clamp(-0.12, 0.12)
    theta[:, 1, 2] = _uniform(count, -0.05, 0.05, ink)
    grid = functional.affine_grid(theta, list(ink.shape), align_corners=False)
    bend = _uniform(count, -0.06, 0.06, ink) * (torch.rand(count, device=ink.device) < 0.15)
    grid[..., 1] += bend[:, None, None] * (grid[..., 0] ** 2 - 0.5)
    return functional.grid_sample(ink, grid, align_corners=False)


def _with_neighbours(ink: torch.Tensor) -> torch.Tensor:
    """Some lines with the foot of another line at the upper edge, or its head at the lower one: crops of the detector
    reach beyond the letters, and lines of documents stand close."""
    count, _, high, _ = ink.shape
    reach = (torch.rand(count, device=ink.device) * _INTRUDES * high).long()
    reach = torch.where(torch.rand(count, device=ink.device) < _CLOSE, reach, 0)
    rows = torch.arange(high, device=ink.device)[None]
    below = torch.rand(count, 1, device=ink.device) < 0.5
    # Letters stand in the middle three quarters of a line's height.
    foot = rows + int(0.88 * high) - reach[:, None]
    head = rows - (high - reach[:, None]) + int(0.12 * high)
    source = torch.where(below, head, foot)
    seen = torch.where(below, rows >= high - reach[:, None], rows < reach[:, None])
    other = ink.roll(1, 0).squeeze(1)
    wide = other.shape[2]
    moved = other.gather(1, source.clamp(0, high - 1)[:, :, None].expand(-1, -1, wide)) * seen[:, :, None]
    return torch.maximum(ink, moved[:, None])


def _coloured(ink: torch.Tensor, strips: torch.Tensor) -> torch.Tensor:
    """Ink on paper: (B, 3, 48, w) in 0..1."""
    count, _, high, wide = ink.shape
    device = ink.device
    # Not above 1: white on white teaches nothing.
    light = torch.rand(count, 3, 1, 1, device=device) * 0.15 + _uniform(count, 0.5, 0.88, ink)[:, None, None, None]
    contrast = _uniform(count, 0.3, 1.0, ink)[:, None, None, None]
    dark = light - contrast * (0.75 + 0.25 * torch.rand(count, 3, 1, 1, device=device))
    dark = torch.where(dark < 0.02, dark * 0.1 + 0.03, dark)
    swap = (torch.rand(count, 1, 1, 1, device=device) < 0.12).float()
    paper, colour = light * (1 - swap) + dark * swap, dark * (1 - swap) + light * swap
    chosen = torch.randint(len(strips), (count,), device=device)
    start = int(torch.randint(max(1, strips.shape[3] - wide), (1,)))
    texture = strips[chosen, :, :, start : start + wide].float() / 255 - 0.5
    if texture.shape[3] < wide:
        texture = functional.pad(texture, (0, wide - texture.shape[3]))
    if torch.rand(()) < 0.5:
        texture = texture.flip(2)
    # Print behind text is paler than the text, or nobody could read it.
    depth = (torch.rand(count, 1, 1, 1, device=device) ** 1.5) * contrast * 0.85
    paper = paper + texture * depth
    slow = torch.randn(count, 3, 2, max(2, wide // 160), device=device) * 0.05
    paper = paper + functional.interpolate(slow, (high, wide), mode="bilinear")
    grain = functional.interpolate(torch.rand(count, 1, high // 3, max(2, wide // 3), device=device), (high, wide))
    worn = 1 - grain * (torch.rand(count, 1, 1, 1, device=device) ** 3) * 0.8
    cover = ink * worn * _uniform(count, 0.75, 1.0, ink)[:, None, None, None]
    return paper * (1 - cover) + colour * cover


def _seen(images: torch.Tensor, hard: float) -> torch.Tensor:
    """A group through one camera: less light, blur, fewer pixels, noise, JPEG, and back to the height of 48."""
    count, _, high, wide = images.shape
    chances = torch.rand(8).tolist()
    if chances[0] < 0.28 * hard:
        images = _blurred(images, 0.4 + 1.2 * float(torch.rand(())))
    if chances[1] < 0.08 * hard:
        images = _moved(images, int(torch.randint(3, 8, ())))
    seen = images
    if chances[2] < 0.75 * hard:
        # Logarithmic: as many lines between 10 and 20 pixels as between 20 and 40.
        height = int(math.exp(float(torch.empty(()).uniform_(math.log(_LOWEST), math.log(_HEIGHT)))))
        size = (height, max(8, round(wide * height / high)))
        seen = functional.interpolate(images, size, mode="bilinear", antialias=True, align_corners=False)
    if chances[3] < 0.25:
        seen = _lit(seen)
    sigma = torch.rand(count, 1, 1, 1, device=images.device) ** 2 * 0.07 * hard
    seen = seen + torch.randn_like(seen) * sigma
    if chances[4] < 0.5:
        seen = _jpeg(seen.clamp(0, 1), int(torch.randint(25, 92, ())))
    if chances[5] < 0.12:
        seen = seen.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    if seen.shape[2:] != images.shape[2:]:
        mode = "bilinear" if chances[6] < 0.7 else "bicubic"
        seen = functional.interpolate(seen, (high, wide), mode=mode, align_corners=False)
    return seen


def _blurred(images: torch.Tensor, sigma: float) -> torch.Tensor:
    reach = max(1, math.ceil(2 * sigma))
    places = torch.arange(-reach, reach + 1, device=images.device, dtype=images.dtype)
    kernel = torch.exp(-(places**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).expand(3, 1, 1, -1)
    wide = functional.conv2d(functional.pad(images, (reach, reach, 0, 0), "replicate"), kernel, groups=3)
    return functional.conv2d(functional.pad(wide, (0, 0, reach, reach), "replicate"), kernel.transpose(2, 3), groups=3)


def _moved(images: torch.Tensor, length: int) -> torch.Tensor:
    """Blur of a hand that moved: along the line, or across it by less."""
    across = bool(torch.rand(()) < 0.3)
    length = 3 if across else length
    size = (length, 1) if across else (1, length)
    kernel = torch.full((3, 1, *size), 1 / length, device=images.device)
    pad = (0, 0, length // 2, length - 1 - length // 2) if across else (length // 2, length - 1 - length // 2, 0, 0)
    return functional.conv2d(functional.pad(images, pad, "replicate"), kernel, groups=3)


def _lit(images: torch.Tensor) -> torch.Tensor:
    """A reflection, or a shadow, across the line."""
    count, _, _, wide = images.shape
    centre = _uniform(count, 0, 1, images)[:, None, None, None]
    spread = _uniform(count, 0.05, 0.5, images)[:, None, None, None]
    strength = _uniform(count, -0.35, 0.5, images)[:, None, None, None]
    xs = torch.linspace(0, 1, wide, device=images.device)[None, None, None]
    veil = torch.exp(-((xs - centre) ** 2) / (2 * spread**2)) * strength
    return torch.where(veil > 0, images + (1 - images) * veil * 0.8, images * (1 + veil))


@lru_cache(maxsize=4)
def _cosines(device: torch.device) -> torch.Tensor:
    k, n = torch.arange(8.0)[:, None], torch.arange(8.0)[None]
    basis = torch.cos(math.pi * (2 * n + 1) * k / 16) * math.sqrt(0.25)
    basis[0] *= math.sqrt(0.5)
    return basis.to(device)


@lru_cache(maxsize=4)
def _quantisers(device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """JPEG's tables (Annex K) near enough: what grows with frequency, for brightness and for colour."""
    u, v = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    brightness = 12 + 5.5 * (u + v) + 1.1 * u * v
    return brightness.to(device) / 255, (17 + 14 * (u + v)).clamp(max=99).to(device) / 255


def _jpeg(images: torch.Tensor, quality: int) -> torch.Tensor:
    """What JPEG leaves of pictures (B, 3, h, w) in 0..1: blocks of 8 by 8, rounded in frequency."""
    count, _, high, wide = images.shape
    padded = functional.pad(images, (0, -wide % 8, 0, -high % 8), "replicate") if (wide % 8 or high % 8) else images
    r, g, b = padded.unbind(1)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    planes = torch.stack([y, (b - y) * 0.564, (r - y) * 0.713], 1)
    rows, columns = planes.shape[2] // 8, planes.shape[3] // 8
    blocks = planes.reshape(count, 3, rows, 8, columns, 8).permute(0, 1, 2, 4, 3, 5)
    basis = _cosines(images.device)
    scale = (50 / quality) if quality < 50 else (2 - quality / 50)
    tables = torch.stack([_quantisers(images.device)[place] for place in (0, 1, 1)])[None, :, None, None] * max(
        scale, 0.02
    )
    coefficients = torch.round(basis @ blocks @ basis.T / tables) * tables
    planes = (basis.T @ coefficients @ basis).permute(0, 1, 2, 4, 3, 5).reshape(planes.shape)
    y, blue, red = planes[:, :, :high, :wide].unbind(1)
    r, b = y + red / 0.713, y + blue / 0.564
    return torch.stack([r, (y - 0.299 * r - 0.114 * b) / 0.587, b], 1)
