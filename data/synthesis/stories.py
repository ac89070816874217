"""What a debtor would tell: a short story whose every figure is the one in the record, and a name.

The sentences stand in stories.toml. Which ones fit is decided by the figures (has the income fallen, is anything
left, how long would the savings last); which of those is told is chance.
"""

from __future__ import annotations

import tomllib
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from data.domain import Reason

SENTENCES: dict[str, Any] = tomllib.loads(Path(__file__).with_name("stories.toml").read_text(encoding="utf-8"))

FALLEN_SHARE = 0.05
"""Share of the income lost from which the story says that it fell."""
THIN_MONTHS, SOLID_MONTHS = 0.5, 2.0
"""Months of living costs in savings below which they are thin, and from which they are solid."""

_UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


class Situation(NamedTuple):
    """The figures that a story tells, in whole major units."""

    reason: Reason
    product: str
    overdue_days: int
    income_before: int
    monthly_income: int
    monthly_expenses: int
    assets: int
    outstanding: int


def story(situation: Situation, rng: np.random.Generator, unit: str = "yuan") -> str:
    """Three to five sentences about `situation`, told by the debtor, amounts in `unit`."""

    def money(amount: int) -> str:
        return f"{amount:,} {unit}"

    s = situation
    pools = [SENTENCES["cause"][s.reason], _income(s), _living(s), _reserve(s), SENTENCES["debt"]["words"]]
    told = [pool for pool, chance in zip(pools, (1.0, 1.0, 0.85, 0.85, 0.35), strict=True) if rng.random() < chance]
    sentences = (pool[int(rng.integers(len(pool)))] for pool in told)
    return " ".join(sentences).format(
        months=months_in_words(s.overdue_days),
        before=money(s.income_before),
        income=money(s.monthly_income),
        expenses=money(s.monthly_expenses),
        left=money(s.monthly_income - s.monthly_expenses),
        assets=money(s.assets),
        owed=money(s.outstanding),
        thing=s.product.removesuffix(" loan") if s.product != "consumer loan" else "things that I bought",
    )


def months_in_words(overdue_days: int) -> str:
    """How long ago the trouble began: the overdue time in months and one more, since it came first."""
    months = round(overdue_days / 30) + 1
    return f"{_UNITS[months - 1]} months" if months <= len(_UNITS) else f"{months} months"


def names(count: int, rng: np.random.Generator) -> list[str]:
    """`count` names, all different as long as there are enough of them."""
    parts = SENTENCES["names"]
    every = [f"{given} {family}" for family, given in product(parts["family"], parts["given"])]
    order = [every[index] for index in rng.permutation(len(every))]
    return [order[number % len(order)] for number in range(count)]


def _income(s: Situation) -> list[str]:
    fallen = s.monthly_income < (1 - FALLEN_SHARE) * s.income_before
    return SENTENCES["income"]["fallen" if fallen else "steady"]


def _living(s: Situation) -> list[str]:
    return SENTENCES["living"]["something" if s.monthly_income > s.monthly_expenses else "nothing"]


def _reserve(s: Situation) -> list[str]:
    months = s.assets / max(s.monthly_expenses, 1)
    return SENTENCES["reserve"]["thin" if months < THIN_MONTHS else "solid" if months >= SOLID_MONTHS else "some"]
