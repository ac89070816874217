"""A person on the debtor's side: what they type becomes a move, and nothing is binding before they confirm it.

Free text is read by a model where there is one (programs/reader/reader.py), and held against the text itself
(programs/reader/understanding.py).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import dspy

from data.domain import Debt, Move, Speaker, Turn
from plumbing.errors import UserError
from programs.debtor.commands import by_command
from programs.reader.reader import MessageReader
from programs.reader.readers import Reader, hear
from programs.reader.understanding import terms_after
from programs.reader.understood import NotClear, Understood
from programs.reader.yes_no import said_yes
from programs.table import words
from programs.table.failures import InfrastructureFailure, ProgramFault
from programs.table.runner import DebtorReply, TableState
from signatures.reading import Reading

HELP = """\
Answer in your own words, or with a command:
  /offer DISCOUNT% FIRST% DAYS MONTHS
      your terms; /offer 5% 20% 7 12 is a 5% discount, 20% paid within 7 days and the rest in
      12 monthly instalments; - leaves a figure as it stands
  /accept   take the creditor's offer
  /reject   refuse it and keep yours
  /leave    end the negotiation
  /help     these lines
Your own words are binding only after you have confirmed how they were understood.
End of input (Ctrl-D) leaves the table."""


class PersonDebtor:
    """The debtor's seat taken by the person at the keyboard (programs.table.DebtorSeat).

    Args:
        debt: what the debtor whose part the person plays owes; the finances are the person's own affair.
        read: asks for one line with the given prompt; raises EOFError at the end of input.
        say: shows one message.
        reader: reads free text; None where there is no model, then the words alone decide.
        today: what "on the 15th" is counted from.
    """

    def __init__(
        self,
        debt: Debt,
        read: Callable[[str], str] = input,
        say: Callable[[str], None] = print,
        reader: Reader | None = None,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self.debt, self._read, self._say, self._reader, self._today = debt, read, say, reader, today

    def reply(self, table: TableState) -> DebtorReply:
        """The person's answer; asks until there is one that is clear and confirmed."""
        while True:
            try:
                text = self._read("you> ").strip()
                answer = self._answer(text, table) if text else None
            except EOFError:
                self._say("End of input: you leave the table.")
                return _reply(Understood(Move.reject(), "", leaves=True), "")
            except NotClear as question:
                self._say(str(question))
                continue
            if answer is not None:
                return answer

    def _answer(self, text: str, table: TableState) -> DebtorReply | None:
        """The reply that `text` makes, None if it was no move or was not confirmed."""
        if text.startswith("/"):
            command, *figures = text[1:].split()
            if command == "help":
                self._say(HELP)
                return None
            understood = by_command(command, figures, table)
            said = words.package(terms_after(understood.move, table)) if understood.move.terms else ""
            return _reply(understood, f"My offer: {said}." if said else _SAID.get(command, ""))
        understood = self._heard(text, table)
        self._say(understood.sentence)
        if not said_yes(self._read("Is that what you mean? [y/n] ")):
            self._say("Nothing was sent. Say it in other words, or see /help.")
            return None
        return _reply(understood, text)

    def _heard(self, text: str, table: TableState) -> Understood:
        try:
            return hear(text, self._reader, table, self.debt, self._today())
        except UserError as error:
            raise NotClear(f"{error}. The commands need no model, see /help.") from None
        except ProgramFault:
            raise NotClear("I could not make that out. Say it in other words, or see /help.") from None
        except InfrastructureFailure as failure:
            raise NotClear(f"The model that reads your words failed ({failure}). Try again, or see /help.") from None


_SAID = {"accept": "I accept.", "reject": "I cannot accept that.", "leave": "I am leaving."}


def _reply(understood: Understood, dialogue: str) -> DebtorReply:
    turn = Turn(
        speaker=Speaker.DEBTOR, move=understood.move, dialogue=words.heard(dialogue), disclosed=understood.disclosed
    )
    return DebtorReply(turn, leaves=understood.leaves)


def model_reader(lm: Callable[[], dspy.LM], program: MessageReader | None = None) -> Reader:
    """A reader on a model that is made when the first free text comes, so that commands need none.

    Args:
        lm: gives the model; called once a message.
        program: the reading program, compiled or not.
    """
    return _ModelReader(lm, program or MessageReader())


class _ModelReader:
    """See `model_reader`."""

    def __init__(self, lm: Callable[[], dspy.LM], program: MessageReader) -> None:
        self._lm, self._program = lm, program
        self.weight = program.weight

    def __call__(self, standing_offer: str, message: str, currency: str = "") -> Reading:
        # Not part of the program that is played: no trace, no demos, no optimiser.
        with dspy.context(lm=self._lm(), trace=None):
            read = self._program(standing_offer=standing_offer, message=message, currency=currency)
        reading: Reading = read.reading
        return reading
