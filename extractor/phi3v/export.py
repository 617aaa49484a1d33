"""`python -m extractor.phi3v.export --model nano --out DIR --dtype int4`: a checkpoint in ONNX Runtime GenAI's layout.

A folder of three models, as Microsoft publishes Phi-3-vision for ONNX Runtime: `vision.onnx` (views of one picture to
its features), `embedding.onnx` (ids and features to embeddings) and `text.onnx` (embeddings and cache to logits),
with `genai_config.json`, `processor_config.json` and the tokenizer. The graphs are written operator by operator:
attention is onnxruntime's GroupQueryAttention, matrix products in 4 and 8 bits its MatMulNBits. The tower and the
embeddings stay in float32.

What a checkpoint trained for this program says of itself (`extractor` in config.json) goes into `extractor.json`,
since GenAI refuses a genai_config.json with keys that it does not know.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from extractor.checkpoints.locate import read_json
from extractor.checkpoints.onnx_folder import CONFIG, OWN, PROCESSOR
from extractor.ending import Parser, ended
from extractor.errors import UsageError
from extractor.phi3v.graph import Graph
from extractor.phi3v.image_processing import TILE
from extractor.phi3v.modeling import OFFICIAL_STOPS, OFFICIAL_VOCABULARY

BITS = {"float32": 32, "int8": 8, "int4": 4}
VISION, EMBEDDING, TEXT = "vision.onnx", "embedding.onnx", "text.onnx"
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")


def export(model: Any, source: Path, folder: Path, dtype: str) -> None:
    """Writes `folder` from a loaded model (of 32 or 16 bits) and the folder of its tokenizer and processor."""
    if dtype not in BITS:
        raise UsageError(f"--dtype is one of {', '.join(BITS)}, not {dtype}")
    folder.mkdir(parents=True, exist_ok=True)
    if folder.resolve() == source.resolve():
        raise UsageError(f"{folder} holds the checkpoint, whose files would be written over; name another --out")
    (folder / CONFIG).unlink(missing_ok=True)  # what is there is no folder of models until everything is written
    vision_graph(model, folder / VISION).save()
    embedding_graph(model, folder / EMBEDDING).save()
    text_graph(model, BITS[dtype], folder / TEXT).save()
    for name in _TOKENIZER:
        if (source / name).is_file():
            shutil.copy(source / name, folder / name)
    config, processor = read_json(source / "config.json"), read_json(source / _processor_file(source))
    crops = int((processor.get("image_processor") or processor).get("num_crops", 16))
    _write(folder / PROCESSOR, processor_config(crops))
    switch = {"rope_switch": model.config.rope_switch}
    _write(folder / OWN, {**(config.get("extractor") or {}), **switch, "dtype": dtype, "name": source.name})
    _write(folder / CONFIG, genai_config(model.config))


def genai_config(config: Any) -> dict[str, Any]:
    """`genai_config.json`, as GenAI's `phi3v` reads it."""
    official = config.vocab_size == OFFICIAL_VOCABULARY
    heads = config.num_key_value_heads or config.num_attention_heads
    session = {"log_id": "onnxruntime-genai", "provider_options": []}
    return {
        "model": {
            "type": "phi3v",
            "bos_token_id": config.bos_token_id,
            "eos_token_id": list(OFFICIAL_STOPS) if official else config.eos_token_id,
            "pad_token_id": config.pad_token_id,
            "vocab_size": config.vocab_size,
            "context_length": config.max_position_embeddings,
            "decoder": {
                "session_options": session,
                "filename": TEXT,
                "head_size": config.hidden_size // config.num_attention_heads,
                "hidden_size": config.hidden_size,
                "num_attention_heads": config.num_attention_heads,
                "num_hidden_layers": config.num_hidden_layers,
                "num_key_value_heads": heads,
                "inputs": {
                    "inputs_embeds": "inputs_embeds",
                    "attention_mask": "attention_mask",
                    "past_key_names": "past_key_values.%d.key",
                    "past_value_names": "past_key_values.%d.value",
                },
                "outputs": {
                    "logits": "logits",
                    "present_key_names": "present.%d.key",
                    "present_value_names": "present.%d.value",
                },
            },
            "embedding": {
                "filename": EMBEDDING,
                "inputs": {"input_ids": "input_ids", "image_features": "image_features"},
                "outputs": {"inputs_embeds": "inputs_embeds"},
            },
            "vision": {
                "filename": VISION,
                "inputs": {"pixel_values": "pixel_values", "image_sizes": "image_sizes"},
                "outputs": {"image_features": "image_features"},
            },
        },
        "search": {
            "do_sample": False,
            "max_length": config.max_position_embeddings,
            "min_length": 0,
            "num_beams": 1,
            "past_present_share_buffer": True,
        },
    }


