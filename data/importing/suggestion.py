"""A draft of a map for a tape that nobody has mapped, with what it is unsure of."""

from __future__ import annotations

import itertools
import json
import re
import statistics
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from data.accounts.account_row import REQUIRED
from data.importing.columns import AMOUNTS
from data.importing.conditions import condition
from data.importing.currency_signs import likely_currency
from data.importing.likeness import ARREARS, SURE, SYNONYMS, ColumnCandidate, date_form, dates_in, filled, fits, likely
from data.importing.money import decimal_mark, number
from data.importing.tape import Tape, open_tape
from data.importing.tape_map import NOTHING, Condition
from wording.tags import tag_named, well_formed

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
    arrears = found.pop(ARREARS, None)
    if arrears and "outstanding" not in found:
        found["outstanding"] = replace(arrears, score=min(arrears.score, SURE - 1))
    doubts = list(_doubts(found, arrears))
    parts = [
        _head(tape, found, doubts),
        *(_column(target, found[target], doubts) for target in SYNONYMS if target in found),
    ]
    left = _left(tape, rows, found)
    parts += [_absent(target, left) for target in REQUIRED if target not in found and target != "currency"]
    parts += list(_filters(tape, rows, found, arrears, doubts))
    parts += [_without(tape, cells, doubts) for cells in totals]
    parts.append(_rest(left))
    return Draft("\n".join(parts), tuple(doubts))


def _doubts(found: dict[str, ColumnCandidate], arrears: ColumnCandidate | None) -> Iterator[str]:
    for target in REQUIRED:
        if target == "product" and target not in found:
            yield 'no column looks like product: every account is called "loan"'
        elif target not in found and target != "currency":
            yield f"no column looks like {target}, which is required: fill in [columns.{target}]"
    for target, one in found.items():
        if one.score < SURE:
            yield f"{target} may be {one.column!r} ({one.score:.0f} of 100 by its name): look at it"
    if arrears and arrears.column != found["outstanding"].column:
        yield f"outstanding is what is due today, which may be {arrears.column!r} while an agreement runs: look at it"


def _head(tape: Tape, found: dict[str, ColumnCandidate], doubts: list[str]) -> str:
    lines = [f"# Drafted: {tape.told}.", f"title = {_quoted(tape.path.stem)}"]
    if "currency" not in found:
        amounts = [cell for target, one in found.items() if target in AMOUNTS for cell in one.cells]
        sign, currency = likely_currency(amounts) or ("", "USD")
        lines.append(f'currency = "{currency}"  # ?')
        doubts.append(f"the currency is a guess{f' from the sign {sign}' if sign else ''}: correct `currency`")
    dated = {target: form for target in ("age", "overdue_days") if (form := _date_form(found.get(target)))}
    if dated:
        lines.append(f"as_of = {_day(tape, found, dated, doubts).isoformat()}  # ?")
    return "\n".join(lines) + "\n"


def _date_form(one: ColumnCandidate | None) -> str | None:
    return date_form(one.cells) if one else None


def _day(tape: Tape, found: dict[str, ColumnCandidate], dated: dict[str, str], doubts: list[str]) -> date:
    """The day that dates are counted to: one in a title that no date is after, else the last in the tape."""
    form = dated.get("overdue_days")
    latest = max(datetime.strptime(cell, form).date() for cell in found["overdue_days"].cells) if form else None
    usual = form or dated["age"]
    named = [(day, title) for title in tape.titles for day in dates_in(title, usual) if not latest or day >= latest]
    if not named:
        doubts.append("the day that dates are counted to is a guess: correct `as_of` to the day of the tape")
        return latest or datetime.now(UTC).date()
    day, title = max(named)
    doubts.append(f"the day that dates are counted to is the one in {title!r}: correct `as_of` if it is another")
    return day


def _column(target: str, one: ColumnCandidate, doubts: list[str]) -> str:
    mark = "" if one.score >= SURE else "  # ?"
    lines = [f"[columns.{target}]", f"column = {_quoted(one.column)}{mark}"]
    lines += _manner(target, one, doubts)
    return "\n".join([*lines, f"# {_preview(one.cells)}"]) + "\n"


def _preview(cells: Sequence[str]) -> str:
    return " | ".join(" ".join(cell.split())[:40] for cell in cells[:_PREVIEW_ROWS])


def _manner(target: str, one: ColumnCandidate, doubts: list[str]) -> list[str]:
    """How the column is written: its unit, or the form of its dates."""
    form = date_form(one.cells)
    if target in ("overdue_days", "age") and form:
        doubts.append(f"{one.column!r} is read as dates of the form {form!r}")
        return [f"date = {_quoted(form)}"]
    if target == "outstanding":
        return ["# What is due today: of a running agreement the arrears, of a terminated one the balance."]
    if target == "language":
        return _languages(one, doubts)
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


