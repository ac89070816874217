"""Pass^k against enumeration, and the worst tenth against its definition."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from metrics.statistics.reliability import pass_pow_k, worst_share_mean
from plumbing.errors import UserError


def test_pass_pow_k_is_the_share_of_draws_that_all_succeed() -> None:
    successes = {"a": [True, True, False, True], "b": [False] * 4, "c": [True] * 4, "d": [True, False, False, True]}
    found = pass_pow_k(successes)
    for k in (1, 2, 3, 4):
        shares = [np.mean([all(draw) for draw in combinations(trials, k)]) for trials in successes.values()]
        assert found[k].mean == pytest.approx(np.mean(shares))
        assert found[k].n == 4
    assert [found[k].mean for k in found] == sorted((e.mean for e in found.values()), reverse=True)


def test_pass_pow_k_is_unbiased_whatever_the_number_of_trials() -> None:
    rng = np.random.default_rng(2)
    chances = rng.uniform(0, 1, 3000)
    five = pass_pow_k({str(i): (rng.random(5) < chance).tolist() for i, chance in enumerate(chances)})
    assert five[3].mean == pytest.approx(np.mean(chances**3), abs=0.02)


def test_a_debtor_with_too_few_trials_is_left_out_at_k() -> None:
    found = pass_pow_k({"a": [True, True], "b": [True], "c": [False, True]})
    assert (found[1].n, found[2].n) == (3, 2)
    assert found[2].mean == 0.5
    with pytest.raises(UserError, match="no scored negotiation"):
        pass_pow_k({})


def test_worst_tenth_rounds_up_to_whole_debtors() -> None:
    values = np.arange(25) / 25
    found = worst_share_mean(values[::-1])
    assert found.n == 3
    assert found.mean == pytest.approx(np.mean([0, 1, 2]) / 25)
    assert found.low <= found.mean <= found.high
    assert worst_share_mean(values, seed=0) == worst_share_mean(values[::-1], seed=0)


def test_worst_debtor_alone_has_no_interval() -> None:
    found = worst_share_mean([0.4, 0.2, 0.9])
    assert (found.mean, found.n) == (0.2, 1)
    assert found.low is None and found.high is None
    with pytest.raises(UserError, match="worst tenth"):
        worst_share_mean([])
