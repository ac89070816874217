"""The thirteen metrics and the indices, declared once, and the card that holds their values.

The frame (13 metrics in 4 aspects, a harmonic index) is that of Debt Collection Negotiations with Large
Language Models (arXiv 2502.18228); the operational definitions are this project's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from data.frozen import Frozen

METRIC_VERSION = "2"
"""Raised whenever a definition changes, so that scores of different versions are never compared."""

Role = Literal["planner", "negotiator", "judge"]
"""Who at the creditor's seat can change a metric: who sets the packages, who takes the turn, who reviews it."""
Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=0)]


def decimals(unit: str) -> int:
    """How many places after the point a mean in `unit` bears."""
    return {"days": 1, "rounds": 2}.get(unit, 3)


class Aspect(StrEnum):
    """Which side of a negotiation a metric looks at; the first four are the paper's."""

    TALK = "conversational ability"
    RECOVERY = "debt recovery"
    EFFICIENCY = "collection efficiency"
    HEALTH = "debtor's financial health"
    INDEX = "index"
    """Several of them in one number."""


@dataclass(frozen=True)
class Metric:
    """What a column of a score table means; the one definition behind tables, objective and feedback."""

    id: str
    name: str
    aspect: Aspect
    unit: str
    better: Literal["up", "down"] | None
    """The direction of better; None where neither is better by itself."""
    version: str = METRIC_VERSION
    best: float | None = None
    """The best value there is; None without a direction. What lies between counts in the objective."""
    raised_by: str = ""
    """What would make it better, told to whoever writes a module's instruction."""
    moved_by: tuple[Role, ...] = ()
    """Whose doing it is."""
    private: bool = False
    """It rests on the debtor's finances, so feedback says it in words, never in figures."""

    def written(self, value: float, sign: str = "") -> str:
        """A mean or difference for people: as many decimals as the unit bears, no minus before a zero.

        Args:
            value: in the metric's unit.
            sign: "+" shows the sign of positive ones too.
        """
        places = decimals(self.unit)
        return f"{round(value, places) + 0.0:{sign}.{places}f}"


_PLAN: tuple[Role, ...] = ("planner", "negotiator")
_ALL: tuple[Role, ...] = ("planner", "negotiator", "judge")
_REVIEWED: tuple[Role, ...] = ("planner", "judge")


def _talk(
    id_: str, name: str, unit: str, better: Literal["up", "down"], raised_by: str, moved_by: tuple[Role, ...]
) -> Metric:
    return Metric(id_, name, Aspect.TALK, unit, better, best=1, raised_by=raised_by, moved_by=moved_by)


def _date(id_: str, name: str, raised_by: str) -> Metric:
    return Metric(id_, name, Aspect.EFFICIENCY, "days", "down", best=1, raised_by=raised_by, moved_by=_ALL)


def _tier(id_: str, name: str, better: Literal["down"] | None, raised_by: str) -> Metric:
    best = 0 if better else None
    return Metric(
        id_, name, Aspect.HEALTH, "days", better, best=best, raised_by=raised_by, moved_by=_REVIEWED, private=True
    )


METRICS: tuple[Metric, ...] = (
    _talk("DC", "dialogue completeness", "0..1", "up", "bring both sides together on every term in time", _PLAN),
    _talk(
        "DS",
        "dialogue soundness",
        "0..1",
        "up",
        "keep every turn legal, inside the limits, polite and without figures or limits of its own",
        ("negotiator",),
    ),
    _talk(
        "DR", "dialogue rounds", "rounds", "down", "answer a step with a step, and close once an offer is good", _ALL
    ),
    Metric(
        "SR",
        "success recovery rate",
        Aspect.RECOVERY,
        "0/1",
        "up",
        best=1,
        raised_by="reach an agreement, on instalments that the debtor has left each month",
        moved_by=_ALL,
    ),
    Metric(
        "RR",
        "recovery rate",
        Aspect.RECOVERY,
        "0..1",
        "up",
        best=1,
        raised_by="give time before a discount, and give way only as far as the debtor does",
        moved_by=_ALL,
    ),
    _date("QRD", "25% recovery date", "a larger or earlier first payment, where the debtor can make it"),
    _date("HRD", "50% recovery date", "fewer instalments, as long as each one can be carried"),
    _date("CRD", "completion recovery date", "fewer instalments, as long as each one can be carried"),
    _tier(
        "L1D", "days in tier 1 (runway under half a month)", "down", "smaller instalments or a smaller first payment"
    ),
    _tier("L2D", "days in tier 2 (half a month to one)", None, "none by itself: smaller instalments move days up"),
    _tier("L3D", "days in tier 3 (one month to two)", None, "none by itself: smaller instalments move days up"),
    _tier("L4D", "days in tier 4 (two months to four)", None, "none by itself: smaller instalments move days up"),
    Metric(
        "ATV",
        "asset tier variance",
        Aspect.HEALTH,
        "tiers²",
        "down",
        best=0,
        raised_by="spread the payments evenly instead of one large first payment",
        moved_by=_REVIEWED,
        private=True,
    ),
)
"""The thirteen, in the order of every table. Days in the middle tiers have no better direction of their own:
they are what the days in tier 1, or the implied days in tier 5, turn into."""

