"""The settings of a program: everything beside the prompts that decides how it plays; saved in the artifact."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from data.domain import CreditorPolicy, Frozen


class Variant(StrEnum):
    """Which modules sit behind the creditor's seat (paper section 5: planning and judging on and off)."""

    VANILLA = "vanilla"
    PLANNED = "planned"
    JUDGED = "judged"
    MADEN = "maden"

    @property
    def plans(self) -> bool:
        """Whether a planner builds a ladder."""
        return self in (Variant.PLANNED, Variant.MADEN)

    @property
    def judges(self) -> bool:
        """Whether a judge reviews concessions and acceptances."""
        return self in (Variant.JUDGED, Variant.MADEN)


class ProgramSettings(Frozen):
    """How a program plays."""

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
