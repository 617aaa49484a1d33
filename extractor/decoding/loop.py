"""Writes answers: the network proposes, the grammar disposes, and nothing is asked that is already known.

Each pass over the network takes, for every document, the tokens it has not seen yet: the one chosen last, those the
grammar forces after it (keys, quotation marks, what is left of a code), and as much of a draft as there is. From the
last of these on the network's choices are compared with the draft; the first that differs stands. What comes out is,
token for token, what plain masked decoding gives one token at a time.

An answer can always be completed (`extractor.decoding.answer`): a value that grows too long becomes null, and when
the limit of the whole answer is near, so do all that are left. Which fields were cut stands in the result.

A field's confidence is the smallest probability among the tokens of its value. One wrong character makes an
identity's value wrong, and it is the doubtful one that tells: the geometric mean of a line of 44 characters, one of
them the toss of a coin, would be 0.98.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from operator import eq
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from extractor.decoding.answer import Answer, AnswerLimits, FieldReading
from extractor.decoding.draft import Draft
from extractor.decoding.grammar import Grammar
from extractor.decoding.masks import Chooser, Masks
from extractor.decoding.runner import PADDING, Runner
from extractor.stages import stage

if TYPE_CHECKING:
    from llguidance import LLMatcher


@dataclass(frozen=True)
class Written:
    """A finished answer: its text, its tokens, its fields in the schema's order, and how it was produced.

    `passes` over the network were made for the whole batch; of the tokens, `chosen` were asked for and `drafted` of
    these found in the draft; all others the grammar forced.
    """

    text: str
    tokens: tuple[int, ...]
    fields: Mapping[str, FieldReading]
    passes: int
    chosen: int
    drafted: int

    @property
    def values(self) -> dict[str, Any]:
        """The fields' values."""
        return {name: reading.value for name, reading in self.fields.items()}


@dataclass
class _Generation:
    """One document of a batch: its answer, its draft, and what the network has seen of them."""

    number: int
    prompt: int
    answer: Answer
    draft: Draft | None
    seen: list[int] = field(default_factory=list)
    long: bool | None = None  # which rotary factors what it has seen was rotated with
    chosen: int = 0
    drafted: int = 0


@dataclass
class _PassInput:
    """What one pass shows of a document: tokens it has not seen, then drafted ones with whether they are forced."""

    pending: list[int]
    drafted: list[tuple[int, bool]]

    @property
    def length(self) -> int:
        return len(self.pending) + len(self.drafted)


@torch.inference_mode()
def write(
    runner: Runner,
    inputs: Mapping[str, torch.Tensor],
    grammars: Sequence[Grammar],
    *,
    limits: AnswerLimits | None = None,
    chooser: Chooser | None = None,
    drafts: Sequence[Draft | Mapping[str, Any] | None] | None = None,
    jump: bool = True,
) -> list[Written]:
    """Answers the prompts of `inputs` (the processor's, padded on the left), each under its grammar.

    `drafts` holds a guess at the fields' values, or None, for each document. `jump=False` asks for every token by
    itself, forced ones too: slower, and the same answer. Each pass is a stage (`extractor.stages`). Raises UsageError
    for limits that hold no answer, DeviceError for a network that gives no numbers.
    """
    chooser, limits = chooser or Chooser(), limits or AnswerLimits()
    runner.take(inputs)
    answers = [Answer(grammar, limits) for grammar in grammars]
    guesses = drafts or [None] * len(answers)
    documents = [
        _Generation(number, prompt, answer, Draft.of(answer.grammar, guess) if isinstance(guess, Mapping) else guess)
        for number, (prompt, answer, guess) in enumerate(zip(runner.lengths, answers, guesses, strict=True))
    ]
    masks = Masks(grammars[0].vocabulary, runner.device)
    passes = 0
    while any(not document.answer.done for document in documents):
        with stage("pass"):
            turns = [_turn(document, runner.rope_switch) for document in documents]
            logits = _run(runner, documents, turns)
            places = _open_places(documents, turns, masks)
            # A device still computes the logits: what is not needed for the next step is done now.
            for document in documents:
                document.answer.catch_up()
            choices = _choose(logits, places, documents, turns, masks, chooser)
            for document, turn in zip(documents, turns, strict=True):
                _absorb(document, turn, choices, jump)
        passes += 1
    for document in documents:
        document.answer.catch_up()
    return [_finished(document, passes) for document in documents]


def _turn(document: _Generation, switch: int | None) -> _PassInput:
    """What to show next. Nothing drafted is shown from the far side of the rotary switch before it is reached."""
    answer = document.answer
    if answer.done:
        return _PassInput([], [])
    tokens, seen = answer.tokens, document.seen
    # The last token is always shown, since the next choice is made behind it.
    known = min(_common(seen, tokens), len(tokens) - 1)
    room = answer.limits.max_tokens - len(tokens)
    total = document.prompt + len(tokens)
    if switch is not None and total <= switch:
        room = min(room, switch - total)
    drafted: list[tuple[int, bool]] = []
    if document.draft is not None:
        drafted = list(document.draft.follow(answer.matcher.deep_copy(), answer.spans, room))
    return _PassInput(tokens[known:], drafted)


