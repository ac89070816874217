"""What a run leaves, packed after every stage: whatever happens next, so much comes back."""

from __future__ import annotations

import tarfile
from pathlib import Path

LEFT_OUT = ("states", "checkpoint.pt", "responses.sqlite", "merged")
"""Large, and made again from the rest."""
PACKED = "results.tar.xz"


def pack(folder: Path) -> Path:
    """Everything in `folder` but what is large and can be made again, as one file in it; replaces an earlier one."""
    path = folder / PACKED
    partial = path.with_suffix(".partial")
    with tarfile.open(partial, "w:xz", preset=1) as tar:
        for one in sorted(folder.rglob("*")):
            inside = one.relative_to(folder)
            if one.is_file() and not any(part in LEFT_OUT for part in inside.parts) and one not in (path, partial):
                tar.add(one, arcname=str(inside))
    partial.replace(path)
    return path
