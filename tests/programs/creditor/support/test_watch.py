"""Wrong forecasts are noticed, right ones hardly ever doubted."""

from __future__ import annotations

import numpy as np

from programs.creditor.rational import RationalCreditor
from programs.creditor.support import decision
from programs.creditor.support.watch import LIMIT, evidence
from programs.debtor.simulated import SimulatedDebtor
from programs.learning.worlds import RefusesSmallFirstPayments
from programs.table.runner import play
from tests.programs.cases import POLICY, random_cases


def test_right_forecasts_are_doubted_in_one_of_twenty_negotiations_at_most():
    rng, doubted = np.random.default_rng(0), 0
    for _ in range(2_000):
        refused = []
        for chance in rng.uniform(0, 0.9, 10):
            if rng.random() < chance:
                break
            refused.append(chance)
        doubted += evidence(refused) >= LIMIT
    assert doubted / 2_000 <= 0.05


def test_no_refusal_is_no_evidence_and_one_alone_is_never_infinite():
    assert evidence([]) == 1
    assert evidence([0.0, 0.0]) == 1
    assert evidence([1.0]) < 21


def agreements(debtor, monkeypatch, limit):
    monkeypatch.setattr(decision, "LIMIT", limit)
    return sum(
        play(c, RationalCreditor(c.creditor_view(), POLICY), debtor(c, 0), POLICY).agreed is not None
        for c in random_cases(30, seed=4)
    )


def test_with_debtors_who_follow_a_rule_it_never_saw_caution_reaches_more(monkeypatch):
    never, doubting = (agreements(RefusesSmallFirstPayments, monkeypatch, limit) for limit in (1e12, LIMIT))
    assert doubting > never


def test_with_debtors_as_they_were_learned_caution_changes_nothing(monkeypatch):
    never, doubting = (agreements(SimulatedDebtor, monkeypatch, limit) for limit in (1e12, LIMIT))
    assert doubting == never
