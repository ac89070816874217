"""Artifacts on the disk: `artifacts/<name>/v0001.json`, v0002.json, ...; no file is ever overwritten.

A reference is `maden` (the latest), `maden@3`, `maden@v0003`, `maden@champion` (an alias) or the path of a file.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from plumbing import files
from plumbing.clock import utc_now
from plumbing.errors import UserError, did_you_mean
from plumbing.locks import lock_at
from programs.artifacts.aliases import Aliases, check_alias, read_aliases, write_aliases
from programs.artifacts.document import SCHEMA_VERSION, Artifact, parsed, rendered, sealed
from programs.artifacts.provenance import Provenance, refuse_secrets, without_secrets
from programs.artifacts.restoring import restored
from programs.creditor.fingerprints import program_sha256, program_state, signature_fingerprints
from programs.debtor.simulated import SimulatedDebtor
from programs.kinds.known import class_name, kind_of
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.kinds.reading_kind import READINGS
from programs.maden import DebtorFactory, Maden
from programs.reader.reader import UNCOMPILED_WEIGHT
from programs.reader_program import ReaderProgram

ROOT = Path("artifacts")
CHAMPION = "champion"
LOCK_FILE = ".aliases.lock"
LEAST_SHARE = 0.01
"""A reader's share of mistakes is believed to be no smaller."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FILE = re.compile(r"v(\d{4,})\.json")
_VERSION = re.compile(r"v?0*(\d{1,9})", re.IGNORECASE)


def save_program(
    program: Any, name: str, provenance: Provenance | None = None, *, root: Path = ROOT, taken: Path | None = None
) -> Artifact:
    """Save `program` as the next version of `name`.

    Args:
        program: of any kind (`programs.kinds`), compiled or not.
        name: letters, digits, dot, - and _.
        provenance: where it comes from and what came of it; an artifact that `program` was loaded from is its parent.
        root: the folder of all artifacts.
        taken: where the caller remembers which numbers it asked for, so that the same work saved again after a crash
            between saving and noticing is found, not saved twice.

    Raises:
        UserError: the name is unusable, a predictor has a model of its own, or the file cannot be written (full
            disk, no permission); nothing that was there is changed then.
    """
    check_name(name)
    content = _content(program, name, provenance or Provenance())
    refuse_secrets(rendered(sealed(content)))
    restored(parsed(rendered(sealed(content)), f"the new version of {name}"))
    return _written(content, root / name, taken)


def _content(program: Any, name: str, provenance: Provenance) -> dict[str, Any]:
    """The first version's file, before it has a number and a hash."""
    origin: Artifact | None = getattr(program, "artifact", None)
    state = program_state(program)
    return {
        "schema_version": SCHEMA_VERSION,
        "name": name,
        "version": 1,
        "created": provenance.created,
        "program_class": class_name(kind_of(program)),
        "settings": program.settings.model_dump(mode="json"),
        "state": state,
        "signatures": signature_fingerprints(program),
        "program_sha256": program_sha256(program.settings, state),
        "provenance": without_secrets(provenance.section),
        "scores": to_jsonable_python(provenance.scores),
        "cost": without_secrets(provenance.cost),
        "parent": origin.reference if origin else None,
        "notes": provenance.notes,
    }


def _written(content: dict[str, Any], folder: Path, taken: Path | None) -> Artifact:
    """Under the next free number; another process that takes it first makes us take the one after."""
    existed = folder.is_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        numbers: list[int] = json.loads(taken.read_bytes()) if taken is not None and taken.exists() else []
        for number in numbers:
            path, data = _file(content, folder, number)
            if path.exists() and path.read_bytes() == data:
                return parsed(data, str(path)).at(path)
        while True:
            numbers.append(_next_version(folder))
            if taken is not None:
                files.replace_file(taken, json.dumps(numbers).encode(), durable=True)
            path, data = _file(content, folder, numbers[-1])
            try:
                files.create_file(path, data)
            except FileExistsError:
                continue
            return parsed(data, str(path)).at(path)
    except OSError as error:
        if not existed:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise UserError(
            f"cannot save in {folder}: {error.strerror or error}; nothing that was there is changed; "
            "make room or name another folder, and run the same again"
        ) from error


def _file(content: dict[str, Any], folder: Path, version: int) -> tuple[Path, bytes]:
    """Where `content` lies as this version, and the bytes that are there then."""
    return file_of(folder, version), rendered(sealed({**content, "version": version}))


def _next_version(folder: Path) -> int:
    """One more than any number that was ever given, as far as files and aliases tell."""
    promoted = (move.version for move in read_aliases(folder).history)
    return max([0, *versions(folder), *promoted]) + 1


def load_program(ref: str | Path, *, root: Path = ROOT, debtors: DebtorFactory = SimulatedDebtor) -> Maden:
    """The program that `ref` names, checked, ready to play, with its `artifact`.

    The artifact holds no model: choose one with `dspy.context(lm=make_lm(...))` or `dspy.configure`.

    Args:
        ref: `maden`, `maden@3`, `maden@champion`, or a path.
        root: the folder of all artifacts.
        debtors: who sits on the other side when the program is called.

    Raises:
        UserError: there is nothing of that name, or it was changed, or it does not fit this installation.
    """
    program: Maden = restored(read_artifact(ref, root=root), debtors, kind=NEGOTIATIONS)
    return program


def load_reader(ref: str | Path, *, root: Path = ROOT) -> ReaderProgram:
    """The reading program that `ref` names, checked, with its `artifact`; `reader` of it is what an app calls.

    Args:
        ref: `reader`, `reader@3`, `reader@champion`, or a path.
        root: the folder of all artifacts.

    Raises:
        UserError: there is nothing of that name, or it was changed, or it does not fit this installation, or it is no
            reader.
    """
    artifact = read_artifact(ref, root=root)
    program: ReaderProgram = restored(artifact, kind=READINGS)
    program.reader.weight = _weight(artifact)
    return program


