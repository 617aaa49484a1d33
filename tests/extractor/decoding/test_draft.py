"""A draft says what may come next, from wherever the answer is."""

import json

import pytest

from extractor.decoding.answer import Answer, AnswerLimits
from extractor.decoding.draft import Draft
from extractor.schemas import ChineseIdCard, Passport


@pytest.fixture(scope="module")
def grammar(vocabulary):
    return vocabulary.grammar(Passport)


def answer_so_far(grammar, text):
    """An answer in which everything up to `text` has been written."""
    answer = Answer(grammar, AnswerLimits(10_000, 10_000))
    begun = answer.spans.text.decode()
    assert text.startswith(begun)
    for token in grammar.vocabulary.tokenize(text[len(begun) :].encode()):
        answer.push(token, 0.5)
    return answer


def guess(draft, answer, most=1000):
    matcher = answer.matcher.deep_copy()
    followed = list(draft.follow(matcher, answer.spans, most))
    return b"".join(answer.grammar.vocabulary.bytes_of(token) for token, _ in followed).decode()


def whole(grammar, **values):
    return json.dumps({name: values.get(name) for name in grammar.fields}, ensure_ascii=False, separators=(",", ":"))


VALUES = {"document_type": "P", "surname": "MÜLLER", "sex": "F", "birth_date": "1974-08-12"}


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4, 0.6, 0.8, 0.95])
def test_it_goes_on_from_wherever_the_answer_agrees_with_it(grammar, share):
    text = whole(grammar, **VALUES)
    answer = answer_so_far(grammar, text[: int(len(text) * share)])
    assert answer.spans.text.decode() + guess(Draft.of(grammar, VALUES), answer) == text


def test_forced_tokens_are_marked_as_such(grammar):
    answer = answer_so_far(grammar, '{"document_type":')
    followed = list(Draft.of(grammar, VALUES).follow(answer.matcher.deep_copy(), answer.spans, 1000))
    text = {True: b"", False: b""}
    for token, forced in followed:
        text[forced] += grammar.vocabulary.bytes_of(token)
    assert b"MULLER".replace(b"U", "Ü".encode()) in text[False]
    assert b"surname" not in text[False]
    assert b"surname" in text[True]


def test_no_more_is_drafted_than_asked_for(grammar):
    answer = answer_so_far(grammar, '{"document_type":')
    draft = Draft.of(grammar, VALUES)
    assert len(list(draft.follow(answer.matcher.deep_copy(), answer.spans, 5))) == 5
    assert list(draft.follow(answer.matcher.deep_copy(), answer.spans, 0)) == []


def test_within_a_text_it_goes_on_as_if_one_character_was_misread(grammar):
    before = '{"document_type":"P","issuing_country":null,"document_number":null,"surname":"'
    answer = answer_so_far(grammar, before + "MO")
    assert guess(Draft.of(grammar, VALUES), answer).startswith('LLER","given_names":null')


def test_a_value_it_cannot_help_with_is_left_alone_and_the_next_is_drafted_again(grammar):
    before = '{"document_type":"P","issuing_country":null,"document_number":null,"surname":"'
    draft = Draft.of(grammar, VALUES)
    answer = answer_so_far(grammar, before + "MO")
    assert guess(draft, answer).startswith("LLER")
    draft.missed(answer.spans, accepted=0)
    assert guess(draft, answer) == ""
    # The value is over, and so is the quarrel about it.
    ended = answer_so_far(grammar, before + 'MOUSE"')
    assert guess(draft, ended) == whole(grammar, **VALUES).partition('"MÜLLER"')[2]


def test_a_miss_after_some_agreement_costs_nothing(grammar):
    draft = Draft.of(grammar, VALUES)
    answer = answer_so_far(grammar, '{"document_type":"P","issuing_country":null,"document_number":null,"surname":"MO')
    guess(draft, answer)
    draft.missed(answer.spans, accepted=2)
    assert guess(draft, answer).startswith("LLER")


def test_after_null_instead_of_a_text_it_goes_on_behind_it(grammar):
    before = '{"document_type":"P","issuing_country":null,"document_number":null,"surname":null'
    answer = answer_so_far(grammar, before)
    assert guess(Draft.of(grammar, VALUES), answer) == whole(grammar, **VALUES).partition('"MÜLLER"')[2]


def test_where_the_grammar_refuses_the_draft_ends(grammar):
    answer = answer_so_far(grammar, '{"document_type":')
    drafted = guess(Draft.of(grammar, {**VALUES, "birth_date": "12.08.1974"}), answer)
    assert drafted.startswith('"P"')
    assert drafted.partition('"birth_date":"')[2] in ("1", "12")
    nothing = guess(Draft.of(grammar, {"document_type": 17}), answer)
    assert nothing == ""


def test_chinese_is_drafted_to_the_byte(vocabulary):
    grammar = vocabulary.grammar(ChineseIdCard)
    values = {"name": "韦小宝", "address": "北京市东城区"}
    text = whole(grammar, **values)
    answer = answer_so_far(grammar, '{"issuing_country":')
    assert answer.spans.text.decode() + guess(Draft.of(grammar, values), answer) == text
    # In the middle of a character that is not the guessed one there is no telling.
    half = answer_so_far(grammar, '{"issuing_country":null,"name":"')
    for byte in "苏".encode()[:2]:
        half.push(vocabulary.tokenize(bytes([byte]))[0], 0.5)
    assert guess(Draft.of(grammar, values), half) == ""


def test_a_draft_may_be_given_in_tokens(grammar):
    answer = answer_so_far(grammar, '{"document_type":')
    text = whole(grammar, **VALUES)
    single = [token for byte in text.encode() for token in grammar.vocabulary.tokenize(bytes([byte]))]
    followed = list(Draft(grammar.vocabulary, single).follow(answer.matcher.deep_copy(), answer.spans, 1000))
    free = [token for token, forced in followed if not forced]
    assert set(free) <= set(single)
    assert guess(Draft(grammar.vocabulary, single), answer) == text.removeprefix('{"document_type":')
