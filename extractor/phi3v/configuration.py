"""The configuration of Phi-3-vision, read from the published `config.json` as it is.

The published file was written for the reference implementation of 2024 and trips current transformers in four
ways; each is put right here, so that the folder on disk stays untouched:

- `rope_scaling` says `su`, the first name of what is now called `longrope`, and keeps the length the model was
  first trained on outside of it;
- the vision tower is only named (`openai/clip-vit-large-patch14-336`): its sizes were hard-coded;
- `_attn_implementation` pins flash attention, and `auto_map` points at code on the hub: both are dropped;
- `sliding_window` equals the longest context, so it never hides anything, but sends every mask down a slower path.

Phi-3-vision and Phi-3.5-vision differ in their factors and their sliding window only.
"""

import math
from typing import Any, ClassVar

from huggingface_hub.dataclasses import strict
from transformers import CLIPVisionConfig, Phi3Config

# openai/clip-vit-large-patch14-336, the vision tower both releases share.
CLIP_VIT_LARGE_PATCH14_336: dict[str, Any] = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "num_channels": 3,
    "image_size": 336,
    "patch_size": 14,
    "hidden_act": "quick_gelu",
    "layer_norm_eps": 1e-5,
    "projection_dim": 768,
}

# The one arrangement of image features that was ever published: merged 2x2 patches, a learnt separator at the end of
# each row, the sub-images first and the global view last, then a two-layer projection.
_FEATURE_LAYOUT: dict[str, Any] = {
    "embedding_cls": "image",
    "hd_transform_order": "sub_glb",
    "projection_cls": "mlp",
    "use_hd_transform": True,
    "with_learnable_separator": True,
}


@strict
class Phi3VConfig(Phi3Config):
    """Sizes of the text decoder at the top level, those of the vision tower in `vision_config`.

    Raises ValueError for a layout of image features, or a rotary embedding, that no published checkpoint has.
    """

    model_type = "phi3_v"
    sub_configs: ClassVar[dict[str, Any]] = {"vision_config": CLIPVisionConfig}

    vision_config: Any = None  # a CLIPVisionConfig once read
    img_processor: dict[str, Any] | None = None
    embd_layer: dict[str, Any] | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        for pinned in ("auto_map", "_attn_implementation"):
            kwargs.pop(pinned, None)
        tower = dict(self.img_processor or {})
        self.vision_config = _vision_config(self.vision_config or tower.pop("vision_config", None))
        layout = {**_FEATURE_LAYOUT, **(self.embd_layer or {})}
        _check_layout(layout, tower.get("image_dim_out"), self.vision_config)
        self.img_processor, self.embd_layer = tower, layout
        self.rope_parameters = self._rope_parameters(kwargs)
        if self.sliding_window is not None and self.sliding_window >= self.max_position_embeddings:
            self.sliding_window = None
        super().__post_init__(**kwargs)

    def _rope_parameters(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The rotary embedding in transformers' present terms, whichever way the file words it."""
        given = dict(kwargs.pop("rope_scaling", None) or self.rope_parameters or {})
        theta = kwargs.pop("rope_theta", None)
        kind = given.pop("type", None) or given.pop("rope_type", None) or "default"
        given.pop("rope_type", None)
        given.setdefault("rope_theta", 10000.0 if theta is None else float(theta))
        if kind == "default":
            return {"rope_type": "default", **given}
        if kind not in ("su", "longrope"):
            raise ValueError(f"rotary embedding {kind!r} is not one of Phi-3-vision's (su, longrope)")
        given["original_max_position_embeddings"] = self.original_max_position_embeddings
        given.setdefault("factor", self.max_position_embeddings / self.original_max_position_embeddings)
        return {"rope_type": "longrope", **given}

    @property
    def rope_switch(self) -> int | None:
        """Longest sequence the short rotary factors serve; past it the long ones hold for every position.

        None when the rotary embedding is the plain one, which never switches.
        """
        rope = dict(self.rope_parameters or {})
        return None if rope["rope_type"] == "default" else int(rope["original_max_position_embeddings"])

    @property
    def rope_attention_factor(self) -> float:
        """What cosines and sines are multiplied with: sqrt(1 + ln(factor) / ln(original length)), LongRoPE's rule."""
        rope: dict[str, Any] = dict(self.rope_parameters or {})
        if rope.get("attention_factor") is not None:
            return float(rope["attention_factor"])
        factor = float(rope.get("factor", 1.0))
        if self.rope_switch is None or factor <= 1.0:
            return 1.0
        return math.sqrt(1 + math.log(factor) / math.log(self.rope_switch))


def _vision_config(given: CLIPVisionConfig | dict[str, Any] | None) -> CLIPVisionConfig:
    if isinstance(given, CLIPVisionConfig):
        return given
    return CLIPVisionConfig(**{**CLIP_VIT_LARGE_PATCH14_336, **(given or {})})


def _check_layout(layout: dict[str, Any], width: int | None, vision: CLIPVisionConfig) -> None:
    for key, expected in _FEATURE_LAYOUT.items():
        if layout[key] != expected:
            raise ValueError(f"embd_layer.{key} is {layout[key]!r}, not {expected!r}")
    if width not in (None, vision.hidden_size):
        raise ValueError(f"image_dim_out {width} is not the vision tower's width {vision.hidden_size}")
