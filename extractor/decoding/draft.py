"""A draft of an answer, and what of it may come next.

Another engine has often read the document already. Its values, written as the answer would be, are tokens that the
network can be asked about all at once; where it wants something else its own token stands, and the draft is taken up
again: within the value as if one character was misread, and if that does not help, with the next field. A draft can
only save passes. What is answered is the model's, token for token, however wrong the draft.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from extractor.decoding.grammar import Grammar, Vocabulary
from extractor.decoding.spans import Spans

if TYPE_CHECKING:
    from llguidance import LLMatcher


class Draft:
    """A guess at a whole answer, for one reading.

    `guess` is the answer in the form the grammar gives it, in the tokens to try: see `of` and `in_tokens`.
    """

    def __init__(self, vocabulary: Vocabulary, guess: Sequence[int]) -> None:
        self._vocabulary = vocabulary
        self._text = vocabulary.join(guess)
        self._tokens = self._under_offsets(guess, 0)
        self._spans = Spans()
        self._spans.feed(self._text)
        self._resumed: int | None = None
        self._given_up: int | None = None

    @classmethod
    def of(cls, grammar: Grammar, values: Mapping[str, Any]) -> Draft:
        """A guess at each field's value; a field that is not in `values` is guessed to be null."""
        guess = to_jsonable_python({name: values.get(name) for name in grammar.fields}, fallback=str)
        text = json.dumps(guess, ensure_ascii=False, separators=(",", ":"))
        return cls(grammar.vocabulary, grammar.vocabulary.tokenize(text.encode()))

    def missed(self, spans: Spans, accepted: int) -> None:
        """Notes that the model went its own way after `accepted` drafted tokens.

        A value that was taken up again and did not fit even once is left to the model.
        """
        if accepted == 0 and self._resumed is not None and self._resumed == spans.open:
            self._given_up = self._resumed

    def follow(self, matcher: LLMatcher, spans: Spans, most: int) -> Iterator[tuple[int, bool]]:
        """At most `most` drafted tokens from here on, as the grammar takes them, and whether it forces them.

        `matcher` is moved along; `spans` says what has been written.
        """
        at = self._resume_at(spans)
        tokens = self._tokens
        for _ in range(most):
            if at is None or at >= len(self._text) or matcher.is_stopped():
                return
            forced = matcher.compute_ff_tokens()
            if not forced and at not in tokens:
                tokens = self._under_offsets(self._vocabulary.tokenize(self._text[at:]), at)
            token = forced[0] if forced else tokens[at]
            piece = self._vocabulary.bytes_of(token)
            if not self._text.startswith(piece, at) or not matcher.validate_tokens([token]):
                return
            matcher.consume_token(token)
            yield token, bool(forced)
            at += len(piece)

    def _resume_at(self, spans: Spans) -> int | None:
        """The offset in the guess at which to go on; None where it is of no use."""
        self._resumed = None
        index, own = spans.open, self._spans
        if index is None:
            begun = len(spans.text) - (spans.ends[-1] if spans.ends else 0)
            return (own.ends[len(spans.ends) - 1] if spans.ends else 0) + begun
        written, guess = spans.raw(index), own.raw(index)
        if _is_whole(written):
            return own.ends[index]
        if index == self._given_up:
            return None
        if guess.startswith(written):
            return own.starts[index] + len(written)
        same_length = _as_long(guess, written)
        if same_length is None:
            return None
        self._resumed = index
        return own.starts[index] + same_length

    def _under_offsets(self, tokens: Sequence[int], start: int) -> dict[int, int]:
        offsets: dict[int, int] = {}
        for token in tokens:
            offsets[start] = token
            start += len(self._vocabulary.bytes_of(token))
        return offsets


def _is_whole(written: bytes) -> bool:
    """Whether a value has been written to its end, so that only what follows it can follow; a number has no end."""
    if not written or written[-1:].isdigit():
        return False
    try:
        json.loads(written)
    except ValueError:
        return False
    return True


def _as_long(guess: bytes, written: bytes) -> int | None:
    """The bytes of a guessed text that are as many characters as were written instead of them."""
    if guess[:1] != b'"' or written[:1] != b'"':
        return None
    try:
        so_far = len(written.decode())
    except UnicodeDecodeError:  # in the middle of a character
        return None
    text = guess.decode()
    return len(text[:so_far].encode()) if so_far < len(text) else None
