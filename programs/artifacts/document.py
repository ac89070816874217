"""The artifact: one JSON file that carries a compiled program, where it came from, what it scored and what it cost.

The file holds no model, no key and no address, is never unpickled, and its hash covers everything but itself.
Format: docs/formats.md.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import ConfigDict, Field, PrivateAttr, ValidationError, ValidationInfo, field_validator

from data.frozen import Frozen
from metrics.statistics.intervals import Interval
from plumbing.errors import UserError
from programs.creditor.fingerprints import ordered_sha256
from programs.creditor.settings import ProgramSettings
from programs.kinds.known import CLASSES

SCHEMA_VERSION: Final = 1
UPCASTS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""For each older schema version the step to the next one."""


class Scores(Frozen):
    """What a program scored on the validation debtors."""

    model_config = ConfigDict(extra="allow")

    estimates: dict[str, Interval] = Field(default_factory=dict)
    """By metric id."""
    scored: int = 0
    unscored: int = 0
    """Negotiations lost to infrastructure."""


class Artifact(Frozen):
    """A saved program with everything that is known of it."""

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str
    version: int = Field(ge=1)
    created: str
    """UTC, ISO 8601; the only time stamp."""
    program_class: str
    settings: Any
    """Of the kind that `program_class` is of (`programs.kinds`)."""
    state: dict[str, dict[str, Any]]
    """Per predictor what DSPy's `dump_state` says, `lm` always None."""
    signatures: dict[str, str]
    """Per predictor the `signature_fingerprint`."""
    program_sha256: str
    """Of settings and state: equal in two artifacts that hold the same program."""
    content_sha256: str
    """Of everything else in this file."""
    provenance: dict[str, Any] = Field(default_factory=dict)
    scores: dict[str, Scores] = Field(default_factory=dict)
    """`uncompiled` and `compiled`."""
    cost: dict[str, Any] = Field(default_factory=dict)
    parent: str | None = None
    """The artifact that this one was compiled from, as `name@version`."""
    notes: str = ""
    _path: Path | None = PrivateAttr(default=None)

    @field_validator("settings", mode="before")
    @classmethod
    def _of_their_kind(cls, value: Any, info: ValidationInfo) -> Any:
        kind = CLASSES.get(info.data.get("program_class", ""))
        settings = kind.settings_class if kind else ProgramSettings
        return value if isinstance(value, settings) else settings.model_validate(value)

    @property
    def path(self) -> Path | None:
        """The file it was read from or written to."""
        return self._path

    @property
    def reference(self) -> str:
        """`name@version`, as every command takes it."""
        return f"{self.name}@{self.version}"

    def at(self, path: Path) -> Self:
        """The same artifact, knowing its file."""
        located = self.model_copy()
        located._path = path
        return located


def sealed(content: dict[str, Any]) -> dict[str, Any]:
    """`content` in its written order and with its hash; numbers that are not finite become null, as JSON has none.

    Keys are sorted everywhere but in the state: a demo shows the model its fields in the order that they stand in.
    """
    ordered = {key: _finite(value, sort=key != "state") for key, value in sorted(content.items())}
    return dict(sorted({**ordered, "content_sha256": _hash_of(ordered)}.items()))


def rendered(content: dict[str, Any]) -> bytes:
    """The file: readable text, the same bytes for the same content."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode(errors="backslashreplace") + b"\n"  # half a surrogate pair becomes its JSON escape


def parsed(data: bytes, source: str) -> Artifact:
    """The artifact in the bytes of a file.

    Args:
        data: the whole file.
        source: how error messages call it.

    Raises:
        UserError: it is no artifact, a newer one than this version reads, or it was changed after it was saved.
    """
    content = _content(data, source)
    _check_schema(content, source)
    if content.get("content_sha256") != _hash_of(content):
        raise UserError(
            f"{source} was changed or damaged after it was saved: its content does not have the hash that it names; "
            "restore the file from a copy, or compile again"
        )
    for version in range(content["schema_version"], SCHEMA_VERSION):
        content = UPCASTS[version](content)
    try:
        return Artifact.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = [*first["loc"]]
        if isinstance(inner := first.get("ctx", {}).get("error"), ValidationError):  # of the kind's own settings
            first = inner.errors()[0]
            place += first["loc"]
        where = ".".join(str(part) for part in place)
        raise UserError(
            f"{source} does not fit this version of maden: {where}: {first['msg']}; "
            "use the version that saved it, or compile again"
        ) from error


def _content(data: bytes, source: str) -> dict[str, Any]:
    try:
        content = json.loads(data.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{source} is no artifact: it is not whole, plain JSON ({error}); restore it from a copy, or compile again"
        ) from error
    if not isinstance(content, dict) or "content_sha256" not in content or "schema_version" not in content:
        raise UserError(f"{source} is no artifact of maden; artifacts are made by python -m programs.compile")
    return content


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Python would keep the last of two equal keys, a reader may see the first."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return made


def _check_schema(content: dict[str, Any], source: str) -> None:
    version = content["schema_version"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise UserError(f"{source} names the schema version {version!r}, which never was; restore it from a copy")
    if version > SCHEMA_VERSION:
        raise UserError(
            f"{source} was saved by a newer maden (schema {version}, this one reads up to {SCHEMA_VERSION}); "
            "upgrade maden to load it"
        )


def _hash_of(content: dict[str, Any]) -> str | None:
    try:
        return ordered_sha256({key: value for key, value in content.items() if key != "content_sha256"})
    except ValueError:  # NaN, which no artifact is saved with
        return None


def _finite(value: Any, *, sort: bool) -> Any:
    if isinstance(value, dict):
        items = sorted(value.items()) if sort else value.items()
        return {key: _finite(part, sort=sort) for key, part in items}
    if isinstance(value, list):
        return [_finite(part, sort=sort) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
