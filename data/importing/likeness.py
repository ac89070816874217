"""Which column of a tape looks like which of ours, by its name and by what stands in it."""

from __future__ import annotations

import itertools
import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from babel.dates import get_month_names

from data.importing.columns import AMOUNTS, NUMBERS
from data.importing.money import DecimalMark, number
from data.importing.tape_map import NOTHING
from plumbing.errors import UserError

LIKELY, SURE = 72.0, 92.0
"""Scores, of 100, from which a column is drafted, and from which no doubt is told."""
_WRONG_KIND = 0.55
"""What is left of the score of a column that holds no numbers where ours does, or the other way round."""
_NUMERIC_SHARE = 0.8
_MARKS: tuple[DecimalMark, ...] = (".", ",")

DATE_FORMS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%b-%y",
    "%d-%b-%Y",
    "%b-%Y",
    "%Y/%m/%d",
    "%Y-%m-%d %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%Y%m%d",
)
_DATED = frozenset({"overdue_days", "age"})
ARREARS = "arrears"
"""No column of ours; what tells who is late where nothing else does."""
_NUMERIC = NUMBERS | {ARREARS}
_DATE_IN_TEXT = re.compile(
    r"(?<!\d)(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?!\d)"
    r"|(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?[\s-]+(?:of |de )?(?P<month>[^\W\d_]{3,})"
    r"\.?,?[\s-]+(?:de |del )?(?P<year>\d{4})(?!\d)"
    r"|(?P<month_first>[^\W\d_]{3,})\.? (?P<day_second>\d{1,2})(?:st|nd|rd|th)?,? (?P<year_last>\d{4})(?!\d)",
    re.IGNORECASE,
)
_MONTH_WIDTHS: tuple[Literal["abbreviated", "wide"], ...] = ("abbreviated", "wide")
_MONTHS_OF = ("en", "de", "es")
"""Languages whose columns are known by their names, too."""


@dataclass(frozen=True)
class ColumnCandidate:
    """A column of the tape for one of ours."""

    column: str
    score: float
    """0 to 100."""
    cells: tuple[str, ...]
    """What stands in its first rows, empty cells left out."""


def likely(header: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, ColumnCandidate]:
    """For each of our columns the one that looks most like it, where one does; no column stands for two.

    Args:
        header: names of the tape's columns.
        rows: the first rows under it.

    Raises:
        UserError: the package for comparing names is not installed.
    """
    columns = {name: filled(rows, place) for place, name in enumerate(header) if name}
    scored = [
        ColumnCandidate(column, _score(target, column, cells), cells)
        for target in SYNONYMS
        for column, cells in columns.items()
    ]
    targets = [target for target in SYNONYMS for _ in columns]
    found: dict[str, ColumnCandidate] = {}
    used: set[str] = set()
    for target, one in sorted(zip(targets, scored, strict=True), key=lambda pair: -pair[1].score):
        if one.score >= LIKELY and target not in found and one.column not in used:
            found[target] = one
            used.add(one.column)
    return found


def filled(rows: Sequence[Sequence[str]], place: int) -> tuple[str, ...]:
    """The cells of a column that hold something."""
    cells = (row[place].strip() for row in rows if place < len(row))
    return tuple(cell for cell in cells if cell not in NOTHING)


def _score(target: str, column: str, cells: Sequence[str]) -> float:
    fuzz: Any = _rapidfuzz()
    words = _words(column)
    score = max(max(fuzz.ratio(words, other), fuzz.token_sort_ratio(words, other)) for other in SYNONYMS[target])
    part = max(fuzz.token_set_ratio(words, other) * 0.9 for other in SYNONYMS[target] if " " in other)
    return float(max(score, part) * _fit(target, cells))


