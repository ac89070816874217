"""Scores of negotiations: the worked examples of the definition, and what is not a score."""

from __future__ import annotations

import math

import dspy
import pytest

from data.domain import CreditorPolicy, Ending, Speaker
from metrics.evaluator import Unscorable, objective_metric, score, score_many
from metrics.scorecard import INDEX_IDS, METRIC_IDS
from tests.metrics.examples import (
    WORKED,
    Worked,
    accept,
    agreement,
    case,
    creditor,
    debtor,
    no_agreement,
    reject,
    terms,
)

FIRM = terms(0, 20, 7, 6)


@pytest.mark.parametrize("example", WORKED, ids=lambda example: example.name)
def test_worked_examples(example: Worked) -> None:
    record = no_agreement(who=example.who) if example.plan is None else agreement(example.plan, example.who)
    card = score(record)
    values = card.values()
    # 1234567 at 12.5 % off is owed as 1080246 after rounding: the recovery rate is 0.875 to six decimals
    assert {name: round(values[name], 6) for name in example.exact} == example.exact
    assert {name: round(values[name], 6) for name in example.rounded} == pytest.approx(example.rounded, abs=1e-12)


def test_thirteen_metrics_and_five_indices() -> None:
    assert METRIC_IDS == ("DC", "DS", "DR", "SR", "RR", "QRD", "HRD", "CRD", "L1D", "L2D", "L3D", "L4D", "ATV")
    assert INDEX_IDS == ("CRI", "DHI", "CCI", "CONV", "objective")
    assert list(score(agreement(FIRM)).row()) == ["case_id", *METRIC_IDS, *INDEX_IDS]


def test_objective_of_a_clean_one_round_agreement() -> None:
    card = score(agreement(terms(0, 10, 7, 6)))
    assert (card.DC, card.DS, card.DR, card.CONV) == (1, 1, 1, 1)
    assert card.objective == pytest.approx(0.9 * 0.852256 + 0.1, abs=1e-6)


def test_conversation_term_is_brevity_and_is_clipped() -> None:
    record = no_agreement(*(turn for _ in range(4) for turn in (creditor(FIRM), debtor(terms(30, 5, 14, 24)))))
    assert math.isclose(score(record).CONV, (0 + 1 + 1 - 3 / 9) / 3)
    short = record.model_copy(update={"policy": CreditorPolicy(round_limit=2)})
    assert math.isclose(score(short).CONV, (0 + 1 + 0) / 3)
    single = record.model_copy(update={"policy": CreditorPolicy(round_limit=1)})
    assert math.isclose(score(single).CONV, (0 + 1 + 1) / 3)


def test_many_equals_one_by_one_over_mixed_policies_and_endings() -> None:
    records = [agreement(FIRM), no_agreement(creditor(FIRM), reject(Speaker.DEBTOR))]
    records += [agreement(terms(10, 30, 40, 60), case(case_id=f"d-{i}", assets=i * 90_000)) for i in range(5)]
    records.insert(1, agreement(FIRM, policy=CreditorPolicy(max_discount_pct=0, round_limit=4)))
    assert score_many(records) == [score(record) for record in records]


def test_no_creditor_turn_is_worth_nothing() -> None:
    card = score(no_agreement(ending=Ending.PROGRAM_FAULT))
    assert (card.DC, card.DS, card.DR, card.objective) == (0, 0, 0, 0)
    assert card.DHI > 0.9, "the debtor's path is simulated all the same"


def test_no_legal_creditor_turn_is_worth_nothing_whatever_was_agreed() -> None:
    record = agreement(FIRM).model_copy(update={"turns": (creditor(None), accept())})
    assert score(record).objective == 0
    assert score(record).CCI > 0.5


def test_program_fault_after_legal_turns_is_no_agreement() -> None:
    fault = score(no_agreement(creditor(FIRM), debtor(terms(30, 5, 14, 24)), ending=Ending.PROGRAM_FAULT))
    limit = score(no_agreement(creditor(FIRM), debtor(terms(30, 5, 14, 24))))
    assert fault == limit
    assert fault.objective == pytest.approx(0.1 * fault.CONV)


def test_infrastructure_is_not_a_score() -> None:
    record = no_agreement(ending=Ending.INFRASTRUCTURE).model_copy(update={"failure": "timeout: no answer in 120 s"})
    with pytest.raises(Unscorable, match="d-1: timeout: no answer in 120 s"):
        score(record)
    with pytest.raises(Unscorable):
        objective_metric(None, dspy.Prediction(negotiation=record))


def test_objective_metric_carries_everything() -> None:
    record = agreement(FIRM)
    card = score(record)
    result = objective_metric(dspy.Example(), dspy.Prediction(negotiation=record), None, "planner", [])
    assert result.score == card.objective
    assert {name: result[name] for name in (*METRIC_IDS, "CRI", "DHI", "CCI", "CONV")} == {
        name: value for name, value in card.values().items() if name != "objective"
    }
    assert isinstance(result.feedback, str) and result.feedback
    assert objective_metric(dspy.Example(), dspy.Prediction(negotiation=record)).toDict() == result.toDict()
