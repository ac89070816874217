"""Negotiation records in files: one JSON object a line, every fault in one sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from data.domain import Negotiation
from metrics.money.simulation import LARGEST_AMOUNT
from plumbing.errors import UserError

STDIN = "-"
_SHOWN = 10
"""Faults named in one message; the rest are counted."""


def read_records(path: str | Path) -> list[Negotiation]:
    """All records of a JSON-lines file, `-` for standard input; blank lines are skipped.

    Raises:
        UserError: the file cannot be read, is empty, or lines are wrong: each with file, line and key.
    """
    name = "standard input" if str(path) == STDIN else str(path)
    records: list[Negotiation] = []
    faults: list[str] = []
    for number, line in enumerate(_lines(path, name), start=1):
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


def _record(line: str) -> Negotiation:
    """One record; ValueError with a sentence that names every wrong key."""
    try:
        table = json.loads(line, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON (column {error.colno}: {error.msg}); expected one object a line") from error
    except RecursionError as error:
        raise ValueError("nested too deeply to be a negotiation record") from error
    if not isinstance(table, dict):
        raise ValueError(f"expected a JSON object, found {_kind(table)}")
    try:
        record = Negotiation.model_validate_json(line)
    except ValidationError as error:
        raise ValueError("; ".join(_sentence(fault) for fault in error.errors())) from error
    _check_amounts(record)
    return record


def _check_amounts(record: Negotiation) -> None:
    debt, money = record.case.debt, record.case.finances
    amounts = {"debt.outstanding": debt.outstanding, "finances.assets": money.assets}
    amounts |= {f"finances.{name}": getattr(money, name) for name in ("monthly_income", "monthly_expenses")}
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
