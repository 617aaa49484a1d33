"""An ONNX graph as a torch module: what onnxruntime computes, with gradients, and back into the file.

Only the operators of PP-OCR's networks are known. In a graph with QuantizeLinear and DequantizeLinear (onnxruntime's
"QDQ" form), every pair is a rounding whose gradient passes straight through; step sizes of activations are learned
(Esser et al., "Learned Step Size Quantization", 2020), those of weights follow the largest weight of each channel.
Zero points stay as they were calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from extractor.training.eightbit.operators import OPERATORS

if TYPE_CHECKING:
    import onnx

#: Weights have seven bits: on processors without VNNI two products of eight bits would overflow sixteen, and the same
#: page be read differently there.
WEIGHT_LIMIT = 63
_LEVELS = 255


class Network(nn.Module):
    """`model` as a module. `exact` are the weights before rounding, by name, where `model` has rounded ones."""

    def __init__(self, model: onnx.ModelProto, exact: Mapping[str, np.ndarray] | None = None) -> None:
        super().__init__()
        self.nodes = [_Node(node) for node in model.graph.node]
        self.output = model.graph.output[0].name
        self.constants: dict[str, torch.Tensor] = {}
        self.weights = nn.ParameterDict()
        self.steps = nn.ParameterDict()
        values = initializers(model)
        rounded = {
            node.inputs[0] for node in self.nodes if node.kind == "DequantizeLinear" and node.inputs[0] in values
        }
        for node in self.nodes:
            if node.kind == "QuantizeLinear":
                self.steps[_key(node.inputs[1])] = nn.Parameter(torch.tensor(float(values[node.inputs[1]])).log())
                self.constants[node.inputs[2]] = torch.tensor(float(values[node.inputs[2]]))
        for name in sorted(rounded):
            if not exact:
                raise ValueError("a rounded graph needs the exact weights")
            self.weights[_key(name)] = nn.Parameter(torch.tensor(exact[unrounded(name)]))
        for name, value in values.items():
            if name in rounded or any(name in node.inputs[1:] for node in self.nodes if "Quantize" in node.kind):
                continue
            if value.dtype == np.float32 and value.size > 1:
                self.weights[_key(name)] = nn.Parameter(torch.tensor(value))
            else:
                self.constants[name] = torch.tensor(value)

    def to(self, *args: Any, **kwargs: Any) -> Network:
        """As nn.Module.to; numbers among the constants go along, shapes stay on the processor."""
        super().to(*args, **kwargs)
        for name, value in self.constants.items():
            if value.is_floating_point():
                self.constants[name] = value.to(*args, **kwargs)
        return self

    def forward(self, x: torch.Tensor, also: str | None = None) -> Any:
        """The network's answer to `x` (B, 3, h, w); with `also`, and the tensor of that name."""
        values: dict[str, Any] = {"x": x, **self.constants}
        for node in self.nodes:
            values[node.output] = self._step(node, values)
            if node.more:
                values |= zip((node.output, *node.more), values[node.output], strict=True)
        return (values[self.output], values[also]) if also else values[self.output]

    def _step(self, node: _Node, values: dict[str, Any]) -> Any:
        if node.kind == "QuantizeLinear":
            return _Rounded(values[node.inputs[0]], self.steps[_key(node.inputs[1])].exp(), values[node.inputs[2]])
        if node.kind == "DequantizeLinear":
            source = values.get(node.inputs[0])
            if isinstance(source, _Rounded):
                return rounded(source.value, source.step, source.zero)
            weight = self.weights[_key(node.inputs[0])]
            return weight if weight.dim() == 1 else rounded_weight(weight, node.attributes.get("axis", 0))
        inputs = [values[name] if name in values else self.weights[_key(name)] for name in node.inputs if name]
        return OPERATORS[node.kind](node.attributes, *inputs)


class _Node:
    def __init__(self, node: onnx.NodeProto) -> None:
        import onnx

        self.kind, self.inputs, (self.output, *self.more) = node.op_type, list(node.input), list(node.output)
        self.attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}


class _Rounded:
    """A value between QuantizeLinear and DequantizeLinear."""

    def __init__(self, value: torch.Tensor, step: torch.Tensor, zero: torch.Tensor) -> None:
        self.value, self.step, self.zero = value, step, zero