def processor_config(crops: int) -> dict[str, Any]:
    """`processor_config.json`, as GenAI's own processor reads it."""
    steps = [
        ("decode_image", "DecodeImage", {"color_space": "RGB"}),
        ("convert_to_rgb", "ConvertRGB", None),
        ("phi3_image_transform", "Phi3ImageTransform", {"num_crops": crops, "num_img_tokens": 144}),
    ]
    operations = [
        {"operation": {"name": name, "type": kind, **({"attrs": attrs} if attrs else {})}}
        for name, kind, attrs in steps
    ]
    return {"processor": {"name": "phi-3-image-processor", "transforms": operations}}


def embedding_graph(model: Any, path: Path) -> Graph:
    """Ids (B, T), negative in the places of pictures, and their features one below the other to embeddings."""
    graph, width = Graph("embedding", path), model.config.hidden_size
    ids = graph.input("input_ids", np.int64, ["batch", "length"])
    features = graph.input("image_features", np.float32, ["places", width])
    table = graph.weight("embed_tokens.weight", _array(model.model.embed_tokens.weight))
    embeddings = graph.op("Gather", table, graph.op("Max", ids, graph.constant(0)))
    places = graph.op("NonZero", graph.op("Less", ids, graph.constant(0)))
    result = graph.op("ScatterND", embeddings, graph.op("Transpose", places, perm=[1, 0]), features)
    graph.output(result, "inputs_embeds", np.float32, ["batch", "length", width])
    return graph


def text_graph(model: Any, bits: int, path: Path) -> Graph:
    """Embeddings (B, T, hidden), a mask of what is seen and the cache to logits (B, T, vocabulary) and the cache."""
    config, weights = model.config, model.state_dict()  # which names tied weights twice
    heads, kv_heads = config.num_attention_heads, config.num_key_value_heads or config.num_attention_heads
    size = config.hidden_size // heads
    graph = Graph("text", path)
    hidden = graph.input("inputs_embeds", np.float32, ["batch", "length", config.hidden_size])
    mask = graph.input("attention_mask", np.int64, ["batch", "total"])
    last = graph.op("Sub", graph.op("ReduceSum", mask, graph.constant([1]), keepdims=0), graph.constant(1))
    last = graph.op("Cast", last, to=6)
    total = graph.op("Cast", graph.op("Gather", graph.op("Shape", mask), graph.constant(1)), to=6)
    cosines, sines = _rotary(graph, config, model.model.rotary_emb, total)

    def linear(value: str, name: str) -> str:
        return graph.linear(value, name, _array(weights[f"{name}.weight"]), bits=bits)

    def norm(value: str, name: str) -> str:
        scale = graph.weight(f"{name}.weight", _array(weights[f"{name}.weight"]))
        return graph.op("SimplifiedLayerNormalization", value, scale, epsilon=config.rms_norm_eps, axis=-1)

    for layer in range(config.num_hidden_layers):
        at = f"model.layers.{layer}"
        shape: list[str | int] = ["batch", kv_heads, "past", size]
        past = [graph.input(f"past_key_values.{layer}.{what}", np.float32, shape) for what in ("key", "value")]
        present = [f"present.{layer}.{what}" for what in ("key", "value")]
        states = linear(norm(hidden, f"{at}.input_layernorm"), f"{at}.self_attn.qkv_proj")
        attention = graph.ops(
            "GroupQueryAttention",
            *(states, "", "", *past, last, total, cosines, sines),
            names=[f"attention_{layer}", *present],
            contrib=True,
            num_heads=heads,
            kv_num_heads=kv_heads,
            do_rotary=1,
        )[0]
        for name in present:
            graph.output(name, name, np.float32, ["batch", kv_heads, "total", size])
        hidden = graph.op("Add", hidden, linear(attention, f"{at}.self_attn.o_proj"))
        both = linear(norm(hidden, f"{at}.post_attention_layernorm"), f"{at}.mlp.gate_up_proj")
        gate, up = graph.ops("Split", both, names=[f"gate_{layer}", f"up_{layer}"], axis=-1, num_outputs=2)
        states = graph.op("Mul", up, graph.op("Mul", gate, graph.op("Sigmoid", gate)))
        hidden = graph.op("Add", hidden, linear(states, f"{at}.mlp.down_proj"))
    logits = linear(norm(hidden, "model.norm"), "lm_head")
    graph.output(logits, "logits", np.float32, ["batch", "length", config.vocab_size])
    return graph