def _weight(artifact: Artifact) -> float:
    """How much a reader's word on signals is worth, from its validation: the upper ends of what it may do wrong."""
    found = artifact.scores["compiled"].estimates if "compiled" in artifact.scores else {}
    missed, silenced = found.get("MISS"), found.get("SILENCE")
    if missed is None or silenced is None or missed.high is None or silenced.high is None:
        return UNCOMPILED_WEIGHT
    noticed = max(1 - missed.high, LEAST_SHARE)
    return max(0.0, math.log(noticed / max(silenced.high, LEAST_SHARE)))


def verify(ref: str | Path, *, root: Path = ROOT) -> Artifact:
    """The artifact that `ref` names after every check that loading makes.

    Raises:
        UserError: the first check that fails.
    """
    artifact = read_artifact(ref, root=root)
    restored(artifact)
    return artifact


def read_artifact(ref: str | Path, *, root: Path = ROOT) -> Artifact:
    """The artifact that `ref` names, its content checked, but not whether it fits this installation.

    Raises:
        UserError: there is nothing of that name, or it was changed after it was saved.
    """
    if isinstance(ref, Path) or ref.endswith(".json") or "/" in ref or os.sep in ref:
        return _read(Path(ref))
    name, _, which = ref.partition("@")
    folder = _folder(name, root)
    aliases = read_aliases(folder)
    promoted = aliases.current.get(which)
    version = promoted.version if promoted else _version(name, which, folder, aliases)
    artifact = _read(file_of(folder, version))
    if (artifact.name, artifact.version) != (name, version):
        raise UserError(f"{artifact.path} holds {artifact.reference}: it was moved or copied; load it by its path")
    if promoted and promoted.content_sha256 != artifact.content_sha256:
        raise UserError(
            f"{artifact.path} is not what was promoted as {which} at {promoted.at}; restore it from a copy, or look "
            f"at it and run python -m programs.artifacts promote {artifact.reference} --alias {which}"
        )
    return artifact


def promote(name: str, version: int, alias: str = CHAMPION, *, root: Path = ROOT) -> Aliases:
    """Let `alias` stand on a version, after verifying it; the move is added to the alias's history.

    Raises:
        UserError: no such version, it does not verify, or the alias is unusable.
    """
    check_alias(alias)
    artifact = verify(f"{name}@{version}", root=root)
    folder = root / name
    try:
        with lock_at(folder / LOCK_FILE):
            before = read_aliases(folder)
            after = before.moved(alias, version, artifact.content_sha256, utc_now())
            if after is not before:
                write_aliases(folder, after)
    except OSError as error:
        raise UserError(f"cannot promote in {folder}: {error.strerror or error}; nothing was changed") from error
    return after


def names(root: Path = ROOT) -> list[str]:
    """The artifact names under `root`."""
    if not root.is_dir():
        return []
    return sorted(folder.name for folder in root.iterdir() if _NAME.fullmatch(folder.name) and versions(folder))


def versions(folder: Path) -> list[int]:
    """The version numbers in an artifact name's folder, lowest first."""
    if not folder.is_dir():
        return []
    return sorted(int(found[1]) for file in folder.iterdir() if (found := _FILE.fullmatch(file.name)))


def file_of(folder: Path, version: int) -> Path:
    """The file of a version."""
    return folder / f"v{version:04d}.json"


def check_name(name: str) -> None:
    """Refuse names that are no plain folder name.

    Raises:
        UserError: it is unusable.
    """
    if not _NAME.fullmatch(name) or name.endswith(".json"):
        raise UserError(
            f"{name!r} cannot be the name of an artifact: it begins with a letter or digit and holds at most 64 "
            "letters, digits, dots, - and _; maden is the usual one"
        )


def _read(path: Path) -> Artifact:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise UserError(f"there is no artifact file {path}; python -m programs.artifacts list shows all") from error
    except IsADirectoryError as error:
        raise UserError(f"{path} is a folder; name a file in it, or name@version") from error
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from error
    return parsed(data, str(path)).at(path)


def _folder(name: str, root: Path) -> Path:
    if _NAME.fullmatch(name) and versions(root / name):
        return root / name
    known = names(root)
    if not known:
        raise UserError(f"there is no artifact {name!r}: {root} holds none yet; python -m programs.compile makes one")
    raise UserError(f"there is no artifact {name!r} in {root}; {_meant(name, known)}")


def _version(name: str, which: str, folder: Path, aliases: Aliases) -> int:
    known = versions(folder)
    if which in ("", "latest"):
        return known[-1]
    if number := _VERSION.fullmatch(which):
        if int(number[1]) in known:
            return int(number[1])
        raise UserError(f"{name} has no version {int(number[1])}; it has {_ranges(known)}, the latest is {known[-1]}")
    if aliases.current:
        raise UserError(f"{name} has no alias {which!r}; {_meant(which, sorted(aliases.current))}")
    raise UserError(
        f"{name} has no alias {which!r}, since none was promoted yet; its versions are {_ranges(known)}, and "
        f"python -m programs.artifacts promote {name}@{known[-1]} makes the latest the champion"
    )


def _meant(wrong: str, known: list[str]) -> str:
    return did_you_mean(wrong, known, f"there is {', '.join(known[:10])}", most=3)


def _ranges(numbers: list[int]) -> str:
    """1-3, 5 for [1, 2, 3, 5]."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
