"""The loop writes what plain masked decoding writes, however many tokens a pass holds and whatever a draft says."""

import datetime
import json
from contextlib import nullcontext
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, create_model

from extractor.decoding.answer import AnswerLimits
from extractor.decoding.draft import Draft
from extractor.decoding.loop import write
from extractor.decoding.masks import Chooser
from extractor.errors import UsageError
from extractor.schemas import SCHEMAS, ChineseIdCard, DrivingLicence, Passport
from extractor.stages import observed

ROOMY = AnswerLimits(5000, 5000)
SHORT = 10  # characters of a text

GREEDY = Chooser()
SAMPLED = Chooser(temperature=1.0, seed=5)
CHOOSERS = pytest.mark.parametrize("chooser", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
EVERY_SCHEMA = pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS.keys())


@pytest.fixture
def read(vocabulary, pretender, prompts):
    """`read(schema, **options)`: the loop over a fake network; the network is left in `read.network`."""

    def run(*schemas, seed=0, rope_switch=None, longest=SHORT, limits=ROOMY, **options):
        run.network = pretender(seed, rope_switch)
        grammars = [vocabulary.grammar(schema, longest) for schema in schemas]
        asked = prompts(*("Read it, please."[: 5 + 4 * number] for number in range(len(schemas))))
        written = write(run.network, asked, grammars, limits=limits, **options)
        return written if len(schemas) > 1 else written[0]

    return run


# --- the same tokens


@CHOOSERS
@EVERY_SCHEMA
def test_tokens_are_those_of_plain_masked_decoding(read, plainly, vocabulary, schema, chooser):
    written = read(schema, chooser=chooser)
    network = read.network
    expected = plainly(vocabulary.grammar(schema, SHORT), network.logits, network.prompts[0], 5000, chooser)
    assert list(written.tokens) == expected
    schema.model_validate_json(written.text)


@CHOOSERS
@EVERY_SCHEMA
def test_jumping_saves_passes_and_changes_nothing(read, schema, chooser):
    stepped = read(schema, chooser=chooser, jump=False)
    assert read.network.steps == stepped.passes - 1
    jumped = read(schema, chooser=chooser)
    assert jumped.tokens == stepped.tokens
    assert jumped.passes < 0.8 * stepped.passes
    assert jumped.fields == stepped.fields


def altered(values, every):
    return {name: f"{value}?" if n % every == 0 else value for n, (name, value) in enumerate(values.items())}


DRAFTS = {
    "its own answer": lambda values: values,
    "every third field altered": lambda values: altered(values, 3),
    "one letter of each text altered": lambda values: {
        name: value[:2] + "#" + value[3:] if isinstance(value, str) and len(value) > 3 else value
        for name, value in values.items()
    },
    "half of it": lambda values: dict(list(values.items())[::2]),
    "nothing": lambda values: {},
    "nonsense": lambda values: {name: [{"a": [1, None, '\\"北']}] for name in values},
    "dates that are none": lambda values: dict.fromkeys(values, datetime.date(2024, 1, 1)),
}


@CHOOSERS
@pytest.mark.parametrize("schema", [Passport, ChineseIdCard, DrivingLicence])
@pytest.mark.parametrize("draft", DRAFTS.values(), ids=DRAFTS.keys())
def test_no_draft_changes_the_answer(read, schema, chooser, draft):
    alone = read(schema, chooser=chooser)
    drafted = read(schema, chooser=chooser, drafts=[draft(alone.values)])
    assert drafted.tokens == alone.tokens
    assert drafted.fields == alone.fields
    assert drafted.passes <= alone.passes


@EVERY_SCHEMA
def test_a_draft_that_is_right_to_the_token_takes_one_pass(read, vocabulary, schema):
    alone = read(schema)
    drafted = read(schema, drafts=[Draft(vocabulary, alone.tokens)])
    assert (drafted.passes, read.network.prefills, read.network.steps) == (1, 1, 0)
    assert drafted.drafted == drafted.chosen == alone.chosen
    assert drafted.tokens == alone.tokens


def test_a_draft_that_is_wrong_in_one_field_takes_few_passes_more(read, vocabulary):
    alone = read(Passport)
    begin = next(n for n, name in enumerate(alone.fields) if alone.fields[name].value and n > 3)
    name = list(alone.fields)[begin]
    guess = Draft(vocabulary, alone.tokens)
    right = json.dumps(alone.values[name], ensure_ascii=False).encode()
    offset = guess._text.index(b'"%s":' % name.encode() + right) + len(name) + 4
    guess._text = guess._text[:offset] + b"~" + guess._text[offset + 1 :]
    drafted = read(Passport, drafts=[guess])
    assert drafted.tokens == alone.tokens
    assert 1 < drafted.passes < alone.passes / 3


# --- schemas of one's own


class Inner(BaseModel):
    street: str
    number: int | None
    kind: Literal["蓝", "green"] = "green"


