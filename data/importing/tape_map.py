"""A map: which column of a tape each of our columns comes from, and how it is written there.

Maps are TOML files (docs/importing.md). The shipped ones are in data/importing/maps and are named without the suffix.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from data.accounts.account_row import COLUMNS as ACCOUNT_COLUMNS
from data.accounts.account_row import PRIVATE
from data.accounts.account_row import REQUIRED as ACCOUNT_REQUIRED
from data.book.rows import COLUMNS as BOOK_COLUMNS
from data.book.rows import OPTIONAL_COLUMNS as BOOK_OPTIONAL
from data.frozen import Frozen
from data.importing.money import DecimalMark
from plumbing.errors import UserError, did_you_mean

SHIPPED = Path(__file__).with_name("maps")
TARGETS = tuple(dict.fromkeys((*ACCOUNT_COLUMNS, *BOOK_COLUMNS)))
"""Every column that a map can fill."""
NOTHING = ("", "NA", "N/A", "#N/A", "NaN", "null", "None", "NULL", "-", "n/a", "k. A.", "k.A.", "s/d", "n.d.")
"""What tapes write where they have no value, unless the map says otherwise."""

Unit = Literal[
    "year", "quarter", "month", "fortnight", "week", "thousands", "millions", "cents", "days", "weeks", "months",
    "years", "percent", "fraction",
]  # fmt: skip
"""How a number of the tape is to be taken; what each does to which column is in `data.importing.columns`."""


class Condition(Frozen):
    """What a row must fulfil: everything that is given. An empty cell fulfils nothing but `filled = false`."""

    column: str
    one_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    starts: str | None = None
    """How the cell begins."""
    above: float | None = None
    below: float | None = None
    filled: bool | None = None


class ConditionalValue(Condition):
    """A condition and what the target column is where it holds."""

    value: str


class Source(Frozen):
    """Where one of our columns comes from."""

    column: str | None = None
    constant: str | None = None
    """The same for every row."""
    row_number: bool = False
    """The row's number, for tapes without ids."""
    prefix: str = ""
    unit: tuple[Unit, ...] = ()
    plus: tuple[str, ...] = ()
    """Columns that are added; empty cells count as 0."""
    minus: tuple[str, ...] = ()
    times: str | None = None
    """A column to multiply by."""
    factor: float = 1.0
    date: str | None = None
    """The cells are dates of this form (strptime, such as "%d-%b-%y"); the column is the days, or years, to `as_of`."""
    values: dict[str, str] = Field(default_factory=dict)
    """What each category of the tape is here; capitals do not matter."""
    otherwise: str | None = None
    """For categories that are not listed, and cells that are empty."""
    when: tuple[ConditionalValue, ...] = ()
    """The first that holds says the value, before `column` is looked at."""

    @field_validator("unit", mode="before")
    @classmethod
    def _several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = (self.column is not None) + (self.constant is not None) + self.row_number
        if origins > 1 or (origins == 0 and not self.when):
            raise ValueError("give one of `column`, `constant` and `row_number = true`, or `when`")
        return self

    def used(self) -> Iterator[str]:
        """The columns of the tape that it reads."""
        yield from (one for one in (self.column, self.times, *self.plus, *self.minus) if one is not None)
        yield from (case.column for case in self.when)


class TapeMap(Frozen):
    """A whole map."""

    title: str = ""
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    """ISO 4217 code of every amount; or map a column `currency`."""
    as_of: date | None = None
    """The day that the tape describes; what dates are counted to."""
    decimal: DecimalMark | None = None
    """Mark before decimals; found by itself without it."""
    encoding: str | None = None
    """Of a text file; found by itself without it."""
    sheet: str | None = None
    """Of a workbook; the first one without it."""
    missing: tuple[str, ...] = NOTHING
    repeated_ids: Literal["fault", "first"] = "fault"
    """What a case id that stands twice is: a fault, or a row to be left out."""
    keep: tuple[str, ...] = ()
    """Columns of the tape that accounts keep as they are."""
    columns: dict[str, Source]
    filters: tuple[Condition, ...] = ()
    """Only rows that fulfil all of them are taken."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name in self.columns:
            if name not in TARGETS:
                known = f"known are {', '.join(TARGETS)}"
                raise ValueError(f"columns.{name}: there is no such column; {did_you_mean(name, TARGETS)} {known}")
        needed = BOOK_REQUIRED if self.makes_book else ACCOUNT_REQUIRED
        given = {*self.columns, *(("currency",) if self.currency else ())}
        if absent := [name for name in needed if name not in given]:
            raise ValueError(f"the map lacks {' and '.join(f'columns.{name}' for name in absent)}{self._hint()}")
        if any(source.date for source in self.columns.values()) and self.as_of is None:
            raise ValueError("dates need the day that they are counted to, such as as_of = 2024-06-30")
        taken = {" ".join(name.split()).casefold() for name in self.keep} & {*TARGETS}
        if taken:
            raise ValueError(f"keep: {', '.join(sorted(taken))} would stand twice; map it under [columns] instead")
        return self

    def _hint(self) -> str:
        private = [name for name in self.columns if name in PRIVATE]
        if not private:
            return ""
        advice = "for accounts, take them out (income when the loan was made is monthly_income_at_origination)"
        return f"; {', '.join(private)} make it a debtor book, which needs every finance of the debtor; {advice}"

    @property
    def makes_book(self) -> bool:
        """Whether it fills what only the debtor knows, and so makes a debtor book; else it makes accounts."""
        return any(name in PRIVATE for name in self.columns)

    def used(self) -> tuple[str, ...]:
        """The columns of the tape that it reads, each once."""
        sources = (name for source in self.columns.values() for name in source.used())
        return tuple(dict.fromkeys((*sources, *(one.column for one in self.filters), *self.keep)))


BOOK_REQUIRED = tuple(name for name in BOOK_COLUMNS if name not in BOOK_OPTIONAL)


def shipped_maps() -> dict[str, Path]:
    """Name and file of the maps that come with the project."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.toml"))}


def read_map(name: str) -> TapeMap:
    """The map in a file, or the shipped one of that name.

    Raises:
        UserError: there is none, it is no TOML, or everything that is wrong with it.
    """
    path = shipped_maps().get(name, Path(name))
    if not path.is_file():
        hint = did_you_mean(name, shipped_maps(), f"shipped maps are {', '.join(shipped_maps())}")
        raise UserError(f"no map at {name}; {hint}; `--suggest` drafts one for your tape")
    try:
        return TapeMap.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as TOML in UTF-8: {error}") from error
    except ValidationError as error:
        told = "\n".join(_told(detail["loc"], detail["msg"], detail["type"]) for detail in error.errors())
        raise UserError(f"{path} is no map of a tape:\n{told}") from error


def _told(place: tuple[int | str, ...], message: str, kind: str) -> str:
    where = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        return f"{where}: there is no such key; take it out or correct its name"
    return f"{where}: {message}".removeprefix(": ").replace("Value error, ", "")
