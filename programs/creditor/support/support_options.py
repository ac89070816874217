"""What the support says in a turn: options with figures that a person could check, and how sure it is.

These types are what a planner, a negotiator and a judge are shown; nothing in them is more than the account, the talk
and what was learned from others tell.
"""

from __future__ import annotations

from data.domain import Inquiry, MinorUnits, Move, MoveKind
from data.frozen import Frozen
from data.terms import Terms

NEXT_TO_NO_CHANCE = 0.05
"""Chance that any plan is kept below which none is proposed any more."""
_OF_MONEY = {Inquiry.INCOME, Inquiry.EXPENSES, Inquiry.ASSETS}


class Option(Frozen):
    """One thing that can be done now."""

    kind: MoveKind
    """`ask`: offer `terms`; `accept`: take the debtor's standing package, which `terms` then is."""
    terms: Terms
    due_minor: MinorUnits
    """All that is paid under the plan."""
    first_payment_minor: MinorUnits
    monthly_minor: MinorUnits
    """Each of `terms.installment_periods` instalments."""
    fits_told: bool | None
    """Whether what was told can carry it; None while income or living costs are not told."""
    chance_now: float
    """That it is accepted in this round; 1 for an acceptance."""
    chance_later: float
    """That it would be accepted by the end, if not now."""
    chance_kept: float
    """That every payment is made, if it is agreed."""
    worth: float
    """Expected CCI if it is agreed, 0..1."""
    value: float
    """Expected CCI of doing this now and going on as well as possible; what options are ranked by."""
    leaves_monthly_minor: int
    """What income and living costs, as believed, leave the debtor a month beside the instalment; may be negative."""

    @property
    def move(self) -> Move:
        """As a move at the table."""
        return Move.accept() if self.kind is MoveKind.ACCEPT else Move.ask(self.terms)


class Spread(Frozen):
    """An uncertain amount, minor units."""

    mean: float
    low: float
    """The belief's lowest draw of some weight (5 %), and `high` its highest."""
    high: float


class Household(Frozen):
    """What is believed of the debtor's money."""

    income: Spread
    expenses: Spread
    savings: Spread
    chance_bent: float
    """That the claims so far are worse than the truth."""


class Support(Frozen):
    """All that the support says in one turn of the creditor."""

    round: int
    rounds_left: int
    options: tuple[Option, ...]
    """Three to six, the best first; one of them the acceptance where the debtor's package may be accepted."""
    household: Household
    questions: dict[Inquiry, float]
    """What may be asked now and what the answer is worth in CCI, most valuable first."""
    chance_any_kept: float
    """That any plan inside the policy could be kept."""
    evidence_against: float
    """How strongly the refusals so far speak against the forecasts; 1 not at all (see watch.py)."""
    trusted: bool
    """Whether the forecasts are believed; if not, the best option is a cautious rule's."""
    firm: bool
    """Whether the course is still one of moderate steps."""

    @property
    def best(self) -> Option:
        """The option of the highest value."""
        return self.options[0]

    @property
    def question(self) -> Inquiry | None:
        """The question that is worth most; None where none is left."""
        return next(iter(self.questions), None)

    @property
    def to_ask(self) -> Inquiry | None:
        """That question while an answer to it can still be used; None in the last round."""
        return self.question if self.rounds_left else None

    @property
    def nothing_can_be_kept(self) -> bool:
        """Whether no plan inside the policy can be kept, as far as can be known: a person should be offered instead.

        Never while something about money can still be asked: half of what was told is easily read as the worst.
        """
        return self.chance_any_kept < NEXT_TO_NO_CHANCE and not _OF_MONEY & set(self.questions)

    def cost_of(self, pick: Option) -> float:
        """What a pick costs against the best option, expected CCI; below 0 where it is better by the forecasts."""
        return self.best.value - pick.value

    def option_for(self, move: Move, standing: Terms | None = None) -> Option | None:
        """The option that a move is, if it is one of them.

        Args:
            move: a creditor's.
            standing: the debtor's standing package, which an acceptance takes.
        """
        terms = standing if move.kind is MoveKind.ACCEPT else move.terms and move.terms.over(None)
        return next((one for one in self.options if one.kind is move.kind and one.terms == terms), None)
