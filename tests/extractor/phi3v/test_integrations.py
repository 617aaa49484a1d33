"""The libraries this model is used with take it as they take any other."""

import copy
import json
import subprocess
import sys

import pytest
import torch
from torch import nn
from transformers import AutoModelForImageTextToText, StaticCache, pipeline

from extractor.phi3v import Phi3VConfig, Phi3VForConditionalGeneration
from extractor.phi3v.loading import load

PROMPT = "<|user|>\n<|image_1|>\nRead it.<|end|>\n<|assistant|>\n"
LORA_TARGETS = ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]
SCHEMA = {
    "type": "object",
    "properties": {"sex": {"enum": ["F", "M", None]}, "name": {"type": "string", "maxLength": 4}},
    "required": ["sex", "name"],
    "additionalProperties": False,
    "x-guidance": {"whitespace_flexible": False},
}


@pytest.fixture
def inputs(processor, picture):
    return processor(text=PROMPT, images=picture("portrait"), return_tensors="pt")


# --- transformers' Auto classes


def test_importing_the_package_is_enough_for_the_auto_classes(tiny):
    code = (
        "import extractor, sys; assert 'torch' not in sys.modules; import extractor.phi3v; "
        "from transformers import AutoModelForImageTextToText as M, AutoProcessor as P; "
        f"print(type(M.from_pretrained({str(tiny)!r})).__module__, type(P.from_pretrained({str(tiny)!r})).__module__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["extractor.phi3v.modeling", "extractor.phi3v.processing"]


def test_transformers_pipeline_answers_a_conversation_with_a_picture(model, processor, picture):
    ask = pipeline("image-text-to-text", model=model, processor=processor)
    content = [{"type": "image", "image": picture("portrait")}, {"type": "text", "text": "Read it."}]
    made = ask(text=[{"role": "user", "content": content}], generate_kwargs={"max_new_tokens": 4, "do_sample": False})
    direct = model.generate(
        **processor(text=PROMPT, images=picture("portrait"), return_tensors="pt"), max_new_tokens=4, do_sample=False
    )
    said = processor.decode(direct[0, -4:], skip_special_tokens=True)
    assert made[0]["generated_text"][-1] == {"role": "assistant", "content": said}


# --- outlines


@pytest.fixture
def outlines_model(model, processor):
    import outlines

    return outlines.from_transformers(model, processor)


@pytest.fixture
def constrained(outlines_model):
    """A generator held to SCHEMA; llguidance's mask kernel is not compiled for so few tokens."""
    import outlines
    from outlines.types import JsonSchema

    with torch.compiler.set_stance("force_eager"):
        yield outlines.Generator(outlines_model, JsonSchema(json.dumps(SCHEMA)), backend="llguidance")


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.jit")
@pytest.mark.parametrize("sample", [False, True])
def test_outlines_holds_the_answer_to_a_schema(constrained, picture, sample, data):
    from outlines.inputs import Chat, Image
    from PIL import Image as Pillow

    with Pillow.open(data / "images" / "portrait.png") as opened:  # outlines wants to know the format
        shown = Image(opened)
        prompts = [
            [PROMPT, shown],
            Chat([{"role": "user", "content": ["Read it.", shown]}]),
            Chat([{"role": "user", "content": [{"type": "image", "image": shown}, {"type": "text", "text": "Read."}]}]),
        ]
        answers = [constrained(prompt, max_new_tokens=60, do_sample=sample) for prompt in prompts]
        answers += constrained.batch([[PROMPT, shown], ["<|image_1|> and more words", shown]], max_new_tokens=60)
    for answer in answers:
        read = json.loads(answer)
        assert list(read) == ["sex", "name"]
        assert read["sex"] in ("F", "M", None)
        assert len(read["name"]) <= 4
        assert " " not in answer.replace(read["name"], "")


# --- peft

# peft 0.21 still asks transformers 5.23 by the old name of activation checkpointing.
PEFT_WARNS = pytest.mark.filterwarnings("ignore::FutureWarning:transformers", "ignore::DeprecationWarning:torch.jit")


@PEFT_WARNS
@pytest.mark.parametrize("dtype", ["float32", "int4"])
def test_lora_trains_the_decoder_and_nothing_else(tiny, inputs, dtype):
    from peft import LoraConfig, get_peft_model

    base = load(tiny, dtype=dtype, device="cpu").model
    torch.manual_seed(0)
    lora = LoraConfig(r=4, target_modules=LORA_TARGETS, task_type="CAUSAL_LM", init_lora_weights="gaussian")
    model = get_peft_model(base, lora)
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    assert len(trained) == 2 * 4 * base.config.num_hidden_layers
    assert all("model.layers." in name and "lora_" in name for name in trained)
    labels = inputs["input_ids"].clone()
    labels[labels < 0] = -100
    before = model(**inputs, labels=labels).loss
    optimizer = torch.optim.SGD(trained.values(), lr=0.05)
    for _ in range(3):
        optimizer.zero_grad()
        loss = model(**inputs, labels=labels).loss
        loss.backward()
        optimizer.step()
    assert model(**inputs, labels=labels).loss < before
    assert model.generate(**inputs, max_new_tokens=2, do_sample=False).shape[1] > inputs["input_ids"].shape[1]


@PEFT_WARNS
@torch.no_grad()
def test_a_merged_adapter_is_a_model_like_the_first(tiny, inputs):
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(r=4, target_modules=LORA_TARGETS, init_lora_weights=False)
    model = get_peft_model(load(tiny, dtype="float32", device="cpu").model, lora).eval()
    adapted = model(**inputs).logits
    merged = model.merge_and_unload()
    assert isinstance(merged, Phi3VForConditionalGeneration)
    assert not any(type(module).__name__ != "Linear" for module in merged.modules() if isinstance(module, nn.Linear))
    torch.testing.assert_close(merged(**inputs).logits, adapted, atol=1e-4, rtol=0)


# --- accelerate


@torch.no_grad()
def test_accelerate_may_keep_parts_of_it_on_the_disk(tiny, inputs, model, tmp_path):
    places = {
        "model.embed_tokens": "cpu",
        "model.vision_embed_tokens": "disk",
        "model.layers.0": "cpu",
        "model.layers.1": "disk",
        "model.layers.2": "disk",
        "model.norm": "cpu",
        "model.rotary_emb": "cpu",
        "lm_head": "cpu",
    }
    spread = AutoModelForImageTextToText.from_pretrained(tiny, device_map=places, offload_folder=tmp_path)
    assert torch.equal(spread(**inputs).logits, model(**inputs).logits)


def test_accelerate_never_splits_the_tower_or_a_layer(tiny):
    from accelerate import infer_auto_device_map, init_empty_weights

    with init_empty_weights():
        empty = Phi3VForConditionalGeneration(Phi3VConfig.from_pretrained(tiny))
    size = sum(p.numel() * 4 for p in empty.parameters())
    places = infer_auto_device_map(
        empty,
        max_memory={0: size // 3, 1: size // 2, "cpu": 2 * size},
        no_split_module_classes=empty._no_split_modules,
    )
    assert len(set(places.values())) > 1
    split = [name for name in places if name.startswith("model.vision_embed_tokens.") or "self_attn" in name]
    assert split == []


# --- torch.compile


@torch.no_grad()
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.jit")
def test_a_decoding_step_is_one_graph_without_a_break(model, inputs):
    """Which is what capturing it as a CUDA graph rests on: no branch depends on data, the rotary switch included."""
    length = inputs["input_ids"].shape[1]
    cache = StaticCache(config=model.config, max_cache_len=1100)
    first = model(**inputs, cache=cache, position_ids=torch.arange(length)[None], logits_to_keep=1)
    graphs = []

    def count(graph, _):
        graphs.append(graph)
        return graph.forward

    torch._dynamo.reset()
    compiled = torch.compile(model.forward, fullgraph=True, backend=count)
    token = first.logits[:, -1].argmax(-1)[:, None]
    caches = copy.deepcopy(cache), copy.deepcopy(cache)
    # Positions on both sides of the switch: the same graph serves them.
    for position in (length, length + 1, model.config.rope_switch + 3):
        step = {"input_ids": token, "position_ids": torch.tensor([[position]])}
        eager = model(**step, cache=caches[0]).logits
        torch.testing.assert_close(compiled(**step, cache=caches[1]).logits, eager)
    assert len(graphs) == 1
