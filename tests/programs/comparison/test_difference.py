"""Verdicts: what is said of a difference, and how often it is said wrongly."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from metrics.scorecard import METRIC_IDS
from metrics.statistics.intervals import holm, sign_flip_p_values
from programs.comparison.difference import FEWEST_DEBTORS, MEASURES, Difference, DifferenceVerdict, differences
from programs.comparison.margins import read_margins
from programs.creditor.rules import RuleCreditor
from programs.debtor.simulated import SimulatedDebtor
from programs.playing.evaluate import evaluate
from programs.table.runner import play
from tests.programs.cases import POLICY, random_cases


def objective(values, margin: float | None = 0.02) -> Difference:
    """The verdict on an objective with these differences."""
    columns = np.zeros((len(values), len(MEASURES)))
    columns[:, MEASURES.index("objective")] = values
    return differences(columns, {} if margin is None else {"objective": margin})["objective"]


def spread(mean: float, sd: float, debtors: int) -> np.ndarray:
    """Differences with exactly this mean and standard deviation."""
    values = stats.norm.ppf((np.arange(debtors) + 0.5) / debtors)
    return mean + sd * (values - values.mean()) / values.std(ddof=1)


class TestVerdicts:
    @pytest.mark.parametrize(
        ("mean", "sd", "verdict", "not_worse"),
        [
            (0.05, 0.05, DifferenceVerdict.BETTER, True),
            (-0.05, 0.05, DifferenceVerdict.WORSE, False),
            (0.0, 0.02, DifferenceVerdict.SAME, True),
            (0.001, 0.02, DifferenceVerdict.SAME, True),
            (0.02, 0.1, DifferenceVerdict.UNDECIDED, True),
            (-0.02, 0.1, DifferenceVerdict.UNDECIDED, False),
            (0.0, 0.2, DifferenceVerdict.UNDECIDED, False),
            (0.01, 0.02, DifferenceVerdict.BETTER, True),
        ],
    )
    def test_of_the_objective(self, mean, sd, verdict, not_worse):
        found = objective(spread(mean, sd, 50))
        assert (found.verdict, found.not_worse) == (verdict, not_worse)
        assert (found.more_debtors is not None) == (verdict is DifferenceVerdict.UNDECIDED)

    def test_of_metrics_follow_their_direction(self):
        columns = np.tile(spread(1.0, 1.0, 60)[:, np.newaxis], len(MEASURES))
        found = differences(columns, {})
        assert found["SR"].verdict is DifferenceVerdict.BETTER
        assert found["CRD"].verdict is DifferenceVerdict.WORSE
        assert found["L3D"].verdict is DifferenceVerdict.HIGHER
        assert differences(-columns, {})["L3D"].verdict is DifferenceVerdict.LOWER
        assert {one.not_worse for one in found.values()} == {None}

    def test_a_metric_where_less_is_better_is_not_worse_when_it_surely_rises_by_less_than_the_margin(self):
        columns = np.tile(spread(5.0, 10.0, 60)[:, np.newaxis], len(MEASURES))
        found = differences(columns, dict.fromkeys(MEASURES, 8.0))
        assert found["CRD"].not_worse is True and found["SR"].not_worse is True
        assert differences(columns, dict.fromkeys(MEASURES, 6.0))["CRD"].not_worse is False
        assert found["L3D"].not_worse is None

    def test_without_a_margin_nothing_is_ruled_out(self):
        found = objective(spread(0, 0.001, 50), margin=None)
        assert (found.verdict, found.not_worse, found.margin) == (DifferenceVerdict.UNDECIDED, None, None)

    def test_too_few_debtors(self):
        found = objective([0.5] * (FEWEST_DEBTORS - 1))
        assert (found.verdict, found.not_worse, found.more_debtors) == (DifferenceVerdict.TOO_FEW, None, None)
        assert objective([0.5] * FEWEST_DEBTORS).verdict is DifferenceVerdict.BETTER
        assert objective([0.5]).difference.low is None

    def test_equivalence_is_the_two_one_sided_tests(self):
        """At the margin where both t tests reject at just 5 %, the bootstrap's 90 % interval ends too."""
        values = spread(0.004, 0.02, 60)
        edge = stats.t.ppf(0.95, 59) * 0.02 / np.sqrt(60) + 0.004
        assert objective(values, margin=edge * 1.08).verdict is DifferenceVerdict.SAME
        assert objective(values, margin=edge * 0.92).verdict is DifferenceVerdict.UNDECIDED

    def test_holm_is_over_the_thirteen_and_the_verdict_needs_it(self):
        columns = np.random.default_rng(0).normal(0, 1, (40, len(MEASURES)))
        columns[:, 0] = spread(0.36, 1.0, 40)
        found = differences(columns, {})
        assert found["DC"].difference.low > 0 and found["DC"].p < 0.05 < found["DC"].p_holm
        assert found["DC"].verdict is DifferenceVerdict.UNDECIDED
        p_values = sign_flip_p_values(columns)[: len(METRIC_IDS)].tolist()
        assert [found[name].p_holm for name in METRIC_IDS] == holm(p_values)
        assert found["objective"].p_holm is None


