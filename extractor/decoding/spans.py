"""Where each field's value stands in an answer that is still being written.

An answer is compact JSON with its fields in a known order, so the n-th value at the outermost level is the n-th
field's. Offsets are bytes: a token may end in the middle of a character.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json

_QUOTE, _ESCAPE, _COLON, _COMMA = b'"\\:,'
_OPENING, _CLOSING = frozenset(b"{["), frozenset(b"}]")


class Spans:
    """Follows an answer byte by byte. `starts` and `ends` hold the offsets of the values seen so far, without keys."""

    def __init__(self) -> None:
        self.text = bytearray()
        self.starts: list[int] = []
        self.ends: list[int] = []
        self._depth = 0
        self._in_string = self._escaped = False

    def copy(self) -> Spans:
        """A copy of the present state, independent of the original."""
        made = Spans()
        made.text, made.starts, made.ends = self.text[:], self.starts[:], self.ends[:]
        made._depth, made._in_string, made._escaped = self._depth, self._in_string, self._escaped
        return made

    def feed(self, more: bytes) -> None:
        """Takes what was written next."""
        for byte in more:
            self._take(byte, len(self.text))
            self.text.append(byte)

    def _take(self, byte: int, offset: int) -> None:
        if self._in_string:
            if self._escaped:
                self._escaped = False
            elif byte == _ESCAPE:
                self._escaped = True
            elif byte == _QUOTE:
                self._in_string = False
        elif byte == _QUOTE:
            self._in_string = True
        elif byte in _OPENING:
            self._depth += 1
        elif byte in _CLOSING:
            self._depth -= 1
            if self._depth == 0:
                self.ends.append(offset)
        elif self._depth == 1 and byte == _COLON:
            self.starts.append(offset + 1)
        elif self._depth == 1 and byte == _COMMA:
            self.ends.append(offset)

    @property
    def open(self) -> int | None:
        """The index of the field whose value is being written, or None between values."""
        return len(self.starts) - 1 if len(self.starts) > len(self.ends) else None

    @property
    def complete(self) -> bool:
        """Whether the answer has ended."""
        return self._depth == 0 and bool(self.text)

    def raw(self, index: int) -> bytes:
        """What is written of a field's value so far."""
        end = self.ends[index] if index < len(self.ends) else len(self.text)
        return bytes(self.text[self.starts[index] : end])

    def value(self, index: int) -> Any:
        """A field's value, as far as it is written; None while nothing can be said of it."""
        if index < len(self.ends):
            return json.loads(self.raw(index))
        try:
            return from_json(self.raw(index), allow_partial="trailing-strings")
        except ValueError:
            return None
