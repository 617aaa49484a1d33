"""The wheel's networks, exact and rounded to 8 bits after calibration: the start of training."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from extractor.errors import MissingExtraError

if TYPE_CHECKING:
    import onnx

    from extractor.text.ocr import NetworkName

#: The wheel's files.
_FILES: Mapping[str, str] = {"detector": "PP-OCRv6_det_small.onnx", "recogniser": "PP-OCRv6_rec_small.onnx"}
#: What is computed on 8 bits. Sums and products of two maps are not: that costs no time and saves half of what the
#: detector loses. Of products with matrices the result is not, either: the last one's are the recogniser's scores.
_IN_EIGHT_BITS = ("Conv", "MatMul", "Relu", "Concat", "MaxPool", "Resize")
#: Of onnxruntime's fusions, those that its quantiser does not know.
_NOT_FUSED = [
    "ConvActivationFusion", "MatMulScaleFusion", "MatmulTransposeFusion", "SimplifiedLayerNormFusion",
    "SkipLayerNormFusion",
]  # fmt: skip


def original(name: NetworkName) -> Path:
    """The file of the network that RapidOCR's wheel ships. Raises MissingExtraError where it is missing."""
    from importlib.util import find_spec

    found = find_spec("rapidocr")
    folder = Path(next(iter(found.submodule_search_locations or []))) if found else None
    path = folder / "models" / _FILES[name] if folder else None
    if path is None or not path.is_file():
        raise MissingExtraError("RapidOCR", "train")
    return path


def exact(name: NetworkName) -> onnx.ModelProto:
    """The wheel's network with its constants folded, its biases in place, and activations as one operator each."""
    import onnx
    import onnxruntime
    from onnx.version_converter import convert_version

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder, "new.onnx"))
        newer = convert_version(onnx.load(original(name)), 13)  # the first with a step for each channel
        onnxruntime.InferenceSession(
            newer.SerializeToString(), options, providers=["CPUExecutionProvider"], disabled_optimizers=_NOT_FUSED
        )
        prepared = onnx.load(options.optimized_model_filepath)
    for node in prepared.graph.node:
        settings = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        if node.op_type == "ReduceMean" and settings == {"axes": [2, 3], "keepdims": 1}:
            node.op_type = "GlobalAveragePool"  # the same, and quicker beside 8 bits
            del node.attribute[:]
    return prepared


def alphabet(model: onnx.ModelProto) -> tuple[str, ...]:
    """A network's classes from 1 on; the last is the space."""
    listed = next(each.value for each in model.metadata_props if each.key == "character")
    return (*listed.splitlines(), " ")


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
            nodes_to_exclude=_in_full(model),
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"CalibMovingAverage": True, "OpTypesToExcludeOutputQuantization": ["MatMul"]},
        )
        return onnx.load(new)


def _in_full(model: onnx.ModelProto) -> list[str]:
    """Nodes that are left in 32 bits, by name, as they cost little and lose much: the last two, which make the answer;
    convolutions of pooled maps (squeeze and excitation); in the recogniser also convolutions of one channel each, and
    the two small transformer layers (what follows the first Reshape and is no product with weights)."""
    nodes, constants = list(model.graph.node), {each.name: each for each in model.graph.initializer}
    kinds = [node.op_type for node in nodes]
    start = kinds.index("Reshape") if "Reshape" in kinds else len(nodes)
    full = {node.name for node in nodes[-2:]}
    makers = {name: node for node in nodes for name in node.output}
    for place, node in enumerate(nodes):
        weighted = node.op_type in ("Conv", "MatMul") and node.input[1] in constants
        single = node.op_type == "Conv" and constants[node.input[1]].dims[1] == 1
        if (place >= start and not weighted) or (start < len(nodes) and single) or _is_pooled(node, makers):
            full.add(node.name)
    return sorted(full)


def _is_pooled(node: onnx.NodeProto, makers: Mapping[str, onnx.NodeProto]) -> bool:
    """Whether `node` is a convolution of a map of one pixel."""
    before = makers.get(node.input[0]) if node.op_type == "Conv" else None
    while before is not None and before.op_type == "Relu":
        before = makers.get(before.input[0])
    return before is not None and (before.op_type == "GlobalAveragePool" or _is_pooled(before, makers))
