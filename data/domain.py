"""What a negotiation is about: the debt, the debtor, the terms, the moves and the record.

Every type is a frozen pydantic model that refuses unknown keys, and the JSON of `Negotiation` *is* the
record format (docs/formats.md). Amounts are integer minor units (cents, fen), never floats. The split
between `DebtCase` (everything) and `CreditorView` (what a creditor may see) is the information barrier:
creditor-side code accepts only the latter, so a leak of finances or persona is a type error.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from data.circumstance import Circumstance
from data.dimensions import (
    DIMENSIONS,
    SPECS,
    Dimension,
    DiscountPct,
    ImmediatePaymentDays,
    ImmediatePaymentPct,
    InstallmentPeriods,
)
from data.frozen import Frozen
from data.terms import PartialTerms, Terms
from wording.tags import LanguageTag

MinorUnits = Annotated[int, Field(ge=0, strict=True)]
"""An amount of money in minor units of its currency (1234 = 12.34)."""


class Persona(StrEnum):
    """How a simulated debtor behaves (parameters: programs/debtor/personas.toml)."""

    COOPERATIVE = "cooperative"
    HESITANT = "hesitant"
    EVASIVE = "evasive"
    STRATEGIC = "strategic"
    HOSTILE = "hostile"
    VULNERABLE = "vulnerable"


class Reason(StrEnum):
    """Why the debt fell overdue."""

    JOB_LOSS = "job_loss"
    REDUCED_INCOME = "reduced_income"
    ILLNESS = "illness"
    DIVORCE = "divorce"
    BUSINESS_FAILURE = "business_failure"
    FAMILY_EMERGENCY = "family_emergency"
    OVERSPENDING = "overspending"
    OTHER = "other"


class Debt(Frozen):
    """An overdue debt; the creditor knows all of it."""

    product: str = Field(min_length=1)
    principal: MinorUnits
    """Amount originally lent, minor units."""
    outstanding: Annotated[int, Field(gt=0, strict=True)]
    """Amount owed today, minor units; never 0, since then there is nothing to negotiate."""
    overdue_days: Annotated[int, Field(ge=0)]
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    """ISO 4217 code."""


class Debtor(Frozen):
    """What the creditor knows of the person."""

    name: str = ""
    age: Annotated[int, Field(ge=18, le=120)] | None = None
    language: Annotated[LanguageTag | None, Field(exclude_if=lambda tag: tag is None)] = None
    """What to speak with the person, as a BCP 47 tag; left out of the JSON where nobody has said."""


class Finances(Frozen):
    """The debtor's private side; a creditor learns of it only what the debtor says."""

    monthly_income: MinorUnits
    monthly_expenses: MinorUnits
    assets: MinorUnits
    """Liquid assets today, minor units."""
    reason: Reason
    story: str = ""

    @property
    def monthly_surplus(self) -> int:
        """Income less expenses, minor units a month; negative when living costs exceed income."""
        return self.monthly_income - self.monthly_expenses


class CreditorView(Frozen):
    """A debt case as the creditor may see it: no finances, no persona, by construction."""

    case_id: str = Field(min_length=1)
    debt: Debt
    debtor: Debtor = Debtor()


class DebtCase(Frozen):
    """One debtor of the book: the debt, the person, the private finances and the simulated behaviour."""

    case_id: str = Field(min_length=1)
    debt: Debt
    debtor: Debtor = Debtor()
    finances: Finances
    persona: Persona | None = None
    family_id: str | None = None
    """Cases that share it (one person's several debts) always fall into the same split."""
    circumstance: Annotated[Circumstance | None, Field(exclude_if=lambda told: told is None)] = None
    """What a simulated debtor says in words alone; left out of the JSON where there is none."""

    def creditor_view(self) -> CreditorView:
        """The part of the case that creditor-side code may receive."""
        return CreditorView(case_id=self.case_id, debt=self.debt, debtor=self.debtor)