ANNOTATIONS = st.recursive(
    st.sampled_from([str, int, float, bool, datetime.date, Literal["a", "ab", 3], Inner]),
    lambda inner: st.one_of(
        inner.map(lambda kind: kind | None),
        inner.map(lambda kind: list[kind]),
        inner.map(lambda kind: dict[str, kind]),
        st.tuples(inner, inner).map(lambda kinds: tuple[kinds]),
    ),
    max_leaves=3,
)
NAMES = st.from_regex(r"[a-zäß名前][a-z_名]{0,7}", fullmatch=True).filter(
    lambda name: not name.startswith(("model_", "_")) and not hasattr(BaseModel, name)
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.dictionaries(NAMES, ANNOTATIONS, min_size=1, max_size=4), seed=st.integers(0, 99), warm=st.booleans())
def test_any_schema_is_held_to_and_read_alike_in_every_way(read, vocabulary, plainly, fields, seed, warm):
    schema = create_model("Own", **{name: (kind, ...) for name, kind in fields.items()})
    chooser = SAMPLED if warm else GREEDY
    limits = AnswerLimits(300, 60)
    written = read(schema, seed=seed, chooser=chooser, limits=limits)
    values = json.loads(written.text)
    assert list(values) == list(fields)
    for name, kind in fields.items():
        TypeAdapter(kind | None).validate_python(values[name])
    assert read(schema, seed=seed, chooser=chooser, limits=limits, jump=False).tokens == written.tokens
    drafted = read(schema, seed=seed, chooser=chooser, limits=limits, drafts=[values])
    assert drafted.tokens == written.tokens
    network = read.network
    if not any(reading.cut for reading in written.fields.values()):
        grammar = vocabulary.grammar(schema, SHORT)
        assert plainly(grammar, network.logits, network.prompts[0], 300, chooser) == list(written.tokens)


# --- batches


@CHOOSERS
def test_documents_read_together_are_read_as_alone_would_be_but_for_the_draw(read, plainly, vocabulary, chooser):
    schemas = [Passport, ChineseIdCard, DrivingLicence]
    guess = {"surname": "X", "name": "韦小宝"}
    together = read(*schemas, chooser=chooser, drafts=[None, guess, guess])
    network = read.network
    for number, (schema, written) in enumerate(zip(schemas, together, strict=True)):
        grammar = vocabulary.grammar(schema, SHORT)
        own = plainly(
            grammar,
            network.logits,
            network.prompts[number],
            5000,
            lambda logits, allowed, places, number=number: chooser(logits, allowed, [(number, places[0][1])]),
        )
        assert list(written.tokens) == own
    assert len({written.passes for written in together}) == 1


# --- the rotary switch


@pytest.mark.parametrize("after", [0, 1, 7, 30, 61])
@pytest.mark.parametrize("draft", [None, {}], ids=["alone", "drafted"])
def test_at_the_rotary_switch_everything_is_shown_again_and_nothing_from_beyond_it_before(
    read, plainly, vocabulary, after, draft
):
    short = read(ChineseIdCard)
    begun = read.network.lengths[0] + len(vocabulary.begin(b'{"issuing_country":'))
    written = read(ChineseIdCard, rope_switch=begun + after, drafts=[draft])
    network = read.network
    expected = plainly(vocabulary.grammar(ChineseIdCard, SHORT), network.logits, network.prompts[0], 5000, GREEDY)
    assert list(written.tokens) == expected
    assert written.tokens != short.tokens
    assert network.prefills == 2


def test_rows_that_cross_the_switch_at_different_times_are_read_as_alone(read, plainly, vocabulary):
    together = read(ChineseIdCard, Passport, rope_switch=60)
    network = read.network
    for number, (schema, written) in enumerate(zip([ChineseIdCard, Passport], together, strict=True)):
        grammar = vocabulary.grammar(schema, SHORT)
        assert list(written.tokens) == plainly(grammar, network.logits, network.prompts[number], 5000, GREEDY)


def test_a_value_taken_back_across_the_switch_is_forgotten_on_both_sides(read):
    for seed in range(6):
        stepped = read(ChineseIdCard, seed=seed, rope_switch=80, longest=60, limits=AnswerLimits(400, 20), jump=False)
        jumped = read(ChineseIdCard, seed=seed, rope_switch=80, longest=60, limits=AnswerLimits(400, 20), drafts=[{}])
        assert jumped.tokens == stepped.tokens


# --- limits


@CHOOSERS
@pytest.mark.parametrize("limits", [AnswerLimits(130, 40), AnswerLimits(200, 16), AnswerLimits(110, 110)], ids=str)
def test_no_limit_leaves_an_answer_open(read, chooser, limits):
    cut = 0
    for seed in range(5):
        written = read(ChineseIdCard, seed=seed, chooser=chooser, limits=limits, longest=200)
        ChineseIdCard.model_validate_json(written.text)
        assert len(written.tokens) <= limits.max_tokens
        cut += sum(reading.cut for reading in written.fields.values())
    assert cut > 0


def test_a_limit_below_every_answer_is_refused_before_the_network_is_asked(read):
    with pytest.raises(UsageError, match="20 tokens do not hold an answer for passport"):
        read(Passport, limits=AnswerLimits(20, 20))
    assert read.network.prefills == 0


def test_every_pass_can_be_observed(read):
    seen = []

    def observer(name):
        seen.append(name)
        return nullcontext()

    with observed(observer):
        written = read(Passport)
    assert seen == ["pass"] * written.passes
