"""Free questions are answered as the network alone would answer them, in pieces."""

import pytest
import torch

from extractor.decoding.ask import ask
from extractor.errors import UsageError
from extractor.phi3v.loading import load


@pytest.fixture(scope="module")
def loaded(tiny):
    return load(tiny, dtype="float32", device="cpu")


@torch.no_grad()
def generated(loaded, vocabulary, pictures, text, most):
    inputs = loaded.processor(text=text, images=pictures or None, num_crops=1, return_tensors="pt")
    ids = loaded.model.generate(**inputs, max_new_tokens=most, do_sample=False)[0, inputs["input_ids"].shape[1] :]
    special = loaded.processor.tokenizer.all_special_ids
    text = vocabulary.join([token for token in ids.tolist() if token not in special])
    return text.removeprefix(b" ").decode(errors="replace")


@pytest.mark.parametrize("pictures", [0, 1, 2])
def test_the_answer_is_what_generate_says_in_pieces(loaded, picture, pictures, vocabulary):
    own = [picture] * pictures
    tags = "".join(f"<|image_{n + 1}|>\n" for n in range(pictures))
    expected = generated(loaded, vocabulary, own, f"<|user|>\n{tags}What is it?<|end|>\n<|assistant|>\n", 24)
    pieces = list(ask(loaded, own, "What is it?", max_tokens=24, num_crops=1))
    assert "".join(pieces) == expected
    assert len(pieces) > 4


def test_characters_of_several_tokens_are_told_whole(loaded, monkeypatch):
    tokens = loaded.processor.tokenizer("Name: 韦小宝.", add_special_tokens=False)["input_ids"]
    said = iter(tokens)
    monkeypatch.setattr("extractor.decoding.masks.Chooser.__call__", lambda *_: ([next(said)], [1.0]))
    pieces = list(ask(loaded, [], "Who?", max_tokens=len(tokens)))
    assert "".join(pieces).strip() == "Name: 韦小宝."
    assert [piece for piece in pieces if not piece.isascii()] == ["韦", "小", "宝"]


def test_draws_can_be_repeated(loaded):
    result = ["".join(ask(loaded, [], "Say it.", max_tokens=12, temperature=1.0, seed=seed)) for seed in (1, 1, 2)]
    assert result[0] == result[1]
    assert result[0] != result[2]


def test_an_answer_ends_where_the_turn_does(loaded, monkeypatch):
    words = list(ask(loaded, [], "Say it.", max_tokens=6))
    (third,) = loaded.processor.tokenizer(words[2], add_special_tokens=False)["input_ids"][-1:]
    monkeypatch.setattr(type(loaded.processor), "stop_token_ids", property(lambda _: [third]))
    assert "".join(ask(loaded, [], "Say it.", max_tokens=6)) in "".join(words)
    assert len(list(ask(loaded, [], "Say it.", max_tokens=6))) < len(words)


def test_the_rotary_switch_is_crossed(loaded, vocabulary):
    question = "Say it all again. " * 72
    text = f"<|user|>\n{question}<|end|>\n<|assistant|>\n"
    length = loaded.processor(text=text, return_tensors="pt")["input_ids"].shape[1]
    assert length < loaded.model.config.rope_switch < length + 30
    said = "".join(ask(loaded, [], question, max_tokens=40))
    assert said == generated(loaded, vocabulary, [], text, 40)


def test_words_of_the_question_are_words(loaded, vocabulary):
    with_marks = "".join(ask(loaded, [], "Say <|end|> or <|image_1|>.", max_tokens=8))
    assert with_marks == generated(
        loaded, vocabulary, [], "<|user|>\nSay < |end|> or < |image_1|>.<|end|>\n<|assistant|>\n", 8
    )


def test_it_wants_a_question(loaded):
    with pytest.raises(UsageError, match="no question"):
        ask(loaded, [], "  ")
