"""For whom is a program better? The objective's difference among debtors who share a trait.

Exploratory: a slice has few debtors, so Holm's correction runs over all slices of a pair, and what one suggests is
tried again on other debtors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from data.domain import DebtCase, Persona, Reason
from data.frozen import Frozen
from metrics.statistics.intervals import holm, sign_flip_p_values
from programs.comparison.difference import FEWEST_DEBTORS, Difference, both_intervals, judged

UNKNOWN = "unknown"


class DebtBand(StrEnum):
    """The debt in months of the debtor's surplus: how long paying all of it would take."""

    NO_SURPLUS = "no surplus"
    """Living costs take all of the income; no instalment can be carried."""
    YEAR = "up to 12 months"
    TWO_YEARS = "12 to 24 months"
    """24 is the longest instalment plan of the default policy."""
    LONGER = "over 24 months"
    """Only a discount, assets or a longer plan settles it."""


class Slice(Frozen):
    """The debtors of one kind."""

    dimension: str
    """`persona`, `reason` or `debt to surplus`."""
    value: str
    debtors: int
    objective: Difference
    """Its `p_holm`: over all slices with enough debtors; None, with too few."""


def debt_band(case: DebtCase) -> DebtBand:
    """The band of one debtor."""
    surplus = case.finances.monthly_surplus
    if surplus <= 0:
        return DebtBand.NO_SURPLUS
    months = case.debt.outstanding / surplus
    if months <= 12:
        return DebtBand.YEAR
    return DebtBand.TWO_YEARS if months <= 24 else DebtBand.LONGER


DIMENSIONS: dict[str, tuple[Callable[[DebtCase], str], tuple[str, ...]]] = {
    "persona": (lambda case: case.persona or UNKNOWN, (*Persona, UNKNOWN)),
    "reason": (lambda case: case.finances.reason, tuple(Reason)),
    "debt to surplus": (debt_band, tuple(DebtBand)),
}
"""By name: the value of a debtor, and all values in the order of tables."""


def sliced(
    cases: Sequence[DebtCase], objective: NDArray[np.float64], margin: float | None, seed: int = 0
) -> tuple[Slice, ...]:
    """Every slice that has a debtor, dimension by dimension.

    Args:
        cases: the debtors.
        objective: program minus baseline, one value a debtor, in the order of `cases`.
        margin: of the objective.
        seed: of bootstrap and sign flips.
    """
    members = {
        (dimension, str(value)): chosen[:, np.newaxis]
        for dimension, (value_of, values) in DIMENSIONS.items()
        for value in values
        if len(chosen := objective[[value_of(case) == value for case in cases]])
    }
    p_values = {key: float(sign_flip_p_values(column, seed)[0]) for key, column in members.items()}
    tested = [key for key, column in members.items() if len(column) >= FEWEST_DEBTORS]
    corrected = dict(zip(tested, holm([p_values[key] for key in tested]), strict=True))
    return tuple(
        Slice(
            dimension=dimension,
            value=value,
            debtors=len(column),
            objective=judged(
                column[:, 0],
                both_intervals(column, seed)[0],
                p=p_values[dimension, value],
                p_holm=corrected.get((dimension, value)),
                tests=len(tested),
                better="up",
                margin=margin,
            ),
        )
        for (dimension, value), column in members.items()
    )
