"""One run: three processes on one database, faults at random moments, and what the database holds at its end."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import dspy
from sqlalchemy.exc import OperationalError

from app.conversation.house import House
from app.conversation.negotiations import Negotiations
from app.database.migrating import migrate
from app.database.stored_rows import NotThere, row_of
from app.database.tables import Status
from app.database.transactions import Database
from benchmarks.service.chaos.fault_injection import Faults, FaultyDatabase, FaultyEngine, InjectedFault, Killed
from benchmarks.service.chaos.invariants import violations
from benchmarks.service.chaos.talks import ChaosTalk, People
from programs.table.failures import InfrastructureFailure
from tests.app.desk import desk_answer, house
from tests.programs.cases import case

PROCESSES = 3
AT_ONCE = 8
"""Negotiations that go on at the same time."""
LONGEST_TALK = 14
"""Messages after which a debtor comes no more."""
STEP_S = 2.0
"""What passes between two acts, so that pauses and leases end."""
SETTLE_S = 30.0
STALL_S = 30.0
MEANWHILE = 0.3
"""How often something happens in a negotiation while the model thinks about it."""


@dataclass(frozen=True)
class ChaosResult:
    """What came of a run."""

    turns: int
    talks: int
    faults: Counter[InjectedFault]
    processes: int
    """That were started, the first three among them."""
    statuses: Counter[str]
    wrong: list[str]
    """What is not as it should be, a sentence each; empty: nothing."""


class Chaos:
    """A run; the same arguments do the same again.

    Args:
        folder: an empty one, for the book.
        url: of an empty database.
        seed: of everything that is random.
        turns: messages of debtors, in all.
        faults: how many, in all.
    """

    def __init__(self, folder: Path, url: str, seed: int, turns: int, faults: int) -> None:
        self.url, self.turns = url, turns
        self.rng = random.Random(f"chaos:{seed}")
        self.faults = Faults(self.rng)
        self.due = self._schedule(faults)
        self.engine = FaultyEngine(desk_answer("Let us find a plan."), self.faults)
        self.house = _house(folder, self.engine, turns)
        self.started = 0
        self.processes = [self._process() for _ in range(PROCESSES)]
        self.people = People(self._some_process, self.rng)
        self.talks: list[ChaosTalk] = []
        self.wrong: list[str] = []

    def play(self) -> ChaosResult:
        """Play everything, then let what waits be answered without faults.

        Returns:
            What came of it.
        """
        with self.faults.clock():
            for step in range(100 * self.turns):
                if self.people.messages >= self.turns and not self.faults.armed:
                    break
                self._arm()
                self._step(step)
            self._settle()
        database = Database(self.url)
        found = ChaosResult(
            turns=sum(len(talk.sent) for talk in self.talks),
            talks=len(self.talks),
            faults=self.faults.fired,
            processes=self.started,
            statuses=self._statuses(database),
            wrong=[*self.wrong, *violations(database, self.talks)],
        )
        database.close()
        for process in self.processes:
            process.database.close()
        return found

    def _schedule(self, number: int) -> dict[int, list[InjectedFault]]:
        """Which faults come before which message."""
        kinds = list(InjectedFault)
        due: dict[int, list[InjectedFault]] = {}
        for each in range(number):
            due.setdefault(self.rng.randrange(self.turns), []).append(kinds[each % len(kinds)])
        return due

    def _arm(self) -> None:
        for message in [one for one in self.due if one <= self.people.messages]:
            for fault in self.due.pop(message):
                self.faults.arm(fault)

    def _process(self) -> Negotiations:
        database = FaultyDatabase(self.url, self.faults)
        if not self.started:
            migrate(database)
        self.started += 1
        return Negotiations(database, self.house)

    def _some_process(self) -> Negotiations:
        """One of the processes, started anew where it was killed."""
        number = self.rng.randrange(PROCESSES)
        if self.processes[number].database.dead:
            self.processes[number].database.close()
            self.processes[number] = self._process()
        self.faults.acting = self.processes[number].database
        return self.processes[number]

    def _step(self, step: int) -> None:
        self.faults.clock_s += STEP_S
        self.people.act(self._talk(step % AT_ONCE))
        for _ in range(self.rng.randrange(4)):
            self._answer_one()

    def _talk(self, place: int) -> ChaosTalk:
        """Who talks at one of the places; a new one where the last one is over."""
        current = [talk for talk in self.talks if int(talk.case_id[2:]) % AT_ONCE == place]
        if current and not current[-1].over and len(current[-1].sent) < LONGEST_TALK:
            return current[-1]
        talk = ChaosTalk(f"d-{place + AT_ONCE * len(current)}")
        self.people.begin(talk)
        self.talks.append(talk)
        return talk

    def _answer_one(self) -> bool:
        """A worker's round: whoever has waited longest gets a turn; whether somebody waited."""
        try:
            service = self._some_process()
            waiting = service.waiting()
            if waiting:
                self._answer(service, waiting[0])
        except (OperationalError, Killed, InfrastructureFailure, NotThere):
            return True
        return bool(waiting)

    def _answer(self, service: Negotiations, found: str) -> None:
        talk = next(one for one in self.talks if one.id == found) if self._knows(found) else None
        pressed: list[bool] = []
        if talk is not None and self.rng.random() < MEANWHILE:
            self.engine.meanwhile = lambda: self._meanwhile(service, talk, pressed)
        try:
            service.answer(found)
        finally:
            self.engine.meanwhile = None
        if any(pressed):
            self._expect_confirming(found)

    def _knows(self, found: str) -> bool:
        return any(one.id == found for one in self.talks)

    def _meanwhile(self, service: Negotiations, talk: ChaosTalk, pressed: list[bool]) -> None:
        """Something happens in the negotiation while `service` thinks about it, or another process would answer it."""
        acting = self.faults.acting
        if self.rng.random() < 0.3:
            pressed.append(self.people.accept(talk))
        elif self.rng.random() < 0.3:
            self._answer_as_another(service, talk)
        else:
            self.people.act(talk)
        self.faults.acting = acting

    def _answer_as_another(self, service: Negotiations, talk: ChaosTalk) -> None:
        """Another process answers too, perhaps after the one that thinks has stalled for longer than its lease."""
        self.faults.clock_s += self.rng.choice((0.0, STALL_S))
        other = self._some_process()
        if other is service:
            return
        try:
            other.answer(talk.id)
        except (OperationalError, Killed, InfrastructureFailure):
            return

    def _expect_confirming(self, found: str) -> None:
        database = Database(self.url)
        with database.reading() as session:
            row = row_of(session, found)
        database.close()
        if Status(row.status) is Status.OPEN:
            self.wrong.append(f"negotiation {found}: Accept was pressed, and an answer in progress undid it")

    def _settle(self) -> None:
        idle = 0
        while idle < PROCESSES:
            self.faults.clock_s += SETTLE_S
            idle = 0 if self._answer_one() else idle + 1

    def _statuses(self, database: Database) -> Counter[str]:
        with database.reading() as session:
            return Counter(row_of(session, talk.id).status for talk in self.talks)


def _house(folder: Path, engine: FaultyEngine, turns: int) -> House:
    cases = [case(case_id=f"d-{number}") for number in range(turns + AT_ONCE)]
    lm = dspy.LM("scripted/chaos", engine=engine, cache=False, num_retries=0, temperature=0.0, max_tokens=400)
    return house(folder, lm, cases=cases)
