"""HTTP/1.1 as uvicorn speaks it, on connections that end where a request is never finished or an answer never read.

The sizes are uvicorn's own settings (`app.serving.listening`); for these two times it has none.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.serving import limits

_UNFINISHED = frozenset({h11.IDLE, h11.SEND_BODY})


class BoundedProtocol(H11Protocol):
    """One connection."""

    _request_due: asyncio.TimerHandle | None = None
    _answer_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        if len(self.connections) > limits.CONNECTIONS + limits.SPARE_CONNECTIONS:
            transport.abort()
        else:
            self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone, or been let go."""
        self._request_due = _ended(self._request_due)
        self._answer_due = _ended(self._answer_due)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some of a request, or of several."""
        super().data_received(data)
        self._expect_request()

    def pause_writing(self) -> None:
        """The client reads more slowly than it is written to."""
        super().pause_writing()
        self._answer_due = self.loop.call_later(limits.STALLED_S, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read on."""
        self._answer_due = _ended(self._answer_due)
        super().resume_writing()

    def _expect_request(self) -> None:
        """Keep the time of a request that has begun, until the whole of it is there."""
        if self.conn.their_state not in _UNFINISHED:
            self._request_due = _ended(self._request_due)
        elif self._request_due is None:
            self._request_due = self.loop.call_later(limits.REQUEST_S, self.transport.abort)


def _ended(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    if timer is not None:
        timer.cancel()
    return None
