"""Weights in 16 bits: half the size, the same answers."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from extractor.training.text.halve import main, whole


def test_a_halved_network_answers_as_before(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(40, 30)).astype(np.float16).astype(np.float32)
    bias = rng.normal(size=30).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "weight"], ["y"]), helper.make_node("Add", ["y", "bias"], ["z"])],
        "test",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 40])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [None, 30])],
        [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(bias, "bias")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    exact, half = tmp_path / "exact.onnx", tmp_path / "half.onnx"
    onnx.save(model, exact)
    assert main([str(exact), "--file", str(half)]) == 0
    assert half.stat().st_size < 0.75 * exact.stat().st_size
    x = rng.normal(size=(3, 40)).astype(np.float32)
    one, two = (onnxruntime.InferenceSession(str(path)).run(None, {"x": x})[0] for path in (exact, half))
    np.testing.assert_array_equal(one, two)
    again = {each.name: numpy_helper.to_array(each) for each in whole(onnx.load(half)).graph.initializer}
    np.testing.assert_array_equal(again["weight"], weight, "to be trained on, it is as it was")
    assert {entry.key for entry in onnx.load(half).metadata_props} == {"licence", "changes"}
