"""The network over places gives what it gives without any cache."""

from types import SimpleNamespace

import pytest
import torch

from extractor.decoding import fused
from extractor.decoding import runner as places
from extractor.decoding.answer import AnswerLimits
from extractor.decoding.fused import FusedRunner
from extractor.decoding.graphs import GraphRunner, _Captured, make_runner
from extractor.decoding.loop import write
from extractor.decoding.masks import Chooser
from extractor.decoding.runner import PADDING, STEP, EagerRunner
from extractor.errors import UsageError
from extractor.phi3v import Phi3VForConditionalGeneration
from extractor.schemas import SCHEMAS, ChineseIdCard, Passport

ASK = "<|user|>\n<|image_1|>\n{}<|end|>\n<|assistant|>\n"
CLOSE = {"atol": 2e-5, "rtol": 0}


@pytest.fixture(params=["sdpa", "eager", "fused"])
def network(request, tiny):
    attention = "eager" if request.param == "eager" else "sdpa"
    loaded = Phi3VForConditionalGeneration.from_pretrained(tiny, attn_implementation=attention).eval()
    loaded.kind_of_runner = FusedRunner if request.param == "fused" else EagerRunner
    return loaded


@pytest.fixture
def inputs(processor, picture):
    return processor(text=ASK.format("Read it."), images=picture, num_crops=1, return_tensors="pt")


@pytest.fixture
def pair(processor, picture):
    """Two prompts of different lengths, a picture each."""
    return processor(
        text=[ASK.format("Read it."), ASK.format("Read all that you see on this one, please.")],
        images=[[picture], [picture.rotate(90)]],
        num_crops=1,
        padding=True,
        return_tensors="pt",
    )


@torch.no_grad()
def without_cache(network, inputs, tail, row=0):
    """Logits of a whole sequence, one row of it, as the network gives them by itself."""
    ids, mask = inputs["input_ids"][row], inputs["attention_mask"][row].bool()
    whole = torch.cat([ids[mask], torch.tensor(tail, dtype=torch.long)])[None]
    whole = torch.where(whole < 0, -1, whole)
    pictures = {key: inputs[key][row : row + 1] for key in ("pixel_values", "image_sizes")}
    return network(input_ids=whole, **pictures).logits[0]


def test_a_prompt_then_steps_of_several_widths(network, inputs):
    runner = network.kind_of_runner(network, 1, 400)
    runner.take(inputs)
    (length,) = runner.lengths
    tail = [300, 301, 302, 303, 304, 305, 306]
    expected = without_cache(network, inputs, tail)
    torch.testing.assert_close(runner.prefill([[]])[0], expected[length - 1 : length], **CLOSE)
    shown = runner.step(torch.tensor([tail[:3]]), torch.arange(length, length + 3)[None])
    torch.testing.assert_close(shown[0], expected[length : length + 3], **CLOSE)
    shown = runner.step(torch.tensor([tail[3:4]]), torch.tensor([[length + 3]]))
    torch.testing.assert_close(shown[0], expected[length + 3 : length + 4], **CLOSE)
    shown = runner.step(torch.tensor([tail[4:]]), torch.arange(length + 4, length + 7)[None], keep=2)
    torch.testing.assert_close(shown[0], expected[-2:], **CLOSE)


def test_going_back_needs_nothing_but_smaller_positions(network, inputs):
    runner = network.kind_of_runner(network, 1, 400)
    runner.take(inputs)
    (length,) = runner.lengths
    runner.prefill([[300, 301, 302, 303]])
    shown = runner.step(torch.tensor([[310, 311]]), torch.tensor([[length + 1, length + 2]]))
    torch.testing.assert_close(shown[0], without_cache(network, inputs, [300, 310, 311])[-2:], **CLOSE)


