"""Trained weights -> the network that the package ships: ONNX, its matrices in 8 bits.

Weights of linear layers are rounded channel by channel, activations while it runs (dynamic quantization), so that no
calibration data is needed. What is small (convolutions, tables) is kept in 32 or 16 bits.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from safetensors.torch import load_file

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


def export(folder: Path, file: Path, *, quantised: bool = True) -> None:
    """Writes the network in `folder` to `file`."""
    network = LayoutNetwork()
    network.load_state_dict(load_file(folder / "network.safetensors"))
    network.eval()
    count = torch.export.Dim("count", min=2, max=512)
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
    del count
    if not quantised:
        plain.replace(file)
        return
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(plain, file, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["MatMul"])
    plain.unlink()
