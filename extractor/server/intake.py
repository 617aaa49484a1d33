"""Request bodies while they arrive: how much memory they take together, and that none keeps others out by being slow.

A body takes a place in no queue before all of it is there. One that stalls is ended after a few seconds; where bodies
fill the memory they may have together, the one that has been silent for longest makes room.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.server.problems import Problem
from extractor.server.settings import ServiceLimits

if TYPE_CHECKING:
    from starlette.requests import Request

#: A body that was silent for so long may be ended in favour of another one, seconds.
_SILENCE = 1.0


@dataclass(eq=False)
class Arrival:
    """One body. `ends_by` is its running timeout while more is waited for."""

    size: int = 0
    heard: float = 0.0
    ends_by: asyncio.Timeout | None = None
    is_ended: bool = False


class Intake:
    """All bodies of a service."""

    def __init__(self, limits: ServiceLimits) -> None:
        self._limits = limits
        # The largest body that is allowed fits in any case.
        self._most = max(limits.upload_bytes, limits.body_bytes, limits.job_bytes)
        self._arrivals: set[Arrival] = set()

    @property
    def size(self) -> int:
        """Bytes that all bodies take now."""
        return sum(arrival.size for arrival in self._arrivals)

    @contextmanager
    def arrival(self) -> Iterator[Arrival]:
        """A body's memory, until it has been taken apart."""
        arrival = Arrival()
        self._arrivals.add(arrival)
        try:
            yield arrival
        finally:
            self._arrivals.discard(arrival)

    async def chunks(
        self, request: Request, arrival: Arrival, limit: int, seconds: float
    ) -> AsyncGenerator[bytes, None]:
        """A request's body in pieces. Raises a Problem once it is larger or slower than allowed."""
        from starlette.requests import ClientDisconnect

        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        stall, received = loop.time() + self._limits.stall_seconds, 0
        stream = request.stream()
        while True:
            arrival.heard = loop.time()
            try:
                async with asyncio.timeout_at(min(deadline, stall)) as arrival.ends_by:
                    chunk = await anext(stream)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise self._too_slow(arrival, seconds) from None
            except ClientDisconnect:
                raise Problem("invalid-request", "the connection was closed before the body was complete") from None
            finally:
                arrival.ends_by = None
            if arrival.size + len(chunk) > limit:
                raise too_large(limit)
            self._make_room(len(chunk))
            arrival.size += len(chunk)
            received += len(chunk)
            if received >= self._limits.stall_bytes:
                stall, received = loop.time() + self._limits.stall_seconds, 0
            yield chunk

    def _make_room(self, size: int) -> None:
        """Raises queue-full where there is no room and nobody who has been silent could make some."""
        now = asyncio.get_running_loop().time()
        while self.size + size > self._most:
            silent = [one for one in self._arrivals if one.size and one.ends_by and now - one.heard > _SILENCE]
            if not silent:
                raise _busy()
            longest = min(silent, key=lambda one: one.heard)
            assert longest.ends_by is not None
            longest.ends_by.reschedule(now)
            # Its memory is free in a moment, once its own task has seen to it.
            longest.is_ended, longest.size, longest.ends_by = True, 0, None

    def _too_slow(self, arrival: Arrival, seconds: float) -> Problem:
        if arrival.is_ended:
            return _busy()
        least, stall = self._limits.stall_bytes // 1024, self._limits.stall_seconds
        return Problem(
            "upload-timeout", f"it has to arrive within {seconds:g} seconds, {least} KiB of it within each {stall:g}"
        )


def _busy() -> Problem:
    return Problem("queue-full", "too many uploads are under way", headers={"Retry-After": "5"})


def too_large(limit: int) -> Problem:
    return Problem("body-too-large", f"at most {limit // 1024} KiB are taken here")


def check_declared(request: Request, limit: int) -> None:
    """Raises a Problem if the head of a request already says that its body is too large, or packed."""
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        detail = "send it as it is, without Content-Encoding"
        raise Problem("unsupported-media-type", detail, headers={"Accept-Encoding": "identity"})
    declared = request.headers.get("content-length")
    if declared is not None and declared.isdigit() and int(declared) > limit:
        raise too_large(limit)
