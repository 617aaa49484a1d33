"""A folder in ONNX Runtime GenAI's layout of Phi-3-vision, checked before anything of it is loaded.

`genai_config.json` names three models (vision, embedding, text decoder) with their inputs and outputs; beside them lie
`processor_config.json` and the tokenizer. A folder that `extractor.phi3v.export` wrote also has `extractor.json`: how
the checkpoint wants to be asked.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from extractor.checkpoints.locate import read_json
from extractor.checkpoints.values import MAX_CROPS, check_wishes
from extractor.checkpoints.verify import check_tokenizer
from extractor.errors import CheckpointError

CONFIG, PROCESSOR, OWN = "genai_config.json", "processor_config.json", "extractor.json"
#: Where the published checkpoints' rotary embedding changes; genai_config.json does not say.
_SWITCH = 4096
_MOST = 1 << 20


@dataclass(frozen=True)
class Names:
    """What the models' inputs and outputs are called; keys and values of the cache layer by layer."""

    pixel_values: str
    image_sizes: str
    image_features: str
    input_ids: str
    features: str
    embeddings: str
    inputs_embeds: str
    attention_mask: str
    past: tuple[str, ...]
    logits: str
    present: tuple[str, ...]


@dataclass(frozen=True)
class OnnxFolder:
    """What a folder says of itself."""

    folder: Path
    vision: Path
    embedding: Path
    text: Path
    names: Names
    vocab_size: int
    hidden_size: int
    heads: int
    head_size: int
    context: int
    num_crops: int
    rope_switch: int | None
    wishes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.wishes.get("name") or self.folder.resolve().name)

    @property
    def dtype(self) -> str:
        """The precision of the text model, where the folder says it."""
        return str(self.wishes.get("dtype", "onnx"))

    @property
    def digest(self) -> str:
        """Tells folders apart by what they say and how large their files are; the weights are not read."""
        files = sorted(path for path in self.folder.iterdir() if path.is_file())
        lines = [f"{path.name} {path.stat().st_size}" for path in files]
        small = b"".join((self.folder / name).read_bytes() for name in (CONFIG, OWN) if (self.folder / name).is_file())
        return sha256("\n".join(lines).encode("utf-8", "surrogateescape") + small).hexdigest()[:16]


def read_onnx_folder(name: str | os.PathLike[str]) -> OnnxFolder:
    """Reads and checks a folder. Raises CheckpointError, one line that says what is wrong and where."""
    folder = Path(name)
    if not folder.is_dir():
        raise CheckpointError(f"{name} is no folder; the onnx engine reads one that extractor.phi3v.export writes")
    for needed in (CONFIG, PROCESSOR, "tokenizer.json"):
        if not (folder / needed).is_file():
            raise CheckpointError(f"{folder} has no {needed}; it is not a folder in ONNX Runtime GenAI's layout")
    config = _Section(read_json(folder / CONFIG), f"{folder.name}/{CONFIG}")
    model = config.part("model")
    if (kind := model.text("type")) not in ("phi3v", "phi3_v"):
        raise CheckpointError(f"{model.where} says type {kind[:40]!r}; the onnx engine runs phi3v")
    decoder, embedding, vision = (model.part(part) for part in ("decoder", "embedding", "vision"))
    layers = decoder.whole("num_hidden_layers", 1000)
    own = read_json(folder / OWN) if (folder / OWN).is_file() else {}
    check_wishes(f"{folder.name}/{OWN}", own)
    switch = own.get("rope_switch", _SWITCH)
    if switch is not None and not (type(switch) is int and 0 < switch < 1 << 24):
        raise CheckpointError(f"{folder.name}/{OWN} says rope_switch {str(switch)[:40]!r}, which is no length")
    check_tokenizer(folder, model.whole("vocab_size", 1 << 24))
    return OnnxFolder(
        folder=folder,
        vision=_file(folder, vision),
        embedding=_file(folder, embedding),
        text=_file(folder, decoder),
        names=_names(vision, embedding, decoder, layers),
        vocab_size=model.whole("vocab_size", 1 << 24),
        hidden_size=decoder.whole("hidden_size", _MOST),
        heads=decoder.whole("num_key_value_heads", 4096),
        head_size=decoder.whole("head_size", 4096),
        context=model.whole("context_length", 1 << 24),
        num_crops=_crops(folder),
        rope_switch=switch,
        wishes=own,
    )


@dataclass(frozen=True)
class _Section:
    """An object of a JSON file, whose values are asked for by their kind."""

    value: Mapping[str, Any]
    where: str

    def part(self, name: str) -> _Section:
        if not isinstance(found := self.value.get(name), dict):
            raise CheckpointError(f"{self.where} has no {name}")
        return _Section(found, f"{self.where}: {name}")

    def text(self, name: str, default: str | None = None) -> str:
        found = self.value.get(name, default)
        if not isinstance(found, str) or not found:
            raise CheckpointError(f"{self.where} does not say {name}")
        return found

    def whole(self, name: str, most: int) -> int:
        found = self.value.get(name)
        if type(found) is not int or not 0 < found <= most:
            raise CheckpointError(f"{self.where}: {name} is no number from 1 to {most}")
        return found


def _names(vision: _Section, embedding: _Section, decoder: _Section, layers: int) -> Names:
    into, out = decoder.part("inputs"), decoder.part("outputs")

    def each(part: _Section, kind: str, usual: str) -> tuple[str, ...]:
        patterns = [part.text(f"{kind}_{what}_names", f"{usual}.%d.{what}") for what in ("key", "value")]
        if any(pattern.count("%d") != 1 for pattern in patterns):
            raise CheckpointError(f"{part.where}: the names of the cache have no place for the layer")
        return tuple(pattern.replace("%d", str(layer)) for layer in range(layers) for pattern in patterns)

    return Names(
        vision.part("inputs").text("pixel_values", "pixel_values"),
        vision.part("inputs").text("image_sizes", "image_sizes"),
        vision.part("outputs").text("image_features", "image_features"),
        embedding.part("inputs").text("input_ids", "input_ids"),
        embedding.part("inputs").text("image_features", "image_features"),
        embedding.part("outputs").text("inputs_embeds", "inputs_embeds"),
        into.text("inputs_embeds", "inputs_embeds"),
        into.text("attention_mask", "attention_mask"),
        each(into, "past", "past_key_values"),
        out.text("logits", "logits"),
        each(out, "present", "present"),
    )


def _file(folder: Path, part: _Section) -> Path:
    name = part.text("filename")
    if Path(name).name != name:
        raise CheckpointError(f"{part.where}: the file {name[:80]!r} lies outside of the folder")
    if not (folder / name).is_file():
        raise CheckpointError(f"{folder} has no {name}, which {CONFIG} names")
    return folder / name


def _crops(folder: Path) -> int:
    """The crops of a picture, from the step of the processor that cuts it."""
    try:
        steps = read_json(folder / PROCESSOR)["processor"]["transforms"]
        found = [step["operation"]["attrs"]["num_crops"] for step in steps if "num_crops" in str(step)]
    except (KeyError, TypeError):
        found = []
    if len(found) != 1 or type(found[0]) is not int or not 1 <= found[0] <= MAX_CROPS:
        raise CheckpointError(f"{folder.name}/{PROCESSOR} does not say num_crops, from 1 to {MAX_CROPS}")
    return found[0]