def _fit(target: str, cells: Sequence[str]) -> float:
    """How far what stands in a column is of the kind that ours holds; 1 where nothing stands."""
    if not cells:
        return 1.0
    numeric = sum(map(_is_number, cells)) / len(cells) >= _NUMERIC_SHARE
    if target in _NUMERIC:
        return 1.0 if numeric or (target in _DATED and date_form(cells)) else _WRONG_KIND
    if target == "case_id":
        return 1.0 if len(set(cells)) == len(cells) else _WRONG_KIND
    wrong = (numeric and target != "family_id") or (target == "family_id" and _are_names(cells))
    return _WRONG_KIND if wrong or date_form(cells) else 1.0


def _are_names(cells: Sequence[str]) -> bool:
    """Whether most hold two words without a digit, as names of people do and numbers of customers do not."""
    like = [cell for cell in cells if len(cell.split()) > 1 and not re.search(r"\d", cell)]
    return len(like) >= _NUMERIC_SHARE * len(cells)


def fits(target: str, cells: Sequence[str]) -> bool:
    """Whether what stands in a column is of the kind that ours holds; a column with nothing in it fits none."""
    if target in AMOUNTS and (date_form(cells) or all(re.fullmatch(r"\d{1,4}", cell) for cell in cells)):
        return False  # days, years, grades
    return bool(cells) and _fit(target, cells) == 1.0


def date_form(cells: Sequence[str]) -> str | None:
    """The form of dates that all cells have; None without one."""
    return next((form for form in DATE_FORMS if cells and all(_is_date(cell, form) for cell in cells)), None)


def _is_date(cell: str, form: str) -> bool:
    try:
        datetime.strptime(cell, form)
    except ValueError:
        return False
    return True


def dates_in(text: str, form: str | None = None) -> list[date]:
    """The days that are named in a text, in figures or with the month in words.

    Args:
        text: such as "Arrears as at 20/11/2026" or "Stand: 30. September 2026".
        form: how the file writes dates elsewhere, where that is known.
    """
    return [day for found in _DATE_IN_TEXT.finditer(text) if (day := _day(found, form)) is not None]


def _day(found: re.Match[str], form: str | None) -> date | None:
    if month := found["month"] or found["month_first"]:
        number_of = _months().get(month.casefold(), 0)
        day, year = found["day"] or found["day_second"], found["year"] or found["year_last"]
        text, forms = f"{year}-{number_of}-{day}", [DATE_FORMS[0]]
    else:
        text = re.sub(r"[-/.]", "/", found[0])
        forms = [re.sub(r"[-/.]", "/", one) for one in (form, *DATE_FORMS) if one and "%H" not in one]
    fitting = next((one for one in forms if _is_date(text, one)), None)
    return datetime.strptime(text, fitting).date() if fitting else None


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """Months by their names, whole and shortened."""
    return {
        name.rstrip(".").casefold(): number_of
        for width, language in itertools.product(_MONTH_WIDTHS, _MONTHS_OF)
        for number_of, name in get_month_names(width, locale=language).items()
    }


def _is_number(cell: str) -> bool:
    for mark in _MARKS:
        try:
            number(cell, mark)
        except ValueError:
            continue
        return True
    return False


def _words(name: str) -> str:
    """`LoanOriginalAmount` and `LOAN_ORIGINAL-AMT` as words in small letters, without accents and abbreviations."""
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare)
    words = " ".join(re.sub(r"[\W_]+", " ", apart).split()).casefold()
    return _SHORT.sub(lambda found: _ABBREVIATIONS[found[0]], words)


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


_ABBREVIATIONS: dict[str, str] = _table("abbreviations.toml")
_SHORT = re.compile(rf"\b({'|'.join(sorted(_ABBREVIATIONS, key=len, reverse=True))})\b")
SYNONYMS: dict[str, list[str]] = {
    target: [_words(name) for name in names] for target, names in _table("synonyms.toml").items()
}


def _rapidfuzz() -> Any:
    try:
        from rapidfuzz import fuzz
    except ImportError as error:
        missing = "--suggest needs the package rapidfuzz, which is not installed"
        raise UserError(f"{missing}; install it with `pip install 'maden[importing]'`") from error
    return fuzz
