"""What one contestant did, as a value a debtor of everything that can be told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.domain import CreditorPolicy, Debt, Ending, Negotiation
from metrics.evaluator import score_accounts, score_many
from metrics.records import AnyRecord
from metrics.scorecard import INDEX_IDS, METRIC_IDS, PROMISE_IDS

MEASURES = (*METRIC_IDS, *INDEX_IDS, *PROMISE_IDS)
"""What may be compared, where both sides know it."""


@dataclass(frozen=True)
class ComparedSide:
    """One contestant of a comparison that is not paired throughout."""

    label: str
    kind: str
    fingerprint: str
    records: tuple[AnyRecord, ...]

    @property
    def scored(self) -> list[AnyRecord]:
        """The records that infrastructure did not break."""
        return [record for record in self.records if record.ending is not Ending.INFRASTRUCTURE]

    @property
    def endings(self) -> dict[str, int]:
        """How many ended how."""
        return dict(Counter(record.ending.value for record in self.records))

    @property
    def without_finances(self) -> int:
        """Records of accounts."""
        return sum(not isinstance(record, Negotiation) for record in self.records)

    @property
    def limits(self) -> set[CreditorPolicy]:
        """Inside which it negotiated."""
        return {record.policy for record in self.records}

    @property
    def debts(self) -> dict[str, Debt]:
        """The debt of each debtor, by case id."""
        return {record.case.case_id: record.case.debt for record in self.scored}


@dataclass(frozen=True)
class SideScores:
    """A side's values."""

    values: Mapping[str, Mapping[str, float]]
    """By measure and case id, trials averaged; a measure that no record knows is left out."""
    hard_breaches: int
    rows: tuple[dict[str, Any], ...]
    """One a record, for a table."""

    def column(self, measure: str, cases: Iterable[str] | None = None) -> NDArray[np.float64]:
        """The values of a measure, of all debtors that have one or of these."""
        known = self.values[measure]
        return np.array([known[case] for case in (known if cases is None else cases)], dtype=np.float64)


def scores(side: ComparedSide) -> SideScores:
    """Everything that can be told of a side's records: talk and promise, and all metrics where finances are known."""
    records = side.scored
    whole = iter(score_many([record for record in records if isinstance(record, Negotiation)]))
    told = score_accounts(records)
    found: dict[str, dict[str, list[float]]] = {}
    rows = []
    for record, card in zip(records, told, strict=True):
        values = card.values() | (next(whole).values() if isinstance(record, Negotiation) else {})
        for measure, value in values.items():
            found.setdefault(measure, {}).setdefault(record.case.case_id, []).append(float(value))
        head = {
            "program": side.label,
            "case_id": record.case.case_id,
            "seed": record.seed,
            "ending": record.ending.value,
        }
        rows.append({**head, **{measure: values.get(measure) for measure in MEASURES}})
    means = {measure: _means(trials) for measure, trials in found.items()}
    return SideScores(means, sum(card.hard_breach for card in told), tuple(rows))


def _means(trials: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {case: float(np.mean(values)) for case, values in trials.items()}
