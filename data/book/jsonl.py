"""Debtor books as JSON lines: one nested `DebtCase` a line, amounts in minor units."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from data.amounts import MAX_MAJOR, minor_digits
from data.book.book_faults import Fault, RowResult, choice_hint, shown
from data.book.rows import AMOUNT_COLUMNS, MAX_AGE, MAX_OVERDUE_DAYS, MIN_AGE, identifier, zero_outstanding
from data.domain import DebtCase, Persona, Reason
from plumbing.plain_text import HALF_CHARACTER

_WHOLE_AMOUNT = "is not an amount; write a whole number of minor units, 0 or more"
_HELP = {
    "currency": "is not a currency; write its three-letter ISO 4217 code in capitals, such as CNY",
    "age": f"is not a whole number from {MIN_AGE} to {MAX_AGE}",
    "overdue_days": f"is not a whole number from 0 to {MAX_OVERDUE_DAYS}",
    "reason": f"is not a known reason; known are {', '.join(Reason)}",
    "persona": f"is not a known persona; known are {', '.join(Persona)}",
    **dict.fromkeys(AMOUNT_COLUMNS, _WHOLE_AMOUNT),
}


def read_lines(text: str) -> Iterator[RowResult]:
    """The case or the faults of every line that is not blank."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _read_line(line, number)


def write_lines(cases: tuple[DebtCase, ...]) -> str:
    """The cases as JSON lines, absent fields left out."""
    return "".join(case.model_dump_json(exclude_none=True) + "\n" for case in cases)


def _read_line(line: str, number: int) -> RowResult:
    try:
        value = json.loads(line, object_pairs_hook=_unique, parse_constant=_not_finite)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        fault = Fault(f"{shown(line)} is not a debt case in JSON ({reason}); write one JSON object a line", number)
        return RowResult(number, None, None, [fault])
    case_id = value.get("case_id") if isinstance(value, dict) else None
    try:
        case, faults = DebtCase.model_validate(value), []
    except ValidationError as error:
        case, faults = None, [_fault(dict(detail), number) for detail in error.errors()]
    faults += _beyond_the_types(case, number) if case else []
    return RowResult(number, case_id if isinstance(case_id, str) else None, None if faults else case, faults)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys are all different; json alone would keep the last of two."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)} stands twice")
    return dict(pairs)


def _not_finite(constant: str) -> object:
    """NaN and infinity reach the validation as text, which names the field they stand in."""
    return constant


def _fault(detail: dict[str, Any], number: int) -> Fault:
    column = ".".join(str(part) for part in detail["loc"]) or None
    value, field = detail["input"], str(detail["loc"][-1]) if detail["loc"] else ""
    if detail["type"] == "missing":
        return Fault("the value is missing", number, column)
    if detail["type"] == "extra_forbidden":
        return Fault(
            f"the key is unknown (its value is {shown(value)}); take it out or correct its name", number, column
        )
    if field == "outstanding" and value == 0:
        return zero_outstanding(number, column or field, value)
    return Fault(f"{shown(value)} {_help(field, value, detail['msg'])}", number, column)


def _help(field: str, value: object, otherwise: str) -> str:
    if field in AMOUNT_COLUMNS and isinstance(value, int) and value < 0:
        return "is negative; amounts are 0 or more, in minor units"
    if field in ("reason", "persona") and isinstance(value, str):
        return f"is not a known {field}; {choice_hint(value, Reason if field == 'reason' else Persona)}"
    return _HELP.get(field, f"does not fit: {otherwise}")


def _beyond_the_types(case: DebtCase, number: int) -> list[Fault]:
    """What a table row is refused for and the domain types let pass."""
    faults = []
    limit = MAX_MAJOR * 10 ** minor_digits(case.debt.currency)
    for part in ("debt", "finances"):
        for column, value in getattr(case, part):
            if column in AMOUNT_COLUMNS and value > limit:
                faults.append(Fault(f"{value} is absurdly large; amounts go up to {limit}", number, f"{part}.{column}"))
    if case.debt.overdue_days > MAX_OVERDUE_DAYS:
        faults.append(Fault(f"{case.debt.overdue_days} {_HELP['overdue_days']}", number, "debt.overdue_days"))
    for column, text in _texts(case.model_dump(mode="python")):
        if HALF_CHARACTER.search(text):
            faults.append(
                Fault(f"{shown(text)} holds half of a character (a lone surrogate); correct it", number, column)
            )
    for column in ("case_id", "family_id"):
        try:
            identifier(getattr(case, column) or "")
        except ValueError as error:
            faults.append(Fault(f"{shown(getattr(case, column))} {error}", number, column))
    return faults


def _texts(value: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """(column, text) of every text in a case."""
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _texts(inner, f"{above}{name}.")
        elif isinstance(inner, str):
            yield f"{above}{name}", inner
