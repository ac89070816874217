from __future__ import annotations

import numpy as np
import pytest

from data.domain import CreditorPolicy, Ending, Speaker
from metrics.money.oracle import best_terms
from metrics.money.valuation import creditor_value, creditor_values
from programs.comparison.paired import DifferenceVerdict
from programs.playing.evaluate import Evaluation, scored_evaluation
from reports.comparison.chats import duels
from reports.comparison.concessions import concession_curve
from reports.comparison.forest_plot import standardised
from reports.comparison.oracle_frontier import frontier
from tests.programs.cases import case, debtor_turn, offer, terms
from tests.reports.comparison.conftest import Judged, judge

POLICY = CreditorPolicy()


def cases_of(judged: Judged):
    return [played.negotiation.case for played in judged.evaluations[0].played]


@pytest.fixture(scope="module")
def found(judged):
    return frontier(cases_of(judged), POLICY)


class TestFrontier:
    def test_its_star_is_the_oracle(self, judged, found):
        for best in best_terms(cases_of(judged), POLICY):
            assert found.best[best.case_id] == (best.CRI, best.DHI, best.CCI)
        values = [creditor_value(best.terms, POLICY) for best in best_terms(cases_of(judged), POLICY)]
        assert found.best_value == pytest.approx(np.mean(values))

    def test_it_bounds_every_program(self, judged, found):
        for evaluation in judged.evaluations:
            cri, dhi = evaluation.mean("CRI"), evaluation.mean("DHI")
            for weight, best_cri, best_dhi in found.points:
                reached, bound = weight * cri + (1 - weight) * dhi, weight * best_cri + (1 - weight) * best_dhi
                assert reached <= bound + 0.005  # whole per cents of a rule lie between the grid's steps

    def test_more_for_the_creditor_is_less_for_the_debtor(self, found):
        _, cri, dhi = np.array(found.points).T
        assert (np.diff(cri) >= -1e-9).all()
        assert (np.diff(dhi) <= 1e-9).all()


class TestConcessions:
    def test_values_are_those_of_the_creditor(self):
        packages = [terms(discount, 20, 7, periods) for discount in (0, 12.5, 30) for periods in (3, 24)]
        assert creditor_values(packages, POLICY) == [creditor_value(one, POLICY) for one in packages]

    def test_what_is_over_stays_where_it_ended(self, judged):
        firm, soft = terms(0, 50, 1, 3), terms(10, 20, 7, 12)
        negotiation = (
            judged.evaluations[0]
            .played[0]
            .negotiation.model_copy(
                update={
                    "turns": (offer(firm), debtor_turn(soft), offer(soft)),
                    "ending": Ending.AGREEMENT,
                    "agreed": soft,
                    "case": case(),
                }
            )
        )
        curve = concession_curve(scored_evaluation([negotiation], [0]))
        worth = [creditor_value(one, POLICY) for one in (firm, soft)]
        assert [step.value for step in curve] == [worth[0], *[worth[1]] * (POLICY.round_limit - 1)]
        assert [step.talking for step in curve] == [1, 1, *[0] * (POLICY.round_limit - 2)]

    def test_the_last_round_is_what_was_agreed_or_last_offered(self, judged):
        for evaluation in judged.evaluations:
            negotiations = [played.negotiation for played in evaluation.played]
            ends = [creditor_value(n.agreed or n.standing(Speaker.CREDITOR), n.policy) for n in negotiations]
            assert concession_curve(evaluation)[-1].value == pytest.approx(np.mean(ends))

    def test_nothing_played_is_no_curve(self):
        assert concession_curve(Evaluation(())) == ()


class TestForest:
    def test_better_lies_to_the_right(self, judged):
        seen = set()
        for number, pair in enumerate(judged.comparison.pairs):
            for row in standardised(pair, judged.evaluations[0], judged.evaluations[number + 1]):
                if row.found.verdict in (DifferenceVerdict.BETTER, DifferenceVerdict.WORSE):
                    assert (row.mean > 0) == (row.found.verdict is DifferenceVerdict.BETTER), row
                    assert row.low is not None and row.high is not None
                    assert row.low <= row.mean <= row.high
                    seen.add((row.metric.better, row.found.verdict))
        assert {
            ("up", DifferenceVerdict.BETTER),
            ("down", DifferenceVerdict.BETTER),
            ("down", DifferenceVerdict.WORSE),
        } <= seen

    def test_the_unit_is_the_spread_between_debtors(self, judged):
        baseline, program = judged.evaluations[:2]
        rows = {row.metric.id: row for row in standardised(judged.comparison.pairs[0], baseline, program)}
        spread = np.sqrt(np.mean([np.var(one.all_values("CRD"), ddof=1) for one in (baseline, program)]))
        found = judged.comparison.pairs[0].metrics["CRD"]
        assert rows["CRD"].mean == pytest.approx(-found.difference.mean / spread)
        assert rows["CRD"].high == pytest.approx(-found.difference.low / spread)
        assert rows["CRD"].margin == pytest.approx(found.margin / spread)


class TestDuels:
    def test_the_largest_gains_and_losses_come_first(self):
        found = judge(["boulware", "conceder"])
        best, worst = duels(("boulware", "conceder"), *found.evaluations)
        old, new = ({p.case_id: p.scorecard.objective for p in one.played} for one in found.evaluations)
        gaps = sorted(new[case_id] - old[case_id] for case_id in old)
        assert [duel.difference for duel in worst] == [gap for gap in gaps[:5] if gap < 0]
        assert [duel.difference for duel in best] == [gap for gap in gaps[:-6:-1] if gap > 0]
        assert best and worst
        for duel in (*best, *worst):
            assert duel.difference == new[duel.case_id] - old[duel.case_id]

    def test_the_schedule_pays_what_is_due(self, judged):
        best, _ = duels(("hardball", "boulware"), *judged.evaluations[:2])
        chat = best[0].program
        assert chat.agreed
        assert chat.schedule[0].what == "immediate payment"
        assert chat.schedule[-1].left == "CNY 0.00"
        assert chat.turns[0].round == 1
        assert chat.turns[-1].move.startswith("accepts: discount")
