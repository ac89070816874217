"""One call to a loaded server: streamed, so that it shows signs of life, and given up when its time is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from dspy import lm15

from programs.models.embedded.loaded_server import LoadedServer

STREAMED = {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}


class CallTimeout(lm15.TimeoutError):
    """An embedded call took longer than it may.

    Attributes:
        silent_s: seconds since the server's last sign of life.
    """

    def __init__(self, message: str, silent_s: float) -> None:
        super().__init__(message)
        self.silent_s = silent_s


def streamed(
    server: LoadedServer, body: dict[str, Any], until: float, alive: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """The server's whole answer to an OpenAI chat request, in the form of an unstreamed one; errors are under `error`.

    The call runs in a thread of its own: whoever hangs inside the library, the caller does not.

    Args:
        server: answers one call at a time; others wait inside it.
        body: the request.
        until: the time of `time.monotonic` at which the caller gives up.
        alive: called at each sign of life: a part of the prompt read, a token written.

    Raises:
        CallTimeout: the time is over. The server stops at its next sign of life.
    """
    call = _Call(alive)
    thread = threading.Thread(target=call.run, args=(server.raw, {**body, **STREAMED}), daemon=True)
    thread.start()
    if not call.done.wait(max(0.0, until - time.monotonic())):
        call.given_up = True
        raise CallTimeout("the embedded model did not finish its reply in time", time.monotonic() - call.last)
    if call.failed is not None:
        raise call.failed
    return call.reply


class _Call:
    """What has come of one call so far."""

    def __init__(self, alive: Callable[[], None]) -> None:
        self.done = threading.Event()
        self.given_up = False
        self.last = time.monotonic()
        self.failed: BaseException | None = None
        self.reply: dict[str, Any] = {}
        self._alive = alive
        self._text: list[str] = []
        self._finish: str | None = None

    def run(self, server: Any, body: dict[str, Any]) -> None:
        """Ask the server; every outcome ends in `done`."""
        try:
            server.handle_chat_completions(body, self._chunk)
            if not self.reply:
                self.reply = {"error": {"code": 500, "message": "the server ended the reply before it was whole"}}
        except BaseException as error:
            self.failed = error
        finally:
            self.done.set()

    def _chunk(self, chunk: dict[str, Any]) -> bool:
        """The library's callback; True ends the call, and an exception would be lost in the library."""
        self.last = time.monotonic()
        if "error" in chunk:
            self.reply = chunk
            return True
        for choice in chunk["choices"]:
            self._text.append(choice["delta"].get("content") or "")
            self._finish = choice["finish_reason"] or self._finish
        if "usage" in chunk:
            self.reply = self._whole(chunk)
        self._alive()
        return self.given_up

    def _whole(self, last: dict[str, Any]) -> dict[str, Any]:
        message = {"role": "assistant", "content": "".join(self._text)}
        return {**last, "choices": [{"index": 0, "finish_reason": self._finish, "message": message}]}
