"""Negotiation records in files: one JSON object a line, every fault in one sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from data.domain import AccountRecord, Negotiation
from metrics.money.simulation import LARGEST_AMOUNT
from plumbing.errors import UserError
from plumbing.plain_text import HALF_CHARACTER

AnyRecord = Negotiation | AccountRecord
"""Of a debtor who is known whole, or of an account."""

STDIN = "-"
_JQ = "`jq -c . FILE` does"
_SHOWN = 10
"""Faults named in one message; the rest are counted."""


def read_records(path: str | Path) -> list[AnyRecord]:
    """All records of a JSON-lines file, `-` for standard input; blank lines are skipped.

    A record whose case has no `finances` is one of an account.

    Raises:
        UserError: the file cannot be read, is empty, or lines are wrong: each with file, line and key.
    """
    name = "standard input" if str(path) == STDIN else str(path)
    records: list[AnyRecord] = []
    faults: list[str] = []
    lines = list(_lines(path, name))
    if _is_one_object(lines):
        spread = f"one JSON object over {len(lines)} lines"
        raise UserError(f"{name}, line 1: {spread}; write each record on one line ({_JQ})")
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                records.append(_record(line))
            except ValueError as error:
                faults.append(f"{name}, line {number}: {error}")
    if faults:
        more = f"\nand {len(faults) - _SHOWN} more lines" if len(faults) > _SHOWN else ""
        raise UserError("\n".join(faults[:_SHOWN]) + more)
    if not records:
        raise UserError(f"{name} is empty; expected one negotiation record (a JSON object) a line")
    return records


def _lines(path: str | Path, name: str) -> Iterable[str]:
    try:
        data = sys.stdin.buffer.read() if str(path) == STDIN else Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {name}: {error.strerror}; give a JSON-lines file of negotiations") from error
    try:
        return data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UserError(f"{name}, line {line}: not UTF-8 text; save the file as UTF-8") from error


def _is_one_object(lines: list[str]) -> bool:
    """Whether it is JSON made for reading: the first line opens what only a later one closes."""
    first = next((line.strip() for line in lines if line.strip()), "")
    if first not in ("{", "["):
        return False
    try:
        json.loads("\n".join(lines))
    except (ValueError, RecursionError):
        return False
    return True


def _record(line: str) -> AnyRecord:
    """One record; ValueError with a sentence that names every wrong key."""
    try:
        table = json.loads(line, parse_constant=_refuse, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON (column {error.colno}: {error.msg}); expected one object a line") from error
    except RecursionError as error:
        raise ValueError("nested too deeply to be a negotiation record") from error
    if not isinstance(table, dict):
        raise ValueError(f"expected a JSON object, found {_kind(table)}")
    if half := _half_character(table):
        raise ValueError(f"{half!r}: holds half of a character (a lone surrogate); correct the text")
    case = table.get("case")
    known = not isinstance(case, dict) or case.get("finances") is not None
    if isinstance(case, dict) and not known:
        case.pop("finances", None)
    try:
        record: AnyRecord = (Negotiation if known else AccountRecord).model_validate_json(json.dumps(table))
    except ValidationError as error:
        raise ValueError("; ".join(_sentence(fault) for fault in error.errors())) from error
    _check_amounts(record)
    return record


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys are all different; json alone would keep the last of two."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice; keep one")
    return dict(pairs)


def _half_character(value: Any, above: str = "") -> str | None:
    """The key of the first text with half of a character; None where there is none."""
    if isinstance(value, str):
        return above if HALF_CHARACTER.search(value) else None
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = (_half_character(one, f"{above}.{key}" if above else str(key)) for key, one in inner)
    return next((key for key in found if key is not None), None)


def _check_amounts(record: AnyRecord) -> None:
    amounts = {"debt.outstanding": record.case.debt.outstanding}
    if isinstance(record, Negotiation):
        names = ("assets", "monthly_income", "monthly_expenses")
        amounts |= {f"finances.{name}": getattr(record.case.finances, name) for name in names}
    for key, amount in amounts.items():
        if amount > LARGEST_AMOUNT:
            raise ValueError(f"'case.{key}': {amount} is above {LARGEST_AMOUNT} minor units; check the unit of amounts")


def _sentence(fault: Any) -> str:
    key = ".".join(str(part) for part in fault["loc"]) or "the record"
    match fault["type"]:
        case "extra_forbidden":
            return f"unknown key {key!r}; remove it or correct its name"
        case "missing":
            return f"missing key {key!r}; add it"
        case _:
            message = fault["msg"].removeprefix("Value error, ")
            return f"{key!r}: {message[:1].lower()}{message[1:]}, got {_shown(fault['input'])}"


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return _kind(value)
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a string", type(None): "null", bool: "a boolean"}
    return names.get(type(value), "a number")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number that JSON knows; write a finite number")
