"""Which engine reads, and why. Choosing never downloads anything, and imports torch only where it is going to be used.

"auto" takes Phi-3-vision when a checkpoint is on this machine, its packages are installed and the device can hold it;
else no model: the document's own sources ("embedded"), which speak in any case. It never takes a server: pages leave
this machine only where "openai" is named. Other packages add engines by entry points of the group `extractor.engines`
(docs/engines.md).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from extractor.checkpoints import Checkpoint, find_checkpoint, find_default_checkpoint
from extractor.errors import DeviceError, MissingExtraError, UsageError

if TYPE_CHECKING:
    from extractor.engines import Engine

#: What commands and results call a reading without a model.
EMBEDDED = "embedded"
ENGINES = ("auto", EMBEDDED, "phi3v", "onnx", "openai")
#: Entry points that name further engines: each makes one from the options of `choose_engine`.
GROUP = "extractor.engines"

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
    base_url: str | None = None,
    api_key_env: str | None = None,
    timeout: float | None = None,
) -> tuple[Engine | None, str]:
    """The engine called `name`, None for no model, and why it was chosen, in words for a person.

    `model` is a folder or the name of a model in the hub's local cache; without it the environment's EXTRACTOR_MODEL,
    then the known models are looked for. For "openai" it is the model's name on the server at `base_url`, whose key the
    environment variable `api_key_env` holds, and which may take `timeout` seconds for a document; for
    "onnx" a folder of ONNX models. The other options are
    Phi-3-vision's; an engine of another package gets all of them. Raises UsageError for an unknown name,
    MissingExtraError where Phi-3-vision or a checkpoint is asked for without its packages, CheckpointError for a
    checkpoint that is not here or broken, DeviceError for a device that cannot do what is asked of it.
    """
    options = {option: value for option, value in locals().items() if option != "name"}
    if name not in engine_names():
        raise UsageError(f"engine {name!r} is unknown; choose one of {', '.join(engine_names())}")
    if name == EMBEDDED:
        return None, "asked for"
    if name in _added():
        return _of_another_package(_added()[name], options), "asked for"
    if name == "openai":
        return _on_a_server(base_url, timeout, model=model, api_key_env=api_key_env, hints=hints, keep=keep_unsupported)
    if name == "onnx":
        if not (model and dtype == "auto" and device in ("auto", "cpu") and revision is None):
            raise UsageError("the onnx engine takes --model with a folder, whose precision it has, and runs on the CPU")
        return _onnx(model, num_crops=num_crops, hints=hints, keep_unsupported=keep_unsupported), "asked for"
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


def engine_names() -> tuple[str, ...]:
    """Every engine that can be asked for by name."""
    return (*ENGINES, *_added())


@cache
def _added() -> Mapping[str, EntryPoint]:
    """Engines of other packages; none takes the name of one of ours."""
    return {one.name: one for one in entry_points(group=GROUP) if one.name not in ENGINES}


def _of_another_package(entry: EntryPoint, options: Mapping[str, Any]) -> Engine:
    """An engine as its package makes it. Raises UsageError if what it makes is no engine."""
    try:
        engine: Engine = entry.load()(**options)
    except (ImportError, AttributeError, TypeError) as error:
        raise UsageError(f"engine {entry.name} ({entry.value}) cannot be made: {type(error).__name__}") from error
    lacking = [name for name in ("name", "details", "label", "answer") if not hasattr(engine, name)]
    if lacking:
        raise UsageError(f"engine {entry.name} ({entry.value}) is no engine: it has no {', '.join(lacking)}")
    return engine


def _onnx(folder: str, **options: Any) -> Engine:
    from extractor.checkpoints.onnx_folder import read_onnx_folder

    read_onnx_folder(folder)
    if not _installed():
        raise MissingExtraError("The onnx engine", "phi3v")
    from extractor.engines.onnx import OnnxEngine

    return OnnxEngine(folder, **options)


def _on_a_server(base_url: str | None, timeout: float | None, *, keep: bool, **options: Any) -> tuple[Engine, str]:
    from extractor.engines.openai import TIMEOUT, OpenAIEngine

    if base_url is None:
        raise UsageError("the openai engine needs the address of a server; name it with --base-url")
    seconds = TIMEOUT if timeout is None else timeout
    engine = OpenAIEngine(base_url, timeout=seconds, keep_unsupported=keep, **options)
    open_to_all = "" if engine.server.is_private else ", unencrypted"
    return engine, f"asked for; pages go to {engine.server.shown}{open_to_all}"


def _checkpoint(model: str | None, revision: str | None) -> tuple[Checkpoint | None, str]:
    if model is not None:
        return find_checkpoint(model, revision), f"{model} was named"
    if revision is not None:
        raise UsageError("a revision belongs to a model; name it with --model")
    return find_default_checkpoint()


def _installed() -> bool:
    return all(importlib.util.find_spec(package) is not None for package in _PACKAGES)