def test_documents_of_a_batch_stand_each_at_their_own_places(network, pair):
    runner = network.kind_of_runner(network, 2, 400)
    runner.take(pair)
    first, second = runner.lengths
    assert first < second
    tails = [[300, 301], [305]]
    shown = runner.prefill(tails, keep=2)
    torch.testing.assert_close(shown[0], without_cache(network, pair, tails[0], 0)[-2:], **CLOSE)
    torch.testing.assert_close(shown[1], without_cache(network, pair, tails[1], 1)[-2:], **CLOSE)
    # One goes on by three tokens, the other by one: fillers stand before it.
    tokens = torch.tensor([[310, 311, 312], [0, 0, 320]])
    places = torch.tensor([[first + 2, first + 3, first + 4], [PADDING, PADDING, second + 1]])
    shown = runner.step(tokens, places)
    torch.testing.assert_close(shown[0], without_cache(network, pair, [*tails[0], 310, 311, 312], 0)[-3:], **CLOSE)
    torch.testing.assert_close(shown[1, 2:], without_cache(network, pair, [*tails[1], 320], 1)[-1:], **CLOSE)
    # One is finished and shows nothing at all.
    shown = runner.step(torch.tensor([[0], [321]]), torch.tensor([[PADDING], [second + 2]]))
    torch.testing.assert_close(shown[1], without_cache(network, pair, [*tails[1], 320, 321], 1)[-1:], **CLOSE)


@pytest.mark.parametrize("kind", [EagerRunner, FusedRunner])
def test_the_next_prompt_finds_nothing_of_the_last(model, inputs, pair, processor, kind):
    runner = kind(model, 1, 400)
    for asked in (processor(text="<|user|>\nA longer one, in words alone.<|end|>\n", return_tensors="pt"), inputs):
        runner.take(asked)
        last = runner.prefill([[300]])
    torch.testing.assert_close(last[0], without_cache(model, inputs, [300])[-1:], **CLOSE)


def test_what_does_not_fit_is_told_before_anything_runs(model, inputs):
    with pytest.raises(UsageError, match="prompt and answer take 9000 tokens; this model has room for 8192"):
        EagerRunner(model, 1, 9000)
    runner = EagerRunner(model, 1, 100)
    runner.take(inputs)
    with pytest.raises(ValueError, match="do not fit into 100 places"):
        runner.prefill([[]])
    with pytest.raises(ValueError, match="1 prompts were given to a runner of 2 documents"):
        EagerRunner(model, 2, 400).take(inputs)


def test_pictures_that_do_not_match_their_places_are_refused(model, inputs):
    length = int((inputs["input_ids"] == -1).sum())
    with pytest.raises(ValueError, match=f"picture 1 has {length} features for 0 places"):
        EagerRunner(model, 1, 400).take({**inputs, "input_ids": inputs["input_ids"].clamp(min=0)})
    words = {key: value for key, value in inputs.items() if key in ("input_ids", "attention_mask")}
    with pytest.raises(ValueError, match="more pictures than were given"):
        EagerRunner(model, 1, 400).take(words)


@pytest.mark.parametrize("kind", [EagerRunner, FusedRunner])
def test_many_pictures_are_taken_a_few_at_a_time(model, pair, monkeypatch, kind):
    together, alone = kind(model, 2, 400), kind(model, 2, 400)
    together.take(pair)
    monkeypatch.setattr(places, "_PICTURES", 1)
    alone.take(pair)
    for own, other in zip(together._prompts, alone._prompts, strict=True):
        torch.testing.assert_close(own, other, **CLOSE)


def test_an_attention_that_takes_no_mask_is_refused(tiny):
    network = Phi3VForConditionalGeneration.from_pretrained(tiny)
    network.config._attn_implementation = "flash_attention_2"
    with pytest.raises(UsageError, match="sdpa or eager, not flash_attention_2"):
        EagerRunner(network, 1, 100)


# --- the loop over the tiny network


@torch.no_grad()
def reading_of(model, processor, picture, vocabulary, schema, plainly, text="Read it.", most=60, **options):
    """What the loop writes, and the tokens of plain masked decoding without a cache."""
    asked = processor(text=ASK.format(text), images=picture, num_crops=1, return_tensors="pt")
    runner = make_runner(model, 1, asked["input_ids"].shape[1] + 600)
    grammar = vocabulary.grammar(schema, 8)
    written = write(runner, asked, [grammar], limits=AnswerLimits(600, 600), **options)[0]
    prompt = model.model.embed(asked["input_ids"], asked["pixel_values"], asked["image_sizes"])

    def logits(tail):
        whole = torch.cat([prompt, model.model.embed_tokens(torch.tensor([tail]))], dim=1)
        return model(inputs_embeds=whole, logits_to_keep=1).logits[0, 0]

    return written, plainly(grammar, logits, [], most, options["chooser"])


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
def test_the_tiny_network_reads_as_without_cache_jumps_and_drafts(
    model, processor, picture, vocabulary, plainly, schema, temperature
):
    chooser = Chooser(temperature, seed=1)
    written, expected = reading_of(
        model, processor, picture, vocabulary, schema, plainly, chooser=chooser, drafts=[{"surname": "X", "sex": "F"}]
    )
    assert len(expected) == min(60, len(written.tokens))
    assert list(written.tokens[: len(expected)]) == expected
    schema.model_validate_json(written.text)