INDICES: tuple[Metric, ...] = (
    Metric("CRI", "creditor's recovery index", Aspect.INDEX, "0..1", "up"),
    Metric("DHI", "debtor's health index", Aspect.INDEX, "0..1", "up"),
    Metric("CCI", "comprehensive collection index", Aspect.INDEX, "0..1", "up"),
    Metric("CONV", "conversation index", Aspect.INDEX, "0..1", "up"),
    Metric("objective", "objective of compilation", Aspect.INDEX, "0..1", "up"),
)

TALK_IDS: tuple[str, ...] = ("DC", "DS", "DR", "CONV")
"""What rests on what was said alone."""


def _promised(id_: str, name: str, aspect: Aspect, unit: str, better: Literal["up", "down"]) -> Metric:
    return Metric(id_, name, aspect, unit, better)


PROMISES: tuple[Metric, ...] = (
    _promised("PTP", "promise to pay", Aspect.RECOVERY, "0/1", "up"),
    _promised("PRR", "promised recovery rate", Aspect.RECOVERY, "0..1", "up"),
    _promised("PQRD", "promised 25% recovery date", Aspect.EFFICIENCY, "days", "down"),
    _promised("PHRD", "promised 50% recovery date", Aspect.EFFICIENCY, "days", "down"),
    _promised("PCRD", "promised completion date", Aspect.EFFICIENCY, "days", "down"),
    _promised("PCRI", "creditor's recovery index as promised", Aspect.INDEX, "0..1", "up"),
)
"""What an agreement would come to with every payment made; whether it will be, only the debtor's finances can say.

They are told where these are unknown, and are none of the thirteen: a promise that cannot be kept is worth the most.
"""
PROMISE_IDS: tuple[str, ...] = tuple(metric.id for metric in PROMISES)

METRIC_IDS: tuple[str, ...] = tuple(metric.id for metric in METRICS)
INDEX_IDS: tuple[str, ...] = tuple(metric.id for metric in INDICES)
BY_ID: dict[str, Metric] = {metric.id: metric for metric in (*METRICS, *INDICES, *PROMISES)}
UNKNOWN_IDS: tuple[str, ...] = tuple(name for name in (*METRIC_IDS, *INDEX_IDS) if name not in TALK_IDS)
"""What nobody can tell without the debtor's finances."""
NO_FINANCES = "the record does not hold the debtor's finances, and whether and when payments are made rests on them"


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


class AccountScorecard(Frozen):
    """What can be measured of a negotiation about an account, whose debtor's finances nobody knows."""

    case_id: str
    DC: Share
    DS: Share
    DR: Annotated[int, Field(ge=0)]
    CONV: Share
    hard_breach: bool
    PTP: Annotated[int, Field(ge=0, le=1)]
    PRR: Share
    PQRD: Days
    PHRD: Days
    PCRD: Days
    PCRI: Share

    def values(self) -> dict[str, float]:
        """What is known, by id."""
        return {name: getattr(self, name) for name in (*TALK_IDS, *PROMISE_IDS)}

    def row(self) -> dict[str, str | float | None]:
        """One line of a score file: what is unknown is null, and `null_because` says why."""
        thirteen = {name: getattr(self, name, None) for name in (*METRIC_IDS, *INDEX_IDS)}
        promised = {name: getattr(self, name) for name in PROMISE_IDS}
        return {"case_id": self.case_id, **thirteen, **promised, "null_because": NO_FINANCES}
