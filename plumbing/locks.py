"""File locks that end with the process that holds them, so that nothing that was killed is waited for.

They are `filelock`'s, on a file of their own that stays. Optuna's own are files whose presence is the lock: a killed
process leaves one behind, and whoever comes next waits 30 s. So a system without real locks is refused, not helped out.
"""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

POLL_S = 0.02
"""How often a lock that is waited for is asked for again."""


def lock_at(path: Path) -> FileLock:
    """A lock to hold with `with`, `acquire` (waits) or `try_acquire`; each thread holds it for itself.

    Args:
        path: made if missing.
    """
    return FileLock(path, poll_interval=POLL_S, fallback_to_soft=False)


def try_acquire(lock: FileLock) -> bool:
    """Take `lock` unless somebody holds it; whether it is ours now."""
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True
