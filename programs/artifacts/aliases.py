"""Names that move from version to version (`champion`), with the history of every move."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from data.frozen import Frozen
from plumbing.errors import UserError
from plumbing.files import replace_file

ALIASES_FILE = "aliases.json"
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_RESERVED = re.compile(r"latest|v?\d+", re.IGNORECASE)


class Promotion(Frozen):
    """One move of an alias."""

    alias: str
    version: int
    previous: int | None
    """The version that it stood on before."""
    at: str
    """UTC, ISO 8601."""
    content_sha256: str
    """Of the promoted artifact: an alias never follows to another content under the same number."""


class Aliases(Frozen):
    """The aliases of one artifact name: `artifacts/<name>/aliases.json`."""

    schema_version: Literal[1] = 1
    history: tuple[Promotion, ...] = ()
    """Oldest first; the last move of an alias says where it stands."""

    @property
    def current(self) -> dict[str, Promotion]:
        """Where each alias stands."""
        return {move.alias: move for move in self.history}

    def of(self, version: int) -> list[str]:
        """The aliases that stand on `version`."""
        return sorted(alias for alias, move in self.current.items() if move.version == version)

    def moved(self, alias: str, version: int, content_sha256: str, at: str) -> Aliases:
        """With `alias` on `version`; unchanged where it stands there already."""
        before = self.current.get(alias)
        if before is not None and (before.version, before.content_sha256) == (version, content_sha256):
            return self
        move = Promotion(
            alias=alias,
            version=version,
            previous=before.version if before else None,
            at=at,
            content_sha256=content_sha256,
        )
        return Aliases(history=(*self.history, move))


def check_alias(alias: str) -> None:
    """Refuse what could be read as a version.

    Raises:
        UserError: it is no usable alias.
    """
    if not _ALIAS.fullmatch(alias) or _RESERVED.fullmatch(alias):
        raise UserError(
            f"{alias!r} cannot be an alias: it begins with a letter, holds letters, digits, - and _, and is neither "
            "a version number nor latest; champion is the usual one"
        )


def read_aliases(folder: Path) -> Aliases:
    """The aliases of the artifact name that `folder` belongs to; none where nothing was ever promoted.

    Raises:
        UserError: the file is damaged.
    """
    path = folder / ALIASES_FILE
    try:
        return Aliases.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Aliases()
    except ValidationError as error:
        raise UserError(
            f"{path} is damaged ({error.errors()[0]['msg']}); restore it from a copy, or remove it and promote again"
        ) from error


def write_aliases(folder: Path, aliases: Aliases) -> None:
    """Replace the aliases in one step.

    Raises:
        OSError: they cannot be written; what was there is untouched.
    """
    text = json.dumps(aliases.model_dump(mode="json"), sort_keys=True, indent=1, ensure_ascii=False)
    replace_file(folder / ALIASES_FILE, text.encode() + b"\n", durable=True)
