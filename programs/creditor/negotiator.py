"""The negotiator: one creditor turn. On a ladder it chooses how to move; without one it states its terms freely."""

from __future__ import annotations

from typing import Any

import dspy

from data.domain import Inquiry, Move, MoveKind, Speaker, Turn
from data.terms import Terms
from metrics.money.valuation import rung_matched
from programs.creditor.briefing import Briefing, dialogue_text, ladder_text, situation_text
from programs.creditor.settings import ProgramSettings
from programs.models.calls import call
from programs.table import words
from signatures.turn import FreeTurn, LadderTurn, TakeFreeTurn, TakeLadderTurn
from wording import english_name, mark, sentences

NO_ADVICE = "none"
STEP_WORTH_ANSWERING = 1e-9
STRAY_NOTE = mark("words: a sentence with figures, internal words, an echo or no end was left out")


class LadderNegotiator(dspy.Module):
    """Chooses hold, step down or accept on the planner's ladder (paper: communicating agent)."""

    def __init__(self, settings: ProgramSettings) -> None:
        super().__init__()
        self.settings = settings
        self.predict = dspy.Predict(TakeLadderTurn)

    def forward(self, briefing: Briefing, advice: str = "", seed: int = 0) -> dspy.Prediction:
        """A `Prediction` with `turn`, a draft that has not passed the judge or the guard.

        Raises:
            ProgramFault, InfrastructureFailure: see `programs.models.calls.call`.
        """
        told = _told(briefing, advice, ladder=ladder_text(briefing.ladder))
        choice: LadderTurn = _choice(self, seed, told)
        return dspy.Prediction(turn=spoken(briefing, ladder_move(briefing, choice.choice, self.settings), choice))


class FreeNegotiator(dspy.Module):
    """States its terms freely: the vanilla baseline, whose over-concession the project measures."""

    def __init__(self, settings: ProgramSettings) -> None:
        super().__init__()
        self.settings = settings
        self.predict = dspy.Predict(TakeFreeTurn)

    def forward(self, briefing: Briefing, advice: str = "", seed: int = 0) -> dspy.Prediction:
        """As `LadderNegotiator.forward`.

        Raises:
            ProgramFault, InfrastructureFailure: see `programs.models.calls.call`.
        """
        choice: FreeTurn = _choice(self, seed, free_inputs(briefing, advice))
        move = Move.ask(choice.terms.terms()) if choice.choice == "ask" else Move(kind=MoveKind(choice.choice))
        return dspy.Prediction(turn=spoken(briefing, move, choice))


def free_inputs(briefing: Briefing, advice: str = "") -> dict[str, str]:
    """The input fields of `TakeFreeTurn` at one turn."""
    return _told(briefing, advice, limits=words.limits(briefing.policy))


def _told(briefing: Briefing, advice: str, **private: str) -> dict[str, str]:
    """What both negotiators are told, and the `private` field of this one, in the order of the contract."""
    return {
        "account": words.account(briefing.view),
        **private,
        "dialogue": dialogue_text(briefing.table),
        "advice": advice or NO_ADVICE,
        "situation": situation_text(briefing) + _in_which_language(briefing),
    }


def _in_which_language(briefing: Briefing) -> str:
    """One sentence more where the debtor is not spoken to in English."""
    tag = words.other_tongue(briefing.view)
    return f" Write the message in {english_name(tag)}." if tag else ""


def _choice(negotiator: LadderNegotiator | FreeNegotiator, seed: int, told: dict[str, str]) -> Any:
    return call(negotiator.predict, "negotiator", seed, negotiator.settings.temperature, **told).turn


def ladder_move(briefing: Briefing, choice: str, settings: ProgramSettings) -> Move:
    """The figures behind a choice: the opening rung first, then the rung stood on or the next one down.

    The floor is the softest package that the plan finds worth accepting, so to accept less is to step down instead.
    """
    table, ladder = briefing.table, briefing.ladder
    if table.own is None:
        return Move.ask(ladder[0])
    if choice == "accept" and table.theirs is not None and _acceptable(briefing, table.theirs, settings):
        return Move.accept()
    if table.rounds_left == 0 and (last := final_package(briefing, settings)) is not None:
        return _step_to(briefing, last)
    if choice in {"step_down", "accept"} and (settings.steps_down == "chosen" or _earned(briefing)):
        return _step_to(briefing, ladder[min(briefing.rung + 1, len(ladder) - 1)])
    return Move.ask(table.own)