class _Rounding(torch.autograd.Function):
    """x rounded to (level - zero) * step with level in 0..255, and LSQ's gradients."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, step: torch.Tensor, zero: torch.Tensor) -> torch.Tensor:
        levels = (x / step + zero).round_().clamp_(0, _LEVELS).sub_(zero)
        ctx.save_for_backward(x, step, zero)
        return levels.mul_(step)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        x, step, zero = ctx.saved_tensors
        place = x / step + zero
        inside = (place >= 0) & (place <= _LEVELS)
        passed = gradients[0] * inside
        # Inside, a larger step moves the level's value by its rounding error; outside, by the whole level.
        slope = torch.where(inside, place.round() - place, place.clamp(0, _LEVELS) - zero)
        return passed, (gradients[0] * slope).sum() / (x.numel() * _LEVELS) ** 0.5, None


def rounded(x: torch.Tensor, step: torch.Tensor, zero: torch.Tensor) -> torch.Tensor:
    """`x` as eight bits hold it."""
    return _Rounding.apply(x, step, zero)


def weight_steps(weight: torch.Tensor, axis: int) -> torch.Tensor:
    """The step of each channel along `axis`."""
    others = [dim for dim in range(weight.dim()) if dim != axis % weight.dim()]
    return weight.detach().abs().amax(others).clamp(min=1e-8) / WEIGHT_LIMIT


def rounded_weight(weight: torch.Tensor, axis: int) -> torch.Tensor:
    """`weight` as seven bits a channel hold it; gradients pass through."""
    # torch's own fake_quantize_per_channel_affine asks the device for its zero points, twice for every matrix.
    levels, steps = weight_levels(weight, axis)
    return weight + (levels * steps - weight).detach()


def weight_levels(weight: torch.Tensor, axis: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The whole numbers that `weight` is rounded to, and their step for each channel along `axis`, in its shape."""
    exact, shape = weight.detach(), [1] * weight.dim()
    shape[axis] = -1
    steps = weight_steps(weight, axis).view(shape)
    return (exact / steps).round().clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT), steps


def initializers(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """A graph's constants by name."""
    from onnx import numpy_helper

    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}


def unrounded(name: str) -> str:
    """The name of the exact weight behind a rounded one."""
    return name.removesuffix("_quantized")


def _key(name: str) -> str:
    """A name as ParameterDict takes it."""
    return name.replace(".", "@")


def write_back(network: Network, model: onnx.ModelProto) -> None:
    """Puts what `network` has learned into the rounded `model` it was made of, in place."""
    from onnx import numpy_helper

    state = {name: value.detach().cpu() for name, value in network.weights.items()}
    steps = {name: value.detach().cpu().exp() for name, value in network.steps.items()}
    new: dict[str, np.ndarray] = {}
    for node in network.nodes:
        if node.kind == "QuantizeLinear":
            new[node.inputs[1]] = steps[_key(node.inputs[1])].numpy()
    for node in network.nodes:
        weight = state.get(_key(node.inputs[0])) if node.kind == "DequantizeLinear" else None
        if weight is not None and weight.dim() > 1:
            levels, own = weight_levels(weight, node.attributes.get("axis", 0))
            new[node.inputs[0]], new[node.inputs[1]] = levels.to(torch.int8).numpy(), own.flatten().numpy()
    _write_biases(network, model, state, new)
    for each in model.graph.initializer:
        if each.name in new:
            old = numpy_helper.to_array(each)
            each.CopyFrom(numpy_helper.from_array(new[each.name].astype(old.dtype).reshape(old.shape), each.name))
        elif _key(each.name) in state:
            each.CopyFrom(numpy_helper.from_array(state[_key(each.name)].numpy(), each.name))


def _write_biases(
    network: Network, model: onnx.ModelProto, state: Mapping[str, torch.Tensor], new: dict[str, np.ndarray]
) -> None:
    """Biases are 32-bit multiples of the input's step times the weights'."""
    makers = {name: node for node in network.nodes for name in (node.output, *node.more)}
    old = initializers(model)
    for node in network.nodes:
        if node.kind not in ("Conv", "ConvTranspose") or len(node.inputs) < 3:
            continue
        x, weight, bias = (makers.get(name) for name in node.inputs)
        if bias is None or weight is None or x is None or bias.kind != "DequantizeLinear":
            continue
        source = makers[x.inputs[0]] if x.kind == "DequantizeLinear" else x
        step = new.get(source.inputs[1], old[source.inputs[1]])
        scale = (step * new[weight.inputs[1]]).astype(np.float32)
        new[bias.inputs[1]] = scale
        levels = np.round(state[_key(bias.inputs[0])].numpy().astype(np.float64) / scale)
        new[bias.inputs[0]] = levels.clip(-(2**31), 2**31 - 1)
