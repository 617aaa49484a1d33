"""ONNX graphs, node by node: what `extractor.phi3v.export` builds its models from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

#: Operators of the standard, and of onnxruntime beside it. The file format is the oldest that holds them.
_OPSET, _IR = 20, 9
_CONTRIB = "com.microsoft"
#: Bytes from which a tensor lies outside of the graph's file, and what its place there is a multiple of.
_INLINE, _PAGE = 1024, 4096
#: Weights that share a scale in 4 and 8 bits.
BLOCK = 32


class Graph:
    """A graph that grows by one operator a call; values are names.

    Weights go into `<path>.data` as they come, so that a network of any size passes through little memory.
    """

    def __init__(self, name: str, path: Path) -> None:
        self._name, self._path = name, path
        self._data = path.with_name(f"{path.name}.data").open("wb")
        self._nodes: list[Any] = []
        self._weights: dict[str, Any] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def input(self, name: str, kind: type[np.generic], shape: list[str | int]) -> str:
        self._inputs.append(_value(name, kind, shape))
        return name

    def output(self, value: str, name: str, kind: type[np.generic], shape: list[str | int]) -> None:
        if value != name:
            self.op("Identity", value, name=name)
        self._outputs.append(_value(name, kind, shape))

    def constant(self, value: Any, kind: type[np.generic] = np.int64) -> str:
        """A small tensor, kept once."""
        array = np.asarray(value, kind)
        return self.weight(f"constant_{array.dtype}_{array.shape}_{array.tobytes().hex()}".replace(" ", ""), array)

    def weight(self, name: str, array: np.ndarray) -> str:
        from onnx import TensorProto, helper, numpy_helper

        if name in self._weights:
            return name
        array = np.ascontiguousarray(array)
        if array.nbytes < _INLINE:
            self._weights[name] = numpy_helper.from_array(array, name)
            return name
        self._data.write(bytes(-self._data.tell() % _PAGE))  # where the system can map it
        offset = self._data.tell()
        self._data.write(array.data)
        tensor = TensorProto(name=name, dims=array.shape, data_type=helper.np_dtype_to_tensor_dtype(array.dtype))
        tensor.data_location = TensorProto.EXTERNAL
        where = {"location": Path(self._data.name).name, "offset": offset, "length": array.nbytes}
        for key, value in where.items():
            tensor.external_data.add(key=key, value=str(value))
        self._weights[name] = tensor
        return name

    def op(self, kind: str, *inputs: str, name: str | None = None, contrib: bool = False, **attributes: Any) -> str:
        """The output of an operator with one."""
        return self.ops(kind, *inputs, names=[name or f"{kind}_{len(self._nodes)}"], contrib=contrib, **attributes)[0]

    def ops(self, kind: str, *inputs: str, names: list[str], contrib: bool = False, **attributes: Any) -> list[str]:
        """The outputs of an operator, under the names given."""
        from onnx import helper

        domain = {"domain": _CONTRIB} if contrib else {}
        node = helper.make_node(kind, inputs, names, name=f"node_{len(self._nodes)}", **domain, **attributes)
        self._nodes.append(node)
        return names

    def linear(self, value: str, name: str, weight: np.ndarray, bias: np.ndarray | None = None, bits: int = 32) -> str:
        """value @ weight.T + bias; a weight (out, in) of 4 or 8 `bits` is cut into blocks with a scale each."""
        if bits == 32:
            result = self.op("MatMul", value, self.weight(name, weight.T))
        else:
            quantized, scales = quantize(weight, bits)
            result = self.op(
                "MatMulNBits",
                value,
                self.weight(f"{name}_Q{bits}", quantized),
                self.weight(f"{name}_scales", scales),
                contrib=True,
                K=weight.shape[1],
                N=weight.shape[0],
                bits=bits,
                block_size=BLOCK,
                accuracy_level=4,  # products in 8 bits
            )
        return result if bias is None else self.op("Add", result, self.weight(f"{name}_bias", bias))

    def choice(self, condition: str, then: list[np.ndarray], other: list[np.ndarray], names: list[str]) -> list[str]:
        """One or the other list of tensors, by a truth value that is known when the model runs."""
        from onnx import helper, numpy_helper

        branches = {}
        for branch, arrays in (("then_branch", then), ("else_branch", other)):
            outs = [f"{name}_{branch}" for name in names]
            held = [numpy_helper.from_array(array, f"{out}_value") for out, array in zip(outs, arrays, strict=True)]
            nodes = [
                helper.make_node("Constant", [], [out], value=tensor) for out, tensor in zip(outs, held, strict=True)
            ]
            values = [_value(out, np.float32, list(array.shape)) for out, array in zip(outs, arrays, strict=True)]
            branches[branch] = helper.make_graph(nodes, branch, [], values)
        return self.ops("If", condition, names=names, **branches)

    def save(self) -> None:
        """Writes the graph; its weights are written."""
        import onnx
        from onnx import helper

        self._data.close()
        graph = helper.make_graph(
            self._nodes, self._name, self._inputs, self._outputs, initializer=list(self._weights.values())
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR, producer_name="id-document-extractor")
        onnx.save(model, str(self._path))


def quantize(weight: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """A weight (out, in) as MatMulNBits takes it: whole numbers (out, blocks, bytes) around the middle of their range,
    and the scales (out * blocks). The value of each block that is farthest from zero becomes the lowest number."""
    rows, columns = weight.shape
    blocks = -(-columns // BLOCK)
    padded = np.zeros((rows, blocks * BLOCK), np.float32)
    padded[:, :columns] = weight
    padded = padded.reshape(rows, blocks, BLOCK)
    middle = 1 << (bits - 1)
    farthest = np.take_along_axis(padded, np.abs(padded).argmax(-1, keepdims=True), -1)
    scales = (farthest / -middle).astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = np.where(scales == 0, 0, np.rint(padded / scales))
    numbers = np.clip(levels, -middle, middle - 1) + middle
    if bits == 4:
        numbers = numbers[..., ::2] + 16 * numbers[..., 1::2]
    return numbers.astype(np.uint8), scales.reshape(-1)


def _value(name: str, kind: type[np.generic], shape: list[str | int]) -> Any:
    from onnx import helper

    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(kind)), shape)