def _rotary(graph: Graph, config: Any, rotary: Any, total: str) -> list[str]:
    """Cosines and sines (positions, head size / 2), of the short or the long factors by the length of the whole."""
    places = np.arange(config.max_position_embeddings, dtype=np.float32)[:, None]  # rounded as the network rounds
    angles = [places * _array(one)[None] for one in rotary.frequencies()]
    scale = config.rope_attention_factor
    short, long = ([(turn(one) * scale).astype(np.float32) for turn in (np.cos, np.sin)] for one in angles)
    names = ["cos_cache", "sin_cache"]
    if config.rope_switch is None or np.array_equal(*angles):
        return [graph.weight(name, array) for name, array in zip(names, short, strict=True)]
    beyond = graph.op("Greater", total, graph.constant(config.rope_switch, np.int32))
    return graph.choice(beyond, long, [array[: config.rope_switch] for array in short], names)


def vision_graph(model: Any, path: Path) -> Graph:
    """Views (1, most, 3, 336, 336) of one picture and its size (1, 2) in pixels to its features (places, hidden)."""
    vision, tower = model.config.vision_config, model.model.vision_embed_tokens
    graph = Graph("vision", path)
    pixels = graph.input("pixel_values", np.float32, [1, "views", 3, TILE, TILE])
    sizes = graph.input("image_sizes", np.int64, [1, 2])
    grid = graph.op("Div", graph.op("Squeeze", sizes, graph.constant([0])), graph.constant(TILE))
    count = graph.op("Add", graph.op("ReduceProd", grid, keepdims=1), graph.constant([1]))
    every = graph.op("Squeeze", pixels, graph.constant([0]))
    views = graph.op("Slice", every, graph.constant([0]), count, graph.constant([0]))
    patches = _tower(graph, tower.img_processor.vision_model, vision, views)
    features = _in_reading_order(graph, tower, vision, patches, grid)
    first, last = tower.img_projection[0], tower.img_projection[2]
    states = graph.op("Gelu", _biased(graph, "projection.0", features, first))
    graph.output(
        _biased(graph, "projection.2", states, last), "image_features", np.float32, ["places", model.config.hidden_size]
    )
    return graph


def _tower(graph: Graph, clip: Any, config: Any, views: str) -> str:
    """Views (N, 3, 336, 336) to patch features (N, 576, C), as `Phi3VImageTower`."""
    width, patch = config.hidden_size, config.patch_size
    embeddings = clip.embeddings
    kernel = graph.weight("patch_embedding", _array(embeddings.patch_embedding.weight))
    states = graph.op("Conv", views, kernel, strides=[patch, patch])
    states = graph.op("Transpose", graph.op("Reshape", states, graph.constant([0, width, -1])), perm=[0, 2, 1])
    number = graph.op("Shape", views, start=0, end=1)
    token = graph.weight("class_embedding", _array(embeddings.class_embedding)[None, None])
    tokens = graph.op("Expand", token, graph.op("Concat", number, graph.constant([1, width]), axis=0))
    places = graph.weight("position_embedding", _array(embeddings.position_embedding.weight))
    hidden = graph.op("Add", graph.op("Concat", tokens, states, axis=1), places)

    def norm(value: str, name: str, module: Any) -> str:
        own = [graph.weight(f"{name}.{what}", _array(getattr(module, what))) for what in ("weight", "bias")]
        return graph.op("LayerNormalization", value, *own, epsilon=config.layer_norm_eps, axis=-1)

    hidden = norm(hidden, "pre_layernorm", clip.pre_layrnorm)
    for number_of, layer in enumerate(list(clip.encoder.layers)[:-1]):
        at = f"layers.{number_of}"
        states = norm(hidden, f"{at}.layer_norm1", layer.layer_norm1)
        attention = layer.self_attn
        parts = [
            _biased(graph, f"{at}.{what}", states, getattr(attention, what)) for what in ("q_proj", "k_proj", "v_proj")
        ]
        states = graph.op("MultiHeadAttention", *parts, contrib=True, num_heads=config.num_attention_heads)
        hidden = graph.op("Add", hidden, _biased(graph, f"{at}.out_proj", states, attention.out_proj))
        states = norm(hidden, f"{at}.layer_norm2", layer.layer_norm2)
        states = graph.op("QuickGelu", _biased(graph, f"{at}.fc1", states, layer.mlp.fc1), contrib=True, alpha=1.702)
        hidden = graph.op("Add", hidden, _biased(graph, f"{at}.fc2", states, layer.mlp.fc2))
    return graph.op("Slice", hidden, graph.constant([1]), graph.constant([2**31 - 1]), graph.constant([1]))


