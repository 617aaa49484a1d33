"""A network as a torch module computes what onnxruntime computes, and goes back into its file."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from extractor.text.ocr import NetworkName
from extractor.training.text import rounding
from extractor.training.text.graph import (
    WEIGHT_LIMIT,
    GraphNetwork,
    initializers,
    rounded,
    rounded_weight,
    weight_steps,
    write_back,
)


def _run(model: Any, x: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """Something like print, (1, 3, 64, 128) in -1..1."""
    noise = np.random.default_rng(0)
    return np.where(noise.random((1, 3, 64, 128)) < 0.2, -1.0, 0.9).astype(np.float32)


@pytest.fixture(scope="module")
def toy() -> Any:
    """A network of a few layers: a convolution, one a channel, a sum, an activation, a map in 0..1."""
    helper, noise = onnx.helper, np.random.default_rng(1)

    def constant(name: str, *shape: int) -> Any:
        return onnx.numpy_helper.from_array(noise.normal(0, 0.3, shape).astype(np.float32), name)

    def conv(x: str, w: str, b: str, out: str, size: int, group: int = 1) -> Any:
        pads = [size // 2] * 4
        settings = {"strides": [1, 1], "kernel_shape": [size] * 2, "pads": pads, "group": group, "auto_pad": "NOTSET"}
        return helper.make_node("Conv", [x, w, b], [out], name=out, **settings)

    nodes = [
        conv("x", "w1", "b1", "first", 3),
        helper.make_node("Relu", ["first"], ["positive"], name="positive"),
        conv("positive", "w2", "b2", "deep", 3, group=8),
        helper.make_node("Add", ["positive", "deep"], ["sum"], name="sum"),
        helper.make_node("Gelu", ["sum"], ["bent"], name="bent", domain="com.microsoft"),
        conv("bent", "w3", "b3", "score", 1),
        helper.make_node("Mul", ["score", "half"], ["scaled"], name="scaled"),
        helper.make_node("Sigmoid", ["scaled"], ["y"], name="y"),
    ]
    values = [
        constant("w1", 8, 3, 3, 3), constant("b1", 8), constant("w2", 8, 1, 3, 3), constant("b2", 8),
        constant("w3", 1, 8, 1, 1), constant("b3", 1), onnx.numpy_helper.from_array(np.float32(0.5), "half"),
    ]  # fmt: skip
    picture = [onnx.helper.make_tensor_value_info("x", 1, ["b", 3, "h", "w"])]
    answer = [onnx.helper.make_tensor_value_info("y", 1, ["b", 1, "h", "w"])]
    graph = helper.make_graph(nodes, "toy", picture, answer, values)
    # The types of what follows an operator that onnx itself does not know; onnxruntime writes them into its files.
    graph.value_info.extend(helper.make_tensor_value_info(name, 1, None) for name in ("bent", "score", "scaled"))
    versions = [helper.make_opsetid("", 13), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=versions, ir_version=8)


def _mover(network: GraphNetwork) -> torch.optim.Optimizer:
    weights, steps = network.weights.parameters(), network.steps.parameters()
    return torch.optim.Adam([{"params": list(weights), "lr": 0.3}, {"params": list(steps), "lr": 0.01}])


@pytest.mark.parametrize("name", ["detector", "recogniser"])
def test_the_wheels_networks_give_the_same_answer_in_torch(name: NetworkName) -> None:
    model = rounding.exact(name)
    x = np.random.default_rng(2).uniform(-1, 1, (1, 3, 48, 96) if name == "recogniser" else (1, 3, 96, 128))
    with torch.no_grad():
        ours = GraphNetwork(model)(torch.from_numpy(x.astype(np.float32))).numpy()
    assert np.abs(ours - _run(model, x.astype(np.float32))).max() < 1e-4


def test_a_rounded_network_gives_the_same_answer_in_torch_after_it_is_written_back(
    toy: Any, picture: np.ndarray
) -> None:
    model = rounding.rounded(toy, [picture])
    network = GraphNetwork(model, initializers(toy))
    optimiser = _mover(network)
    x = torch.from_numpy(picture)
    before = network(x).detach().numpy()
    for _ in range(5):
        loss = (network(x) - 0.25).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    write_back(network, model)
    ours = network(x).detach().numpy()
    assert np.abs(ours - before).mean() > 0.005, "nothing was learned"
    # Biases are rounded in the file alone: a value between two levels may fall to the other side.
    assert np.abs(ours - _run(model, picture)).mean() < 1e-3


def test_weights_of_a_written_network_stay_within_seven_bits(toy: Any, picture: np.ndarray) -> None:
    model = rounding.rounded(toy, [picture])
    write_back(GraphNetwork(model, initializers(toy)), model)
    weights = [value for value in initializers(model).values() if value.dtype == np.int8 and value.ndim > 1]
    assert len(weights) == 3
    assert max(abs(int(value.min())) for value in weights) <= WEIGHT_LIMIT
    assert max(int(value.max()) for value in weights) == WEIGHT_LIMIT


def test_training_a_rounded_network_brings_it_nearer_to_the_exact_one(toy: Any, picture: np.ndarray) -> None:
    x = torch.from_numpy(picture)
    wanted = torch.from_numpy(_run(toy, picture))
    network = GraphNetwork(rounding.rounded(toy, [picture * 0.2]), initializers(toy))  # calibrated on pale pictures
    optimiser = _mover(network)
    losses = []
    for _ in range(60):
        loss = (network(x) - wanted).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


def test_rounding_lets_gradients_through_inside_the_range_only() -> None:
    x = torch.tensor([-3.0, 0.04, 1.0, 300.0], requires_grad=True)
    step = torch.tensor(1.0, requires_grad=True)
    value = rounded(x, step, torch.tensor(2, dtype=torch.int32))
    value.sum().backward()
    assert value.tolist() == [-2.0, 0.0, 1.0, 253.0]
    assert x.grad.tolist() == [0.0, 1.0, 1.0, 0.0]
    # Outside the range the value moves as its level does; inside by what was rounded off.
    assert step.grad.item() == pytest.approx((-2.0 - 0.04 + 0.0 + 253.0) / (4 * 255) ** 0.5, rel=1e-4)


def test_weights_are_rounded_by_channel() -> None:
    weight = torch.tensor([[63.0, 0.4], [0.63, 0.004]])
    by_row, by_column = weight_steps(weight, 0), weight_steps(weight, 1)
    assert by_row.shape == (2, 1)
    assert by_column.shape == (1, 2)
    assert torch.allclose(rounded_weight(weight / by_row) * by_row, torch.tensor([[63.0, 0.0], [0.63, 0.0]]))
    assert torch.allclose((rounded_weight(weight / by_column) * by_column)[:, 1], weight[:, 1], atol=0.4 / 63)


@pytest.mark.parametrize(("many", "step"), [(1_000, 1.0), (100_000, 0.5)])
def test_a_channels_step_cuts_off_its_largest_weight_where_the_many_gain_more(many: int, step: float) -> None:
    weight = torch.cat([torch.full((1, many), 0.3), torch.tensor([[float(WEIGHT_LIMIT)]])], 1)
    assert weight_steps(weight, 0).item() == pytest.approx(step)


def test_a_rounded_graph_needs_its_exact_weights(toy: Any, picture: np.ndarray) -> None:
    with pytest.raises(ValueError, match="exact weights"):
        GraphNetwork(rounding.rounded(toy, [picture]))
