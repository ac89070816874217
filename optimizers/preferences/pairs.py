"""Which of two turns at one table is to be preferred: the best that passes, over those that fall short by a margin."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from data.frozen import Frozen
from optimizers.preferences.sampling import Candidate, Source, TableCandidates
from optimizers.preferences.student import Message

_ROUNDING = 1e-9


class PairRules(Frozen):
    """What makes a pair."""

    threshold: Annotated[float, Field(ge=0, le=1)] = 0.4
    """Objective from which a negotiation may be held up as an example. The oracle reaches 0.6 to 0.8 where a plan that
    can be kept exists; a negotiation without an agreement stays under 0.1."""
    margin: Annotated[float, Field(gt=0, le=1)] = 0.05
    """By how much what is rejected falls short of what is chosen."""
    rejected: Annotated[int, Field(ge=1, le=64)] = 3
    """Rejected turns a table at most; the worst ones first."""


class Pair(Frozen):
    """One preference, with where it is from."""

    prompt: tuple[Message, ...]
    chosen: str
    """The student's reply to prefer, its JSON text."""
    rejected: str
    case_id: str
    seed: int
    round: int
    chosen_objective: float
    rejected_objective: float
    chosen_source: Source
    rejected_source: Source

    @property
    def margin(self) -> float:
        """Objective of the chosen less that of the rejected."""
        return self.chosen_objective - self.rejected_objective


def pairs_at(table: TableCandidates, rules: PairRules) -> list[Pair]:
    """The pairs of one table; none where nothing passes, or everything that does is about as good."""
    passing = [one for one in table.candidates if one.clean and one.objective >= rules.threshold]
    if not passing:
        return []
    best = max(passing, key=lambda one: one.objective)
    short = [one for one in table.candidates if best.objective - one.objective >= rules.margin - _ROUNDING]
    short.sort(key=lambda one: one.objective)
    return [_pair(table, best, one) for one in short[: rules.rejected]]


def _pair(table: TableCandidates, chosen: Candidate, rejected: Candidate) -> Pair:
    return Pair(
        prompt=table.prompt,
        chosen=chosen.reply,
        rejected=rejected.reply,
        case_id=table.case_id,
        seed=table.seed,
        round=table.round,
        chosen_objective=chosen.objective,
        rejected_objective=rejected.objective,
        chosen_source=chosen.source,
        rejected_source=rejected.source,
    )
