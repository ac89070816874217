"""A person on the debtor's side: what they type becomes a move, and nothing is binding before they confirm it.

Commands work without a model. Free text is read by one (signatures/reading.py) and held against the text itself
(programs/debtor/understanding.py).
"""

from __future__ import annotations

from collections.abc import Callable

import dspy

from data.domain import DebtCase, Move, Speaker, Turn
from plumbing.errors import UserError
from programs.debtor.understanding import NotClear, Understood, by_command, terms_after, understand
from programs.models.calls import call
from programs.table import words
from programs.table.failures import InfrastructureFailure, ProgramFault
from programs.table.runner import DebtorReply, TableState
from signatures.reading import Reading, ReadMessage

Reader = Callable[[str, str], Reading]
"""(the creditor's standing offer in words, the message) -> what the message says."""

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

_YES = frozenset({"y", "yes", "ok", "是", "好", "对"})


class PersonDebtor:
    """The debtor's seat taken by the person at the keyboard (programs.table.DebtorSeat).

    Args:
        case: the debtor whose part the person plays.
        read: asks for one line with the given prompt; raises EOFError at the end of input.
        say: shows one message.
        reader: reads free text; None where there is no model, then only commands work.
    """

    def __init__(
        self,
        case: DebtCase,
        read: Callable[[str], str] = input,
        say: Callable[[str], None] = print,
        reader: Reader | None = None,
    ) -> None:
        self.case, self._read, self._say, self._reader = case, read, say, reader

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
        understood = understand(self._reading(text, table), text, table, self.case.debt.currency)
        self._say(understood.sentence)
        if self._read("Is that what you mean? [y/n] ").strip().lower() not in _YES:
            self._say("Nothing was sent. Say it in other words, or see /help.")
            return None
        return _reply(understood, text)

    def _reading(self, text: str, table: TableState) -> Reading:
        if self._reader is None:
            raise NotClear("There is no model here to read your own words; use a command, /help lists them.")
        try:
            return self._reader(words.package(table.theirs) if table.theirs else "none yet", text)
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


def model_reader(lm: Callable[[], dspy.LM]) -> Reader:
    """A reader on a model that is made when the first free text comes, so that commands need none.

    Args:
        lm: gives the model; called once a message.
    """
    predictor = dspy.Predict(ReadMessage)

    def read(standing_offer: str, message: str) -> Reading:
        # Not part of the program that is played: no trace, no demos, no optimiser.
        with dspy.context(lm=lm(), trace=None):
            answer = call(predictor, "debtor", 0, 0.0, standing_offer=standing_offer, message=words.heard(message))
        reading: Reading = answer.reading
        return reading

    return read