class TestMoreDebtors:
    def test_so_many_more_of_the_same_do_decide(self):
        few = objective(spread(0.012, 0.06, 50), margin=None)
        assert few.verdict is DifferenceVerdict.UNDECIDED and few.more_debtors > 50
        assert objective(spread(0.012, 0.06, 50 + few.more_debtors), margin=None).verdict is DifferenceVerdict.BETTER

    def test_the_nearer_verdict_counts(self):
        """0.002 would take thousands to show, and few to put inside ± 0.02."""
        found = objective(spread(0.002, 0.06, 20))
        assert found.more_debtors < 200 < objective(spread(0.002, 0.06, 20), margin=None).more_debtors

    def test_unknown_where_no_number_would_do(self):
        assert objective(spread(0, 0.06, 20), margin=None).more_debtors is None

    def test_corrected_tests_need_more(self):
        columns = np.tile(spread(0.012, 0.06, 50)[:, np.newaxis], len(MEASURES))
        found = differences(columns, {})
        assert found["RR"].more_debtors > found["objective"].more_debtors


class Moody:
    """A rule with moods: which one it follows is drawn anew each turn, as a model's sampling would."""

    ladder = ()

    def __init__(self, view, seed):
        self.rng = np.random.default_rng(seed)
        self.seats = [RuleCreditor(rule, view, POLICY, seed) for rule in ("boulware", "linear", "conceder")]

    def next_turn(self, table):
        return self.seats[self.rng.integers(3)].next_turn(table)


@pytest.fixture(scope="module")
def pool() -> np.ndarray:
    """(debtors, trials, measures) of one stochastic program, really played and scored."""

    def program(*, case, seed):
        seat = Moody(case.creditor_view(), seed)
        return SimpleNamespace(negotiation=play(case, seat, SimulatedDebtor(case, seed), POLICY, seed))

    evaluation = evaluate(program, random_cases(36, seed=5), trials=10)
    values = [list(evaluation.values(name).values()) for name in MEASURES]
    return np.moveaxis(np.array(values), 0, -1)


class TestAgainstItself:
    """A against itself, with a stochastic fake in A's place."""

    def false_verdicts(self, pool, comparisons, seed=0):
        """How many comparisons have a loud verdict among the thirteen, and how many of the objective.

        Each side is one trial a debtor, drawn without replacement from what A did.
        """
        rng, rows = np.random.default_rng(seed), np.arange(len(pool))
        loud = {DifferenceVerdict.BETTER, DifferenceVerdict.WORSE, DifferenceVerdict.HIGHER, DifferenceVerdict.LOWER}
        family = alone = 0
        for _ in range(comparisons):
            drawn = rng.permuted(np.tile(np.arange(pool.shape[1]), (len(pool), 1)), axis=1)
            found = differences(pool[rows, drawn[:, 0]] - pool[rows, drawn[:, 1]], read_margins())
            family += any(found[name].verdict in loud for name in METRIC_IDS)
            alone += found["objective"].verdict in loud
        return family, alone

    @pytest.mark.slow
    def test_false_verdicts_are_rare_in_the_family_of_thirteen_and_for_the_objective(self, pool):
        family, alone = self.false_verdicts(pool, 200)
        assert family <= 0.05 * 200
        assert stats.binomtest(alone, 200, 0.05, alternative="greater").pvalue > 0.01

    def test_the_fake_is_stochastic_in_most_metrics(self, pool):
        moving = [name for index, name in enumerate(MEASURES) if (pool[:, :, index].std(axis=1) > 0).mean() > 0.3]
        assert len(set(moving) & set(METRIC_IDS)) >= 9, moving