class CreditorPolicy(Frozen):
    """The limits inside which a creditor may settle; the guard enforces them whatever is said."""

    min_discount_pct: DiscountPct = 0
    max_discount_pct: DiscountPct = 30
    min_immediate_payment_pct: ImmediatePaymentPct = 5
    max_immediate_payment_pct: ImmediatePaymentPct = 50
    min_immediate_payment_days: ImmediatePaymentDays = 1
    max_immediate_payment_days: ImmediatePaymentDays = 14
    min_installment_periods: InstallmentPeriods = 3
    max_installment_periods: InstallmentPeriods = 24
    round_limit: Annotated[int, Field(ge=1, le=100)] = 10
    """Rounds after which a negotiation without agreement ends."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for dimension in DIMENSIONS:
            low, high = self.bounds(dimension)
            if low > high:
                raise ValueError(
                    f"impossible policy: min_{dimension} {low:g} is above max_{dimension} {high:g}; "
                    "lower the minimum or raise the maximum"
                )
        return self

    def bounds(self, dimension: Dimension) -> tuple[float, float]:
        """(lowest, highest) value allowed in `dimension`."""
        return getattr(self, f"min_{dimension}"), getattr(self, f"max_{dimension}")

    def breaches(self, terms: Terms) -> tuple[Dimension, ...]:
        """The dimensions in which `terms` fall outside the limits; empty when they are legal."""
        return tuple(d for d in DIMENSIONS if not self.bounds(d)[0] <= getattr(terms, d) <= self.bounds(d)[1])

    def clamp(self, terms: Terms) -> Terms:
        """The nearest legal package to `terms`."""
        clamped = {d: min(max(getattr(terms, d), self.bounds(d)[0]), self.bounds(d)[1]) for d in DIMENSIONS}
        return Terms.model_validate(clamped)

    def firmest(self) -> Terms:
        """The package that favours the creditor most in every dimension."""
        return Terms.model_validate({d: self.bounds(d)[0 if SPECS[d].sign > 0 else 1] for d in DIMENSIONS})

    def softest(self) -> Terms:
        """The package that favours the debtor most in every dimension."""
        return Terms.model_validate({d: self.bounds(d)[1 if SPECS[d].sign > 0 else 0] for d in DIMENSIONS})


class MoveKind(StrEnum):
    """`ask` names terms, `accept` takes the other side's standing package, `reject` keeps one's own, `talk` only talks.

    Programs never only talk; people do: they greet, ask who is there, and say goodbye.
    """

    ASK = "ask"
    ACCEPT = "accept"
    REJECT = "reject"
    TALK = "talk"


class Move(Frozen):
    """The binding part of a turn."""

    kind: MoveKind
    terms: PartialTerms | None = None
    """What an `ask` names; other kinds carry none."""

    @classmethod
    def ask(cls, terms: Terms | PartialTerms) -> Self:
        """An ask that names `terms`."""
        return cls(kind=MoveKind.ASK, terms=PartialTerms.of(terms) if isinstance(terms, Terms) else terms)

    @classmethod
    def accept(cls) -> Self:
        """An acceptance of the other side's standing package."""
        return cls(kind=MoveKind.ACCEPT)

    @classmethod
    def reject(cls) -> Self:
        """A rejection: the own package stays."""
        return cls(kind=MoveKind.REJECT)

    @classmethod
    def talk(cls) -> Self:
        """Words that put nothing on the table and take nothing from it."""
        return cls(kind=MoveKind.TALK)

    @property
    def named(self) -> dict[Dimension, float]:
        """The dimensions that an `ask` names, with their values; empty for other moves."""
        return self.terms.named if self.kind is MoveKind.ASK and self.terms is not None else {}


class Speaker(StrEnum):
    """Whose turn it is."""

    CREDITOR = "creditor"
    DEBTOR = "debtor"

    @property
    def other(self) -> Speaker:
        """Who answers."""
        return Speaker.DEBTOR if self is Speaker.CREDITOR else Speaker.CREDITOR


class Inquiry(StrEnum):
    """What a creditor's turn asks about, besides its move."""

    INCOME = "income"
    EXPENSES = "expenses"
    ASSETS = "assets"
    REASON = "reason"


class Disclosure(Frozen):
    """What a debtor's turn claims of the private finances; a claim, which the strategic persona bends."""

    monthly_income: MinorUnits | None = None
    monthly_expenses: MinorUnits | None = None
    assets: MinorUnits | None = None
    reason: Reason | None = None


class Turn(Frozen):
    """One side's contribution: private thoughts, the binding move, and the words that the other side reads."""

    speaker: Speaker
    move: Move
    dialogue: str = ""
    thoughts: str | None = None
    inquiry: Inquiry | None = None
    """Creditor turns: the typed question in the words."""
    disclosed: Disclosure | None = None
    """Debtor turns: the typed claims in the words."""
    proposed: Move | None = None
    """The move as the program made it, where the guard had to repair it; `move` is what left the table."""
    notes: tuple[str, ...] = ()
    """What the guard and the judge did to this turn, one sentence each; private."""

    def public(self) -> Turn:
        """The turn as the other side may see it."""
        return self.model_copy(update={"thoughts": None, "proposed": None, "notes": ()})


class Ending(StrEnum):
    """How a negotiation ended; `infrastructure` is nobody's score."""

    AGREEMENT = "agreement"
    WALKED_AWAY = "walked_away"
    ROUND_LIMIT = "round_limit"
    PROGRAM_FAULT = "program_fault"
    INFRASTRUCTURE = "infrastructure"


class Record(Frozen):
    """What was said at a table and what came of it: everything needed to read it again, and to score the talk."""

    case: DebtCase | CreditorView
    turns: tuple[Turn, ...] = ()
    ending: Ending
    agreed: Terms | None = None
    policy: CreditorPolicy = CreditorPolicy()
    seed: int | None = None
    ladder: tuple[Terms, ...] = ()
    """The creditor's concession ladder at the end, firmest first; empty for creditors without one."""
    failure: str | None = None
    """Why the ending is a program fault or infrastructure, in one sentence."""

    @model_validator(mode="after")
    def _agreed_matches_ending(self) -> Self:
        if (self.ending is Ending.AGREEMENT) != (self.agreed is not None):
            raise ValueError('`agreed` must hold the four terms exactly when `ending` is "agreement"')
        return self

    def standing(self, speaker: Speaker, before: int | None = None) -> Terms | None:
        """`speaker`'s standing package after the first `before` turns (default: all), None if never complete."""
        return standing_terms(self.turns[:before], speaker)


class Negotiation(Record):
    """The record of one negotiation whose debtor is known whole: all of the metrics can be told of it."""

    case: DebtCase


class AccountRecord(Record):
    """The record of a negotiation about an account, such as a call: the debtor's finances are known to nobody here."""

    case: CreditorView


def standing_terms(turns: Sequence[Turn], speaker: Speaker) -> Terms | None:
    """The package that `speaker` last put on the table, carrying unnamed dimensions over; None if never complete."""
    named: dict[Dimension, float] = {}
    for turn in turns:
        if turn.speaker is speaker:
            named |= turn.move.named
    return Terms.whole(named)
