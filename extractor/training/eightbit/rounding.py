"""The wheel's networks, as they are and rounded to 8 bits after calibration: where training begins."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import onnx

NetworkName = Literal["detector", "recogniser"]
#: The wheel's files.
FILES: Mapping[NetworkName, str] = {"detector": "PP-OCRv6_det_small.onnx", "recogniser": "PP-OCRv6_rec_small.onnx"}
#: What is computed on 8 bits; the rest (means, norms, attention, the recogniser's softmax) stays in 32. Of products
#: with matrices the result stays in 32 bits, too: the last one's are the recogniser's scores.
_IN_EIGHT_BITS = (
    "Conv", "MatMul", "Add", "Mul", "Relu", "Sigmoid", "Concat", "MaxPool", "AveragePool",
    "GlobalAveragePool", "Resize",
)  # fmt: skip
#: Of onnxruntime's fusions, those that its quantiser does not know.
_NOT_FUSED = [
    "ConvActivationFusion", "MatMulScaleFusion", "MatmulTransposeFusion", "SimplifiedLayerNormFusion",
    "SkipLayerNormFusion",
]  # fmt: skip


def exact(name: NetworkName) -> onnx.ModelProto:
    """The wheel's network with its constants folded, its biases in place, and activations as one operator each."""
    import onnx
    import onnxruntime
    from onnx.version_converter import convert_version

    from extractor.evidence.ocr import wheel_model

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder, "new.onnx"))
        newer = convert_version(onnx.load(wheel_model(FILES[name])), 13)  # the first with a step for each channel
        onnxruntime.InferenceSession(
            newer.SerializeToString(), options, providers=["CPUExecutionProvider"], disabled_optimizers=_NOT_FUSED
        )
        prepared = onnx.load(options.optimized_model_filepath)
    for node in prepared.graph.node:
        settings = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        if node.op_type == "ReduceMean" and settings == {"axes": [2, 3], "keepdims": 1}:
            node.op_type = "GlobalAveragePool"  # the same, and known on 8 bits: a tenth of the time
            del node.attribute[:]
    return prepared


def with_activation(model: onnx.ModelProto, kind: str) -> onnx.ModelProto:
    """`model` with its Gelus replaced by operators of `kind`."""
    import copy

    changed = copy.deepcopy(model)
    for node in changed.graph.node:
        if node.op_type == "Gelu":
            node.op_type, node.domain = kind, ""
            del node.attribute[:]
    return changed


def rounded(model: onnx.ModelProto, inputs: Sequence[np.ndarray]) -> onnx.ModelProto:
    """`model` in QDQ form, calibrated on `inputs` (1, 3, h, w) float32 each: extremes, averaged over the inputs."""
    import onnx
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.left: Iterator[np.ndarray] = iter(inputs)

        def get_next(self) -> dict[str, Any] | None:
            given = next(self.left, None)
            return None if given is None else {"x": given}

    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder, "old.onnx"), Path(folder, "new.onnx")
        onnx.save(model, old)
        quantize_static(
            old,
            new,
            Reader(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(_IN_EIGHT_BITS),
            nodes_to_exclude=[*_attention(model), *(node.name for node in model.graph.node[-2:])],
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"CalibMovingAverage": True, "OpTypesToExcludeOutputQuantization": ["MatMul"]},
        )
        return onnx.load(new)


def _attention(model: onnx.ModelProto) -> list[str]:
    """What follows the first Reshape but is no product with weights: the recogniser's two small transformer layers,
    whose sums and norms cost nothing and lose most."""
    names = [node.op_type for node in model.graph.node]
    if "Reshape" not in names:
        return []
    constants = {each.name for each in model.graph.initializer}
    after = list(model.graph.node)[names.index("Reshape") :]
    return [node.name for node in after if not (node.op_type in ("Conv", "MatMul") and constants & set(node.input))]
