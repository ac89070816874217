"""A draft of a map for a tape that nobody has mapped, with what it is unsure of."""

from __future__ import annotations

import itertools
import json
import re
import statistics
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from data.accounts.rows import REQUIRED
from data.importing.columns import AMOUNTS
from data.importing.currency_signs import likely_currency
from data.importing.likeness import SURE, SYNONYMS, Candidate, date_form, filled, fits, likely
from data.importing.money import decimal_mark, number
from data.importing.tape import Tape, open_tape

_SAMPLE_ROWS = 500
_PREVIEW_ROWS = 5
_MOST_CATEGORIES = 40
_LATE = re.compile(
    r"\blate\b|past.?due|overdue|arrear|delinq|default|charge|chgoff|handed.?over|collection|written.?off|verzug|f.llig"
    r"|notleidend|gek.ndigt|mahn|\bmora|impag|vencid|castigad|judicial|逾期",
    re.IGNORECASE,
)
_TOTAL = re.compile(r"(grand.?|sub.?)?(total|sum|summe|suma|gesamt\w*|insgesamt)\b", re.IGNORECASE)
_LAST_ROWS = 3
"""How far up from the end of a tape a row of totals is looked for."""
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
    last = deque((row.cells for row in tape.rows if not row.fault), _LAST_ROWS)
    totals = [cells for cells in [*rows[-_LAST_ROWS:], *last] if _TOTAL.match(_first_cell(cells)[1])]
    rows = [cells for cells in rows if cells not in totals]
    found = likely(tape.header, rows)
    doubts = list(_doubts(found))
    parts = [
        _head(tape, found, doubts),
        *(_column(target, found[target], doubts) for target in SYNONYMS if target in found),
    ]
    left = _left(tape, rows, found)
    parts += [_absent(target, left) for target in REQUIRED if target not in found and target != "currency"]
    parts += list(_filters(tape, rows, found, doubts))
    parts += [_without(tape, cells, doubts) for cells in totals]
    parts.append(_rest(left))
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
        sign, currency = likely_currency(amounts) or ("", "USD")
        lines.append(f'currency = "{currency}"  # ?')
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
    return "\n".join([*lines, f"# {_preview(one.cells)}"]) + "\n"


def _preview(cells: Sequence[str]) -> str:
    return " | ".join(" ".join(cell.split())[:40] for cell in cells[:_PREVIEW_ROWS])


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
    if not re.search(r"month|monat|mtl|mensual", one.column, re.IGNORECASE):
        doubts.append(f'{one.column!r} is read as an income a month; write unit = "year" where it is one a year')
    return []


def _left(tape: Tape, rows: Sequence[Sequence[str]], found: dict[str, Candidate]) -> dict[str, tuple[str, ...]]:
    """What stands in the columns that are drafted for nothing."""
    used = {one.column for one in found.values()}
    return {name: filled(rows, place) for place, name in enumerate(tape.header) if name and name not in used}


def _absent(target: str, left: dict[str, tuple[str, ...]]) -> str:
    if target == "product":
        return '[columns.product]\nconstant = "loan"  # ?\n'
    fitting = [name for name, cells in left.items() if fits(target, cells)]
    may = f"; of its kind: {', '.join(fitting)}" if fitting else ""
    return f'# No column looks like it by its name{may}.\n# [columns.{target}]\n# column = "..."\n'


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


def _first_cell(cells: Sequence[str]) -> tuple[int, str]:
    """Place and text of the first cell of a row that holds something."""
    return next(((place, cell.strip()) for place, cell in enumerate(cells) if cell.strip()), (0, ""))


def _without(tape: Tape, cells: Sequence[str], doubts: list[str]) -> str:
    """A filter that leaves out a row of totals."""
    place, text = _first_cell(cells)
    doubts.append(f"the row {text!r} near the end is taken for totals and left out: look at the filter")
    return f"[[filters]]\ncolumn = {_quoted(tape.header[place])}\nnone_of = [{_quoted(text)}]\n"


def _rest(left: dict[str, tuple[str, ...]]) -> str:
    lines = (f"# {name}: {_preview(cells)}" for name, cells in left.items())
    return "\n".join(("# Not used (name them in `keep` at the top to keep them as they are):", *lines)) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
