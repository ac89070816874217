"""What a process holds in memory."""

from __future__ import annotations

from pathlib import Path


def memory_mb(pid: int, figure: str) -> float:
    """Of a process on Linux: `VmRSS` now, `VmHWM` at most so far."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{figure}:")) / 1024
