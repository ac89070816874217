"""How often somebody may ask."""

from __future__ import annotations

import threading
import time
from collections import deque

MINUTE_S = 60.0


class RateLimit:
    """At most so many requests in any minute, of each who asks; in memory, safe for threads.

    The package `limits` starts a thread for each request that it counts in memory: half of what a request took.

    Args:
        per_minute: requests.
    """

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._latest: dict[str, deque[float]] = {}
        """When each asked, the last `per_minute` times."""
        self._next_sweep = 0.0
        self._lock = threading.Lock()

    def keeps(self, who: str) -> bool:
        """Count a request of `who`; False, and it does not count, if it comes too soon."""
        at = time.monotonic()
        with self._lock:
            self._sweep(at)
            latest = self._latest.setdefault(who, deque(maxlen=self.per_minute))
            if len(latest) == self.per_minute and at - latest[0] < MINUTE_S:
                return False
            latest.append(at)
            return True

    def _sweep(self, at: float) -> None:
        """Forget who has not asked for a minute."""
        if at >= self._next_sweep:
            self._next_sweep = at + MINUTE_S
            self._latest = {who: latest for who, latest in self._latest.items() if at - latest[-1] < MINUTE_S}
