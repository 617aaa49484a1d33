"""Trained weights -> the network that the package ships: ONNX, its weights in 16 bits."""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import torch
from safetensors.torch import load_file

from extractor.portrait.shown import SIDE
from extractor.training.commands import weights_of
from extractor.training.portrait.network import PortraitNetwork
from extractor.training.text.halve import halved


class _Sure(torch.nn.Module):
    """The network with chances in 0..1."""

    def __init__(self, network: PortraitNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        chances, sides = self.network(image)
        return torch.sigmoid(chances), sides


def export(folder: Path, file: Path) -> None:
    """Writes the network in `folder` to `file`."""
    network = PortraitNetwork()
    with weights_of(folder):
        network.load_state_dict(load_file(folder / "network.safetensors"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Sure(network).eval(), (torch.zeros(1, 3, SIDE, SIDE),), str(file), input_names=["image"],
            output_names=["chances", "sides"], opset_version=17, dynamo=False,
        )  # fmt: skip
    small = halved(onnx.load(file))
    del small.metadata_props[:]  # what `halved` says of other networks
    onnx.save(small, file)
