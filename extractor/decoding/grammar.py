"""From a schema to a grammar over tokens: which token may come next, and which must.

outlines names the grammar's kind (JSON Schema, its llguidance backend) and its public path takes it as it is:

    outlines.Generator(outlines.from_transformers(model, processor), output_type(Passport), backend="llguidance")

The loop of this package (`extractor.decoding.loop`) takes the same grammar, and asks it for one thing more that
outlines does not use: the tokens that the grammar forces. Preparing a tokenizer takes a third of a second for 32,000
tokens, once; a schema after that some milliseconds, once. Neither needs torch.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pydantic import BaseModel

from extractor.decoding.form import LONGEST, answer_schema
from extractor.errors import CheckpointError, MissingExtraError, SchemaError
from extractor.schemas import schema_name

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer
    from transformers import PreTrainedTokenizerFast

#: Compact JSON in which only line feeds, quotation marks and backslashes are escaped: all else is written as it is.
_WRITING = {"whitespace_flexible": False, "coerce_one_of": True, "json_allowed_escapes": 'n"\\'}
#: What the template ends a prompt with, but for a line feed, which this token swallows in the published tokenizer.
_ANSWER = "<|assistant|>"
#: Grammars kept for one vocabulary; a server that is sent schemas must not grow without end.
_KEPT = 64


def guided_schema(schema: type[BaseModel], longest: int = LONGEST) -> dict[str, Any]:
    """The JSON Schema of an answer with the way it is to be written, which llguidance alone understands."""
    return {**answer_schema(schema, longest), "x-guidance": _WRITING}


def schema_text(schema: type[BaseModel], longest: int = LONGEST) -> str:
    """The JSON Schema of an answer, as outlines and llguidance take it."""
    return json.dumps(guided_schema(schema, longest), ensure_ascii=False)


def output_type(schema: type[BaseModel], longest: int = LONGEST) -> Any:
    """The output type to give to outlines; use its llguidance backend, the others write Chinese wrongly."""
    try:
        from outlines.types import JsonSchema
    except ModuleNotFoundError as error:
        raise MissingExtraError("Constrained decoding", "phi3v") from error
    return JsonSchema(schema_text(schema, longest))


class Vocabulary:
    """A tokenizer as a grammar sees it: the bytes of each token. `rows` is the number of logits the model gives."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, rows: int) -> None:
        try:
            from llguidance.hf import from_tokenizer
        except ModuleNotFoundError as error:
            raise MissingExtraError("Constrained decoding", "phi3v") from error
        try:
            self.tokens: LLTokenizer = from_tokenizer(tokenizer, n_vocab=rows)
        except ValueError as error:
            reason = " ".join(str(error).split())[:200]
            raise CheckpointError(f"constrained decoding cannot use this tokenizer: {reason}") from error
        self.rows = rows
        self._tokenizer = tokenizer.backend_tokenizer
        self._bytes: dict[int, bytes] = {}
        self._grammars: dict[tuple[type[BaseModel], int], Grammar] = {}

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast, rows: int) -> Vocabulary:
        """The vocabulary of a tokenizer, prepared once."""
        known = _VOCABULARIES.setdefault(tokenizer, {})
        if rows not in known:
            known[rows] = cls(tokenizer, rows)
        return known[rows]

    def bytes_of(self, token: int) -> bytes:
        """What one token writes."""
        if token not in self._bytes:
            self._bytes[token] = self.tokens.decode_bytes([token])
        return self._bytes[token]

    def join(self, tokens: Sequence[int]) -> bytes:
        """What tokens write together."""
        return b"".join(map(self.bytes_of, tokens))

    def tokenize(self, text: bytes) -> list[int]:
        """The tokens that the tokenizer makes of a text that goes on from another one."""
        return self.tokens.tokenize_bytes(text)

    def begin(self, text: bytes) -> list[int]:
        """The tokens that the tokenizer makes of a text at the beginning of an answer.

        They differ from `tokenize`'s where a tokenizer puts a space before every text, as the published one does:
        that is how the answers a model was trained on begin.
        """
        mark = self._tokenizer.token_to_id(_ANSWER)
        if mark is not None:
            own = self._tokenizer.encode(_ANSWER + text.decode(), add_special_tokens=False).ids
            own = own[own.index(mark) + 1 :]
            if self.join(own).lstrip(b" ") == text:
                return own
        return self.tokenize(text)

    def grammar(self, schema: type[BaseModel], longest: int = LONGEST) -> Grammar:
        """The grammar of a schema, made once. Raises SchemaError for one that cannot be held to.

        No string that the schema leaves free is longer than `longest` characters.
        """
        key = (schema, longest)
        if key not in self._grammars:
            while len(self._grammars) >= _KEPT:
                del self._grammars[next(iter(self._grammars))]
            self._grammars[key] = Grammar(schema, tuple(answer_schema(schema, longest)["properties"]), self, longest)
        return self._grammars[key]


_VOCABULARIES: WeakKeyDictionary[Any, dict[int, Vocabulary]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Grammar:
    """What an answer for one schema can be, over one vocabulary. `fields` are the document's, in writing order."""

    schema: type[BaseModel]
    fields: tuple[str, ...]
    vocabulary: Vocabulary = field(repr=False)
    longest: int = LONGEST

    def __post_init__(self) -> None:
        # A schema that cannot be expressed raises when the grammar is asked for, not while a document is read.
        self._start  # noqa: B018

    @cached_property
    def specification(self) -> str:
        """The grammar in llguidance's terms: the same that outlines' backend makes of `output_type(schema)`."""
        from llguidance import grammar_from

        return grammar_from("json_schema", schema_text(self.schema, self.longest))

    @cached_property
    def _start(self) -> LLMatcher:
        from llguidance import LLMatcher

        matcher = LLMatcher(self.vocabulary.tokens, self.specification)
        matcher.compute_ff_bytes()
        if matcher.is_error():
            raise SchemaError(
                f"schema {schema_name(self.schema)} cannot be held to while writing: {_reason(matcher.get_error())}"
            )
        return matcher

    def matcher(self) -> LLMatcher:
        """A matcher at the beginning of an answer; copying one costs microseconds."""
        return self._start.deep_copy()

    def empty_from(self, index: int) -> bytes:
        """The rest of an answer in which field `index` and all after it are null, from that field's value on."""
        rest = "".join(f",{json.dumps(name, ensure_ascii=False)}:null" for name in self.fields[index + 1 :])
        return f"null{rest}}}".encode()


def _reason(message: str) -> str:
    """The line of llguidance's message that says what is wrong: the last of an expression's, else the first."""
    lines = [" ".join(line.split()) for line in message.splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith("error:")), lines[0] if lines else "no reason given")
    return said.removeprefix("error:").strip()[:200]