def _common(a: list[int], b: list[int]) -> int:
    """How many tokens two sequences begin alike with."""
    if b[: len(a)] == a:
        return len(a)
    return sum(takewhile(bool, map(eq, a, b)))


def _run(runner: Runner, documents: list[_Generation], turns: list[_PassInput]) -> torch.Tensor:
    """Shows the network what is due; the logits (documents, kept, vocabulary) end with those behind each turn.

    Everything is shown again from the beginning at first, and when a document crosses the rotary switch.
    """
    keep = 1 + max(len(turn.drafted) for turn in turns)
    switch = runner.rope_switch
    again = False
    for document in documents:
        long = switch is not None and document.prompt + len(document.answer.tokens) > switch
        again |= not document.answer.done and document.long is not long
        document.long = long
    ahead = [[token for token, _ in turn.drafted] for turn in turns]
    starts = [len(document.answer.tokens) - len(turn.pending) for document, turn in zip(documents, turns, strict=True)]
    for document, more in zip(documents, ahead, strict=True):
        document.seen = document.answer.tokens + more
    if again:
        return runner.prefill([document.seen for document in documents], keep)
    width = max(turn.length for turn in turns)
    tokens = np.zeros((len(turns), width), np.int64)
    positions = np.full((len(turns), width), PADDING, np.int64)
    for row, (document, turn, start) in enumerate(zip(documents, turns, starts, strict=True)):
        if own := turn.length:
            first = document.prompt + start
            tokens[row, width - own :] = document.seen[len(document.seen) - own :]
            positions[row, width - own :] = range(first, first + own) if own > 1 else first
    return runner.step(tokens, positions, keep)


def _open_places(documents: list[_Generation], turns: list[_PassInput], masks: Masks) -> list[tuple[int, int]]:
    """(document, place in its turn) wherever the grammar leaves a choice; `masks` say which, row by row."""
    places: list[tuple[int, int]] = []
    matchers: list[LLMatcher] = []
    for document, turn in zip(documents, turns, strict=True):
        if not document.answer.done:
            for place, matcher in _open_in(document.answer.matcher, turn):
                places.append((document.number, place))
                matchers.append(matcher)
    masks.fill(matchers)
    return places


def _open_in(matcher: LLMatcher, turn: _PassInput) -> Iterator[tuple[int, LLMatcher]]:
    """The places of a turn behind which the grammar leaves a choice, each with a matcher that stands there."""
    if turn.drafted:
        matcher = matcher.deep_copy()
    for place, (token, is_forced) in enumerate(turn.drafted):
        if not is_forced:
            yield place, matcher.deep_copy()
        matcher.consume_token(token)
    if not matcher.is_stopped():
        yield len(turn.drafted), matcher


def _choose(
    logits: torch.Tensor,
    places: list[tuple[int, int]],
    documents: list[_Generation],
    turns: list[_PassInput],
    masks: Masks,
    chooser: Chooser,
) -> dict[tuple[int, int], tuple[int, float]]:
    """The token chosen at each of the places under its mask, and its probability."""
    if not places:
        return {}
    rows = [number for number, _ in places]
    columns = [logits.shape[1] - 1 - len(turns[number].drafted) + place for number, place in places]
    before = [(number, len(documents[number].answer.tokens) + place) for number, place in places]
    asked = logits[rows, columns] if len(places) > 1 else logits[rows[0], columns[0]][None]
    tokens, probabilities = chooser(asked, masks.allowed(len(places)), before)
    return dict(zip(places, zip(tokens, probabilities, strict=True), strict=True))


def _absorb(
    document: _Generation, turn: _PassInput, choices: Mapping[tuple[int, int], tuple[int, float]], jump: bool
) -> None:
    """Writes what was chosen, up to the first place where it is not what was drafted."""
    answer = document.answer
    if answer.done:
        return
    accepted = 0
    for place, guess in enumerate([*turn.drafted, None]):
        if guess is not None and guess[1]:
            went_on = answer.push(guess[0], 1.0)
        else:
            token, probability = choices[document.number, place]
            document.chosen += 1
            went_on = answer.push(token, probability)
            if guess is not None and token != guess[0]:
                if document.draft is not None:
                    document.draft.missed(answer.spans, accepted)
                break
            accepted += guess is not None
        if answer.done or not went_on:
            break
    document.drafted += accepted
    if jump:
        answer.force()


def _finished(document: _Generation, passes: int) -> Written:
    answer = document.answer
    return Written(
        answer.spans.text.decode(),
        tuple(answer.tokens),
        dict(answer.readings()),
        passes,
        document.chosen,
        document.drafted,
    )
