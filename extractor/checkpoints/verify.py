"""Checks a checkpoint by its small files and the headers of its weights.

A safetensors file says at its beginning which tensors it holds, of which type and shape, and how long it is; comparing
that with what the configuration implies finds a truncated download, a foreign model or a missing layer before
gigabytes are read, and without a traceback from inside a library.
"""

import json
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from extractor.checkpoints.locate import Checkpoint, fetch_command, missing_files, read_json
from extractor.checkpoints.values import check_config, check_small_files
from extractor.errors import CheckpointError

Shape = tuple[int, ...]

#: The largest header that the safetensors library reads.
_HEADER_BYTES = 100_000_000
#: Types of floating point numbers, and the bytes of one.
_WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
#: What is done to a text before and after it is cut into tokens, and the longest text that any of it may hold; what
#: takes the place of each of some characters is shorter.
_ON_THE_WAY = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
_LONGEST, _ANY = {"content": 100}, 10_000
_MARKS = ("<|user|>", "<|assistant|>", "<|end|>")  # what the prompt is made of
_VISION_DEFAULTS = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "image_size": 336,
    "patch_size": 14,
    "num_channels": 3,
}


def verify_checkpoint(checkpoint: Checkpoint) -> None:
    """Raises CheckpointError, one line that says what is wrong and what to do, for a broken or foreign checkpoint."""
    folder = checkpoint.folder
    config = read_config(folder)
    kind = config.get("model_type", "nameless")
    if kind != "phi3_v":
        kind = kind if isinstance(kind, str) and len(kind) < 60 else "strange"
        raise CheckpointError(f"{folder} holds a {kind} model; the Phi-3-vision engine reads phi3_v")
    missing = missing_files(folder)
    if missing:
        if any(folder.glob("*.bin")) and not checkpoint.weight_files:
            raise CheckpointError(f"{folder} has its weights as pickles (*.bin); only safetensors are read")
        raise CheckpointError(f"{folder} is incomplete: {missing[0]} is missing{_again(checkpoint)}")
    check_small_files(folder)
    expected, found = expected_tensors(config), dict[str, _Tensor]()
    for file in checkpoint.weight_files:
        own = _read_tensors(file, _again(checkpoint))
        if twice := sorted(own.keys() & found.keys()):
            raise CheckpointError(f"{folder} holds {_shown(twice[0])} twice, in {file.name} and another file")
        found.update(own)
    quantized = config.get("quantization_config")
    if quantized is None:
        _compare(folder, expected, found)
    elif quantized.get("quant_method") != "bitsandbytes":  # whose weights come in shapes of their own
        kind = str(quantized.get("quant_method"))[:60]
        raise CheckpointError(
            f"{folder} is quantized with {kind}; of quantized checkpoints only bitsandbytes' are read"
        )
    check_tokenizer(folder, int(config["vocab_size"]))


def read_config(folder: Path) -> dict[str, Any]:
    """config.json of a checkpoint. Raises CheckpointError if the file is missing or is not a JSON object."""
    file = folder / "config.json"
    if not file.is_file():
        raise CheckpointError(f"{folder} is not a checkpoint: it has no config.json")
    return read_json(file)


def expected_tensors(config: dict[str, Any]) -> dict[str, Shape]:
    """Name and shape of every tensor a checkpoint with this config.json holds: 592 in the published ones.

    Raises CheckpointError for a configuration that lacks a size, or has an impossible one.
    """
    check_config(config)
    return dict(_text_tensors(config)) | dict(_vision_tensors(config))


