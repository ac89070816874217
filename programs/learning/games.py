"""Training negotiations, and what is asked of the debtors beside them: what would you have said to this other offer?

A simulated debtor's answer is a function of the table, so it can be asked about any number of offers in one state. A
held-out debtor is never among those that are played.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from data.domain import CreditorPolicy, CreditorView, DebtCase, Ending, MoveKind, Speaker, Turn
from data.terms import Terms
from programs.creditor.rational import RationalCreditor, asking
from programs.creditor.support.facts import facts_of
from programs.creditor.support.learned.finances import FinanceModel
from programs.creditor.support.learned.support_model import SupportModel
from programs.creditor.support.learned.table_features import rows, table_features
from programs.creditor.support.plans import Floats, Plans, no_firmer, package, row
from programs.debtor.personas import traits_of
from programs.debtor.simulated import SimulatedDebtor
from programs.learning.training_creditors import SteadyCreditor, goal, varied_course, varied_offers
from programs.learning.worlds import drawn, world
from programs.table.runner import CreditorSeat, TableState, play, view

POLICY = CreditorPolicy()
OFFERS_A_STATE = 12
OFFERS_AT_THE_END = 40
EXPLORING = 0.08
"""Share of turns in which any offer is made instead of the best."""


@dataclass
class Examples:
    """Rows with their answers and the debtor each is of; blocks that are joined when they are asked for."""

    rows: list[Floats] = field(default_factory=list)
    answers: list[Floats] = field(default_factory=list)
    debtors: list[str] = field(default_factory=list)

    def add(self, some: Floats, answers: Floats, debtor: str) -> None:
        """Rows of one debtor."""
        self.rows.append(some.astype(np.float32))
        self.answers.append(np.asarray(answers, dtype=np.float64))
        self.debtors += [debtor] * len(some)

    def joined(self) -> tuple[Floats, Floats, np.ndarray]:
        """(N, F) rows, (N,) answers 0 or 1, (N,) debtors' ids."""
        return np.concatenate(self.rows).astype(np.float64), np.concatenate(self.answers), np.array(self.debtors)


@dataclass
class Gathered:
    """What training negotiations taught."""

    now: Examples = field(default_factory=Examples)
    """Offers, and whether the debtor took them at once."""
    later: Examples = field(default_factory=Examples)
    """Offers, and whether it would take them at the end."""
    bent: Examples = field(default_factory=Examples)
    """Tables, and whether the claims on them are bent."""
    negotiations: int = 0


def gather(
    cases: Sequence[DebtCase],
    finances: FinanceModel,
    model: SupportModel | None,
    seeds: Sequence[int],
    changed: float = 0.5,
    on_played: Callable[[], None] | None = None,
) -> Gathered:
    """One negotiation of each case and seed.

    Args:
        cases: debtors of the train split, or of val for measuring.
        finances: what accounts tell of households.
        model: of the support that plays; None: a steady creditor plays, who shows what is taken at last.
        seeds: of the debtors; also draws the creditors' manners and the worlds.
        changed: share of the negotiations that are played in a changed world.
        on_played: told after each.
    """
    found = Gathered()
    for seed in seeds:
        for case in cases:
            rng = np.random.default_rng([seed, *case.case_id.encode(), model is None])
            change = drawn(int(rng.integers(2**31))) if rng.random() < changed else None
            with world(change):
                if model is None:
                    _steady(case, finances, seed, rng, found)
                else:
                    _near_best(case, finances, model, seed, rng, found)
            found.negotiations += 1
            if on_played is not None:
                on_played()
    return found


