"""Networks of onnxruntime that the package ships, with the settings that reading pages wants."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


_OPENING = threading.Lock()


def kept_session(path: Path, intra_threads: int) -> InferenceSession:
    """As `session`, opened once a process: whoever needs it meanwhile waits for it."""
    with _OPENING:
        return _opened(path, intra_threads)


@cache
def _opened(path: Path, intra_threads: int) -> InferenceSession:
    return session(path, intra_threads)


def session(path: Path, intra_threads: int) -> InferenceSession:
    """A network of onnxruntime, with the settings that reading pages wants."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = intra_threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Memory patterns are planned anew for every size of picture, and pages differ; without them, the arena needs no
    # more than the largest page (detection is bounded), stays flat over thousands, and saves a quarter of the time.
    options.enable_mem_pattern = False
    # Threads that wait for each other inside a small network would burn a third of its CPU time by spinning.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
