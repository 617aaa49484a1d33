"""What the small files of a checkpoint may say: types and ranges, checked before any of it is computed with.

Checkpoints come from elsewhere. Whatever is absurd here would be memory or time without end later, or an error from
inside a library.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from extractor.checkpoints.locate import read_json
from extractor.errors import CheckpointError

#: Precisions that weights are loaded in, and kinds of devices.
DTYPES, DEVICES = ("float32", "bfloat16", "float16", "int8", "int4"), ("cuda", "cpu", "mps")
#: Most tiles that a page may be cut into; the published models use 16 and take 1.4 MB a tile.
MAX_CROPS = 64

Rule = Callable[[Any], bool]


def integer(low: int, high: int) -> Rule:
    return lambda value: type(value) is int and low <= value <= high


def number(low: float, high: float) -> Rule:
    return lambda value: type(value) in (int, float) and math.isfinite(value) and low <= value <= high


def optional(check: Rule) -> Rule:
    return lambda value: value is None or check(value)


def one_of(*values: Any) -> Rule:
    return lambda value: isinstance(value, str | bool | None) and value in values


def numbers(low: float, high: float, lengths: tuple[int, int]) -> Rule:
    member = number(low, high)
    return lambda value: isinstance(value, list) and lengths[0] <= len(value) <= lengths[1] and all(map(member, value))


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _ids(value: Any) -> bool:
    """A token's id, or several."""
    one = integer(0, 1 << 24)
    return one(value) or (isinstance(value, list) and len(value) <= 100 and all(map(one, value)))


_FLAG = one_of(True, False)
_TYPES = ("float32", "float16", "bfloat16", "auto")
#: config.json: what must be there, and what may.
_SIZES: Mapping[str, Rule] = {
    "hidden_size": integer(1, 1 << 16),
    "intermediate_size": integer(1, 1 << 20),
    "num_attention_heads": integer(1, 1 << 12),
    "num_hidden_layers": integer(1, 1 << 10),
    "vocab_size": integer(1, 1 << 24),
}
_OTHERS: Mapping[str, Rule] = {
    "num_key_value_heads": optional(integer(1, 1 << 12)),
    "max_position_embeddings": integer(1, 1 << 24),
    "original_max_position_embeddings": optional(integer(1, 1 << 24)),
    "sliding_window": optional(integer(1, 1 << 30)),
    "rms_norm_eps": number(0, 1),
    "rope_theta": number(1e-3, 1e12),
    "attention_dropout": number(0, 1),
    "embd_pdrop": number(0, 1),
    "resid_pdrop": number(0, 1),
    "initializer_range": number(0, 1e3),
    "partial_rotary_factor": optional(number(1, 1)),
    "hidden_act": one_of("silu"),
    "dtype": one_of(*_TYPES, None),
    "torch_dtype": one_of(*_TYPES, None),
    "bos_token_id": optional(_ids),
    "eos_token_id": optional(_ids),
    "pad_token_id": optional(_ids),
    "use_cache": optional(_FLAG),
    "is_encoder_decoder": one_of(False),
    "tie_word_embeddings": optional(_FLAG),
    "rope_scaling": optional(_object),
    "rope_parameters": optional(_object),
    "vision_config": optional(_object),
    "img_processor": optional(_object),
    "embd_layer": optional(_object),
    "quantization_config": optional(_object),
    "extractor": optional(_object),
}
_FACTORS = numbers(1e-6, 1e6, (1, 1 << 12))
_ROPE: Mapping[str, Rule] = {
    "type": one_of("su", "longrope", "default", None),
    "rope_type": one_of("su", "longrope", "default", None),
    "rope_theta": number(1e-3, 1e12),
    "partial_rotary_factor": optional(number(1, 1)),
    "short_factor": optional(_FACTORS),
    "long_factor": optional(_FACTORS),
    "factor": optional(number(1e-3, 1e6)),
    "attention_factor": optional(number(1e-3, 1e6)),
    "original_max_position_embeddings": optional(integer(1, 1 << 24)),
}
_VISION: Mapping[str, Rule] = {
    "hidden_size": integer(1, 1 << 14),
    "intermediate_size": integer(1, 1 << 18),
    "num_attention_heads": integer(1, 1 << 10),
    "num_hidden_layers": integer(1, 1 << 9),
    # What pictures are cut into (`extractor.phi3v.image_processing`).
    "image_size": integer(336, 336),
    "patch_size": integer(14, 14),
    "num_channels": integer(3, 3),
    "layer_norm_eps": number(0, 1),
    "attention_dropout": number(0, 1),
    "initializer_range": number(0, 1e3),
    "initializer_factor": number(0, 1e3),
    "projection_dim": optional(integer(1, 1 << 16)),
    "hidden_act": one_of("quick_gelu"),
}
#: Settings of `extractor.engines.phi3v` that a checkpoint brings along.
_ENGINE: Mapping[str, Rule] = {
    "prompt": one_of("full", "short"),
    "lang": one_of("en", "zh"),
    "hints": _FLAG,
    "framed": _FLAG,
    "hint_bytes": integer(0, 1 << 20),
    "null_bonus": number(-100, 100),
}
_PICTURES: Mapping[str, Rule] = {
    "num_crops": integer(1, MAX_CROPS),
    "num_img_tokens": integer(1, 1 << 12),
    "image_mean": numbers(-1e3, 1e3, (3, 3)),
    "image_std": numbers(1e-6, 1e3, (3, 3)),
}


