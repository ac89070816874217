"""The noise budget: planted variances are recovered, and a planned comparison finds what it was planned for."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.power import TTestPower

from metrics.statistics.intervals import sign_flip_p_values
from metrics.statistics.power import debtors_to_equate, debtors_to_show, fewest_debtors
from plumbing.errors import UserError
from programs.compare import compare
from programs.comparison.difference import DifferenceVerdict, both_intervals, judged
from programs.comparison.sample_size import Components, Design, components, paired_values, required
from programs.playing.evaluate import Evaluation
from tests.programs.command_line import CommandLine, small_book
from tests.scripted import scripted_lm

PLANTED = Components(debtor=0.06, sampling=0.09)


def played(rng, debtors, trials, planted=PLANTED, skewed=False):
    """Values of a balanced design, (debtors, trials)."""

    def noise(variance, *shape):
        raw = rng.exponential(1, shape) - 1 if skewed else rng.normal(0, 1, shape)
        return np.sqrt(variance) * raw

    return 0.5 + noise(planted.debtor, debtors, 1) + noise(planted.sampling, debtors, trials)


def split(values, share=1.0, rng=None):
    """Components of a design of which a share is left at random."""
    debtor = np.indices(values.shape)[0].ravel()
    kept = np.ones(values.size, bool) if rng is None else rng.random(values.size) < share
    return components(values.ravel()[kept], [str(one) for one in debtor[kept]])


class TestPlantedVariances:
    @pytest.mark.parametrize("skewed", [False, True], ids=["normal", "skewed"])
    def test_of_debtor_and_sampling_are_recovered_from_one_uneven_data_set(self, skewed):
        rng = np.random.default_rng(1)
        found = split(played(rng, 1500, 4, skewed=skewed), share=0.7, rng=rng)
        assert found.debtor == pytest.approx(PLANTED.debtor, rel=0.2)
        assert found.sampling == pytest.approx(PLANTED.sampling, rel=0.2)

    def test_of_a_comparisons_size_are_recovered_on_average(self):
        """195 debtors x 3 trials, a third lost."""
        rng = np.random.default_rng(3)
        found = [split(played(rng, 195, 3), share=0.67, rng=rng) for _ in range(40)]
        for name in ("debtor", "sampling"):
            assert np.mean([getattr(one, name) for one in found]) == pytest.approx(getattr(PLANTED, name), rel=0.2), (
                name
            )

    def test_nothing_planted_nothing_found(self):
        rng = np.random.default_rng(4)
        found = split(played(rng, 800, 4, Components(debtor=0, sampling=0.09)))
        assert 0 <= found.debtor < 0.004


class TestAgainstOtherEstimators:
    def test_balanced_trials_give_maximum_likelihoods_answer(self):
        rng = np.random.default_rng(5)
        values = played(rng, 40, 3)
        debtor = np.indices(values.shape)[0].ravel()
        found = components(values.ravel(), debtor.tolist())
        fit = smf.mixedlm("y ~ 1", pd.DataFrame({"y": values.ravel()}), groups=debtor).fit(reml=True)
        assert found.debtor == pytest.approx(float(fit.cov_re.iloc[0, 0]), rel=1e-3)
        assert found.sampling == pytest.approx(float(fit.scale), rel=1e-3)

    def test_location_does_not_matter_and_scale_does(self):
        values = played(np.random.default_rng(7), 30, 2)
        one, other = split(values), split(1e6 + 10 * values)
        assert other.debtor == pytest.approx(100 * one.debtor, rel=1e-4)
        assert other.sampling == pytest.approx(100 * one.sampling, rel=1e-4)


class TestDesigns:
    def test_one_trial_cannot_tell_debtors_from_sampling(self):
        values = played(np.random.default_rng(8), 200, 1)
        found = split(values)
        assert found.sampling is None
        assert found.debtor == pytest.approx(values.var(ddof=1))
        assert [design.trials for design in required(0.05, found)] == [1]

    def test_what_cannot_be_split_is_said(self):
        with pytest.raises(UserError, match="one debtor alone"):
            components([1, 2, 3], ["a", "a", "a"])

    def test_paired_values_are_trial_by_trial_where_both_are_scored(self):
        def evaluation(scores):
            return Evaluation(
                tuple(
                    SimpleNamespace(
                        case_id=who, trial=trial, scorecard=None if score is None else SimpleNamespace(objective=score)
                    )
                    for (who, trial), score in scores.items()
                )
            )

        old = evaluation({("a", 0): 0.25, ("a", 1): 0.5, ("b", 0): 0.5, ("b", 1): None})
        new = evaluation({("a", 0): 0.5, ("a", 1): None, ("b", 0): 1.0, ("b", 1): 0.75})
        values, debtors = paired_values(old, new)
        assert (values.tolist(), debtors) == ([0.25, 0.5], ["a", "b"])


class TestRequired:
    NOISE = Components(debtor=0.04**2, sampling=0.08**2)

    def test_more_trials_need_fewer_debtors_and_more_negotiations(self):
        designs = required(0.02, self.NOISE)
        assert [design.trials for design in designs] == list(range(1, len(designs) + 1))
        assert [d.debtors for d in designs] == sorted((d.debtors for d in designs), reverse=True)
        assert [d.negotiations for d in designs] == sorted(d.negotiations for d in designs)

    def test_one_trial_is_the_textbook_sample_size(self):
        """An effect of half a standard deviation: 34 pairs (Cohen 1988, paired t test, 80 %, 5 % two-sided)."""
        assert required(0.5, Components(debtor=1.0, sampling=None)) == [Design(34, 1)]

    def test_trials_that_save_no_debtor_are_not_proposed(self):
        assert [design.trials for design in required(0.02, Components(debtor=0.01, sampling=0.0))] == [1]

    def test_impossible_and_senseless(self):
        assert required(1e-6, self.NOISE) == []
        with pytest.raises(UserError, match="effect of 0"):
            required(0, self.NOISE)
        with pytest.raises(UserError, match="power above the level"):
            required(0.1, self.NOISE, power=0.01)

    def test_signs_alone_set_a_floor(self):
        assert (fewest_debtors(0.05), fewest_debtors(0.05 / 13)) == (6, 10)
        assert debtors_to_show(5, 0.01) == 6
        assert debtors_to_show(5, 0, level=0.05 / 13) == 10
        assert debtors_to_show(0, 0) is None
        assert debtors_to_equate(0.03, 0.1, 0.02) is None

    @pytest.mark.parametrize("level", [0.05, 0.05 / 13])
    @pytest.mark.parametrize("power", [0.6, 0.8, 0.95])
    def test_the_formula_agrees_with_the_search_for_the_sample_size(self, level, power):
        for effect in (0.05, 0.2, 0.4, 0.6):
            exact = TTestPower().solve_power(effect, alpha=level, power=power)
            assert abs(debtors_to_show(effect, 1, power, level) - np.ceil(exact)) <= 1

    @pytest.mark.parametrize("effect", [0.0, 0.01])
    def test_equivalence_is_found_as_often_as_planned(self, effect):
        debtors = debtors_to_equate(effect, 0.1, 0.03)
        values = np.random.default_rng(10).normal(effect, 0.1, (4000, debtors))
        half = stats.t.ppf(0.95, debtors - 1) * values.std(axis=1, ddof=1) / np.sqrt(debtors)
        share = np.mean(np.abs(values.mean(axis=1)) + half < 0.03)
        assert 0.78 < share < 0.92


class TestPower:
    """A planted effect is found about as often as `required` promised."""

    EFFECT, NOISE = 0.02, Components(debtor=0.04**2, sampling=0.08**2)

    @pytest.mark.parametrize("power", [0.6, 0.8, 0.9])
    @pytest.mark.parametrize("trials", [1, 4])
    def test_of_the_test(self, power, trials):
        """The interval adds next to nothing to the test, whose 600 comparisons are quick."""
        (design,) = (d for d in required(self.EFFECT, self.NOISE, power=power) if d.trials == trials)
        rng, comparisons = np.random.default_rng(11), 600
        debtors = rng.normal(self.EFFECT, 0.04, (design.debtors, comparisons))
        values = debtors + rng.normal(0, 0.08, (trials, design.debtors, comparisons)).mean(axis=0)
        found = int((sign_flip_p_values(values) <= 0.05).sum())
        assert stats.binomtest(found, comparisons, power).pvalue > 0.01, found / comparisons

    def test_of_the_verdict_on_values_that_are_not_normal(self):
        (design,) = (d for d in required(self.EFFECT, self.NOISE) if d.trials == 2)
        rng, comparisons, better = np.random.default_rng(12), 120, 0
        for _ in range(comparisons):
            debtors = self.EFFECT + 0.04 * (rng.exponential(1, design.debtors) - 1)
            values = debtors + 0.08 * (rng.exponential(1, (2, design.debtors)) - 1).mean(axis=0)
            column = values[:, np.newaxis]
            p = float(sign_flip_p_values(column)[0])
            found = judged(values, both_intervals(column, 0)[0], p=p, p_holm=None, tests=1, better="up", margin=None)
            better += found.verdict is DifferenceVerdict.BETTER
        assert stats.binomtest(better, comparisons, 0.8).pvalue > 0.01, better / comparisons


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    line = CommandLine(monkeypatch, capsys)
    line.use_model(None)
    book = small_book(tmp_path, 120)

    def call(*argv, lm=None):
        line.use_model(lm)
        folders = ("--book", book, "--runs", tmp_path / "runs", "--artifacts", tmp_path / "artifacts")
        return line(compare, "python -m programs.compare", *argv, *folders)

    return call


def test_a_plan_plays_nothing_and_needs_a_pilot(run, tmp_path):
    result = run("hardball", "linear", "--plan", 0.02)
    assert result.code == 2
    assert "have 0 debtors in common here, 6 are needed; run the same without --plan" in result.err
    assert not list(tmp_path.glob("runs/*/played.jsonl"))


def test_a_plan_from_a_pilot_names_designs_that_cost_less_the_larger_the_effect(run):
    run("boulware", "linear", "--trials", 2)
    result = run("boulware", "linear", "--trials", 2, "--plan", 0.02)
    assert result.code == 0, result.err
    assert "linear against boulware: to show a difference of 0.02 of the objective" in result.out
    assert "between trials (standard deviations)" in " ".join(result.out.split())
    larger = run("boulware", "linear", "--trials", 2, "--plan", 0.2)
    assert debtors(larger.out) < debtors(result.out)


def debtors(out):
    """Of the first design in the table."""
    rows = [line.split("│")[1] for line in out.splitlines() if line.startswith("│")]
    return int(rows[0].replace(",", ""))


def test_one_trial_cannot_tell_sampling_from_debtors_and_says_so(run):
    run("boulware", "linear")
    assert "play --trials 2 to tell the two apart" in " ".join(run("boulware", "linear", "--plan", 0.1).out.split())


def test_model_calls_are_those_that_the_pilot_took(run):
    lm = scripted_lm()
    run("vanilla", "hardball", lm=lm)
    out = run("vanilla", "hardball", "--plan", 0.1, lm=lm).out
    assert "unknown" not in out
    assert run("vanilla", "hardball", "--plan", 0, lm=lm).code == 2
