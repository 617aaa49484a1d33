"""Connections that cannot be held for ever by a caller who sends nothing, or never stops sending.

uvicorn times the pause between two requests, but neither the wait for a first request, nor a head that comes byte by
byte, nor a body that goes on after the answer has been given. All three end here.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


def bounded(head_seconds: float, drain_seconds: float = 5.0) -> type[H11Protocol]:
    """uvicorn's HTTP protocol with these limits.

    A request's head has to be there within `head_seconds`. After an answer that came before the whole body, as a
    refusal does, the rest is read and thrown away for `drain_seconds`, so that a caller who is still sending gets to
    see the answer; then the connection is closed.
    """

    class BoundedConnection(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._close_after(head_seconds)

        def data_received(self, data: bytes) -> None:
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