def check_config(config: Mapping[str, Any]) -> None:
    """Raises CheckpointError unless every value of a config.json that is used has its type and a possible size."""
    where = "config.json"
    for name in _SIZES:
        if name not in config:
            raise CheckpointError(f"{where} does not say {name}")
    _check(where, config, {**_SIZES, **_OTHERS})
    heads = config["num_attention_heads"]
    if config["hidden_size"] % heads:
        raise CheckpointError(f"{where}: hidden_size is not a multiple of num_attention_heads")
    if heads % (config.get("num_key_value_heads") or heads):
        raise CheckpointError(f"{where}: num_attention_heads is not a multiple of num_key_value_heads")
    for name, given, checks in _parts(config):
        if not isinstance(given, dict):
            raise CheckpointError(f"{where} has an impossible {name}")
        _check(f"{where}, {name}", given, checks)
        for factors in ("short_factor", "long_factor") if name.startswith("rope") else ():
            if given.get(factors) and len(given[factors]) != config["hidden_size"] // heads // 2:
                raise CheckpointError(f"{where}, {name}: {factors} has not one number for two places of a head")
        if name == "vision_config" and given.get("hidden_size", 1024) % given.get("num_attention_heads", 16):
            raise CheckpointError(f"{where}, {name}: hidden_size is not a multiple of num_attention_heads")


def check_wishes(where: str, wishes: Mapping[str, Any]) -> None:
    """Raises CheckpointError unless the settings that a checkpoint brings along can be used."""
    _check(where, wishes, _ENGINE)


def _parts(config: Mapping[str, Any]) -> Iterator[tuple[str, Any, Mapping[str, Rule]]]:
    tower = config.get("img_processor") or {}
    yield "vision_config", config.get("vision_config") or tower.get("vision_config") or {}, _VISION
    yield "rope_scaling", config.get("rope_scaling") or {}, _ROPE
    yield "rope_parameters", config.get("rope_parameters") or {}, _ROPE
    yield "extractor", config.get("extractor") or {}, _ENGINE


def check_small_files(folder: Path) -> None:
    """Raises CheckpointError unless the other small files that are there can be used."""
    for name in ("generation_config.json", "tokenizer_config.json", "special_tokens_map.json"):
        if (folder / name).is_file():
            read_json(folder / name)
    for name in ("preprocessor_config.json", "processor_config.json"):
        if not (folder / name).is_file():
            continue
        content = read_json(folder / name)
        pictures = content.get("image_processor", {}) if name == "processor_config.json" else content
        if not isinstance(pictures, dict):
            raise CheckpointError(f"{folder / name} has an impossible image_processor")
        _check(str(folder / name), pictures, _PICTURES)


def _check(where: str, given: Mapping[str, Any], checks: Mapping[str, Rule]) -> None:
    for name, check in checks.items():
        if name in given and not check(given[name]):
            raise CheckpointError(f"{where} has an impossible {name}")
