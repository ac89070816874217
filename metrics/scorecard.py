"""The thirteen metrics and the indices, declared once, and the card that holds their values.

The frame (13 metrics in 4 aspects, a harmonic index) is that of Debt Collection Negotiations with Large
Language Models (arXiv 2502.18228); the operational definitions are this project's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from data.domain import Frozen

METRIC_VERSION = "1"
"""Raised whenever a definition changes, so that scores of different versions are never compared."""

Aspect = Literal["conversational ability", "debt recovery", "collection efficiency", "debtor's financial health"]
Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Metric:
    """What a column of a score table means."""

    id: str
    name: str
    aspect: str
    unit: str
    better: Literal["up", "down"] | None
    """The direction of better; None where neither is better by itself."""
    version: str = METRIC_VERSION


_TALK, _RECOVERY, _SPEED, _HEALTH = (
    "conversational ability",
    "debt recovery",
    "collection efficiency",
    "debtor's financial health",
)

METRICS: tuple[Metric, ...] = (
    Metric("DC", "dialogue completeness", _TALK, "0..1", "up"),
    Metric("DS", "dialogue soundness", _TALK, "0..1", "up"),
    Metric("DR", "dialogue rounds", _TALK, "rounds", "down"),
    Metric("SR", "success recovery rate", _RECOVERY, "0/1", "up"),
    Metric("RR", "recovery rate", _RECOVERY, "0..1", "up"),
    Metric("QRD", "25% recovery date", _SPEED, "days", "down"),
    Metric("HRD", "50% recovery date", _SPEED, "days", "down"),
    Metric("CRD", "completion recovery date", _SPEED, "days", "down"),
    Metric("L1D", "days in tier 1 (runway under half a month)", _HEALTH, "days", "down"),
    Metric("L2D", "days in tier 2 (half a month to one)", _HEALTH, "days", None),
    Metric("L3D", "days in tier 3 (one month to two)", _HEALTH, "days", None),
    Metric("L4D", "days in tier 4 (two months to four)", _HEALTH, "days", None),
    Metric("ATV", "asset tier variance", _HEALTH, "tiers²", "down"),
)
"""The thirteen, in the order of every table. Days in the middle tiers have no better direction of their own:
they are what the days in tier 1, or the implied days in tier 5, turn into."""

INDICES: tuple[Metric, ...] = (
    Metric("CRI", "creditor's recovery index", "index", "0..1", "up"),
    Metric("DHI", "debtor's health index", "index", "0..1", "up"),
    Metric("CCI", "comprehensive collection index", "index", "0..1", "up"),
    Metric("CONV", "conversation index", "index", "0..1", "up"),
    Metric("objective", "objective of compilation", "index", "0..1", "up"),
)

METRIC_IDS: tuple[str, ...] = tuple(metric.id for metric in METRICS)
INDEX_IDS: tuple[str, ...] = tuple(metric.id for metric in INDICES)


class Scorecard(Frozen):
    """Everything measured of one negotiation."""

    case_id: str
    DC: Share
    DS: Share
    DR: Annotated[int, Field(ge=0)]
    SR: Annotated[int, Field(ge=0, le=1)]
    RR: Share
    QRD: Days
    HRD: Days
    CRD: Days
    L1D: Days
    L2D: Days
    L3D: Days
    L4D: Days
    ATV: Annotated[float, Field(ge=0)]
    CRI: Share
    DHI: Share
    CCI: Share
    CONV: Share
    objective: Share
    hard_breach: bool
    """The creditor broke a rule of conduct that zeroes the objective."""

    def values(self) -> dict[str, float]:
        """The thirteen metrics, the indices and the objective by id."""
        return {name: getattr(self, name) for name in (*METRIC_IDS, *INDEX_IDS)}

    def row(self) -> dict[str, str | float]:
        """`case_id` and `values()`: one line of a score file."""
        return {"case_id": self.case_id, **self.values()}
