"""What a command at the debtor's keyboard means as a move; words are read by `programs.reader`."""

from __future__ import annotations

import re

from data.dimensions import DIMENSIONS, SPECS, Dimension
from data.domain import Move
from programs.reader.understanding import acceptance, offer
from programs.reader.understood import NotClear, Understood
from programs.table.runner import TableState


def by_command(command: str, figures: list[str], table: TableState) -> Understood:
    """The move of a command.

    Raises:
        NotClear: there is no such command, nothing to accept, or a figure is missing or impossible.
    """
    if command == "offer":
        return offer(_typed_figures(figures), table)
    if figures:
        raise NotClear(f"/{command} takes nothing behind it; /help lists the commands.")
    if command == "accept":
        return acceptance(table)
    if command == "reject":
        return Understood(Move.reject(), "You refuse the creditor's offer.")
    if command == "leave":
        return Understood(Move.reject(), "You end the negotiation.", leaves=True)
    raise NotClear(f"There is no command /{command}; /help lists the commands.")


def _typed_figures(figures: list[str]) -> dict[Dimension, float]:
    if len(figures) != len(DIMENSIONS):
        raise NotClear("/offer needs four figures: discount %, first payment %, days, months; - leaves one as it is.")
    named: dict[Dimension, float] = {}
    for dimension, typed in zip(DIMENSIONS, figures, strict=True):
        if typed == "-":
            continue
        spec = SPECS[dimension]
        low, high = spec.bounds
        number = typed.removesuffix("%")
        if not re.fullmatch(r"[0-9]{1,4}", number) or not low <= int(number) <= high:
            raise NotClear(f"{typed!r} is no {spec.label}: write a whole number from {low} to {high}, or -.")
        named[dimension] = int(number)
    if not named:
        raise NotClear("Name at least one figure of your own.")
    return named
