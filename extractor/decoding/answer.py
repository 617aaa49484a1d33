"""One answer while it is being written: its tokens, where its values stand, and how it can always be completed.

Everything here happens beside the network and knows nothing of it. Before each value the answer notes how it would
end if this value and all after it were null; that ending fits into what is left of the limit, or the value is not
begun. So there is always a way out that is valid under the grammar, and taking it gives up no value but those that
are null in it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extractor.decoding.grammar import Grammar
from extractor.decoding.spans import Spans
from extractor.errors import UsageError
from extractor.schemas import schema_name

if TYPE_CHECKING:
    from llguidance import LLMatcher

#: A value may always take this many tokens; taking back one of fewer would gain nothing.
_LEAST_VALUE = 16


@dataclass(frozen=True)
class AnswerLimits:
    """`max_tokens` of a whole answer, and `value_tokens` of any one field's value."""

    max_tokens: int = 1024
    value_tokens: int = 400

    def __post_init__(self) -> None:
        if self.value_tokens < _LEAST_VALUE:
            raise UsageError(f"a value's limit must be at least {_LEAST_VALUE} tokens, not {self.value_tokens}")


@dataclass(frozen=True)
class FieldReading:
    """What the model writes for a field: the value, its confidence (the smallest probability of its tokens, 0..1), and
    whether the value was cut off by a limit (it is null then)."""

    value: Any
    confidence: float
    cut: bool = False


@dataclass(frozen=True)
class _Snapshot:
    """An answer as it stood behind one of its tokens."""

    matcher: LLMatcher
    spans: Spans
    tokens: int


@dataclass(frozen=True)
class _WayOut:
    """How an answer ends whose field `index` and all after it are null.

    `mark` stands before that field's value, `lead` is what is written between the two, `tokens` are the ending's.
    """

    index: int
    mark: _Snapshot
    lead: bytes
    tokens: list[int]


