"""Finds, checks and identifies checkpoints of Phi-3-vision on this machine.

All of this works on files alone, in milliseconds, without torch: choosing an engine must not cost seconds of imports
on a machine without a checkpoint. The network is never used; the error for a missing checkpoint names the command that
fetches it and its size. `extractor.phi3v.loading` reads the weights.
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
