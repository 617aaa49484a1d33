"""The network computes what the published reference computes, however it is asked."""

import copy

import pytest
import torch
from transformers import AutoModelForImageTextToText, DynamicCache, StaticCache

from extractor.phi3v import Phi3VConfig, Phi3VForConditionalGeneration
from extractor.phi3v.modeling import CACHE, Phi3VRotaryEmbedding, crosses_rope_switch, empty_cache, place_pictures

CASES = [
    "text_short",
    "image_landscape",
    "image_portrait",
    "two_images_long",
    "image_crops16_long",
    "text_long",
    "text_cross",
]
TOLERANCE = 2e-4  # the reference's logits have a standard deviation of 2.05; its closest decision is 3e-3 apart


def greedy(model, inputs, new, **options):
    """New ids (B, new) and their raw logits (B, new, vocabulary)."""
    made = model.generate(
        **inputs,
        max_new_tokens=new,
        do_sample=False,
        output_logits=True,
        return_dict_in_generate=True,
        **options,
    )
    return made.sequences[:, -new:], torch.stack(made.logits, dim=1)


@torch.no_grad()
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("name", CASES)
def test_logits_are_the_references(cases, processor, load_tiny, name, attention):
    case = cases[name]
    logits = load_tiny(attention)(**case.inputs(processor)).logits[0]
    close = {"atol": TOLERANCE, "rtol": 0}
    torch.testing.assert_close(logits[case.golden["logits_positions"]], case.golden["logits"], **close)


