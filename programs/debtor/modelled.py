"""A debtor played by a language model of its own: never optimised, its calls never in a trace.

The information barrier holds in both directions. The prompt is built from the debtor's case and from the table as the
debtor sees it (`TableState`), in which there are no creditor thoughts, strategy, ladder or limits; what leaves is a
move, words and typed claims. The model chooses how to move; figures are made and stated by code, so that the words
and the move cannot disagree.
"""

from __future__ import annotations

import math
import re

import dspy

from data.dimensions import DIMENSIONS, SPECS
from data.domain import DebtCase, Disclosure, Inquiry, Move, Speaker, Turn
from data.terms import Terms
from metrics.money.simulation import monthly_installment
from metrics.talk.figures import stated_figures
from plumbing.hidden import Hidden
from programs.debtor.affordability import carries, whole
from programs.debtor.claims import claim_about
from programs.debtor.personas import traits_of
from programs.debtor.simulated import opening_demand, seeded
from programs.debtor.voice import spoken_amount, spoken_circumstance
from programs.models.calls import call
from programs.table import words
from programs.table.failures import InfrastructureFailure, ProgramFault
from programs.table.runner import DebtorReply, TableState
from signatures.debtor import AnswerAsDebtor, DebtorTurn

STEPS: dict[str, float] = {"give_a_little": 0.12, "give_more": 0.3}
"""Share of the gap to the creditor's offer that a step closes."""


class DebtorUnusable(InfrastructureFailure):
    """The debtor's model gave nothing usable twice; that is not the creditor program's fault."""

    kind = "debtor_unusable"


class LMDebtor:
    """A debtor at the table (programs.table.DebtorSeat) whose decisions and words a model makes.

    Args:
        case: the whole case.
        seed: of the sampling, where the model samples.
        lm: the debtor's own model.
        temperature: None leaves it to the model.
    """

    def __init__(self, case: DebtCase, seed: int, lm: dspy.LM, temperature: float | None = None) -> None:
        self.case, self.seed, self.temperature = case, seed, temperature
        self._manner = traits_of(case).manner
        self._opening = opening_demand(case, seeded(case, seed, "start"))
        self._model = Hidden((lm, dspy.Predict(AnswerAsDebtor)))

    def reply(self, table: TableState) -> DebtorReply:
        """The answer to the creditor's last turn.

        Raises:
            InfrastructureFailure: the model could not be reached, or gave nothing usable after one retry.
        """
        answer = self._ask(table)
        inquiry = None if answer.tells == "nothing" else Inquiry(answer.tells)
        claim, told = claim_about(inquiry, self.case) if inquiry else (None, "")
        if answer.choice == "leave" and table.round > 1:
            return DebtorReply(self._turn(Move.reject(), answer, told, "Goodbye.", claim), leaves=True)
        move, stated = self._move(answer, table)
        return DebtorReply(self._turn(move, answer, told, stated, claim))

    def _ask(self, table: TableState) -> DebtorTurn:
        lm, predictor = self._model.held
        inputs = {
            "you": self._about_me(),
            "dialogue": _dialogue(table),
            "situation": self._situation(table),
        }
        try:
            # trace=None: an optimiser must find no debtor call; the usage tracker counts the program's calls only.
            with dspy.context(lm=lm, trace=None, usage_tracker=None):
                return call(predictor, "debtor", self.seed, self.temperature, **inputs).turn
        except ProgramFault as fault:
            raise DebtorUnusable(f"the debtor's model gave nothing usable twice ({fault.kind}: {fault})") from fault

    def _move(self, answer: DebtorTurn, table: TableState) -> tuple[Move, str]:
        """The move and the sentence that states it. A step that the finances cannot carry is not promised."""
        if answer.choice == "accept" and table.theirs is not None:
            return Move.accept(), f"I agree to {words.package(table.theirs)}."
        if table.own is None or table.theirs is None:
            return _demand(self._opening)
        demand = _towards(table.own, table.theirs, STEPS.get(answer.choice, 0.0))
        if demand == table.own or not carries(whole(self.case.finances), self.case.debt.outstanding, demand):
            return Move.reject(), f"I stay with {words.package(table.own)}."
        return _demand(demand)

    def _about_me(self) -> str:
        money, debt = self.case.finances, self.case.debt
        amounts = {
            "monthly income": money.monthly_income,
            "living costs a month": money.monthly_expenses,
            "savings": money.assets,
            "debt": debt.outstanding,
        }
        listed = ", ".join(f"{name} {spoken_amount(amount, debt.currency)}" for name, amount in amounts.items())
        told = self.case.circumstance
        beside = "" if told is None else f' You want to mention: "{spoken_circumstance(told, debt.currency)}"'
        return f"{self._manner} Your {listed}. You fell behind because of: {money.reason.value}. {money.story}{beside}"

    def _situation(self, table: TableState) -> str:
        offered = table.theirs
        if offered is None:
            return "Nothing has been offered yet."
        monthly = spoken_amount(monthly_installment(offered, self.case.debt.outstanding), self.case.debt.currency)
        able = carries(whole(self.case.finances), self.case.debt.outstanding, offered)
        mine = f"Your last offer: {words.package(table.own)}." if table.own else "You have made no offer yet."
        verdict = "could" if able else "could NOT"
        return (
            f"Round {table.round}. The creditor offers: {words.package(offered)}; that is {monthly} a month. "
            f"You {verdict} carry it to the end. {mine}"
        )

    def _turn(self, move: Move, answer: DebtorTurn, told: str, stated: str, claim: Disclosure | None) -> Turn:
        said = [_without_figures(answer.words), told, stated]
        return Turn(
            speaker=Speaker.DEBTOR,
            move=move,
            dialogue=" ".join(part for part in said if part),
            thoughts=answer.thoughts,
            disclosed=claim,
        )


def _demand(terms: Terms) -> tuple[Move, str]:
    return Move.ask(terms), f"I ask for {words.package(terms)}."


def _towards(own: Terms, theirs: Terms, share: float) -> Terms:
    """`own` moved by `share` of the way to `theirs`, at least one unit in each dimension that differs."""
    values = {dimension: round(getattr(own, dimension)) for dimension in DIMENSIONS}
    for dimension in own.softer_in(theirs):
        gap = SPECS[dimension].given(getattr(theirs, dimension), getattr(own, dimension))
        values[dimension] -= SPECS[dimension].sign * math.ceil(gap * share)
    return Terms.model_validate(values)


def _without_figures(text: str) -> str:
    """The sentences that name no figure, in digits or in words: what the model's numbers were meant for is unknown."""
    sentences = re.split(r"(?<=[.!?])\s+", words.heard(text))
    return " ".join(s for s in sentences if not re.search(r"[\d%]", s) and not stated_figures(s))


def _dialogue(table: TableState) -> str:
    lines = [
        f"{'You' if turn.speaker is Speaker.DEBTOR else 'Creditor'}: {words.heard(turn.dialogue)}"
        for turn in table.turns
    ]
    return "\n".join(lines)
