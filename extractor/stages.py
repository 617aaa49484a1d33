"""Stages of reading a document: a hook for whoever wants to know where the time goes (`eval.bench`).

    with observed(observer):
        extract("passport.jpg")

`observer(name)` gives a context manager, which is entered where a stage begins and left where it ends. Stages lie in
each other (detection in ocr). Without an observer a stage costs one look at a context variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

Observer = Callable[[str], AbstractContextManager[Any]]

_observer: ContextVar[Observer | None] = ContextVar("observer", default=None)


@contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """Lets `observer` see the stages of what is read here, in this thread."""
    token = _observer.set(observer)
    try:
        yield
    finally:
        _observer.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """What happens here, or in the function that this decorates, is the stage `name`."""
    observer = _observer.get()
    with observer(name) if observer else nullcontext():
        yield