def _in_reading_order(graph: Graph, tower: Any, config: Any, patches: str, grid: str) -> str:
    """Merged patches of the coarse view and the tiles as the decoder reads them, as `Phi3VImageEmbedding`."""
    width, side = config.hidden_size, config.image_size // config.patch_size // 2
    merged = graph.op("Reshape", patches, graph.constant([-1, side, 2, side, 2, width]))
    merged = graph.op("Transpose", merged, perm=[0, 1, 3, 2, 4, 5])
    merged = graph.op("Reshape", merged, graph.constant([-1, side, side, 4 * width]))
    separator = graph.weight("sub_GN", _array(tower.sub_GN).reshape(1, 1, -1))

    def end_rows(value: str) -> str:
        """A separator after each row of (rows, columns, C), then one row after the other."""
        shape = graph.op("Concat", graph.op("Shape", value, start=0, end=1), graph.constant([1, 1]), axis=0)
        ended = graph.op("Concat", value, graph.op("Expand", separator, shape), axis=1)
        return graph.op("Reshape", ended, graph.constant([-1, 4 * width]))

    one, end = graph.constant([1]), graph.constant([2**31 - 1])
    tiles = graph.op("Slice", merged, one, end, graph.constant([0]))
    shape = graph.op("Concat", grid, graph.constant([side, side, 4 * width]), axis=0)
    tiles = graph.op("Transpose", graph.op("Reshape", tiles, shape), perm=[0, 2, 1, 3, 4])
    pixels = graph.op("Mul", grid, graph.constant([side, side]))
    tiles = graph.op("Reshape", tiles, graph.op("Concat", pixels, graph.constant([4 * width]), axis=0))
    coarse = graph.op("Slice", merged, graph.constant([0]), one, graph.constant([0]))
    coarse = graph.op("Squeeze", coarse, graph.constant([0]))
    between = graph.weight("glb_GN", _array(tower.glb_GN).reshape(1, -1))
    return graph.op("Concat", end_rows(tiles), between, end_rows(coarse), axis=0)


def _biased(graph: Graph, name: str, value: str, module: Any) -> str:
    return graph.linear(value, name, _array(module.weight), _array(module.bias))


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy()


def _processor_file(source: Path) -> str:
    named = (PROCESSOR, "preprocessor_config.json")
    return next((name for name in named if (source / name).is_file()), named[0])


def _write(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    from extractor.checkpoints import find_checkpoint, verify_checkpoint
    from extractor.phi3v.loading import load

    parser = Parser(prog="python -m extractor.phi3v.export", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", required=True, metavar="M", help="checkpoint: a folder or a name in the hub's cache")
    parser.add_argument("--revision", metavar="R", help="revision of the checkpoint")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="the folder that is written")
    parser.add_argument("--dtype", choices=tuple(BITS), default="int4", help="of the text model (default int4)")

    def run() -> int:
        options = parser.parse_args(argv)
        checkpoint = find_checkpoint(options.model, options.revision)
        verify_checkpoint(checkpoint)
        options.out.mkdir(parents=True, exist_ok=True)  # better said before the weights are read
        export(load(checkpoint, dtype="float32", device="cpu").model, checkpoint.folder, options.out, options.dtype)
        return 0

    return ended("export", run)


if __name__ == "__main__":
    sys.exit(main())
