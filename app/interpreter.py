"""How Python itself is set in a process that serves many threads at once."""

from __future__ import annotations

import gc
import sys

SWITCH_EVERY_S = 0.0005
"""How long a thread computes before others get their turn, a tenth of Python's own: whoever has waited for the disk or
the network has a lock to let go, or a message to send, and needs the interpreter only for a moment."""


def set_for_serving() -> None:
    """Short turns, and no long pauses of the garbage collector; call it when everything is loaded."""
    sys.setswitchinterval(SWITCH_EVERY_S)
    gc.collect()
    gc.freeze()  # what is loaded stays; looking through it takes 0.1 s, in which nobody is served