def test_the_rotary_switch_is_crossed_while_an_answer_is_written(model, processor, picture, vocabulary, plainly):
    text = "Read it all. " * 63
    asked = processor(text=ASK.format(text), images=picture, num_crops=1, return_tensors="pt")
    length = asked["input_ids"].shape[1]
    assert length < model.config.rope_switch < length + 40
    for drafts in ([None], [{"name": "a"}]):
        written, expected = reading_of(
            model, processor, picture, vocabulary, ChineseIdCard, plainly, text, 40, chooser=Chooser(), drafts=drafts
        )
        assert length + len(expected) > model.config.rope_switch + 10
        assert list(written.tokens[: len(expected)]) == expected


# --- runners


def test_without_a_cuda_device_steps_are_fused_and_not_captured(model):
    assert type(make_runner(model, 1, 64)) is FusedRunner


def test_a_decoder_of_another_kind_runs_as_transformers_runs_it(tiny):
    config = Phi3VForConditionalGeneration.config_class.from_pretrained(tiny, hidden_act="gelu")
    assert type(make_runner(Phi3VForConditionalGeneration(config).eval(), 1, 64)) is EagerRunner


def test_long_batches_are_taken_in_parts(model, pair, monkeypatch):
    whole = FusedRunner(model, 2, 400)
    whole.take(pair)
    together = whole.prefill([[300, 301], [305]], keep=2)
    monkeypatch.setattr(fused, "_AT_ONCE", 1)
    parts = FusedRunner(model, 2, 400)
    parts.take(pair)
    torch.testing.assert_close(parts.prefill([[300, 301], [305]], keep=2), together, **CLOSE)
    for (keys, values), (own_keys, own_values) in zip(parts.cache.layers, whole.cache.layers, strict=True):
        length = min(parts.lengths)
        torch.testing.assert_close(keys[:, :, :length], own_keys[:, :, :length], **CLOSE)
        torch.testing.assert_close(values[:, :, :length], own_values[:, :, :length], **CLOSE)


@pytest.mark.parametrize("kind", [EagerRunner, FusedRunner])
def test_the_cache_grows_with_an_answer_and_keeps_what_it_holds(model, inputs, kind):
    small, large = kind(model, 1, 2000, 200), kind(model, 1, 2000)
    assert small.cache.count < large.cache.count
    shown = []
    for runner in (small, large):
        runner.take(inputs)
        (length,) = runner.lengths
        runner.prefill([[300]])
        first = runner.cache.count
        rows = [
            runner.step(torch.full((1, 40), 301 + n), torch.arange(length + 1 + 40 * n, length + 41 + 40 * n)[None])
            for n in range(20)
        ]
        shown.append(torch.cat(rows, dim=1))
        assert (runner.cache.count > first) == (runner is small)
    torch.testing.assert_close(*shown, **CLOSE)
    with pytest.raises(ValueError, match="2001 tokens do not fit into 2000 places"):
        small.step(torch.tensor([[300]]), torch.tensor([[2000]]))