def final_package(briefing: Briefing, settings: ProgramSettings) -> Terms | None:
    """What is offered in the last round, as `settings.final_offer` has it; None: what the model chose."""
    if settings.final_offer == "next_rung":
        return None
    if settings.final_offer == "last_rung" or briefing.table.theirs is None:
        return briefing.ladder[-1]
    return _matched(briefing, briefing.table.theirs)


def _matched(briefing: Briefing, theirs: Terms) -> Terms:
    """The debtor's offer inside our limits, at no more a month than it asks for as far as the discounts allow."""
    inside, asked = briefing.policy.clamp(theirs), briefing.instalment(theirs)
    discounts = range(round(inside.discount_pct), round(briefing.policy.max_discount_pct) + 1)
    packages = [inside.with_value("discount_pct", float(pct)) for pct in discounts]
    carried = (terms for terms in packages if briefing.instalment(terms) <= asked)
    return (briefing.table.own or inside).softest_with(next(carried, packages[-1]))


def _step_to(briefing: Briefing, rung: Terms) -> Move:
    return Move.accept() if _no_better_than_asked(briefing, rung) else Move.ask(rung)


def _acceptable(briefing: Briefing, offer: Terms, settings: ProgramSettings) -> bool:
    """Whether `offer` may be accepted: legal, and worth at least the ladder's floor, or the softest rung in reach."""
    if briefing.policy.breaches(offer):
        return False
    matched = rung_matched(offer, briefing.ladder, briefing.policy)
    if matched is None or settings.acceptance_reach is None:
        return matched is not None
    return matched <= briefing.rung + settings.acceptance_reach


def _earned(briefing: Briefing) -> bool:
    """Whether the debtor's last step was towards us, or we are behind the pace."""
    step = briefing.last_step(Speaker.DEBTOR)
    return briefing.behind_pace or (step is not None and step > STEP_WORTH_ANSWERING)


def _no_better_than_asked(briefing: Briefing, rung: Terms) -> bool:
    """Whether the debtor already offers as much as `rung`: giving it would be a gift (AC_next, Baarslag 2014)."""
    theirs = briefing.table.theirs
    return (
        theirs is not None and not briefing.policy.breaches(theirs) and briefing.value(theirs) >= briefing.value(rung)
    )


def spoken(briefing: Briefing, move: Move, choice: LadderTurn | FreeTurn) -> Turn:
    """The whole turn: what may be said of the model's message, the stated offer, and the question as a question."""
    inquiry = None if choice.inquiry == "none" else Inquiry(choice.inquiry)
    return stated(briefing, move, choice.message, inquiry, choice.thoughts.strip() or None)


def stated(
    briefing: Briefing,
    move: Move,
    message: str,
    inquiry: Inquiry | None,
    thoughts: str | None = None,
    prompt: str = "",
) -> Turn:
    """A move with what may be said of a model's message, the offer stated by code, and a question.

    Nothing is said that stands in the talk or in `prompt`.
    """
    terms = terms_after(briefing, move)
    argument = words.spoken_part(message, dialogue_text(briefing.table) + prompt)
    notes = () if argument == message.strip() else (STRAY_NOTE,)
    inquiry = None if move.kind is MoveKind.ACCEPT else inquiry
    parts = [
        argument,
        words.statement(move.kind, terms, repeated=terms == briefing.table.own) if terms is not None else "",
        words.question(inquiry) if inquiry is not None else "",
    ]
    return Turn(
        speaker=Speaker.CREDITOR,
        move=move,
        dialogue=sentences(*parts),
        thoughts=thoughts,
        inquiry=inquiry,
        notes=notes,
    )


def terms_after(briefing: Briefing, move: Move) -> Terms | None:
    """The package that stands after `move`: the named one, the debtor's for accept, the own one for reject."""
    table = briefing.table
    if move.kind is MoveKind.ACCEPT:
        return table.theirs
    if move.kind is MoveKind.REJECT or move.terms is None:
        return table.own
    return move.terms.over(table.own)