WAYS = [
    pytest.param("sdpa", None, id="sdpa-dynamic"),
    pytest.param("sdpa", "static", id="sdpa-static"),
    pytest.param("eager", None, id="eager-dynamic", marks=pytest.mark.slow),
    pytest.param("eager", "static", id="eager-static", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("attention", "cache"), WAYS)
@pytest.mark.parametrize("name", CASES)
def test_greedy_answers_are_the_references(name, attention, cache, request):
    """`text_cross` passes the rotary switch while generating: the reference is Phi-3.5-vision's, without its cache."""
    cases, processor, load_tiny = map(request.getfixturevalue, ("cases", "processor", "load_tiny"))
    case = cases[name]
    ids, logits = greedy(load_tiny(attention), case.inputs(processor), case.new, cache_implementation=cache)
    assert ids[0].tolist() == case.golden["greedy_ids"].tolist()
    torch.testing.assert_close(logits[0], case.golden["greedy_logits"], atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("cache", [None, "static"])
def test_each_row_of_a_padded_batch_answers_as_it_does_alone(cases, processor, model, cache):
    """One row beyond the rotary switch, one below it with two pictures fewer, one without any."""
    rows = [cases[name] for name in ("two_images_long", "image_portrait", "text_short")]
    inputs = processor(
        text=[case.prompt for case in rows],
        images=[case.pictures() for case in rows],
        num_crops=4,
        padding=True,
        return_tensors="pt",
    )
    assert int((inputs["attention_mask"] == 0).sum()) > 2000
    ids, logits = greedy(model, inputs, 24, cache_implementation=cache)
    for row, case in enumerate(rows):
        assert ids[row].tolist() == case.golden["greedy_ids"].tolist()
        torch.testing.assert_close(logits[row], case.golden["greedy_logits"], atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("cache", [None, "static"])
def test_rows_may_cross_the_rotary_switch_at_different_steps(cases, model, cache):
    case = cases["text_cross"]
    whole = case.golden["input_ids"][0].long()
    short = whole[-1000:]
    padded = torch.stack([whole, torch.cat([whole.new_full((10,), 480), short])])
    mask = torch.ones_like(padded)
    mask[1, :10] = 0
    inputs = {"input_ids": padded, "attention_mask": mask}
    ids, logits = greedy(model, inputs, 32, cache_implementation=cache)
    assert ids[0].tolist() == case.golden["greedy_ids"].tolist()
    alone, alone_logits = greedy(model, {"input_ids": short[None]}, 32)
    assert ids[1].tolist() == alone[0].tolist()
    torch.testing.assert_close(logits[1], alone_logits[0], atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("cache", [None, "static"])
def test_pictures_are_there_again_when_the_cache_is_computed_again(cases, processor, model, cache):
    case = cases["image_portrait"]
    inputs = case.inputs(processor)
    words = torch.full((1, 1020 - inputs["input_ids"].shape[1]), 300)
    inputs["input_ids"] = torch.cat([inputs["input_ids"], words], dim=1)
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    with_cache, logits = greedy(model, inputs, 6, cache_implementation=cache)
    without, want = greedy(model, inputs, 6, use_cache=False)
    assert with_cache.tolist() == without.tolist()
    torch.testing.assert_close(logits, want, atol=TOLERANCE, rtol=0)


def test_the_switch_is_crossed_from_embeddings_as_from_ids(cases, model):
    case = cases["text_cross"]
    embeddings = model.get_input_embeddings()(case.golden["input_ids"].long()).detach()
    ids, _ = greedy(model, {"inputs_embeds": embeddings}, case.new)
    assert ids[0].tolist() == case.golden["greedy_ids"].tolist()


def test_a_conversation_goes_on_over_the_cache_of_its_first_turn(cases, model):
    case = cases["text_short"]
    ids = case.golden["input_ids"].long()
    cache = DynamicCache(config=model.config)
    greedy(model, {"input_ids": ids[:, :20]}, 1, **{CACHE: cache})
    cache.crop(20 - cache.get_seq_length())
    ids_after, _ = greedy(model, {"input_ids": ids}, case.new, **{CACHE: cache})
    assert ids_after[0].tolist() == case.golden["greedy_ids"].tolist()


@torch.no_grad()
def test_a_tag_out_of_order_shows_its_own_picture(picture, processor, model):
    """The reference would show the first picture at the first tag, whatever its number."""
    wide, small = picture("wide"), picture("small")
    text = "<|user|>\n<|image_{}|> and <|image_{}|>\nCompare.<|end|>\n<|assistant|>\n"
    in_order = processor(text=text.format(1, 2), images=[wide, small], return_tensors="pt")
    crossed = processor(text=text.format(2, 1), images=[small, wide], return_tensors="pt")
    uncrossed = processor(text=text.format(2, 1), images=[wide, small], return_tensors="pt")
    want = model(**in_order).logits
    torch.testing.assert_close(model(**crossed).logits, want, atol=1e-4, rtol=0)
    assert not model(**uncrossed).logits.allclose(want, atol=1e-2)


def test_sampling_is_reproducible_and_samples_share_their_picture(cases, processor, model, monkeypatch):
    inputs = cases["image_portrait"].inputs(processor)
    tower = model.model.vision_embed_tokens.img_processor
    runs = []
    original = tower.forward
    monkeypatch.setattr(tower, "forward", lambda views: runs.append(len(views)) or original(views))

    def sample():
        torch.manual_seed(7)
        return model.generate(**inputs, max_new_tokens=6, do_sample=True, temperature=1.0, num_return_sequences=3)

    first, second = sample(), sample()
    assert torch.equal(first, second)
    assert first.shape[0] == 3
    assert len({tuple(row[-6:].tolist()) for row in first}) > 1
    assert runs == [3, 3]  # the coarse view and two tiles, once for all samples


@torch.no_grad()
def test_a_loop_of_ones_own_can_follow_the_switch(cases, model):
    """What `crosses_rope_switch` and `empty_cache` promise to whoever does not use `generate`."""
    case = cases["text_cross"]
    ids = case.golden["input_ids"].long()
    cache = StaticCache(config=model.config, max_cache_len=1100)
    past, answer = 0, []
    for _ in range(case.new):
        positions = torch.arange(ids.shape[1])[None]
        if past and crosses_rope_switch(model.config, positions, past):
            empty_cache(cache)
            past = 0
        logits = model(input_ids=ids[:, past:], position_ids=positions[:, past:], cache=cache).logits
        past = ids.shape[1]
        answer.append(int(logits[0, -1].argmax()))
        ids = torch.cat([ids, torch.tensor([[answer[-1]]])], dim=1)
    assert answer == case.golden["greedy_ids"].tolist()


@torch.no_grad()
def test_only_the_logits_asked_for_are_computed(cases, processor, model):
    inputs = cases["text_short"].inputs(processor)
    full = model(**inputs).logits
    picked = torch.tensor([3, 5])
    for kept, want in ((1, full[:, -1:]), (picked, full[:, picked])):
        torch.testing.assert_close(model(**inputs, logits_to_keep=kept).logits, want, atol=1e-5, rtol=0)


def test_save_and_reload_keeps_names_and_answers(cases, processor, model, tiny, tmp_path):
    from safetensors import safe_open

    model.save_pretrained(tmp_path)
    with (
        safe_open(tmp_path / "model.safetensors", "pt") as ours,
        safe_open(tiny / "model.safetensors", "pt") as published,
    ):
        assert set(ours.keys()) == set(published.keys())
    again = AutoModelForImageTextToText.from_pretrained(tmp_path)
    assert isinstance(again, Phi3VForConditionalGeneration)
    inputs = cases["image_portrait"].inputs(processor)
    with torch.no_grad():
        assert torch.equal(again(**inputs).logits, model(**inputs).logits)


def test_fresh_weights_are_finite_and_the_head_is_its_own(tiny):
    model = Phi3VForConditionalGeneration(Phi3VConfig.from_pretrained(tiny))
    assert all(bool(tensor.isfinite().all()) for tensor in model.state_dict().values())
    assert model.model.vision_embed_tokens.sub_GN.std() > 0
    assert model.lm_head.weight.data_ptr() != model.model.embed_tokens.weight.data_ptr()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_angles_stay_in_float32_whatever_the_model_is_cast_to(model, dtype):
    rotary = copy.deepcopy(model.model.rotary_emb)
    positions = torch.arange(4000, 4064)[None]
    cast = copy.deepcopy(rotary).to(dtype)
    assert cast.short_inv_freq.dtype == torch.float32
    for exact, angle in zip(
        rotary(torch.zeros(1), positions), cast(torch.zeros(1, dtype=dtype), positions), strict=True
    ):
        assert torch.equal(exact.to(dtype), angle)


def test_a_plain_rotary_embedding_has_one_set_of_frequencies(tiny):
    config = Phi3VConfig.from_pretrained(tiny)
    config.rope_parameters = {"rope_type": "default", "rope_theta": 10000.0}
    rotary = Phi3VRotaryEmbedding(config)
    assert torch.equal(rotary.short_inv_freq, rotary.long_inv_freq)
    assert not crosses_rope_switch(config, torch.arange(5000)[None], 10)


def test_training_reaches_words_and_pictures_and_can_checkpoint_gradients(cases, processor, tiny):
    model = Phi3VForConditionalGeneration.from_pretrained(tiny)
    inputs = cases["image_portrait"].inputs(processor)
    labels = inputs["input_ids"].clone()
    labels[labels < 0] = -100
    gradients = {}
    for checkpointing in (False, True):
        model.zero_grad()
        model.train()
        if checkpointing:
            # Renamed in the course of transformers 5.
            new, old = (f"{what}_checkpointing_enable" for what in ("activation", "gradient"))
            getattr(model, new, getattr(model, old))()
        loss = model(**inputs, labels=labels, use_cache=False).loss
        loss.backward()
        gradients[checkpointing] = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    unused = {name for name, _ in model.named_parameters()} - set(gradients[False])
    last = f"encoder.layers.{model.config.vision_config.num_hidden_layers - 1}."
    assert unused  # the tower's last layer and its final norm, which no feature passes
    assert all(last in name or "post_layernorm" in name for name in unused)
    for name, gradient in gradients[False].items():
        torch.testing.assert_close(gradients[True][name], gradient, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([[5, -1, -1, 6]], "picture 1 has 3 features for 2 places"),
        ([[5, 6]], "picture 1 has 3 features for 0 places"),
        ([[-1, -1, -1, -2]], "more pictures than the 1 given"),
    ],
)
def test_pictures_and_places_must_match(ids, message):
    ids = torch.tensor(ids)
    with pytest.raises(ValueError, match=message):
        place_pictures(ids, torch.zeros(*ids.shape, 2), (torch.ones(3, 2),))


def test_places_without_pictures_are_an_error_not_a_wrong_answer(cases, processor, model):
    ids = cases["image_portrait"].inputs(processor)["input_ids"]
    with pytest.raises(ValueError, match="no pixel_values"):
        model(input_ids=ids)
    with pytest.raises(ValueError, match="image_sizes"):
        model(input_ids=ids, pixel_values=torch.zeros(1, 2, 3, 336, 336))
    with pytest.raises(ValueError, match="either input_ids or inputs_embeds"):
        model()
