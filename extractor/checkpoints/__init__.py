"""Checkpoints of Phi-3-vision on this machine: where one is, whether it is whole, which one it is.

All of this is known from files alone, in milliseconds, without torch: choosing an engine must not cost seconds of
imports on a machine that has no checkpoint. Nothing here ever touches the network; what is not here is named in one
line, with the command that fetches it and its size. Reading the weights is `extractor.phi3v.loading`'s.
"""

from extractor.checkpoints.locate import (
    KNOWN_MODELS,
    MODEL_VARIABLE,
    Checkpoint,
    KnownModel,
    fetch_command,
    find_checkpoint,
    find_default_checkpoint,
    hub_cache,
)
from extractor.checkpoints.verify import expected_tensors, read_config, verify_checkpoint

__all__ = [
    "KNOWN_MODELS",
    "MODEL_VARIABLE",
    "Checkpoint",
    "KnownModel",
    "expected_tensors",
    "fetch_command",
    "find_checkpoint",
    "find_default_checkpoint",
    "hub_cache",
    "read_config",
    "verify_checkpoint",
]
