"""An answer can always be completed: whatever is written, and however little room there is."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from extractor.decoding.answer import Answer, AnswerLimits
from extractor.errors import UsageError
from extractor.schemas import SCHEMAS, ChineseIdCard, Passport

ROOMY = AnswerLimits(100_000, 100_000)


def scribble(answer, seed):
    """Writes any tokens the grammar allows until the answer is done; fewer passes than tokens, as in a real loop."""
    choose = random.Random(seed)
    while not answer.done:
        mask = answer.matcher.compute_bitmask()
        allowed = [token for token in range(512) if mask[token // 8] >> token % 8 & 1]
        ends = [token for token in allowed if b'"' in answer.grammar.vocabulary.bytes_of(token)]
        answer.push(choose.choice(ends if ends and choose.random() < 0.1 else allowed), choose.random())
        answer.force()
    return answer


def least(grammar):
    """The tokens of the answer in which everything is null."""
    for room in range(10, 1000):
        try:
            Answer(grammar, AnswerLimits(room))
        except UsageError:
            continue
        return room
    raise AssertionError("no limit is enough")


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(SCHEMAS)),
    seed=st.integers(0, 10**6),
    room=st.integers(0, 400),
    value=st.integers(16, 90),
)
def test_under_any_limits_an_answer_is_complete_valid_and_within_them(vocabulary, name, seed, room, value):
    schema = SCHEMAS[name]
    grammar = vocabulary.grammar(schema, 40)
    limits = AnswerLimits(least(grammar) + room, value)
    answer = scribble(Answer(grammar, limits), seed)
    assert len(answer.tokens) <= limits.max_tokens
    text = answer.spans.text.decode()
    assert list(json.loads(text)) == list(grammar.fields)
    schema.model_validate_json(text)
    assert vocabulary.join(answer.tokens).strip() == answer.spans.text
    for index, (field, reading) in enumerate(answer.readings()):
        assert reading.value == json.loads(text)[field]
        assert reading.cut == (index in answer.cut)
        if reading.cut:
            assert (reading.value, reading.confidence) == (None, 0.0)


def test_without_need_nothing_is_cut(vocabulary):
    answer = scribble(Answer(vocabulary.grammar(Passport, 20), ROOMY), 3)
    assert answer.cut == set()
    assert any(reading.value is not None for _, reading in answer.readings())


def test_a_limit_that_holds_no_answer_at_all_is_refused_at_once(vocabulary):
    grammar = vocabulary.grammar(Passport)
    enough = least(grammar)
    with pytest.raises(UsageError, match=f"^{enough - 1} tokens do not hold an answer for passport"):
        Answer(grammar, AnswerLimits(enough - 1))
    with pytest.raises(UsageError, match="at least 16 tokens, not 3"):
        AnswerLimits(value_tokens=3)


def write(answer, text):
    """Writes a text in the tokenizer's tokens; stops when a limit changes what was written."""
    for token in answer.grammar.vocabulary.tokenize(text.encode()):
        if not answer.push(token, 0.5):
            return False
    answer.force()
    return True


def test_a_value_that_runs_on_becomes_null_and_the_next_field_is_the_models_again(vocabulary):
    answer = Answer(vocabulary.grammar(ChineseIdCard), AnswerLimits(1000, 20))
    assert write(answer, 'null,"name":null,"sex":null,"ethnicity":null,"birth_date":null,"address":')
    assert not write(answer, '"' + "北京市" * 10)
    answer.force()
    assert answer.spans.text.endswith(b'"address":null,"document_number":')
    assert write(answer, '"110101199001011237","authority":null,"issue_date":null,"expiry_date":null,"permanent":true')
    assert answer.done
    assert answer.cut == {5}
    assert json.loads(answer.spans.text)["document_number"] == "110101199001011237"


def test_what_does_not_fit_any_more_is_null_to_the_end(vocabulary):
    grammar = vocabulary.grammar(ChineseIdCard)
    answer = Answer(grammar, AnswerLimits(least(grammar) + 12))
    assert write(answer, '"CHN","name":')
    assert not write(answer, '"' + "张三丰" * 20 + '"')
    assert answer.done
    assert json.loads(answer.spans.text) == {**dict.fromkeys(grammar.fields), "issuing_country": "CHN"}
    assert answer.cut == set(range(1, len(grammar.fields)))


def test_confidence_is_that_of_the_most_doubtful_token_of_the_value(vocabulary):
    class Two(BaseModel):
        number: int | None = None
        word: str | None = None

    answer = Answer(vocabulary.grammar(Two), ROOMY)
    for text, probability in [("4", 0.9), ("2", 0.6), (',"', 0.7)]:
        for token in vocabulary.tokenize(text.encode()):
            answer.push(token, probability)
    answer.force()
    for character, probability in [('"', 0.8), ("a", 0.95), ("b", 0.85), ('"', 0.99)]:
        (token,) = vocabulary.tokenize(character.encode())
        answer.push(token, probability)
    answer.force()
    fields = dict(answer.readings())
    # That a number ends is the comma's to say.
    assert (fields["number"].value, fields["number"].confidence) == (42, 0.6)
    assert (fields["word"].value, fields["word"].confidence) == ("ab", 0.8)


def test_what_the_grammar_leaves_no_choice_about_is_certain(vocabulary):
    class Empty(BaseModel):
        nothing: None = None

    answer = Answer(vocabulary.grammar(Empty), ROOMY)
    assert answer.done
    assert answer.spans.text == b'{"nothing":null}'
    assert dict(answer.readings())["nothing"].confidence == 1.0


def test_a_token_that_is_not_allowed_is_never_written(vocabulary):
    answer = Answer(vocabulary.grammar(Passport), ROOMY)
    (comma,) = vocabulary.tokenize(b",")
    with pytest.raises(RuntimeError, match="does not allow"):
        answer.push(comma, 1.0)