def _languages(one: ColumnCandidate, doubts: list[str]) -> list[str]:
    """The tags of languages that are written by their names."""
    written = list(dict.fromkeys(one.cells))
    tags = {text: tag for text in written if (tag := _tag(text))}
    if unknown := [text for text in written if text not in tags]:
        few = " or ".join(map(repr, unknown[:_PREVIEW_ROWS]))
        doubts.append(f"no language is called {few}: give its tag, such as en, in [columns.language] under `values`")
    if all(text == tag for text, tag in tags.items()):
        return []
    return [f"values = {{ {', '.join(f'{_quoted(text)} = {_quoted(tag)}' for text, tag in tags.items())} }}"]


def _tag(text: str) -> str | None:
    try:
        return well_formed(text)
    except ValueError:
        return tag_named(text)


def _income_unit(one: ColumnCandidate, doubts: list[str]) -> list[str]:
    if re.search(r"annual|year|p\.?a\.?$|jahr|anual|total", one.column, re.IGNORECASE):
        return ['unit = "year"']
    if not re.search(r"month|monat|mtl|mensual", one.column, re.IGNORECASE):
        doubts.append(f'{one.column!r} is read as an income a month; write unit = "year" where it is one a year')
    return []


def _left(tape: Tape, rows: Sequence[Sequence[str]], found: dict[str, ColumnCandidate]) -> dict[str, tuple[str, ...]]:
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
    tape: Tape,
    rows: Sequence[Sequence[str]],
    found: dict[str, ColumnCandidate],
    arrears: ColumnCandidate | None,
    doubts: list[str],
) -> Iterator[str]:
    """A filter by what tells who is late, and one by what is owed."""
    status = _status(tape, rows)
    asked = _telling(found.get("overdue_days"), arrears, len(rows)) or status
    if asked is not None:
        doubts.append(f"only rows {_who(asked)} are taken: look at the filter")
        kept = _rows_taken(tape, rows, asked, status.column) if status else ""
        yield f"[[filters]]\ncolumn = {_quoted(asked.column)}  # ?\n{_asked(asked)}\n{kept}"
    if "outstanding" in found:
        yield f"[[filters]]\ncolumn = {_quoted(found['outstanding'].column)}\nabove = 0\n"


def _telling(overdue: ColumnCandidate | None, arrears: ColumnCandidate | None, rows: int) -> Condition | None:
    """Who is late by days, dates or amounts; a date that every row has, such as that of a payment, tells nothing."""
    if overdue and date_form(overdue.cells):
        if len(overdue.cells) < rows:
            return Condition(column=overdue.column, filled=True)
    elif overdue and overdue.cells:
        return Condition(column=overdue.column, above=0)
    return Condition(column=arrears.column, above=0) if arrears and arrears.score >= SURE else None


def _status(tape: Tape, rows: Sequence[Sequence[str]]) -> Condition | None:
    """Who is late by the first column that names loans that are."""
    for place, name in enumerate(tape.header):
        categories = list(dict.fromkeys(filled(rows, place)))
        late = tuple(text for text in categories if _LATE.search(text))
        if late and len(categories) <= _MOST_CATEGORIES:
            return Condition(column=name, one_of=late)
    return None


def _who(asked: Condition) -> str:
    if asked.one_of:
        return f"whose {asked.column!r} is {' or '.join(map(repr, asked.one_of))}"
    return f"whose {asked.column!r} is {'filled' if asked.filled else 'above 0'}"


def _asked(asked: Condition) -> str:
    if asked.one_of:
        return f"one_of = {json.dumps(asked.one_of, ensure_ascii=False)}"
    return "filled = true" if asked.filled else "above = 0"


def _rows_taken(tape: Tape, rows: Sequence[Sequence[str]], asked: Condition, status: str) -> str:
    """A comment that says how many rows of each status a filter takes."""
    judged, category = _reader(tape, asked.column), _reader(tape, status)
    holds = condition(asked, judged, decimal_mark(map(judged, rows)))
    every = Counter(map(category, rows))
    taken = Counter(category(cells) for cells in rows if holds(cells))
    told = ", ".join(f"{_quoted(text)} {taken[text]} of {number_of}" for text, number_of in every.items())
    return f"# Of the first {len(rows)} rows it takes, by {_quoted(status)}: {told}\n"


def _reader(tape: Tape, column: str) -> Callable[[Sequence[str]], str]:
    place = tape.place_of(column) or 0

    def read(cells: Sequence[str]) -> str:
        text = cells[place].strip() if place < len(cells) else ""
        return "" if text in NOTHING else text

    return read


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
