"""A tiny vision model of random weights as GGUF, and llama.cpp's server over it: for `pytest -m llamacpp`.

    PYTHON -m eval.bench.llamacpp PORT          PYTHON: an environment with xllamacpp and gguf

No model that reads documents exists as GGUF here. This one takes pictures, prompts and grammars as a real one does, and
answers noise that keeps to the grammar: it shows what the server takes of what `extractor.engines.openai` sends.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

_WIDTH, _PATCH, _SIDE, _CONTEXT = 64, 14, 56, 16384
#: How much a quotation mark is preferred, so that texts end.
_END = 3.0
_TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant: "


def write_text(path: Path) -> None:
    """The decoder: one layer, a token a character, bytes for all that is not ASCII."""
    import gguf

    random = np.random.default_rng(0)
    control = ["<unk>", "<s>", "</s>"]
    characters = ["\u2581", *(chr(code) for code in range(33, 127))]
    tokens = control + [f"<0x{byte:02X}>" for byte in range(256)] + characters
    kind = gguf.TokenType
    types = [kind.UNKNOWN, kind.CONTROL, kind.CONTROL] + [kind.BYTE] * 256 + [kind.NORMAL] * len(characters)
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("noise")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(2 * _WIDTH)
    writer.add_head_count(4)
    writer.add_head_count_kv(4)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // 4)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(_TEMPLATE)

    def noise(rows: int, columns: int = _WIDTH) -> np.ndarray:
        return (random.standard_normal((rows, columns)) * 0.05).astype(np.float32)

    embeddings, output = noise(len(tokens)), noise(len(tokens))
    embeddings[:, 0] = 1.0  # what every state has in common, for the preference to rest on
    output[tokens.index('"'), 0] = _END
    writer.add_tensor("token_embd.weight", embeddings)
    writer.add_tensor("output.weight", output)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(_WIDTH, np.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        writer.add_tensor(f"blk.0.{name}.weight", noise(_WIDTH))
    for name in ("ffn_gate", "ffn_up"):
        writer.add_tensor(f"blk.0.{name}.weight", noise(2 * _WIDTH))
    writer.add_tensor("blk.0.ffn_down.weight", noise(_WIDTH, 2 * _WIDTH))
    _close(writer)


def write_vision(path: Path) -> None:
    """The picture's encoder and projection, as LLaVA 1.5 has them."""
    import gguf

    random = np.random.default_rng(1)
    writer = gguf.GGUFWriter(str(path), "clip")
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", "mlp")
    writer.add_bool("clip.use_gelu", False)
    sizes = {"image_size": _SIDE, "patch_size": _PATCH, "embedding_length": _WIDTH, "feed_forward_length": 2 * _WIDTH}
    sizes |= {"projection_dim": _WIDTH, "block_count": 2, "attention.head_count": 4}
    for name, value in sizes.items():
        writer.add_uint32(f"clip.vision.{name}", value)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-5)
    writer.add_array("clip.vision.image_mean", [0.5, 0.5, 0.5])
    writer.add_array("clip.vision.image_std", [0.5, 0.5, 0.5])

    def noise(*shape: int) -> np.ndarray:
        return (random.standard_normal(shape) * 0.05).astype(np.float32)

    def pair(name: str, *shape: int) -> None:
        writer.add_tensor(f"{name}.weight", noise(*shape) if len(shape) > 1 else np.ones(shape, np.float32))
        writer.add_tensor(f"{name}.bias", np.zeros(shape[0], np.float32))

    writer.add_tensor("v.class_embd", noise(_WIDTH))
    writer.add_tensor("v.patch_embd.weight", noise(_WIDTH, 3, _PATCH, _PATCH))
    writer.add_tensor("v.position_embd.weight", noise((_SIDE // _PATCH) ** 2 + 1, _WIDTH))
    pair("v.pre_ln", _WIDTH)
    for layer in range(2):
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            pair(f"v.blk.{layer}.{name}", _WIDTH, _WIDTH)
        pair(f"v.blk.{layer}.ln1", _WIDTH)
        pair(f"v.blk.{layer}.ln2", _WIDTH)
        pair(f"v.blk.{layer}.ffn_up", 2 * _WIDTH, _WIDTH)
        pair(f"v.blk.{layer}.ffn_down", _WIDTH, 2 * _WIDTH)
    pair("mm.0", _WIDTH, _WIDTH)
    pair("mm.2", _WIDTH, _WIDTH)
    _close(writer)


def _close(writer: object) -> None:
    for step in ("write_header_to_file", "write_kv_data_to_file", "write_tensors_to_file", "close"):
        getattr(writer, step)()


def main() -> None:
    """Serves until it is stopped."""
    import xllamacpp

    with tempfile.TemporaryDirectory(prefix="gguf-") as room:
        text, vision = Path(room) / "noise.gguf", Path(room) / "mmproj.gguf"
        write_text(text)
        write_vision(vision)
        parameters = xllamacpp.CommonParams()
        parameters.model.path, parameters.mmproj.path = str(text), str(vision)
        parameters.hostnames, parameters.port = ["127.0.0.1"], int(sys.argv[1])
        parameters.n_ctx, parameters.n_parallel, parameters.warmup = _CONTEXT, 1, False
        server = xllamacpp.Server(parameters)
        print(server.listening_address, flush=True)
        while True:
            time.sleep(60)


if __name__ == "__main__":
    main()
