"""What a negotiation is about: the debt, the debtor, the terms, the moves and the record.

Every type is a frozen pydantic model that refuses unknown keys, and the JSON of `Negotiation` *is* the
record format (docs/formats.md). Amounts are integer minor units (cents, fen), never floats. The split
between `DebtCase` (everything) and `CreditorView` (what a creditor may see) is the information barrier:
creditor-side code accepts only the latter, so a leak of finances or persona is a type error.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MinorUnits = Annotated[int, Field(ge=0, strict=True)]
"""An amount of money in minor units of its currency (1234 = 12.34)."""

Dimension = Literal["discount_pct", "immediate_payment_pct", "immediate_payment_days", "installment_periods"]
"""The name of one of the four negotiated dimensions."""

DIMENSIONS: tuple[Dimension, ...] = (
    "discount_pct",
    "immediate_payment_pct",
    "immediate_payment_days",
    "installment_periods",
)

CONCESSION_SIGN: dict[Dimension, int] = {
    "discount_pct": 1,
    "immediate_payment_pct": -1,
    "immediate_payment_days": 1,
    "installment_periods": 1,
}
"""+1 where a larger value favours the debtor, -1 where a smaller one does."""


class Frozen(BaseModel):
    """Base of every domain type: immutable, unknown keys are errors, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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

    def creditor_view(self) -> CreditorView:
        """The part of the case that creditor-side code may receive."""
        return CreditorView(case_id=self.case_id, debt=self.debt, debtor=self.debtor)


class Terms(Frozen):
    """A complete repayment package.

    Percentages may be fractional (human call logs say 12.5 %); models fill in whole numbers only.
    The bounds here are those of arithmetic; what a creditor may offer is `CreditorPolicy`.
    """

    discount_pct: Annotated[float, Field(ge=0, le=100)]
    """Share of the outstanding debt that is forgiven, percent."""
    immediate_payment_pct: Annotated[float, Field(ge=0, le=100)]
    """Share of the discounted debt that is paid first, percent."""
    immediate_payment_days: Annotated[int, Field(ge=0, le=365)]
    """Days from agreement to the immediate payment."""
    installment_periods: Annotated[int, Field(ge=1, le=600)]
    """Number of equal monthly payments for the rest."""


class PartialTerms(Frozen):
    """The terms that a move names; a dimension left `None` carries over from one's own last offer."""

    discount_pct: Annotated[float, Field(ge=0, le=100)] | None = None
    immediate_payment_pct: Annotated[float, Field(ge=0, le=100)] | None = None
    immediate_payment_days: Annotated[int, Field(ge=0, le=365)] | None = None
    installment_periods: Annotated[int, Field(ge=1, le=600)] | None = None

    @classmethod
    def of(cls, terms: Terms) -> Self:
        """All four dimensions of `terms`, named."""
        return cls(**terms.model_dump())

    def over(self, base: Terms | None) -> Terms | None:
        """The complete package: what is named here, the rest from `base`; None if a dimension is in neither."""
        named = self.model_dump(exclude_none=True)
        if base is not None:
            return Terms(**{**base.model_dump(), **named})
        return Terms(**named) if len(named) == len(DIMENSIONS) else None


class CreditorPolicy(Frozen):
    """The limits inside which a creditor may settle; the guard enforces them whatever is said."""

    min_discount_pct: Annotated[float, Field(ge=0, le=100)] = 0
    max_discount_pct: Annotated[float, Field(ge=0, le=100)] = 30
    min_immediate_payment_pct: Annotated[float, Field(ge=0, le=100)] = 5
    max_immediate_payment_pct: Annotated[float, Field(ge=0, le=100)] = 50
    min_immediate_payment_days: Annotated[int, Field(ge=0, le=365)] = 1
    max_immediate_payment_days: Annotated[int, Field(ge=0, le=365)] = 14
    min_installment_periods: Annotated[int, Field(ge=1, le=600)] = 3
    max_installment_periods: Annotated[int, Field(ge=1, le=600)] = 24
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
        return Terms.model_validate({d: self.bounds(d)[0 if CONCESSION_SIGN[d] > 0 else 1] for d in DIMENSIONS})

    def softest(self) -> Terms:
        """The package that favours the debtor most in every dimension."""
        return Terms.model_validate({d: self.bounds(d)[1 if CONCESSION_SIGN[d] > 0 else 0] for d in DIMENSIONS})


class MoveKind(StrEnum):
    """`ask` names terms, `accept` takes the other side's standing package, `reject` keeps one's own."""

    ASK = "ask"
    ACCEPT = "accept"
    REJECT = "reject"


class Move(Frozen):
    """The binding part of a turn."""

    kind: MoveKind
    terms: PartialTerms | None = None
    """What an `ask` names; other kinds carry none."""


class Speaker(StrEnum):
    """Whose turn it is."""

    CREDITOR = "creditor"
    DEBTOR = "debtor"


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


class Negotiation(Frozen):
    """The record of one negotiation: everything needed to score it, and to read it again."""

    case: DebtCase
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


def standing_terms(turns: tuple[Turn, ...] | list[Turn], speaker: Speaker) -> Terms | None:
    """The package that `speaker` last put on the table, carrying unnamed dimensions over; None if never complete."""
    named: dict[str, float] = {}
    for turn in turns:
        if turn.speaker is speaker and turn.move.kind is MoveKind.ASK and turn.move.terms is not None:
            named.update(turn.move.terms.model_dump(exclude_none=True))
    return Terms.model_validate(named) if len(named) == len(DIMENSIONS) else None
