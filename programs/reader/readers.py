"""A reader, compiled or not, and what is made of its reading: the way from words to a move that every door goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Protocol

from data.domain import Debt
from data.messages.labels import SignalKind
from programs.reader.understanding import understand
from programs.reader.understood import NotClear, ReadSignal, Signals, Understood
from programs.table import words
from programs.table.runner import TableState
from screening.heard_signals import supported_signals
from signatures.reading import Reading


class Reader(Protocol):
    """Says what a message says."""

    weight: float
    """Of its word on signals, as a log likelihood ratio (`screening.heard_signals.supported_signals`)."""

    def __call__(self, standing_offer: str, message: str, currency: str = "") -> Reading:
        """The reading of `message`, which answers the creditor's `standing_offer` in words; currency as an ISO code."""


def hear(text: str, reader: Reader | None, table: TableState, debt: Debt, today: date) -> Understood:
    """What a debtor's words mean at this table, with what the reader noticed in them besides.

    Args:
        text: the words.
        reader: None where there is no model; then the words alone decide.
        table: the debtor's side of it.
        debt: what is talked about.
        today: the debtor's.

    Raises:
        NotClear: the words cannot be taken as a move; its `signals` are what the reader noticed all the same.
        ProgramFault: the reader could not read them.
        InfrastructureFailure: the model could not be reached.
    """
    offered = words.package(table.theirs) if table.theirs else "none yet"
    reading = reader(offered, text, debt.currency) if reader is not None else None
    signals = _likely(text, reading.signals, reader.weight) if reader is not None and reading is not None else ()
    try:
        meant = understand(text, reading, table, debt.currency, debt.outstanding, today)
    except NotClear as question:
        raise NotClear(str(question), signals) from None
    return replace(meant, signals=signals)


def _likely(text: str, kinds: Iterable[SignalKind], weight: float) -> Signals:
    return tuple(ReadSignal(one.kind, one.words, one.sure) for one in supported_signals(text, kinds, weight))
