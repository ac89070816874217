"""Read a creditor policy (the limits of a settlement) from a TOML or JSON file.

    max_discount_pct = 20
    max_installment_periods = 18

A limit that is not named keeps its default (`CreditorPolicy`).
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from data.domain import CreditorPolicy
from plumbing.errors import UserError


def read_policy(path: Path | None) -> CreditorPolicy:
    """The policy in `path`; the default policy for None.

    Raises:
        UserError: no such file, not TOML or JSON, an unknown or impossible limit.
    """
    if path is None:
        return CreditorPolicy()
    try:
        return CreditorPolicy.model_validate(_parsed(path))
    except ValidationError as error:
        raise UserError(f"{path}: {'; '.join(_sentence(one) for one in error.errors())}") from error


def _parsed(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(f"there is no policy file {path}; check --policy") from error
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise UserError(f"{path} is no text file; a policy is TOML or JSON in UTF-8") from error
    try:
        return json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise UserError(f"{path} is not valid {kind} ({error}); write lines such as max_discount_pct = 20") from error


def _sentence(fault: Any) -> str:
    """One fault in words: the validator's own sentence, an unknown key, or a value out of range."""
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    if fault["type"] == "extra_forbidden":
        return f"there is no limit called {where!r}; the limits are {', '.join(CreditorPolicy.model_fields)}"
    if not where:
        return "a policy is a table of limits, such as max_discount_pct = 20"
    return f"{where} = {fault['input']!r} is impossible: {fault['msg'][0].lower()}{fault['msg'][1:]}"
