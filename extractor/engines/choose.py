"""Which engine reads, and why. Choosing never downloads anything, and imports torch only where it is going to be used.

"auto" takes Phi-3-vision when a checkpoint is on this machine, its packages are installed and the device can hold it;
else no model: the document's own sources ("embedded"), which speak in any case.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from extractor.checkpoints import Checkpoint, find_checkpoint, find_default_checkpoint
from extractor.errors import DeviceError, MissingExtraError, UsageError

if TYPE_CHECKING:
    from extractor.engines import Engine

#: What commands and results call a reading without a model.
EMBEDDED = "embedded"
ENGINES = ("auto", EMBEDDED, "phi3v")

_PACKAGES = ("torch", "transformers", "llguidance", "outlines")


def choose_engine(
    name: str = "auto",
    *,
    model: str | None = None,
    revision: str | None = None,
    dtype: str = "auto",
    device: str = "auto",
    quantizer: str = "auto",
    num_crops: int | None = None,
    hints: bool | None = None,
    keep_unsupported: bool = False,
) -> tuple[Engine | None, str]:
    """The engine called `name`, None for no model, and why it was chosen, in words for a person.

    `model` is a folder or the name of a model in the hub's local cache; without it the environment's EXTRACTOR_MODEL,
    then the known models are looked for. The other options are Phi-3-vision's. Raises UsageError for an unknown name,
    MissingExtraError where Phi-3-vision or a checkpoint is asked for without its packages, CheckpointError for a
    checkpoint that is not here or broken, DeviceError for a device that cannot do what is asked of it.
    """
    if name not in ENGINES:
        raise UsageError(f"engine {name!r} is unknown; choose one of {', '.join(ENGINES)}")
    if name == EMBEDDED:
        return None, "asked for"
    checkpoint, found = _checkpoint(model, revision)
    if name == "auto" and checkpoint is None:
        return None, found
    if not _installed():
        if name == "phi3v" or model is not None:
            raise MissingExtraError("The Phi-3-vision engine", "phi3v")
        return None, f"{found}, but the packages that phi3v needs are not installed"
    if checkpoint is None:
        raise UsageError(f"the Phi-3-vision engine needs a checkpoint: {found}; name one with --model")
    from extractor.engines.phi3v import Phi3VEngine

    try:
        engine = Phi3VEngine(
            checkpoint,
            dtype=dtype,
            device=device,
            quantizer=quantizer,
            num_crops=num_crops,
            hints=hints,
            keep_unsupported=keep_unsupported,
        )
    except DeviceError as error:
        # What was asked for by name fails by name; what was only there is left alone.
        if name == "phi3v" or dtype != "auto" or device != "auto":
            raise
        return None, f"{found}, but {error}"
    return engine, f"{found}; {engine.plan.dtype} on {engine.plan.device}: {engine.plan.reason}"


def describe(engine: Engine | None) -> dict[str, str]:
    """What read a document, as `Extraction.engine` says it."""
    return {"name": EMBEDDED} if engine is None else {"name": engine.name, **engine.details}


def _checkpoint(model: str | None, revision: str | None) -> tuple[Checkpoint | None, str]:
    if model is not None:
        return find_checkpoint(model, revision), f"{model} was named"
    if revision is not None:
        raise UsageError("a revision belongs to a model; name it with --model")
    return find_default_checkpoint()


def _installed() -> bool:
    return all(importlib.util.find_spec(package) is not None for package in _PACKAGES)
