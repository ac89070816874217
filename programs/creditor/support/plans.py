"""Packages as rows of numbers, and what they ask of a household; amounts are shares of the outstanding debt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.dimensions import DIMENSIONS, SPECS
from data.domain import CreditorPolicy
from data.terms import Terms

Floats = NDArray[np.float64]
Plans = Floats
"""(N, 4): one package a row, in the order of `DIMENSIONS`."""

SIGN = np.array([SPECS[d].sign for d in DIMENSIONS], dtype=np.float64)
"""+1 where a larger value favours the debtor."""

_DREADED = np.array([0.0, 50.0, 1.0, 3.0])
_DREAMT_OF = np.array([50.0, 0.0, 30.0, 36.0])
"""Ends of the scale of ease: what a debtor could fear and wish for, whatever the policy."""

MONTHS = np.arange(37)


def row(terms: Terms) -> Floats:
    """(4,) of a package."""
    return np.array([getattr(terms, d) for d in DIMENSIONS], dtype=np.float64)


def package(values: Floats) -> Terms:
    """The package of a row."""
    return Terms(
        discount_pct=float(values[0]),
        immediate_payment_pct=float(values[1]),
        immediate_payment_days=int(values[2]),
        installment_periods=int(values[3]),
    )


def bounds(policy: CreditorPolicy) -> tuple[Floats, Floats]:
    """(lowest, highest) legal values, (4,) each."""
    limits = np.array([policy.bounds(d) for d in DIMENSIONS], dtype=np.float64)
    return limits[:, 0], limits[:, 1]


def ease(plans: Plans) -> Floats:
    """(N, 4): how easy each dimension is for a debtor, 0 what it dreads to 1 what it dreams of, unbounded."""
    return np.asarray((np.atleast_2d(plans) - _DREADED) / (_DREAMT_OF - _DREADED))


def softness(plans: Plans, policy: CreditorPolicy) -> Floats:
    """(N,): mean share of what the policy could give that is given, 0 the firmest legal package to 1 the softest."""
    firm, soft = row(policy.firmest()), row(policy.softest())
    span = np.where(soft != firm, soft - firm, 1.0)
    return np.asarray(((np.atleast_2d(plans) - firm) / span).mean(axis=1))


def no_firmer(plans: Plans, than: Floats) -> NDArray[np.bool_]:
    """(N,): whether a package is nowhere firmer than `than`."""
    return np.asarray((SIGN * (plans - than) >= -1e-9).all(axis=-1))


def softened_to(plans: Plans, least: Floats | None) -> Plans:
    """`plans`, moved where they are firmer than `least`."""
    if least is None:
        return plans
    return np.where(SIGN > 0, np.maximum(plans, least), np.minimum(plans, least))


def payments(plans: Plans) -> tuple[Floats, Floats, Floats]:
    """(due after the discount, first payment, monthly instalment), shares of the debt, (N,) each."""
    due = 1 - plans[:, 0] / 100
    first = due * plans[:, 1] / 100
    return due, first, (due - first) / plans[:, 3]


def paid_by_month(plans: Plans) -> Floats:
    """(N, 37): share of the debt paid after so many instalments."""
    _, first, each = payments(plans)
    return np.asarray(first[:, None] + each[:, None] * np.minimum(MONTHS[None, :], plans[:, 3][:, None]))


def lowest_balance(plans: Plans, surplus: float, savings: float) -> Floats:
    """(N,): the least that is left on the way; below 0 the plan cannot be carried.

    Args:
        plans: the packages.
        surplus: income less living costs a month, share of the debt; negative where savings are eaten.
        savings: at the beginning, share of the debt.
    """
    _, first, each = payments(plans)
    left = savings - first
    if surplus >= 0:
        return np.minimum(left, left + (surplus - each) * plans[:, 3])
    low = left.copy()
    for month in range(1, int(plans[:, 3].max()) + 1):
        paying = month <= plans[:, 3]
        left = np.where(paying, np.maximum(0, left + surplus) - each, left)
        low = np.where(paying, np.minimum(low, left), low)
    return low