def test_a_step_looks_at_no_more_places_than_it_must(model, inputs):
    runner = FusedRunner(model, 1, 2000)
    runner.take(inputs)
    (length,) = runner.lengths
    runner.prefill([[]])
    runner.step(torch.tensor([[300]]), torch.tensor([[length]]))
    assert runner.cache.span == -(-(length + 1) // STEP) * STEP < runner.cache.count


class Replayed(GraphRunner):
    """A GraphRunner without a device: what it "captures" is computed again, from the same places to the same places."""

    def __init__(self, model, documents, places, room=None):
        FusedRunner.__init__(self, model, documents, places, room)
        self._captured = {}
        self.captures = []

    def _capture(self, width):
        self.captures.append(width)
        inputs = torch.full((2, self.documents, width), PADDING)
        inputs[0] = 0
        self.cache.span = self.cache.count + 1
        logits = self._step(inputs[0], inputs[1], width).clone()
        step = self._step
        graph = SimpleNamespace(replay=lambda: logits.copy_(step(inputs[0], inputs[1], width)))
        taken = SimpleNamespace(synchronize=lambda: None, record=lambda: None)
        self._captured[width] = _Captured(graph, inputs, logits, torch.empty_like(inputs), taken)
        return self._captured[width]


@torch.inference_mode()
def test_steps_are_brought_to_where_they_were_captured(model, pair):
    runner, plain = Replayed(model, 2, 700, 500), EagerRunner(model, 2, 700)
    for one in (runner, plain):
        one.take(pair)
        one.prefill([[300], [301]])
    first, second = (length + 1 for length in runner.lengths)
    for width in (1, 3, 4, 7, 3):
        tokens = torch.randint(3, 480, (2, width), generator=torch.Generator().manual_seed(width))
        places = torch.stack([torch.arange(first, first + width), torch.arange(second, second + width)])
        if width == 7:
            places[0, :5] = PADDING
        torch.testing.assert_close(runner.step(tokens, places, 2), plain.step(tokens, places, 2), **CLOSE)
    assert runner.captures == [1, 4, 8]


def test_what_was_captured_is_forgotten_when_the_cache_grows(model, processor, picture, vocabulary):
    asked = processor(text=ASK.format("Read it."), images=picture, num_crops=1, return_tensors="pt")
    grammar, chooser = vocabulary.grammar(Passport, 60), Chooser(temperature=1.0, seed=2)
    prompt = asked["input_ids"].shape[1]
    small, whole = Replayed(model, 1, prompt + 900, prompt), FusedRunner(model, 1, prompt + 900)
    answers = [
        write(runner, asked, [grammar], limits=AnswerLimits(900, 900), chooser=chooser)[0].tokens
        for runner in (small, whole)
    ]
    assert answers[0] == answers[1]
    assert prompt + len(answers[0]) > 512
    assert small.captures.count(1) > 1


@pytest.mark.gpu
def test_captured_steps_are_the_steps(cuda, tiny, pair):
    network = Phi3VForConditionalGeneration.from_pretrained(tiny, device_map={"": "cuda"}).eval()
    runner, plain = make_runner(network, 2, 700), EagerRunner(network, 2, 700)
    assert isinstance(runner, GraphRunner)
    for one in (runner, plain):
        one.take(pair)
        one.prefill([[300], [301]])
    first, second = runner.lengths
    for width in (1, 3, 4, 7, 20):
        tokens = torch.randint(3, 480, (2, width), generator=torch.Generator().manual_seed(width))
        places = torch.stack([torch.arange(first + 1, first + 1 + width), torch.arange(second + 1, second + 1 + width)])
        torch.testing.assert_close(runner.step(tokens, places, 2), plain.step(tokens, places, 2), atol=1e-3, rtol=0)


@pytest.mark.gpu
def test_captured_steps_write_the_same_answers(cuda, tiny, pair, vocabulary):
    network = Phi3VForConditionalGeneration.from_pretrained(tiny, device_map={"": "cuda"}).eval()
    grammars = [vocabulary.grammar(schema, 12) for schema in list(SCHEMAS.values())[:2]]
    answers = []
    for kind in (GraphRunner, EagerRunner):
        runner = kind(network, 2, 2000)
        answers.append([written.tokens for written in write(runner, pair, grammars, limits=AnswerLimits(900, 900))])
        answers.append([written.tokens for written in write(runner, pair, grammars, limits=AnswerLimits(900, 900))])
    grown = GraphRunner(network, 2, 2000, 200)
    answers.append([written.tokens for written in write(grown, pair, grammars, limits=AnswerLimits(900, 900))])
    assert grown.cache.count > 300
    assert all(answer == answers[0] for answer in answers)
