"""ONNX's operators in torch, as far as PP-OCR's networks need them: functions of a node's attributes and its inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.nn import functional


def _conv(a: Mapping[str, Any], x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> Any:
    high, wide = weight.shape[2:]
    # SAME_UPPER with a stride of one: what is left over comes after.
    same = ((high - 1) // 2, (wide - 1) // 2, high // 2, wide // 2)
    top, left, bottom, right = same if a["auto_pad"] == b"SAME_UPPER" else a["pads"]
    padded = functional.pad(x, (left, right, top, bottom))
    return functional.conv2d(padded, weight, bias, a["strides"], groups=a["group"])


def _max_pool(a: Mapping[str, Any], x: torch.Tensor) -> torch.Tensor:
    high, wide = a["kernel_shape"]
    padded = functional.pad(x, ((wide - 1) // 2, wide // 2, (high - 1) // 2, high // 2), value=-torch.inf)
    return functional.max_pool2d(padded, (high, wide), a["strides"])


def _mean(a: Mapping[str, Any], x: torch.Tensor) -> torch.Tensor:
    return x.mean(a["axes"], keepdim=bool(a["keepdims"]))


def _reshape(_: Mapping[str, Any], x: torch.Tensor, shape: torch.Tensor) -> torch.Tensor:
    return x.reshape([x.shape[place] if size == 0 else size for place, size in enumerate(shape.tolist())])


def _slice(_: Mapping[str, Any], x: torch.Tensor, *bounds: torch.Tensor) -> torch.Tensor:
    starts, ends, axes = (each.tolist() for each in bounds[:3])
    for start, end, axis in zip(starts, ends, axes, strict=True):
        x = x[(slice(None),) * (axis % x.dim()) + (slice(start, min(end, x.shape[axis])),)]
    return x


OPERATORS: Mapping[str, Callable[..., Any]] = {
    "Add": lambda _, x, y: x + y,
    "Sub": lambda _, x, y: x - y,
    "Mul": lambda _, x, y: x * y,
    "Div": lambda _, x, y: x / y,
    "Pow": lambda _, x, y: x**y,
    "Sqrt": lambda _, x: x.sqrt(),
    "MatMul": lambda _, x, y: x @ y,
    "Relu": lambda _, x: x.relu(),
    "Sigmoid": lambda _, x: x.sigmoid(),
    "HardSigmoid": lambda a, x: (a["alpha"] * x + a["beta"]).clamp(0, 1),
    "Gelu": lambda _, x: functional.gelu(x),
    "QuickGelu": lambda a, x: x * (a["alpha"] * x).sigmoid(),
    "Softmax": lambda a, x: x.softmax(a["axis"]),
    "Conv": _conv,
    "ConvTranspose": lambda a, x, w, b=None: functional.conv_transpose2d(x, w, b, a["strides"], groups=a["group"]),
    "MaxPool": _max_pool,
    "AveragePool": lambda a, x: functional.avg_pool2d(x, a["kernel_shape"], a["strides"]),
    "GlobalAveragePool": lambda _, x: x.mean((2, 3), keepdim=True),
    "ReduceMean": _mean,
    "LayerNormalization": lambda a, x, w, b: functional.layer_norm(x, w.shape, w, b, a["epsilon"]),
    "Concat": lambda a, *parts: torch.cat(parts, a["axis"]),
    "Transpose": lambda a, x: x.permute(a["perm"]),
    "Reshape": _reshape,
    "Squeeze": lambda _, x, axes: x.squeeze(axes.tolist()),
    "Unsqueeze": lambda _, x, axes: x.unsqueeze(axes.item()),
    "Shape": lambda _, x: torch.tensor(x.shape),
    "Slice": _slice,
    "Split": lambda a, x, sizes: x.split(sizes.tolist(), a["axis"]),
    "Resize": lambda _, x, *rest: functional.interpolate(x, scale_factor=rest[-1][2:].tolist(), mode="nearest"),
    "Identity": lambda _, x: x,
}
