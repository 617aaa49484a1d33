"""An ONNX graph as a torch module: what onnxruntime computes, with gradients, and back into the file.

Only the operators of PP-OCR's networks are known. In a graph with QuantizeLinear and DequantizeLinear (onnxruntime's
"QDQ" form), every pair is a rounding whose gradient passes straight through; step sizes of activations are learned
(Esser et al., "Learned Step Size Quantization", 2020). Weights are learned in steps of their own channel, so that one
rate moves every one of them across as many levels; the step itself stays what loses least of the exact weights. Zero
points stay as they were calibrated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from extractor.training.text.operators import OPERATORS

if TYPE_CHECKING:
    import onnx

#: Weights have seven bits: on CPUs without VNNI two products of eight bits would overflow sixteen, and the same
#: page be read differently there.
WEIGHT_LIMIT = 63
_LEVELS = 255
#: What is rounded off is at most half a step (and an error of arithmetic).
_HALF = 0.5001
#: A channel's step is one of these shares of what its largest weight would take.
_CLIPS = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)


class GraphNetwork(nn.Module):
    """`model` as a module. `exact` are the weights before rounding, by name, where `model` has rounded ones; `plain`
    leaves weights as they are instead of in steps, for training in full precision."""

    def __init__(
        self, model: onnx.ModelProto, exact: Mapping[str, np.ndarray] | None = None, *, plain: bool = False
    ) -> None:
        super().__init__()
        self.plain = plain
        self.nodes = [_GraphNode(node) for node in model.graph.node]
        self.output = model.graph.output[0].name
        self.constants: dict[str, torch.Tensor] = {}
        #: In units: steps of the channel for weights that are rounded, otherwise a 63rd of the largest.
        self.weights = nn.ParameterDict()
        self.units = nn.ParameterDict()
        self.steps = nn.ParameterDict()
        values = initializers(model)
        rounded = {
            node.inputs[0] for node in self.nodes if node.kind == "DequantizeLinear" and node.inputs[0] in values
        }
        for node in self.nodes:
            if node.kind == "QuantizeLinear":
                self.steps[_key(node.inputs[1])] = nn.Parameter(torch.tensor(float(values[node.inputs[1]])).log())
                self.constants[node.inputs[2]] = torch.tensor(int(values[node.inputs[2]]), dtype=torch.int32)
        for node in self.nodes:
            if node.kind == "DequantizeLinear" and node.inputs[0] in rounded:
                if not exact:
                    raise ValueError("a rounded graph needs the exact weights")
                self._learn(
                    node.inputs[0], exact[node.inputs[0].removesuffix("_quantized")], node.attributes.get("axis", 0)
                )
        for name, value in values.items():
            if name in rounded or any(name in node.inputs[1:] for node in self.nodes if "Quantize" in node.kind):
                continue
            if value.dtype == np.float32 and value.size > 1:
                self._learn(name, value, None)
            else:
                self.constants[name] = torch.tensor(value)

    def _learn(self, name: str, value: np.ndarray, axis: int | None) -> None:
        """Makes a weight of `value`, rounded along `axis` if it is a matrix with one."""
        weight = torch.tensor(value)
        if self.plain:
            self.weights[_key(name)] = nn.Parameter(weight)
            return
        if axis is None or weight.dim() == 1:
            unit = weight.abs().max().clamp(min=1e-8) / WEIGHT_LIMIT
        else:
            unit = weight_steps(weight, axis)
        self.units[_key(name)] = nn.Parameter(unit, requires_grad=False)
        self.weights[_key(name)] = nn.Parameter(weight / unit)

    def weight(self, name: str) -> torch.Tensor:
        """The exact weight `name` as learned so far."""
        if self.plain:
            return self.weights[_key(name)]
        return self.weights[_key(name)] * self.units[_key(name)]

    def to(self, *args: Any, **kwargs: Any) -> GraphNetwork:
        """As nn.Module.to; numbers among the constants go along, shapes stay on the CPU."""
        super().to(*args, **kwargs)
        for name, value in self.constants.items():
            if value.dtype != torch.int64:
                self.constants[name] = value.to(*args, **kwargs)
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The network's answer to `x` (B, 3, h, w)."""
        return self.watched(x, ())[0]

    def watched(self, x: torch.Tensor, also: Collection[str]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The network's answer to `x`, and the tensors named in `also`."""
        values: dict[str, Any] = {"x": x, **self.constants}
        for node in self.nodes:
            values[node.output] = self._step(node, values)
            if node.more:
                values |= zip((node.output, *node.more), values[node.output], strict=True)
        return values[self.output], {name: values[name] for name in also}

    def _step(self, node: _GraphNode, values: dict[str, Any]) -> Any:
        if node.kind == "QuantizeLinear":
            return _Rounded(values[node.inputs[0]], self.steps[_key(node.inputs[1])].exp(), values[node.inputs[2]])
        if node.kind == "DequantizeLinear":
            source = values.get(node.inputs[0])
            if isinstance(source, _Rounded):
                return rounded(source.value, source.step, source.zero)
            weight = self.weights[_key(node.inputs[0])]
            return (weight if weight.dim() == 1 else rounded_weight(weight)) * self.units[_key(node.inputs[0])]
        inputs = [values[name] if name in values else self.weight(name) for name in node.inputs if name]
        return OPERATORS[node.kind](node.attributes, *inputs)


class _GraphNode:
    """An ONNX node: its operator, names of its inputs and outputs, and its attributes."""

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
        # One kernel, which takes step and zero from the device: six of our own are most of a training step.
        value = torch.fake_quantize_per_tensor_affine(x, step, zero, 0, _LEVELS)
        ctx.save_for_backward(x, value, step)
        return value

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        x, value, step = ctx.saved_tensors
        off = value - x
        inside = off.abs() <= step * _HALF
        # Inside, a larger step moves the level's value by its rounding error; outside, by the whole level.
        slope = torch.where(inside, off, value)
        return gradients[0] * inside, (gradients[0] * slope).sum() / step / (x.numel() * _LEVELS) ** 0.5, None


def rounded(x: torch.Tensor, step: torch.Tensor, zero: torch.Tensor) -> torch.Tensor:
    """`x` as eight bits hold it."""
    return _Rounding.apply(x, step, zero)


def weight_steps(weight: torch.Tensor, axis: int) -> torch.Tensor:
    """The step of each channel along `axis`, shaped to multiply `weight`: what loses least when it is rounded."""
    others = [dim for dim in range(weight.dim()) if dim != axis % weight.dim()]
    largest = weight.abs().amax(others, keepdim=True).clamp(min=1e-8) / WEIGHT_LIMIT
    tried = torch.stack([largest * clip for clip in _CLIPS])
    lost = torch.stack(
        [(weight - weight_levels(weight / step) * step).square().sum(others, keepdim=True) for step in tried]
    )
    return tried.gather(0, lost.argmin(0, keepdim=True))[0]


def rounded_weight(scaled: torch.Tensor) -> torch.Tensor:
    """A weight in steps, as seven bits hold it; gradients pass through."""
    # torch's own fake_quantize_per_channel_affine asks the device for its zero points, twice for every matrix.
    return scaled + (weight_levels(scaled) - scaled).detach()


def weight_levels(scaled: torch.Tensor) -> torch.Tensor:
    """The whole numbers that a weight in steps is rounded to."""
    return scaled.detach().round().clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT)


