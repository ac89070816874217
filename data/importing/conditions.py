"""Whether a row of a tape fulfils a condition of its map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from data.importing.money import DecimalMark, number
from data.importing.tape_map import Condition

Holds = Callable[[Sequence[str]], bool]


def condition(
    asked: Condition, cell: Callable[[Sequence[str]], str], mark: DecimalMark = ".", currency: str = ""
) -> Holds:
    """A function of a row's cells; what is compared without regard to capitals is text, `above` and `below` numbers.

    A cell that is empty, or no number where one is compared, does not fulfil it.
    """
    one_of = frozenset(text.casefold() for text in asked.one_of)
    none_of = frozenset(text.casefold() for text in asked.none_of)
    begin = asked.starts.casefold() if asked.starts is not None else ""
    known: dict[str, bool] = {}

    def judged(text: str) -> bool:
        low = text.casefold()
        if not text or asked.filled is False:
            return asked.filled is False and not text
        return (
            (not one_of or low in one_of)
            and low not in none_of
            and low.startswith(begin)
            and _inside(asked, text, mark, currency)
        )

    def holds(cells: Sequence[str]) -> bool:
        text = cell(cells)
        if (found := known.get(text)) is None:
            found = known[text] = judged(text)
        return found

    return holds


def _inside(asked: Condition, text: str, mark: DecimalMark, currency: str) -> bool:
    if asked.above is None and asked.below is None:
        return True
    value = _amount(text, mark, "")  # in whatever currency
    value = _amount(text, mark, currency) if value is None else value
    if value is None:
        return False
    return (asked.above is None or value > asked.above) and (asked.below is None or value < asked.below)


def _amount(text: str, mark: DecimalMark, currency: str) -> Decimal | None:
    try:
        return number(text, mark, currency)
    except ValueError:
        return None
