"""HTTP/1.1 as uvicorn speaks it with httptools, on connections that hold little and end where nothing comes or goes.

uvicorn and httptools know no limits. Here what is not yet a request, or waits behind one, has a size; a request that is
never finished, and an answer that is never read, have a time. What is whole and too long `app.api.parts.Guard` refuses.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.serving import limits

INVALID = "Invalid HTTP request received."
"""As uvicorn says it."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    _request_due: asyncio.TimerHandle | None = None
    _answer_due: asyncio.TimerHandle | None = None
    _waiting = b""
    """What came while requests before it were answered."""
    _unread_bytes = 0
    """Since the last head, piece of a body or end of a request: part of a head, of a chunk's size, of trailers."""
    _whole = False
    """Nothing of the latest request is missing."""

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
        self._waiting = b""
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some of a request, or of several."""
        self._waiting += data
        self._read()

    def pause_writing(self) -> None:
        """The client reads more slowly than it is written to."""
        super().pause_writing()
        self._answer_due = self.loop.call_later(limits.STALLED_S, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read on."""
        self._answer_due = _ended(self._answer_due)
        super().resume_writing()

    # --- what the parser finds

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._whole = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head.

        Raises:
            ValueError: not one host is named; the parser tells uvicorn, which answers 400.
        """
        self._unread_bytes = 0
        if self.parser.get_http_version() == "1.1" and sum(name == b"host" for name, _ in self.headers) != 1:
            raise ValueError("a request names one host")  # RFC 9112, 3.2
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._unread_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The last byte of a request."""
        self._unread_bytes = 0
        self._whole = True
        self._request_due = _ended(self._request_due)
        super().on_message_complete()

    # --- what uvicorn does with it

    def on_response_complete(self) -> None:
        """A request is answered; what came behind it is read."""
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()
        elif self._waiting:
            self._read()

    def send_400_response(self, msg: str) -> None:
        """What came is no request; whoever awaits the answer to another one is not told so in its place."""
        if self._answering:
            self.transport.close()
        else:
            super().send_400_response(msg)

    def _unsupported_upgrade_warning(self) -> None:
        """What follows the request may be in the protocol that it asked for, which nobody speaks here."""
        self.cycle.keep_alive = False
        self._waiting = b""

    def _read(self) -> None:
        """Parse what has come, in pieces that hold few requests, until one has to wait for its turn."""
        while self._waiting and not self.pipeline and not self.transport.is_closing():
            piece, self._waiting = self._waiting[: limits.PIECE_BYTES], self._waiting[limits.PIECE_BYTES :]
            self._unread_bytes += len(piece)
            super().data_received(piece)
            if self._unread_bytes > limits.MAX_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response(INVALID)
        if self._waiting:
            self.flow.pause_reading()
        self._expect_request()

    def _expect_request(self) -> None:
        """Keep the time of a request that has begun, until the whole of it is there."""
        if self.transport.is_closing() or (self._whole and self._answering):
            self._request_due = _ended(self._request_due)
        elif self._request_due is None:
            self._request_due = self.loop.call_later(limits.REQUEST_S, self.transport.abort)

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete


def _ended(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    if timer is not None:
        timer.cancel()
    return None