def initializers(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """A graph's constants by name."""
    from onnx import numpy_helper

    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}


def _key(name: str) -> str:
    """A name as ParameterDict takes it."""
    return name.replace(".", "@")


def write_back(network: GraphNetwork, model: onnx.ModelProto) -> None:
    """Puts what `network` has learned into the rounded `model` it was made of, in place."""
    from onnx import numpy_helper

    state = {name: network.weight(name).detach().cpu() for name in initializers(model) if _key(name) in network.weights}
    steps = {name: value.detach().cpu().exp() for name, value in network.steps.items()}
    new: dict[str, np.ndarray] = {}
    for node in network.nodes:
        if node.kind == "QuantizeLinear":
            new[node.inputs[1]] = steps[_key(node.inputs[1])].numpy()
        elif node.kind == "DequantizeLinear" and node.inputs[0] in state and state[node.inputs[0]].dim() > 1:
            levels = weight_levels(network.weights[_key(node.inputs[0])])
            new[node.inputs[0]] = levels.to(torch.int8).cpu().numpy()
            new[node.inputs[1]] = network.units[_key(node.inputs[0])].flatten().cpu().numpy()
    _write_biases(network, model, state, new)
    for each in model.graph.initializer:
        if each.name in new:
            old = numpy_helper.to_array(each)
            each.CopyFrom(numpy_helper.from_array(new[each.name].astype(old.dtype).reshape(old.shape), each.name))
        elif each.name in state:
            each.CopyFrom(numpy_helper.from_array(state[each.name].numpy(), each.name))


def _write_biases(
    network: GraphNetwork, model: onnx.ModelProto, state: Mapping[str, torch.Tensor], new: dict[str, np.ndarray]
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
        levels = np.round(state[bias.inputs[0]].numpy().astype(np.float64) / scale)
        new[bias.inputs[0]] = levels.clip(-(2**31), 2**31 - 1)
