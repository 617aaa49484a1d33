"""Schemas become grammars over a vocabulary: once, exactly, in every script, or in one line not at all."""

import datetime
import enum
import gc
import json
import weakref
from typing import Annotated, Literal

import pytest
from llguidance import LLMatcher
from pydantic import BaseModel, ConfigDict, Field
from transformers import PreTrainedTokenizerFast

from extractor.decoding.grammar import Vocabulary, output_type, schema_text
from extractor.errors import SchemaError
from extractor.schemas import SCHEMAS, ChineseIdCard, Passport

from ...tables import each


def takes(grammar, text):
    """Whether a grammar takes a text as a whole answer, in the tokenizer's own tokens."""
    matcher = grammar.matcher()
    tokens = grammar.vocabulary.tokenize(text.encode())
    return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()


def written(grammar, **values):
    answer = {name: values.get(name) for name in grammar.fields}
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


@pytest.fixture(scope="module")
def passport(vocabulary):
    return vocabulary.grammar(Passport)


def test_a_grammar_is_made_once(vocabulary):
    assert vocabulary.grammar(Passport) is vocabulary.grammar(Passport)
    assert vocabulary.grammar(Passport, 12) is not vocabulary.grammar(Passport)


def test_only_so_many_grammars_are_kept(tiny):
    own = Vocabulary(PreTrainedTokenizerFast.from_pretrained(tiny), 512)
    first = own.grammar(Passport)
    for longest in range(20, 90):
        own.grammar(ChineseIdCard, longest)
    assert own.grammar(Passport) is not first


def test_a_vocabulary_is_made_once_and_goes_with_its_tokenizer(tiny):
    tokenizer = PreTrainedTokenizerFast.from_pretrained(tiny)
    first = Vocabulary.of(tokenizer, 512)
    assert Vocabulary.of(tokenizer, 512) is first
    gone = weakref.ref(first)
    del tokenizer, first
    gc.collect()
    assert gone() is None


def test_outlines_makes_the_same_grammar_of_it(passport, vocabulary):
    from outlines.backends.llguidance import LLGuidanceBackend

    backend = LLGuidanceBackend.__new__(LLGuidanceBackend)
    backend.llg = __import__("llguidance")
    backend.llg_tokenizer, backend.tensor_library_name = vocabulary.tokens, "torch"
    processor = backend.get_json_schema_logits_processor(output_type(Passport).schema)
    assert processor.grammar == passport.specification
    assert json.loads(output_type(Passport).schema) == json.loads(schema_text(Passport))


@each("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
def test_the_answer_in_which_everything_is_null_is_always_one(vocabulary, schema):
    grammar = vocabulary.grammar(schema)
    assert takes(grammar, written(grammar))
    schema.model_validate_json(written(grammar))


def test_answers_are_compact_complete_and_in_order(passport):
    good = written(passport, surname="Müller", sex="M", birth_date="1974-08")
    assert takes(passport, good)
    assert not takes(passport, good.replace(":", ": ", 1))
    assert not takes(passport, good.replace(',"sex":"M"', ""))
    assert not takes(passport, good.replace('{"', '{"other":1,"', 1))
    swapped = json.dumps(dict(reversed(json.loads(good).items())), separators=(",", ":"))
    assert not takes(passport, swapped)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("birth_date", ["2024-02-29", "1988-05", "1988"], ["2023-02-29", "29.02.2024", "88"]),
        ("nationality", ["GBR", "D"], ["gbr", "GB"]),
        ("sex", ["M", "F", "X"], ["W", "m"]),
        ("mrz", [["P<UTOERIKSSON<<ANNA" + "<" * 25]], [[], ["P<UTO"], ["p" * 44]]),
        ("surname", ["Иванов", "أحمد", 'O\'Brien "the" \\', "Ñandú-Łęski"], ["", " X", "\tX"]),
    ],
)
def test_fields_take_what_documents_print(passport, name, good, bad):
    assert [value for value in good if not takes(passport, written(passport, **{name: value}))] == []
    assert [value for value in bad if takes(passport, written(passport, **{name: value}))] == []


def test_chinese_is_written_as_it_is_even_byte_by_byte(vocabulary):
    grammar = vocabulary.grammar(ChineseIdCard)
    text = written(
        grammar,
        name="韦小宝",
        ethnicity="汉",
        address="北京市东城区\n景山前街4号",
        document_number="11204416541220243X",
    )
    tokens = vocabulary.tokenize(text.encode())
    assert any(len(vocabulary.bytes_of(token)) == 1 and vocabulary.bytes_of(token) > b"\x7f" for token in tokens)
    assert takes(grammar, text)
    assert vocabulary.join(tokens).decode() == text
    # Escapes would be another spelling of the same name.
    assert not takes(grammar, text.replace("韦", "\\u97e6"))


