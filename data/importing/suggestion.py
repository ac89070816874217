"""A draft of a map for a tape that nobody has mapped, with what it is unsure of."""

from __future__ import annotations

import itertools
import json
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from data.accounts.rows import REQUIRED
from data.importing.columns import AMOUNTS
from data.importing.likeness import SURE, SYNONYMS, Candidate, date_form, filled, likely
from data.importing.money import decimal_mark, number
from data.importing.tape import Tape, open_tape

_SAMPLE_ROWS = 500
_PREVIEW_ROWS = 5
_MOST_CATEGORIES = 40
_LATE = re.compile(
    r"late|past.?due|overdue|arrear|delinq|default|charge|chgoff|verzug|f.llig|mora|impag|vencid|逾期", re.IGNORECASE
)
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "CNY", "₹": "INR"}
_MOST_FRACTION = 3.0
"""Debt to income is taken for a fraction where its median is below this: 300 % is as rare as 3 %."""


@dataclass(frozen=True)
class Draft:
    """A drafted map."""

    text: str
    """TOML."""
    doubts: tuple[str, ...]
    """What to look at, one sentence each."""


def suggested(path: Path) -> Draft:
    """Draft a map from the header of a tape and its first rows.

    Raises:
        UserError: the tape cannot be read.
    """
    tape = open_tape(path)
    rows = [row.cells for row in itertools.islice(tape.rows, _SAMPLE_ROWS) if not row.fault]
    found = likely(tape.header, rows)
    doubts = list(_doubts(found))
    parts = [
        _head(tape, found, doubts),
        *(_column(target, found[target], doubts) for target in SYNONYMS if target in found),
    ]
    parts += [_absent(target) for target in REQUIRED if target not in found and target != "currency"]
    parts += list(_filters(tape, rows, found, doubts))
    parts.append(_rest(tape, found))
    return Draft("\n".join(parts), tuple(doubts))


def _doubts(found: dict[str, Candidate]) -> Iterator[str]:
    for target in REQUIRED:
        if target == "product" and target not in found:
            yield 'no column looks like product: every account is called "loan"'
        elif target not in found and target != "currency":
            yield f"no column looks like {target}, which is required: fill in [columns.{target}]"
    for target, one in found.items():
        if one.score < SURE:
            yield f"{target} may be {one.column!r} ({one.score:.0f} of 100 by its name): look at it"


def _head(tape: Tape, found: dict[str, Candidate], doubts: list[str]) -> str:
    lines = [f"# Drafted: {tape.told}.", f"title = {_quoted(tape.path.stem)}"]
    if "currency" not in found:
        amounts = [cell for target, one in found.items() if target in AMOUNTS for cell in one.cells]
        sign = next((sign for sign in _SIGNS if any(sign in cell for cell in amounts)), None)
        lines.append(f'currency = "{_SIGNS.get(sign or "$")}"  # ?')
        doubts.append(f"the currency is a guess{f' from the sign {sign}' if sign else ''}: correct `currency`")
    if dated := [target for target in ("overdue_days", "age") if target in found and date_form(found[target].cells)]:
        day = _latest(found["overdue_days"]) if "overdue_days" in dated else datetime.now(UTC).date()
        lines.append(f"as_of = {day.isoformat()}  # ?")
        doubts.append("the day that dates are counted to is a guess: correct `as_of` to the day of the tape")
    return "\n".join(lines) + "\n"


def _latest(one: Candidate) -> date:
    form = date_form(one.cells) or ""
    return max(datetime.strptime(cell, form) for cell in one.cells).date()


def _column(target: str, one: Candidate, doubts: list[str]) -> str:
    mark = "" if one.score >= SURE else "  # ?"
    lines = [f"[columns.{target}]", f"column = {_quoted(one.column)}{mark}"]
    lines += _manner(target, one, doubts)
    first = " | ".join(" ".join(cell.split())[:40] for cell in one.cells[:_PREVIEW_ROWS])
    return "\n".join([*lines, f"# {first}"]) + "\n"


def _manner(target: str, one: Candidate, doubts: list[str]) -> list[str]:
    """How the column is written: its unit, or the form of its dates."""
    form = date_form(one.cells)
    if target in ("overdue_days", "age") and form:
        doubts.append(f"{one.column!r} is read as dates of the form {form!r}")
        return [f"date = {_quoted(form)}"]
    if target == "monthly_income_at_origination":
        return _income_unit(one, doubts)
    if target == "debt_to_income_pct" and one.cells:
        mark = decimal_mark(one.cells)
        unit = (
            "fraction"
            if statistics.median(map(lambda cell: float(number(cell, mark)), one.cells)) < _MOST_FRACTION
            else "percent"
        )
        doubts.append(f"{one.column!r} is read as a {unit}")
        return [f'unit = "{unit}"']
    return []


def _income_unit(one: Candidate, doubts: list[str]) -> list[str]:
    if re.search(r"annual|year|p\.?a\.?$|jahr|anual|total", one.column, re.IGNORECASE):
        return ['unit = "year"']
    if not re.search(r"month|monat|mensual", one.column, re.IGNORECASE):
        doubts.append(f'{one.column!r} is read as an income a month; write unit = "year" where it is one a year')
    return []


def _absent(target: str) -> str:
    if target == "product":
        return '[columns.product]\nconstant = "loan"  # ?\n'
    return f'# No column looks like it.\n# [columns.{target}]\n# column = "..."\n'


def _filters(
    tape: Tape, rows: Sequence[Sequence[str]], found: dict[str, Candidate], doubts: list[str]
) -> Iterator[str]:
    """A filter by the first column that names loans that are late, and one by what is owed."""
    for place, name in enumerate(tape.header):
        categories = list(dict.fromkeys(filled(rows, place)))
        late = [text for text in categories if _LATE.search(text)]
        if late and len(categories) <= _MOST_CATEGORIES:
            doubts.append(f"only rows whose {name!r} is {' or '.join(map(repr, late))} are taken: look at the filter")
            others = ", ".join(_quoted(text) for text in categories if text not in late)
            chosen = json.dumps(late, ensure_ascii=False)
            yield f"[[filters]]\ncolumn = {_quoted(name)}  # ?\none_of = {chosen}\n# not: {others}\n"
            break
    if "outstanding" in found:
        yield f"[[filters]]\ncolumn = {_quoted(found['outstanding'].column)}\nabove = 0\n"


def _rest(tape: Tape, found: dict[str, Candidate]) -> str:
    used = {one.column for one in found.values()}
    left = [name for name in tape.header if name and name not in used]
    return f"# Not used (name them in `keep` at the top to keep them as they are): {', '.join(left) or 'none'}\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
