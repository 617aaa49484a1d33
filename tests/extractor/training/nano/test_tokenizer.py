"""The small model's tokenizer: values by the character, keys whole, and nothing that cannot be written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.schemas import SCHEMAS
from extractor.training.nano.targets import answer_ids, question
from extractor.training.nano.tokenizer import alphabet, build_tokenizer, fast_tokenizer


@pytest.fixture(scope="module")
def tokenizer(processor):
    return processor.tokenizer


def test_a_values_characters_are_tokens_of_their_own_and_a_key_is_one(tokenizer):
    ids = tokenizer('"surname":"ŁĘCKA 汉"', add_special_tokens=False)["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids) == ['"surname":', '"', "Ł", "Ę", "C", "K", "A", " ", "汉", '"']


def test_what_follows_a_key_does_not_depend_on_what_stands_before_it(tokenizer):
    alone = tokenizer('"sex":null', add_special_tokens=False)["input_ids"]
    behind = tokenizer(',"sex":null', add_special_tokens=False)["input_ids"]
    assert behind[1:] == alone


@given(st.text(max_size=40))
def test_any_text_comes_back_byte_by_byte(text):
    made = _made()
    ids = made(text, add_special_tokens=False)["input_ids"]
    known = "".join(character for character in text if not "\ud800" <= character <= "\udfff")
    if not any(mark in text for mark in ("<s>", "</s>", "<unk>", "<|")):
        assert made.decode(ids) == known


_KEPT: list = []


def _made():
    if not _KEPT:
        _KEPT.append(fast_tokenizer(build_tokenizer()))
    return _KEPT[0]


def test_the_alphabet_has_no_character_twice_and_all_that_zones_print():
    assert len(alphabet()) == len(set(alphabet()))
    assert set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<") <= set(alphabet())


def test_every_field_of_every_schema_is_a_key_of_one_token(tokenizer):
    for schema in SCHEMAS.values():
        for field in schema.model_fields:
            assert len(tokenizer(f'"{field}":', add_special_tokens=False)["input_ids"]) == 1, field


def test_answers_begin_where_the_template_ends(processor):
    text = json.dumps({"surname": "MUSTER"}, separators=(",", ":"))
    ids = answer_ids(processor.tokenizer, text)
    assert processor.tokenizer.decode(ids) == text + "<|end|>"


def test_the_shipped_model_is_asked_as_it_was_trained(processor):
    """These words are part of the weights: another prompt needs another training."""
    asked = question(processor, SCHEMAS["chinese_id_card"])
    assert asked == (
        "<|user|>\n<|image_1|>\nchinese_id_card: issuing_country name sex ethnicity birth_date address document_number"
        " authority issue_date expiry_date permanent<|end|>\n<|assistant|>\n"
    )
    after = asked.partition("<|image_1|>")[2]
    tokens = processor.tokenizer.convert_ids_to_tokens(processor.tokenizer(after)["input_ids"])
    assert tokens[:6] == ["<s>", "\n", "chinese_id_card:", " issuing_country", " name", " sex"]
    assert tokens[-4:] == ["<|end|>", "\n", "<|assistant|>", "\n"]
