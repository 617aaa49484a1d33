"""Shared by the training commands: running one, and what is checked before hours of work."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from extractor.ending import ended
from extractor.errors import CheckpointError, DeviceError


def run(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> int:
    """Runs what `parser` chose as `run` and returns the exit code: 0, or that of what went wrong."""

    def chosen() -> int:
        options = parser.parse_args(arguments)
        return int(options.run(options))

    return ended("error", chosen)


@contextmanager
def weights_of(file: Path) -> Iterator[None]:
    """While a file of weights is read: whatever a library raises about it is a CheckpointError of one line."""
    try:
        yield
    except Exception as error:  # safetensors, onnx and torch have errors of their own
        raise CheckpointError(f"{file} holds no weights of this network") from error


def check_device(device: str) -> None:
    """Raises DeviceError for a device that torch does not have here."""
    import torch

    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError):  # a library built without it asserts
        raise DeviceError(f"there is no device {device} that torch can use; try --device cpu") from None
