"""Model files on the nodes of a cluster: through Ray's object store into the node's cache, once, checked by hash.

A worker asks for a file when its engine is to load one. What the node has already, it takes: the file of that path on
the driver's own machine, a shared file system's, one that came before, the shipped model where its packages are
installed. The driver puts a file's content into the store when the first worker lacks it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plumbing.errors import UserError
from plumbing.locks import lock_at
from programs.models.model_file import QWEN, assembled, file_sha256, models_folder, slices_installed

PART_BYTES = 64 * 1024 * 1024
"""Of one object in the store; the node holds a few of them at a time, not the whole file twice."""
MAGIC = b"GGUF"


@dataclass(frozen=True)
class FileFacts:
    """What tells a model file from every other one."""

    path: str
    """On the driver's machine."""
    size: int
    """Bytes."""
    sha256: str

    @property
    def cached_name(self) -> str:
        """In the cache of a node; holds the hash, so that another file never meets this one's name."""
        path = Path(self.path)
        known = self.sha256[:12] in path.stem
        return path.name if known else f"{path.stem}-{self.sha256[:12]}{path.suffix}"


class FilesHere:
    """The driver's side: what a file is, and its content in the store.

    Args:
        ray: Ray's module, connected.
    """

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._parts: dict[str, tuple[Any, ...]] = {}
        self._lock = threading.Lock()

    def facts(self, path: str) -> FileFacts:
        """Size and hash of a model file.

        Raises:
            UserError: it is none; nothing else leaves this machine.
        """
        file = Path(path)
        with file.open("rb") as opened:
            if opened.read(len(MAGIC)) != MAGIC:
                raise UserError(f"{path} is no GGUF model file, so no worker is given it")
        known = file.name == QWEN.file_name and file.stat().st_size == QWEN.size
        return FileFacts(path, file.stat().st_size, QWEN.sha256 if known else file_sha256(file))

    def parts(self, path: str) -> tuple[Any, ...]:
        """References of the content, part by part."""
        self.facts(path)
        with self._lock:
            if path not in self._parts:
                self._parts[path] = tuple(self._ray.put(part) for part in _parts_of(Path(path)))
            return self._parts[path]


def received(
    facts: FileFacts,
    ask_for_parts: Callable[[], tuple[Any, ...]],
    get: Callable[[Any], Any],
    folder: Path | None = None,
) -> Path:
    """The worker's side: the file on this node.

    Args:
        facts: which file.
        ask_for_parts: for references of its content; called only where the node lacks it.
        get: the content behind a reference.
        folder: the node's cache; default: where the embedded model lies.

    Raises:
        UserError: what came is another file, or the disk is full.
    """
    folder = folder or models_folder()
    original, cached = Path(facts.path), folder / facts.cached_name
    if _is(original, facts) or _is(cached, facts):
        return original if _is(original, facts) else cached
    if facts.sha256 == QWEN.sha256 and slices_installed():
        return assembled(directory=folder)
    folder.mkdir(parents=True, exist_ok=True)
    with lock_at(cached.with_suffix(".lock")):
        if not _is(cached, facts):  # another worker of this node may have fetched it while this one waited
            _fetch(facts, cached, (get(part) for part in ask_for_parts()))
    return cached


def _is(path: Path, facts: FileFacts) -> bool:
    """Whether the file of this path is the one; a name that holds the hash appeared only after the hash was right."""
    if not path.is_file() or path.stat().st_size != facts.size:
        return False
    return facts.sha256[:12] in path.stem or file_sha256(path) == facts.sha256


def _fetch(facts: FileFacts, target: Path, parts: Iterator[Any]) -> None:
    digest, partial = hashlib.sha256(), target.with_suffix(".partial")
    try:
        with partial.open("wb") as out:
            for part in parts:
                out.write(part)
                digest.update(part)
        if digest.hexdigest() != facts.sha256:
            raise UserError(f"{facts.path} changed while it was sent to the workers; run the same command again")
        partial.replace(target)
    except OSError as error:
        raise UserError(f"cannot keep the model file in {target.parent}: {error.strerror}; free some space") from error
    finally:
        partial.unlink(missing_ok=True)


def _parts_of(path: Path) -> Iterator[Any]:
    """The content as arrays, which Ray shares without copying them."""
    import numpy as np

    with path.open("rb") as file:
        while content := file.read(PART_BYTES):
            yield np.frombuffer(content, dtype=np.uint8)
