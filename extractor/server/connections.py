"""Connections that cannot be held for ever by a caller who sends nothing, or never stops sending.

uvicorn times the pause between two requests, but neither the wait for a first request, nor a head that comes byte by
byte, nor a body that goes on after the answer has been given. All three end here. And where there are as many
connections as there may be, the one that has been silent for longest makes room for the next.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


def bounded(head_seconds: float, connections: int, drain_seconds: float = 5.0) -> type[H11Protocol]:
    """uvicorn's HTTP protocol with these limits.

    A request's head has to be there within `head_seconds`. After an answer that came before the whole body, as a
    refusal does, the rest is read and thrown away for `drain_seconds`, so that a caller who is still sending gets to
    see the answer; then the connection is closed.
    """

    class BoundedConnection(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None
        _heard = 0.0

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._heard = self.loop.time()
            self._close_after(head_seconds)
            if len(self.connections) >= connections:
                self._make_room()

        def _make_room(self) -> None:
            silent = [
                one
                for one in self.connections
                if isinstance(one, BoundedConnection) and one is not self and one.is_waited_for()
            ]
            if silent:
                longest = min(silent, key=lambda one: one._heard)
                longest.transport.abort()
                self.connections.discard(longest)  # now, since the next one may be made before the abort is heard of

        def is_waited_for(self) -> bool:
            """Whether it is the caller who has something to send."""
            return self.conn.their_state is h11.IDLE or self.conn.their_state is h11.SEND_BODY

        def data_received(self, data: bytes) -> None:
            self._heard = self.loop.time()
            idle = self.conn.their_state is h11.IDLE
            if idle and self._deadline is None:
                self._close_after(head_seconds)
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before:
                self._leave_open()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.conn.their_state is h11.SEND_BODY:
                self._close_after(drain_seconds)

        def connection_lost(self, exc: Exception | None) -> None:
            self._leave_open()
            super().connection_lost(exc)

        def _close_after(self, seconds: float) -> None:
            self._leave_open()
            self._deadline = self.loop.call_later(seconds, self.transport.close)

        def _leave_open(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

    return BoundedConnection