def _text_tensors(config: dict[str, Any]) -> Iterator[tuple[str, Shape]]:
    hidden, inner, heads = config["hidden_size"], config["intermediate_size"], config["num_attention_heads"]
    head = hidden // heads
    keys = head * (config.get("num_key_value_heads") or heads)
    yield "model.embed_tokens.weight", (config["vocab_size"], hidden)
    for number in range(config["num_hidden_layers"]):
        layer = f"model.layers.{number}"
        yield f"{layer}.self_attn.qkv_proj.weight", (heads * head + 2 * keys, hidden)
        yield f"{layer}.self_attn.o_proj.weight", (hidden, heads * head)
        yield f"{layer}.mlp.gate_up_proj.weight", (2 * inner, hidden)
        yield f"{layer}.mlp.down_proj.weight", (hidden, inner)
        yield f"{layer}.input_layernorm.weight", (hidden,)
        yield f"{layer}.post_attention_layernorm.weight", (hidden,)
    yield "model.norm.weight", (hidden,)
    if not config.get("tie_word_embeddings"):
        yield "lm_head.weight", (config["vocab_size"], hidden)


def _vision_tensors(config: dict[str, Any]) -> Iterator[tuple[str, Shape]]:
    given = config.get("vision_config") or (config.get("img_processor") or {}).get("vision_config") or {}
    sizes = {key: given.get(key, default) for key, default in _VISION_DEFAULTS.items()}
    width, inner, patch = sizes["hidden_size"], sizes["intermediate_size"], sizes["patch_size"]
    text, merged = config["hidden_size"], 4 * width
    root = "model.vision_embed_tokens"
    yield f"{root}.glb_GN", (1, 1, merged)
    yield f"{root}.sub_GN", (1, 1, 1, merged)
    yield from _linear(f"{root}.img_projection.0", text, merged)
    yield from _linear(f"{root}.img_projection.2", text, text)
    tower = f"{root}.img_processor.vision_model"
    yield f"{tower}.embeddings.class_embedding", (width,)
    yield f"{tower}.embeddings.patch_embedding.weight", (width, sizes["num_channels"], patch, patch)
    yield f"{tower}.embeddings.position_embedding.weight", ((sizes["image_size"] // patch) ** 2 + 1, width)
    for norm in ("pre_layrnorm", "post_layernorm"):
        yield from _norm(f"{tower}.{norm}", width)
    for number in range(sizes["num_hidden_layers"]):
        layer = f"{tower}.encoder.layers.{number}"
        for projection in ("k_proj", "v_proj", "q_proj", "out_proj"):
            yield from _linear(f"{layer}.self_attn.{projection}", width, width)
        yield from _linear(f"{layer}.mlp.fc1", inner, width)
        yield from _linear(f"{layer}.mlp.fc2", width, inner)
        yield from _norm(f"{layer}.layer_norm1", width)
        yield from _norm(f"{layer}.layer_norm2", width)


def _linear(name: str, out: int, into: int) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", (out, into)
    yield f"{name}.bias", (out,)


def _norm(name: str, width: int) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", (width,)
    yield f"{name}.bias", (width,)


@dataclass(frozen=True)
class _Tensor:
    """A tensor by the header: its type, its shape, and where its bytes begin and end."""

    kind: str
    shape: Shape
    start: int
    end: int

    @property
    def fits(self) -> bool:
        """Whether its place holds as much as its type and shape say; types of quantizers are theirs to judge."""
        width = _WIDTHS.get(self.kind)
        return 0 <= self.start <= self.end and (width is None or self.end - self.start == width * math.prod(self.shape))


def _read_tensors(file: Path, again: str) -> dict[str, _Tensor]:
    """What the header of a safetensors file says: 8 bytes of length, then JSON, then the data it describes."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        start = stream.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        raw = stream.read(length) if length <= min(size - 8, _HEADER_BYTES) else b""
    if start == b"version ":
        raise CheckpointError(f"{file} is a pointer of Git LFS, not the file itself; run: git lfs pull")
    try:
        header = json.loads(raw)
        header.pop("__metadata__", None)
        found = {name: _tensor(entry) for name, entry in header.items()}
        end = 8 + length + max((one.end for one in found.values()), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError):
        raise CheckpointError(f"{file} is not a safetensors file, or broken off at its beginning{again}") from None
    if size > end:
        raise CheckpointError(f"{file} is damaged: it has {size:,} bytes, its tensors take {end:,}{again}")
    if size < end:
        raise CheckpointError(f"{file} is truncated: it has {size:,} of {end:,} bytes{again}")
    for name, one in found.items():
        if not one.fits:
            raise CheckpointError(f"{file} is damaged: the place of {_shown(name)} is not as large as its shape{again}")
    placed = sorted(found.values(), key=lambda one: (one.start, one.end))
    if any(before.end > after.start for before, after in pairwise(placed)):
        raise CheckpointError(f"{file} is damaged: two tensors share bytes{again}")
    return found


def _tensor(entry: Any) -> _Tensor:
    start, end = map(int, entry["data_offsets"])
    return _Tensor(str(entry["dtype"]), tuple(map(int, entry["shape"])), start, end)


def _shown(name: str) -> str:
    return repr(name[:100])[1:-1]


def _compare(folder: Path, expected: dict[str, Shape], found: dict[str, _Tensor]) -> None:
    missing = sorted(expected.keys() - found.keys())
    if missing:
        raise CheckpointError(f"{folder} lacks {len(missing)} of {len(expected)} tensors, such as {missing[0]}")
    for name, shape in expected.items():
        if found[name].shape != shape:
            raise CheckpointError(
                f"{folder} does not fit its config.json: {name} is {_by(found[name].shape)}, not {_by(shape)}"
            )
        if found[name].kind not in _WIDTHS:
            raise CheckpointError(f"{folder} has {name} in {_shown(found[name].kind)}; weights are F32, F16 or BF16")


def _by(shape: Shape) -> str:
    return " x ".join(map(str, shape[:8])) or "a number"


def check_tokenizer(folder: Path, rows: int) -> None:
    """Raises CheckpointError unless a folder's tokenizer fits a model of `rows` rows and can be run on any text."""
    tokenizer = read_json(folder / "tokenizer.json")
    try:
        vocabulary = tokenizer["model"]["vocab"]
        added = {token["content"]: token["id"] for token in tokenizer.get("added_tokens", [])}
        ids = vocabulary.values() if isinstance(vocabulary, dict) else range(len(vocabulary))
        highest = max(map(int, [*ids, *added.values()]))
        unknown = tokenizer["model"].get("unk_token")
        says_unknown = unknown is None or unknown in (vocabulary if isinstance(vocabulary, dict) else [unknown])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise CheckpointError(f"{folder / 'tokenizer.json'} is not a tokenizer") from None
    if min(map(int, [*ids, *added.values()])) < 0 or not says_unknown or _takes_long(tokenizer):
        raise CheckpointError(f"{folder / 'tokenizer.json'} is not a tokenizer of this architecture")
    if highest >= rows:
        raise CheckpointError(
            f"the tokenizer in {folder} does not fit its model: it has ids up to {highest}, the model {rows} rows"
        )
    absent = [mark for mark in _MARKS if mark not in added]
    if absent:
        raise CheckpointError(f"the tokenizer in {folder} does not fit its model: it does not know {absent[0]}")


def _takes_long(tokenizer: dict[str, Any]) -> bool:
    """Whether a text may take time or memory without end on its way to tokens: through a pattern that repeats, in an
    engine that goes back and tries again, or through what it is replaced with."""
    waiting: list[tuple[str, Any]] = [(name, tokenizer.get(name)) for name in _ON_THE_WAY]
    while waiting:
        name, one = waiting.pop()
        if isinstance(one, str):
            if len(one) > _LONGEST.get(name, _ANY) or (name == "Regex" and re.search(r"[*+{]", one)):
                return True
            if (name, one) == ("String", ""):
                return True  # stands between any two characters
        if isinstance(one, dict):
            waiting += one.items()
        elif isinstance(one, list):
            waiting += ((name, each) for each in one)
    return False


def _again(checkpoint: Checkpoint) -> str:
    if checkpoint.repo is None:
        return "; copy or fetch it again"
    return f"; fetch it again with: {fetch_command(checkpoint.repo, checkpoint.revision)}"
