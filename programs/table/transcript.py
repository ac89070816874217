"""A negotiation printed while it unfolds, and its outcome: schedule and scorecard.

Words come from models and from people, so they are shown as plain text: no markup, no terminal control codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.domain import CreditorPolicy, CreditorView, Debt, DebtCase, Ending, Record, Speaker, Turn
from data.terms import Terms
from metrics.money.schedule import money_due
from metrics.scorecard import INDICES, METRICS, PROMISES, AccountScorecard, Scorecard
from plumbing.plain_text import visible
from programs.table import words
from programs.table.guard import guarded
from programs.table.lines import Line, finances_text, line, payments_of, told_text
from programs.table.runner import CreditorSeat, DebtorReply, DebtorSeat, TableState, completed
from wording.tags import catalogue_tag

_STYLES = {Speaker.CREDITOR: "bold cyan", Speaker.DEBTOR: "bold yellow"}
_INDENT = 10
_FAILURE_CHARS = 200

ENDINGS = {
    Ending.AGREEMENT: "Agreement",
    Ending.WALKED_AWAY: "No agreement: the debtor walked away",
    Ending.ROUND_LIMIT: "No agreement: the rounds are used up",
    Ending.PROGRAM_FAULT: "No agreement: the program failed",
    Ending.INFRASTRUCTURE: "Broken off: the model or its provider failed, which is nobody's score",
}


class WatchedCreditor:
    """A creditor's seat that shows each turn as it leaves the table, after the guard."""

    def __init__(self, seat: CreditorSeat, policy: CreditorPolicy, show: Callable[[Turn, TableState], None]) -> None:
        self._seat, self._policy, self._show = seat, policy, show
        self.ladder: tuple[Terms, ...] = tuple(seat.ladder)

    def next_turn(self, table: TableState) -> Turn:
        """The inner seat's turn; the table will guard it the same way as it is shown."""
        try:
            turn = self._seat.next_turn(table)
        finally:
            self.ladder = tuple(self._seat.ladder)
        self._show(guarded(turn, table.own, table.theirs, self._policy), table)
        return turn


class WatchedDebtor:
    """A debtor's seat that shows each answer as the table takes it."""

    def __init__(self, seat: DebtorSeat, show: Callable[[Turn, TableState], None]) -> None:
        self._seat, self._show = seat, show

    def reply(self, table: TableState) -> DebtorReply:
        """The inner seat's reply."""
        answer = self._seat.reply(table)
        self._show(completed(answer.turn, table), table)
        return answer


class Transcript:
    """Prints one negotiation.

    Args:
        console: where to.
        case: the debtor, or an account, of whose finances nothing is known and nothing shown.
        show_private: also thoughts, ladder, notes and the debtor's finances.
    """

    def __init__(self, console: Console, case: DebtCase | CreditorView, show_private: bool = False) -> None:
        self.console, self.case, self.private = console, case, show_private
        self._round = 0
        self._ladder: tuple[Terms, ...] = ()

    def opening(self, creditor: str, seed: int) -> None:
        """Who negotiates about what."""
        tag = self.case.debtor.language
        silent = f", in English since {tag} cannot be spoken yet" if tag and catalogue_tag(tag) is None else ""
        self.console.print(Text(f"{self.case.case_id}: {creditor}, seed {seed}{silent}", style="bold"))
        view = self.case if isinstance(self.case, CreditorView) else self.case.creditor_view()
        self.console.print(plain(words.account(view)))
        if self.private:
            self.finances("Private")

    def finances(self, heading: str) -> None:
        """The debtor's private side, where it is known."""
        if isinstance(self.case, CreditorView):
            return
        persona = f"; {self.case.persona.value}" if self.case.persona else ""
        text = f"{heading}: {finances_text(self.case)}{persona}. {self.case.finances.story}".rstrip()
        self.console.print(plain(text), style="dim")

    def turn(self, turn: Turn, table: TableState) -> None:
        """One turn: the words, the figures of the move, and the private part where it is shown."""
        if table.round != self._round:
            self._round = table.round
            self.console.rule(Text(f"Round {table.round} of {table.round_limit}"), style="dim", align="left")
        said = line(turn, table.round, table.own, table.theirs, self.case.debt.currency)
        self._line(said.speaker.value.capitalize(), said.words or "(no words)", _STYLES[said.speaker])
        self._line("", f"[{said.move}]", style_of_words="bold")
        if self.private:
            self._private_part(said)

    def _private_part(self, said: Line) -> None:
        if said.thoughts:
            self._line("", f"thoughts: {said.thoughts}", style_of_words="dim italic")
        for note in said.notes:
            self._line("", note, style_of_words="dim magenta")
        if said.told is not None:
            self._line("", f"told: {told_text(said.told)}", style_of_words="dim")

    def ladder(self, ladder: tuple[Terms, ...]) -> None:
        """The creditor's ladder, when it is new and private things are shown."""
        if not self.private or ladder == self._ladder:
            return
        self._ladder = ladder
        for number, rung in enumerate(ladder, start=1):
            self._line("", f"{'ladder' if number == 1 else '      '} {number}. {words.package(rung)}", "", "dim")

    def _line(self, speaker: str, said: str, style: str = "", style_of_words: str = "") -> None:
        grid = Table.grid(padding=(0, 0))
        grid.add_column(width=_INDENT, no_wrap=True)
        grid.add_column(ratio=1, overflow="fold")  # a text without blanks has no other place to break
        grid.add_row(Text(speaker, style=style), plain(said, style_of_words))
        self.console.print(grid)

    def ending(self, negotiation: Record) -> None:
        """How it ended, and what is to be paid when."""
        self.console.rule(style="dim")
        self.console.print(Text(ENDINGS[negotiation.ending], style="bold"))
        if negotiation.failure:
            self.console.print(plain(negotiation.failure if self.private else first_line(negotiation.failure)))
        if negotiation.agreed is not None:
            self.console.print(plain(f"Terms: {words.package(negotiation.agreed)}."))
            self.console.print(schedule_table(negotiation.agreed, self.case.debt))


def first_line(text: str) -> str:
    """The beginning of a failure: what follows quotes the model at length, private thoughts and all."""
    line = re.split(r"\n|: ['\"]", text, maxsplit=1)[0]
    return line if len(line) <= _FAILURE_CHARS else line[:_FAILURE_CHARS] + " ..."


def plain(text: str, style: str = "") -> Text:
    """`text` without invisible characters, and never read as markup."""
    return Text(visible(text, keep_newlines=True), style=style)


def schedule_table(terms: Terms, debt: Debt) -> Table:
    """Every payment with its day after the agreement, and what is left to pay after it."""
    table = Table("payment", "day", "amount", "left to pay", title="Repayment schedule", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for payment in payments_of(terms, debt):
        table.add_row(payment.what, str(payment.day), payment.amount, payment.left)
    table.add_section()
    table.add_row("in all", "", words.money(money_due(terms, debt.outstanding), debt.currency), "")
    return table


def scorecard_table(card: Scorecard | AccountScorecard) -> Table:
    """The thirteen metrics and the indices of one negotiation; of an account what can be told of it."""
    told = card.values()
    table = Table("id", "metric", "value", "unit", title="Scorecard", title_justify="left")
    table.columns[2].justify = "right"
    for group in (METRICS, INDICES, PROMISES):
        for metric in group:
            if metric.id in told:
                table.add_row(metric.id, metric.name, f"{told[metric.id]:.4g}", metric.unit)
        table.add_section()
    return table
