"""One of our columns, read from a row of a tape as its map says."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext

from data.amounts import minor_digits
from data.importing.conditions import Holds, condition
from data.importing.money import DecimalMark, number
from data.importing.tape_map import Source, TapeMap, Unit
from plumbing.errors import UserError, did_you_mean

AMOUNTS = frozenset(
    {"principal", "outstanding", "monthly_income_at_origination", "monthly_income", "monthly_expenses", "assets"}
)
"""Our columns that hold money; the ones of income and expenses a month."""
NUMBERS = AMOUNTS | {"overdue_days", "age", "debt_to_income_pct"}
"""Our columns that hold numbers."""

_PER_MONTH: dict[Unit, Decimal] = {
    "year": 1 / Decimal(12),
    "quarter": 1 / Decimal(3),
    "month": Decimal(1),
    "fortnight": 26 / Decimal(12),
    "week": 52 / Decimal(12),
}
_SCALE: dict[Unit, Decimal] = {"thousands": Decimal(1000), "millions": Decimal(10**6), "cents": Decimal("0.01")}
_DAYS: dict[Unit, Decimal] = {
    "days": Decimal(1),
    "weeks": Decimal(7),
    "months": Decimal("30.4375"),
    "years": Decimal("365.25"),
}
UNITS: dict[str, dict[Unit, Decimal]] = {
    **{name: {**_PER_MONTH, **_SCALE} for name in AMOUNTS if name.startswith("monthly_")},
    **{name: _SCALE for name in AMOUNTS if not name.startswith("monthly_")},
    "overdue_days": _DAYS,
    "age": {unit: days / _DAYS["years"] for unit, days in _DAYS.items()},
    "debt_to_income_pct": {"percent": Decimal(1), "fraction": Decimal(100)},
}
"""What a number in each unit is multiplied by, per column; columns that are not here have no unit."""
_CACHE_SIZE = 50_000

Cells = Sequence[str]


@dataclass(frozen=True)
class CellFault(Exception):
    """A cell that cannot be read as its map says."""

    column: str
    """Of the tape."""
    value: str
    sentence: str
    """Completes "COLUMN: 'VALUE' "."""


@dataclass(frozen=True)
class Context:
    """What reading a column needs of the tape and its map."""

    tape_map: TapeMap
    place: Callable[[str], int]
    """Where a column of the tape stands."""
    mark: DecimalMark

    @property
    def currency(self) -> str:
        """Of all amounts; "" where each row has its own."""
        return self.tape_map.currency or ""

    def cell(self, column: str) -> Callable[[Cells], str]:
        """Reads the cell of a column of the tape; "" where it says that it has no value."""
        place, nothing = self.place(column), frozenset(one.casefold() for one in self.tape_map.missing)

        def read(cells: Cells) -> str:
            text = cells[place].strip() if place < len(cells) else ""
            return "" if text.casefold() in nothing else text

        return read


def column_reader(target: str, source: Source, context: Context) -> Callable[[Cells, int], str]:
    """A function of a row's cells and its number that gives the text of our column.

    It raises `CellFault` for a cell that cannot be read.

    Raises:
        UserError: a unit that the column cannot have.
    """
    _check(target, source)
    if source.row_number:
        return lambda cells, row: f"{source.prefix}{row}"
    otherwise = source.constant or source.otherwise or ""
    cases = [
        (condition(case, context.cell(case.column), context.mark, context.currency), case.value) for case in source.when
    ]
    read = _value_reader(target, source, context) if source.column is not None else _nothing
    return lambda cells, row: _first(cases, cells) or read(cells) or otherwise


def _first(cases: Sequence[tuple[Holds, str]], cells: Cells) -> str:
    return next((value for holds, value in cases if holds(cells)), "")


def _nothing(cells: Cells) -> str:
    return ""


def _check(target: str, source: Source) -> None:
    known = UNITS.get(target, {})
    for unit in source.unit:
        if unit not in known:
            units = f"it takes {', '.join(known)}" if known else "it takes none"
            raise UserError(f"columns.{target}: {unit!r} is no unit of this column; {units}")


def _value_reader(target: str, source: Source, context: Context) -> Callable[[Cells], str]:
    column = source.column or ""
    cell = context.cell(column)
    if source.values:
        return _cached(column, cell, _category(target, source))
    if source.date is not None and context.tape_map.as_of is not None:
        return _cached(column, cell, _date(target, source.date, context.tape_map.as_of))
    if target in NUMBERS:
        return _number(target, source, context)
    return lambda cells: f"{source.prefix}{text}" if (text := cell(cells)) else ""


def _cached(column: str, cell: Callable[[Cells], str], parse: Callable[[str], str]) -> Callable[[Cells], str]:
    """Reads one cell; tapes hold few different texts in most columns, so what came of each is kept."""
    known: dict[str, str] = {"": ""}

    def read(cells: Cells) -> str:
        text = cell(cells)
        if (value := known.get(text)) is None:
            try:
                value = parse(text)
            except ValueError as error:
                raise CellFault(column, text, str(error)) from None
            if len(known) < _CACHE_SIZE:
                known[text] = value
        return value

    return read


def _category(target: str, source: Source) -> Callable[[str], str]:
    values = {" ".join(name.split()).casefold(): value for name, value in source.values.items()}

    def parse(text: str) -> str:
        found = values.get(" ".join(text.split()).casefold(), source.otherwise)
        if found is None:
            near = did_you_mean(text.casefold(), values, quoted=True)
            where = f"[columns.{target}.values]; add it there, or give `otherwise`"
            raise ValueError(f"is no category of {where}{f'; {near}' if near else ''}")
        return found

    return parse


def _date(target: str, form: str, as_of: date) -> Callable[[str], str]:
    def parse(text: str) -> str:
        try:
            day = datetime.strptime(text, form).date()
        except ValueError:
            raise ValueError(f"is no date of the form {form!r}; write it so, or give its form in the map") from None
        if day > as_of:
            raise ValueError(f"is after {as_of.isoformat()}, the day that the map counts to; correct `as_of`")
        years = as_of.year - day.year - ((as_of.month, as_of.day) < (day.month, day.day))
        return str(years if target == "age" else (as_of - day).days)

    return parse


def _number(target: str, source: Source, context: Context) -> Callable[[Cells], str]:
    factor = Decimal(str(source.factor))
    for unit in source.unit:
        factor *= UNITS[target][unit]
    written = _written(target, context.currency)
    column = source.column or ""
    if not (source.plus or source.minus or source.times):
        return _cached(
            column,
            context.cell(column),
            lambda text: written(number(text, context.mark, _money(target, context)) * factor),
        )
    return _combined(target, source, context, factor, written)


def _combined(
    target: str, source: Source, context: Context, factor: Decimal, written: Callable[[Decimal], str]
) -> Callable[[Cells], str]:
    """Of several columns; nothing where the first, or the one it is multiplied by, is empty."""
    money = _money(target, context)
    signed = {source.column or "": 1, **dict.fromkeys(source.plus, 1), **dict.fromkeys(source.minus, -1)}
    parts = [(name, sign, context.cell(name)) for name, sign in signed.items()]
    times = (source.times, context.cell(source.times)) if source.times else None

    def value(column: str, text: str, currency: str) -> Decimal:
        try:
            return number(text, context.mark, currency) if text else Decimal(0)
        except ValueError as error:
            raise CellFault(column, text, str(error)) from None

    def read(cells: Cells) -> str:
        texts = [cell(cells) for _, _, cell in parts]
        by = times[1](cells) if times else "1"
        if not texts[0] or not by:
            return ""
        total = sum(
            (sign * value(name, text, money) for (name, sign, _), text in zip(parts, texts, strict=True)), Decimal(0)
        )
        return written(total * factor * value(source.times or "", by, ""))

    return read


def _money(target: str, context: Context) -> str:
    return context.currency if target in AMOUNTS else ""


def _written(target: str, currency: str) -> Callable[[Decimal], str]:
    """How a number of this column is written: to the currency's decimals, or whole."""
    if target in AMOUNTS:
        step = Decimal(1).scaleb(-minor_digits(currency))
        return lambda value: f"{_rounded(value, step):f}"
    if target == "age":
        return lambda value: str(math.floor(abs(value)))
    if target == "overdue_days":
        return lambda value: f"{_rounded(value, Decimal(1)):f}"
    return lambda value: f"{_rounded(value, Decimal('0.01')):f}"


def _rounded(value: Decimal, step: Decimal) -> Decimal:
    with localcontext() as digits:
        digits.prec = 60
        return value.quantize(step, ROUND_HALF_UP)


def amounts_of(tape_map: TapeMap) -> Collection[str]:
    """The columns of the tape that hold money, for finding the decimal mark."""
    return {source.column for target, source in tape_map.columns.items() if target in AMOUNTS and source.column}