class Answer:
    """An answer under a grammar and its limits. It begins with what the grammar forces before any choice.

    Raises UsageError when not even the answer in which everything is null fits into the limit.
    """

    def __init__(self, grammar: Grammar, limits: AnswerLimits) -> None:
        self.grammar, self.limits = grammar, limits
        self.matcher = grammar.matcher()
        self._spans = Spans()
        self.tokens: list[int] = []
        self.probabilities: list[float] = []
        self.cut: set[int] = set()
        self.done = False
        self._ends: list[int] = []
        self._unread: list[bytes] = []  # what the last tokens wrote, and `_spans` and `_ends` do not know yet
        self._way_out: _WayOut | None = None
        self._watchful = limits.max_tokens  # token count at which limits are first checked
        self._open()

    def _open(self) -> None:
        """Writes what is forced at the beginning, in the tokens that the tokenizer begins an answer with."""
        start = _Snapshot(self.matcher.deep_copy(), Spans(), 0)
        vocabulary = self.grammar.vocabulary
        text = bytearray()
        while forced := self.matcher.compute_ff_tokens():
            self.matcher.consume_token(forced[0])
            text += vocabulary.bytes_of(forced[0])
        self.tokens = vocabulary.begin(bytes(text))
        self.probabilities = [1.0] * len(self.tokens)
        excess = len(vocabulary.join(self.tokens)) - len(text)  # a space that the tokenizer puts before a text
        for token in self.tokens:
            self._ends.append((self._ends[-1] if self._ends else -excess) + len(vocabulary.bytes_of(token)))
        self._spans.feed(bytes(text))
        self.done = self._spans.complete
        if self.spans.starts:
            after = _Snapshot(self.matcher.deep_copy(), self.spans.copy(), len(self.tokens))
            self._begin_value(after if self.spans.starts[-1] == len(text) else start)

    @property
    def spans(self) -> Spans:
        """Where the values stand in what is written."""
        self.catch_up()
        return self._spans

    def catch_up(self) -> None:
        """Reads what was written since the last time. A network's next step need not wait for it."""
        for piece in self._unread:
            self._spans.feed(piece)
            self._ends.append(len(self._spans.text))
        self._unread.clear()

    def push(self, token: int, probability: float) -> bool:
        """Writes a token that the grammar allows. False if a limit then changed what was written before."""
        piece = self.grammar.vocabulary.bytes_of(token)
        # Only behind a colon does a value begin; it may begin inside of this token.
        before = self._mark() if b":" in piece else None
        if not self.matcher.consume_token(token):
            raise RuntimeError("a token was chosen that the grammar does not allow")
        self._write(token, probability, piece)
        if before is not None and len(self.spans.starts) > len(before.spans.starts):
            exact = self.spans.starts[-1] == len(self.spans.text)
            if not self._begin_value(self._mark() if exact else before):
                return False
        return self._within_limits()

    def force(self) -> None:
        """Writes all that the grammar forces next."""
        while not self.done and (forced := self.matcher.compute_ff_tokens()):
            self.push(forced[0], 1.0)

    def _mark(self) -> _Snapshot:
        return _Snapshot(self.matcher.deep_copy(), self.spans.copy(), len(self.tokens))

    def _write(self, token: int, probability: float, piece: bytes) -> None:
        self.tokens.append(token)
        self.probabilities.append(probability)
        self._unread.append(piece)
        if b"}" in piece:  # nothing else ends an answer
            self.done = self.spans.complete

    def _begin_value(self, mark: _Snapshot) -> bool:
        """Notes the way out before the value that has just begun; False if it would be too long by now."""
        index, start = len(self.spans.starts) - 1, self.spans.starts[-1]
        lead = bytes(self.spans.text[len(mark.spans.text) : start])
        text = lead + self.grammar.empty_from(index)
        vocabulary = self.grammar.vocabulary
        ending = vocabulary.tokenize(text)
        if mark.tokens + len(ending) > self.limits.max_tokens:
            self._close()
            return False
        self._way_out = _WayOut(index, mark, lead, ending)
        self._watchful = min(self.limits.max_tokens, mark.tokens + self.limits.value_tokens)
        return True

    def _within_limits(self) -> bool:
        way_out = self._way_out
        if len(self.tokens) < self._watchful or self.done or way_out is None:
            return True
        if len(self.tokens) >= self.limits.max_tokens:
            self._close()
            return False
        if self.spans.open == way_out.index and len(self.tokens) - way_out.mark.tokens >= self.limits.value_tokens:
            self._give_up_value(way_out)
            return False
        return True

    def _close(self) -> None:
        """Takes the way out: the last value begun and all after it become null."""
        if self._way_out is None:
            name, limit = schema_name(self.grammar.schema), self.limits.max_tokens
            raise UsageError(f"{limit} tokens do not hold an answer for {name} even if every field is null")
        way_out = self._way_out
        self._go_back(way_out.mark, way_out.tokens)
        self.cut |= set(range(way_out.index, len(self.grammar.fields)))

    def _give_up_value(self, way_out: _WayOut) -> None:
        """Makes one value null and leaves what follows to the model."""
        self._go_back(way_out.mark, self.grammar.vocabulary.tokenize(way_out.lead + b"null"))
        self.cut.add(way_out.index)

    def _go_back(self, mark: _Snapshot, tokens: list[int]) -> None:
        self.matcher, self._spans = mark.matcher.deep_copy(), mark.spans.copy()
        self._unread.clear()
        for kept in (self.tokens, self.probabilities, self._ends):
            del kept[mark.tokens :]
        if not self.matcher.consume_tokens(tokens):
            raise RuntimeError("the grammar does not allow null for a field")
        for token in tokens:
            self._write(token, 1.0, self.grammar.vocabulary.bytes_of(token))

    def readings(self) -> Iterator[tuple[str, FieldReading]]:
        """Each field of an answer that is done."""
        for index, name in enumerate(self.grammar.fields):
            if index in self.cut:
                yield name, FieldReading(None, 0.0, cut=True)
                continue
            # What the grammar forces has a probability of 1.
            yield (
                name,
                FieldReading(self.spans.value(index), min(self.probabilities[self._tokens_of(index)], default=1.0)),
            )

    def _tokens_of(self, index: int) -> slice:
        """The tokens that a value depends on: those it stands in, and of a bare one also that which ended it."""
        start, end = self.spans.starts[index], self.spans.ends[index]
        if self.spans.text[end - 1] not in b'"]}':
            end += 1
        return slice(bisect_right(self._ends, start), bisect_left(self._ends, end) + 1)