def _steady(case: DebtCase, finances: FinanceModel, seed: int, rng: np.random.Generator, found: Gathered) -> None:
    """A whole negotiation without acceptance; which offers the debtor takes at its end is true of all its tables."""
    account = case.creditor_view()
    tables = _Tables(SteadyCreditor(account, POLICY, finances, rng))
    debtor = SimulatedDebtor(case, seed)
    record = play(case, tables, debtor, POLICY, seed)
    last = tables.seen[-1]
    facts = facts_of(last)
    plans = varied_offers(facts, POLICY, goal(facts, account, POLICY, finances, rng), OFFERS_AT_THE_END, rng)
    plans = np.concatenate([plans[: OFFERS_AT_THE_END // 2], _from_the_start(plans[OFFERS_AT_THE_END // 2 :], rng)])
    taken = np.zeros(len(plans))
    if record.agreed is not None:
        taken = no_firmer(plans, row(record.agreed)).astype(np.float64)
    elif record.ending is not Ending.WALKED_AWAY:
        taken = _answers(debtor, last, plans)
        legal = no_firmer(plans, facts.own[-1])
        found.now.add(_rows(last, account, finances, plans[legal]), taken[legal], case.case_id)
    for table in tables.seen:
        some = rng.choice(len(plans), OFFERS_A_STATE, replace=False)
        found.later.add(_rows(table, account, finances, plans[some]), taken[some], case.case_id)
        _note_bent(case, table, account, finances, found)


def _from_the_start(plans: Plans, rng: np.random.Generator) -> Plans:
    """The same, half the way back to the firmest offer: what is firmer than the last offer is asked about as well."""
    back = rng.uniform(0, 1, (len(plans), 1))
    return np.rint(plans + back * (row(POLICY.firmest()) - plans))


def _near_best(
    case: DebtCase, finances: FinanceModel, model: SupportModel, seed: int, rng: np.random.Generator, found: Gathered
) -> None:
    """The support itself plays, nearly; in every state the debtor is asked about other offers as well."""
    account, debtor = case.creditor_view(), SimulatedDebtor(case, seed)
    inner = RationalCreditor(account, POLICY, seed, model, varied_course(rng))

    def on_turn(table: TableState, turn: Turn) -> Turn:
        facts = facts_of(table)
        plans = varied_offers(facts, POLICY, goal(facts, account, POLICY, finances, rng), OFFERS_A_STATE - 2, rng)
        ours = [] if turn.move.terms is None or (t := turn.move.terms.over(None)) is None else [row(t)]
        plans = np.concatenate([plans, np.array(ours)]) if ours else plans
        found.now.add(_rows(table, account, finances, plans), _answers(debtor, table, plans, turn), case.case_id)
        _note_bent(case, table, account, finances, found)
        explores = rng.random() < EXPLORING or (turn.move.kind is MoveKind.ACCEPT and rng.random() < 0.5)
        return asking(package(plans[0]), table.own, turn.inquiry) if explores else turn

    play(case, _Tables(inner, on_turn), debtor, POLICY, seed)


class _Tables:
    """A seat that remembers the tables it saw, and lets its turns be changed."""

    ladder: tuple[Terms, ...] = ()

    def __init__(self, seat: CreditorSeat, on_turn: Callable[[TableState, Turn], Turn] | None = None) -> None:
        self.seat, self.on_turn, self.seen = seat, on_turn, list[TableState]()

    def next_turn(self, table: TableState) -> Turn:
        """The seat's turn."""
        self.seen.append(table)
        turn = self.seat.next_turn(table)
        return turn if self.on_turn is None else self.on_turn(table, turn)


def _answers(debtor: SimulatedDebtor, table: TableState, plans: Plans, instead_of: Turn | None = None) -> Floats:
    """(N,): whether the debtor takes each offer, made on this table with the question of the turn that was made."""
    question = None if instead_of is None else instead_of.inquiry
    offers = (asking(package(plan), table.own, question) for plan in plans)
    said = (debtor.reply(view((*table.turns, offer), Speaker.DEBTOR, POLICY)) for offer in offers)
    return np.array([reply.turn.move.kind is MoveKind.ACCEPT for reply in said], dtype=np.float64)


def _rows(table: TableState, account: CreditorView, finances: FinanceModel, plans: Plans) -> Floats:
    facts = facts_of(table)
    return rows(table_features(facts, account, finances.draws(account, facts)), plans)


def _note_bent(
    case: DebtCase, table: TableState, account: CreditorView, finances: FinanceModel, found: Gathered
) -> None:
    facts = facts_of(table)
    if facts.income is None and facts.expenses is None and facts.assets is None:
        return
    seen = table_features(facts, account, finances.draws(account, facts)).fixed
    found.bent.add(seen[None], np.array([not traits_of(case).honest]), case.case_id)
