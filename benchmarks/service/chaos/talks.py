"""Debtors and operators who go on through every fault: what failed is tried again, as a page or a person would."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.conversation import takeover as operating
from app.conversation.negotiations import Negotiations
from app.conversation.plans.repayment_plan import Plan
from app.database.stored_rows import NotNow, row_of
from app.database.tables import NegotiationRow, Status
from benchmarks.service.chaos.fault_injection import Killed
from plumbing.errors import UserError

OPERATOR = "olga"
STOP = "Stop writing to me!"
PATIENCE = 60
"""So often a page tries to send before it says that there is no connection."""
ACTS = {
    "offer": 60, "unclear": 8, "agree": 5, "goodbye": 2, "yes": 2, "stop": 1, "accept": 8, "confirm": 8,
    "reconsider": 4, "decline": 1, "person": 2, "take over": 2, "hand back": 4,
}  # fmt: skip
"""What happens next, and how often."""


@dataclass
class ChaosTalk:
    """One negotiation as those who take part know it."""

    case_id: str
    id: str = ""
    sent: list[tuple[str, str, int]] = field(default_factory=list)
    """Messages that were told to be stored: key, text, position."""
    stopped: int | None = None
    """Position of the message that asks for silence."""
    confirmed: str | None = None
    """The plan that the debtor was told binds."""
    over: bool = False
    """It has ended; with a person it never does."""


class People:
    """Who takes part.

    Args:
        process: gives a process that lives, another one perhaps each time.
        rng: decides what they do.
    """

    def __init__(self, process: Callable[[], Negotiations], rng: random.Random) -> None:
        self.process, self.rng = process, rng
        self.messages = 0
        self._acts = {
            "accept": lambda talk: self._tried(lambda one: one.accept_offer(talk.id)),
            "confirm": self._confirm,
            "reconsider": lambda talk: self._tried(lambda one: one.reconsider(talk.id)),
            "decline": lambda talk: self._tried(lambda one: one.decline(talk.id)),
            "person": lambda talk: self._tried(lambda one: one.ask_for_a_person(talk.id)),
            "take over": self._take_over,
            "hand back": lambda talk: self._tried(lambda one: operating.hand_back(one.database, talk.id, OPERATOR)),
        }

    def begin(self, talk: ChaosTalk) -> None:
        """An operator starts it; whether it was, is looked up where that is not known."""

        def start(service: Negotiations) -> str:
            with service.database.reading() as session:
                known = session.scalar(select(NegotiationRow.id).where(NegotiationRow.case_id == talk.case_id))
            return known or service.start(talk.case_id, asked_for=True)

        found = self._tried(start)
        assert isinstance(found, str)
        talk.id = found

    def act(self, talk: ChaosTalk) -> str:
        """Somebody does something; what it was."""
        what = self.rng.choices(list(ACTS), list(ACTS.values()))[0]
        if what in self._acts:
            self._acts[what](talk)
        else:
            self._write(talk, what)
        return what

    def accept(self, talk: ChaosTalk) -> bool:
        """The debtor presses Accept; whether there was something to accept."""
        return isinstance(self._tried(lambda one: one.accept_offer(talk.id)), Plan)

    def _write(self, talk: ChaosTalk, what: str) -> None:
        number = self.rng.randint(12, 60)
        text = {
            "offer": f"I could manage {number} monthly instalments{', please' * (self.messages % 7)}.",
            "unclear": f"Make it {number} monthly instalments or {number + 1} monthly instalments.",
            "agree": "All right, I accept.",
            "goodbye": "Goodbye.",
            "yes": "Yes.",
            "stop": STOP,
        }[what]
        key = f"key-{self.messages}"
        self.messages += 1
        position = self._tried(lambda one: one.receive(talk.id, text, key))
        if not isinstance(position, int):
            talk.over = True
            return
        talk.sent.append((key, text, position))
        if what == "stop":
            talk.stopped = talk.stopped or position

    def _confirm(self, talk: ChaosTalk) -> None:
        def confirm(service: Negotiations) -> Plan | None:
            with service.database.reading() as session:
                row = row_of(session, talk.id)
            shown = row.pending or row.agreed
            return service.confirm(talk.id, Plan.model_validate(shown).id) if shown else None

        agreed = self._tried(confirm)
        if isinstance(agreed, Plan):
            talk.confirmed, talk.over = agreed.id, True

    def _take_over(self, talk: ChaosTalk) -> None:
        self._tried(lambda one: operating.take_over(one.database, talk.id, OPERATOR))
        self.messages += 1
        text = f"I am Olga, and I have read this ({self.messages})."
        with_operator = self._tried(lambda one: _leads(one, talk.id))
        if with_operator:  # once: an operator's message has no key, and is not sent again by itself
            self._tried(lambda one: operating.write(one.database, talk.id, OPERATOR, text), tries=1)

    def _tried(self, act: Callable[[Negotiations], object], tries: int = PATIENCE) -> object:
        """What came of an act that is tried until a process does it; None where it is refused."""
        for _ in range(tries):
            try:
                return act(self.process())
            except (NotNow, UserError):
                return None
            except (OperationalError, Killed):
                continue
        assert tries == 1
        return None


def _leads(service: Negotiations, found: str) -> bool:
    with service.database.reading() as session:
        row = row_of(session, found)
    return row.operator == OPERATOR and not Status(row.status).automated
