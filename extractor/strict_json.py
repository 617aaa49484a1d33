"""JSON of others by the letter of RFC 8259: no NaN, and no object that says one thing twice.

Python's reader takes both. Of a doubled key it keeps the last value, where other programs keep the first: what one of
them has checked is then not what another one uses.
"""

from __future__ import annotations

import json
from typing import Any


class DoubledKeyError(ValueError):
    """An object has the same key twice."""

    def __init__(self) -> None:
        super().__init__("an object has the same key twice")


def loads(text: str | bytes, *, once: bool = True) -> Any:
    """The value of a JSON text; `once` refuses doubled keys. Raises ValueError, also for what is nested too deeply."""
    try:
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=_each_once if once else None)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise DoubledKeyError
    return found