def test_forced_tokens_are_those_of_the_mask_and_of_the_tokenizer(passport, vocabulary):
    matcher = passport.matcher()
    forced = matcher.compute_ff_tokens()
    text = vocabulary.join(forced)
    assert text.startswith(b'{"document_')
    assert forced == vocabulary.tokenize(text)


def test_an_answer_begins_as_the_tokenizer_begins_one(processor, vocabulary):
    own = processor.tokenizer('<|assistant|>\n{"surname"')["input_ids"]
    begun = vocabulary.begin(b'{"surname"')
    assert own[-len(begun) :] == begun
    # The published tokenizer puts a space before a text; its own tokens for a brace at the beginning show it.
    assert vocabulary.bytes_of(begun[0]).startswith(b" {")
    assert vocabulary.join(begun).strip() == b'{"surname"'


def test_the_ways_to_end_an_answer_are_in_the_grammar(passport):
    whole = written(passport).encode()
    for index in range(len(passport.fields)):
        assert whole.endswith(passport.empty_from(index))
    assert passport.empty_from(len(passport.fields) - 1) == b"null}"


# --- schemas of one's own


class Colour(enum.Enum):
    RED = "rot"
    BLUE = "蓝"


class Address(BaseModel):
    street: str
    city: Annotated[str, Field(min_length=2)]
    floor: int | None = None


class Node(BaseModel):
    label: str
    children: list["Node"] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class Ticket(BaseModel):
    model_config = ConfigDict(extra="forbid")
    名前: str  # noqa: PLC2401
    größe: float | None = None  # noqa: PLC2401
    colour: Colour
    home: Address
    others: list[Address] | None = None
    issued: datetime.date
    code: str = Field(pattern=r"^[A-Z]{2}-\d{3}$")
    tree: Node | None = None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    flags: dict[str, bool] | None = None
    pair: tuple[int, str] | None = None


def test_nesting_lists_options_codes_patterns_and_unicode_are_held_to(vocabulary):
    grammar = vocabulary.grammar(Ticket)
    values = {
        "名前": "花子",
        "größe": 1.75,
        "colour": "蓝",
        "home": {"street": "", "city": "Bern", "floor": None},
        "others": [{"street": "Gasse", "city": "Köln", "floor": 3}],
        "issued": "2024-02-29",
        "code": "AB-123",
        "tree": {"label": "a", "children": [{"label": "b"}]},
        "pet": {"kind": "cat", "lives": 9},
        "flags": {"rush": True},
        "pair": [1, "x"],
    }
    assert takes(grammar, written(grammar, **values))
    Ticket.model_validate_json(written(grammar, **values))
    for name, wrong in [
        ("colour", "green"),
        ("home", {"street": "x", "city": "B", "floor": None}),
        ("code", "AB-12"),
        ("pet", {"kind": "cat", "name": "x"}),
        ("issued", "2024-02-30"),
    ]:
        assert not takes(grammar, written(grammar, **{**values, name: wrong}))


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"not": {"const": "x"}}, 'Unimplemented keys: ["not"]'),
        ({"pattern": "(?=a)b"}, "look-around, including look-ahead and look-behind, is not supported"),
        ({"pattern": "(a)\\1"}, "backreferences are not supported"),
    ],
)
def test_what_cannot_be_expressed_is_one_line(vocabulary, rule, reason):
    class Odd(BaseModel):
        field: str = Field(json_schema_extra=rule)

    with pytest.raises(SchemaError) as caught:
        vocabulary.grammar(Odd)
    assert str(caught.value) == f"schema Odd cannot be held to while writing: {reason}"
    assert caught.value.exit_code == 2


def test_a_field_whose_rules_contradict_each_other_can_only_be_null(vocabulary):
    class Never(BaseModel):
        field: str = Field(min_length=5, max_length=2)
        other: int = Field(ge=5, le=2)

    grammar = vocabulary.grammar(Never)
    assert takes(grammar, '{"field":null,"other":null}')
    assert isinstance(grammar.matcher(), LLMatcher)
    assert not takes(grammar, '{"field":"abc","other":null}')
