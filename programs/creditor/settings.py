"""The settings of a program: everything beside the prompts that decides how it plays; saved in the artifact."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field

from data.domain import CreditorPolicy
from data.frozen import Frozen


class Variant(StrEnum):
    """Which modules sit behind the creditor's seat (paper section 5: planning and judging on and off)."""

    VANILLA = "vanilla"
    PLANNED = "planned"
    JUDGED = "judged"
    MADEN = "maden"
    LISTENING = "listening"
    """The model only hears what is told in words alone; what is computed decides, and code speaks."""

    @property
    def plans(self) -> bool:
        """Whether a planner builds a ladder."""
        return self in (Variant.PLANNED, Variant.MADEN)

    @property
    def judges(self) -> bool:
        """Whether a judge reviews concessions and acceptances."""
        return self in (Variant.JUDGED, Variant.MADEN)


JudgeReviews = Literal["concessions_and_acceptances", "acceptances"]
"""Which drafts the judge is asked about."""
StepsDown = Literal["chosen", "earned"]
"""Which of the model's steps down go out."""
SupportKind = Literal["ladder", "options"]
"""What the modules decide on: steps down a ladder that the planner sets, or options that are computed each turn."""
Floor = Literal["planned", "computed"]
"""Whose floor ends the ladder."""
FinalOffer = Literal["next_rung", "last_rung", "matched"]
"""What is offered in the last round."""

DEFAULT_FLOOR_DISCOUNT_SHARE: Final = 1 / 3


class ProgramSettings(Frozen):
    """How a program plays.

    The knobs from `descent_rounds` on decide how firmly; `optimizers.strategies.search` tries values of them. At their
    defaults they leave every prompt and every move as it was before they existed.
    """

    variant: Variant = Variant.MADEN
    policy: CreditorPolicy = CreditorPolicy()
    rungs: Annotated[int, Field(ge=2, le=30)] = 8
    """Rungs of the concession ladder at most."""
    max_revisions: Annotated[int, Field(ge=0, le=5)] = 1
    """How often the judge may send one draft back."""
    replan_on_disclosure: bool = True
    """Plan again when income and expenses are both known."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = 0.0
    """Sampling temperature of every creditor-side call; None leaves it to the model."""
    descent_rounds: Annotated[int, Field(ge=2, le=60)] | None = None
    """Round by which a steady descent would stand on the last rung, against which the negotiator is told its pace;
    None: the round limit. Fewer rounds concede earlier; more than the limit never come to the last rung."""
    judge_reviews: JudgeReviews = "concessions_and_acceptances"
    """`acceptances`: steps down go out unreviewed, which saves about half of the judge's calls."""
    floor_discount_share: Annotated[float, Field(ge=0, le=1)] = DEFAULT_FLOOR_DISCOUNT_SHARE
    """Share of the policy's discount range in the floor that the planner is shown as a starting point."""
    floor: Floor = "planned"
    """`computed`: the ladder ends at that starting point, whatever floor the planner names."""
    acceptance_reach: Annotated[int, Field(ge=0, le=30)] | None = None
    """How many rungs below the one stood on an offer may be worth and still be accepted; None: down to the floor. An
    acceptance of less becomes a step down."""
    steps_down: StepsDown = "chosen"
    """`earned`: a step down that the model chooses goes out only after the debtor moved towards us, or when we are
    behind the pace; otherwise our offer is held."""
    final_offer: FinalOffer = "next_rung"
    """What is offered in the last round where the debtor's offer is not accepted: without an agreement nothing comes
    back at all. `last_rung`: the softest rung. `matched`: the debtor's own offer brought inside the limits, and what it
    loses there in time made up for with a discount, so that it pays no more a month than it asked for."""

    support: SupportKind = "ladder"
    """`options`: with a planner, the decision support (`programs.creditor.support`) computes what can be done each
    turn, and the modules choose among that (`programs.creditor.choosing`); the ladder's knobs then mean nothing. What
    is uncompiled and plans does so (`named`); `ladder` is what settings saved before there were options mean."""

    @property
    def chooses(self) -> bool:
        """Whether computed options are what is decided on."""
        return self.variant is Variant.LISTENING or (self.support == "options" and self.variant.plans)

    @classmethod
    def named(cls, program: str, **settings: Any) -> Self:
        """The settings of an uncompiled program by its name, one of `PROGRAM_NAMES`.

        Raises:
            ValueError: there is none of that name.
        """
        if program not in PROGRAM_NAMES:
            raise ValueError(f"no program is called {program!r}")
        variant, _, ladder = program.partition("-")
        support = "options" if Variant(variant).plans and not ladder else "ladder"
        return cls(variant=Variant(variant), support=support, **settings)

    @property
    def name(self) -> str:
        """The name of the uncompiled program with such settings."""
        return f"{self.variant}-ladder" if self.variant.plans and not self.chooses else str(self.variant)

    def fingerprinted(self) -> dict[str, Any]:
        """What the program's hash covers: later knobs only where they change something, so that older hashes hold."""
        values = self.model_dump(mode="json")
        plain = {name: field.default for name, field in type(self).model_fields.items() if name not in _FIRST_FIELDS}
        return {name: value for name, value in values.items() if name not in plain or value != plain[name]}


PROGRAM_NAMES: Final = (*map(str, Variant), *(f"{variant}-ladder" for variant in Variant if variant.plans))
"""Of the uncompiled programs: the variants, and those with a planner once more on a ladder instead of options."""

_FIRST_FIELDS = frozenset({"variant", "policy", "rungs", "max_revisions", "replan_on_disclosure", "temperature"})
"""Fields that artifacts of the first version hashed whatever their value."""
