"""Trained weights -> the network that the package ships: ONNX, its matrices in 8 bits; and back, to train on from it;
and the mean of several runs' weights.

Weights of linear layers are rounded channel by channel, activations while it runs (dynamic quantization), so that no
calibration data is needed. What is small (convolutions, tables) is kept in 32 or 16 bits.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from extractor.errors import UsageError
from extractor.training.commands import weights_of
from extractor.training.visual.network import LayoutNetwork
from extractor.visual.features import LENGTH, NUMBERS

INPUTS = ("characters", "numbers", "places")
OUTPUTS = ("tags", "before", "caption", "holder", "kind")


class OnePage(torch.nn.Module):
    """The network for one page without padding: arrays of n words in, answers of n words out."""

    def __init__(self, network: LayoutNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, characters: torch.Tensor, numbers: torch.Tensor, places: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        padding = torch.zeros(1, characters.shape[0], dtype=torch.bool)
        answers = self.network(characters[None], numbers[None], places[None], padding)
        return tuple(answer[0] for answer in answers)


def start_weights(start: Path) -> dict[str, torch.Tensor]:
    """Weights to begin with: of a folder that training wrote, or of a shipped network as far as 8 bits keep them.
    Raises CheckpointError."""
    with weights_of(start):
        found = _from_onnx(start) if start.suffix == ".onnx" else load_file(start / "network.safetensors")
        LayoutNetwork().load_state_dict(found)
    return found


def _from_onnx(file: Path) -> dict[str, torch.Tensor]:
    import onnx
    from onnx.numpy_helper import to_array

    graph = onnx.load(file).graph
    constants = {each.name: to_array(each) for each in graph.initializer}
    found = {name.removeprefix("network."): value for name, value in constants.items() if name.startswith("network.")}
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            # Named after the layer: /network/blocks.0/qkv/MatMul_quant, /network/kind/Gemm_MatMul_quant.
            layer = ".".join(node.name.split("/")[2:-1])
            rounded = node.input[1].removesuffix("_quantized")
            zero = constants[f"{rounded}_zero_point"].astype(np.float32)
            weight = (constants[node.input[1]].astype(np.float32) - zero) * constants[f"{rounded}_scale"]
            found[f"{layer}.weight"] = weight.T
    wanted = LayoutNetwork().state_dict()
    return {
        name: torch.from_numpy(found[name].astype(np.float32).reshape(value.shape)) for name, value in wanted.items()
    }


def mean(folders: Sequence[Path], shares: Sequence[float], out: Path) -> None:
    """Writes the weighted mean of the weights in `folders` into `out` (Wortsman et al., 2022: model soups), which runs
    from one beginning allow. Raises UsageError where folders and shares differ in number, or shares do not add up."""
    if len(folders) != len(shares) or abs(sum(shares) - 1) > 1e-6 or min(shares) < 0:
        raise UsageError("--shares: one for each folder, none below 0, 1 together")
    states = [start_weights(folder) for folder in folders]
    found = {
        name: torch.stack([share * state[name].float() for share, state in zip(shares, states, strict=True)]).sum(0)
        for name in states[0]
    }
    out.mkdir(parents=True, exist_ok=True)
    save_file({name: value.half().contiguous() for name, value in found.items()}, out / "network.safetensors")


def export(folder: Path, file: Path) -> None:
    """Writes the network in `folder` to `file`."""
    network = LayoutNetwork()
    network.load_state_dict(start_weights(folder))
    network.eval()
    sample = (torch.randint(1, 200, (40, LENGTH)), torch.randn(40, NUMBERS), torch.randn(40, 3) * 10)
    plain = file.with_suffix(".float.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            OnePage(network).eval(),
            sample,
            str(plain),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "count"} for name in INPUTS},
            opset_version=17,
            dynamo=False,
        )
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # Unsigned: where a CPU has no VNNI, two products with signed weights overflow sixteen bits, and the page is read
    # otherwise there.
    quantize_dynamic(plain, file, weight_type=QuantType.QUInt8, per_channel=True, op_types_to_quantize=["MatMul"])
    plain.unlink()
