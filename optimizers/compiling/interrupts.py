"""Ctrl-C and a polite kill while a compile runs: the first ends it in order, the second at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from plumbing.cli import EXIT_INTERRUPTED

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = "\x1b[?25h"


@contextmanager
def interruptible(mark: Callable[[], object], stop: Callable[[], None], sentence: str) -> Iterator[None]:
    """A block in which the first signal calls `mark` and `stop` and prints `sentence`; the second ends the process.

    Every answer is committed before it is used, so ending at once loses only what is being answered.

    Args:
        mark: says why; called at once, before a library that is interrupted too raises something of its own. It must
            take no lock.
        stop: lets no further call begin; called in a thread of its own, since a signal may come while the main thread
            holds a lock that `stop` needs.
        sentence: what happens now, for the terminal.
    """
    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield
        return
    terminal, stopping = sys.stderr, False

    def handler(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        if stopping:
            os._exit(EXIT_INTERRUPTED)
        stopping = True
        mark()
        for one in SIGNALS:  # the system's own handler works even while the main thread is deep inside a library
            signal.signal(one, signal.SIG_DFL)
        threading.Thread(target=tell_and_stop).start()

    def tell_and_stop() -> None:
        stop()
        cursor = _SHOW_CURSOR if terminal.isatty() else ""  # a live display hides it, and may not live to show it
        print(f"{cursor}{sentence}", file=terminal, flush=True)

    before = {one: signal.signal(one, handler) for one in SIGNALS}
    try:
        yield
    finally:
        for one, earlier in before.items():
            signal.signal(one, earlier)
