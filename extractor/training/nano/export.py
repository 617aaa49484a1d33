"""A trained model as a plain folder: adapters added to the weights they stand beside, everything else as it was.

The weights are taken from the checkpoint's own files and in their own type, also where training saw them quantized,
so that the folder loads wherever the checkpoint it came from does, without peft.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import save_torch_state_dict
from safetensors.torch import load_file, save_file
from torch import nn

from extractor.checkpoints import Checkpoint
from extractor.checkpoints.locate import DECISIVE

#: The most bytes of one file of weights.
_SHARD = 4_500_000_000

Change = Callable[[torch.Tensor], torch.Tensor]


def export(base: Checkpoint, model: nn.Module, folder: Path) -> None:
    """Writes `folder`: the files of `base` with the weights that `model`, trained from it, has now."""
    changes = dict(_changes(model))
    folder.mkdir(parents=True, exist_ok=True)
    for file in base.folder.iterdir():
        # A link of a folder from elsewhere may lead to anything on this machine; only what was checked is taken along.
        is_own = file.name in DECISIVE or base.repo is not None or file.resolve().parent == base.folder.resolve()
        if file.is_file() and is_own and not file.name.endswith((".safetensors", ".py", ".bin", "index.json")):
            shutil.copy(file, folder / file.name)
    tensors: dict[str, torch.Tensor] = {}
    for file in base.weight_files:
        tensors.update(load_file(file))
    for name, change in changes.items():
        tensors[name] = change(tensors[name])
    _write(tensors, folder)


def _changes(model: nn.Module) -> Iterator[tuple[str, Change]]:
    """For each weight that training changed, what makes the new one of the checkpoint's."""
    from peft.tuners.lora import LoraLayer

    adapted = False
    for name, module in model.named_modules():
        if isinstance(module, LoraLayer):
            adapted = True
            adapter: Any = module
            yield f"{name}.weight", partial(_added, adapter.get_delta_weight("default").detach().float().cpu())
    if not adapted:
        for name, weight in model.named_parameters():
            if weight.requires_grad:
                yield name, partial(_replaced, weight.detach().cpu())


def _added(change: torch.Tensor, old: torch.Tensor) -> torch.Tensor:
    return (old.float() + change).to(old.dtype)


def _replaced(new: torch.Tensor, old: torch.Tensor) -> torch.Tensor:
    return new.to(old.dtype)


def _write(tensors: dict[str, torch.Tensor], folder: Path) -> None:
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    if size <= _SHARD:
        whole = {name: tensor.contiguous() for name, tensor in tensors.items()}
        save_file(whole, folder / "model.safetensors", metadata={"format": "pt"})
        return
    save_torch_state_dict(tensors, folder, max_shard_size=_SHARD)
